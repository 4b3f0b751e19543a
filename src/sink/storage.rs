//! Steps that change the disk, each durable when it returns.
//!
//! In: paths and bytes. Out: nothing, or a [`WriteError`] that names the step. A trait, because the tests have a second
//! implementation that fails at its N-th step; whatever stands on it must come through a failure at every N.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Marks files that are being written; what a crash leaves of them is removed at the next start.
const TEMPORARY_SUFFIX: &str = ".hedui-tmp";

/// The steps. Each has reached the disk when it returns.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Creates or empties a file, writes all bytes, flushes it.
    ///
    /// # Errors
    /// Whatever the operating system objects to.
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Adds bytes at the end of a file, which is created when missing, and flushes it.
    ///
    /// # Errors
    /// Whatever the operating system objects to; a part of the bytes may be there.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Cuts a file off after `length` bytes and flushes it.
    ///
    /// # Errors
    /// Whatever the operating system objects to.
    fn cut(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Gives a file another name within its file system, replacing what has that name.
    ///
    /// # Errors
    /// Whatever the operating system objects to.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// Whatever the operating system objects to.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Creates a folder and those above it; one that exists is fine.
    ///
    /// # Errors
    /// Whatever the operating system objects to.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Whatever the operating system objects to.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name within its file system; one that has that name already is not replaced.
    ///
    /// # Errors
    /// `AlreadyExists`, `CrossesDevices`, and whatever else the operating system objects to.
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Copies a file over whatever has the name, and flushes it.
    ///
    /// # Errors
    /// Whatever the operating system objects to; a part of the bytes may be there.
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Called before and after each transaction of the journal, which is durable by itself: a step for whoever counts.
    ///
    /// # Errors
    /// None on a disk.
    fn around_commit(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The disk as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Storage for Disk {
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn cut(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        // A relative name of one component stands in the current folder.
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.make_folder(parent)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            other => other?,
        }
        self.sync_folder(parent)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Where the file system cannot promise that, we look first.
            Err(Errno::INVAL | Errno::NOSYS) if to.symlink_metadata().is_ok() => Err(Errno::EXIST.into()),
            Err(Errno::INVAL | Errno::NOSYS) => fs::rename(from, to),
            result => Ok(result?),
        }
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::copy(from, to)?;
        File::open(to)?.sync_all()
    }
}

/// A step that failed.
#[derive(Debug)]
pub struct WriteError {
    /// What was being done, as in "cannot write".
    pub doing: &'static str,
    /// To what.
    pub path: PathBuf,
    /// Why it failed.
    pub source: io::Error,
}

impl WriteError {
    /// An error constructor for `map_err`.
    pub fn on(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { doing, path, source }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.doing, self.path.display(), self.source)
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Writes a file so that it is either whole or not there. The folder's names are made durable unless the caller does
/// that once for many files (`sync` false).
///
/// # Errors
/// The step that failed. What it leaves is removed by [`sweep_temporary`].
pub fn write_atomic(storage: &dyn Storage, path: &Path, bytes: &[u8], sync: bool) -> Result<(), WriteError> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}{TEMPORARY_SUFFIX}"));
    storage.make_folder(folder).map_err(WriteError::on("create the folder", folder))?;
    storage.create(&temporary, bytes).map_err(WriteError::on("write", &temporary))?;
    storage.rename(&temporary, path).map_err(WriteError::on("put in place", path))?;
    if sync {
        storage.sync_folder(folder).map_err(WriteError::on("flush the folder", folder))?;
    }
    Ok(())
}

/// Makes the names in folders durable.
///
/// # Errors
/// The folder that could not be flushed.
pub fn sync_folders(storage: &dyn Storage, folders: &BTreeSet<PathBuf>) -> Result<(), WriteError> {
    folders
        .iter()
        .try_for_each(|folder| storage.sync_folder(folder).map_err(WriteError::on("flush the folder", folder)))
}

