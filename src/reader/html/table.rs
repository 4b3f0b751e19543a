//! HTML tables while they are being walked.
//!
//! In: row groups, rows and cells in document order. Out: a [`Table`]. Wrong: nothing but limits; odd spans are cut to what
//! the standard allows.
//!
//! Follows the HTML standard, 4.9.12 "forming a table": a cell takes the next free column, `rowspan=0` reaches to the end
//! of its row group, no cell leaves its row group, spans end at 1000 columns and 65534 rows.

use crate::document::{Cell, GridBuilder, Table, TableId};
use crate::error::Result;
use crate::limits::Limits;

/// A table that is not closed yet.
pub(super) struct TableFrame {
    pub(super) id: TableId,
    pub(super) parent: Option<(TableId, u32, u32)>,
    pub(super) caption: Option<String>,
    builder: GridBuilder,
    rows: u32,
    /// One past the last row of the current row group.
    group_end: u32,
    col: u32,
    current: Option<Cell>,
    /// Text of the open cell.
    text: String,
}

impl TableFrame {
    /// A table without rows.
    pub(super) fn new(id: TableId, parent: Option<(TableId, u32, u32)>, limits: &Limits) -> Self {
        Self {
            id,
            parent,
            caption: None,
            builder: GridBuilder::new(limits).keep_spans(),
            rows: 0,
            group_end: 0,
            col: 0,
            current: None,
            text: String::new(),
        }
    }

    /// A row group of so many rows begins.
    pub(super) fn open_group(&mut self, rows: usize) {
        self.group_end = self.rows.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
    }

    /// A row begins.
    pub(super) fn open_row(&mut self) {
        self.rows = self.rows.saturating_add(1);
        self.group_end = self.group_end.max(self.rows);
        self.col = 0;
    }

    /// A cell begins; its place is known from here on. A span of no rows reaches to the end of the row group.
    pub(super) fn open_cell(&mut self, header: bool, cols: u16, rows: u16) {
        if self.rows == 0 {
            self.open_row();
        }
        let row = self.rows - 1;
        let left = self.group_end.saturating_sub(row).max(1);
        let row_span = if rows == 0 { left } else { u32::from(rows).min(left) };
        let col_span = u32::from(cols);
        let col = self.builder.next_free(row, self.col);
        self.text.clear();
        self.current = Some(Cell { row, col, row_span, col_span, header, ..Cell::default() });
    }

    /// The text of the open cell.
    pub(super) fn text(&mut self) -> Option<&mut String> {
        self.current.is_some().then_some(&mut self.text)
    }

    /// Where the open cell stands.
    pub(super) fn place(&self) -> Option<(TableId, u32, u32)> {
        self.current.as_ref().map(|cell| (self.id, cell.row, cell.col))
    }

    /// A cell ends.
    ///
    /// # Errors
    /// `limit-exceeded` for `rows`, `columns` or `cells`.
    pub(super) fn close_cell(&mut self) -> Result<()> {
        if let Some(mut cell) = self.current.take() {
            cell.text = self.text.as_str().into();
            self.col = cell.col.saturating_add(cell.col_span);
            self.builder.place(cell)?;
        }
        Ok(())
    }

    /// The table ends. Returns it with the number of cells that overlapped.
    ///
    /// # Errors
    /// `limit-exceeded` for `cells`.
    pub(super) fn finish(self) -> Result<(Table, u32)> {
        let overlaps = self.builder.overlaps();
        let mut table = Table::new(self.builder.finish(self.rows, 0, true)?);
        table.parent = self.parent;
        table.caption = self.caption;
        Ok((table, overlaps))
    }
}
