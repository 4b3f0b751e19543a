//! The document made comparable: clean text with section paths, tables with headers, labels and units found.
//!
//! In: a [`Document`]. Out: [`Normalized`], the same blocks and tables with what later stages need to know of their
//! shape. Nothing can go wrong here: what is not understood keeps its text and gets no role. Meaning (concepts, phases) is
//! not known at this level; the only Chinese words here are those that show the shape of forms.

mod header_words;
pub mod heading;
pub mod number;
mod numeral;
pub mod period;
pub mod table;
mod text;
pub mod unit;

pub use header_words::without_parentheses;
pub use number::{CellContent, Figure};
pub use table::{CellView, TableView};
pub(crate) use text::key_chars;
pub use text::{clean, fold, fold_char, key};
pub use unit::UnitMatch;

use crate::document::{Block, BlockId, BlockKind, Document, TableId, Text};

/// A document made comparable.
#[derive(Debug, Clone, Default)]
pub struct Normalized {
    /// Blocks in reading order; the index is the block id.
    pub blocks: Vec<BlockView>,
    /// Tables; the index is the table id.
    pub tables: Vec<TableView>,
    /// Title the container carries.
    pub title: Option<String>,
}

/// A block made comparable.
#[derive(Debug, Clone)]
pub struct BlockView {
    /// What it is, headings by numbering included.
    pub kind: BlockKind,
    /// Heading level or list depth.
    pub level: Option<u8>,
    /// Clean text.
    pub text: Text,
    /// Folded characters of `text`, one for one.
    pub chars: Vec<char>,
    /// Headings above it, outermost first.
    pub section: Vec<BlockId>,
    /// The table that stands here.
    pub table: Option<TableId>,
}

/// Normalizes a document.
#[must_use]
pub fn normalize(document: Document) -> Normalized {
    let blocks = blocks(&document.blocks);
    let hosts = table_hosts(&blocks, document.tables.len());
    let mut tables: Vec<TableView> = Vec::with_capacity(document.tables.len());
    for (index, table) in document.tables.into_iter().enumerate() {
        let host = hosts.get(index).copied().flatten();
        let above = host.and_then(|host| line_above(&blocks, host));
        let before = host.and_then(|host| table_before(&blocks, host)).and_then(|id| tables.get(id.0));
        let view = TableView::new(TableId(index), table, above, before);
        tables.push(view);
    }
    Normalized { blocks, tables, title: document.title.map(|title| clean(&title)) }
}

fn blocks(blocks: &[Block]) -> Vec<BlockView> {
    let mut open: Vec<(u8, BlockId)> = Vec::new();
    let mut views: Vec<BlockView> = Vec::with_capacity(blocks.len());
    for (index, block) in blocks.iter().enumerate() {
        let text = clean(&block.text);
        let marked = (block.kind == BlockKind::Heading).then(|| block.level.unwrap_or(1));
        let numbered = matches!(block.kind, BlockKind::Heading | BlockKind::Paragraph | BlockKind::ListItem)
            .then(|| heading::heading_level(&text))
            .flatten();
        // The numbering says more about the outline than styles, which are mixed freely in real reports.
        let level = numbered.or(marked);
        if let Some(level) = level {
            while open.last().is_some_and(|(above, _)| *above >= level) {
                open.pop();
            }
        }
        let section = open.iter().map(|(_, id)| *id).collect();
        if let Some(level) = level {
            open.push((level, BlockId(index)));
        }
        views.push(BlockView {
            kind: if level.is_some() { BlockKind::Heading } else { block.kind },
            level: level.or(block.level),
            chars: fold(&text),
            text: text.into(),
            section,
            table: block.table,
        });
    }
    views
}

fn table_hosts(blocks: &[BlockView], tables: usize) -> Vec<Option<usize>> {
    let mut hosts = vec![None; tables];
    for (index, block) in blocks.iter().enumerate() {
        if let Some(host) = block.table.and_then(|id| hosts.get_mut(id.0)) {
            *host = Some(index);
        }
    }
    hosts
}

/// The table in front of a table, when nothing stands between them but the mark of a continued one.
fn table_before(blocks: &[BlockView], host: usize) -> Option<TableId> {
    let mark =
        |block: &BlockView| matches!(&*key(&block.text), "" | "续表" | "(续表)" | "续上表" | "(续)" | "(接上表)");
    blocks.get(..host)?.iter().rev().find(|block| block.table.is_some() || !mark(block))?.table
}

/// The text right above a table, when it is a short line: a caption or a unit line.
fn line_above(blocks: &[BlockView], host: usize) -> Option<&Text> {
    let above = blocks.get(host.checked_sub(1)?)?;
    (above.table.is_none() && above.chars.len() <= 60).then_some(&above.text)
}
