//! What `hedui facts` prints: every fact beside the words that it was read from, so that a person can go through a
//! report row by row and say which facts are right.
//!
//! In: a record. Out: a table, tab-separated or Markdown. Nothing can go wrong here.

use std::fmt::Write as _;

use super::text::spot;
use super::word;
use crate::record::{At, BoundName, Fact, Record};

/// Characters of a sentence that are shown in front of a figure.
const BEFORE: usize = 36;

/// Characters that are shown behind it.
const BEHIND: usize = 12;

const COLUMNS: [&str; 11] =
    ["id", "kind", "value", "unit", "bound", "concept", "phase", "period", "scope", "place", "quote"];

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// One fact per line, columns separated by tabs.
    Tsv,
    /// A Markdown table.
    Markdown,
}

/// The facts of a record as a table with a header line; a figure is marked 【…】 within its quote.
#[must_use]
pub fn fact_table(record: &Record, format: TableFormat) -> String {
    let mut table = String::new();
    row(&mut table, format, COLUMNS.iter().map(|column| (*column).to_owned()));
    if format == TableFormat::Markdown {
        row(&mut table, format, COLUMNS.iter().map(|_| "---".to_owned()));
    }
    for fact in &record.facts {
        row(&mut table, format, columns(record, fact));
    }
    table
}

fn row(table: &mut String, format: TableFormat, fields: impl IntoIterator<Item = String>) {
    let fields: Vec<String> = fields.into_iter().map(|field| one_line(&field, format)).collect();
    // Writing to a String cannot fail.
    let _ = match format {
        TableFormat::Tsv => writeln!(table, "{}", fields.join("\t")),
        TableFormat::Markdown => writeln!(table, "| {} |", fields.join(" | ")),
    };
}

fn one_line(field: &str, format: TableFormat) -> String {
    let line = field.replace(['\n', '\t', '\r'], " ");
    if format == TableFormat::Markdown { line.replace('|', "\\|") } else { line }
}

fn columns(record: &Record, fact: &Fact) -> [String; 11] {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let bound = if fact.bound == BoundName::Exact { String::new() } else { word(fact.bound) };
    [
        fact.id.to_string(),
        word(fact.kind),
        fact.value.map(|value| value.to_string()).unwrap_or_default(),
        text(fact.unit.as_deref()),
        bound,
        text(fact.concept.as_deref()),
        fact.phase.map(word).unwrap_or_default(),
        text(fact.period.as_deref()),
        text(fact.scope.as_deref()),
        spot(&fact.at),
        quote(record, fact),
    ]
}

/// The figure within its sentence, or its cell's text behind the labels that lead to it.
fn quote(record: &Record, fact: &Fact) -> String {
    let whole = match &fact.at {
        At::Text { block, .. } => record.blocks.iter().find(|found| found.id == *block).map(|found| &found.text),
        At::Cell { table, row, col, .. } => record
            .tables
            .iter()
            .find(|found| found.id == *table)
            .and_then(|found| found.cells.iter().find(|cell| (cell.row, cell.col) == (*row, *col)))
            .map(|cell| &cell.text),
        _ => None,
    };
    let range = match &fact.at {
        At::Text { start, end, .. } | At::Cell { start: Some(start), end: Some(end), .. } => Some((*start, *end)),
        _ => None,
    };
    if let (Some(text), Some((start, end))) = (whole, range) {
        return marked(text, start, end);
    }
    let labels = fact.label_path.iter().chain(&*fact.column_path);
    let labels: Vec<&str> = labels.map(|label| &**label).collect();
    format!("{} 【{}】", labels.join(" / "), fact.reported.text)
}

/// The surroundings of a character range, with the range marked.
fn marked(text: &str, start: usize, end: usize) -> String {
    let part = |from: usize, upto: usize| text.chars().skip(from).take(upto.saturating_sub(from)).collect::<String>();
    let from = start.saturating_sub(BEFORE);
    let lead = if from > 0 { "…" } else { "" };
    format!("{lead}{}【{}】{}", part(from, start), part(start, end), part(end, end + BEHIND))
}
