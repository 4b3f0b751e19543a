//! What pages list: current documents in the order they came, their findings with what people decided, and how many there
//! are of what. Made in the same transactions as the rows of `reports` and `findings`.
//!
//! In: reports and findings as they are noted. Out: rows of `listing`, `issues`, `decisions`, `tallies` and `days`, and words
//! and properties in `search` and `issue_search` (FTS5), so that any combination of filters is answered from an index.
//! What can go wrong: the disk.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Journal, Result, meta, set_meta};
use crate::record::{FindingCounts, FindingName, LogBody, Verdict, sha256_hex};

/// Key of `meta`: reports that were noted before there was a listing are in it.
const LISTED: &str = "listed";
/// Reports that are listed in one transaction.
const BATCH: u32 = 500;
/// Characters of a text that are looked for.
const MAX_WORDS: usize = 400;

/// What a report is filtered and counted by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Properties {
    pub(in super::super) unit: Option<String>,
    pub(in super::super) region: Option<String>,
    pub(in super::super) year: Option<i32>,
    pub(in super::super) kind: Option<String>,
    pub(in super::super) inbox: Option<String>,
}

/// A report as it is listed.
struct Listed {
    properties: Properties,
    title: Option<String>,
    source: String,
    report: String,
    findings: FindingCounts,
    /// Checks that were decided; `None` of reports that were noted before that was.
    checked: Option<i64>,
}

const LISTED_COLUMNS: &str =
    "entity, region, fiscal_year, kind, inbox, title, source, report_key, errors, warnings, infos, checked";

/// What people and new filings made of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum IssueState {
    Open,
    Accepted,
    Explained,
    Fixed,
}

impl IssueState {
    pub(in super::super) const ALL: [Self; 4] = [Self::Open, Self::Accepted, Self::Explained, Self::Fixed];

    pub(in super::super) fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Explained => "explained",
            Self::Fixed => "fixed",
        }
    }

    pub(in super::super) fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.label() == label)
    }

    fn of(verdict: &str) -> Self {
        Self::parse(verdict).unwrap_or(Self::Open)
    }
}

/// How loud the worst finding is, as lists filter it. Where nothing could be checked, nothing is clean.
fn worst(findings: FindingCounts, checked: Option<i64>) -> &'static str {
    match (findings.error, findings.warning, findings.info) {
        (0, 0, 0) if checked == Some(0) => "unchecked",
        (0, 0, 0) => "clean",
        (0, 0, _) => "info",
        (0, _, _) => "warning",
        _ => "error",
    }
}

/// The token that stands for a property: one word for the index, whatever characters it has.
pub(super) fn token(facet: &str, value: &str) -> String {
    format!("{facet}{}", sha256_hex(value.as_bytes()).get(..16).unwrap_or_default())
}

impl Properties {
    /// Facet and value of each that is known.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("unit", self.unit.clone()),
            ("region", self.region.clone()),
            ("year", self.year.map(|year| year.to_string())),
            ("kind", self.kind.clone()),
            ("inbox", self.inbox.clone()),
        ];
        pairs.into_iter().filter_map(|(facet, value)| value.map(|value| (facet, value))).collect()
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        self.pairs().iter().map(|(facet, value)| token(facet, value)).collect()
    }
}

/// What decisions about a report are known by: the same for every filing of it, or its place where that is not known.
pub(in super::super) fn report_of(key: Option<&str>, inbox: Option<&str>, source: &str) -> String {
    key.map_or_else(|| format!("{}/{source}", inbox.unwrap_or_default()), str::to_owned)
}

/// The words of a text as the index has them: pairs of neighbouring characters for Chinese, with the last one alone
/// behind them, and words for others. With `open`, the text may go on: then its last word has nothing behind it.
pub(super) fn words(text: &str, open: bool) -> Vec<String> {
    let text: String = text.chars().take(MAX_WORDS).flat_map(char::to_lowercase).collect();
    let is_wide = |c: char| u32::from(c) >= 0x2E80;
    let mut runs: Vec<Vec<char>> = Vec::new();
    let mut last: Option<char> = None;
    for c in text.chars() {
        let joins = last.is_some_and(|last| last.is_alphanumeric() && is_wide(last) == is_wide(c));
        match runs.last_mut() {
            Some(run) if joins && c.is_alphanumeric() => run.push(c),
            _ if c.is_alphanumeric() => runs.push(vec![c]),
            _ => {}
        }
        last = Some(c);
    }
    let count = runs.len();
    let mut words = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        match run.as_slice() {
            [first, .., last] if is_wide(*first) => {
                words.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
                if !(open && index + 1 == count) {
                    words.push(last.to_string());
                }
            }
            run => words.push(run.iter().collect()),
        }
    }
    words
}

