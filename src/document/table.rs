//! Tables on grids: every position exactly once, the origin of a cell or covered by one.
//!
//! Follows the HTML table model for all formats: a later cell never moves an earlier one, and a position belongs to the
//! cell that came first. A span that would overlap is cut at the occupied position, or, for HTML itself, kept as it is
//! printed. Only [`GridBuilder`] makes a [`Grid`], so the invariant has one home.

use std::num::NonZeroU32;

use super::{Location, TableId, Text};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// A table with what the source says beside its grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The cells at their places.
    pub grid: Grid,
    /// The cell that holds this table, for nested tables.
    pub parent: Option<(TableId, u32, u32)>,
    /// Caption by markup.
    pub caption: Option<String>,
    /// Name of the worksheet, for workbooks.
    pub sheet: Option<String>,
    /// Row and column of the worksheet at which the grid begins.
    pub sheet_origin: (u32, u32),
    /// The sheet is hidden.
    pub hidden: bool,
    /// Hidden rows, in order.
    pub hidden_rows: Vec<u32>,
    /// Hidden columns, in order.
    pub hidden_cols: Vec<u32>,
}

impl Table {
    /// A visible table of its own.
    #[must_use]
    pub fn new(grid: Grid) -> Self {
        Self {
            grid,
            parent: None,
            caption: None,
            sheet: None,
            sheet_origin: (0, 0),
            hidden: false,
            hidden_rows: Vec::new(),
            hidden_cols: Vec::new(),
        }
    }
}

/// A cell. Its origin and spans are what the grid says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// Row of the origin.
    pub row: u32,
    /// Column of the origin.
    pub col: u32,
    /// Rows covered, at least 1.
    pub row_span: u32,
    /// Columns covered, at least 1.
    pub col_span: u32,
    /// Text as shown, paragraphs and line breaks separated by `\n`, without that of nested tables.
    pub text: Text,
    /// The markup calls it a header (`<th>`).
    pub header: bool,
    /// For workbooks: what is stored behind the shown text.
    pub source: Option<CellSource>,
}

/// What a workbook stores behind a shown value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSource {
    /// The stored value: a decimal string of at most 15 significant digits, or text.
    pub raw: Text,
    /// Number format code, when it is not General.
    pub format: Option<Text>,
    /// Formula without the leading `=`.
    pub formula: Option<Text>,
}

impl Cell {
    /// A cell of one position.
    #[must_use]
    pub fn at(row: u32, col: u32, text: Text) -> Self {
        Self { row, col, row_span: 1, col_span: 1, text, header: false, source: None }
    }

    /// Its location in `table`.
    #[must_use]
    pub fn location(&self, table: TableId) -> Location {
        Location::Cell { table, row: self.row, col: self.col, span: None }
    }
}

/// What stands at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The cell with this index has its origin here.
    Origin(usize),
    /// The cell whose origin is at this row and column covers the position.
    Covered {
        /// Row of the covering cell's origin.
        row: u32,
        /// Column of the covering cell's origin.
        col: u32,
    },
}

/// Cells on a rectangle of `rows` x `cols` positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    rows: u32,
    cols: u32,
    /// For each position, row by row, the index of the cell that has its origin there or covers it.
    holders: Vec<u32>,
    /// Sorted by row, then column.
    cells: Vec<Cell>,
}

impl Grid {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> u32 {
        self.cols
    }

    /// All origin cells by row, then column; empty ones too.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// What stands at a position; `None` outside the rectangle.
    #[must_use]
    pub fn slot(&self, row: u32, col: u32) -> Option<Slot> {
        let index = self.holder(row, col)?;
        let cell = self.cells.get(index)?;
        Some(if (cell.row, cell.col) == (row, col) {
            Slot::Origin(index)
        } else {
            Slot::Covered { row: cell.row, col: cell.col }
        })
    }

    /// The cell whose origin is exactly here.
    #[must_use]
    pub fn origin(&self, row: u32, col: u32) -> Option<&Cell> {
        self.at(row, col).filter(|cell| (cell.row, cell.col) == (row, col))
    }

    /// The cell that has its origin here or covers the position.
    #[must_use]
    pub fn at(&self, row: u32, col: u32) -> Option<&Cell> {
        self.cells.get(self.holder(row, col)?)
    }

    fn holder(&self, row: u32, col: u32) -> Option<usize> {
        if row >= self.rows || col >= self.cols {
            return None;
        }
        self.holders.get(row as usize * self.cols as usize + col as usize).map(|index| *index as usize)
    }
}

