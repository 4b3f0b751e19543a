//! What `hedui check` prints for people.
//!
//! In: a record, or findings about several. Out: text. Nothing can go wrong here.

use std::fmt::Write as _;

use super::lines::{count_findings, first_check, places};
use crate::record::{At, LogBody, Record};

/// The findings of a record for people: a line for the document, then two or three for each finding.
#[must_use]
pub fn human_findings(record: &Record) -> String {
    let counts = count_findings(record);
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}: {} facts, {} checks, {} errors, {} warnings, {} infos",
        record.source.path,
        record.facts.len(),
        record.checks.len(),
        counts.error,
        counts.warning,
        counts.info
    );
    for finding in &record.findings {
        let _ = writeln!(text, "  {} {}: {}", finding.severity.label(), finding.code.label(), finding.message.zh);
        let _ = writeln!(text, "    {}", finding.message.en);
        if let Some(check) = first_check(record, finding) {
            let spots: Vec<String> = places(record, check).iter().map(spot).collect();
            let _ = writeln!(text, "    {}  [{}]", check.expression, spots.join(", "));
        }
    }
    text
}

/// Findings about several reports for people; nothing when there are none.
#[must_use]
pub fn human_across(lines: &[LogBody]) -> String {
    let mut text = String::new();
    for line in lines {
        let LogBody::Finding { source, severity, code, message, expression, places, against, .. } = line else {
            continue;
        };
        if text.is_empty() {
            text.push_str("across reports:\n");
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {} {}: {source}: {}", severity.label(), code.label(), message.zh);
        let _ = writeln!(text, "    {}", message.en);
        if let (Some(expression), Some(against)) = (expression, against) {
            let spots: Vec<String> = places.iter().map(spot).collect();
            let _ =
                writeln!(text, "    {expression}  [{}; {} {}]", spots.join(", "), against.source, spot(&against.place));
        }
    }
    text
}

/// A place in a few characters: `t1 r2 c3` counts from 0, as records do.
pub(super) fn spot(at: &At) -> String {
    match at {
        At::Document => "document".to_owned(),
        At::Part { name } => name.clone(),
        At::Cell { table, row, col, .. } => format!("{table} r{row} c{col}"),
        At::Block { block } => block.to_string(),
        At::Text { block, start, end, .. } => format!("{block} {start}..{end}"),
    }
}