/// A report is current from now on; its findings follow.
pub(super) fn add(connection: &Connection, record: &str, at: &str) -> Result<()> {
    remove(connection, record)?;
    // Current again: what a later filing had fixed is there again.
    drop_issues(connection, record, Which::All)?;
    list(connection, record)?;
    let listed = listed(connection, record)?;
    let flagged = listed.is_some_and(|listed| listed.findings.error > 0);
    count_day(connection, at, [1, i64::from(flagged), 0])
}

/// Puts a current report into the list and the index.
fn list(connection: &Connection, record: &str) -> Result<()> {
    let Some(listed) = listed(connection, record)? else { return Ok(()) };
    let sql = "INSERT INTO listing(record) VALUES(?1) RETURNING number";
    let number: i64 = connection.prepare_cached(sql)?.query_row([record], |row| row.get(0))?;
    let mut tokens = listed.properties.tokens();
    let level = worst(listed.findings, listed.checked);
    tokens.push(token("severity", level));
    if !["clean", "unchecked"].contains(&level) {
        tokens.push(token("severity", "any"));
    }
    let texts = [listed.title.as_deref(), listed.properties.unit.as_deref(), Some(listed.source.as_str())];
    let words: Vec<String> = texts.into_iter().flatten().flat_map(|text| words(text, false)).collect();
    connection.prepare_cached("INSERT INTO search(rowid, facets, words) VALUES(?1, ?2, ?3)")?.execute(params![
        number,
        tokens.join(" "),
        words.join(" ")
    ])?;
    tally(connection, &listed, 1)
}

/// A report is not current any more. Findings that a new filing fixed stay listed.
pub(super) fn remove(connection: &Connection, record: &str) -> Result<()> {
    drop_issues(connection, record, Which::Unfixed)?;
    unlist(connection, record)
}

/// A new filing took its place: what is between it and others stays until that one was held against them.
pub(super) fn replace(connection: &Connection, record: &str) -> Result<()> {
    drop_issues(connection, record, Which::UnfixedOwn)?;
    unlist(connection, record)
}

fn unlist(connection: &Connection, record: &str) -> Result<()> {
    let sql = "DELETE FROM listing WHERE record = ?1 RETURNING number";
    let number: Option<i64> = connection.prepare_cached(sql)?.query_row([record], |row| row.get(0)).optional()?;
    let Some(number) = number else { return Ok(()) };
    connection.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([number])?;
    match listed(connection, record)? {
        Some(listed) => tally(connection, &listed, -1),
        None => Ok(()),
    }
}

/// A finding was noted; what was decided of it before holds.
pub(super) fn add_issue(connection: &Connection, body: &LogBody) -> Result<()> {
    let LogBody::Finding { record_id, finding, severity, code, fingerprint, .. } = body else { return Ok(()) };
    let Some(listed) = listed(connection, record_id)? else { return Ok(()) };
    let state = decided(connection, &listed.report, fingerprint, record_id)?;
    let mut tokens = listed.properties.tokens();
    tokens.push(token("severity", severity.label()));
    tokens.push(token("code", code.label()));
    let sql = "INSERT INTO issues(record, finding, report, fingerprint, state, facets) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT(record, finding) DO NOTHING RETURNING number";
    let values = params![record_id, finding, listed.report, fingerprint, state.label(), tokens.join(" ")];
    let number: Option<i64> = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    let Some(number) = number else { return Ok(()) };
    index_issue(connection, number, state, &tokens.join(" "))?;
    count(connection, "state", state.label(), 1, FindingCounts::default())
}

/// What was decided of such a finding before. That it is fixed holds for the content it was said of only.
fn decided(connection: &Connection, report: &str, fingerprint: &str, record: &str) -> Result<IssueState> {
    let sql = "SELECT verdict, record FROM decisions WHERE report = ?1 AND fingerprint = ?2 ORDER BY id DESC LIMIT 1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let last = connection.prepare_cached(sql)?.query_row([report, fingerprint], row).optional()?;
    let content = |record: &str| record.split('.').next().unwrap_or_default().to_owned();
    Ok(match last {
        Some((verdict, of)) => match IssueState::of(&verdict) {
            IssueState::Fixed if content(&of) != content(record) => IssueState::Open,
            state => state,
        },
        None => IssueState::Open,
    })
}

