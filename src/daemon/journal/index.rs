//! What the records say, in rows: who reports, for which year, and what was found. Made of the lines of the log.
//!
//! In: lines as they are put into the outbox. Out: rows of `reports` and `findings` in the same transaction, and a line of
//! its own when a report is filed again. What can go wrong: the disk.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Journal, Result, append_line, listing, meta, set_meta};
use crate::record::{FindingName, LogBody, Origin};

/// Separates folders in the path of a source.
const SLASH: char = '/';

/// Reports of one unit and year that another is compared with, the latest first.
const PARTNERS: u32 = crate::across::PARTNERS;
/// Filings of a report that one is looked back at.
const FILINGS: usize = 20;
/// Rows of a page.
const PAGE: u32 = 64;
/// Key of `meta`: records of journals that had no index have been read.
const INDEXED: &str = "indexed";

/// A report, as far as it is needed to find those that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ReportRow {
    pub(in super::super) record: String,
    pub(in super::super) entity: Option<String>,
    pub(in super::super) kind: Option<String>,
    pub(in super::super) fiscal_year: Option<i32>,
    /// The record's file below the output folder.
    pub(in super::super) place: String,
}

impl Journal {
    /// Reports that have not been held against the others of their unit, a page of them.
    pub(in super::super) fn to_compare(&self) -> Result<Vec<ReportRow>> {
        let sql = "SELECT r.record, r.entity, r.kind, r.fiscal_year, d.place
                   FROM reports r JOIN documents d ON d.entry = r.record
                   WHERE r.compared = 0 AND r.current = 1 LIMIT ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([PAGE], read_report)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Other current reports of the unit for years from `first` to `last`, of each year the latest few.
    pub(in super::super) fn partners(&self, report: &ReportRow, years: (i32, i32)) -> Result<Vec<ReportRow>> {
        let sql = "SELECT r.record, r.entity, r.kind, r.fiscal_year, d.place
                   FROM reports r JOIN documents d ON d.entry = r.record
                   WHERE r.entity = ?1 AND r.fiscal_year = ?2 AND r.record <> ?3 AND r.current = 1
                   AND (r.kind = ?4 OR r.kind IS NULL OR ?4 IS NULL) ORDER BY r.at DESC, r.record LIMIT ?5";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut partners = Vec::new();
        for year in years.0..=years.1 {
            let rows =
                statement.query_map(params![report.entity, year, report.record, report.kind, PARTNERS], read_report)?;
            partners.extend(rows.collect::<std::result::Result<Vec<_>, _>>()?);
        }
        Ok(partners)
    }

    /// These were compared; `lines` are what came of it, `filings` pairs of a new and an earlier filing of one report.
    pub(in super::super) fn compared(
        &mut self,
        records: &[String],
        lines: &[LogBody],
        filings: &[(String, String)],
        at: &str,
    ) -> Result<()> {
        self.transact(|transaction| {
            for line in lines {
                // Each pair is looked at from both sides when both are new.
                if put_finding(transaction, at, line)? {
                    append_line(transaction, at, line)?;
                }
            }
            for (record, before) in filings {
                let sql = "SELECT refiles IS NULL FROM reports WHERE record = ?1";
                let untold: Option<bool> =
                    transaction.prepare_cached(sql)?.query_row([record], |row| row.get(0)).optional()?;
                if let (Some(true), Some(line)) = (untold, refiled(transaction, record, before)?) {
                    append_line(transaction, at, &line)?;
                    note(transaction, at, &line)?;
                }
            }
            let sql = "UPDATE reports SET compared = 1 WHERE record = ?1";
            records.iter().try_for_each(|record| transaction.prepare_cached(sql)?.execute([record]).map(drop))?;
            records.iter().try_for_each(|record| settle(transaction, record))?;
            Ok(())
        })
    }

    /// Records that an earlier version delivered and that have no rows here: id and place. Empty once they were noted.
    pub(in super::super) fn without_rows(&self) -> Result<Vec<(String, String)>> {
        if meta::<i64>(&self.connection, INDEXED)?.is_some() {
            return Ok(Vec::new());
        }
        let sql = "SELECT entry, place FROM documents WHERE state = 'current'
                   AND NOT EXISTS(SELECT 1 FROM reports WHERE record = entry) ORDER BY entry";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Notes what lines say that are in the log already.
    pub(in super::super) fn note_told(&mut self, told: &[(String, Vec<LogBody>)]) -> Result<()> {
        self.transact(|transaction| {
            for (at, lines) in told {
                for line in lines {
                    note(transaction, at, line)?;
                    // What was said of two reports is current when comparing them says it again.
                    if let LogBody::Finding { record_id, finding, against: Some(_), .. } = line {
                        let sql = "UPDATE findings SET current = 0 WHERE record = ?1 AND finding = ?2";
                        transaction.prepare_cached(sql)?.execute([record_id, finding])?;
                    }
                }
            }
            Ok(())
        })
    }

    /// These filings, each with the one before it, were noted in a journal made anew: those that were `replaced` are not
    /// current, and the others are compared, which settles what was between those and other reports.
    pub(in super::super) fn restore_filings(
        &mut self,
        filings: &[(String, String)],
        replaced: &BTreeSet<&str>,
    ) -> Result<()> {
        self.transact(|transaction| {
            for (record, before) in filings {
                if replaced.contains(before.as_str()) {
                    listing::replace(transaction, before)?;
                    retire(transaction, before)?;
                }
                transaction.prepare_cached("UPDATE reports SET compared = 0 WHERE record = ?1")?.execute([record])?;
            }
            Ok(())
        })
    }

    /// Every record has its rows.
    pub(in super::super) fn all_noted(&mut self) -> Result<()> {
        self.transact(|transaction| set_meta(transaction, INDEXED, 1_i64))
    }
}

fn read_report(row: &rusqlite::Row<'_>) -> rusqlite::Result<ReportRow> {
    Ok(ReportRow {
        record: row.get(0)?,
        entity: row.get(1)?,
        kind: row.get(2)?,
        fiscal_year: row.get(3)?,
        place: row.get(4)?,
    })
}

/// Notes what a line says.
pub(super) fn note(connection: &Connection, at: &str, body: &LogBody) -> Result<()> {
    match body {
        LogBody::Document { .. } => put_report(connection, at, body),
        LogBody::Finding { .. } => put_finding(connection, at, body).map(drop),
        LogBody::Superseded { record_id, superseded_by, .. } => {
            let Some(line) = refiled(connection, superseded_by, record_id)? else {
                listing::remove(connection, record_id)?;
                return retire(connection, record_id);
            };
            note(connection, at, &line)?;
            listing::replace(connection, record_id)?;
            retire(connection, record_id)?;
            if listing::has_across(connection, record_id)? {
                let sql = "UPDATE reports SET compared = 0 WHERE record = ?1";
                connection.prepare_cached(sql)?.execute([superseded_by])?;
            }
            append_line(connection, at, &line)
        }
        LogBody::Refiled { record_id, before, fixed, .. } => {
            listing::fixed(connection, at, before, fixed)?;
            listing::adopt(connection, record_id, before)?;
            note_refiled(connection, record_id, before)
        }
        LogBody::Quarantined { .. } => listing::count_day(connection, at, [0, 0, 1]),
        LogBody::Decision { .. } => listing::decide(connection, at, body),
    }
}

/// A report with nothing found yet: its findings follow as lines of their own.
fn put_report(connection: &Connection, at: &str, body: &LogBody) -> Result<()> {
    let LogBody::Document { record_id, source, inbox, report_key, kind, title, entity, .. } = body else {
        return Ok(());
    };
    let LogBody::Document { region, fiscal_year, format, findings, coverage, .. } = body else { return Ok(()) };
    let folder = source.rsplit_once(SLASH).map_or("", |(folder, _)| folder);
    // Without another report of the same unit there is nothing to compare; one that comes later looks back.
    let company = "SELECT EXISTS(SELECT 1 FROM reports WHERE entity = ?1 AND record <> ?2 AND current = 1)";
    // Reports of one batch are noted in any order: those before look again.
    let again = "UPDATE reports SET compared = 0 WHERE entity = ?1 AND at = ?2 AND current = 1";
    connection.prepare_cached(again)?.execute([entity.as_deref(), Some(at)])?;
    let company: bool =
        connection.prepare_cached(company)?.query_row([entity.as_deref(), Some(record_id)], |row| row.get(0))?;
    listing::remove(connection, record_id)?;
    // What was found between reports is not current until comparing them says it again; then it is no news.
    connection.prepare_cached("DELETE FROM findings WHERE record = ?1 AND against IS NULL")?.execute([record_id])?;
    let across = "UPDATE findings SET current = 0 WHERE against IS NOT NULL AND (record = ?1 OR against = ?1)";
    connection.prepare_cached(across)?.execute([record_id])?;
    let sql = "INSERT OR REPLACE INTO reports(record, current, compared, report_key, kind, title, entity, region,
               fiscal_year, format, inbox, source, folder, errors, warnings, infos, at, checked)
               VALUES(?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    connection.prepare_cached(sql)?.execute(params![
        record_id,
        !company,
        report_key,
        kind,
        title,
        entity,
        region,
        fiscal_year,
        format,
        inbox,
        source,
        folder,
        count(findings.error),
        count(findings.warning),
        count(findings.info),
        at,
        count(coverage.checks.decided()),
    ])?;
    listing::add(connection, record_id, at)
}

/// False when the log has this finding of the record already; it is current again.
fn put_finding(connection: &Connection, at: &str, body: &LogBody) -> Result<bool> {
    let LogBody::Finding { record_id, finding, origin, severity, code, fingerprint, against, .. } = body else {
        return Ok(false);
    };
    let text = serde_json::to_string(body)?;
    let again = "UPDATE findings SET current = 1 WHERE record = ?1 AND finding = ?2 AND body = ?3";
    if connection.prepare_cached(again)?.execute([record_id, finding, &text])? > 0 {
        listing::add_issue(connection, body)?;
        return Ok(false);
    }
    let sql = "INSERT OR REPLACE INTO findings(record, finding, current, origin, severity, code, fingerprint, against, body, at)
               VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(sql)?.execute(params![
        record_id,
        finding,
        origin.map(Origin::label),
        severity.label(),
        code.label(),
        fingerprint,
        against.as_ref().map(|against| &against.record_id),
        text,
        at,
    ])?;
    listing::add_issue(connection, body)?;
    Ok(true)
}

/// What earlier filings of a record and other reports did not agree in is fixed, or said of this one too.
fn settle(connection: &Connection, record: &str) -> Result<()> {
    let sql = "SELECT refiles FROM reports WHERE record = ?1";
    let refiles = |of: &str| -> Result<Option<String>> {
        Ok(connection.prepare_cached(sql)?.query_row([of], |row| row.get(0)).optional()?.flatten())
    };
    let mut seen = refiles(record)?;
    // Each is settled with the one after it, unless that was replaced before it was compared.
    for _ in 0..FILINGS {
        let Some(before) = seen else { break };
        listing::settle(connection, record, &before)?;
        seen = refiles(&before)?;
    }
    Ok(())
}

/// The record is no longer current, and neither is what was found between it and others.
fn retire(connection: &Connection, record: &str) -> Result<()> {
    connection.prepare_cached("UPDATE reports SET current = 0 WHERE record = ?1")?.execute([record])?;
    let sql = "UPDATE findings SET current = 0 WHERE record = ?1 OR against = ?1";
    connection.prepare_cached(sql)?.execute([record])?;
    Ok(())
}

/// What a report's new filing fixed and what it brought; `None` when one of them is not known here.
fn refiled(connection: &Connection, record: &str, before: &str) -> Result<Option<LogBody>> {
    // Another report under the same name is no new filing; where one of them has no key, the name is what there is.
    let sql =
        "SELECT n.source, n.entity, n.fiscal_year FROM reports n JOIN reports o ON o.record = ?2 WHERE n.record = ?1
               AND CASE WHEN n.report_key IS NULL OR o.report_key IS NULL
               THEN n.inbox = o.inbox AND n.source = o.source ELSE n.report_key = o.report_key END";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let report: Option<(String, Option<String>, Option<i32>)> =
        connection.prepare_cached(sql)?.query_row([record, before], row).optional()?;
    let Some((source, entity, fiscal_year)) = report else { return Ok(None) };
    let (old, now) = (names(connection, before)?, names(connection, record)?);
    let lacks = |list: &[FindingName], name: &FindingName| list.iter().all(|each| each.fingerprint != name.fingerprint);
    let fixed: Vec<FindingName> = old.iter().filter(|name| lacks(&now, name)).cloned().collect();
    let still = old.len() - fixed.len();
    let new = now.into_iter().filter(|name| lacks(&old, name)).collect();
    let (record_id, before) = (record.to_owned(), before.to_owned());
    Ok(Some(LogBody::Refiled { record_id, before, source, entity, fiscal_year, fixed, new, still }))
}

/// The log says what became of the findings of the filing before.
fn note_refiled(connection: &Connection, record: &str, before: &str) -> Result<()> {
    connection.prepare_cached("UPDATE reports SET refiles = ?2 WHERE record = ?1")?.execute([record, before])?;
    Ok(())
}

/// Findings of a record alone.
fn names(connection: &Connection, record: &str) -> Result<Vec<FindingName>> {
    let sql = "SELECT body FROM findings WHERE record = ?1 AND against IS NULL ORDER BY finding";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([record], |row| row.get::<_, String>(0))?;
    let mut names = Vec::new();
    for body in rows {
        if let LogBody::Finding { fingerprint, severity, code, message, .. } = serde_json::from_str(&body?)? {
            names.push(FindingName { fingerprint, severity, code, message });
        }
    }
    Ok(names)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
