//! What a code means: errors, warnings, sorts of findings, rules of checks.

use std::fmt::Write as _;

use crate::document::{Location, Warning, WarningKind};
use crate::error::{Error, ErrorKind};
use crate::pipeline::{Catalog, Pipeline};
use crate::reconcile::Rule;
use crate::reconcile::reference::{BuiltIn, built_in};
use crate::reconcile::rules::{RuleTerm, RuleYear};
use crate::record::FindingCode;

/// Everything that a code means, in both languages; `None` when there is no such code.
pub(super) fn meaning(code: &str, catalog: &Catalog) -> Option<String> {
    let found: Vec<String> = [of_error(code), of_warning(code), of_finding(code), built_in(code).map(of_built_in)]
        .into_iter()
        .flatten()
        .chain(declared(code, catalog))
        .chain(of_word(code))
        .collect();
    (!found.is_empty()).then(|| found.concat())
}

/// Every code that means something.
pub(super) fn known(catalog: &Catalog) -> Vec<String> {
    let errors = ErrorKind::ALL.into_iter().map(|kind| kind.code().to_owned());
    let warnings = WarningKind::all().into_iter().map(|kind| Warning::once(kind, Location::Document).code().to_owned());
    let findings = FindingCode::ALL.into_iter().map(|code| code.label().to_owned());
    let rules = crate::reconcile::reference::BUILT_IN.iter().map(|rule| rule.id.to_owned());
    let declared = catalog.pipelines.iter().flat_map(|pipeline| pipeline.rules.iter().map(|rule| rule.id.clone()));
    let words = WORDS.iter().map(|(word, ..)| (*word).to_owned());
    let mut all: Vec<String> =
        errors.chain(words).chain(warnings).chain(findings).chain(rules).chain(declared).collect();
    all.sort();
    all.dedup();
    all
}

/// Words of the log and of checks that are no codes of their own, in English and Chinese.
const WORDS: [(&str, &str, &str); 3] = [
    (
        "history",
        "where a check comes from: reports of one unit for different years are held against each other; a difference \
         is a `history-mismatch`",
        "核对来源：同一单位不同年度的报告相互核对；不一致时为 history-mismatch",
    ),
    (
        "set",
        "where a check comes from: files of one report, as its text and its tables, are held against each other; a \
         difference is a `set-mismatch`",
        "核对来源：同一报告的不同文件（如正文与附表）相互核对；不一致时为 set-mismatch",
    ),
    (
        "refiled",
        "a line of the reconciliation log: a report was filed again; it says which findings of the filing before are \
         gone, which stay and which are new",
        "核对日志中的一行：报告重新报送；列出上次报送的问题中已消除、仍存在和新增的",
    ),
];

fn of_word(code: &str) -> Option<String> {
    let (word, en, zh) = WORDS.iter().find(|(word, ..)| *word == code)?;
    Some(format!("{word}: {en}\n  {zh}\n"))
}

fn of_error(code: &str) -> Option<String> {
    let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == code)?;
    let error = Error::new(kind, "");
    let (message, advice) = (error.message(), error.advice());
    Some(format!(
        "{code}: an error; the source gave no record\n  {}\n  {}\n  to do: {}\n  处理：{}\n",
        message.en, message.zh, advice.en, advice.zh
    ))
}

fn of_warning(code: &str) -> Option<String> {
    let warning = WarningKind::all()
        .into_iter()
        .map(|kind| Warning::once(kind, Location::Document))
        .find(|warning| warning.code() == code)?;
    let message = warning.message();
    let (en, zh) = (message.en.trim_end_matches(": "), message.zh.trim_end_matches('：'));
    Some(format!("{code}: a warning; the source was read\n  {en}\n  {zh}\n"))
}

fn of_finding(code: &str) -> Option<String> {
    let meaning = FindingCode::ALL.into_iter().find(|known| known.label() == code)?.meaning();
    Some(format!("{code}: a finding; the document contradicts itself\n  {}\n  {}\n", meaning.en, meaning.zh))
}

fn of_built_in(rule: &BuiltIn) -> String {
    let (compares, silent) = (rule.compares(), rule.silent());
    format!(
        "{}: a rule of every pipeline ({}, {})\n  {}\n  {}\n  when: {}\n  何时：{}\n",
        rule.id,
        word(rule.origin),
        word(rule.relation),
        compares.en,
        compares.zh,
        silent.en,
        silent.zh
    )
}

/// A rule as each pipeline declares it; pipelines that declare the same are named together.
fn declared(code: &str, catalog: &Catalog) -> Vec<String> {
    let mut found: Vec<(&Rule, Vec<&Pipeline>)> = Vec::new();
    for pipeline in &catalog.pipelines {
        for rule in pipeline.rules.iter().filter(|rule| rule.id == code) {
            match found.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, pipelines)) => pipelines.push(pipeline),
                None => found.push((rule, vec![pipeline])),
            }
        }
    }
    found.into_iter().map(|(rule, pipelines)| of_declared(rule, &pipelines)).collect()
}

fn of_declared(rule: &Rule, pipelines: &[&Pipeline]) -> String {
    let names: Vec<&str> = pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    let mut text = String::new();
    let severity = rule.severity.label();
    // Writing to a String cannot fail.
    let _ =
        writeln!(text, "{}: a rule of {} (declared, {}, {severity})", rule.id, names.join(", "), word(rule.relation));
    let _ = writeln!(text, "  {}\n  {}", rule.en, rule.zh);
    let _ = writeln!(text, "  stated: {}", terms(&rule.stated));
    for (at, reading) in rule.readings().enumerate() {
        let _ = writeln!(text, "  {}: {}", if at == 0 { "terms" } else { "or" }, terms(reading));
    }
    if !rule.when.is_empty() {
        let _ = writeln!(text, "  only where there is: {}", rule.when.join(", "));
    }
    if rule.across {
        let _ = writeln!(text, "  across places; claimed where it holds or one slip accounts for the gap");
    }
    if !rule.unless.is_empty() {
        let _ = writeln!(text, "  not where there is: {}", rule.unless.join(", "));
    }
    text
}

/// Concepts with the stage and year that are their own.
fn terms(terms: &[RuleTerm]) -> String {
    let shown = |term: &RuleTerm| {
        let phase = term.phase.map(|phase| format!(" ({})", word(phase))).unwrap_or_default();
        let year = if term.year == RuleYear::Before { " of the year before" } else { "" };
        format!("{}{phase}{year}", term.concept)
    };
    terms.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// A closed word as records write it.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
