//! What people and programs ask the journal beside the daemon: how much of what, and one page of rows after another.
//!
//! In: a [`Reader`]. Out: rows and counts. Nothing is written here.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    DOCUMENT_COLUMNS, DocumentRow, DocumentState, JournalError, Reader, Result, SOURCE_COLUMNS, SourceKey, SourceRow,
    document, meta, read_document, read_source,
};
use crate::sink::LogHead;

/// Rows of a page.
const PAGE: u32 = 512;

impl Reader {
    /// The record or quarantine entry of this id.
    pub(in super::super) fn document(&self, entry: &str) -> Result<Option<DocumentRow>> {
        document(&self.connection, entry)
    }

    /// Every document of a state, in the order of ids.
    pub(in super::super) fn each_document(
        &self,
        state: DocumentState,
        mut handle: impl FnMut(DocumentRow),
    ) -> Result<()> {
        let sql = format!(
            "SELECT {DOCUMENT_COLUMNS} FROM documents WHERE state = ?1 AND entry > ?2 ORDER BY entry LIMIT {PAGE}"
        );
        let mut after = String::new();
        loop {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params![state.label(), after], read_document)?;
            let rows: Vec<DocumentRow> = rows.collect::<std::result::Result<_, _>>()?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.entry.clone();
            rows.into_iter().for_each(&mut handle);
        }
    }

    /// Number of sources per inbox and state.
    pub(in super::super) fn count_sources(&self) -> Result<Vec<(String, String, u64)>> {
        self.counts("SELECT inbox, state, count(*) FROM sources GROUP BY inbox, state ORDER BY inbox, state")
    }

    /// Number of documents per state and, for those in quarantine, code.
    pub(in super::super) fn count_documents(&self) -> Result<Vec<(String, String, u64)>> {
        self.counts(
            "SELECT state, coalesce(json_extract(refusal, '$.code'), ''), count(*) FROM documents
             GROUP BY 1, 2 ORDER BY 1, 2",
        )
    }

    /// Sources that are not yet where they should be, and log lines that are not yet in the log.
    pub(in super::super) fn backlog(&self) -> Result<(u64, u64)> {
        let sql = "SELECT (SELECT count(*) FROM sources WHERE settled = 0), (SELECT count(*) FROM outbox)";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let (unsettled, unlogged) = self.connection.query_row(sql, [], row)?;
        Ok((unsettled.cast_unsigned(), unlogged.cast_unsigned()))
    }

    /// A path whose latest content has this entry.
    pub(in super::super) fn source_of_entry(&self, entry: &str) -> Result<Option<SourceRow>> {
        let sql = format!("SELECT {SOURCE_COLUMNS} FROM sources WHERE entry = ?1 AND state = 'quarantined' LIMIT 1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([entry], read_source).optional()?)
    }

    /// Sources that lie in archive or quarantine, a page of them, after the key given.
    pub(in super::super) fn put_away(&self, after: &SourceKey) -> Result<Vec<SourceRow>> {
        let sql = format!(
            "SELECT {SOURCE_COLUMNS} FROM sources WHERE (inbox, path) > (?1, ?2) AND settled = 1 AND shelf IS NOT NULL
             ORDER BY inbox, path LIMIT {PAGE}"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![after.inbox, after.path], read_source)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// A record or quarantine entry of this content.
    pub(in super::super) fn document_with(&self, sha256: &str) -> Result<Option<String>> {
        let sql = "SELECT entry FROM documents WHERE sha256 = ?1 ORDER BY state, entry LIMIT 1";
        Ok(self.connection.prepare_cached(sql)?.query_row([sha256], |row| row.get(0)).optional()?)
    }

    /// The last line that the journal knows to be in the log.
    pub(in super::super) fn log_head(&self) -> Result<LogHead> {
        super::log_head(&self.connection)
    }

    /// The number that the next log line gets.
    pub(in super::super) fn next_seq(&self) -> Result<u64> {
        Ok(meta::<i64>(&self.connection, "next_seq")?.unwrap_or(1).cast_unsigned())
    }

    /// The first line that the log must still have: 1, unless retention removed what was before it.
    pub(in super::super) fn log_first(&self) -> Result<u64> {
        log_first(&self.connection)
    }

    /// Outputs that are planned and perhaps written.
    pub(in super::super) fn planned_outputs(&self) -> Result<Vec<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached("SELECT plan FROM intents")?;
        let plans = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut outputs = Vec::new();
        for plan in plans {
            let plan: super::Plan = serde_json::from_str(&plan?)?;
            outputs.extend(plan.output.map(|(path, _)| path));
        }
        Ok(outputs)
    }

    /// SQLite's own look at the file.
    ///
    /// # Errors
    /// What it found.
    pub(in super::super) fn check(&self) -> Result<()> {
        check(&self.connection)
    }

    fn counts(&self, sql: &str) -> Result<Vec<(String, String, u64)>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?.cast_unsigned())))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}

pub(super) fn log_first(connection: &Connection) -> Result<u64> {
    Ok(meta::<i64>(connection, "log_first")?.unwrap_or(1).cast_unsigned())
}

pub(super) fn check(connection: &Connection) -> Result<()> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(JournalError::damaged(&found)) }
}
