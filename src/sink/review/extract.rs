//! The part of a table that shows a mistake: the cells concerned with their headers and totals, spans kept.
//!
//! In: a table of a record and marks on its cells. Out: an [`Extract`] in which every position belongs to one cell, in
//! rows and columns of its own; what was left out shows as a gap. A table that is not whole in the record (holes, spans
//! that overlap or reach beyond it, as in a file that somebody wrote by hand) gives empty cells there, never an error.

use std::collections::{BTreeMap, BTreeSet};

use super::place::plain;
use crate::record::{CellEntry, CellRole, TableEntry};

/// A table of at most so many rows is shown whole.
const WHOLE_ROWS: u32 = 16;
/// A table of at most so many columns is.
const WHOLE_COLS: u32 = 12;
/// Rows or columns that are shown at most of a longer one.
const MOST: usize = 40;
/// Characters of a cell that are shown in an extract.
const CELL_CHARS: usize = 200;
/// Names of rows that sum up a table.
const TOTALS: [&str; 5] = ["合计", "总计", "总分", "总得分", "共计"];

/// What is to be seen at a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// It is probably the wrong one; else it only takes part.
    pub(super) wrong: bool,
    /// Numbers of the problems that name it, in order, each once.
    pub(super) numbers: BTreeSet<usize>,
    /// Of these, the problems in which it is probably the wrong one.
    pub(super) wrong_in: BTreeSet<usize>,
    /// The range of the figure in the cell, where the cell holds several.
    pub(super) range: Option<(usize, usize)>,
}

/// Marks by row and column.
pub(super) type Marks = BTreeMap<(u32, u32), Mark>;

/// A part of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extract {
    /// Rows from top to bottom; `None` is a gap.
    pub(super) rows: Vec<Option<u32>>,
    /// Columns from left to right; `None` is a gap.
    pub(super) cols: Vec<Option<u32>>,
    /// Cells by row, then column; gaps have none.
    pub(super) cells: Vec<ExtractCell>,
}

/// A cell of an extract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExtractCell {
    /// Its row among those of the extract.
    pub(super) row: usize,
    /// Its column among those of the extract.
    pub(super) col: usize,
    /// Rows that it covers there.
    pub(super) row_span: usize,
    /// Columns that it covers there.
    pub(super) col_span: usize,
    /// What it says.
    pub(super) text: String,
    /// It names a row or column.
    pub(super) header: bool,
    /// What is to be seen at it.
    pub(super) mark: Option<Mark>,
}

impl Extract {
    /// The part of a table that its marks concern; nothing when there is no mark.
    pub(super) fn of(table: &TableEntry, marks: &Marks) -> Option<Self> {
        if marks.is_empty() {
            return None;
        }
        let rows = if table.rows <= WHOLE_ROWS { every(table.rows) } else { with_gaps(&rows_of(table, marks)) };
        let cols = if table.cols <= WHOLE_COLS { every(table.cols) } else { with_gaps(&cols_of(table, marks)) };
        Some(Self::cut(table, marks, rows, cols, CELL_CHARS))
    }

    /// The first rows and columns of a table, up to bounds.
    pub(super) fn whole(table: &TableEntry, marks: &Marks, most_rows: u32, most_cols: u32) -> Self {
        let axis = |all: u32, most: u32| {
            let mut kept = every(all.min(most));
            kept.extend((all > most).then_some(None));
            kept
        };
        Self::cut(table, marks, axis(table.rows, most_rows), axis(table.cols, most_cols), usize::MAX)
    }

