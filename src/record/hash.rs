//! Hashes over bytes and canonical JSON (RFC 8785).
//!
//! Keys are ASCII, so their byte order is the order the RFC asks for; numbers are integers. Objects are sorted in the bytes
//! that the serializer writes, list by list and element by element, so that hashing never holds a second copy of a record.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io;
use std::rc::Rc;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
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
    let text = Rc::default();
    write_canonical(value, &text)?;
    let bytes = text.take();
    String::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

/// Bytes that the serializer and the formatter both see.
type Shared = Rc<RefCell<Vec<u8>>>;

fn write_canonical<T: Serialize>(value: &T, out: &Shared) -> Result<()> {
    let formatter = Sorted { bytes: Rc::clone(out), open: Vec::new() };
    let mut serializer = serde_json::Serializer::with_formatter(Sink(Rc::clone(out)), formatter);
    value.serialize(&mut serializer).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

struct Sink(Shared);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sorts the members of each object when it is closed.
struct Sorted {
    bytes: Shared,
    open: Vec<Object>,
}

/// An object that is being written: where its members stand.
struct Object {
    start: usize,
    members: Vec<Member>,
}

struct Member {
    start: usize,
    key_end: usize,
    end: usize,
}

impl Sorted {
    fn length(&self) -> usize {
        self.bytes.borrow().len()
    }

    fn close(&self, mut object: Object) {
        let mut bytes = self.bytes.borrow_mut();
        let part = |member: &Member, to: usize| bytes.get(member.start..to).unwrap_or_default();
        object.members.sort_by(|a, b| part(a, a.key_end).cmp(part(b, b.key_end)));
        let mut sorted = Vec::with_capacity(bytes.len() - object.start);
        for (index, member) in object.members.iter().enumerate() {
            if index > 0 {
                sorted.push(b',');
            }
            sorted.extend_from_slice(part(member, member.end));
        }
        bytes.truncate(object.start);
        bytes.extend_from_slice(&sorted);
    }
}

impl Formatter for Sorted {
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        CompactFormatter.begin_object(writer)?;
        self.open.push(Object { start: self.length(), members: Vec::new() });
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        let start = self.length();
        if let Some(object) = self.open.last_mut() {
            object.members.push(Member { start, key_end: start, end: start });
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let end = self.length();
        if let Some(member) = self.open.last_mut().and_then(|object| object.members.last_mut()) {
            member.key_end = end;
        }
        Ok(())
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let end = self.length();
        if let Some(member) = self.open.last_mut().and_then(|object| object.members.last_mut()) {
            member.end = end;
        }
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(object) = self.open.pop() {
            self.close(object);
        }
        CompactFormatter.end_object(writer)
    }
}

/// Canonical JSON on its way into a hash.
struct Hasher {
    sha: Sha256,
    text: Shared,
}

impl Hasher {
    fn put<T: Serialize>(&mut self, value: &T) -> Result<()> {
        write_canonical(value, &self.text)?;
        self.flush();
        Ok(())
    }

    /// Punctuation between canonical values.
    fn raw(&mut self, text: &str) {
        self.sha.update(text.as_bytes());
    }

    fn flush(&mut self) {
        let mut text = self.text.borrow_mut();
        self.sha.update(text.as_slice());
        text.clear();
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
        let mut out = Hasher { sha: Sha256::new(), text: Rc::default() };
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
