//! The directory of a ZIP file in which names stand more than once, as several directories in which each stands once.
//!
//! In: the bytes of a ZIP file. Out: [`Views`] of it, and where each entry stands in them, in the order of the directory.
//! The zip library keeps one entry of each name; nothing in the format says that there is but one. What can go wrong:
//! nothing that the library would not find too; what cannot be followed here is left to it as it is.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// Begins an entry of the directory.
const ENTRY: &[u8] = b"PK\x01\x02";
/// Begins the end of the directory, and its bytes without the comment.
const END: (&[u8], usize) = (b"PK\x05\x06", 22);
/// Bytes of an entry without its name and what follows it.
const ENTRY_BYTES: usize = 46;

/// A ZIP file with another directory than its own.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    entries: &'a [u8],
    directory: Cursor<Vec<u8>>,
    at: u64,
}

/// All views of a ZIP file.
#[derive(Debug)]
pub(super) struct Views<'a> {
    pub(super) views: Vec<View<'a>>,
    /// Of each entry, its view and its place there; `None` when there is one view, which has all.
    pub(super) order: Option<Vec<(usize, usize)>>,
}

/// Takes a file apart so that no view has a name twice.
pub(super) fn views(bytes: &[u8]) -> Views<'_> {
    apart(bytes).unwrap_or_else(|| Views { views: vec![View::of(bytes, Vec::new())], order: None })
}

/// `None` when no name stands twice, or this is no plain directory.
fn apart(bytes: &[u8]) -> Option<Views<'_>> {
    let end_at = bytes.windows(END.0.len()).rposition(|window| window == END.0)?;
    let end = bytes.get(end_at..)?;
    let size = usize::try_from(number(end, 12, 4)?).ok()?;
    let start = end_at.checked_sub(size)?;
    let mut rest = bytes.get(start..end_at)?;
    let mut seen: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut directories: Vec<(Vec<u8>, usize)> = Vec::new();
    let mut order = Vec::new();
    while !rest.is_empty() {
        let sizes = [number(rest, 28, 2)?, number(rest, 30, 2)?, number(rest, 32, 2)?];
        let [name, extra, comment] = sizes.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        let (entry, after) = rest.split_at_checked(ENTRY_BYTES + name + extra + comment)?;
        let times = seen.entry(entry.starts_with(ENTRY).then_some(entry)?.get(ENTRY_BYTES..ENTRY_BYTES + name)?);
        let view = *times.and_modify(|times| *times += 1).or_insert(0);
        if view == directories.len() {
            directories.push((Vec::new(), 0));
        }
        let (directory, count) = directories.get_mut(view)?;
        directory.extend_from_slice(entry);
        order.push((view, *count));
        *count += 1;
        rest = after;
    }
    if directories.len() < 2 {
        return None;
    }
    let finish = |(directory, count): (Vec<u8>, usize)| {
        let (count, size) = (u16::try_from(count).ok()?.to_le_bytes(), u32::try_from(directory.len()).ok()?);
        let disks = end.get(..8)?;
        let after = end.get(16..)?;
        Some(View::of(bytes.get(..start)?, [&directory, disks, &count, &count, &size.to_le_bytes(), after].concat()))
    };
    let views = directories.into_iter().map(finish).collect::<Option<Vec<_>>>()?;
    (end.len() >= END.1).then_some(Views { views, order: Some(order) })
}

/// A number of so many bytes, the least first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?;
    Some(bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

impl<'a> View<'a> {
    fn of(entries: &'a [u8], directory: Vec<u8>) -> Self {
        Self { entries, directory: Cursor::new(directory), at: 0 }
    }

    fn len(&self) -> u64 {
        (self.entries.len() + self.directory.get_ref().len()) as u64
    }
}

impl Read for View<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).map_err(io::Error::other)?;
        let count = match self.entries.get(at..).filter(|rest| !rest.is_empty()) {
            Some(mut rest) => rest.read(buffer)?,
            None => {
                self.directory.set_position(self.at.saturating_sub(self.entries.len() as u64));
                self.directory.read(buffer)?
            }
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for View<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
