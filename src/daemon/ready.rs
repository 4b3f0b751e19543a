//! Whether a file is complete, as far as that can be told without reading all of it.
//!
//! In: an open file. Out: [`Probe`]. Three witnesses, each for what the others cannot see: the kernel says whether a
//! writer has the file (lease.rs), the format says where a whole file ends, and time says the rest: what has not changed
//! for the quiet window is taken to be complete. What can go wrong: reading fails; then nothing speaks for the file.
//!
//! A file that somebody closes and opens again, as scanners and copying programs do, is never read between by its end
//! alone: only a format whose end can be seen (ZIP packages, pages) passes before its window.

use std::fs::{File, Metadata};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::lease::{Leased, take_lease};

/// Bytes at the end of a ZIP file in which its directory's end must stand: 22 and a comment of at most 65,535.
const ZIP_TAIL: u64 = 22 + 0xFFFF;
/// Bytes at the beginning and end of a page in which its tags are looked for.
const PAGE_EDGE: u64 = 1024;
/// Magic numbers of file systems whose files live on other machines or in other processes (statfs(2)): NFS, SMB and CIFS
/// (three), FUSE, 9P, Ceph, AFS (two), Lustre, GFS2, OCFS2, VirtualBox, VMware.
const REMOTE: [u64; 14] = [
    0x6969,
    0x517B,
    0xFF53_4D42,
    0xFE53_4D42,
    0x6573_5546,
    0x0102_1997,
    0x00C3_6400,
    0x5346_414F,
    0x6B41_4653,
    0x0BD0_0BD0,
    0x0116_1970,
    0x7461_636F,
    0x786F_4256,
    0xBACB_ACBC,
];

/// What can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// Nobody has it open for writing, and its content ends as its format demands.
    Whole,
    /// Nothing speaks against it; the quiet window decides.
    Quiet,
    /// Its content breaks off.
    Torn,
    /// Somebody has it open for writing.
    Written,
}

/// The file system's files can change without this kernel knowing.
pub(super) fn is_remote(folder: &Path) -> bool {
    // The type is a C long, of either sign; its lower half counts.
    rustix::fs::statfs(folder).is_ok_and(|found| REMOTE.contains(&(found.f_type.cast_unsigned() & 0xFFFF_FFFF)))
}

/// Probes an open file. `leases` says whether the kernel is asked for writers.
pub(super) fn probe(file: &File, metadata: &Metadata, leases: bool) -> Probe {
    let lease = if leases { take_lease(file) } else { Leased::Unknown };
    let unwritten = match lease {
        Leased::Writer => return Probe::Written,
        Leased::Held(_) => true,
        Leased::Unknown => false,
    };
    match ending(file, metadata.len()) {
        Some(true) if unwritten => Probe::Whole,
        Some(false) => Probe::Torn,
        _ => Probe::Quiet,
    }
}

/// Whether the content ends as its format demands; `None` when the format does not say.
fn ending(file: &File, size: u64) -> Option<bool> {
    if size == 0 {
        // Made a moment ago, to be filled.
        return Some(false);
    }
    let head = range(file, 0, PAGE_EDGE.min(size))?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let tail = range(file, size.saturating_sub(ZIP_TAIL), size)?;
        return Some(has_directory(&tail, size));
    }
    // A copy that sets the size aside first, and has not written yet.
    if head.iter().all(|byte| *byte == 0) {
        return Some(false);
    }
    let lower = head.to_ascii_lowercase();
    if contains(&lower, b"<html") || contains(&lower, b"<!doctype html") {
        let tail = range(file, size.saturating_sub(PAGE_EDGE), size)?.to_ascii_lowercase();
        // Many pages are never closed, so a missing end proves nothing.
        return tail.trim_ascii_end().ends_with(b"</html>").then_some(true);
    }
    None
}

/// A ZIP file's tail has the end of its directory, and the directory lies before that (APPNOTE 4.3.16).
fn has_directory(tail: &[u8], size: u64) -> bool {
    let start = size - tail.len() as u64;
    let ends = tail.windows(22).enumerate().rev().filter(|(_, window)| window.starts_with(b"PK\x05\x06"));
    ends.take(16).any(|(at, window)| {
        let number = |from: usize| {
            let bytes = window.get(from..from + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
            u64::from(bytes.map_or(u32::MAX, u32::from_le_bytes))
        };
        let (length, offset) = (number(12), number(16));
        // ZIP64 keeps the real numbers elsewhere.
        let wide = offset == u64::from(u32::MAX) || length == u64::from(u32::MAX);
        wide || offset + length <= start + at as u64
    })
}

fn range(file: &File, from: u64, to: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).ok()?];
    file.read_exact_at(&mut bytes, from).ok()?;
    Some(bytes)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn ends(bytes: &[u8]) -> Option<bool> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, bytes).unwrap();
        ending(&File::open(&path).unwrap(), bytes.len() as u64)
    }

    #[test]
    fn endings() {
        for (bytes, whole) in [
            (&b""[..], Some(false)),
            (b"2022", None),
            (&[0; 4096], Some(false)),
            (b"<!DOCTYPE html><p>", None),
            (b"<html><p></HTML>\r\n", Some(true)),
            (b"PK\x03\x04 and no more", Some(false)),
            (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", Some(true)),
        ] {
            assert_eq!(ends(bytes), whole, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_document_is_whole_uncut_only() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/yunze-2023-department--digit-slip.docx");
        let whole = fs::read(path).unwrap();
        assert_eq!(ends(&whole), Some(true));
        for cut in (1..whole.len()).step_by(97) {
            assert_ne!(ends(&whole[..cut]), Some(true), "cut at {cut}");
        }
        let commented = [&whole[..], b"a comment"].concat();
        assert_eq!(ends(&commented), Some(true));
    }

    #[test]
    fn local_folders_are_local() {
        assert!(!is_remote(tempfile::tempdir().unwrap().path()));
        assert!(!is_remote(Path::new("/nowhere at all")));
    }
}
