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

const MAX_COLSPAN: u32 = 1000;
const MAX_ROWSPAN: u32 = 65_534;

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

    /// A cell begins; its place is known from here on.
    pub(super) fn open_cell(&mut self, header: bool, colspan: Option<&str>, rowspan: Option<&str>) {
        if self.rows == 0 {
            self.open_row();
        }
        let row = self.rows - 1;
        let left = self.group_end.saturating_sub(row).max(1);
        let row_span = match span(rowspan) {
            Some(0) => left,
            Some(rows) => rows.min(MAX_ROWSPAN).min(left),
            None => 1,
        };
        let col_span = span(colspan).unwrap_or(1).clamp(1, MAX_COLSPAN);
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

/// A non-negative integer by the standard's lenient rules: leading spaces, digits, anything after them.
fn span(value: Option<&str>) -> Option<u32> {
    let value = value?.trim_start();
    let value = value.strip_prefix('+').unwrap_or(value);
    let end = value.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(value.len());
    let digits = value.get(..end).filter(|digits| !digits.is_empty())?;
    Some(digits.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_leniently() {
        let check = |value: &str, expected: Option<u32>| assert_eq!(span(Some(value)), expected, "{value}");
        check("2", Some(2));
        check(" 3px", Some(3));
        check("+4", Some(4));
        check("0", Some(0));
        check("-1", None);
        check("", None);
        check("99999999999", Some(u32::MAX));
    }
}
