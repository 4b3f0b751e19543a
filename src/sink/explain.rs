//! What `hedui explain` prints of a file: pipeline and why, identity, tables, rules and what came of them.
//!
//! In: a record and the catalog it was made with. Out: text for people. Nothing can go wrong here.

use std::fmt::{self, Write as _};

use super::word;
use crate::pipeline::{Catalog, Choice, Pipeline, RuleLevels, choice};
use crate::record::{At, Fact, Record, TableEntry};

/// How a file was understood, in lines.
#[must_use]
pub fn explanation(record: &Record, named: Option<&str>, catalog: &Catalog, levels: &RuleLevels) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, record, named, catalog, levels);
    text
}

fn write(
    text: &mut String,
    record: &Record,
    named: Option<&str>,
    catalog: &Catalog,
    levels: &RuleLevels,
) -> fmt::Result {
    writeln!(text, "{}", record.source.path)?;
    let extension = if record.source.extension_matches { "" } else { ", which its name does not say" };
    writeln!(text, "  format: {}{extension}", record.source.format)?;
    if let Some(encoding) = &record.source.encoding {
        writeln!(text, "  encoding: {} ({})", encoding.label, word(encoding.basis))?;
    }
    write_pipeline(text, record, named, catalog)?;
    write_identity(text, record)?;
    for table in &record.tables {
        write_table(text, table, record)?;
    }
    if let Some(pipeline) = catalog.pipelines.iter().find(|each| each.name == record.run.pipeline) {
        write_rules(text, record, pipeline)?;
    }
    for (rule, level) in levels {
        writeln!(text, "  rule {rule}: {} by configuration", word(*level))?;
    }
    for warning in &record.warnings {
        writeln!(text, "  warning: {}: {}", warning.code, warning.message.en)?;
    }
    Ok(())
}

fn write_pipeline(text: &mut String, record: &Record, named: Option<&str>, catalog: &Catalog) -> fmt::Result {
    let why = match choice(record, named, catalog) {
        Ok(Choice::Named) => "it was asked for".to_owned(),
        Ok(Choice::Kind(kind)) => format!("the document's kind is `{kind}`"),
        Ok(Choice::Title(word)) => format!("a title contains “{word}”"),
        Ok(Choice::Last) | Err(_) => "no other selects the document".to_owned(),
    };
    writeln!(text, "  pipeline: {}, version {}: {why}", record.run.pipeline, record.run.pipeline_version)?;
    for other in catalog.pipelines.iter().filter(|each| each.name != record.run.pipeline) {
        let wanted: Vec<&str> = other.select.kinds.iter().chain(&other.select.titles).map(String::as_str).collect();
        let wanted = if wanted.is_empty() { "nothing by itself".to_owned() } else { wanted.join(", ") };
        writeln!(text, "    not {}: it selects {wanted}", other.name)?;
    }
    Ok(())
}

fn write_identity(text: &mut String, record: &Record) -> fmt::Result {
    let document = &record.document;
    let shown = |value: Option<&str>| value.unwrap_or("not found").to_owned();
    writeln!(text, "  kind: {}", shown(document.kind.as_deref()))?;
    writeln!(text, "  title: {}", shown(document.title.as_deref()))?;
    writeln!(text, "  entity: {}", shown(document.entity.name.as_deref()))?;
    match &document.entity.region {
        Some(region) => {
            let code = region.code.as_deref().unwrap_or("several candidates");
            writeln!(text, "  region: {} ({code}), by {}", region.name, region.basis)?;
        }
        None => writeln!(text, "  region: not found")?,
    }
    writeln!(text, "  fiscal year: {}", shown(document.fiscal_year.map(|year| year.to_string()).as_deref()))?;
    writeln!(text, "  published: {}", shown(document.published.as_deref()))
}

fn write_table(text: &mut String, table: &TableEntry, record: &Record) -> fmt::Result {
    let here = |fact: &&Fact| matches!(&fact.at, At::Cell { table: of, .. } if *of == table.id);
    let all = record.facts.iter().filter(here).count();
    let named = record.facts.iter().filter(here).filter(|fact| fact.concept.is_some()).count();
    write!(text, "  {}: {} rows, {} columns", table.id, table.rows, table.cols)?;
    for (what, value) in [
        ("sheet", table.sheet.as_deref()),
        ("caption", table.caption.as_deref()),
        ("kind", table.kind.as_deref()),
        ("unit", table.unit.as_deref()),
    ] {
        if let Some(value) = value {
            write!(text, ", {what} {}", value.replace('\n', " "))?;
        }
    }
    writeln!(text, ": {all} facts, {named} with a concept")
}

/// Declared rules of the pipeline, and how often each could be checked.
fn write_rules(text: &mut String, record: &Record, pipeline: &Pipeline) -> fmt::Result {
    for rule in &pipeline.rules {
        let times = record.checks.iter().filter(|check| *check.rule == *rule.id).count();
        writeln!(text, "  rule {}: {}: checked {times} times", rule.id, rule.en)?;
    }
    let others = record.checks.iter().filter(|check| pipeline.rules.iter().all(|rule| *rule.id != *check.rule)).count();
    writeln!(text, "  checks that sentences and the shape of tables announce: {others}")
}
