//! One worksheet as a table.
//!
//! In: the used cells of a sheet in any order, its merged ranges and hidden rows and columns. Out: a [`Table`] trimmed to
//! the used rectangle. Wrong: more positions than `limits.rs` allows.
//!
//! Observed: sheets with one stray cell far below the form; the rows are cut where many in a row are empty, so that such
//! a sheet costs what its cells cost and not what its rectangle would.

use std::collections::BTreeSet;

use super::around::{Line, push_lines};
use crate::document::{Cell, GridBuilder, Location, Table, WarningKind};
use crate::error::Result;
use crate::reader::collector::Collector;

/// Empty rows in a row that end a table.
const GAP_ROWS: u32 = 100;

/// A merged range, ends included.
#[derive(Debug, Clone, Copy)]
pub(super) struct MergedRange {
    pub(super) first: (u32, u32),
    pub(super) last: (u32, u32),
}

/// All that is known of a sheet.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) hidden: bool,
    /// Used cells at their places on the sheet, one position each.
    pub(super) cells: Vec<Cell>,
    pub(super) merges: Vec<MergedRange>,
    pub(super) hidden_rows: BTreeSet<u32>,
    /// Ranges of hidden columns, ends included.
    pub(super) hidden_cols: Vec<(u32, u32)>,
    /// What is printed above and below its pages.
    pub(super) lines: Vec<Line>,
}

/// A rectangle of positions, ends included.
#[derive(Debug, Clone, Copy)]
struct Area {
    top: u32,
    left: u32,
    bottom: u32,
    right: u32,
}

impl Sheet {
    /// Adds the sheet's tables to the document; an empty sheet gives none.
    ///
    /// # Errors
    /// `limit-exceeded` for `rows`, `columns`, `cells`, `text_chars`.
    pub(super) fn emit(mut self, out: &mut Collector<'_>) -> Result<()> {
        self.cells.retain(|cell| !cell.text.is_empty() || cell.source.is_some());
        self.cells.sort_by_key(|cell| (cell.row, cell.col));
        self.cells.dedup_by_key(|cell| (cell.row, cell.col));
        self.merges.retain(|merge| merge.first != merge.last);
        self.merges.sort_by_key(|merge| merge.first);
        self.merges.dedup_by_key(|merge| merge.first);
        self.hidden_cols.sort_unstable();
        if self.cells.is_empty() {
            return Ok(());
        }
        push_lines(&self.lines, false, out)?;
        let mut rest = std::mem::take(&mut self.cells);
        while !rest.is_empty() {
            let mut last = rest.first().map_or(0, |cell| cell.row);
            let end = rest.iter().position(|cell| {
                let far = cell.row.saturating_sub(last) > GAP_ROWS;
                last = cell.row;
                far
            });
            let after = rest.split_off(end.unwrap_or(rest.len()));
            self.emit_part(std::mem::replace(&mut rest, after), out)?;
        }
        push_lines(&self.lines, true, out)
    }

    fn emit_part(&self, mut cells: Vec<Cell>, out: &mut Collector<'_>) -> Result<()> {
        let Some(used) = Area::around(&cells) else { return Ok(()) };
        let area = used.with_merges(&cells, self.merges_in_rows(used), out.limits.cells);
        let mut builder = GridBuilder::new(out.limits);
        let merges: Vec<MergedRange> = self
            .merges_in_rows(area)
            .iter()
            .filter(|merge| area.contains(merge.first.0, merge.first.1))
            .copied()
            .collect();
        for cell in &mut cells {
            (cell.row_span, cell.col_span) = span_at(&merges, cell.row, cell.col, area);
            (cell.row, cell.col) = (cell.row - area.top, cell.col - area.left);
        }
        // Excel shows nothing of a value under a merged range.
        let covered = builder.place_all(cells)?;
        // Empty merged ranges cover nothing but still tell the grid; they are placed where nothing else stands.
        for merge in &merges {
            let (row, col) = (merge.first.0 - area.top, merge.first.1 - area.left);
            if !builder.is_held(row, col) {
                let (row_span, col_span) = span_at(&merges, merge.first.0, merge.first.1, area);
                builder.place(Cell { row, col, row_span, col_span, ..Cell::default() })?;
            }
        }
        let overlaps = builder.overlaps();
        let rows = area.bottom - area.top + 1;
        let mut table = Table::new(builder.finish(rows, area.right - area.left + 1, true)?);
        table.sheet = Some(self.name.clone());
        table.sheet_origin = (area.top, area.left);
        table.hidden = self.hidden;
        table.hidden_rows = self.hidden_rows.range(area.top..=area.bottom).map(|row| row - area.top).collect();
        table.hidden_cols = self.hidden_between(area.left, area.right);
        out.push_table(table)?;
        out.warn_times(WarningKind::OverlappingCells, Location::Part(self.name.clone()), overlaps);
        out.warn_times(WarningKind::HiddenText, Location::Part(self.name.clone()), covered);
        Ok(())
    }