/// Places cells one after the other and closes the grid.
#[derive(Debug)]
pub struct GridBuilder {
    limits: Limits,
    placed: Vec<Cell>,
    /// Which cell holds a position; rows grow on demand.
    taken: Vec<Vec<Holder>>,
    positions: usize,
    cols: u32,
    overlaps: u32,
    /// Spans stay as stated where they overlap.
    keep_spans: bool,
}

/// The cell that holds a position: its index among the placed ones and one, which fits into four bytes (a document has no
/// more than `cells` of them); `None` for nobody.
type Holder = Option<NonZeroU32>;

impl GridBuilder {
    /// An empty grid under `limits`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            placed: Vec::new(),
            taken: Vec::new(),
            positions: 0,
            cols: 0,
            overlaps: 0,
            keep_spans: false,
        }
    }

    /// The same grid, but spans that overlap earlier cells are not cut: the cells share the place, its position belongs to
    /// the first.
    #[must_use]
    pub fn keep_spans(mut self) -> Self {
        self.keep_spans = true;
        self
    }

    /// The first column at or after `col` of `row` that no earlier cell holds.
    #[must_use]
    pub fn next_free(&self, row: u32, col: u32) -> u32 {
        let mut col = col;
        while self.is_held(row, col) {
            col = col.saturating_add(1);
        }
        col
    }

    /// True when an earlier cell has its origin at the position or covers it.
    #[must_use]
    pub fn is_held(&self, row: u32, col: u32) -> bool {
        self.taken.get(row as usize).and_then(|line| line.get(col as usize)).is_some_and(Option::is_some)
    }

    /// Spans that met a position that was already held.
    #[must_use]
    pub fn overlaps(&self) -> u32 {
        self.overlaps
    }

    /// Puts `cell` at its own row and column with its own spans (0 counts as 1), cut where an earlier cell stands unless spans
    /// are kept. A cell whose very origin is held is moved to the next free column.
    ///
    /// # Errors
    /// `limit-exceeded` for `rows`, `columns` or `cells`.
    pub fn place(&mut self, mut cell: Cell) -> Result<()> {
        self.hold(&mut cell, self.placed.len())?;
        self.placed.push(cell);
        Ok(())
    }

    /// Puts many cells as [`place`](Self::place) does, in the memory that they are in. Those whose origin is held are left
    /// out; returns how many.
    ///
    /// # Errors
    /// As for [`place`](Self::place).
    pub fn place_all(&mut self, mut cells: Vec<Cell>) -> Result<u32> {
        let before = self.placed.len();
        let (mut count, mut left_out, mut result) = (before, 0_u32, Ok(()));
        cells.retain_mut(|cell| {
            if result.is_err() || self.is_held(cell.row, cell.col) {
                left_out = left_out.saturating_add(1);
                return false;
            }
            result = self.hold(cell, count);
            count += 1;
            true
        });
        result?;
        if before == 0 {
            self.placed = cells;
        } else {
            self.placed.append(&mut cells);
        }
        Ok(left_out)
    }

    /// Finds the place of a cell, which will be the one at `index`, and marks its positions.
    fn hold(&mut self, cell: &mut Cell, index: usize) -> Result<()> {
        let free = self.next_free(cell.row, cell.col);
        if free != cell.col {
            self.overlaps += 1;
            cell.col = free;
        }
        cell.row_span = cell.row_span.max(1);
        cell.col_span = cell.col_span.max(1);
        self.check_extent(cell)?;
        if !self.keep_spans && (cell.row_span, cell.col_span) != (1, 1) {
            self.cut_to_free(cell);
        }
        self.positions += cell.row_span as usize * cell.col_span as usize;
        if self.positions > self.limits.cells {
            return Err(Error::limit("cells", self.limits.cells));
        }
        let mut overlaps = false;
        let holder = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        for row in cell.row..cell.row + cell.row_span {
            let cols = self.cols as usize;
            let line = self.line(row);
            let end = (cell.col + cell.col_span) as usize;
            if line.len() < end {
                // A table's rows are of one width.
                line.reserve(end.max(cols) - line.len());
                line.resize(end, None);
            }
            for slot in line.iter_mut().take(end).skip(cell.col as usize) {
                overlaps |= slot.is_some();
                *slot = slot.or(holder);
            }
        }
        self.overlaps += u32::from(overlaps);
        self.cols = self.cols.max(cell.col + cell.col_span);
        Ok(())
    }

    /// Closes the grid: at least `rows` x `cols`, positions nobody placed become empty cells, spans beyond the last row are
    /// already cut by the caller's own row count when `clip_rows` is true.
    ///
    /// # Errors
    /// `limit-exceeded` when the closed rectangle has too many positions.
    pub fn finish(mut self, rows: u32, cols: u32, clip_rows: bool) -> Result<Grid> {
        let rows = if clip_rows { rows } else { rows.max(u32::try_from(self.taken.len()).unwrap_or(u32::MAX)) };
        let cols = cols.max(self.cols);
        let area = (rows as usize).saturating_mul(cols as usize);
        if area > self.limits.cells {
            return Err(Error::limit("cells", self.limits.cells));
        }
        self.fill(rows, cols);
        for cell in &mut self.placed {
            cell.row_span = cell.row_span.min(rows.saturating_sub(cell.row));
        }
        let (holders, numbers) = self.number_by_place(rows, cols);
        let mut cells = self.placed;
        let kept = cells.iter().filter(|cell| cell.row < rows).count();
        bring_in_order(&mut cells, numbers);
        cells.truncate(kept);
        cells.shrink_to_fit();
        Ok(Grid { rows, cols, holders, cells })
    }

    /// Puts an empty cell at each position of the rectangle that nobody holds.
    fn fill(&mut self, rows: u32, cols: u32) {
        self.taken.truncate(rows as usize);
        self.taken.resize_with(rows as usize, Vec::new);
        for (row, line) in (0..).zip(&mut self.taken) {
            line.resize(cols as usize, None);
            for (col, slot) in (0..).zip(line) {
                if slot.is_none() {
                    self.placed.push(Cell::at(row, col, Text::default()));
                    *slot = u32::try_from(self.placed.len()).ok().and_then(NonZeroU32::new);
                }
            }
        }
    }

    /// The holders of all positions, row by row, numbered in the order of their origins, and the number of each placed
    /// cell; cells outside have the last ones. Rows are given up on the way.
    fn number_by_place(&mut self, rows: u32, cols: u32) -> (Vec<u32>, Vec<u32>) {
        let mut numbers = vec![0_u32; self.placed.len()];
        let mut holders = Vec::with_capacity(rows as usize * cols as usize);
        let mut next = 0;
        for (row, line) in (0..).zip(std::mem::take(&mut self.taken)) {
            for (col, holder) in (0..).zip(line) {
                let index = holder.map_or(0, |holder| holder.get() as usize - 1);
                let Some(number) = numbers.get_mut(index) else { continue };
                if self.placed.get(index).is_some_and(|cell| (cell.row, cell.col) == (row, col)) {
                    *number = next;
                    next += 1;
                }
                holders.push(*number);
            }
        }
        for (number, cell) in numbers.iter_mut().zip(&self.placed) {
            if cell.row >= rows {
                *number = next;
                next += 1;
            }
        }
        (holders, numbers)
    }

    fn line(&mut self, row: u32) -> &mut Vec<Holder> {
        let row = row as usize;
        if self.taken.len() <= row {
            self.taken.resize_with(row + 1, Vec::new);
        }
        // The row exists: it was made by the line above.
        #[expect(clippy::indexing_slicing, reason = "resized above to hold this index")]
        &mut self.taken[row]
    }

    fn check_extent(&self, cell: &Cell) -> Result<()> {
        if cell.row.saturating_add(cell.row_span) > self.limits.rows {
            return Err(Error::limit("rows", self.limits.rows));
        }
        if cell.col.saturating_add(cell.col_span) > self.limits.columns {
            return Err(Error::limit("columns", self.limits.columns));
        }
        if cell.row_span as usize * cell.col_span as usize > self.limits.cells {
            return Err(Error::limit("cells", self.limits.cells));
        }
        Ok(())
    }

    /// Narrows the cell to columns that are free in its first row, then to rows that are free in all its columns.
    fn cut_to_free(&mut self, cell: &mut Cell) {
        let wanted = (cell.row_span, cell.col_span);
        let width = (1..cell.col_span).take_while(|offset| !self.is_held(cell.row, cell.col + offset)).count();
        cell.col_span = 1 + u32::try_from(width).unwrap_or(0);
        let columns = cell.col..cell.col + cell.col_span;
        let height = (1..cell.row_span)
            .take_while(|offset| columns.clone().all(|col| !self.is_held(cell.row + offset, col)))
            .count();
        cell.row_span = 1 + u32::try_from(height).unwrap_or(0);
        if (cell.row_span, cell.col_span) != wanted {
            self.overlaps += 1;
        }
    }
}

/// Moves each cell to its number. The numbers are each index once; most cells are in order already.
fn bring_in_order(cells: &mut [Cell], mut numbers: Vec<u32>) {
    for index in 0..numbers.len() {
        while let Some(number) = numbers.get(index).map(|number| *number as usize).filter(|number| *number != index) {
            cells.swap(index, number);
            numbers.swap(index, number);
        }
    }
}
