//! Hashes over bytes and canonical JSON (RFC 8785).
//!
//! Keys are ASCII, so their byte order is the order the RFC asks for; numbers are integers. Long lists are written element by
//! element, so that hashing a record never holds a second copy of it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Record, TableEntry};
use crate::error::{Error, ErrorKind, Result};

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

/// Canonical JSON of a value.
///
/// # Errors
/// `internal` when the value cannot be represented as JSON.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<String> {
    let mut text = String::new();
    write_canonical(&to_value(value)?, &mut text);
    Ok(text)
}

fn to_value<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                write_key(key, index, out);
                write_canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        scalar => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{scalar}");
        }
    }
}

fn write_key(key: &str, index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
    out.push('"');
    out.push_str(key);
    out.push_str("\":");
}

/// Canonical JSON on its way into a hash.
struct Hasher {
    sha: Sha256,
    text: String,
}

impl Hasher {
    fn put<T: Serialize>(&mut self, value: &T) -> Result<()> {
        write_canonical(&to_value(value)?, &mut self.text);
        self.flush();
        Ok(())
    }

    fn flush(&mut self) {
        self.sha.update(self.text.as_bytes());
        self.text.clear();
    }

    fn key(&mut self, key: &str, index: usize) {
        write_key(key, index, &mut self.text);
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T) -> Result<()>) -> Result<()> {
        self.text.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            each(self, item)?;
        }
        self.text.push(']');
        Ok(())
    }

    fn table(&mut self, table: &TableEntry) -> Result<()> {
        let frame = to_value(&frame_of(table))?;
        let Value::Object(frame) = frame else { return Ok(()) };
        let mut entries: Vec<_> = frame.iter().collect();
        entries.sort_by(|a, b| a.0.cmp(b.0));
        self.text.push('{');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            self.key(key, index);
            if key == "cells" {
                self.list(&table.cells, Self::put)?;
            } else {
                write_canonical(value, &mut self.text);
            }
        }
        self.text.push('}');
        self.flush();
        Ok(())
    }
}

/// A table without its cells.
fn frame_of(table: &TableEntry) -> TableEntry {
    TableEntry {
        id: table.id.clone(),
        block: table.block.clone(),
        parent: table.parent.clone(),
        caption: table.caption.clone(),
        sheet: table.sheet.clone(),
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
        let mut out = Hasher { sha: Sha256::new(), text: String::from("{") };
        // In the order of the keys.
        out.key("$schema", 0);
        out.put(&self.schema)?;
        out.key("blocks", 1);
        out.list(&self.blocks, Hasher::put)?;
        out.key("checks", 1);
        out.list(&self.checks, Hasher::put)?;
        out.key("coverage", 1);
        out.put(&self.coverage)?;
        out.key("document", 1);
        out.put(&self.document)?;
        out.key("facts", 1);
        out.list(&self.facts, Hasher::put)?;
        out.key("findings", 1);
        out.list(&self.findings, Hasher::put)?;
        out.key("indicators", 1);
        out.list(&self.indicators, Hasher::put)?;
        out.key("record_id", 1);
        out.put(&self.record_id)?;
        out.key("schema_version", 1);
        out.put(&self.schema_version)?;
        out.key("source", 1);
        out.put(&self.source)?;
        out.key("tables", 1);
        out.list(&self.tables, Hasher::table)?;
        out.key("warnings", 1);
        out.list(&self.warnings, Hasher::put)?;
        out.text.push('}');
        out.flush();
        Ok(hex(&out.sha.finalize()))
    }
}