    fn cut(table: &TableEntry, marks: &Marks, rows: Vec<Option<u32>>, cols: Vec<Option<u32>>, chars: usize) -> Self {
        let row_runs = runs(&rows);
        let col_runs = runs(&cols);
        let mut taken = vec![false; rows.len() * cols.len()];
        let mut cells = Vec::new();
        for cell in &table.cells {
            for (row, row_span) in overlaps(&row_runs, cell.row, cell.row_span) {
                for (col, col_span) in overlaps(&col_runs, cell.col, cell.col_span) {
                    if claim(&mut taken, cols.len(), (row, col), (row_span, col_span)) {
                        let mut cell = shown(cell, marks, (row, col), (row_span, col_span));
                        if cell.mark.is_none() && cell.text.chars().nth(chars).is_some() {
                            cell.text = format!("{}…", cell.text.chars().take(chars).collect::<String>());
                        }
                        cells.push(cell);
                    }
                }
            }
        }
        // Holes, which only a record written by hand has.
        for (row, _) in rows.iter().enumerate().filter(|(_, row)| row.is_some()) {
            for (col, _) in cols.iter().enumerate().filter(|(_, col)| col.is_some()) {
                if claim(&mut taken, cols.len(), (row, col), (1, 1)) {
                    cells.push(ExtractCell {
                        row,
                        col,
                        row_span: 1,
                        col_span: 1,
                        text: String::new(),
                        header: false,
                        mark: None,
                    });
                }
            }
        }
        cells.sort_by_key(|cell| (cell.row, cell.col));
        Self { rows, cols, cells }
    }

    /// Rows that a gap stands for.
    pub(super) fn left_out(&self, gap: usize, all: u32) -> u32 {
        let above = self.rows.iter().take(gap).rev().find_map(|row| *row).map_or(0, |row| row + 1);
        let below = self.rows.iter().skip(gap).find_map(|row| *row).unwrap_or(all);
        below.saturating_sub(above)
    }

    /// How wide each column should be, together `width` twentieths of a point: figures stay on one line where that is
    /// possible, texts take what is left.
    pub(super) fn widths(&self, width: usize) -> Vec<usize> {
        let mut needed: Vec<usize> = self.cols.iter().map(|_| room(4)).collect();
        let mut wanted = needed.clone();
        for cell in self.cells.iter().filter(|cell| cell.col_span == 1) {
            let (Some(need), Some(want)) = (needed.get_mut(cell.col), wanted.get_mut(cell.col)) else { continue };
            let chars = halves(&cell.text);
            let references = cell.mark.as_ref().map_or(0, |mark| 1 + 5 * mark.numbers.len());
            *want = (*want).max(room(chars.min(24) + references));
            *need = (*need).max(if is_figure(&cell.text) { room(chars.min(20) + references) } else { room(6) });
        }
        let (need, want) = (needed.iter().sum::<usize>(), wanted.iter().sum::<usize>().max(1));
        if need >= width || want <= width {
            let (each, all) = if want <= width { (wanted, want) } else { (needed, need) };
            return each.into_iter().map(|each| (each * width / all).max(1)).collect();
        }
        let (left, more) = (width - need, (want - need).max(1));
        needed.iter().zip(wanted).map(|(need, want)| need + want.saturating_sub(*need) * left / more).collect()
    }
}

/// Twentieths of a point for so many half characters of 9 pt, with the cell's own margins.
fn room(halves: usize) -> usize {
    halves * 98 + 240
}

/// Half characters of the longest line: a Chinese character is two.
fn halves(text: &str) -> usize {
    let line = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    text.lines().map(line).max().unwrap_or(0)
}

/// A number, perhaps with a percent sign.
pub(super) fn is_figure(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ".,%-".contains(c))
}

fn shown(cell: &CellEntry, marks: &Marks, at: (usize, usize), span: (usize, usize)) -> ExtractCell {
    let text = plain(&cell.text);
    let mark = marks.get(&(cell.row, cell.col)).cloned();
    let header = matches!(cell.role, CellRole::ColumnHeader | CellRole::RowHeader | CellRole::Corner);
    ExtractCell { row: at.0, col: at.1, row_span: span.0, col_span: span.1, text, header, mark }
}

