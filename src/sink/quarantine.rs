//! Quarantine entries: `<id>.reason.json` says why a source gave no record and what to do; the source itself stands
//! beside it as `<id>.<extension>`.
//!
//! In: an error and what is known of the source. Out: names and the reason's JSON. Nothing can go wrong here.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::record::{Message, sha256_hex};

/// Why a source stands in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Names the entry and its files.
    pub id: String,
    /// Stable error code.
    pub code: String,
    /// What is wrong.
    pub message: Message,
    /// What to do about it.
    pub advice: Message,
    /// The source's name; bytes that are no text are escaped as `\xNN`.
    pub name: String,
    /// Its path in the inbox.
    pub path: String,
    /// The inbox.
    pub inbox: String,
    /// sha256 of its bytes, null when they could not be read.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The entry that the same content gave before.
    pub same_as: Option<String>,
    /// When it was put here (RFC 3339, UTC).
    pub at: String,
    /// Version of hedui that judged it.
    pub tool_version: String,
}

impl Reason {
    /// The file's content: indented JSON with a line feed at the end.
    ///
    /// # Errors
    /// `internal` when it cannot be represented as JSON.
    pub fn render(&self) -> crate::error::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::new(crate::error::ErrorKind::Internal, error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// An entry's id: the content's hash and that of the place it came from, so that trying again gives the same id.
#[must_use]
pub fn quarantine_id(sha256: Option<&str>, inbox: &str, path: &[u8]) -> String {
    let content = sha256.and_then(|hash| hash.get(..16)).unwrap_or("unreadable");
    let mut origin = inbox.as_bytes().to_vec();
    origin.push(0);
    origin.extend_from_slice(path);
    let origin = sha256_hex(&origin);
    format!("{content}-{}", origin.get(..6).unwrap_or_default())
}

/// Name of an entry's reason file.
#[must_use]
pub fn reason_file(id: &str) -> String {
    format!("{id}.reason.json")
}

/// Name of an entry's source: the extension is kept when it is a plain one, so that the file opens where it should.
#[must_use]
pub fn source_file(id: &str, name: &Path) -> String {
    let extension = name.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let plain = !extension.is_empty() && extension.len() <= 8 && extension.chars().all(|c| c.is_ascii_alphanumeric());
    let extension = if plain { extension.to_ascii_lowercase() } else { "bin".to_owned() };
    format!("{id}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_nothing_dangerous_from_the_source() {
        for (name, file) in [
            ("报告.DOCX", "i.docx"),
            ("a", "i.bin"),
            ("a.b c", "i.bin"),
            ("a.../x.报", "i.bin"),
            ("a.verylongextension", "i.bin"),
        ] {
            assert_eq!(source_file("i", Path::new(name)), file);
        }
        let id = quarantine_id(Some(&"ab".repeat(32)), "inbox", b"a.docx");
        assert!(id.starts_with("abababababababab-") && id.len() == 23, "{id}");
        assert_ne!(id, quarantine_id(Some(&"ab".repeat(32)), "inbox", b"b.docx"));
        assert!(quarantine_id(None, "inbox", b"b").starts_with("unreadable-"));
    }
}
