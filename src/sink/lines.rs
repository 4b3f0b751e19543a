//! What the reconciliation log says about a record: one line for the document, one for each finding.
//!
//! In: a record and where its file is. Out: [`LogBody`] values without sequence numbers, complete in themselves.
//! A finding that names a check or fact the record does not have gives null there, never an error.

use crate::document::Text;
use crate::error::Error;
use crate::record::{At, Check, Finding, FindingCounts, LogBody, Record, Severity};

/// The lines of a converted document. `place` is the record file's path as the reader of the log sees it.
#[must_use]
pub fn document_lines(record: &Record, place: &str) -> Vec<LogBody> {
    let region = record.document.entity.region.as_ref();
    let document = LogBody::Document {
        record_id: record.record_id.clone(),
        source: record.source.path.clone(),
        inbox: record.source.inbox.clone(),
        record: place.to_owned(),
        report_key: record.document.report_key.clone(),
        kind: record.document.kind.clone(),
        title: record.document.title.clone(),
        entity: record.document.entity.name.clone(),
        region: region.map(|region| region.code.clone().unwrap_or_else(|| region.name.clone())),
        fiscal_year: record.document.fiscal_year,
        format: Some(record.source.format.clone()),
        coverage: record.coverage.clone(),
        findings: count_findings(record),
    };
    std::iter::once(document).chain(finding_lines(record)).collect()
}

/// The line of each finding of a record.
#[must_use]
pub fn finding_lines(record: &Record) -> Vec<LogBody> {
    record.findings.iter().map(|finding| finding_line(record, finding)).collect()
}

/// The line of a source that could not be converted.
#[must_use]
pub fn quarantined_line(source: String, inbox: Option<String>, sha256: Option<String>, error: &Error) -> LogBody {
    LogBody::Quarantined {
        source,
        inbox,
        sha256,
        code: error.code().to_owned(),
        reason: error.message().into(),
        advice: error.advice().into(),
    }
}

/// Findings of a record by severity.
#[must_use]
pub fn count_findings(record: &Record) -> FindingCounts {
    let mut counts = FindingCounts::default();
    for finding in &record.findings {
        match finding.severity {
            Severity::Error => counts.error += 1,
            Severity::Warning => counts.warning += 1,
            Severity::Info => counts.info += 1,
        }
    }
    counts
}

fn finding_line(record: &Record, finding: &Finding) -> LogBody {
    let check = first_check(record, finding);
    LogBody::Finding {
        record_id: record.record_id.clone(),
        source: record.source.path.clone(),
        entity: record.document.entity.name.clone(),
        fiscal_year: record.document.fiscal_year,
        finding: finding.id.clone(),
        rule: check.map(|check| check.rule.clone()),
        origin: check.map(|check| check.origin),
        severity: finding.severity,
        code: finding.code,
        message: finding.message.clone(),
        expression: check.map(|check| check.expression.clone()),
        stated: check.and_then(|check| check.stated_value),
        computed: check.and_then(|check| check.computed_value),
        delta: check.and_then(|check| check.delta),
        unit: check.and_then(|check| check.unit.clone()),
        places: check.map(|check| places(record, check)).unwrap_or_default(),
        cause: finding.cause.clone(),
        fingerprint: finding.fingerprint.clone(),
        against: None,
    }
}

/// The check that a finding names first.
pub(super) fn first_check<'a>(record: &'a Record, finding: &Finding) -> Option<&'a Check> {
    let id = finding.checks.first()?;
    record.checks.iter().find(|check| &check.id == id)
}

/// Where a check's figures stand, the stated one first. Fact ids count from 1 in the order of the facts.
pub(super) fn places(record: &Record, check: &Check) -> Vec<At> {
    let ids = check.stated.iter().chain(check.terms.iter().filter_map(|term| term.fact.as_ref()));
    let fact = |id: &Text| {
        let number: usize = id.strip_prefix('f')?.parse().ok()?;
        record.facts.get(number.checked_sub(1)?).filter(|fact| fact.id == *id)
    };
    ids.filter_map(fact).map(|fact| fact.at.clone()).collect()
}
