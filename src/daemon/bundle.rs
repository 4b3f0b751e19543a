//! ZIP files of reports: which entries there are, and the bytes of one. Runs in a converting process only.
//!
//! In: the bytes of a ZIP file that is no document itself. Out: the entries that a person would have dropped one by one.
//! What can go wrong: more entries or bytes than allowed, a password, damage; each is an error of that entry or of all.
//!
//! Names are UTF-8 where they are valid so, else GB 18030, in which Chinese Windows writes them without saying so. Of
//! entries whose names are the same, or the same once they are plain, the later ones get a number: `a.txt`, `a#2.txt`.

mod directory;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use self::directory::{View, views};
use super::names::IgnoreRule;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// Folder that macOS adds to archives.
const MAC_FOLDER: &str = "__MACOSX";

/// Parts that say that a ZIP file is one document: Office, OpenDocument, Java, EPUB and OFD.
const PACKAGE_PARTS: [&str; 5] = ["[Content_Types].xml", "_rels/.rels", "mimetype", "META-INF/MANIFEST.MF", "OFD.xml"];

/// What is said of an entry that is packed as few programs do.
const UNREAD_METHOD: (&str, &str) = (
    "压缩方法不受支持，请用普通 ZIP（Deflate）重新压缩",
    "packed by a method that is not read; pack it anew as plain ZIP (deflate)",
);

/// An open bundle.
pub(super) struct Bundle<'a> {
    /// In each of them every name stands once.
    archives: Vec<ZipArchive<View<'a>>>,
    /// Archive and place in it of each entry.
    order: Vec<(usize, usize)>,
    limits: &'a Limits,
    /// Bytes that may still be inflated.
    allowance: u64,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Path in the bundle, with `/` between its parts.
    pub(super) name: String,
    /// It is a symbolic link, which leads nowhere.
    pub(super) is_link: bool,
    place: (usize, usize),
}

impl<'a> Bundle<'a> {
    /// Opens a bundle.
    pub(super) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self> {
        let views = views(bytes);
        if views.views.len() > limits.bundle_entries {
            return Err(Error::limit("bundle_entries", limits.bundle_entries));
        }
        let open = |view| ZipArchive::new(view).map_err(|error| fault(&error));
        let archives = views.views.into_iter().map(open).collect::<Result<Vec<_>>>()?;
        let all = || (0..archives.first().map_or(0, ZipArchive::len)).map(|index| (0, index)).collect();
        let order = views.order.unwrap_or_else(all);
        Ok(Self { archives, order, limits, allowance: limits.total_bytes })
    }

    /// A document that has lost its main part is damaged, and its other parts are no documents.
    pub(super) fn is_package(&self) -> bool {
        let named = |part: &str| self.archives.iter().any(|archive| archive.index_for_name(part).is_some());
        PACKAGE_PARTS.iter().any(|part| named(part))
    }

    /// Everything in it that is not passed over by its name, in the order of the directory.
    pub(super) fn entries(&mut self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut taken = BTreeSet::new();
        for place in &self.order {
            let Some(archive) = self.archives.get_mut(place.0) else { continue };
            let file = archive.by_index_raw(place.1).map_err(|error| fault(&error))?;
            let name = plain_name(file.name_raw());
            if !file.is_dir() && !is_passed_over(&name) {
                let name = own_name(name, &taken);
                taken.insert(name.clone());
                entries.push(Entry { name, is_link: file.is_symlink(), place: *place });
            }
        }
        if entries.len() > self.limits.bundle_entries {
            return Err(Error::limit("bundle_entries", self.limits.bundle_entries));
        }
        Ok(entries)
    }

    /// The bytes of one entry; declared sizes are not believed.
    pub(super) fn read(&mut self, entry: &Entry) -> Result<Vec<u8>> {
        let limit = self.limits.input_bytes.min(self.allowance);
        let damaged = || fault(&ZipError::FileNotFound);
        let archive = self.archives.get_mut(entry.place.0).ok_or_else(damaged)?;
        let packed = archive.by_index_raw(entry.place.1).map_err(|error| fault(&error))?;
        let is_read = matches!(packed.compression(), CompressionMethod::Stored | CompressionMethod::Deflated);
        if !is_read && !packed.encrypted() {
            return Err(Error::new(ErrorKind::UnsupportedFormat, UNREAD_METHOD));
        }
        drop(packed);
        let file = archive.by_index(entry.place.1).map_err(|error| fault(&error))?;
        let mut bytes = Vec::new();
        let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|_| Error::new(ErrorKind::Malformed, ("压缩数据已损坏", "the compressed data are broken")))?;
        let size = bytes.len() as u64;
        if size > limit {
            let name = if limit == self.limits.input_bytes { "input_bytes" } else { "total_bytes" };
            return Err(Error::limit(name, limit));
        }
        self.allowance -= size;
        Ok(bytes)
    }
}

fn fault(error: &ZipError) -> Error {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => {
            Error::new(ErrorKind::Encrypted, ("压缩包设有密码", "the archive has a password"))
        }
        _ => Error::new(ErrorKind::Malformed, ("ZIP 目录已损坏", "the ZIP directory is damaged")),
    }
}

/// A name as people see it; parts that would lead elsewhere lead nowhere, for names are never used as paths.
fn plain_name(raw: &[u8]) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0.into_owned(),
    };
    let parts = text.split(['/', '\\']).filter(|part| !part.is_empty() && *part != "." && *part != "..");
    let name: Vec<&str> = parts.collect();
    name.join("/").chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// The name, with a number before its extension where it is taken.
