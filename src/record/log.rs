//! Lines of the reconciliation log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Cause, Coverage, Figure, FindingCode, Message, Origin, Severity};
use crate::document::Text;

/// One line. Each carries a sequence number and the hash of the line before it, so that a removed or edited line shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// What the line says; its keys stand beside the others.
    #[serde(flatten)]
    pub body: LogBody,
    /// Counts from 1 over all files of the log.
    pub seq: u64,
    /// When it was written (RFC 3339, UTC).
    pub at: String,
    /// sha256 of the line before it (without its line feed), 64 zeros for the first.
    pub prev: String,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LogBody {
    /// A document was converted.
    Document {
        /// Record id.
        record_id: String,
        /// Path of the source in its inbox.
        source: String,
        /// Inbox name.
        inbox: Option<String>,
        /// Path of the record file.
        record: String,
        /// The same for every filing of one report.
        #[serde(default)]
        report_key: Option<String>,
        /// Document kind.
        kind: Option<String>,
        /// Title.
        title: Option<String>,
        /// Entity name.
        entity: Option<String>,
        /// Where the entity is: a code of GB/T 2260, else the name as printed.
        #[serde(default)]
        region: Option<String>,
        /// Fiscal year.
        fiscal_year: Option<i32>,
        /// Format of the source.
        #[serde(default)]
        format: Option<String>,
        /// What was looked at.
        coverage: Coverage,
        /// Findings by severity: error, warning, info.
        findings: FindingCounts,
    },
    /// One finding, complete in itself.
    Finding {
        /// Record id.
        record_id: String,
        /// Path of the source in its inbox.
        source: String,
        /// Entity name.
        entity: Option<String>,
        /// Fiscal year.
        fiscal_year: Option<i32>,
        /// Finding id within the record; `x` and part of the fingerprint when it is about several reports.
        finding: String,
        /// Rule of its first check.
        #[serde(default)]
        rule: Option<Text>,
        /// Where that check comes from.
        #[serde(default)]
        origin: Option<Origin>,
        /// How loud.
        severity: Severity,
        /// Sort of mistake.
        code: FindingCode,
        /// In words.
        message: Message,
        /// The equation of the first check.
        expression: Option<String>,
        /// What is stated.
        stated: Option<Figure>,
        /// What the parts give.
        computed: Option<Figure>,
        /// Stated less computed.
        delta: Option<Figure>,
        /// Unit of the three.
        unit: Option<Text>,
        /// Where the figures stand, the stated one first.
        places: Vec<At>,
        /// Which figure is probably wrong.
        cause: Option<Cause>,
        /// Recognizes the finding across filings.
        fingerprint: String,
        /// The other report, when its figures and this one's do not agree.
        #[serde(default)]
        against: Option<Box<Against>>,
    },
    /// A report was filed again: what became of its findings.
    Refiled {
        /// The new record.
        record_id: String,
        /// The record of the filing before.
        before: String,
        /// Path of the source in its inbox.
        source: String,
        /// Entity name.
        entity: Option<String>,
        /// Fiscal year.
        fiscal_year: Option<i32>,
        /// Findings of the filing before that are gone.
        fixed: Vec<FindingName>,
        /// Findings that it did not have.
        new: Vec<FindingName>,
        /// Findings that stand as before.
        still: usize,
    },
    /// Somebody decided what becomes of a finding.
    Decision {
        /// The record that had it then.
        record_id: String,
        /// Path of the source in its inbox.
        source: String,
        /// Entity name.
        entity: Option<String>,
        /// Fiscal year.
        fiscal_year: Option<i32>,
        /// Finding id within the record.
        finding: String,
        /// What every filing of the report is known by: its key, or inbox and path.
        report: String,
        /// Recognizes the finding across filings.
        fingerprint: String,
        /// What was decided.
        verdict: Verdict,
        /// Why, in their words.
        note: String,
        /// Who, as they signed.
        who: String,
    },
    /// A source could not be converted.
    Quarantined {
        /// Path of the source in its inbox.
        source: String,
        /// Inbox name.
        inbox: Option<String>,
        /// sha256 of the bytes.
        sha256: Option<String>,
        /// Stable error code.
        code: String,
        /// What is wrong.
        reason: Message,
        /// What to do.
        advice: Message,
    },
    /// A record was replaced by that of a newer content of the same source.
    Superseded {
        /// The record that is no longer current.
        record_id: String,
        /// The record that took its place.
        superseded_by: String,
        /// Path of the source in its inbox.
        source: String,
    },
}

/// What people decide of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is a mistake; the report goes back.
    Accepted,
    /// There is a good reason for it.
    Explained,
    /// The mistake was corrected.
    Fixed,
    /// What was decided before does not hold any more.
    Reopened,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Explained, Self::Fixed, Self::Reopened];

    /// The name in logs and the journal.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Explained => "explained",
            Self::Fixed => "fixed",
            Self::Reopened => "reopened",
        }
    }
}

/// The other report of a finding about two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Against {
    /// Record id.
    pub record_id: String,
    /// Path of its source in its inbox.
    pub source: String,
    /// Where its figure stands.
    pub place: At,
}

/// A finding by what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingName {
    /// Recognizes the finding across filings.
    pub fingerprint: String,
    /// How loud.
    pub severity: Severity,
    /// Sort of mistake.
    pub code: FindingCode,
    /// In words.
    pub message: Message,
}

/// Findings by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingCounts {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Infos.
    pub info: usize,
}
