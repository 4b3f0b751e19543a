//! The document while it is being read: blocks, tables and warnings under the document's limits.
//!
//! In: blocks and tables in the order in which a reader meets them. Out: a [`Document`] and its warnings, like events
//! counted together. Wrong: more blocks, tables, cells or characters than `limits.rs` allows.

use crate::document::{Block, BlockKind, Document, Grid, Location, Table, TableId, Warning, WarningKind};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Warnings that are looked through for an equal one.
const RECENT_WARNINGS: usize = 32;

/// Collects what one reader finds.
pub(super) struct Collector<'a> {
    pub(super) limits: &'a Limits,
    pub(super) blocks: Vec<Block>,
    pub(super) title: Option<String>,
    tables: Vec<Option<Table>>,
    warnings: Vec<Warning>,
    cells: usize,
    /// Bytes of texts so far.
    bytes: usize,
}

impl<'a> Collector<'a> {
    /// Nothing yet.
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, blocks: Vec::new(), title: None, tables: Vec::new(), warnings: Vec::new(), cells: 0, bytes: 0 }
    }

    /// Adds a block.
    ///
    /// # Errors
    /// `limit-exceeded` for `blocks`, `text_chars`, `document_bytes`.
    pub(super) fn push(&mut self, block: Block) -> Result<()> {
        let at = self.blocks.len();
        self.insert(at, block)
    }

    /// Adds a block before the one that stands at `at`.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub(super) fn insert(&mut self, at: usize, block: Block) -> Result<()> {
        self.count_text(&block.text)?;
        if self.blocks.len() >= self.limits.blocks {
            return Err(Error::limit("blocks", self.limits.blocks));
        }
        self.blocks.insert(at.min(self.blocks.len()), block);
        Ok(())
    }

    /// Adds a block of text unless it is blank.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub(super) fn push_text(&mut self, kind: BlockKind, level: Option<u8>, text: String) -> Result<()> {
        if is_blank(&text) {
            return Ok(());
        }
        self.push(Block { kind, level, text, table: None })
    }

    /// Keeps a place among the tables for one that begins here.
    ///
    /// # Errors
    /// `limit-exceeded` for `tables`.
    pub(super) fn reserve_table(&mut self) -> Result<TableId> {
        if self.tables.len() >= self.limits.tables {
            return Err(Error::limit("tables", self.limits.tables));
        }
        self.tables.push(None);
        Ok(TableId(self.tables.len() - 1))
    }

    /// Fills the place that was kept.
    ///
    /// # Errors
    /// `limit-exceeded` for `cells`, `text_chars`, `document_bytes`.
    pub(super) fn set_table(&mut self, id: TableId, table: Table) -> Result<()> {
        self.cells = self.cells.saturating_add(table.grid.rows() as usize * table.grid.cols() as usize);
        if self.cells > self.limits.cells {
            return Err(Error::limit("cells", self.limits.cells));
        }
        for cell in table.grid.cells() {
            self.count_text(&cell.text)?;
        }
        if let Some(slot) = self.tables.get_mut(id.0) {
            *slot = Some(table);
        }
        Ok(())
    }

    /// Adds a table with the block that marks its place.
    ///
    /// # Errors
    /// As for [`push`](Self::push) and [`set_table`](Self::set_table).
    pub(super) fn push_table(&mut self, table: Table) -> Result<TableId> {
        let id = self.reserve_table()?;
        self.push(Block::table(id))?;
        self.set_table(id, table)?;
        Ok(id)
    }

    fn count_text(&mut self, text: &str) -> Result<()> {
        // Bytes are an upper bound of characters and free to ask for.
        if text.len() > self.limits.text_chars && text.chars().count() > self.limits.text_chars {
            return Err(Error::limit("text_chars", self.limits.text_chars));
        }
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > self.limits.document_bytes {
            return Err(Error::limit("document_bytes", self.limits.document_bytes));
        }
        Ok(())
    }

    /// Reports an event.
    pub(super) fn warn(&mut self, kind: WarningKind, at: Location) {
        self.warn_times(kind, at, 1);
    }

    /// Reports an event that happened `count` times.
    pub(super) fn warn_times(&mut self, kind: WarningKind, at: Location, count: u32) {
        if count == 0 {
            return;
        }
        let recent = self.warnings.iter_mut().rev().take(RECENT_WARNINGS);
        match recent.into_iter().find(|warning| warning.kind == kind && warning.at == at) {
            Some(warning) => warning.count = warning.count.saturating_add(count),
            None => self.warnings.push(Warning { kind, at, count }),
        }
    }

    /// Whether anything is written in the document.
    pub(super) fn has_text(&self) -> bool {
        let cells = || self.tables.iter().flatten().flat_map(|table| table.grid.cells());
        self.blocks.iter().any(|block| !is_blank(&block.text)) || cells().any(|cell| !is_blank(&cell.text))
    }

    /// Closes the document.
    pub(super) fn finish(self) -> (Document, Vec<Warning>) {
        // A place that was kept is always filled, or the reader ended with an error; an empty table keeps ids in order.
        let tables =
            self.tables.into_iter().map(|table| table.unwrap_or_else(|| Table::new(Grid::default()))).collect();
        (Document { blocks: self.blocks, tables, title: self.title }, self.warnings)
    }
}

/// Nothing that ink would show.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_whitespace() || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{2060}'))
}