/// Marks the positions of a cell as taken; false when one of them is.
fn claim(taken: &mut [bool], width: usize, at: (usize, usize), span: (usize, usize)) -> bool {
    let places = || (at.0..at.0 + span.0).flat_map(move |row| (at.1..at.1 + span.1).map(move |col| row * width + col));
    if places().any(|place| taken.get(place).is_none_or(|taken| *taken)) {
        return false;
    }
    for place in places() {
        if let Some(slot) = taken.get_mut(place) {
            *slot = true;
        }
    }
    true
}

/// Stretches of an axis without gaps: where each begins in the extract and in the table, and how long it is.
fn runs(axis: &[Option<u32>]) -> Vec<(usize, u32, u32)> {
    let mut runs: Vec<(usize, u32, u32)> = Vec::new();
    for (at, place) in axis.iter().enumerate() {
        let Some(place) = place else { continue };
        match runs.last_mut() {
            Some((begin, first, length)) if *begin + *length as usize == at && *first + *length == *place => {
                *length += 1;
            }
            _ => runs.push((at, *place, 1)),
        }
    }
    runs
}

/// Where a span lies in the extract: begin and length, for each stretch that it touches.
fn overlaps(runs: &[(usize, u32, u32)], from: u32, span: u32) -> Vec<(usize, usize)> {
    let end = u64::from(from) + u64::from(span.max(1));
    let mut found = Vec::new();
    for (begin, first, length) in runs {
        let low = u64::from(from).max(u64::from(*first));
        let high = end.min(u64::from(*first) + u64::from(*length));
        if low < high {
            let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
            found.push((begin + at(low - u64::from(*first)), at(high - low)));
        }
    }
    found
}

fn every(all: u32) -> Vec<Option<u32>> {
    (0..all).map(Some).collect()
}

/// The rows that are marked, those of headers above them, and totals.
fn rows_of(table: &TableEntry, marks: &Marks) -> BTreeSet<u32> {
    let marked: BTreeSet<u32> = marks.keys().map(|(row, _)| *row).take(MOST).collect();
    let mut kept = marked.clone();
    for row in &marked {
        kept.extend(headers_above(table, *row));
    }
    let last = marked.last().copied().unwrap_or(0);
    let is_total = |cell: &&CellEntry| {
        let name: String = cell.text.chars().filter(|c| !c.is_whitespace()).collect();
        cell.row >= last && TOTALS.contains(&name.as_str())
    };
    kept.extend(table.cells.iter().filter(is_total).map(|cell| cell.row).min());
    // The title row of a sheet.
    kept.extend((table.rows > 0).then_some(0));
    kept.into_iter().filter(|row| *row < table.rows).take(MOST).collect()
}

/// The nearest header rows above a row, as long as they stand together.
fn headers_above(table: &TableEntry, row: u32) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    for header in table.header_rows.iter().rev().filter(|header| **header < row) {
        if found.last().is_some_and(|nearer| header + 1 != *nearer) || found.len() >= 4 {
            break;
        }
        found.push(*header);
    }
    found
}

/// The columns that are marked, those beside them, and those of labels.
fn cols_of(table: &TableEntry, marks: &Marks) -> BTreeSet<u32> {
    let marked: BTreeSet<u32> = marks.keys().map(|(_, col)| *col).take(MOST / 2).collect();
    let mut kept: BTreeSet<u32> = table.header_cols.iter().copied().take(4).chain([0]).collect();
    kept.extend(marked);
    kept.into_iter().filter(|col| *col < table.cols).take(MOST).collect()
}

