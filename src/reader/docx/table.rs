//! Word tables while they are being read: cells on the grid of their rows.
//!
//! In: rows and cells with their properties in document order. Out: a [`Table`]. Wrong: merges that continue nothing
//! become cells of their own; more columns, rows or cells than `limits.rs` allows is an error.
//!
//! Follows ECMA-376 Part 1, 17.4: a cell covers `gridSpan` columns; `vMerge` continues the cell above that begins at the
//! same column; `gridBefore` and `gridAfter` leave columns without a cell.

use super::properties::{Cell as CellProperties, Merge, Row as RowProperties};
use crate::document::{Cell, GridBuilder, Table, TableId};
use crate::error::Result;
use crate::limits::Limits;

/// A table that is not closed yet.
pub(super) struct TableFrame {
    pub(super) id: TableId,
    /// The cell around it.
    pub(super) parent: Option<(TableId, u32, u32)>,
    cells: Vec<Cell>,
    row: u32,
    col: u32,
    cols: u32,
    row_properties: RowProperties,
    /// Columns that the table names.
    named: u32,
    /// Cells that want more columns than there are, by their place in `cells`.
    wide: Vec<usize>,
    /// Rows that are hidden.
    pub(super) hidden_rows: u32,
    /// Index into `cells` where the current row begins.
    row_start: usize,
    /// Vertical merges that the previous row left open, and those that the current row leaves open.
    open: Vec<VerticalMerge>,
    next_open: Vec<VerticalMerge>,
    current: Option<OpenCell>,
    in_row: bool,
}

#[derive(Debug, Clone, Copy)]
struct VerticalMerge {
    col: u32,
    span: u32,
    cell: usize,
}

/// The cell that is being read.
#[derive(Debug)]
pub(super) struct OpenCell {
    properties: CellProperties,
    pub(super) text: String,
    /// Paragraphs begun: all but the first begin on a new line.
    pub(super) paragraphs: usize,
    /// Boxes of form fields in it: a choice may go over several paragraphs.
    pub(super) boxes: Boxes,
}

/// Columns that Word gives a table at most.
const MOST_COLUMNS: u32 = 63;

/// How a box that is not ticked is written.
pub(super) const EMPTY_BOX: &str = "□";

/// Boxes of form fields. They are drawn, not written: beside a tick they show what else could be chosen; where nothing is ticked
/// they are places to fill in and say nothing.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    /// Where those without a tick stand in the text, in order.
    pub(super) empty: Vec<usize>,
    pub(super) ticked: bool,
}

impl Boxes {
    /// Takes over the boxes of a text of `length` bytes that was put into this one's at `at`.
    pub(super) fn insert(&mut self, at: usize, length: usize, other: &Self) {
        self.ticked |= other.ticked;
        self.empty.iter_mut().filter(|place| **place >= at).for_each(|place| *place += length);
        self.empty.extend(other.empty.iter().map(|place| place + at));
        self.empty.sort_unstable();
    }

    /// Moves all boxes behind a label of so many bytes.
    pub(super) fn shift(&mut self, length: usize) {
        self.empty.iter_mut().for_each(|place| *place += length);
    }

    /// Takes the empty boxes out of the text where nothing is ticked.
    pub(super) fn settle(self, text: &mut String) {
        for at in self.empty.into_iter().rev().filter(|_| !self.ticked) {
            text.replace_range(at..at + EMPTY_BOX.len(), "");
        }
    }
}

impl TableFrame {
    /// A table without rows.
    pub(super) fn new(id: TableId, parent: Option<(TableId, u32, u32)>) -> Self {
        Self {
            id,
            parent,
            cells: Vec::new(),
            row: 0,
            col: 0,
            cols: 0,
            row_properties: RowProperties::default(),
            named: 0,
            wide: Vec::new(),
            hidden_rows: 0,
            row_start: 0,
            open: Vec::new(),
            next_open: Vec::new(),
            current: None,
            in_row: false,
        }
    }

    /// The cell that is open.
    pub(super) fn cell(&mut self) -> Option<&mut OpenCell> {
        self.current.as_mut()
    }

    /// Where the open cell's origin stands.
    pub(super) fn place(&self) -> Option<(TableId, u32, u32)> {
        let cell = self.current.as_ref()?;
        let merged = self.continued(&cell.properties).and_then(|merge| self.cells.get(merge.cell));
        let (row, col) = merged.map_or((self.row, self.col), |origin| (origin.row, origin.col));
        Some((self.id, row, col))
    }

    /// A row begins.
    pub(super) fn open_row(&mut self) {
        self.in_row = true;
        self.col = 0;
        self.row_start = self.cells.len();
        self.row_properties = RowProperties::default();
        self.next_open.clear();
    }

    /// The row's properties.
    pub(super) fn set_row(&mut self, properties: RowProperties) {
        self.row_properties = properties;
        let before = self.fitting(self.row_properties.before);
        self.col = before;
    }

