//! What a damaged journal still tells and nothing else may know: what people decided.
//!
//! In: its path. Out: decisions, with their times, in the order in which they were made. Nothing can go wrong: what cannot
//! be read is left out.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row};

use super::Result;
use crate::record::{LogBody, Verdict};

/// What was decided, and whether the log has still to say it.
#[derive(Debug, Default)]
pub(in super::super) struct Rescued {
    /// Decisions that were to be written into the log.
    pub(in super::super) unlogged: Vec<(String, LogBody)>,
    /// All decisions.
    pub(in super::super) decisions: Vec<(String, LogBody)>,
}

/// Reads what can be read.
pub(in super::super) fn rescue(path: &Path) -> Rescued {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(path, flags) else { return Rescued::default() };
    let outbox = "SELECT at, body FROM outbox ORDER BY seq";
    let line = |row: &Row<'_>| {
        let body = serde_json::from_str(&row.get::<_, String>(1)?).ok();
        Ok(body.filter(|body| matches!(body, LogBody::Decision { .. })).map(|body| (row.get(0), body)))
    };
    let lines = collect(&connection, outbox, line).into_iter().flatten();
    let unlogged = lines.filter_map(|(at, body)| Some((at.ok()?, body))).collect();
    let mut decisions = collect(&connection, DECISIONS, decision);
    if decisions.is_empty() {
        decisions = collect(&connection, BARE_DECISIONS, decision);
    }
    Rescued { unlogged, decisions: decisions.into_iter().flatten().collect() }
}

/// With what the log says of the report, where that can be read too.
const DECISIONS: &str = "
    SELECT d.at, d.record, d.report, d.fingerprint, d.verdict, d.note, d.who, coalesce(r.source, ''), r.entity,
    r.fiscal_year, coalesce((SELECT f.finding FROM findings f WHERE f.record = d.record AND f.fingerprint = d.fingerprint), '')
    FROM decisions d LEFT JOIN reports r ON r.record = d.record ORDER BY d.id";
/// Without it.
const BARE_DECISIONS: &str = "
    SELECT at, record, report, fingerprint, verdict, note, who, '', NULL, NULL, '' FROM decisions ORDER BY id";

fn decision(row: &Row<'_>) -> rusqlite::Result<Option<(String, LogBody)>> {
    let verdict: String = row.get(4)?;
    let Some(verdict) = Verdict::ALL.into_iter().find(|each| each.label() == verdict) else { return Ok(None) };
    let body = LogBody::Decision {
        record_id: row.get(1)?,
        source: row.get(7)?,
        entity: row.get(8)?,
        fiscal_year: row.get(9)?,
        finding: row.get(10)?,
        report: row.get(2)?,
        fingerprint: row.get(3)?,
        verdict,
        note: row.get(5)?,
        who: row.get(6)?,
    };
    Ok(Some((row.get(0)?, body)))
}

/// The rows up to the first that cannot be read; those that make no sense are left out.
fn collect<T>(connection: &Connection, sql: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    let rows = || -> Result<Vec<T>> {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Ok(Some(row)) = rows.next() {
            found.extend(read(row).ok());
        }
        Ok(found)
    };
    rows().unwrap_or_default()
}
