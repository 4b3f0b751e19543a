//! Tables on grids: every position exactly once, the origin of a cell or covered by one.
//!
//! Follows the HTML table model for all formats: a later cell never moves an earlier one, and a position belongs to the
//! cell that came first. A span that would overlap is cut at the occupied position, or, for HTML itself, kept as it is
//! printed. Only [`GridBuilder`] makes a [`Grid`], so the invariant has one home.

use super::{Location, TableId};
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
    pub text: String,
    /// The markup calls it a header (`<th>`).
    pub header: bool,
    /// For workbooks: what is stored behind the shown text.
    pub source: Option<CellSource>,
}

/// What a workbook stores behind a shown value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSource {
    /// The stored value: a decimal string of at most 15 significant digits, or text.
    pub raw: String,
    /// Number format code, when it is not General.
    pub format: Option<String>,
    /// Formula without the leading `=`.
    pub formula: Option<String>,
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
    /// Row-major, `rows * cols` long.
    slots: Vec<Slot>,
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
        if row >= self.rows || col >= self.cols {
            return None;
        }
        self.slots.get(row as usize * self.cols as usize + col as usize).copied()
    }

    /// The cell whose origin is exactly here.
    #[must_use]
    pub fn origin(&self, row: u32, col: u32) -> Option<&Cell> {
        match self.slot(row, col)? {
            Slot::Origin(index) => self.cells.get(index),
            Slot::Covered { .. } => None,
        }
    }

    /// The cell that has its origin here or covers the position.
    #[must_use]
    pub fn at(&self, row: u32, col: u32) -> Option<&Cell> {
        match self.slot(row, col)? {
            Slot::Origin(index) => self.cells.get(index),
            Slot::Covered { row, col } => self.origin(row, col),
        }
    }
}

/// Places cells one after the other and closes the grid.
#[derive(Debug)]
pub struct GridBuilder {
    limits: Limits,
    placed: Vec<Cell>,
    /// Which cell (index into `placed`) holds a position; rows grow on demand.
    taken: Vec<Vec<Option<usize>>>,
    positions: usize,
    cols: u32,
    overlaps: u32,
    /// Spans stay as stated where they overlap.
    keep_spans: bool,
}

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
        while self.holder(row, col).is_some() {
            col = col.saturating_add(1);
        }
        col
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
        let free = self.next_free(cell.row, cell.col);
        if free != cell.col {
            self.overlaps += 1;
            cell.col = free;
        }
        cell.row_span = cell.row_span.max(1);
        cell.col_span = cell.col_span.max(1);
        self.check_extent(&cell)?;
        if !self.keep_spans {
            self.cut_to_free(&mut cell);
        }
        let mut overlaps = false;
        let index = self.placed.len();
        for row in cell.row..cell.row + cell.row_span {
            let line = self.line(row);
            let end = (cell.col + cell.col_span) as usize;
            if line.len() < end {
                line.resize(end, None);
            }
            for slot in line.iter_mut().take(end).skip(cell.col as usize) {
                overlaps |= slot.is_some();
                slot.get_or_insert(index);
            }
        }
        self.overlaps += u32::from(overlaps);
        self.positions += cell.row_span as usize * cell.col_span as usize;
        self.cols = self.cols.max(cell.col + cell.col_span);
        self.placed.push(cell);
        if self.positions > self.limits.cells {
            return Err(Error::limit("cells", self.limits.cells));
        }
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
        self.placed.retain(|cell| cell.row < rows);
        for cell in &mut self.placed {
            cell.row_span = cell.row_span.min(rows - cell.row);
        }
        let mut holders: Vec<Option<(u32, u32)>> = vec![None; area];
        for cell in &self.placed {
            for row in cell.row..cell.row + cell.row_span {
                for col in cell.col..cell.col + cell.col_span {
                    if let Some(slot) = holders.get_mut(row as usize * cols as usize + col as usize) {
                        slot.get_or_insert((cell.row, cell.col));
                    }
                }
            }
        }
        let mut cells = self.placed;
        for (index, holder) in holders.iter_mut().enumerate() {
            if holder.is_none() {
                let (row, col) = split_index(index, cols);
                cells.push(Cell { row, col, row_span: 1, col_span: 1, ..Cell::default() });
                *holder = Some((row, col));
            }
        }
        cells.sort_by_key(|cell| (cell.row, cell.col));
        let mut next_cell = 0;
        let slots = holders
            .into_iter()
            .enumerate()
            .map(|(index, holder)| match holder {
                Some((row, col)) if (row, col) != split_index(index, cols) => Slot::Covered { row, col },
                _ => {
                    next_cell += 1;
                    Slot::Origin(next_cell - 1)
                }
            })
            .collect();
        Ok(Grid { rows, cols, slots, cells })
    }

    fn holder(&self, row: u32, col: u32) -> Option<usize> {
        self.taken.get(row as usize).and_then(|line| line.get(col as usize)).copied().flatten()
    }

    fn line(&mut self, row: u32) -> &mut Vec<Option<usize>> {
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
        let width = (1..cell.col_span).take_while(|offset| self.holder(cell.row, cell.col + offset).is_none()).count();
        cell.col_span = 1 + u32::try_from(width).unwrap_or(0);
        let columns = cell.col..cell.col + cell.col_span;
        let height = (1..cell.row_span)
            .take_while(|offset| columns.clone().all(|col| self.holder(cell.row + offset, col).is_none()))
            .count();
        cell.row_span = 1 + u32::try_from(height).unwrap_or(0);
        if (cell.row_span, cell.col_span) != wanted {
            self.overlaps += 1;
        }
    }
}

fn split_index(index: usize, cols: u32) -> (u32, u32) {
    let cols = cols.max(1) as usize;
    let fit = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (fit(index / cols), fit(index % cols))
}

/// The place of a cell.
impl Cell {
    /// Its location in `table`.
    #[must_use]
    pub fn location(&self, table: TableId) -> Location {
        Location::Cell { table, row: self.row, col: self.col, span: None }
    }
}
