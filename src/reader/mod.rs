//! Bytes in, [`Document`](crate::document::Document) out.

use crate::document::{Block, BlockKind, Document, Format, Reading};
use crate::error::Result;
use crate::limits::Limits;

/// Reads one source. `name` is the file's name, used only to report an extension that does not match.
///
/// # Errors
/// Every kind of [`ErrorKind`](crate::error::ErrorKind) but `unreadable` and `unknown-pipeline`.
pub fn read(bytes: &[u8], _name: &str, _limits: &Limits) -> Result<Reading> {
    let text = String::from_utf8_lossy(bytes);
    let blocks = text.lines().map(|line| Block::text(BlockKind::Paragraph, line)).collect();
    Ok(Reading {
        document: Document { blocks, ..Document::default() },
        format: Format::Text,
        encoding: None,
        warnings: Vec::new(),
    })
}
