//! ZIP packages: parts by name, inflated under limits.
//!
//! In: the bytes of a ZIP file, or parts that stood in one text. Out: the bytes of one part at a time, whole or piece by piece. Wrong: a file cut before its central directory
//! (`truncated`), broken deflate streams and checksums (`malformed`), password protection (`encrypted`), and everything
//! that costs more than `limits.rs` allows, counted while inflating: declared sizes are never believed.
//!
//! Follows the ZIP application note; part names are compared without case and with either slash, as Office does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// Inflated size of a part from which on its compression ratio is looked at.
const RATIO_FREE_BYTES: u64 = 4 << 20;

const BROKEN_DATA: (&str, &str) = ("压缩数据已损坏", "the compressed data are broken");
const PROTECTED_PART: (&str, &str) = ("ZIP 中的部件设有密码", "a part of the ZIP is password-protected");

/// Where the parts are.
enum Store<'a> {
    Zip(ZipArchive<Cursor<&'a [u8]>>),
    /// As they are.
    Flat(Vec<Cow<'a, str>>),
}

/// An open package.
pub(super) struct Package<'a> {
    store: Store<'a>,
    names: BTreeMap<String, usize>,
    limits: &'a Limits,
    total: u64,
}

impl<'a> Package<'a> {
    /// Opens a package.
    ///
    /// # Errors
    /// `truncated`, `malformed`, `limit-exceeded` (`zip_entries`).
    pub(super) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self> {
        let end = end_of_directory(bytes);
        if end.is_some_and(|end| end.entries > limits.zip_entries) {
            return Err(Error::limit("zip_entries", limits.zip_entries));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| match error {
            _ if end.is_none() => {
                Error::new(ErrorKind::Truncated, ("缺少末尾的 ZIP 目录", "the ZIP directory at the end is missing"))
            }
            _ => Error::new(ErrorKind::Malformed, ("ZIP 目录已损坏", "the ZIP directory is damaged")),
        })?;
        if archive.len() > limits.zip_entries {
            return Err(Error::limit("zip_entries", limits.zip_entries));
        }
        let mut names = BTreeMap::new();
        for index in 0..archive.len() {
            if let Some(name) = entry_name(&mut archive, bytes, index) {
                names.entry(canonical(&name)).or_insert(index);
            }
        }
        Ok(Self { store: Store::Zip(archive), names, limits, total: 0 })
    }

    /// A package of parts that are not packed.
    pub(super) fn flat(parts: Vec<(String, Cow<'a, str>)>, limits: &'a Limits) -> Self {
        let mut names = BTreeMap::new();
        let mut texts = Vec::new();
        for (name, text) in parts {
            names.entry(canonical(&name)).or_insert(texts.len());
            texts.push(text);
        }
        Self { store: Store::Flat(texts), names, limits, total: 0 }
    }

    /// True when the package has a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&canonical(name))
    }

