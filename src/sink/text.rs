//! What `hedui check` prints: findings for people, or one JSON object per finding for programs.
//!
//! In: a record. Out: text. Nothing can go wrong here.

use std::fmt::Write as _;

use serde::Serialize;

use super::lines::{count_findings, first_check, places};
use crate::record::{At, Cause, Check, Figure, Message, Record, Severity};

/// One finding for programs, complete in itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundLine<'a> {
    /// Path as given.
    pub source: &'a str,
    /// Record id.
    pub record_id: &'a str,
    /// Entity name.
    pub entity: Option<&'a str>,
    /// Fiscal year.
    pub fiscal_year: Option<i32>,
    /// Finding id within the record.
    pub finding: &'a str,
    /// How loud.
    pub severity: Severity,
    /// Sort of mistake.
    pub code: &'a str,
    /// In words.
    pub message: &'a Message,
    /// The equation of the first check.
    pub expression: Option<&'a str>,
    /// Stated less computed.
    pub delta: Option<Figure>,
    /// Its unit.
    pub unit: Option<&'a str>,
    /// Where the figures stand, the stated one first.
    pub places: Vec<At>,
    /// Which figure is probably wrong.
    pub cause: Option<&'a Cause>,
    /// Recognizes the finding across filings.
    pub fingerprint: &'a str,
}

/// The findings of a record for programs.
#[must_use]
pub fn found_lines(record: &Record) -> Vec<FoundLine<'_>> {
    let line = |finding| {
        let finding: &crate::record::Finding = finding;
        let check: Option<&Check> = first_check(record, finding);
        FoundLine {
            source: &record.source.path,
            record_id: &record.record_id,
            entity: record.document.entity.name.as_deref(),
            fiscal_year: record.document.fiscal_year,
            finding: &finding.id,
            severity: finding.severity,
            code: finding.code.label(),
            message: &finding.message,
            expression: check.map(|check| check.expression.as_str()),
            delta: check.and_then(|check| check.delta),
            unit: check.and_then(|check| check.unit.as_deref()),
            places: check.map(|check| places(record, check)).unwrap_or_default(),
            cause: finding.cause.as_ref(),
            fingerprint: &finding.fingerprint,
        }
    };
    record.findings.iter().map(line).collect()
}

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