/// A new filing that is known by another name than the one before, because one of them has no key: what was decided of
/// the earlier one's findings holds for it too, under the name that it was decided under.
pub(super) fn adopt(connection: &Connection, record: &str, before: &str) -> Result<()> {
    let sql = "SELECT DISTINCT n.number, n.state, n.facets, o.report, o.fingerprint
               FROM issues n JOIN issues o ON o.record = ?2 AND o.fingerprint = n.fingerprint
               WHERE n.record = ?1 AND n.report <> o.report
               AND EXISTS(SELECT 1 FROM decisions d WHERE d.report = o.report AND d.fingerprint = o.fingerprint)
               AND NOT EXISTS(SELECT 1 FROM decisions d WHERE d.report = n.report AND d.fingerprint = n.fingerprint)";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([record, before], row)?.collect::<std::result::Result<_, _>>();
    let rows: Vec<(i64, String, String, String, String)> = rows?;
    for (number, from, facets, report, fingerprint) in rows {
        let sql = "UPDATE issues SET report = ?2 WHERE number = ?1";
        connection.prepare_cached(sql)?.execute(params![number, report])?;
        let state = decided(connection, &report, &fingerprint, record)?;
        set_state(connection, number, &from, state, &facets)?;
    }
    Ok(())
}

fn index_issue(connection: &Connection, number: i64, state: IssueState, facets: &str) -> Result<()> {
    let facets = format!("{facets} {}", token("state", state.label()));
    let sql = "INSERT OR REPLACE INTO issue_search(rowid, facets) VALUES(?1, ?2)";
    connection.prepare_cached(sql)?.execute(params![number, facets])?;
    Ok(())
}

fn set_state(connection: &Connection, number: i64, from: &str, to: IssueState, facets: &str) -> Result<()> {
    if from == to.label() {
        return Ok(());
    }
    connection
        .prepare_cached("UPDATE issues SET state = ?2 WHERE number = ?1")?
        .execute(params![number, to.label()])?;
    index_issue(connection, number, to, facets)?;
    count(connection, "state", from, -1, FindingCounts::default())?;
    count(connection, "state", to.label(), 1, FindingCounts::default())
}

/// Which findings of a record, and about it and another, are not listed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Unfixed,
    /// Those of the record alone.
    UnfixedOwn,
}

fn drop_issues(connection: &Connection, record: &str, which: Which) -> Result<()> {
    let sql = match which {
        Which::All | Which::Unfixed => {
            "SELECT number, state FROM issues WHERE record = ?1 AND (?2 OR state <> 'fixed') UNION
             SELECT i.number, i.state FROM findings f JOIN issues i ON i.record = f.record AND i.finding = f.finding
             WHERE f.against = ?1 AND (?2 OR i.state <> 'fixed')"
        }
        Which::UnfixedOwn => {
            "SELECT i.number, i.state FROM findings f JOIN issues i ON i.record = f.record AND i.finding = f.finding
             WHERE f.record = ?1 AND f.against IS NULL AND (?2 OR i.state <> 'fixed')"
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![record, which == Which::All], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for (number, state) in rows.collect::<std::result::Result<Vec<_>, _>>()? {
        drop_issue(connection, number, &state)?;
    }
    Ok(())
}

fn drop_issue(connection: &Connection, number: i64, state: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM issues WHERE number = ?1")?.execute([number])?;
    connection.prepare_cached("DELETE FROM issue_search WHERE rowid = ?1")?.execute([number])?;
    count(connection, "state", state, -1, FindingCounts::default())
}

/// A new filing does not have these findings of the one before any more. What somebody decided after that holds.
pub(super) fn fixed(connection: &Connection, at: &str, before: &str, gone: &[FindingName]) -> Result<()> {
    let sql = "SELECT number, state, facets FROM issues i WHERE record = ?1 AND fingerprint = ?2 AND NOT EXISTS(
               SELECT 1 FROM decisions d WHERE d.report = i.report AND d.fingerprint = i.fingerprint AND d.at > ?3)";
    gone.iter().try_for_each(|name| each_issue(connection, sql, &[before, &name.fingerprint, at], IssueState::Fixed))
}

/// A new filing was held against the other reports. What an earlier filing of it and another did not agree in, and this
/// one's does not say any more, is fixed; what it says again is listed once.
pub(super) fn settle(connection: &Connection, record: &str, before: &str) -> Result<()> {
    let sql = "SELECT i.number, i.state, i.facets, EXISTS(
                 SELECT 1 FROM findings n WHERE n.current = 1 AND n.fingerprint = f.fingerprint
                 AND ((n.record = ?1 AND n.against IS NOT NULL) OR n.against = ?1))
               FROM findings f CROSS JOIN issues i ON i.record = f.record AND i.finding = f.finding
               WHERE f.against IS NOT NULL AND i.state <> 'fixed' AND (f.record = ?2 OR f.against = ?2)";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let rows = connection.prepare_cached(sql)?.query_map([record, before], row)?.collect::<std::result::Result<_, _>>();
    let rows: Vec<(i64, String, String, bool)> = rows?;
    for (number, state, facets, again) in rows {
        match again {
            true => drop_issue(connection, number, &state)?,
            false => set_state(connection, number, &state, IssueState::Fixed, &facets)?,
        }
    }
    Ok(())
}