    /// Names of all parts, in lower case.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The inflated bytes of a part; `None` when there is no such part.
    ///
    /// # Errors
    /// `malformed`, `truncated`, `encrypted`, `limit-exceeded` (`part_bytes`, `total_bytes`, `inflation_ratio`).
    pub(super) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::with_capacity(self.declared_size(name));
        Ok(self.scan(name, |chunk| bytes.extend_from_slice(chunk))?.then_some(bytes))
    }

    /// The size that the directory gives for a part, as far as memory is set aside for a mere claim.
    pub(super) fn declared_size(&mut self, name: &str) -> usize {
        const MOST: usize = 32 << 20;
        let Some(index) = self.names.get(&canonical(name)).copied() else { return 0 };
        match &mut self.store {
            Store::Zip(archive) => {
                let size = archive.by_index_raw(index).map_or(0, |file| file.size());
                usize::try_from(size).map_or(MOST, |size| size.min(MOST))
            }
            Store::Flat(texts) => texts.get(index).map_or(0, |text| text.len()),
        }
    }

    /// Bytes that may still be inflated.
    pub(super) fn allowance(&self) -> u64 {
        self.limits.total_bytes.saturating_sub(self.total)
    }

    /// Counts what a package within this one has cost.
    pub(super) fn charge(&mut self, inner: &Package<'_>) {
        self.total = self.total.saturating_add(inner.total);
    }

    /// Inflates a part under the limits without keeping it; false when there is no such part.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub(super) fn probe(&mut self, name: &str) -> Result<bool> {
        self.scan(name, |_| {})
    }

    /// Shows a part piece by piece while it is inflated under the limits; false when there is no such part.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub(super) fn scan(&mut self, name: &str, mut look: impl FnMut(&[u8])) -> Result<bool> {
        let Some(mut part) = self.part(name)? else { return Ok(false) };
        let mut chunk = vec![0_u8; part.declared().saturating_add(1).clamp(1 << 10, 64 << 10)];
        loop {
            let count = part.inflate(&mut chunk)?;
            look(chunk.get(..count).unwrap_or_default());
            if count < chunk.len() {
                return Ok(true);
            }
        }
    }

    /// A part that is inflated piece by piece; `None` when there is no such part.
    ///
    /// # Errors
    /// `malformed`, `encrypted`.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_>>> {
        let Some(&index) = self.names.get(&canonical(name)) else { return Ok(None) };
        let (limits, total) = (self.limits, &mut self.total);
        let (file, packed, declared): (Box<dyn Read + '_>, u64, u64) = match &mut self.store {
            Store::Zip(archive) => {
                let file = archive.by_index(index).map_err(|error| entry_error(&error).at(name))?;
                let (packed, declared) = (file.compressed_size().max(1), file.size());
                (Box::new(file), packed, declared)
            }
            Store::Flat(texts) => {
                let text = texts.get(index).map_or(&[][..], |text| text.as_bytes());
                let size = text.len() as u64;
                (Box::new(text), size.max(1), size)
            }
        };
        Ok(Some(Part { file, name: name.to_owned(), limits, total, size: 0, packed, declared }))
    }
}

/// A part that is being inflated.
pub(super) struct Part<'p> {
    file: Box<dyn Read + 'p>,
    name: String,
    limits: &'p Limits,
    /// Bytes that the package has cost.
    total: &'p mut u64,
    size: u64,
    packed: u64,
    /// The size that the directory gives.
    declared: u64,
}

impl Part<'_> {
    /// The size that the directory gives: a claim, for memory to begin with.
    pub(super) fn declared(&self) -> usize {
        usize::try_from(self.declared).unwrap_or(usize::MAX)
    }

    /// Inflates into `chunk` until it is full or the part ends, and counts.
    ///
    /// # Errors
    /// `malformed`, `truncated`, `limit-exceeded` (`part_bytes`, `total_bytes`, `inflation_ratio`).
    pub(super) fn inflate(&mut self, chunk: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while let Some(free) = chunk.get_mut(filled..).filter(|free| !free.is_empty()) {
            match self.file.read(free) {
                Ok(0) => break,
                Ok(count) => {
                    filled += count;
                    self.count(count)?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let cut = error.kind() == std::io::ErrorKind::UnexpectedEof;
                    let kind = if cut { ErrorKind::Truncated } else { ErrorKind::Malformed };
                    return Err(Error::new(kind, BROKEN_DATA).at(&self.name));
                }
            }
        }
        Ok(filled)
    }

    fn count(&mut self, bytes: usize) -> Result<()> {
        self.size += bytes as u64;
        *self.total += bytes as u64;
        let exceeded = if self.size > self.limits.part_bytes {
            Error::limit("part_bytes", self.limits.part_bytes)
        } else if *self.total > self.limits.total_bytes {
            Error::limit("total_bytes", self.limits.total_bytes)
        } else if self.size > RATIO_FREE_BYTES && self.size / self.packed > self.limits.inflation_ratio {
            Error::limit("inflation_ratio", self.limits.inflation_ratio)
        } else {
            return Ok(());
        };
        Err(exceeded.at(&self.name))
    }
}

