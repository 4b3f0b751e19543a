//! The directory of a ZIP file in which names stand more than once, as several directories in which each stands once.
//!
//! In: the bytes of a ZIP file. Out: [`Views`] of it, and where each entry stands in them, in the order of the directory.
//! The zip library keeps one entry of each name; nothing in the format says that there is but one. Plain archives and
//! those with numbers of 64 bits (ZIP64, APPNOTE 4.3.14 to 4.3.16) alike. What can go wrong:
//! nothing that the library would not find too; what cannot be followed here is left to it as it is.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// Begins an entry of the directory.
const ENTRY: &[u8] = b"PK\x01\x02";
/// Begins the end of the directory, and its bytes without the comment.
const END: (&[u8], usize) = (b"PK\x05\x06", 22);
/// Begins the end of a directory with numbers of 64 bits (ZIP64), and its bytes without what may follow them.
const END_64: (&[u8], usize) = (b"PK\x06\x06", 56);
/// Begins the place where that end stands, and its bytes; the end proper follows at once.
const PLACE_64: (&[u8], usize) = (b"PK\x06\x07", 20);
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

/// `None` when no name stands twice, or this is no directory that can be followed.
fn apart(bytes: &[u8]) -> Option<Views<'_>> {
    let end = Ending::of(bytes)?;
    let mut rest = bytes.get(end.start..end.stop)?;
    let mut seen: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut directories: Vec<(Vec<u8>, u64)> = Vec::new();
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
        order.push((view, usize::try_from(*count).ok()?));
        *count += 1;
        rest = after;
    }
    if directories.len() < 2 {
        return None;
    }
    let before = bytes.get(..end.start)?;
    let finish = |(directory, count)| Some(View::of(before, end.finish(directory, count)?));
    let views = directories.into_iter().map(finish).collect::<Option<Vec<_>>>()?;
    Some(Views { views, order: Some(order) })
}

/// Where a directory lies, and what ends it.
struct Ending<'a> {
    /// Its first byte, and the one after its last.
    start: usize,
    stop: usize,
    /// The end with numbers of 64 bits, where there is one.
    wide: Option<&'a [u8]>,
    /// The end proper, with the comment.
    plain: &'a [u8],
}

impl<'a> Ending<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let at = bytes.windows(END.0.len()).rposition(|window| window == END.0)?;
        let plain = bytes.get(at..).filter(|end| end.len() >= END.1)?;
        let wide_at = Self::wide_at(bytes, at);
        let (stop, size) = match wide_at {
            Some(wide_at) => (wide_at, number(bytes, wide_at.checked_add(40)?, 8)?),
            None => (at, number(plain, 12, 4)?),
        };
        let start = stop.checked_sub(usize::try_from(size).ok()?)?;
        let wide = match wide_at {
            Some(wide_at) => Some(bytes.get(wide_at..wide_at.checked_add(END_64.1)?)?),
            None => None,
        };
        Some(Self { start, stop, wide, plain })
    }

    /// The end with 64 bits is asked for where a number of the end proper has no room. It is the last before its place,
    /// which counts from the first byte of the archive, whatever stands before that.
    fn wide_at(bytes: &[u8], end_at: usize) -> Option<usize> {
        let plain = bytes.get(end_at..)?;
        let full = number(plain, 10, 2)? == 0xFFFF || number(plain, 12, 4)? == 0xFFFF_FFFF;
        let full = full || number(plain, 16, 4)? == 0xFFFF_FFFF;
        let place_at = end_at.checked_sub(PLACE_64.1).filter(|_| full)?;
        bytes.get(place_at..)?.starts_with(PLACE_64.0).then_some(())?;
        let before = bytes.get(..place_at)?;
        before.windows(END_64.0.len()).rposition(|window| window == END_64.0)
    }

    /// A directory of so many entries with an end of its own.
    fn finish(&self, mut directory: Vec<u8>, count: u64) -> Option<Vec<u8>> {
        let size = directory.len() as u64;
        let Some(wide) = self.wide else {
            let (count, size) = (u16::try_from(count).ok()?.to_le_bytes(), u32::try_from(size).ok()?.to_le_bytes());
            let (disks, after) = (self.plain.get(..8)?, self.plain.get(16..)?);
            directory.extend([disks, &count, &count, &size, after].concat());
            return Some(directory);
        };
        let offset = number(wide, 48, 8)?;
        let (count, size) = (count.to_le_bytes(), size.to_le_bytes());
        // Nothing follows the numbers: the record's own length says so.
        let length = (END_64.1 as u64).checked_sub(12)?.to_le_bytes();
        let place = offset.checked_add(directory.len() as u64)?.to_le_bytes();
        let end = [END_64.0, &length, wide.get(12..24)?, &count, &count, &size, &offset.to_le_bytes()].concat();
        let place = [PLACE_64.0, &[0; 4], &place, &1_u32.to_le_bytes()].concat();
        let full = [0xFF; 12];
        let plain = [self.plain.get(..8)?, &full, self.plain.get(20..)?].concat();
        directory.extend([end, place, plain].concat());
        Some(directory)
    }
}

/// A number of so many bytes, the least first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
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