    /// The merged ranges that begin in the rows of an area.
    fn merges_in_rows(&self, area: Area) -> &[MergedRange] {
        let from = self.merges.partition_point(|merge| merge.first.0 < area.top);
        let end = self.merges.partition_point(|merge| merge.first.0 <= area.bottom);
        self.merges.get(from..end).unwrap_or_default()
    }

    /// The hidden columns between two columns, counted from the first one.
    fn hidden_between(&self, left: u32, right: u32) -> Vec<u32> {
        let mut ranges = self.hidden_cols.iter().peekable();
        let mut reach: Option<u32> = None;
        let mut hidden = Vec::new();
        for col in left..=right {
            while let Some((_, last)) = ranges.next_if(|(first, _)| *first <= col) {
                reach = reach.max(Some(*last));
            }
            if reach.is_some_and(|reach| reach >= col) {
                hidden.push(col - left);
            }
        }
        hidden
    }
}

/// Spans of the cell at a position, cut at the area's edge.
fn span_at(merges: &[MergedRange], row: u32, col: u32, area: Area) -> (u32, u32) {
    match merges.binary_search_by_key(&(row, col), |merge| merge.first) {
        Ok(index) => merges.get(index).map_or((1, 1), |merge| {
            (
                merge.last.0.min(area.bottom).saturating_sub(row) + 1,
                merge.last.1.min(area.right).saturating_sub(col) + 1,
            )
        }),
        Err(_) => (1, 1),
    }
}

impl Area {
    fn around(cells: &[Cell]) -> Option<Self> {
        let top = cells.first()?.row;
        let bottom = cells.last()?.row;
        let left = cells.iter().map(|cell| cell.col).min()?;
        let right = cells.iter().map(|cell| cell.col).max()?;
        Some(Self { top, left, bottom, right })
    }

    /// Widened to the ends of merged ranges whose cell is used, as long as that stays small: a range over the whole sheet
    /// says nothing.
    fn with_merges(self, cells: &[Cell], merges: &[MergedRange], max_cells: usize) -> Self {
        let mut area = self;
        for merge in merges {
            let used = cells.binary_search_by_key(&merge.first, |cell| (cell.row, cell.col)).is_ok();
            if used
                && merge.last.1 - merge.first.1.min(merge.last.1) < 1000
                && merge.last.0 - merge.first.0.min(merge.last.0) < 10_000
            {
                area.bottom = area.bottom.max(merge.last.0);
                area.right = area.right.max(merge.last.1);
            }
        }
        let positions = u64::from(area.bottom - area.top + 1) * u64::from(area.right - area.left + 1);
        if positions > max_cells as u64 { self } else { area }
    }

    fn contains(&self, row: u32, col: u32) -> bool {
        (self.top..=self.bottom).contains(&row) && (self.left..=self.right).contains(&col)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn cell(row: u32, col: u32, text: &str) -> Cell {
        Cell::at(row, col, text.into())
    }

    #[test]
    fn sheets_are_trimmed_and_merged() {
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        let sheet = Sheet {
            cells: vec![cell(5, 2, "title"), cell(5, 3, "covered"), cell(6, 4, "b"), cell(900, 3, "far")],
            merges: vec![MergedRange { first: (5, 2), last: (5, 4) }],
            hidden_rows: [6].into(),
            hidden_cols: vec![(0, 1), (3, 3)],
            ..Sheet::default()
        };
        sheet.emit(&mut out).unwrap();
        let (document, warnings) = out.finish();
        let table = &document.tables[0];
        assert_eq!((table.grid.rows(), table.grid.cols()), (2, 3));
        assert_eq!(table.grid.origin(0, 0).unwrap().col_span, 3);
        assert_eq!(table.grid.origin(1, 2).unwrap().text.as_ref(), "b");
        assert_eq!((table.hidden_rows.as_slice(), table.hidden_cols.as_slice()), (&[1][..], &[1][..]));
        assert_eq!(document.tables.len(), 2);
        assert_eq!(warnings[0].kind, WarningKind::HiddenText);
    }
}