fn entry_error(error: &ZipError) -> Error {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => {
            Error::new(ErrorKind::Encrypted, PROTECTED_PART)
        }
        ZipError::InvalidPassword => Error::new(ErrorKind::Encrypted, PROTECTED_PART),
        ZipError::Io(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::new(ErrorKind::Truncated, BROKEN_DATA)
        }
        _ => Error::new(ErrorKind::Malformed, BROKEN_DATA),
    }
}

/// The name in an entry's own header field: Office does not look at the extra field that may give it another one.
fn entry_name(archive: &mut ZipArchive<Cursor<&[u8]>>, bytes: &[u8], index: usize) -> Option<String> {
    let Ok(entry) = archive.by_index_raw(index) else {
        return archive.file_names().nth(index)?.ok().map(Cow::into_owned);
    };
    let header = usize::try_from(entry.central_header_start()).ok().and_then(|at| bytes.get(at..));
    let own = header.filter(|header| header.starts_with(b"PK\x01\x02")).and_then(|header| {
        let length = usize::from(u16::from_le_bytes(header.get(28..30)?.try_into().ok()?));
        std::str::from_utf8(header.get(46..46 + length)?).ok()
    });
    match own {
        Some(name) => Some(name.to_owned()),
        None => entry.name().ok().map(Cow::into_owned),
    }
}

/// What the record at the end of a ZIP says.
#[derive(Debug, Clone, Copy)]
struct DirectoryEnd {
    entries: usize,
}

/// Finds the end-of-central-directory record within the last 64 KiB and a bit, where it must be.
fn end_of_directory(bytes: &[u8]) -> Option<DirectoryEnd> {
    let tail = bytes.get(bytes.len().saturating_sub(66_000)..)?;
    let at = tail.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let entries = tail.get(at + 10..at + 12)?;
    let entries = usize::from(u16::from_le_bytes(entries.try_into().ok()?));
    // 0xFFFF sends the reader to the ZIP64 record; the archive itself is asked then.
    Some(DirectoryEnd { entries: if entries == 0xFFFF { 0 } else { entries } })
}

/// The form in which part names are compared.
fn canonical(name: &str) -> String {
    name.trim_start_matches(['/', '\\']).replace('\\', "/").to_lowercase()
}

/// `target` of a relationship of the part `base`, as a part name.
pub(super) fn resolve(base: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = base.split('/').collect();
    path.pop();
    for step in target.split(['/', '\\']) {
        match step {
            ".." => {
                path.pop();
            }
            "." | "" => {}
            step => path.push(step),
        }
    }
    path.join("/")
}

/// Name of the relationships part of `part`.
pub(super) fn relationships_of(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn parts_are_found_without_case_and_slash() {
        let bytes = zip_of(&[("Word/Document.xml", b"x")]);
        let limits = Limits::default();
        let mut package = Package::open(&bytes, &limits).unwrap();
        assert_eq!(package.read("/word/document.xml").unwrap(), Some(b"x".to_vec()));
        assert_eq!(package.read("word/none.xml").unwrap(), None);
    }

    #[test]
    fn bombs_and_cuts_are_refused() {
        let bytes = zip_of(&[("a", &vec![0; 8 << 20])]);
        let limits = Limits::default();
        let error = Package::open(&bytes, &limits).unwrap().read("a").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let cut = Package::open(&bytes[..bytes.len() / 2], &limits).err().unwrap();
        assert_eq!(cut.kind(), ErrorKind::Truncated);
    }

    #[test]
    fn targets_are_resolved_against_their_part() {
        let check = |base: &str, target: &str, expected: &str| assert_eq!(resolve(base, target), expected);
        check("word/document.xml", "styles.xml", "word/styles.xml");
        check("word/document.xml", "../custom/x.xml", "custom/x.xml");
        check("word/document.xml", "/word/styles.xml", "word/styles.xml");
        check("", "word/document.xml", "word/document.xml");
    }
}