fn own_name(name: String, taken: &BTreeSet<String>) -> String {
    if !taken.contains(&name) {
        return name;
    }
    let start = name.rfind('/').map_or(0, |at| at + 1);
    let dot = name.rfind('.').filter(|dot| *dot > start).unwrap_or(name.len());
    let (stem, extension) = name.split_at_checked(dot).unwrap_or((&name, ""));
    let numbered = (2_u64..).map(|number| format!("{stem}#{number}{extension}"));
    numbered.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}

fn is_passed_over(name: &str) -> bool {
    let parts = Path::new(name).components();
    name.is_empty()
        || parts.into_iter().any(|part| part.as_os_str() == MAC_FOLDER || IgnoreRule::of(part.as_os_str()).is_some())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn names_are_plain() {
        for (raw, name) in [
            ("目录/报告.docx".as_bytes(), "目录/报告.docx"),
            (b"\xc4\xbf\xc2\xbc\\\xb1\xa8\xb8\xe6.docx", "目录/报告.docx"),
            (b"../../etc/passwd", "etc/passwd"),
            (b"/a/./b\n", "a/b\u{FFFD}"),
        ] {
            assert_eq!(plain_name(raw), name);
        }
    }

    /// Bytes in which one name has become another of the same length.
    fn renamed(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
        while let Some(at) = bytes.windows(from.len()).position(|window| window == from.as_bytes()) {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        bytes
    }

    /// The same archive with an end of 64 bits, as a program writes it that always does, and `extra` bytes after its
    /// numbers.
    fn as_zip64(bytes: &[u8], extra: usize) -> Vec<u8> {
        let at = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
        let (before, end) = bytes.split_at(at);
        let number = |at: usize, length: usize| -> u64 {
            end[at..at + length].iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
        };
        let (count, size, offset) = (number(10, 2), number(12, 4), number(16, 4));
        let wide = [
            &b"PK\x06\x06"[..],
            &(44 + extra as u64).to_le_bytes(),
            &[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &count.to_le_bytes(),
            &count.to_le_bytes(),
            &size.to_le_bytes(),
            &offset.to_le_bytes(),
            &vec![7; extra],
        ]
        .concat();
        let place = [&b"PK\x06\x07"[..], &[0; 4], &(offset + size).to_le_bytes(), &1_u32.to_le_bytes()].concat();
        [before, &wide, &place, &end[..8], &[0xFF; 12], &end[20..]].concat()
    }

    #[test]
    fn entries_of_one_name_are_entries_of_their_own() {
        let limits = Limits::default();
        let bytes = packed(&[
            ("x.txt", b"1"),
            ("../x.txt", b"2"),
            ("y.txt", b"3"),
            ("/x.txt", b"4"),
            ("a\\x.txt", b"5"),
            ("a/x.txt", b"6"),
            ("z\u{7}", b"7"),
            ("z\u{8}", b"8"),
            ("w.txt", b"9"),
        ]);
        // Names that are equal byte for byte, which no library writes.
        for bytes in
            [renamed(renamed(bytes.clone(), "y.txt", "x.txt"), "w.txt", "x.txt"), renamed(bytes, "y.txt", "w.txt")]
        {
            let wide = [as_zip64(&bytes, 0), as_zip64(&bytes, 9)];
            for bytes in [vec![bytes], wide.into()].concat() {
                for bytes in [bytes.clone(), [b"#!/bin/sh\n".to_vec(), bytes].concat()] {
                    let mut bundle = Bundle::open(&bytes, &limits).unwrap();
                    let entries = bundle.entries().unwrap();
                    let read: Vec<Vec<u8>> = entries.iter().map(|entry| bundle.read(entry).unwrap()).collect();
                    assert_eq!(read.concat(), b"123456789");
                    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
                    assert_eq!(names.len(), 9, "{names:?}");
                    assert!(names.contains("x#2.txt") && names.contains("a/x#2.txt") && names.contains("z\u{FFFD}#2"));
                }
            }
        }
        let same: Vec<(String, &[u8])> = (10..20).map(|number| (format!("{number}.txt"), &b"x"[..])).collect();
        let same: Vec<(&str, &[u8])> = same.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        let bytes = (10..20).fold(packed(&same), |bytes, number| renamed(bytes, &format!("{number}.txt"), "99.txt"));
        let few = Limits { bundle_entries: 9, ..Limits::default() };
        assert!(Bundle::open(&bytes, &few).is_err());
        assert_eq!(Bundle::open(&bytes, &limits).unwrap().entries().unwrap().len(), 10);
    }

    #[test]
    fn a_document_without_its_main_part_is_no_bundle() {
        let limits = Limits::default();
        for (part, package) in
            [("[Content_Types].xml", true), ("mimetype", true), ("OFD.xml", true), ("报告.txt", false)]
        {
            let bytes = packed(&[(part, b"x"), ("word/styles.xml", b"<x/>")]);
            assert_eq!(Bundle::open(&bytes, &limits).unwrap().is_package(), package, "{part}");
        }
    }

    #[test]
    fn limits_hold_for_what_is_inflated() {
        let bytes = packed(&[("a.txt", b"1234"), ("__MACOSX/a.txt", b"x"), ("~$a.docx", b"x"), ("b.txt", b"12345678")]);
        let limits = Limits { total_bytes: 10, ..Limits::default() };
        let mut bundle = Bundle::open(&bytes, &limits).unwrap();
        let entries = bundle.entries().unwrap();
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a.txt", "b.txt"]);
        assert_eq!(bundle.read(&entries[0]).unwrap(), b"1234");
        let error = bundle.read(&entries[1]).unwrap_err();
        assert!(error.to_string().contains("total_bytes"), "{error}");
        let few = Limits { bundle_entries: 1, ..Limits::default() };
        let error = Bundle::open(&bytes, &few).unwrap().entries().unwrap_err();
        assert!(error.to_string().contains("bundle_entries = 1"), "{error}");
    }
}
