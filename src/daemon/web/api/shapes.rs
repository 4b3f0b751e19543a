//! What the API says, in types: the schemas of `openapi.json` are generated from them.
//!
//! In: rows of the journal. Out: JSON. Figures are decimal strings as in records. Nothing can go wrong here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::super::journal::{Decided, Issue, Listed, QuarantineEntry, Tally};
use super::super::super::names::show_path;
use super::super::plot::Day;
use crate::record::{Figure, FindingCode, FindingCounts, LogBody, Message, Severity, Verdict};

/// One document of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Document")]
pub(super) struct DocumentItem {
    /// Record id.
    pub(super) record_id: String,
    /// False when a newer file has replaced it.
    pub(super) current: bool,
    /// What every filing of the report is known by.
    pub(super) report: String,
    pub(super) title: Option<String>,
    pub(super) unit: Option<String>,
    /// Code of GB/T 2260, else the name as printed.
    pub(super) region: Option<String>,
    pub(super) fiscal_year: Option<i32>,
    pub(super) kind: Option<String>,
    pub(super) inbox: Option<String>,
    /// Path in the inbox.
    pub(super) source: String,
    pub(super) format: Option<String>,
    /// Findings by severity.
    pub(super) findings: FindingCounts,
    /// Checks that were decided; where it is 0, that nothing was found says nothing. Null where an earlier version noted
    /// the document.
    pub(super) checks: Option<u64>,
    /// When it was noted (RFC 3339, UTC).
    pub(super) at: String,
}

impl From<Listed> for DocumentItem {
    fn from(row: Listed) -> Self {
        let Listed { record, current, report, properties, title, source, format, findings, checked, at, .. } = row;
        Self {
            record_id: record,
            current,
            report,
            title,
            unit: properties.unit,
            region: properties.region,
            fiscal_year: properties.year,
            kind: properties.kind,
            inbox: properties.inbox,
            source,
            format,
            findings,
            checks: checked,
            at,
        }
    }
}

/// A page of documents, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DocumentList {
    pub(super) items: Vec<DocumentItem>,
    /// `after` of the next page; null on the last.
    pub(super) next: Option<String>,
}

/// One finding of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListedFinding")]
pub(super) struct FindingItem {
    pub(super) record_id: String,
    /// Finding id within the record.
    pub(super) finding: String,
    /// `open`, `accepted`, `explained` or `fixed`.
    pub(super) state: String,
    /// What every filing of the report is known by.
    pub(super) report: String,
    /// The same in a re-filed report.
    pub(super) fingerprint: String,
    pub(super) severity: Severity,
    pub(super) code: FindingCode,
    pub(super) message: Message,
    /// The equation of the first check.
    pub(super) expression: Option<String>,
    pub(super) stated: Option<Figure>,
    pub(super) computed: Option<Figure>,
    pub(super) delta: Option<Figure>,
    /// Unit of the three.
    pub(super) unit_of_figures: Option<String>,
    /// The reporting unit.
    pub(super) unit: Option<String>,
    pub(super) fiscal_year: Option<i32>,
    /// Path of the source in its inbox.
    pub(super) source: String,
    /// The other record, when it is about two.
    pub(super) against: Option<String>,
    pub(super) at: String,
}

impl FindingItem {
    pub(super) fn of(issue: Issue) -> Option<Self> {
        let LogBody::Finding { record_id, finding, severity, code, message, expression, stated, computed, .. } =
            issue.line.clone()
        else {
            return None;
        };
        let LogBody::Finding { delta, unit, entity, fiscal_year, source, against, .. } = issue.line else {
            return None;
        };
        Some(Self {
            record_id,
            finding,
            state: issue.state.label().to_owned(),
            report: issue.report,
            fingerprint: issue.fingerprint,
            severity,
            code,
            message,
            expression,
            stated,
            computed,
            delta,
            unit_of_figures: unit.map(|unit| unit.to_string()),
            unit: entity,
            fiscal_year,
            source,
            against: against.map(|against| against.record_id),
            at: issue.at,
        })
    }
}

/// One decision of a finding.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Decided")]
pub(super) struct DecidedItem {
    /// `accepted`, `explained`, `fixed` or `reopened`.
    pub(super) verdict: String,
    pub(super) note: String,
    /// As they signed.
    pub(super) who: String,
    /// When (RFC 3339, UTC).
    pub(super) at: String,
    /// The record that it was said of: this one, or another filing of the report.
    pub(super) record_id: String,
}

