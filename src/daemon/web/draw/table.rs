//! Tables with their spans and headers, tables within tables in their cells.
//!
//! In: a table of the record. Out: a `<table>`. Of a long one the head, the first rows and the rows around marks are
//! drawn; between them stands how many are not. A cell whose span reaches over such a gap is drawn on both sides of it.

use std::collections::BTreeSet;

use super::super::html::Html;
use super::Drawing;
use super::marks::Mark;
use crate::record::{At, CellEntry, CellRole, TableEntry};

/// Rows up to which a table is drawn in full, unless it is very wide.
const ALL_ROWS: u32 = 400;
/// Rows of a longer one that are drawn from its beginning.
const FIRST_ROWS: u32 = 60;
/// Rows that are drawn before and after one with a mark.
const AROUND: u32 = 2;
/// Cells of a page; tables beyond are drawn like long ones.
const MAX_CELLS: usize = 20_000;
/// Tables in tables that are drawn; deeper ones are named.
const MAX_DEPTH: usize = 8;

impl Drawing<'_> {
    /// A table, and what lies in it. `cells` counts what was drawn.
    pub(super) fn table(&self, html: &mut Html, table: &TableEntry, depth: usize, cells: &mut usize) {
        let runs = self.runs(table, *cells);
        let name = table.caption.as_deref().or(table.sheet.as_deref()).unwrap_or(&table.id);
        html.open("div", &[("class", "sheet"), ("tabindex", "0"), ("role", "region"), ("aria-label", name)]);
        let hidden = if table.hidden { "grid hidden-sheet" } else { "grid" };
        html.open("table", &[("id", &table.id), ("class", hidden)]);
        self.caption(html, table);
        let mut drawn = 0;
        for (first, end) in runs {
            self.gap(html, table, drawn, first);
            for row in first..end {
                self.row(html, table, row, (first, end), depth, cells);
            }
            drawn = end;
        }
        self.gap(html, table, drawn, table.rows);
        html.close("table").close("div");
    }

    fn caption(&self, html: &mut Html, table: &TableEntry) {
        let (caption, title) = (table.caption.as_deref(), self.record.document.title.as_deref());
        let has_unit = |unit: &&str| !caption.is_some_and(|caption| caption.contains(*unit));
        let parts = [
            // The title stands above already.
            caption.filter(|caption| Some(*caption) != title).map(str::to_owned),
            table.sheet.as_ref().map(|sheet| format!("{} {sheet}", self.language.word("table.sheet"))),
            table.hidden.then(|| self.language.word("table.hidden").to_owned()),
            table.unit.as_deref().filter(has_unit).map(|unit| format!("{} {unit}", self.language.word("table.unit"))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            html.leaf("caption", &[], &parts.join(" · "));
        }
    }

    /// Rows that are drawn: first and one past the last of each stretch.
    fn runs(&self, table: &TableEntry, cells: usize) -> Vec<(u32, u32)> {
        if table.rows <= ALL_ROWS && cells + table.cells.len() <= MAX_CELLS {
            return vec![(0, table.rows)];
        }
        let per_row = usize::try_from(table.cols).unwrap_or(usize::MAX).max(1);
        let room = MAX_CELLS.saturating_sub(cells) / per_row;
        let first = FIRST_ROWS.min(u32::try_from(room).unwrap_or(u32::MAX)).min(table.rows);
        let mut rows: BTreeSet<u32> = (0..first).chain(table.header_rows.iter().copied()).collect();
        let marked = table
            .cells
            .iter()
            .filter(|cell| self.marks.in_cell(&table.id, cell.row, cell.col).iter().any(|mark| mark.is_operand));
        for cell in marked {
            rows.extend(cell.row.saturating_sub(AROUND)..(cell.row + AROUND + 1).min(table.rows));
        }
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for row in rows {
            match runs.last_mut() {
                Some((_, end)) if *end == row => *end += 1,
                _ => runs.push((row, row + 1)),
            }
        }
        runs
    }

    fn gap(&self, html: &mut Html, table: &TableEntry, from: u32, to: u32) {
        if from < to {
            let text = format!("⋯ {} {}", to - from, self.language.word("table.not_drawn"));
            let span = table.cols.max(1).to_string();
            html.open("tr", &[("class", "gap")]).leaf("td", &[("colspan", &span)], &text).close("tr");
        }
    }

    /// One row of a stretch; cells that begin above it are drawn in its first row.
    fn row(
        &self,
        html: &mut Html,
        table: &TableEntry,
        row: u32,
        (first, end): (u32, u32),
        depth: usize,
        cells: &mut usize,
    ) {
        let class = if table.hidden_rows.contains(&row) { "hidden-row" } else { "" };
        html.open("tr", &[("class", class)]);
        // Cells are in the order of rows, so those that reach down from above are among the earlier ones.
        let mut starting: Vec<&CellEntry> = if row == first {
            let reaches = |cell: &&CellEntry| cell.row <= row && cell.row + cell.row_span > row;
            let upto = table.cells.partition_point(|cell| cell.row <= row);
            table.cells.get(..upto).unwrap_or_default().iter().filter(reaches).collect()
        } else {
            let from = table.cells.partition_point(|cell| cell.row < row);
            let upto = table.cells.partition_point(|cell| cell.row <= row);
            table.cells.get(from..upto).unwrap_or_default().iter().collect()
        };
        starting.sort_by_key(|cell| cell.col);
        for cell in starting {
            let rows = (cell.row + cell.row_span).min(end) - row;
            self.cell(html, table, cell, rows, depth, cells);
            *cells += 1;
        }
        html.close("tr");
    }

    fn cell(&self, html: &mut Html, table: &TableEntry, cell: &CellEntry, rows: u32, depth: usize, cells: &mut usize) {
        let marks = self.marks.in_cell(&table.id, cell.row, cell.col);
        let wrong = marks.iter().filter(|mark| mark.is_wrong).max_by_key(|mark| mark.severity);
        let (name, scope) = match cell.role {
            CellRole::ColumnHeader => ("th", Some("col")),
            CellRole::RowHeader if !cell.text.is_empty() => ("th", Some("row")),
            _ => ("td", None),
        };
        let mut class = String::new();
        if is_figure(&cell.text) && scope.is_none() {
            class.push_str("num");
        }
        if cell.role == CellRole::Note {
            class.push_str(" note");
        }
        if table.hidden_cols.contains(&cell.col) {
            class.push_str(" hidden-col");
        }
        if let Some(mark) = wrong {
            class.push_str(" wrong ");
            class.push_str(mark.severity.label());
        }
        let (row_span, col_span) = (rows.to_string(), cell.col_span.to_string());
        let mut attributes = Vec::new();
        if !class.is_empty() {
            attributes.push(("class", class.trim_start()));
        }
        if rows > 1 {
            attributes.push(("rowspan", row_span.as_str()));
        }
        if cell.col_span > 1 {
            attributes.push(("colspan", col_span.as_str()));
        }
        if let Some(scope) = scope {
            attributes.push(("scope", scope));
        }
        let formula = cell.source.as_ref().and_then(|source| source.formula.as_deref());
        let formula = formula.map(|formula| format!("={}", formula.trim_start_matches('=')));
        if let Some(formula) = &formula {
            attributes.push(("title", formula));
        }
        html.open(name, &attributes);
        self.content(html, &cell.text, &marks);
        self.within(html, table, cell, depth, cells);
        html.close(name);
    }

    /// A cell's text. A figure without a stretch of its own is the whole text.
    fn content(&self, html: &mut Html, text: &str, marks: &[&Mark<'_>]) {
        let length = text.chars().count();
        let stretch = |mark: &&Mark<'_>| match &mark.fact.at {
            At::Cell { start: Some(start), end: Some(end), .. } => (*start, *end),
            _ => (0, length),
        };
        let spoken_of = marks.iter().filter(|mark| mark.is_operand);
        let stretches = spoken_of.map(|mark| {
            let (start, end) = stretch(mark);
            (start, end, *mark)
        });
        self.text(html, text, stretches.collect());
    }

    /// Tables that lie in a cell.
    fn within(&self, html: &mut Html, table: &TableEntry, cell: &CellEntry, depth: usize, cells: &mut usize) {
        let lies_here = |other: &&TableEntry| {
            other
                .parent
                .as_ref()
                .is_some_and(|parent| parent.table == table.id && parent.row == cell.row && parent.col == cell.col)
        };
        // Only tables after it can lie in it.
        let number: usize = table.id.trim_start_matches('t').parse().unwrap_or(0);
        for inner in self.record.tables.iter().skip(number).filter(lies_here) {
            if depth < MAX_DEPTH {
                self.table(html, inner, depth + 1, cells);
            } else {
                html.leaf("p", &[], &inner.id);
            }
        }
    }
}

/// Digits and what stands around them: shown on the right.
fn is_figure(text: &str) -> bool {
    let has_digit = text.chars().any(|c| c.is_ascii_digit());
    has_digit && text.chars().all(|c| c.is_ascii_digit() || " .,+-−%‰()（）".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_on_the_right() {
        for (text, figure) in [("1,204.31", true), ("-3.2%", true), ("", false), ("-", false), ("2022年", false)] {
            assert_eq!(is_figure(text), figure, "{text}");
        }
    }
}
