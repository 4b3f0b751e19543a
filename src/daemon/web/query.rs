//! What a list is asked for: filters and a cursor, the same for pages and programs.
//!
//! In: the query of an address. Out: filters of the journal. An empty value is none; one that cannot be is a problem.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::journal::{IssueFilter, IssueState, Properties, ReportFilter};
use super::problem::{Problem, ProblemKind};
use crate::record::{FindingCode, Severity};

/// Rows of a page when nothing is said.
pub(super) const PAGE: u32 = 50;
/// Rows of a page at most.
const MOST: u32 = 200;
/// Characters of a text that is looked for.
const MAX_TEXT: usize = 100;
/// Characters of a name in full.
const MAX_NAME: usize = 300;

/// Parameters of a list. All are optional.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct ListQuery {
    /// Name of the reporting unit, in full.
    pub(super) unit: String,
    /// Region: code of GB/T 2260, else the name as printed.
    pub(super) region: String,
    /// Fiscal year.
    pub(super) year: String,
    /// Document kind.
    pub(super) kind: String,
    /// Name of the inbox.
    pub(super) inbox: String,
    /// Documents: severity of the worst finding, `clean`, `unchecked` (nothing could be checked), or `any` finding. Findings: their severity.
    pub(super) severity: String,
    /// Part of title, unit or path. Documents only.
    pub(super) text: String,
    /// `open`, `accepted`, `explained` or `fixed`. Findings only.
    pub(super) state: String,
    /// Sort of mistake. Findings only.
    pub(super) code: String,
    /// The `next` of the page before.
    pub(super) after: String,
    /// Rows of a page, 1 to 200.
    pub(super) limit: String,
}

fn known(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A text of so many characters at most. One that is cut would find something else than was asked for.
fn bounded(text: &str, most: usize) -> Result<Option<String>, Problem> {
    match known(text) {
        Some(text) if text.chars().count() > most => Err(ProblemKind::Invalid.told_of("told.long_text", most)),
        text => Ok(text),
    }
}

fn one_of(name: &str, text: &str, allowed: &[&str]) -> Result<Option<String>, Problem> {
    match known(text) {
        Some(text) if !allowed.contains(&text.as_str()) => {
            Err(ProblemKind::Invalid.told_of("told.one_of", format!("{name} = {}", allowed.join(", "))))
        }
        text => Ok(text),
    }
}

impl ListQuery {
    fn properties(&self) -> Result<Properties, Problem> {
        let year = known(&self.year).map(|year| year.parse());
        let year = year.transpose().map_err(|_| ProblemKind::Invalid.told("told.year"))?;
        Ok(Properties {
            unit: bounded(&self.unit, MAX_NAME)?,
            region: bounded(&self.region, MAX_NAME)?,
            year,
            kind: bounded(&self.kind, MAX_NAME)?,
            inbox: bounded(&self.inbox, MAX_NAME)?,
        })
    }

    /// Which documents.
    pub(super) fn reports(&self) -> Result<ReportFilter, Problem> {
        let severity = one_of("severity", &self.severity, &["error", "warning", "info", "clean", "unchecked", "any"])?;
        let text = bounded(&self.text, MAX_TEXT)?;
        Ok(ReportFilter { properties: self.properties()?, severity, text })
    }

    /// Which findings.
    pub(super) fn issues(&self) -> Result<IssueFilter, Problem> {
        let severities = [Severity::Error, Severity::Warning, Severity::Info].map(Severity::label);
        let codes = FindingCode::ALL.map(FindingCode::label);
        let states = IssueState::ALL.map(IssueState::label);
        Ok(IssueFilter {
            state: one_of("state", &self.state, &states)?.as_deref().and_then(IssueState::parse),
            severity: one_of("severity", &self.severity, &severities)?,
            code: one_of("code", &self.code, &codes)?,
            properties: self.properties()?,
        })
    }

    /// The number before which a page begins.
    pub(super) fn before(&self) -> Result<Option<i64>, Problem> {
        let number = known(&self.after).map(|after| after.parse());
        number.transpose().map_err(|_| ProblemKind::Invalid.told("told.after"))
    }

    /// Time and id before which a page of quarantine begins.
    pub(super) fn before_entry(&self) -> Result<Option<(String, String)>, Problem> {
        let pair = |after: String| after.split_once('_').map(|(at, id)| (at.to_owned(), id.to_owned()));
        match known(&self.after) {
            None => Ok(None),
            Some(after) => pair(after).map(Some).ok_or_else(|| ProblemKind::Invalid.told("told.after")),
        }
    }

    /// Rows of a page.
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        let limit =
            known(&self.limit).map(|limit| limit.parse::<u32>().ok().filter(|limit| (1..=MOST).contains(limit)));
        match limit {
            None => Ok(PAGE),
            Some(limit) => limit.ok_or_else(|| ProblemKind::Invalid.told_of("told.limit", MOST)),
        }
    }
}

/// One more row than a page has tells whether there is another; then the last that stays is where it begins.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(cursor)
}