/// Removes what a crash left of files that were being written, in `folder` and the folders in it. Gives their number.
///
/// # Errors
/// When a folder cannot be read or a file cannot be removed.
pub fn sweep_temporary(storage: &dyn Storage, folder: &Path) -> Result<usize, WriteError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(WriteError::on("list", folder)(error)),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(WriteError::on("list", folder))?;
        let kind = entry.file_type().map_err(WriteError::on("list", folder))?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            removed += sweep_temporary(storage, &path)?;
        } else if name.starts_with('.') && name.ends_with(TEMPORARY_SUFFIX) {
            storage.remove(&path).map_err(WriteError::on("remove", &path))?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
pub(crate) mod faults {
    //! Storage that fails at its N-th step.

    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Does what [`Disk`] does but for the step number `fail_at`, counted from 1; a write there is half done.
    #[derive(Debug)]
    pub(crate) struct Faulty {
        fail_at: usize,
        /// No later step succeeds either.
        for_good: bool,
        /// The process ends there as by `kill -9`.
        deadly: bool,
        /// Every name lies on a file system of its own.
        apart: bool,
        steps: AtomicUsize,
    }

    impl Faulty {
        pub(crate) fn at(fail_at: usize) -> Self {
            Self { fail_at, for_good: false, deadly: false, apart: false, steps: AtomicUsize::new(0) }
        }

        pub(crate) fn from(fail_at: usize) -> Self {
            Self { for_good: true, ..Self::at(fail_at) }
        }

        /// The same where every name lies on a file system of its own.
        pub(crate) fn apart(self) -> Self {
            Self { apart: true, ..self }
        }

        pub(crate) fn deadly(fail_at: usize) -> Self {
            Self { deadly: true, ..Self::at(fail_at) }
        }

        /// The step that fails was reached.
        pub(crate) fn has_failed(&self) -> bool {
            self.steps.load(Ordering::SeqCst) >= self.fail_at
        }

        fn step(&self) -> io::Result<()> {
            self.step_after(|| Ok(()))
        }

        /// One step; when it fails, `half` of it is done before.
        fn step_after(&self, half: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
            let number = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
            if number != self.fail_at && !(self.for_good && number > self.fail_at) {
                return Ok(());
            }
            half()?;
            if self.deadly {
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
            }
            // ENOSPC, EIO, EROFS, EACCES, EMFILE: whatever it is, it is waited for.
            Err(io::Error::from_raw_os_error([28, 5, 30, 13, 24][number % 5]))
        }
    }

    impl Storage for Faulty {
        fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            self.step_after(|| Disk.create(path, &bytes[..bytes.len() / 2]))?;
            Disk.create(path, bytes)
        }

        fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            self.step_after(|| Disk.append(path, &bytes[..bytes.len() / 2]))?;
            Disk.append(path, bytes)
        }

        fn cut(&self, path: &Path, length: u64) -> io::Result<()> {
            self.step().and_then(|()| Disk.cut(path, length))
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step().and_then(|()| Disk.rename(from, to))
        }

        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.step().and_then(|()| Disk.sync_folder(folder))
        }

        fn make_folder(&self, folder: &Path) -> io::Result<()> {
            self.step().and_then(|()| Disk.make_folder(folder))
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            self.step().and_then(|()| Disk.remove(path))
        }

        fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step()?;
            let comes_from_afar = self.apart && !from.to_string_lossy().ends_with(TEMPORARY_SUFFIX);
            if comes_from_afar { Err(io::ErrorKind::CrossesDevices.into()) } else { Disk.rename_new(from, to) }
        }

        fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step_after(|| {
                let bytes = fs::read(from)?;
                Disk.create(to, &bytes[..bytes.len() / 2])
            })?;
            Disk.copy(from, to)
        }

        fn around_commit(&self) -> io::Result<()> {
            self.step()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::faults::Faulty;
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing_under_the_name_and_the_rest_is_swept() {
        for fail_at in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a/b.json");
            let storage = Faulty::at(fail_at);
            let result = write_atomic(&storage, &path, b"whole", true);
            if path.exists() {
                assert_eq!(fs::read(&path).unwrap(), b"whole");
            }
            sweep_temporary(&Disk, folder.path()).unwrap();
            let left = fs::read_dir(folder.path().join("a")).map_or(0, Iterator::count);
            assert_eq!(left, usize::from(path.exists()));
            if result.is_ok() {
                assert!(fail_at > 4);
                break;
            }
        }
    }
}
