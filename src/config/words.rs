//! What the YAML parser objects to, in words for people who write configurations and have never heard of its types.
//!
//! In: the parser's error and the text. Out: one sentence that says what must stand there. What can go wrong: nothing; an
//! error that has no words of ours keeps the parser's.

use serde_saphyr::{Error as YamlError, MessageFormatter, UserMessageFormatter};

use super::error::{place, suggest};

/// What to say of an error.
pub(super) fn message(error: &YamlError, yaml: &str) -> String {
    let first = first_content(yaml);
    let is_first = || error.location().and_then(place).is_some_and(|(line, _)| Some(line) == first);
    match error {
        YamlError::SerdeUnknownField { field, expected, .. } => {
            format!("unknown field `{field}`{}", suggest(field, expected))
        }
        YamlError::SerdeUnknownVariant { variant, expected, .. } if variant == "~" => {
            format!("here is no value{}", suggest("", expected))
        }
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            format!("unknown value `{variant}`{}", suggest(variant, expected))
        }
        YamlError::SerdeMissingField { field, .. } => format!("the field `{field}` is missing"),
        YamlError::DuplicateMappingKey { key, .. } => {
            format!("the field `{}` is there twice; keep one", key.as_deref().unwrap_or("?"))
        }
        YamlError::Eof { .. } | YamlError::ExternalMessage { .. } if first.is_none() => {
            "the file is empty; write its fields as lines of `key: value`".to_owned()
        }
        YamlError::Unexpected { expected: "mapping start", .. } if is_first() && begins_otherwise(yaml) => {
            "the file is a list or a single value; write its fields as lines of `key: value`".to_owned()
        }
        YamlError::Unexpected { expected, .. } => format!("here must stand {}", plain(expected)),
        YamlError::InvalidScalar { ty, .. } => format!("here must stand {}", plain(ty)),
        YamlError::InvalidBooleanStrict { .. } => format!("here must stand {}", plain("boolean")),
        YamlError::NullIntoString { .. } => "here is no value; write one, or leave the line out".to_owned(),
        YamlError::SerdeInvalidType { expected, .. }
        | YamlError::SerdeInvalidValue { expected, .. }
        | YamlError::SerdeInvalidLength { expected, .. } => format!("here must stand {}", plain(expected)),
        YamlError::ExternallyTaggedEnumExpectedScalarOrMapping { .. }
        | YamlError::ExpectedStringKeyForExternallyTaggedEnum { .. } => {
            format!("here must stand {}", plain("a string"))
        }
        YamlError::MultipleDocuments { .. } => {
            "a second document begins here; keep one, and remove the line `---` between them".to_owned()
        }
        other => reworded(&UserMessageFormatter.format_message(other)),
    }
}

/// What a type of ours passes on of another that stands in it, without a second place.
fn reworded(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let message = message.replace("unknown variant", "unknown value").replace("missing field", "missing is the field");
    message.replace(", expected one of ", "; known are ").replace(", expected ", "; here must stand ")
}

/// The types of the parser and of serde, as people call them.
fn plain(expected: &str) -> String {
    let whole = |most: &str| format!("a whole number from 0 to {most}");
    match expected {
        "u8" => whole(&u8::MAX.to_string()),
        "u16" => whole(&u16::MAX.to_string()),
        "u32" => whole(&u32::MAX.to_string()),
        "u64" | "usize" => whole(&u64::MAX.to_string()),
        "i8" | "i16" | "i32" | "i64" | "isize" | "integer" => "a whole number".to_owned(),
        "boolean" | "bool" | "a boolean" => "`true` or `false`".to_owned(),
        "mapping start" | "a map" | "mapping" => "fields, as lines of `key: value`".to_owned(),
        "sequence start" | "a sequence" | "sequence" => "a list, as `[…, …]` or lines that begin with `- `".to_owned(),
        "string scalar" | "a string" | "string" | "scalar" => "a single word, number or text".to_owned(),
        other if other.starts_with("struct ") => "fields, as lines of `key: value`".to_owned(),
        other => other.to_owned(),
    }
}

/// The lines that say something.
fn content(yaml: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = yaml.lines().map(|line| line.trim_start_matches('\u{FEFF}').trim()).enumerate();
    lines.filter(|(_, line)| !(line.is_empty() || line.starts_with(['#', '%']) || matches!(*line, "---" | "...")))
}

/// Number of the first line that says something, from 1.
fn first_content(yaml: &str) -> Option<u64> {
    content(yaml).next().map(|(index, _)| index as u64 + 1)
}

/// The first line is no field of the file.
fn begins_otherwise(yaml: &str) -> bool {
    content(yaml).next().is_some_and(|(_, line)| {
        line.starts_with(['-', '[', '"', '\''])
            || !(line.ends_with(':') || line.contains(": ") || line.starts_with('{'))
    })
}