impl From<Decided> for DecidedItem {
    fn from(row: Decided) -> Self {
        let Decided { verdict, note, who, at, record, .. } = row;
        Self { verdict, note, who, at, record_id: record }
    }
}

/// What was decided of a finding, the latest first: the first of them holds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Decisions")]
pub(super) struct DecisionList {
    /// What every filing of the report is known by.
    pub(super) report: String,
    /// The same in a re-filed report.
    pub(super) fingerprint: String,
    pub(super) items: Vec<DecidedItem>,
}

/// A page of findings, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FindingList {
    pub(super) items: Vec<FindingItem>,
    /// `after` of the next page; null on the last.
    pub(super) next: Option<String>,
}

/// One entry of quarantine.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "QuarantineEntry")]
pub(super) struct QuarantineItem {
    pub(super) id: String,
    pub(super) at: String,
    /// Stable error code.
    pub(super) code: Option<String>,
    pub(super) message: Option<Message>,
    pub(super) advice: Option<Message>,
    pub(super) inbox: Option<String>,
    /// Path in the inbox; bytes that are no text as `\xNN`.
    pub(super) path: Option<String>,
    pub(super) size_bytes: Option<u64>,
}

impl QuarantineItem {
    pub(super) fn of(row: QuarantineEntry) -> Self {
        let (code, message, advice) = match row.refusal {
            Some(refusal) => (Some(refusal.code), Some(refusal.message), Some(refusal.advice)),
            None => (None, None, None),
        };
        let (inbox, path, size_bytes) = match row.source {
            Some((inbox, path, size)) => (Some(inbox), Some(show_path(&path)), Some(size)),
            None => (None, None, None),
        };
        Self { id: row.entry, at: row.at, code, message, advice, inbox, path, size_bytes }
    }
}

/// A page of quarantine, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct QuarantineList {
    pub(super) items: Vec<QuarantineItem>,
    /// `after` of the next page; null on the last.
    pub(super) next: Option<String>,
}

/// What came on a day.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Day")]
pub(super) struct DayItem {
    /// By the configured time zone.
    pub(super) day: String,
    pub(super) received: u64,
    pub(super) with_errors: u64,
    pub(super) quarantined: u64,
}

impl From<Day> for DayItem {
    fn from(day: Day) -> Self {
        let [received, with_errors, quarantined] = day.counts;
        Self { day: day.day, received, with_errors, quarantined }
    }
}

/// A unit's current documents.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Unit")]
pub(super) struct UnitItem {
    pub(super) unit: String,
    pub(super) documents: u64,
    pub(super) findings: FindingCounts,
}

impl From<Tally> for UnitItem {
    fn from(tally: Tally) -> Self {
        Self { unit: tally.value, documents: tally.reports, findings: tally.findings }
    }
}

/// How much there is of what.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Overview")]
pub(super) struct OverviewBody {
    /// Numbers by name: `documents`; `error`, `warning`, `info`, `clean`, `unchecked` (documents by worst finding); `open`, `accepted`,
    /// `explained`, `fixed` (findings); `quarantined`. What there is none of is left out.
    pub(super) counts: BTreeMap<String, u64>,
    /// The last 30 days.
    pub(super) days: Vec<DayItem>,
    /// Units with the most errors.
    pub(super) units: Vec<UnitItem>,
    /// Why the daemon does not get on, when it does not.
    pub(super) degraded: Option<String>,
}

/// A decision.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Decision")]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    pub(super) verdict: Verdict,
    /// Why; an explanation needs one.
    #[serde(default)]
    pub(super) note: String,
    /// Who decides, 1 to 60 characters.
    pub(super) who: String,
}

/// An entry that is tried again.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Retried")]
pub(super) struct RetryBody {
    pub(super) id: String,
    pub(super) path: String,
    /// What was done.
    pub(super) what: String,
}

/// Where an upload goes.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct UploadQuery {
    /// Name of the inbox.
    pub(super) inbox: String,
    /// Name of the file.
    pub(super) name: String,
}

/// A file that is in an inbox now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Uploaded")]
pub(super) struct UploadBody {
    pub(super) inbox: String,
    /// The name that was free.
    pub(super) name: String,
    pub(super) size_bytes: u64,
}

/// Problem details, RFC 9457.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemBody {
    /// `urn:hedui:problem:` and a code that never changes its meaning.
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) status: u16,
    /// What exactly; may be empty. Title and detail are in the language of `lang` or `Accept-Language`, else English.
    pub(super) detail: String,
    /// A code of the detail, where it has one.
    pub(super) reason: Option<String>,
}
