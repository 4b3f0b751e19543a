//! File names: how they are shown, and which are passed over.
//!
//! In: names as the operating system gives them, any bytes. Out: text for people and logs; the rule that ignores a
//! name. Nothing can go wrong here.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::config::{Inbox, Pattern};

/// A name as text: bytes that are no UTF-8 and control characters become `\xNN`.
#[must_use]
pub fn show_name(name: &OsStr) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                let mut utf8 = [0; 4];
                escape(c.encode_utf8(&mut utf8).as_bytes(), &mut text);
            } else {
                text.push(c);
            }
        }
        escape(chunk.invalid(), &mut text);
    }
    text
}

/// A path's bytes as text, like [`show_name`].
pub(super) fn show_path(path: &[u8]) -> String {
    show_name(OsStr::from_bytes(path))
}

/// The bytes that a text of [`show_name`] stands for. A name that has such a text itself is read wrong.
pub(super) fn unshow_name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|byte| *byte >= 0x80 || byte.is_ascii_control()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.extend_from_slice(b"\\x");
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

fn escape(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "\\x{byte:02X}");
    }
}

/// Ends of names that programs give to what they have not finished, or keep aside.
const TEMPORARY: [&[u8]; 5] = [b".tmp", b".bak", b".swp", b".filepart", b".download"];

/// Why a file is passed over by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoreRule {
    /// `~$*`: the lock file of an office program.
    OfficeLock,
    /// `.*`.
    Hidden,
    /// `*.tmp`, `*.bak`, `*.swp`, `*.filepart`, `*.download`: what programs leave while they write.
    Temporary,
    /// `*.part`: a download under way.
    Part,
    /// `*.crdownload`: a download under way.
    ChromeDownload,
    /// `Thumbs.db`.
    Thumbs,
    /// `desktop.ini`.
    DesktopIni,
    /// `page_files/` or `page.files/` beside `page.htm(l)`: what a browser saves with a page.
    SavedPageFolder,
    /// A pattern of the inbox's `exclude`.
    Excluded,
    /// No pattern of the inbox's `include`.
    NotIncluded,
    /// A symbolic link, which is never followed.
    Symlink,
    /// A pipe, socket or device, which is never opened.
    NotAFile,
}

impl IgnoreRule {
    /// The rule's name in journal and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OfficeLock => "office-lock",
            Self::Hidden => "hidden",
            Self::Temporary => "temporary",
            Self::Part => "part",
            Self::ChromeDownload => "chrome-download",
            Self::Thumbs => "thumbs-db",
            Self::DesktopIni => "desktop-ini",
            Self::SavedPageFolder => "saved-page-folder",
            Self::Excluded => "excluded",
            Self::NotIncluded => "not-included",
            Self::Symlink => "symlink",
            Self::NotAFile => "not-a-file",
        }
    }

    /// The rule that ignores a file or folder of this name.
    #[must_use]
    pub fn of(name: &OsStr) -> Option<Self> {
        let name = name.as_bytes().to_ascii_lowercase();
        if name.starts_with(b"~$") {
            Some(Self::OfficeLock)
        } else if name.starts_with(b".") {
            Some(Self::Hidden)
        } else if TEMPORARY.iter().any(|end| name.ends_with(end)) {
            Some(Self::Temporary)
        } else if name.ends_with(b".part") {
            Some(Self::Part)
        } else if name.ends_with(b".crdownload") {
            Some(Self::ChromeDownload)
        } else if name == b"thumbs.db" {
            Some(Self::Thumbs)
        } else if name == b"desktop.ini" {
            Some(Self::DesktopIni)
        } else {
            None
        }
    }
}

impl Inbox {
    /// The rule that ignores a path of this inbox by its last name or its patterns. The folders above it are asked for
    /// by themselves.
    pub(super) fn rule_of(&self, path: &Path, is_folder: bool) -> Option<IgnoreRule> {
        let bytes = path.as_os_str().as_bytes();
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(bytes));
        IgnoreRule::of(path.file_name().unwrap_or_default()).or_else(|| {
            if fits(&self.exclude) {
                Some(IgnoreRule::Excluded)
            } else {
                let wanted = is_folder || self.include.is_empty() || fits(&self.include);
                (!wanted).then_some(IgnoreRule::NotIncluded)
            }
        })
    }
}

/// Stands between the path of a bundle and that of an entry in it.
const WITHIN: &str = "!/";

/// The path of a bundle's entry, as records and logs show it.
pub(super) fn within(bundle: &str, entry: &str) -> String {
    format!("{bundle}{WITHIN}{entry}")
}

/// The same as the journal keeps it.
pub(super) fn path_within(bundle: &Path, entry: &str) -> PathBuf {
    let mut path = bundle.as_os_str().to_owned();
    path.push(WITHIN);
    path.push(entry);
    path.into()
}

/// The file that has a path of the journal: the path itself, or the bundle it lies in.
pub(super) fn file_of(path: &[u8]) -> &[u8] {
    let at = path.windows(WITHIN.len()).position(|window| window == WITHIN.as_bytes());
    at.and_then(|at| path.get(..at)).unwrap_or(path)
}

/// A folder that a browser saved with a page: `page_files` or `page.files` beside `page.htm(l)`.
#[must_use]
pub fn is_saved_page(folder: &Path, name: &OsStr) -> bool {
    pages_of(name).iter().any(|page| folder.join(page).is_file())
}

/// Names of the pages with which a browser would save a folder of this name.
pub(super) fn pages_of(name: &OsStr) -> Vec<OsString> {
    let bytes = name.as_bytes();
    let stem = bytes.strip_suffix(b"_files").or_else(|| bytes.strip_suffix(b".files"));
    let page = |extension: &&[u8]| stem.map(|stem| OsString::from_vec([stem, *extension].concat()));
    [&b".html"[..], b".htm"].iter().filter_map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_shown() {
        for (bytes, text) in [
            (&b"a.docx"[..], "a.docx"),
            ("报告.docx".as_bytes(), "报告.docx"),
            (b"\xb1\xa8.docx", "\\xB1\\xA8.docx"),
            (b"a\nb\x7f", "a\\x0Ab\\x7F"),
            (b"", ""),
            (b"\\xZZ \\x", "\\xZZ \\x"),
        ] {
            assert_eq!(show_name(OsStr::from_bytes(bytes)), text);
            assert_eq!(unshow_name(text), bytes);
        }
    }

    #[test]
    fn rules() {
        for (name, rule) in [
            ("~$报告.docx", Some(IgnoreRule::OfficeLock)),
            (".DS_Store", Some(IgnoreRule::Hidden)),
            ("a.TMP", Some(IgnoreRule::Temporary)),
            ("a.docx.filepart", Some(IgnoreRule::Temporary)),
            ("a.docx.download", Some(IgnoreRule::Temporary)),
            ("a.txt.swp", Some(IgnoreRule::Temporary)),
            ("a.docx.BAK", Some(IgnoreRule::Temporary)),
            ("a.docx.part", Some(IgnoreRule::Part)),
            ("a.crdownload", Some(IgnoreRule::ChromeDownload)),
            ("Thumbs.db", Some(IgnoreRule::Thumbs)),
            ("desktop.ini", Some(IgnoreRule::DesktopIni)),
            ("tmp", None),
            ("a.docx", None),
            ("-rf.txt", None),
        ] {
            assert_eq!(IgnoreRule::of(OsStr::new(name)), rule, "{name}");
        }
    }
}
