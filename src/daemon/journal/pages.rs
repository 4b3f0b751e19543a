//! What the dashboard asks: lists by filter, one page after another, and counts. Every question is answered from an index;
//! a test reads the plans.
//!
//! In: a [`Reader`] and a filter. Out: rows. Nothing is written here.

use rusqlite::{OptionalExtension, Row, params};

use super::listing::{IssueState, match_words, report_of, token};
use super::{Properties, Reader, Refusal, Result};
use crate::record::{FindingCounts, LogBody};

/// Cursor of a list that begins at its newest row.
const NEWEST: i64 = i64::MAX;

/// Which documents are listed; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct ReportFilter {
    pub(in super::super) properties: Properties,
    /// `error`, `warning`, `info`, `clean`, `unchecked`, or `any` finding.
    pub(in super::super) severity: Option<String>,
    /// Part of title, unit or source.
    pub(in super::super) text: Option<String>,
}

/// One document of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Listed {
    pub(in super::super) number: i64,
    pub(in super::super) record: String,
    pub(in super::super) current: bool,
    pub(in super::super) report: String,
    /// Its key, where it has one.
    pub(in super::super) key: Option<String>,
    pub(in super::super) properties: Properties,
    pub(in super::super) title: Option<String>,
    pub(in super::super) source: String,
    pub(in super::super) format: Option<String>,
    pub(in super::super) findings: FindingCounts,
    /// Checks that were decided, where that was noted.
    pub(in super::super) checked: Option<u64>,
    pub(in super::super) at: String,
}

/// Which findings are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct IssueFilter {
    pub(in super::super) state: Option<IssueState>,
    pub(in super::super) severity: Option<String>,
    pub(in super::super) code: Option<String>,
    pub(in super::super) properties: Properties,
}

/// One finding of a list.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Issue {
    pub(in super::super) number: i64,
    pub(in super::super) state: IssueState,
    pub(in super::super) report: String,
    pub(in super::super) fingerprint: String,
    /// The line of the log.
    pub(in super::super) line: LogBody,
    pub(in super::super) at: String,
    pub(in super::super) title: Option<String>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Decided {
    pub(in super::super) fingerprint: String,
    pub(in super::super) verdict: String,
    pub(in super::super) note: String,
    pub(in super::super) who: String,
    pub(in super::super) at: String,
    /// The record that it was said of.
    pub(in super::super) record: String,
}

/// One entry of quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct QuarantineEntry {
    pub(in super::super) entry: String,
    pub(in super::super) at: String,
    pub(in super::super) refusal: Option<Refusal>,
    /// Inbox, path and size of its source, when that still is its answer.
    pub(in super::super) source: Option<(String, Vec<u8>, u64)>,
}

/// How many documents have a property, and their findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Tally {
    pub(in super::super) value: String,
    pub(in super::super) reports: u64,
    pub(in super::super) findings: FindingCounts,
}

/// Ten minutes: records, records with errors, entries of quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Slot {
    pub(in super::super) slot: String,
    pub(in super::super) counts: [u64; 3],
}

const REPORT_COLUMNS: &str = "r.record, r.current, r.report_key, r.entity, r.region, r.fiscal_year, r.kind, r.inbox, r.title, \
                              r.source, r.format, r.errors, r.warnings, r.infos, r.at, r.checked";

impl ReportFilter {
    /// What the index is asked for; `None` when nothing is filtered.
    fn expression(&self) -> Option<String> {
        let mut tokens = self.properties.tokens();
        tokens.extend(self.severity.as_deref().map(|severity| token("severity", severity)));
        let facets = tokens.iter().map(|token| format!("{{facets}} : {token}"));
        let parts: Vec<String> = facets.chain(self.text.as_deref().and_then(match_words)).collect();
        (!parts.is_empty()).then(|| parts.join(" AND "))
    }
}

impl IssueFilter {
    fn expression(&self) -> Option<String> {
        let mut tokens = self.properties.tokens();
        tokens.extend(self.state.map(|state| token("state", state.label())));
        tokens.extend(self.severity.as_deref().map(|severity| token("severity", severity)));
        tokens.extend(self.code.as_deref().map(|code| token("code", code)));
        (!tokens.is_empty()).then(|| tokens.join(" AND "))
    }
}

