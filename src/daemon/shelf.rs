//! Puts sources away: into the archive once their record is written, into quarantine when there is none.
//!
//! In: where a source is, where it should go, what it was when it was read. Out: what happened. A source is never
//! changed and never replaces other bytes; it is moved within a file system, else copied, flushed, compared by hash
//! and only then removed. What can go wrong: permissions and the disk; the same call can be made again.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::journal::Stamp;
use super::snapshot::hash_file;
use crate::sink::Storage;

/// A file that stands at the wished place already gives the next a number, at most this many.
const MAX_NUMBER: u32 = 10_000;
/// Name of the copy under way, directly in the folder that things are put into; a later start removes it.
const COPY: &str = ".copy.hedui-tmp";

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

/// A folder that sources are put into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shelf<'a> {
    pub(super) storage: &'a dyn Storage,
    /// The archive or the quarantine.
    pub(super) root: &'a Path,
}

impl Shelf<'_> {
    /// Moves a source to `to`, or to a numbered place beside it.
    pub(super) fn take(&self, from: &Path, to: &Path, stamp: Stamp, sha256: Option<&str>) -> io::Result<Shelved> {
        let Some(before) = look(from)? else { return Ok(Shelved::Gone) };
        if Stamp::of(&before) != stamp {
            return Ok(Shelved::Changed);
        }
        for number in 0..MAX_NUMBER {
            let to = numbered(to, number);
            // Made durable by the caller, for many sources at once.
            fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
            let outcome = match self.storage.rename_new(from, &to) {
                Ok(()) => return self.check_moved(from, &to, &before),
                Err(error) if error.kind() == ErrorKind::CrossesDevices => self.copy_over(from, &to, &before, sha256),
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) if error.kind() == ErrorKind::AlreadyExists && same_content(&to, sha256) => {
                    // Nothing is lost: the same bytes stand there, put by an earlier run or another source.
                    fs::File::open(&to)?.sync_all()?;
                    self.storage.remove(from)?;
                    return Ok(Shelved::At(to));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Shelved::Gone),
                outcome => return outcome,
            }
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, "no free name left in this folder"))
    }

    /// Copies a source to `to`. A copy with the right hash that stands there already is as good.
    pub(super) fn copy(&self, from: &Path, to: &Path, sha256: Option<&str>) -> io::Result<Shelved> {
        if same_content(to, sha256) {
            return Ok(Shelved::At(to.to_owned()));
        }
        let temporary = self.root.join(COPY);
        self.storage.make_folder(to.parent().unwrap_or(Path::new(".")))?;
        match self.storage.copy(from, &temporary) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Shelved::Gone),
            Err(error) => return Err(error),
        }
        if sha256.is_none() || same_content(&temporary, sha256) {
            self.storage.rename(&temporary, to)?;
            return Ok(Shelved::At(to.to_owned()));
        }
        self.storage.remove(&temporary)?;
        Ok(Shelved::Changed)
    }

    /// Removes what a crash left of a copy. True when there was one.
    pub(super) fn sweep(&self) -> io::Result<bool> {
        match self.storage.remove(&self.root.join(COPY)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What was moved must be what was looked at: a file put there in between goes back.
    fn check_moved(&self, from: &Path, to: &Path, before: &Metadata) -> io::Result<Shelved> {
        let after = fs::symlink_metadata(to)?;
        let same =
            after.ino() == before.ino() && after.len() == before.len() && after.mtime_nsec() == before.mtime_nsec();
        if same {
            return Ok(Shelved::At(to.to_owned()));
        }
        self.storage.rename_new(to, from)?;
        Ok(Shelved::Changed)
    }

    /// To another file system: the source goes last, when its copy is durable under its name.
    fn copy_over(&self, from: &Path, to: &Path, before: &Metadata, sha256: Option<&str>) -> io::Result<Shelved> {
        if to.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let temporary = self.root.join(COPY);
        self.storage.copy(from, &temporary)?;
        let same_content = sha256.is_none() || same_content(&temporary, sha256);
        let same_source = fs::symlink_metadata(from).is_ok_and(|now| Stamp::of(&now) == Stamp::of(before));
        if !same_content || !same_source {
            self.storage.remove(&temporary)?;
            return Ok(Shelved::Changed);
        }
        self.storage.rename_new(&temporary, to)?;
        to.parent().map_or(Ok(()), |folder| self.storage.sync_folder(folder))?;
        self.storage.remove(from)?;
        Ok(Shelved::At(to.to_owned()))
    }
}

/// Where a source that was to go to `to` lies: there, or at a numbered place, with this content.
pub(super) fn place_of(to: &Path, sha256: &str) -> Option<PathBuf> {
    places(to).find(|path| is_plain(path) && same_content(path, Some(sha256)))
}

/// The wished place, and those with a number that are taken.
pub(super) fn places(to: &Path) -> impl Iterator<Item = PathBuf> {
    let others = (1..MAX_NUMBER).map(|number| numbered(to, number));
    std::iter::once(to.to_owned()).chain(others.take_while(|path| path.symlink_metadata().is_ok()))
}

/// A file, not a link to one.
pub(super) fn is_plain(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

fn same_content(path: &Path, sha256: Option<&str>) -> bool {
    sha256.is_some_and(|wanted| hash_file(path).is_ok_and(|found| found == wanted))
}

fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sha256_hex;
    use crate::sink::Disk;

    fn shelf(root: &Path) -> Shelf<'_> {
        Shelf { storage: &Disk, root }
    }

    fn stamp(path: &Path) -> Stamp {
        Stamp::of(&fs::symlink_metadata(path).unwrap())
    }

    #[test]
    fn moves_without_replacing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("x/a"));
        for number in 1..=3 {
            fs::write(&from, format!("{number}")).unwrap();
            let Shelved::At(place) = shelf(folder.path()).take(&from, &to, stamp(&from), None).unwrap() else {
                panic!()
            };
            assert_eq!(fs::read_to_string(&place).unwrap(), format!("{number}"));
            assert!(!from.exists());
        }
        assert!(folder.path().join("x/3/a").exists());
        fs::write(&from, "1").unwrap();
        let hash = sha256_hex(b"1");
        assert_eq!(shelf(folder.path()).take(&from, &to, stamp(&from), Some(&hash)).unwrap(), Shelved::At(to.clone()));
        assert_eq!(shelf(folder.path()).take(&from, &to, Stamp::default(), None).unwrap(), Shelved::Gone);
    }

    #[test]
    fn a_changed_source_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("x/a"));
        fs::write(&from, "old").unwrap();
        let old = stamp(&from);
        fs::write(&from, "newer").unwrap();
        assert_eq!(shelf(folder.path()).take(&from, &to, old, None).unwrap(), Shelved::Changed);
        assert!(from.exists() && !to.exists());
        assert_eq!(shelf(folder.path()).copy(&from, &to, Some(&sha256_hex(b"old"))).unwrap(), Shelved::Changed);
        assert!(!to.exists());
        assert_eq!(
            shelf(folder.path()).copy(&from, &to, Some(&sha256_hex(b"newer"))).unwrap(),
            Shelved::At(to.clone())
        );
        assert_eq!(fs::read_to_string(&to).unwrap(), "newer");
    }

    #[test]
    fn copying_over_removes_the_source_last() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&from, "text").unwrap();
        let before = fs::symlink_metadata(&from).unwrap();
        assert_eq!(shelf(folder.path()).copy_over(&from, &to, &before, Some("0")).unwrap(), Shelved::Changed);
        assert!(from.exists() && !to.exists());
        let hash = sha256_hex(b"text");
        assert_eq!(shelf(folder.path()).copy_over(&from, &to, &before, Some(&hash)).unwrap(), Shelved::At(to.clone()));
        assert!(!from.exists() && to.exists());
        assert!(!folder.path().join(COPY).exists() && !shelf(folder.path()).sweep().unwrap());
        fs::write(folder.path().join(COPY), "half").unwrap();
        assert!(shelf(folder.path()).sweep().unwrap());
    }
}
