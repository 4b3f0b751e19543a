//! A private copy of one file, taken so that nothing half-written is ever converted.
//!
//! In: an inbox folder and a path in it. Out: bytes with their hash, and the stamp that held before and after reading.
//! What can go wrong: the file is gone, is no plain file any more, changed while it was read, is larger than allowed,
//! or the operating system refuses. Links are never followed, anything but a plain file is never opened for reading.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use sha2::{Digest, Sha256};

use super::journal::Stamp;
use super::lease::{Leased, take_lease};

/// Bytes read at a time when only the hash is wanted.
const CHUNK_BYTES: usize = 1 << 20;

/// What reading gave.
#[derive(Debug)]
pub(super) enum Snapshot {
    /// The whole file, unchanged while it was read.
    Whole { bytes: Vec<u8>, sha256: String, stamp: Stamp },
    /// Larger than allowed: the hash alone.
    TooLarge { sha256: String, stamp: Stamp },
    /// It changed while it was read, or is no plain file any more.
    Changed,
    /// It is not there any more.
    Gone,
}

impl Stamp {
    /// What the file system says of a file.
    pub(super) fn of(metadata: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Self {
            size: metadata.len(),
            mtime: nanos(metadata.mtime(), metadata.mtime_nsec()),
            ctime: nanos(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Reads a file of at most `limit` bytes; of a larger one only the hash is taken. With `leases` no writer can come in
/// between where the kernel allows that.
pub(super) fn take_snapshot(inbox: &Path, path: &Path, limit: u64, leases: bool) -> io::Result<Snapshot> {
    let file = match open_below(inbox, path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Snapshot::Gone),
        // A link, or something that became one.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Ok(Snapshot::Changed);
        }
        Err(error) => return Err(error),
    };
    let before = file.metadata()?;
    if !before.is_file() {
        return Ok(Snapshot::Changed);
    }
    let lease = if leases { take_lease(&file) } else { Leased::Unknown };
    if matches!(lease, Leased::Writer) {
        return Ok(Snapshot::Changed);
    }
    let stamp = Stamp::of(&before);
    let mut bytes = Vec::new();
    let mut hash = Sha256::new();
    if stamp.size > limit {
        hash_rest(&file, &mut hash)?;
    } else {
        bytes.reserve_exact(usize::try_from(stamp.size).unwrap_or_default());
        (&file).take(stamp.size + 1).read_to_end(&mut bytes)?;
        hash.update(&bytes);
    }
    let read_all = stamp.size > limit || bytes.len() as u64 == stamp.size;
    if !read_all || !unchanged(&file.metadata()?, &before) || !still_there(&inbox.join(path), &before) {
        return Ok(Snapshot::Changed);
    }
    let sha256 = hex(&hash.finalize());
    Ok(if stamp.size > limit { Snapshot::TooLarge { sha256, stamp } } else { Snapshot::Whole { bytes, sha256, stamp } })
}

/// sha256 of what a file holds now.
pub(super) fn hash_file(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let mut hash = Sha256::new();
    hash_rest(&file, &mut hash)?;
    Ok(hex(&hash.finalize()))
}

/// Opens a file below a folder without following any link on the way.
pub(super) fn open_below(inbox: &Path, path: &Path) -> io::Result<File> {
    let folder = rustix::fs::openat(CWD, inbox, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    // A pipe would block without NONBLOCK; plain files do not care.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match openat2(&folder, path, flags, Mode::empty(), resolve) {
        Ok(file) => Ok(File::from(file)),
        // Kernels before 5.6 and some sandboxes: the last component at least is never followed.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
            let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
            OpenOptions::new().read(true).custom_flags(flags).open(inbox.join(path))
        }
        Err(error) => Err(error.into()),
    }
}

fn unchanged(after: &Metadata, before: &Metadata) -> bool {
    Stamp::of(after) == Stamp::of(before)
}

/// The path still leads to the file that was read.
fn still_there(path: &Path, before: &Metadata) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|now| now.dev() == before.dev() && now.ino() == before.ino() && unchanged(&now, before))
}

fn hash_rest(mut file: &File, hash: &mut Sha256) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => hash.update(chunk.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sha256_hex;

    #[test]
    fn whole_large_gone_and_linked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), b"hello").unwrap();
        match take_snapshot(folder.path(), Path::new("a"), 5, true).unwrap() {
            Snapshot::Whole { bytes, sha256, stamp } => {
                assert_eq!((&bytes[..], stamp.size), (&b"hello"[..], 5));
                assert_eq!(sha256, sha256_hex(b"hello"));
            }
            other => panic!("{other:?}"),
        }
        match take_snapshot(folder.path(), Path::new("a"), 4, true).unwrap() {
            Snapshot::TooLarge { sha256, .. } => assert_eq!(sha256, sha256_hex(b"hello")),
            other => panic!("{other:?}"),
        }
        assert!(matches!(take_snapshot(folder.path(), Path::new("b"), 4, true).unwrap(), Snapshot::Gone));
        std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join("link")).unwrap();
        assert!(matches!(take_snapshot(folder.path(), Path::new("link"), 9, true).unwrap(), Snapshot::Changed));
        fs::create_dir(folder.path().join("real")).unwrap();
        fs::write(folder.path().join("real/x"), b"x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("real"), folder.path().join("dir")).unwrap();
        assert!(matches!(take_snapshot(folder.path(), Path::new("dir/x"), 9, true).unwrap(), Snapshot::Changed));
        assert!(matches!(take_snapshot(folder.path(), Path::new("real"), 9, true).unwrap(), Snapshot::Changed));
    }
}
