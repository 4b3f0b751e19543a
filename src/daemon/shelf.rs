//! Puts sources away: into the archive once their record is written, into quarantine when there is none.
//!
//! In: where a source is, where it should go, what it was when it was read. Out: what happened. A source is never
//! changed and never replaces other bytes; it is moved within a file system, else copied, flushed, compared by hash
//! and only then removed. What can go wrong: permissions and the disk; the same call can be made again.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::journal::Stamp;
use super::snapshot::hash_file;

/// A file that stands at the wished place already gives the next a number, at most this many.
const MAX_NUMBER: u32 = 10_000;

/// What became of the source.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shelved {
    /// It stands here now, or its copy does.
    At(PathBuf),
    /// It was gone already.
    Gone,
    /// It is another file now; it stays for the next scan.
    Changed,
}

/// Moves a source to `to`, or to a numbered place beside it.
pub(super) fn move_source(from: &Path, to: &Path, stamp: Stamp, sha256: Option<&str>) -> io::Result<Shelved> {
    let Some(before) = look(from)? else { return Ok(Shelved::Gone) };
    if Stamp::of(&before) != stamp {
        return Ok(Shelved::Changed);
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    for number in 0..MAX_NUMBER {
        let to = numbered(to, number);
        if let Some(parent) = to.parent().filter(|_| number > 0) {
            fs::create_dir_all(parent)?;
        }
        match rename_new(from, &to) {
            Ok(()) => return check_moved(from, &to, &before),
            Err(Errno::EXIST) if same_content(&to, sha256) => {
                // Nothing is lost: the file that is replaced has the same bytes.
                rustix::fs::rename(from, &to)?;
                return Ok(Shelved::At(to));
            }
            Err(Errno::EXIST) => {}
            Err(Errno::XDEV) => return copy_over(from, &to, &before, sha256),
            Err(Errno::NOENT) => return Ok(Shelved::Gone),
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name left in this folder"))
}

/// Copies a source to `to`. A copy with the right hash that stands there already is as good.
pub(super) fn copy_source(from: &Path, to: &Path, sha256: Option<&str>) -> io::Result<Shelved> {
    if same_content(to, sha256) {
        return Ok(Shelved::At(to.to_owned()));
    }
    let temporary = temporary_beside(to);
    fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
    match fs::copy(from, &temporary) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Shelved::Gone),
        Err(error) => return Err(error),
    }
    if sha256.is_none() || same_content(&temporary, sha256) {
        File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, to)?;
        sync_parent(to)?;
        return Ok(Shelved::At(to.to_owned()));
    }
    fs::remove_file(&temporary)?;
    Ok(Shelved::Changed)
}

/// Makes the names in the folder of `path` durable.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn same_content(path: &Path, sha256: Option<&str>) -> bool {
    sha256.is_some_and(|wanted| hash_file(path).is_ok_and(|found| found == wanted))
}

fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `folder/name`, then `folder/2/name`, `folder/3/name`: names of 255 bytes leave no room for a number of their own.
fn numbered(to: &Path, number: u32) -> PathBuf {
    match (to.parent(), to.file_name()) {
        (Some(folder), Some(name)) if number > 0 => folder.join((number + 1).to_string()).join(name),
        _ => to.to_owned(),
    }
}

/// Renames without replacing; where the file system cannot promise that, looks first.
fn rename_new(from: &Path, to: &Path) -> Result<(), Errno> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) if to.symlink_metadata().is_ok() => Err(Errno::EXIST),
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(from, to),
        result => result,
    }
}

/// What was moved must be what was looked at: a file put there in between goes back.
fn check_moved(from: &Path, to: &Path, before: &Metadata) -> io::Result<Shelved> {
    let after = fs::symlink_metadata(to)?;
    let same = after.ino() == before.ino() && after.len() == before.len() && after.mtime_nsec() == before.mtime_nsec();
    if same {
        return Ok(Shelved::At(to.to_owned()));
    }
    rename_new(to, from)?;
    Ok(Shelved::Changed)
}

fn copy_over(from: &Path, to: &Path, before: &Metadata, sha256: Option<&str>) -> io::Result<Shelved> {
    let temporary = temporary_beside(to);
    fs::copy(from, &temporary)?;
    File::open(&temporary)?.sync_all()?;
    let same_content = sha256.is_none() || same_content(&temporary, sha256);
    let same_source = fs::symlink_metadata(from).is_ok_and(|now| Stamp::of(&now) == Stamp::of(before));
    if !same_content || !same_source {
        fs::remove_file(&temporary)?;
        return Ok(Shelved::Changed);
    }
    rename_new(&temporary, to)?;
    sync_parent(to)?;
    fs::remove_file(from)?;
    Ok(Shelved::At(to.to_owned()))
}

/// A name of its own, short, because the source's may be as long as names get.
fn temporary_beside(to: &Path) -> PathBuf {
    let folder = to.parent().unwrap_or(Path::new("."));
    folder.join(".copy.hedui-tmp")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sha256_hex;

    fn stamp(path: &Path) -> Stamp {
        Stamp::of(&fs::symlink_metadata(path).unwrap())
    }

    #[test]
    fn moves_without_replacing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("x/a"));
        for number in 1..=3 {
            fs::write(&from, format!("{number}")).unwrap();
            let Shelved::At(place) = move_source(&from, &to, stamp(&from), None).unwrap() else { panic!() };
            assert_eq!(fs::read_to_string(&place).unwrap(), format!("{number}"));
            assert!(!from.exists());
        }
        assert!(folder.path().join("x/3/a").exists());
        fs::write(&from, "1").unwrap();
        let hash = sha256_hex(b"1");
        assert_eq!(move_source(&from, &to, stamp(&from), Some(&hash)).unwrap(), Shelved::At(to.clone()));
        assert_eq!(move_source(&from, &to, Stamp::default(), None).unwrap(), Shelved::Gone);
    }

    #[test]
    fn a_changed_source_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("x/a"));
        fs::write(&from, "old").unwrap();
        let old = stamp(&from);
        fs::write(&from, "newer").unwrap();
        assert_eq!(move_source(&from, &to, old, None).unwrap(), Shelved::Changed);
        assert!(from.exists() && !to.exists());
        assert_eq!(copy_source(&from, &to, Some(&sha256_hex(b"old"))).unwrap(), Shelved::Changed);
        assert!(!to.exists());
        assert_eq!(copy_source(&from, &to, Some(&sha256_hex(b"newer"))).unwrap(), Shelved::At(to.clone()));
        assert_eq!(fs::read_to_string(&to).unwrap(), "newer");
    }

    #[test]
    fn copying_over_removes_the_source_last() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&from, "text").unwrap();
        let before = fs::symlink_metadata(&from).unwrap();
        assert_eq!(copy_over(&from, &to, &before, Some("0")).unwrap(), Shelved::Changed);
        assert!(from.exists() && !to.exists());
        let hash = sha256_hex(b"text");
        assert_eq!(copy_over(&from, &to, &before, Some(&hash)).unwrap(), Shelved::At(to.clone()));
        assert!(!from.exists() && to.exists());
    }
}