/// Findings about a record and another are listed, and not fixed.
pub(super) fn has_across(connection: &Connection, record: &str) -> Result<bool> {
    let sql =
        "SELECT EXISTS(SELECT 1 FROM findings f CROSS JOIN issues i ON i.record = f.record AND i.finding = f.finding
               WHERE f.against IS NOT NULL AND i.state <> 'fixed' AND (f.record = ?1 OR f.against = ?1))";
    Ok(connection.prepare_cached(sql)?.query_row([record], |row| row.get(0))?)
}

/// Somebody decided.
pub(super) fn decide(connection: &Connection, at: &str, body: &LogBody) -> Result<()> {
    let LogBody::Decision { record_id, report, fingerprint, verdict, note, who, .. } = body else { return Ok(()) };
    let sql = "INSERT INTO decisions(report, fingerprint, record, verdict, note, who, at)
               VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![report, fingerprint, record_id, verdict.label(), note, who, at];
    connection.prepare_cached(sql)?.execute(values)?;
    let state = match verdict {
        Verdict::Accepted => IssueState::Accepted,
        Verdict::Explained => IssueState::Explained,
        Verdict::Fixed => IssueState::Fixed,
        Verdict::Reopened => IssueState::Open,
    };
    let sql = "SELECT number, state, facets FROM issues WHERE report = ?1 AND fingerprint = ?2";
    each_issue(connection, sql, &[report, fingerprint], state)
}

fn each_issue(connection: &Connection, sql: &str, values: &[&str], to: IssueState) -> Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
    for (number, from, facets) in
        statement.query_map(rusqlite::params_from_iter(values), row)?.collect::<std::result::Result<Vec<_>, _>>()?
    {
        set_state(connection, number, &from, to, &facets)?;
    }
    Ok(())
}

/// What is counted by day: records, records with errors, entries of quarantine. A day begins where people are, so
/// numbers are kept by ten minutes.
pub(super) fn count_day(connection: &Connection, at: &str, add: [i64; 3]) -> Result<()> {
    let slot = at.get(..15).unwrap_or(at);
    let sql =
        "INSERT INTO days(slot, records, flagged, quarantined) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(slot) DO UPDATE SET
               records = records + excluded.records, flagged = flagged + excluded.flagged,
               quarantined = quarantined + excluded.quarantined";
    connection.prepare_cached(sql)?.execute(params![slot, add[0], add[1], add[2]])?;
    Ok(())
}

fn tally(connection: &Connection, listed: &Listed, sign: i64) -> Result<()> {
    let level = worst(listed.findings, listed.checked);
    let mut pairs = listed.properties.pairs();
    pairs.extend([("all", String::new()), ("severity", level.to_owned())]);
    pairs.iter().try_for_each(|(facet, value)| count(connection, facet, value, sign, listed.findings))
}

fn count(connection: &Connection, facet: &str, value: &str, sign: i64, findings: FindingCounts) -> Result<()> {
    let by = |number: usize| i64::try_from(number).unwrap_or(i64::MAX).saturating_mul(sign);
    let sql = "INSERT INTO tallies(facet, value, reports, errors, warnings, infos) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT(facet, value) DO UPDATE SET reports = reports + excluded.reports,
               errors = errors + excluded.errors, warnings = warnings + excluded.warnings, infos = infos + excluded.infos";
    let (errors, warnings, infos) = (by(findings.error), by(findings.warning), by(findings.info));
    connection.prepare_cached(sql)?.execute(params![facet, value, sign, errors, warnings, infos])?;
    if sign < 0 {
        let sql = "DELETE FROM tallies WHERE facet = ?1 AND value = ?2 AND reports <= 0";
        connection.prepare_cached(sql)?.execute([facet, value])?;
    }
    Ok(())
}

