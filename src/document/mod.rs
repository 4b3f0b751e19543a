//! What a reader makes of a source: blocks in reading order, tables on grids, warnings.
//!
//! The model is format-neutral and says nothing about meaning. Text is kept as the source has it (widths, spaces);
//! `normalize` works on a copy. Block and table ids are indexes into the document and become `b1`, `t1`, ... in a record.

mod location;
mod quantity;
mod table;
mod warning;

pub use location::{BlockId, Location, Span, TableId};
pub use quantity::{Bound, Quantity, Unit};
pub use table::{Cell, CellSource, Grid, GridBuilder, Slot, Table};
pub use warning::{Warning, WarningKind};

use std::sync::Arc;

/// Text that stands in many places: labels, units, ids. Copies share its characters.
pub type Text = Arc<str>;

/// One source as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Blocks in reading order; a table's block stands where the table stands.
    pub blocks: Vec<Block>,
    /// Tables in document order, nested ones after the table that holds them.
    pub tables: Vec<Table>,
    /// Title the container carries beside the text (HTML `<title>`), as printed.
    pub title: Option<String>,
}

impl Document {
    /// The table behind an id.
    #[must_use]
    pub fn table(&self, id: TableId) -> Option<&Table> {
        self.tables.get(id.0)
    }
}

/// One block: a paragraph, or the place of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is by its markup (a heading only when the source says so).
    pub kind: BlockKind,
    /// Heading level from 1, or list depth from 1, when the source says so.
    pub level: Option<u8>,
    /// The text as printed, a computed automatic number's label in front; lines are separated by `\n`. Empty for tables.
    pub text: String,
    /// The table that stands here, for [`BlockKind::Table`].
    pub table: Option<TableId>,
}

impl Block {
    /// A block of text.
    #[must_use]
    pub fn text(kind: BlockKind, text: impl Into<String>) -> Self {
        Self { kind, level: None, text: text.into(), table: None }
    }

    /// The place of a table.
    #[must_use]
    pub fn table(id: TableId) -> Self {
        Self { kind: BlockKind::Table, level: None, text: String::new(), table: Some(id) }
    }
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// A heading by style, outline level or tag.
    Heading,
    /// Running text.
    Paragraph,
    /// An item of a list.
    ListItem,
    /// The place of a table.
    Table,
    /// A table's or figure's caption.
    Caption,
    /// A footnote or endnote.
    Note,
    /// The content of a text box.
    TextBox,
    /// A page header.
    Header,
    /// A page footer.
    Footer,
}

/// The container or syntax a source turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// WordprocessingML in a ZIP package.
    Docx,
    /// SpreadsheetML in a ZIP package.
    Xlsx,
    /// BIFF workbook (Excel 97-2003, WPS .et).
    Xls,
    /// Binary workbook in a ZIP package.
    Xlsb,
    /// OpenDocument spreadsheet.
    Ods,
    /// HTML page or fragment.
    Html,
    /// HTML page with its parts in one MIME message.
    Mhtml,
    /// Excel 2003 XML.
    SpreadsheetMl,
    /// WordprocessingML in one text: Word 2003 XML, or a package that is not zipped.
    WordXml,
    /// Comma- or tab-separated values.
    Csv,
    /// Plain text.
    Text,
}

impl Format {
    /// The format's name in a record.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Xlsb => "xlsb",
            Self::Ods => "ods",
            Self::Html => "html",
            Self::Mhtml => "mhtml",
            Self::SpreadsheetMl => "spreadsheetml",
            Self::WordXml => "wordxml",
            Self::Csv => "csv",
            Self::Text => "text",
        }
    }

    /// File name extensions (lower case) that honestly name this format.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Docx => &["docx", "docm", "dotx", "dotm"],
            Self::Xlsx => &["xlsx", "xlsm", "xltx", "xltm"],
            Self::Xls => &["xls", "xlt", "et"],
            Self::Xlsb => &["xlsb"],
            Self::Ods => &["ods", "fods"],
            Self::Html => &["html", "htm", "xhtml", "shtml"],
            Self::Mhtml => &["mht", "mhtml"],
            Self::SpreadsheetMl | Self::WordXml => &["xml"],
            Self::Csv => &["csv", "tsv"],
            Self::Text => &["txt", "text", "md"],
        }
    }
}

/// How the bytes of a text format became characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// WHATWG name of the encoding that was used, in lower case (`utf-8`, `gb18030`, `big5`, `utf-16le`).
    pub label: String,
    /// Why it was chosen.
    pub basis: EncodingBasis,
    /// The label that the page itself declares, as written.
    pub declared: Option<String>,
    /// Byte sequences that had no character and became U+FFFD.
    pub replacements: u64,
    /// The text looks like UTF-8 that was once decoded as GBK: its figures may be damaged.
    pub suspect_mojibake: bool,
}

/// The evidence for an encoding, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EncodingBasis {
    /// A byte order mark.
    Bom,
    /// Every byte sequence is valid UTF-8 (a cut tail allowed).
    ValidUtf8,
    /// Several encodings fitted equally well, the page's own label decided.
    Declared,
    /// The text that came out is the most likely Chinese.
    Detected,
    /// The container prescribes it.
    Container,
}

/// What a reader returns: the document, how it was recognized, and what was skipped or repaired on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The document.
    pub document: Document,
    /// What the content turned out to be, whatever the name says.
    pub format: Format,
    /// For text formats, how the bytes were decoded.
    pub encoding: Option<Encoding>,
    /// What was skipped, repaired or undecided, in document order.
    pub warnings: Vec<Warning>,
}