/// The places in order, with a gap wherever several are left out between two of them.
fn with_gaps(places: &BTreeSet<u32>) -> Vec<Option<u32>> {
    let mut axis = Vec::new();
    let mut next = 0;
    for place in places {
        match *place - next {
            0 => {}
            // A gap would take as much room.
            1 => axis.push(Some(next)),
            _ => axis.push(None),
        }
        axis.push(Some(*place));
        next = place + 1;
    }
    axis
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: u32, cols: u32, cells: Vec<CellEntry>) -> TableEntry {
        TableEntry {
            id: "t1".into(),
            block: None,
            parent: None,
            caption: None,
            sheet: None,
            origin: None,
            hidden: false,
            hidden_rows: Vec::new(),
            hidden_cols: Vec::new(),
            unit: None,
            kind: None,
            rows,
            cols,
            header_rows: vec![0],
            header_cols: vec![0],
            cells,
        }
    }

    fn cell(row: u32, col: u32, row_span: u32, col_span: u32, text: &str) -> CellEntry {
        CellEntry { row, col, row_span, col_span, text: text.into(), role: CellRole::Data, source: None }
    }

    fn marks(places: &[(u32, u32)]) -> Marks {
        places.iter().map(|place| (*place, Mark { wrong: true, ..Mark::default() })).collect()
    }

    /// Every position of the kept rows and columns belongs to exactly one cell.
    fn assert_whole(extract: &Extract) {
        let mut count = vec![0; extract.rows.len() * extract.cols.len()];
        for cell in &extract.cells {
            for row in cell.row..cell.row + cell.row_span {
                for col in cell.col..cell.col + cell.col_span {
                    count[row * extract.cols.len() + col] += 1;
                }
            }
        }
        for (row, kept) in extract.rows.iter().enumerate() {
            for (col, also) in extract.cols.iter().enumerate() {
                let wanted = i32::from(kept.is_some() && also.is_some());
                assert_eq!(count[row * extract.cols.len() + col], wanted, "{row} {col}");
            }
        }
    }

    #[test]
    fn long_tables_are_cut_to_what_is_concerned() {
        let mut cells = vec![cell(0, 0, 1, 3, "项目"), cell(1, 0, 58, 1, "基本支出")];
        cells.extend((1..59).flat_map(|row| (1..3).map(move |col| cell(row, col, 1, 1, &format!("{row}-{col}")))));
        cells.extend([cell(59, 0, 1, 1, "合　计"), cell(59, 1, 1, 2, "9")]);
        let table = table(60, 3, cells);
        let extract = Extract::of(&table, &marks(&[(30, 2), (31, 2)])).unwrap();
        assert_eq!(extract.rows, [Some(0), None, Some(30), Some(31), None, Some(59)]);
        assert_eq!((extract.left_out(1, 60), extract.left_out(4, 60)), (29, 27));
        let label = extract.cells.iter().find(|cell| cell.text == "基本支出").unwrap();
        assert_eq!((label.row, label.row_span), (2, 2));
        assert_eq!(extract.cells.iter().filter(|cell| cell.mark.is_some()).count(), 2);
        assert_whole(&extract);
        assert_eq!(extract.widths(3000).len(), 3);
    }

    #[test]
    fn wide_tables_keep_labels_and_marks() {
        let cells = (0..3).flat_map(|row| (0..40).map(move |col| cell(row, col, 1, 1, "1"))).collect();
        let extract = Extract::of(&table(3, 40, cells), &marks(&[(2, 20), (2, 39)])).unwrap();
        assert_eq!(extract.cols, [Some(0), None, Some(20), None, Some(39)]);
        assert_whole(&extract);
    }

    #[test]
    fn records_written_by_hand_cost_nothing() {
        let far = u32::MAX;
        let cells = vec![cell(0, 0, far, far, "all"), cell(0, 0, 1, 1, "again"), cell(far, far, far, far, "far")];
        let extract = Extract::of(&table(far, far, cells), &marks(&[(far, far), (5, 5)])).unwrap();
        assert!(extract.rows.len() < 10 && extract.cols.len() < 10);
        assert_whole(&extract);
        assert_whole(&Extract::whole(&table(far, far, vec![]), &Marks::new(), 5, 5));
        assert!(Extract::of(&table(1, 1, vec![]), &Marks::new()).is_none());
    }
}
