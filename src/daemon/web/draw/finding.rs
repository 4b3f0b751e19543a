//! Findings as a page shows them: what is wrong in a sentence, the equations, what probably happened.
//!
//! In: a drawing. Out: a view per finding, and a line per check. Nothing can go wrong here.

use super::super::findings::DecisionView;
use super::super::words::Language;
use super::Drawing;
use super::equation::{CheckView, check_view, figure_name};
use crate::record::{Cause, Edit, Finding, Operation, Severity, Status};

/// Equations of a finding that are drawn; the rest stands in the list of checks.
const MAX_EQUATIONS: usize = 6;
/// Other explanations that are told.
const MAX_ALTERNATIVES: usize = 3;

/// One finding.
pub(in super::super) struct FindingView {
    pub(in super::super) id: String,
    pub(in super::super) severity: Severity,
    pub(in super::super) meaning: String,
    pub(in super::super) message: String,
    pub(in super::super) checks: Vec<CheckView>,
    /// Equations that are not drawn.
    pub(in super::super) more: usize,
    pub(in super::super) cause: Option<String>,
    pub(in super::super) alternatives: Vec<String>,
    /// What people decided; none of a record that is not listed.
    pub(in super::super) decision: Option<DecisionView>,
    /// Ids of all facts concerned, with spaces between.
    pub(in super::super) facts: String,
    /// Where its stated figure stands.
    pub(in super::super) place: String,
}

/// One check in a line.
pub(in super::super) struct CheckLine {
    pub(in super::super) id: String,
    pub(in super::super) rule: String,
    pub(in super::super) expression: String,
    pub(in super::super) status: &'static str,
    /// The word for it.
    pub(in super::super) verdict: &'static str,
    /// Why it is not decided, or no mistake.
    pub(in super::super) reason: Option<&'static str>,
}

/// Every finding, in the order of the record.
pub(in super::super) fn findings(drawing: &Drawing<'_>) -> Vec<FindingView> {
    drawing.record.findings.iter().map(|each| finding(drawing, each)).collect()
}

/// Checks that were decided, those that do not hold first.
pub(in super::super) fn check_lines(drawing: &Drawing<'_>, most: usize) -> Vec<CheckLine> {
    let mut checks: Vec<_> = drawing.record.checks.iter().collect();
    let order = |status: Status| match status {
        Status::Inconsistent => 0,
        Status::Explained => 1,
        Status::Truncation => 2,
        Status::Rounding => 3,
        Status::Consistent => 4,
        Status::NotCheckable => 5,
    };
    checks.sort_by_key(|check| order(check.status));
    let line = |check: &crate::record::Check| {
        let (status, word) = status_words(check.status);
        CheckLine {
            id: check.id.clone(),
            rule: check.rule.to_string(),
            expression: check.expression.clone(),
            status,
            verdict: drawing.language.word(word),
            reason: check.reason.as_deref().map(|reason| drawing.language.word(reason_word(reason))),
        }
    };
    checks.into_iter().take(most).map(line).collect()
}

fn finding(drawing: &Drawing<'_>, finding: &Finding) -> FindingView {
    let language = drawing.language;
    let all = finding.checks.iter().filter_map(|id| drawing.marks.check(id));
    let checks: Vec<CheckView> = all.take(MAX_EQUATIONS).map(|check| check_view(drawing, check)).collect();
    let mut facts: Vec<String> = Vec::new();
    for fact in checks.iter().flat_map(|check| &check.facts) {
        if !facts.contains(fact) {
            facts.push(fact.clone());
        }
    }
    let alternatives = finding.alternatives.iter().take(MAX_ALTERNATIVES);
    FindingView {
        id: finding.id.clone(),
        severity: finding.severity,
        meaning: language.begin(&finding.code.meaning()),
        message: language.choose(&finding.message).to_owned(),
        more: finding.checks.len().saturating_sub(checks.len()),
        place: facts.first().cloned().unwrap_or_default(),
        facts: facts.join(" "),
        checks,
        cause: finding.cause.as_ref().map(|cause| told(drawing, cause)),
        alternatives: alternatives.map(|cause| told(drawing, cause)).collect(),
        decision: None,
    }
}

/// An explanation in a sentence.
fn told(drawing: &Drawing<'_>, cause: &Cause) -> String {
    let language = drawing.language;
    let edits: Vec<String> = cause.edits.iter().map(|edit| edit_told(drawing, edit)).collect();
    let mut text = edits.join(language.word("list.and"));
    if !cause.confirmed_by.is_empty() {
        text.push_str(language.word("cause.then"));
        text.push_str(&cause.confirmed_by.len().to_string());
        text.push_str(language.word("cause.hold"));
    }
    text
}

fn edit_told(drawing: &Drawing<'_>, edit: &Edit) -> String {
    let language = drawing.language;
    let operation = language.word(operation_word(edit.operation));
    let name = edit.fact.as_deref().and_then(|id| drawing.marks.fact(id)).map(|mark| figure_name(mark.fact, language));
    let (open, close) = match language {
        Language::Zh => ("“", "”"),
        Language::En => ("\u{201c}", "\u{201d} "),
    };
    let name = name.map(|name| format!("{open}{name}{close}")).unwrap_or_default();
    match (edit.from.as_deref(), edit.to.as_deref()) {
        (Some(from), Some(to)) => format!(
            "{name}{from} {} {to}{}{operation}{}",
            language.word("cause.should_be"),
            language.word("paren.open"),
            language.word("paren.close")
        ),
        (_, Some(to)) => {
            format!("{name}{to}{}{operation}{}", language.word("paren.open"), language.word("paren.close"))
        }
        _ => format!("{name}{operation}"),
    }
}

fn operation_word(operation: Operation) -> &'static str {
    match operation {
        Operation::Digit => "slip.digit",
        Operation::Transposition => "slip.transposition",
        Operation::DroppedDigit => "slip.dropped_digit",
        Operation::DoubledDigit => "slip.doubled_digit",
        Operation::DecimalShift => "slip.decimal_shift",
        Operation::UnitSlip => "slip.unit_slip",
        Operation::Sign => "slip.sign",
        Operation::NeighbourCopy => "slip.neighbour_copy",
        Operation::Stale => "slip.stale",
        Operation::MissingTerm => "slip.missing_term",
        Operation::Recomputed => "slip.recomputed",
    }
}

/// The word for why a check is not decided, or why it is no mistake.
pub(super) fn reason_word(reason: &str) -> &'static str {
    match reason {
        "absent_value" => "reason.absent_value",
        "unit_unclear" => "reason.unit_unclear",
        "zero_base" => "reason.zero_base",
        "base_not_positive" => "reason.base_not_positive",
        "rate_over_100" => "reason.rate_over_100",
        "score_formula_not_stated" => "reason.score_formula_not_stated",
        _ if reason.starts_with("note_in_") => "reason.note",
        _ => "reason.other",
    }
}

fn status_words(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Consistent => ("consistent", "status.consistent"),
        Status::Rounding => ("rounding", "status.rounding"),
        Status::Truncation => ("truncation", "status.truncation"),
        Status::Explained => ("explained", "status.explained"),
        Status::Inconsistent => ("inconsistent", "status.inconsistent"),
        Status::NotCheckable => ("not_checkable", "status.not_checkable"),
    }
}
