//! What is noted in the journal beside the delivery of documents: entries that are tried again, records that are made
//! anew or were found to be the same, entries of quarantine that were settled otherwise, and a journal made from what
//! lies in the folders.
//!
//! In: a [`Journal`]. Out: rows, one transaction per call. What can go wrong: the disk.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::{Connection, params};

use super::{
    DocumentRow, Journal, Reader, Resolved, Result, SOURCE_COLUMNS, SourceRow, put_document, put_line, put_source,
    read_source, set_meta,
};
use crate::record::LogBody;
use crate::sink::LogHead;

/// Conversion of a content that is to be converted anew: that of no version.
const NONE: &str = "";
/// Digits of a hash that names in archive and quarantine begin with.
const HASH_START: usize = 16;

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

    /// These files of archive and quarantine are removed on purpose; nobody is to look for them there any more.
    pub(in super::super) fn forget_places(&mut self, places: &[&Path]) -> Result<()> {
        self.transact(|transaction| {
            let mut others = BTreeSet::new();
            for place in places {
                if forget_place(transaction, place)? == 0 {
                    others.insert(place.as_os_str().as_bytes());
                }
            }
            forget_bundles(transaction, &others)
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

/// The folder of the archive and the name in quarantine begin with the content's hash, by which its documents are found,
/// and by those its sources. Gives the number of these.
fn forget_place(connection: &Connection, place: &Path) -> Result<usize> {
    let sql = "UPDATE sources SET shelf = NULL WHERE shelf = ?3
               AND entry IN (SELECT entry FROM documents WHERE sha256 >= ?1 AND sha256 < ?2)";
    let mut count = 0;
    // The name of the file may look like a hash itself.
    for start in place.iter().filter_map(|name| name.to_str()?.get(..HASH_START)) {
        if start.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // `g` comes after all hexadecimal digits.
            let values = params![start, format!("{start}g"), place.as_os_str().as_bytes()];
            count += connection.prepare_cached(sql)?.execute(values)?;
        }
    }
    Ok(count)
}

/// Bundles have no document of their own; all of them are gone through.
fn forget_bundles(connection: &Connection, places: &BTreeSet<&[u8]>) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    let sql = "SELECT inbox, path, shelf FROM sources WHERE entry IS NULL AND shelf IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    while let Some(row) = rows.next()? {
        if places.contains(row.get::<_, Vec<u8>>(2)?.as_slice()) {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    let sql = "UPDATE sources SET shelf = NULL WHERE inbox = ?1 AND path = ?2";
    found.iter().try_for_each(|(inbox, path)| {
        connection.prepare_cached(sql)?.execute(params![inbox, path])?;
        Ok(())
    })
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
