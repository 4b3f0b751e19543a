//! Where something stands in a document.

use super::Text;

/// Index of a block in [`Document::blocks`](super::Document::blocks); shown as `b<index + 1>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub usize);

impl BlockId {
    /// The id in records.
    #[must_use]
    pub fn label(self) -> Text {
        format!("b{}", self.0 + 1).into()
    }
}

/// Index of a table in [`Document::tables`](super::Document::tables); shown as `t<index + 1>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub usize);

impl TableId {
    /// The id in records.
    #[must_use]
    pub fn label(self) -> Text {
        format!("t{}", self.0 + 1).into()
    }
}

/// A range of Unicode code points in a normalized text, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// The document as a whole.
    Document,
    /// A part of the container (`word/styles.xml`) or a sheet, by name.
    Part(String),
    /// A block, or a range of its normalized text.
    Block {
        /// Which block.
        block: BlockId,
        /// Which characters, when not the whole block.
        span: Option<Span>,
    },
    /// A table cell by its origin, or a range of its normalized text. Rows and columns count from 0.
    Cell {
        /// Which table.
        table: TableId,
        /// Row of the cell's origin.
        row: u32,
        /// Column of the cell's origin.
        col: u32,
        /// Which characters, when the cell holds several figures.
        span: Option<Span>,
    },
}
