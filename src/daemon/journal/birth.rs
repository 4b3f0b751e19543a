//! How a journal begins: beside its place, whole with all its tables, and then under its name.
//!
//! In: its path. Out: a file with tables, or nothing: a crash on the way leaves a file under another name, which the next
//! attempt removes. Earlier versions made the file first and then its tables; what a crash left of that is [`is_blank`].
//! What can go wrong: the disk.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{Result, tables};
use crate::sink::Storage;

/// What belongs to a journal beside the file itself.
pub(in super::super) const BESIDE: [&str; 3] = ["", "-wal", "-shm"];
/// Ends the name of a journal that is being made.
const UNBORN: &str = ".new";

/// Makes a journal where there is none.
pub(super) fn create(path: &Path, storage: &dyn Storage) -> Result<()> {
    let unborn = with_suffix(path, UNBORN);
    remove(&unborn)?;
    let mut connection = Connection::open(&unborn)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    storage.around_commit()?;
    tables::prepare(&mut connection)?;
    storage.around_commit()?;
    // Its last connection: everything is in the one file now, and flushed.
    connection.close().map_err(|(_, error)| error)?;
    storage.rename(&unborn, path)?;
    path.parent().map_or(Ok(()), |folder| storage.sync_folder(folder))?;
    Ok(())
}

/// A file without anything in it that a journal begins with: what was left when its making was broken off.
pub(in super::super) fn is_blank(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return false };
    if !found.is_file() {
        return false;
    }
    let wal = fs::metadata(with_suffix(path, "-wal")).map_or(0, |found| found.len());
    if found.len() == 0 && wal == 0 {
        return true;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let tables = Connection::open_with_flags(path, flags)
        .and_then(|connection| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)));
    tables.is_ok_and(|tables: i64| tables == 0)
}

/// What versions before left when they were killed at this moment.
#[cfg(test)]
pub(in super::super) fn leave_without_tables(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    drop(connection);
    assert!(fs::metadata(path).unwrap().len() > 0 && is_blank(path));
}

/// Removes a journal and what belongs to it.
pub(in super::super) fn remove(path: &Path) -> Result<()> {
    for suffix in BESIDE {
        match fs::remove_file(with_suffix(path, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// The path with more behind its name.
pub(in super::super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