fn report_list(filtered: bool) -> String {
    if filtered {
        format!(
            "SELECT l.number, {REPORT_COLUMNS}
             FROM (SELECT rowid AS number FROM search WHERE search MATCH ?3 AND rowid < ?1 ORDER BY rowid DESC LIMIT ?2) s
             CROSS JOIN listing l ON l.number = s.number CROSS JOIN reports r ON r.record = l.record ORDER BY s.number DESC"
        )
    } else {
        format!(
            "SELECT l.number, {REPORT_COLUMNS} FROM listing l CROSS JOIN reports r ON r.record = l.record
             WHERE l.number < ?1 ORDER BY l.number DESC LIMIT ?2"
        )
    }
}

const COUNT_ISSUES: &str = "SELECT count(*) FROM (SELECT 1 FROM issue_search WHERE issue_search MATCH ?1 LIMIT ?2) s";

fn issue_list(filtered: bool) -> String {
    let columns = "i.number, i.state, i.report, i.fingerprint, f.body, f.at, r.title";
    let joins = "CROSS JOIN findings f ON f.record = i.record AND f.finding = i.finding
                 LEFT JOIN reports r ON r.record = i.record";
    if filtered {
        format!(
            "SELECT {columns}
             FROM (SELECT rowid AS number FROM issue_search WHERE issue_search MATCH ?3 AND rowid < ?1
                   ORDER BY rowid DESC LIMIT ?2) s
             CROSS JOIN issues i ON i.number = s.number {joins} ORDER BY s.number DESC"
        )
    } else {
        format!("SELECT {columns} FROM issues i {joins} WHERE i.number < ?1 ORDER BY i.number DESC LIMIT ?2")
    }
}

const QUARANTINE_LIST: &str = "SELECT d.entry, d.at, d.refusal, s.inbox, s.path, s.size
    FROM documents d LEFT JOIN sources s ON s.entry = d.entry AND s.state = 'quarantined'
    WHERE d.state = 'quarantined' AND (d.at, d.entry) < (?1, ?2) ORDER BY d.at DESC, d.entry DESC LIMIT ?3";
const REPORT_BY_RECORD: &str = "WHERE r.record = ?1";
const FILINGS: &str = "WHERE r.report_key = ?1 ORDER BY r.at DESC LIMIT ?2";
/// Reports that came to a place; with the last parameter those without a key only.
const FILED_THERE: &str =
    "WHERE r.inbox = ?1 AND r.source = ?2 AND (?4 = 0 OR r.report_key IS NULL) ORDER BY r.at DESC LIMIT ?3";
const ISSUES_OF_REPORT: &str = "SELECT i.number, i.state, i.report, i.fingerprint, f.body, f.at, NULL
    FROM issues i CROSS JOIN findings f ON f.record = i.record AND f.finding = i.finding
    WHERE i.report = ?1 LIMIT ?2";
const ISSUES_AGAINST: &str = "SELECT i.number, i.state, i.report, i.fingerprint, f.body, f.at, r.title
    FROM findings f CROSS JOIN issues i ON i.record = f.record AND i.finding = f.finding
    LEFT JOIN reports r ON r.record = f.record WHERE f.against = ?1 LIMIT ?2";
const ISSUE: &str = "SELECT i.number, i.state, i.report, i.fingerprint, f.body, f.at, NULL
    FROM issues i CROSS JOIN findings f ON f.record = i.record AND f.finding = i.finding
    WHERE i.record = ?1 AND i.finding = ?2";
const DECISIONS: &str = "SELECT fingerprint, verdict, note, who, at, record FROM decisions
    WHERE report = ?1 AND fingerprint = ?2 ORDER BY id DESC LIMIT ?3";
const TALLIES: &str =
    "SELECT value, reports, errors, warnings, infos FROM tallies WHERE facet = ?1 ORDER BY value LIMIT ?2";
const WORST: &str = "SELECT value, reports, errors, warnings, infos FROM tallies WHERE facet = ?1
    ORDER BY errors DESC, warnings DESC LIMIT ?2";
const SLOTS: &str = "SELECT slot, records, flagged, quarantined FROM days WHERE slot >= ?1 ORDER BY slot";
const QUARANTINED: &str = "SELECT count(*) FROM documents WHERE state = 'quarantined'";

