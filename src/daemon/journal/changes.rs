//! What is noted in the journal beside the delivery of documents: entries that are tried again, records that are made
//! anew or were found to be the same, entries of quarantine that were settled otherwise, and a journal made from what
//! lies in the folders.
//!
//! In: a [`Journal`]. Out: rows, one transaction per call. What can go wrong: the disk.

use rusqlite::{Connection, params};

use super::{
    DocumentRow, Journal, Reader, Resolved, Result, SOURCE_COLUMNS, SourceRow, put_document, put_line, put_source,
    read_source, set_meta,
};
use crate::record::LogBody;
use crate::sink::LogHead;

/// Conversion of a content that is to be converted anew: that of no version.
const NONE: &str = "";

impl Journal {
    /// A quarantined content is to be tried again: it did not fail with any version.
    pub(in super::super) fn forget_failure(&mut self, entry: &str) -> Result<()> {
        self.transact(|transaction| {
            transaction
                .execute("UPDATE documents SET attempt = '' WHERE entry = ?1 AND state = 'quarantined'", [entry])?;
            transaction
                .execute("UPDATE sources SET attempt = '' WHERE entry = ?1 AND state = 'quarantined'", [entry])?;
            Ok(())
        })
    }

    /// A record is to be made anew from its sources, also where the versions are the same.
    pub(in super::super) fn forget_conversion(&mut self, record: &str) -> Result<()> {
        self.transact(|transaction| {
            transaction
                .execute("UPDATE documents SET conversion = ?2, versions = ?2 WHERE entry = ?1", [record, NONE])?;
            transaction.execute("UPDATE sources SET conversion = ?2 WHERE entry = ?1", [record, NONE])?;
            Ok(())
        })
    }

    /// The file at this path is to be read again.
    pub(in super::super) fn forget_source(&mut self, row: &SourceRow) -> Result<()> {
        let values = params![row.key.inbox, row.key.path, NONE];
        self.transact(|transaction| {
            let sql = "UPDATE sources SET conversion = ?3 WHERE inbox = ?1 AND path = ?2";
            transaction.execute(sql, values)?;
            Ok(())
        })
    }

    /// The first line that the log must still have.
    pub(in super::super) fn log_first(&self) -> Result<u64> {
        super::questions::log_first(&self.connection)
    }

    /// Lines before this one are removed from the log on purpose.
    pub(in super::super) fn note_log_first(&mut self, seq: u64) -> Result<()> {
        self.transact(|transaction| {
            let known = super::questions::log_first(transaction)?;
            set_meta(transaction, "log_first", known.max(seq).cast_signed())
        })
    }

    /// Another version gives the same record, so it stays as it is.
    pub(in super::super) fn confirm(&mut self, document: &DocumentRow) -> Result<()> {
        let DocumentRow { entry, conversion, attempt, versions, .. } = document;
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE documents SET conversion = ?2, attempt = ?3, versions = ?4 WHERE entry = ?1",
                [entry, conversion, attempt, versions],
            )?;
            transaction.execute(
                "UPDATE sources SET conversion = ?2, attempt = ?3 WHERE entry = ?1 AND state IN ('done', 'duplicate')",
                [entry, conversion, attempt],
            )?;
            Ok(())
        })
    }

    /// The files of these entries of quarantine were removed; their contents are tried again when they come again.
    pub(in super::super) fn forget_entries(&mut self, entries: &[String]) -> Result<()> {
        self.transact(|transaction| {
            let sql = "DELETE FROM documents WHERE entry = ?1 AND state = 'quarantined'";
            entries.iter().try_for_each(|entry| transaction.prepare_cached(sql)?.execute([entry]).map(drop))?;
            Ok(())
        })
    }

    /// Files of quarantine whose sources have a better answer by now.
    pub(in super::super) fn stale(&self) -> Result<Vec<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached("SELECT path FROM stale")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// These were moved aside.
    pub(in super::super) fn forget_stale(&mut self, paths: &[Vec<u8>]) -> Result<()> {
        self.transact(|transaction| {
            let sql = "DELETE FROM stale WHERE path = ?1";
            paths.iter().try_for_each(|path| transaction.prepare_cached(sql)?.execute([path]).map(drop))?;
            Ok(())
        })
    }

    /// Writes down what was found in folders, for a journal that begins anew. Lines go into the outbox.
    pub(in super::super) fn restore(
        &mut self,
        documents: &[DocumentRow],
        sources: &[SourceRow],
        lines: &[LogBody],
        at: &str,
    ) -> Result<()> {
        self.transact(|transaction| {
            documents.iter().try_for_each(|row| put_document(transaction, row, at))?;
            sources.iter().try_for_each(|row| put_source(transaction, row))?;
            lines.iter().try_for_each(|line| put_line(transaction, at, line))
        })
    }

    /// The log goes on after this line.
    pub(in super::super) fn restore_log(&mut self, head: &LogHead) -> Result<()> {
        self.transact(|transaction| {
            set_meta(transaction, "log_seq", head.seq.cast_signed())?;
            set_meta(transaction, "log_hash", &head.hash)?;
            set_meta(transaction, "next_seq", head.seq.cast_signed() + 1)
        })
    }
}

/// An entry that is no path's answer any more is none of quarantine's either; its files are moved aside afterwards.
pub(super) fn resolve(connection: &Connection, resolved: &Resolved) -> Result<()> {
    let others = "SELECT count(*) FROM sources WHERE entry = ?1";
    let others: i64 = connection.prepare_cached(others)?.query_row([&resolved.entry], |row| row.get(0))?;
    if others == 0 {
        let sql = "DELETE FROM documents WHERE entry = ?1 AND state = 'quarantined'";
        connection.prepare_cached(sql)?.execute([&resolved.entry])?;
        for path in &resolved.paths {
            connection.prepare_cached("INSERT OR IGNORE INTO stale(path) VALUES(?1)")?.execute([path])?;
        }
    }
    Ok(())
}

impl Reader {
    /// Every path that this record or entry answers for.
    pub(in super::super) fn sources_of(&self, entry: &str) -> Result<Vec<SourceRow>> {
        let sql = format!("SELECT {SOURCE_COLUMNS} FROM sources WHERE entry = ?1 ORDER BY inbox, path");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([entry], read_source)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}
