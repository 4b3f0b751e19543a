//! What the daemon tells: the words are chosen by whoever listens.
//!
//! In: what happened. Out: [`Notice`] values, in order. Nothing can go wrong here.

use std::path::PathBuf;

use super::journal::Refusal;
use crate::record::{FindingCounts, Message, Record};
use crate::sink::count_findings;

/// Something worth telling.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The daemon has opened its folders.
    Started {
        /// Names and paths of the inboxes.
        inboxes: Vec<(String, PathBuf)>,
        /// Where results go.
        output: PathBuf,
        /// Where refused sources go.
        quarantine: PathBuf,
    },
    /// The first look at every inbox is done.
    Watching {
        /// Number of inboxes.
        inboxes: usize,
        /// Files that are to be converted.
        waiting: usize,
        /// Files that were answered for before.
        known: usize,
    },
    /// A source has been answered for, durably.
    Answered(Answer),
    /// The daemon has ended in order.
    Stopped {
        /// Sources answered for since the start.
        answered: usize,
        /// Of these, records written.
        records: usize,
        /// Of these, put into quarantine.
        quarantined: usize,
    },
}

/// What became of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Name of the inbox.
    pub inbox: String,
    /// Path in it, escaped for display.
    pub path: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// A record was written.
    Done(Box<Summary>),
    /// The same content was answered for before.
    Duplicate {
        /// Its record.
        of: String,
    },
    /// No record comes out of it.
    Quarantined {
        /// Why.
        refusal: Refused,
        /// The entry that the same content gave before.
        same_as: Option<String>,
        /// The reason file.
        reason: PathBuf,
    },
    /// It was a bundle of documents, each of which is answered for by itself.
    Bundle {
        /// Their number.
        entries: usize,
    },
    /// A rule passes it over.
    Ignored {
        /// The rule's name.
        rule: &'static str,
    },
}

/// Why no record comes out of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Stable error code.
    pub code: String,
    /// What is wrong.
    pub message: Message,
    /// What to do about it.
    pub advice: Message,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code, message: refusal.message, advice: refusal.advice }
    }
}

/// A record in one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Record id.
    pub record_id: String,
    /// Document kind.
    pub kind: Option<String>,
    /// Entity name.
    pub entity: Option<String>,
    /// Fiscal year.
    pub fiscal_year: Option<i32>,
    /// Number of facts.
    pub facts: usize,
    /// Number of indicators.
    pub indicators: usize,
    /// Number of checks.
    pub checks: usize,
    /// Findings by severity.
    pub findings: FindingCounts,
    /// Number of warnings.
    pub warnings: usize,
    /// The record it replaces for this source.
    pub supersedes: Option<String>,
    /// How long the conversion took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The record file.
    pub file: PathBuf,
}

impl Summary {
    /// Of a record and its file.
    #[must_use]
    pub fn of(record: &Record, file: PathBuf) -> Self {
        Self {
            record_id: record.record_id.clone(),
            kind: record.document.kind.clone(),
            entity: record.document.entity.name.clone(),
            fiscal_year: record.document.fiscal_year,
            facts: record.facts.len(),
            indicators: record.indicators.len(),
            checks: record.checks.len(),
            findings: count_findings(record),
            warnings: record.warnings.len(),
            supersedes: record.run.supersedes.clone(),
            duration_ms: record.run.duration_ms,
            file,
        }
    }
}
