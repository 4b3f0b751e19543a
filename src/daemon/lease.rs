//! Read leases (fcntl(2), `F_SETLEASE`): the kernel's own word that nobody has a file open for writing.
//!
//! In: a file that was opened for reading. Out: whether a writer has it; while a [`Lease`] is held, whoever opens the
//! file for writing waits for its end. What can go wrong: leases are given for own files or with `CAP_LEASE` only, and
//! by local file systems only; then nothing is known, which is no error.
//!
//! No library wraps these calls, so this is the one file with unsafe code.
#![allow(unsafe_code, reason = "no safe wrapper of F_SETLEASE exists")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// What the kernel says.
#[derive(Debug)]
pub(super) enum Leased<'a> {
    /// Nobody writes, and nobody begins to before this is dropped.
    Held(#[expect(dead_code, reason = "held for what its end does")] Lease<'a>),
    /// Somebody has the file open for writing, or mapped.
    Writer,
    /// Not ours to ask, or this file system does not say.
    Unknown,
}

/// Given back when dropped.
#[derive(Debug)]
pub(super) struct Lease<'a> {
    file: &'a File,
}

/// Takes a read lease on a file that is open for reading only.
pub(super) fn take_lease(file: &File) -> Leased<'_> {
    match set_lease(file, libc::F_RDLCK) {
        Ok(()) => Leased::Held(Lease { file }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Leased::Writer,
        Err(_) => Leased::Unknown,
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // Closing the file would give it back as well.
        let _ = set_lease(self.file, libc::F_UNLCK);
    }
}

/// The kernel tells a lease's holder that somebody waits by SIGIO, which ends a process that does not expect it. Leases
/// are held for as long as reading takes, so there is nothing to do about it.
pub(super) fn ignore_lease_breaks() {
    // SAFETY: SIG_IGN is a valid disposition for SIGIO, and no handler of this process is replaced by it.
    let _ = unsafe { libc::signal(libc::SIGIO, libc::SIG_IGN) };
}

fn set_lease(file: &File, kind: libc::c_int) -> io::Result<()> {
    // SAFETY: the descriptor is open for as long as `file` is borrowed; the call takes an integer and touches no memory.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, kind) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};

    use super::*;

    #[test]
    fn a_writer_is_seen_and_its_end_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "text").unwrap();
        let reading = File::open(&path).unwrap();
        if matches!(take_lease(&reading), Leased::Unknown) {
            eprintln!("skipped: the file system of {} gives no leases", folder.path().display());
            return;
        }
        let writing = OpenOptions::new().append(true).open(&path).unwrap();
        assert!(matches!(take_lease(&reading), Leased::Writer));
        drop(writing);
        let lease = take_lease(&reading);
        assert!(matches!(lease, Leased::Held(_)));
        drop(lease);
        // Not held any more: opening for writing does not wait.
        drop(OpenOptions::new().append(true).open(&path).unwrap());
    }
}