fn listed(connection: &Connection, record: &str) -> Result<Option<Listed>> {
    let sql = format!("SELECT {LISTED_COLUMNS} FROM reports WHERE record = ?1");
    let number =
        |row: &rusqlite::Row<'_>, at| Ok::<_, rusqlite::Error>(usize::try_from(row.get::<_, i64>(at)?).unwrap_or(0));
    let row = |row: &rusqlite::Row<'_>| {
        let (key, source): (Option<String>, String) = (row.get(7)?, row.get(6)?);
        let inbox: Option<String> = row.get(4)?;
        Ok(Listed {
            report: report_of(key.as_deref(), inbox.as_deref(), &source),
            properties: Properties {
                unit: row.get(0)?,
                region: row.get(1)?,
                year: row.get(2)?,
                kind: row.get(3)?,
                inbox,
            },
            title: row.get(5)?,
            source,
            findings: FindingCounts { error: number(row, 8)?, warning: number(row, 9)?, info: number(row, 10)? },
            checked: row.get(11)?,
        })
    };
    Ok(connection.prepare_cached(&sql)?.query_row([record], row).optional()?)
}

impl Journal {
    /// Lists what earlier versions noted, a batch at a time. `go_on` hears how many of how many, and says whether to; false
    /// when it did not.
    pub(in super::super) fn list_old(&mut self, go_on: &dyn Fn(usize, usize) -> bool) -> Result<bool> {
        if meta::<i64>(&self.connection, LISTED)?.is_some() {
            return Ok(true);
        }
        // A report that was listed before the last start was ended is not counted twice.
        let all = "SELECT count(*) FROM reports WHERE current = 1 AND record NOT IN (SELECT record FROM listing)";
        let all = usize::try_from(self.connection.query_row(all, [], |row| row.get::<_, i64>(0))?).unwrap_or(0);
        let (mut after, mut done) = (String::new(), 0);
        loop {
            if !go_on(done, all) {
                return Ok(false);
            }
            let mut last = None;
            self.transact(|transaction| {
                let sql = "SELECT record, at, errors FROM reports WHERE record > ?1 AND current = 1
                           AND record NOT IN (SELECT record FROM listing) ORDER BY record LIMIT ?2";
                let mut statement = transaction.prepare_cached(sql)?;
                let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                let rows = statement.query_map(params![after, BATCH], row)?;
                for (record, at, errors) in rows.collect::<std::result::Result<Vec<(String, String, i64)>, _>>()? {
                    list(transaction, &record)?;
                    count_day(transaction, &at, [1, i64::from(errors > 0), 0])?;
                    let sql = "SELECT body FROM findings WHERE record = ?1 AND current = 1 ORDER BY finding";
                    let mut statement = transaction.prepare_cached(sql)?;
                    let bodies = statement.query_map([&record], |row| row.get::<_, String>(0))?;
                    for body in bodies {
                        add_issue(transaction, &serde_json::from_str(&body?)?)?;
                    }
                    done += 1;
                    last = Some(record);
                }
                if last.is_none() {
                    set_meta(transaction, LISTED, 1_i64)?;
                }
                Ok(())
            })?;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        if done > 0 {
            tracing::info!(reports = done, "listed what the journal of an earlier version has");
        }
        Ok(true)
    }

    /// Every report was listed as it was noted.
    pub(in super::super) fn all_listed(&mut self) -> Result<()> {
        self.transact(|transaction| set_meta(transaction, LISTED, 1_i64))
    }

    /// Notes what somebody decided, and puts it into the log.
    pub(in super::super) fn decide(&mut self, body: &LogBody, at: &str) -> Result<()> {
        self.transact(|transaction| super::put_line(transaction, at, body))
    }
}

/// What the index is asked for.
pub(super) fn match_words(text: &str) -> Option<String> {
    let found = words(text, true);
    let last = found.last()?;
    let mut chars = last.chars();
    // A pair of Chinese characters is whole; a word, and a character alone, may go on.
    let wide = chars.next().is_some_and(|c| u32::from(c) >= 0x2E80);
    let whole = wide && chars.next().is_some();
    let mut expression = String::new();
    // Writing to a String cannot fail.
    let _ = write!(expression, "{{words}} : \"{}\"{}", found.join(" "), if whole { "" } else { " *" });
    Some(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_texts() {
        for (text, expected) in [
            ("城管局", "城管 管局 局"),
            ("2022年度 Report-A.docx", "2022 年度 度 report a docx"),
            ("a城b", "a 城 b"),
            ("，。", ""),
        ] {
            assert_eq!(words(text, false).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_the_index_is_asked_for() {
        for (text, expected) in [
            ("城管", Some("{words} : \"城管\"")),
            ("城", Some("{words} : \"城\" *")),
            ("管局2022", Some("{words} : \"管局 局 2022\" *")),
            ("\"* OR x", Some("{words} : \"or x\" *")),
            ("??", None),
        ] {
            assert_eq!(match_words(text).as_deref(), expected, "{text}");
        }
    }
}
