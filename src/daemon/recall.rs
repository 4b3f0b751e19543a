//! Finds sources where they were put away, and brings them back into their inbox, so that they go the usual way again.
//!
//! In: a row of the journal. Out: where the file lies now, its bytes compared by hash. An entry of a bundle lies where
//! its bundle does. What can go wrong: the disk, or another file of that name in the inbox; whatever was begun can be
//! done again.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::Fatal;
use super::deliver::as_path;
use super::journal::{DocumentRow, Journal, Reader, SourceKey, SourceRow};
use super::names::file_of;
use super::shelf::{is_plain, place_of};
use super::snapshot::hash_file;
use crate::config::{Config, Inbox};
use crate::sink::{Disk, Storage};

/// A file that a row speaks of, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The row of the file itself: for an entry of a bundle that of the bundle.
    pub(super) file: SourceRow,
    pub(super) place: PathBuf,
    /// It lies in its inbox.
    pub(super) at_home: bool,
}

/// The row of the file that has this source: its own, or that of the bundle it came out of.
pub(super) fn file_row(reader: &Reader, row: &SourceRow) -> Result<SourceRow, Fatal> {
    let file = file_of(&row.key.path);
    if file.len() < row.key.path.len() {
        let key = SourceKey { inbox: row.key.inbox.clone(), path: file.to_vec() };
        if let Some(bundle) = reader.source(&key).map_err(Fatal::journal)? {
            return Ok(bundle);
        }
    }
    Ok(row.clone())
}

/// The inbox of a row, when the configuration still has it.
pub(super) fn inbox_of<'a>(config: &'a Config, row: &SourceRow) -> Option<(usize, &'a Inbox)> {
    config.inboxes.iter().enumerate().find(|(_, inbox)| inbox.name == row.key.inbox)
}

/// Where the file of a row lies, with the content that the row speaks of.
pub(super) fn find(config: &Config, reader: &Reader, row: &SourceRow) -> Result<Option<Found>, Fatal> {
    let file = file_row(reader, row)?;
    let Some((_, inbox)) = inbox_of(config, &file) else { return Ok(None) };
    let Some(sha256) = file.sha256.clone() else { return Ok(None) };
    let is_it = |path: &Path| is_plain(path) && hash_file(path).is_ok_and(|hash| hash == sha256);
    let home = inbox.path.join(as_path(&file.key.path));
    if is_it(&home) {
        return Ok(Some(Found { file, place: home, at_home: true }));
    }
    let Some(shelf) = &file.shelf else { return Ok(None) };
    let place = place_of(as_path(&shelf.path), &sha256);
    Ok(place.map(|place| Found { file, place, at_home: false }))
}

/// Where the archive has a content that came under a path, whatever became of the path since. An entry of a bundle lies
/// in its bundle, which is another content.
pub(super) fn archived(config: &Config, key: &SourceKey, sha256: &str) -> Option<PathBuf> {
    if file_of(&key.path).len() < key.path.len() {
        return None;
    }
    let name = as_path(&key.path).file_name()?;
    let place = config.archive.join(&key.inbox).join(sha256.get(..16)?).join(name);
    place_of(&place, sha256)
}

/// Puts a file that was found into its inbox, or has it read again where it lies. The inner error says why not.
pub(super) fn bring_back(
    config: &Config,
    journal: &mut Journal,
    found: &Found,
) -> Result<Result<&'static str, &'static str>, Fatal> {
    journal.forget_source(&found.file).map_err(Fatal::journal)?;
    if found.at_home {
        return Ok(Ok(READ_AGAIN));
    }
    let Some((_, inbox)) = inbox_of(config, &found.file) else { return Ok(Err(NO_INBOX)) };
    let home = inbox.path.join(as_path(&found.file.key.path));
    put_back(&found.place, &home).map_err(Fatal::io("put back", &found.place))
}

/// The record that the journal calls current stands there with the bytes that were written. Early versions did not note
/// their hash; then being there is enough.
pub(super) fn is_intact(config: &Config, document: &DocumentRow) -> bool {
    let path = config.output.join(&document.place);
    match &document.output_sha256 {
        Some(wanted) => hash_file(&path).is_ok_and(|found| found == *wanted),
        None => path.is_file(),
    }
}

/// What is said of a file that is in its inbox again.
pub(super) const PUT_BACK: &str = "put back into the inbox";
/// What is said of one that never left it.
const READ_AGAIN: &str = "read again where it lies";
/// What is said where another file has taken its place.
pub(super) const NAME_TAKEN: &str = "a file of this name lies in the inbox; take it away first";
/// What is said of a row whose inbox is gone.
pub(super) const NO_INBOX: &str = "its inbox is no longer in the configuration; drop the source anew";

/// Moves a file that was put away to its place in the inbox. The inner error says what is in the way.
pub(super) fn put_back(kept: &Path, home: &Path) -> io::Result<Result<&'static str, &'static str>> {
    Disk.make_folder(home.parent().unwrap_or(Path::new(".")))?;
    match Disk.rename_new(kept, home) {
        Ok(()) => Ok(Ok(PUT_BACK)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Err(NAME_TAKEN)),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            copy_back(kept, home)?;
            Ok(Ok(PUT_BACK))
        }
        Err(error) => Err(error),
    }
}

/// To another file system, under a name that no scan takes up before it is whole.
fn copy_back(kept: &Path, home: &Path) -> io::Result<()> {
    let temporary = home.with_file_name(".hedui-retry.tmp");
    Disk.copy(kept, &temporary)?;
    Disk.rename_new(&temporary, home)?;
    Disk.remove(kept)
}
