//! The excerpts in the READMEs are what the sample really gives.

use std::fs;

use hedui::record::{Fact, Finding, LogBody};
use serde::Serialize;

use crate::support::{assert_generated, convert, root};

/// The report whose mistyped total the READMEs show.
const SAMPLE: &str = "samples/yunze-2023-department--digit-slip.docx";

#[test]
fn the_english_excerpts_are_real() {
    check("README.md");
}

#[test]
fn the_chinese_excerpts_are_real() {
    check("README.zh-CN.md");
}

fn check(readme: &str) {
    let page = fs::read_to_string(root().join(readme)).unwrap();
    let page = replace(&page, "record", &record_excerpt());
    assert_generated(readme, &replace(&page, "log", &log_excerpt()));
}

/// The page with another text between the two marks of an excerpt.
fn replace(page: &str, name: &str, excerpt: &str) -> String {
    let (open, close) = (format!("<!-- excerpt: {name} -->"), format!("<!-- end of excerpt: {name} -->"));
    let (before, rest) = page.split_once(&open).unwrap_or_else(|| panic!("no {open}"));
    let (_, after) = rest.split_once(&close).unwrap_or_else(|| panic!("no {close}"));
    format!("{before}{open}\n```json\n{excerpt}\n```\n{close}{after}")
}

/// Two lists of a record, cut down to what belongs together.
#[derive(Serialize)]
struct Excerpt<'a> {
    facts: [&'a Fact; 1],
    findings: [&'a Finding; 1],
}

/// The first total that is probably wrong: its fact and the finding.
fn record_excerpt() -> String {
    let record = convert(SAMPLE);
    let finding = record.findings.iter().find(|finding| finding.code.label() == "total-mismatch").unwrap();
    let fact = finding.cause.as_ref().unwrap().edits[0].fact.as_ref().unwrap();
    let fact = record.facts.iter().find(|candidate| candidate.id == *fact).unwrap();
    serde_json::to_string_pretty(&Excerpt { facts: [fact], findings: [finding] }).unwrap()
}

fn log_excerpt() -> String {
    let record = convert(SAMPLE);
    let lines = hedui::sink::document_lines(&record, "");
    let line =
        lines.iter().find(|line| matches!(line, LogBody::Finding { code, .. } if code.label() == "total-mismatch"));
    serde_json::to_string_pretty(line.unwrap()).unwrap()
}
