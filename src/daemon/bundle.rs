//! ZIP files of reports: which entries there are, and the bytes of one. Runs in a converting process only.
//!
//! In: the bytes of a ZIP file that is no document itself. Out: the entries that a person would have dropped one by one.
//! What can go wrong: more entries or bytes than allowed, a password, damage; each is an error of that entry or of all.
//!
//! Names are UTF-8 where they are valid so, else GB 18030, in which Chinese Windows writes them without saying so.

use std::io::{Cursor, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::names::IgnoreRule;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// Folder that macOS adds to archives.
const MAC_FOLDER: &str = "__MACOSX";

/// Parts that say that a ZIP file is one document: Office, OpenDocument, Java and EPUB.
const PACKAGE_PARTS: [&str; 4] = ["[Content_Types].xml", "_rels/.rels", "mimetype", "META-INF/MANIFEST.MF"];

/// An open bundle.
pub(super) struct Bundle<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    limits: &'a Limits,
    /// Bytes that may still be inflated.
    allowance: u64,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Path in the bundle, with `/` between its parts.
    pub(super) name: String,
    index: usize,
}

impl<'a> Bundle<'a> {
    /// Opens a bundle.
    pub(super) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| fault(&error))?;
        Ok(Self { archive, limits, allowance: limits.total_bytes })
    }

    /// A document that has lost its main part is damaged, and its other parts are no documents.
    pub(super) fn is_package(&self) -> bool {
        let named = |part: &str| self.archive.index_for_name(part).is_some();
        PACKAGE_PARTS.iter().any(|part| named(part))
    }

    /// Everything in it that is not passed over by its name, in the order of the directory.
    pub(super) fn entries(&mut self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for index in 0..self.archive.len() {
            let file = self.archive.by_index_raw(index).map_err(|error| fault(&error))?;
            let name = plain_name(file.name_raw());
            if !file.is_dir() && !is_passed_over(&name) {
                entries.push(Entry { name, index });
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
        let file = self.archive.by_index(entry.index).map_err(|error| fault(&error))?;
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

fn is_passed_over(name: &str) -> bool {
    let parts = Path::new(name).components();
    name.is_empty()
        || parts.into_iter().any(|part| part.as_os_str() == MAC_FOLDER || IgnoreRule::of(part.as_os_str()).is_some())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

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

    #[test]
    fn a_document_without_its_main_part_is_no_bundle() {
        let limits = Limits::default();
        for (part, package) in [("[Content_Types].xml", true), ("mimetype", true), ("报告.txt", false)] {
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