    /// The table names a column.
    pub(super) fn name_column(&mut self) {
        self.named = self.named.saturating_add(1);
    }

    /// How many cells wanted more columns than there are.
    pub(super) fn wide(&self) -> u32 {
        u32::try_from(self.wide.len()).unwrap_or(u32::MAX)
    }

    /// As many columns as there are from here on, where more are wanted than Word has.
    fn fitting(&self, wanted: u32) -> u32 {
        let there = self.named.max(self.cols).saturating_sub(self.col);
        if wanted > MOST_COLUMNS { wanted.min(there) } else { wanted }
    }

    /// A row ends.
    pub(super) fn close_row(&mut self) {
        if !self.in_row {
            return;
        }
        self.in_row = false;
        if self.row_properties.deleted || self.row_properties.hidden {
            self.hidden_rows += u32::from(self.row_properties.hidden && self.cells.len() > self.row_start);
            self.cells.truncate(self.row_start);
            self.wide.retain(|cell| *cell < self.row_start);
            return;
        }
        let after = self.fitting(self.row_properties.after);
        self.cols = self.cols.max(self.col.saturating_add(after));
        std::mem::swap(&mut self.open, &mut self.next_open);
        self.row = self.row.saturating_add(1);
    }

    /// A cell begins.
    pub(super) fn open_cell(&mut self) {
        let properties = CellProperties { span: 1, ..CellProperties::default() };
        self.current = Some(OpenCell { properties, text: String::new(), paragraphs: 0, boxes: Boxes::default() });
    }

    /// The open cell's properties.
    pub(super) fn set_cell(&mut self, properties: CellProperties) {
        if let Some(cell) = &mut self.current {
            cell.properties = properties;
        }
    }

    /// A cell ends; returns true when text of a cell that another one covers was dropped.
    pub(super) fn close_cell(&mut self) -> bool {
        let Some(OpenCell { properties, mut text, boxes, .. }) = self.current.take() else { return false };
        boxes.settle(&mut text);
        if properties.deleted {
            return !text.trim().is_empty();
        }
        // The standard wants a paragraph after a nested table; it is no line of the text.
        text.truncate(text.trim_end_matches('\n').len());
        let continued = self.continued(&properties);
        let (col, span) = (self.col, self.fitting(properties.span).max(1));
        if span < properties.span {
            self.wide.push(self.cells.len());
        }
        self.col = col.saturating_add(span);
        if properties.horizontal == Merge::Continue
            && self.cells.len() > self.row_start
            && let Some(previous) = self.cells.last_mut()
        {
            previous.col_span = previous.col_span.saturating_add(span);
            let all = previous.col_span;
            self.next_open.iter_mut().filter(|merge| merge.col == previous.col).for_each(|merge| merge.span = all);
            if !text.is_empty() {
                let line = if previous.text.is_empty() { "" } else { "\n" };
                previous.text = format!("{}{line}{text}", previous.text).into();
            }
            return false;
        }
        if let Some(merge) = continued {
            if let Some(origin) = self.cells.get_mut(merge.cell) {
                origin.row_span = (self.row - origin.row).saturating_add(1);
            }
            self.next_open.push(merge);
            return !text.trim().is_empty();
        }
        if properties.vertical != Merge::None {
            self.next_open.push(VerticalMerge { col, span, cell: self.cells.len() });
        }
        self.cells.push(Cell { col_span: span, ..Cell::at(self.row, col, text.into()) });
        false
    }

    /// Cells that wanted more columns than there are get those that their row has left.
    fn widen(&mut self) {
        for at in std::mem::take(&mut self.wide) {
            let row = self.cells.get(at).map(|cell| cell.row);
            let last = self.cells.get(at + 1).is_none_or(|next| Some(next.row) != row);
            if let Some(cell) = self.cells.get_mut(at).filter(|_| last) {
                cell.col_span = cell.col_span.max(self.cols.saturating_sub(cell.col));
            }
        }
    }

    fn continued(&self, properties: &CellProperties) -> Option<VerticalMerge> {
        if properties.vertical != Merge::Continue {
            return None;
        }
        self.open
            .iter()
            .find(|merge| merge.col == self.col && merge.span == self.fitting(properties.span).max(1))
            .copied()
    }

    /// The table ends. Returns it with the number of cells that overlapped.
    ///
    /// # Errors
    /// `limit-exceeded` for `rows`, `columns` or `cells`.
    pub(super) fn finish(mut self, limits: &Limits) -> Result<(Table, u32)> {
        self.widen();
        let mut builder = GridBuilder::new(limits);
        for cell in self.cells {
            builder.place(cell)?;
        }
        let overlaps = builder.overlaps();
        let mut table = Table::new(builder.finish(self.row, self.cols.min(limits.columns), true)?);
        table.parent = self.parent;
        Ok((table, overlaps))
    }
}
