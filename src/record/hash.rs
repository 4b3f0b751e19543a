//! Hashes over bytes and over the canonical JSON of records, which is written list by list and element by element, so that
//! hashing never holds a second copy of a record.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::canonical::{Writer, canonical_json};
use super::{Record, TableEntry};
use crate::error::Result;

/// sha256 as 64 hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Canonical JSON on its way into a hash.
struct Hasher {
    sha: Sha256,
    writer: Writer,
}

impl Hasher {
    fn put<T: Serialize>(&mut self, value: &T) -> Result<()> {
        self.writer.bytes.clear();
        self.writer.put(value)?;
        self.sha.update(&self.writer.bytes);
        Ok(())
    }

    /// Punctuation between canonical values.
    fn raw(&mut self, text: &str) {
        self.sha.update(text.as_bytes());
    }

    fn key(&mut self, key: &str, first: bool) {
        self.raw(if first { "\"" } else { ",\"" });
        self.raw(key);
        self.raw("\":");
    }

    fn member<T: Serialize>(&mut self, key: &str, value: &T) -> Result<()> {
        self.key(key, key == "$schema");
        self.put(value)
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T) -> Result<()>) -> Result<()> {
        self.raw("[");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            each(self, item)?;
        }
        self.raw("]");
        Ok(())
    }

    /// A table's members up to `cells` in the order of keys, its cells one by one, the rest.
    fn table(&mut self, table: &TableEntry) -> Result<()> {
        let frame = canonical_json(&frame_of(table))?;
        let (before, after) = frame.split_once(NO_CELLS).unwrap_or((frame.as_str(), ""));
        self.raw(before);
        self.raw("\"cells\":");
        self.list(&table.cells, Self::put)?;
        self.raw(after);
        Ok(())
    }
}

/// How the cells of a table without cells are written; block and caption, the texts before it, escape their quotes.
const NO_CELLS: &str = "\"cells\":[]";

/// A table without its cells.
fn frame_of(table: &TableEntry) -> TableEntry {
    TableEntry {
        id: table.id.clone(),
        block: table.block.clone(),
        parent: table.parent.clone(),
        caption: table.caption.clone(),
        sheet: table.sheet.clone(),
        origin: table.origin,
        hidden: table.hidden,
        hidden_rows: table.hidden_rows.clone(),
        hidden_cols: table.hidden_cols.clone(),
        unit: table.unit.clone(),
        kind: table.kind.clone(),
        rows: table.rows,
        cols: table.cols,
        header_rows: table.header_rows.clone(),
        header_cols: table.header_cols.clone(),
        cells: Vec::new(),
    }
}

impl Record {
    /// Computes `content_hash` over everything but `run` and the hash itself.
    ///
    /// # Errors
    /// `internal` when the record cannot be represented as JSON.
    pub fn compute_content_hash(&self) -> Result<String> {
        let mut out = Hasher { sha: Sha256::new(), writer: Writer::default() };
        // In the order of the keys.
        out.raw("{");
        out.member("$schema", &self.schema)?;
        out.key("blocks", false);
        out.list(&self.blocks, Hasher::put)?;
        out.key("checks", false);
        out.list(&self.checks, Hasher::put)?;
        out.member("coverage", &self.coverage)?;
        out.member("document", &self.document)?;
        out.key("facts", false);
        out.list(&self.facts, Hasher::put)?;
        out.member("findings", &self.findings)?;
        out.key("indicators", false);
        out.list(&self.indicators, Hasher::put)?;
        out.member("record_id", &self.record_id)?;
        out.member("schema_version", &self.schema_version)?;
        out.member("source", &self.source)?;
        out.key("tables", false);
        out.list(&self.tables, Hasher::table)?;
        out.member("warnings", &self.warnings)?;
        out.raw("}");
        Ok(hex(&out.sha.finalize()))
    }
}