impl Reader {
    /// Documents, the newest first, before a number.
    pub(in super::super) fn reports(
        &self,
        filter: &ReportFilter,
        before: Option<i64>,
        most: u32,
    ) -> Result<Vec<Listed>> {
        let before = before.unwrap_or(NEWEST);
        let expression = filter.expression();
        // A text without letters or digits is found nowhere.
        if filter.text.as_deref().is_some_and(|text| match_words(text).is_none()) {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(&report_list(expression.is_some()))?;
        let rows = match expression {
            Some(expression) => statement.query_map(params![before, most, expression], read_listed)?,
            None => statement.query_map(params![before, most], read_listed)?,
        };
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// One document, current or not.
    pub(in super::super) fn report(&self, record: &str) -> Result<Option<Listed>> {
        let sql = format!("SELECT 0, {REPORT_COLUMNS} FROM reports r {REPORT_BY_RECORD}");
        Ok(self.connection.prepare_cached(&sql)?.query_row([record], read_listed).optional()?)
    }

    /// Filings of one report, the newest first: those with its key, and those at its place where either has no key.
    pub(in super::super) fn filings(&self, of: &Listed, most: u32) -> Result<Vec<Listed>> {
        let sql = |rest: &str| format!("SELECT 0, {REPORT_COLUMNS} FROM reports r {rest}");
        let inbox = of.properties.inbox.as_deref().unwrap_or_default();
        let mut statement = self.connection.prepare_cached(&sql(FILED_THERE))?;
        let there = statement.query_map(params![inbox, of.source, most, of.key.is_some()], read_listed)?;
        let mut filings = there.collect::<std::result::Result<Vec<_>, _>>()?;
        if let Some(key) = &of.key {
            let mut statement = self.connection.prepare_cached(&sql(FILINGS))?;
            let keyed = statement.query_map(params![key, most], read_listed)?;
            filings.extend(keyed.collect::<std::result::Result<Vec<_>, _>>()?);
            filings.sort_by(|a, b| b.at.cmp(&a.at));
        }
        Ok(filings)
    }

    /// Findings, the newest first, before a number.
    pub(in super::super) fn issues(&self, filter: &IssueFilter, before: Option<i64>, most: u32) -> Result<Vec<Issue>> {
        let before = before.unwrap_or(NEWEST);
        let expression = filter.expression();
        let mut statement = self.connection.prepare_cached(&issue_list(expression.is_some()))?;
        let rows = match expression {
            Some(expression) => statement.query_map(params![before, most, expression], read_issue)?,
            None => statement.query_map(params![before, most], read_issue)?,
        };
        issues(rows)
    }

    /// How many findings a filter finds, counted up to so many. One that filters nothing finds none.
    pub(in super::super) fn count_issues(&self, filter: &IssueFilter, most: u32) -> Result<u64> {
        let Some(expression) = filter.expression() else { return Ok(0) };
        let mut statement = self.connection.prepare_cached(COUNT_ISSUES)?;
        Ok(statement.query_row(params![expression, most], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    /// Findings that are listed of all filings of a report.
    pub(in super::super) fn issues_of(&self, report: &str, most: u32) -> Result<Vec<Issue>> {
        let mut statement = self.connection.prepare_cached(ISSUES_OF_REPORT)?;
        let rows = statement.query_map(params![report, most], read_issue)?;
        issues(rows)
    }

    /// Findings in the name of other reports that are about this record too.
    pub(in super::super) fn issues_against(&self, record: &str, most: u32) -> Result<Vec<Issue>> {
        let mut statement = self.connection.prepare_cached(ISSUES_AGAINST)?;
        let rows = statement.query_map(params![record, most], read_issue)?;
        issues(rows)
    }

    /// One finding of a record.
    pub(in super::super) fn issue(&self, record: &str, finding: &str) -> Result<Option<Issue>> {
        let mut statement = self.connection.prepare_cached(ISSUE)?;
        let rows = statement.query_map([record, finding], read_issue)?;
        Ok(issues(rows)?.pop())
    }

    /// What was decided of a finding, the latest first.
    pub(in super::super) fn decisions(&self, report: &str, fingerprint: &str, most: u32) -> Result<Vec<Decided>> {
        let mut statement = self.connection.prepare_cached(DECISIONS)?;
        let rows = statement.query_map(params![report, fingerprint, most], |row| {
            Ok(Decided {
                fingerprint: row.get(0)?,
                verdict: row.get(1)?,
                note: row.get(2)?,
                who: row.get(3)?,
                at: row.get(4)?,
                record: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Entries of quarantine, the newest first, before a time and id.
    pub(in super::super) fn quarantine(&self, before: Option<(&str, &str)>, most: u32) -> Result<Vec<QuarantineEntry>> {
        let (at, entry) = before.unwrap_or(("~", ""));
        let mut statement = self.connection.prepare_cached(QUARANTINE_LIST)?;
        let rows = statement.query_map(params![at, entry, most], |row| {
            let refusal: Option<String> = row.get(2)?;
            let inbox: Option<String> = row.get(3)?;
            let source = match inbox {
                Some(inbox) => Some((inbox, row.get(4)?, row.get::<_, i64>(5)?.cast_unsigned())),
                None => None,
            };
            let refusal = refusal.and_then(|text| serde_json::from_str(&text).ok());
            Ok(QuarantineEntry { entry: row.get(0)?, at: row.get(1)?, refusal, source })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Counts of a facet's values, in their order.
    pub(in super::super) fn tallies(&self, facet: &str, most: u32) -> Result<Vec<Tally>> {
        self.counted(TALLIES, facet, most)
    }

    /// Values of a facet with the most errors.
    pub(in super::super) fn worst(&self, facet: &str, most: u32) -> Result<Vec<Tally>> {
        self.counted(WORST, facet, most)
    }

    /// What came since a time.
    pub(in super::super) fn slots(&self, since: &str) -> Result<Vec<Slot>> {
        let mut statement = self.connection.prepare_cached(SLOTS)?;
        let count = |row: &Row<'_>, at| Ok::<_, rusqlite::Error>(row.get::<_, i64>(at)?.max(0).cast_unsigned());
        let rows = statement.query_map([since], |row| {
            Ok(Slot { slot: row.get(0)?, counts: [count(row, 1)?, count(row, 2)?, count(row, 3)?] })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Entries of quarantine.
    pub(in super::super) fn quarantined(&self) -> Result<u64> {
        Ok(self.connection.prepare_cached(QUARANTINED)?.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    fn counted(&self, sql: &str, facet: &str, most: u32) -> Result<Vec<Tally>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![facet, most], |row| {
            let reports = row.get::<_, i64>(1)?.max(0).cast_unsigned();
            Ok(Tally { value: row.get(0)?, reports, findings: read_counts(row, 2)? })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}

fn read_counts(row: &Row<'_>, from: usize) -> rusqlite::Result<FindingCounts> {
    let count = |at| Ok::<_, rusqlite::Error>(usize::try_from(row.get::<_, i64>(at)?).unwrap_or(0));
    Ok(FindingCounts { error: count(from)?, warning: count(from + 1)?, info: count(from + 2)? })
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let (key, inbox, source): (Option<String>, Option<String>, String) = (row.get(3)?, row.get(8)?, row.get(10)?);
    Ok(Listed {
        number: row.get(0)?,
        record: row.get(1)?,
        current: row.get(2)?,
        report: report_of(key.as_deref(), inbox.as_deref(), &source),
        key,
        properties: Properties { unit: row.get(4)?, region: row.get(5)?, year: row.get(6)?, kind: row.get(7)?, inbox },
        title: row.get(9)?,
        source,
        format: row.get(11)?,
        findings: read_counts(row, 12)?,
        at: row.get(15)?,
        checked: row.get::<_, Option<i64>>(16)?.map(|checked| checked.max(0).cast_unsigned()),
    })
}

type RawIssue = (i64, String, String, String, String, String, Option<String>);

fn read_issue(row: &Row<'_>) -> rusqlite::Result<RawIssue> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn issues(rows: impl Iterator<Item = rusqlite::Result<RawIssue>>) -> Result<Vec<Issue>> {
    rows.map(|row| {
        let (number, state, report, fingerprint, body, at, title) = row?;
        let state = IssueState::parse(&state).unwrap_or(IssueState::Open);
        Ok(Issue { number, state, report, fingerprint, line: serde_json::from_str(&body)?, at, title })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// Every list comes from an index or a key, whatever is filtered: no plan reads a whole table.
    #[test]
    fn no_list_reads_a_whole_table() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::tables::prepare(&mut connection).unwrap();
        let reports = |rest: &str| format!("SELECT 0, {REPORT_COLUMNS} FROM reports r {rest}");
        let lists = [
            report_list(false),
            report_list(true),
            issue_list(false),
            issue_list(true),
            COUNT_ISSUES.to_owned(),
            reports(REPORT_BY_RECORD),
            reports(FILINGS),
            reports(FILED_THERE),
            QUARANTINE_LIST.to_owned(),
            ISSUES_OF_REPORT.to_owned(),
            ISSUES_AGAINST.to_owned(),
            DECISIONS.to_owned(),
            ISSUE.to_owned(),
            TALLIES.to_owned(),
            WORST.to_owned(),
            SLOTS.to_owned(),
            QUARANTINED.to_owned(),
        ];
        for sql in lists {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let values = vec!["x"; statement.parameter_count()];
            let plan = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
            let plan: Vec<String> = plan.map(std::result::Result::unwrap).collect();
            for step in &plan {
                let scans = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE") && step != "SCAN s";
                assert!(!scans && !step.contains("USE TEMP B-TREE"), "{sql}\n{plan:#?}");
            }
            assert!(!plan.is_empty());
        }
    }
}
