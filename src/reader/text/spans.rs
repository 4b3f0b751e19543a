//! Rows without spans back onto a grid.
//!
//! In: rows of cell texts in which horizontal spans are lost and vertical merges are empty cells. Out: a table whose label
//! and figure columns line up. Wrong: nothing but limits; a row that fits no rule gives its spare columns to its longest
//! text, which moves no figure out of its column unless the row is irregular anyway.
//!
//! Observed on the forms of self-evaluation reports: the first column is a label, figures stand under their headers at the
//! right, and what a form merges is the last label before the figures ("（1）财政拨款" over two columns), the free text
//! behind a label, or a header over its sub-headers.

use crate::document::{Cell, GridBuilder, Table};
use crate::error::Result;
use crate::limits::Limits;
use crate::reader::collector::is_blank;

/// Builds the likeliest grid.
///
/// # Errors
/// `limit-exceeded` for `rows`, `columns` or `cells`.
pub(super) fn build(rows: Vec<Vec<String>>, limits: &Limits) -> Result<Table> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let spans = all_spans(&rows, width);
    let mut cells: Vec<Cell> = Vec::new();
    // Per column of the previous row: the cell (index into `cells`) whose range begins there.
    let mut above: Vec<Option<usize>> = vec![None; width];
    for (row, (texts, spans)) in rows.into_iter().zip(&spans).enumerate() {
        let merged = continued(&texts, spans, &cells, &above, row);
        let mut starts = vec![None; width];
        let mut col = 0;
        for (index, (text, span)) in texts.into_iter().zip(spans).enumerate() {
            let cell = match merged.get(index).copied().flatten() {
                Some(cell) => {
                    if let Some(origin) = cells.get_mut(cell) {
                        origin.row_span += 1;
                    }
                    cell
                }
                None => {
                    cells.push(Cell { col_span: fit(*span), ..Cell::at(fit(row), fit(col), text.into()) });
                    cells.len() - 1
                }
            };
            if let Some(start) = starts.get_mut(col) {
                *start = Some(cell);
            }
            col += span;
        }
        above = starts;
    }
    let rows = spans.len();
    let mut builder = GridBuilder::new(limits);
    for cell in cells {
        builder.place(cell)?;
    }
    Ok(Table::new(builder.finish(fit(rows), fit(width), true)?))
}

fn fit(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// For each cell of a row, the cell above that it continues. The empty cells at a row's start continue what is above them
/// when a label follows; the empty cells of a second header row do so anywhere.
fn continued(
    texts: &[String],
    spans: &[usize],
    cells: &[Cell],
    above: &[Option<usize>],
    row: usize,
) -> Vec<Option<usize>> {
    let leading = texts.iter().take_while(|text| is_blank(text)).count();
    let labels_follow = texts.get(leading).is_some_and(|text| !is_figure(text));
    let sub_header = row > 0 && is_sub_header(texts);
    let mut col = 0;
    let mut found = Vec::with_capacity(texts.len());
    for (index, (text, span)) in texts.iter().zip(spans).enumerate() {
        let candidate = above.get(col).copied().flatten();
        let origin = candidate.and_then(|cell| cells.get(cell));
        let fits = origin.is_some_and(|origin| origin.col_span as usize == *span && !is_blank(&origin.text));
        let merges = is_blank(text) && fits && ((index < leading && labels_follow) || sub_header);
        found.push(candidate.filter(|_| merges));
        col += span;
    }
    found
}

/// A row of short labels and gaps without any figure: the second line of a two-line header.
fn is_sub_header(texts: &[String]) -> bool {
    let labels = texts.iter().filter(|text| !is_blank(text)).count();
    let plain = texts.iter().all(|text| is_blank(text) || (!is_figure(text) && text.trim().chars().count() <= 12));
    labels >= 2
        && labels < texts.len()
        && plain
        && texts.iter().take_while(|text| is_blank(text)).count() > 0
        && texts.last().is_some_and(|text| is_blank(text))
}

fn all_spans(rows: &[Vec<String>], width: usize) -> Vec<Vec<usize>> {
    let mut spans: Vec<Vec<usize>> = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let missing = width - row.len();
        let below = rows.get(index + 1);
        let own = if missing == 0 {
            vec![1; row.len()]
        } else if row.len() == 1 {
            vec![width]
        } else if let Some(under) = below.filter(|below| below.len() == width && is_sub_header(below)) {
            over_sub_headers(row, under)
        } else {
            let at = absorbing(row).or_else(|| below.and_then(|below| absorbing_header(row, below)));
            match at {
                Some(at) => widened(row.len(), at, missing),
                None => shared(row, width),
            }
        };
        spans.push(own);
    }
    spans
}

/// The last label before at least two figures (or gaps and dashes) that end the row.
fn absorbing(row: &[String]) -> Option<usize> {
    let figures = row.iter().rev().take_while(|text| is_blank(text) || is_figure(text)).count();
    let printed = row.iter().rev().take(figures).filter(|text| is_figure(text)).count();
    (figures >= 2 && figures < row.len() && printed > 0).then(|| row.len() - figures - 1)
}

/// The header over such a row: as many cells at its right as the row below has figures.
fn absorbing_header(row: &[String], below: &[String]) -> Option<usize> {
    let at = absorbing(below)?;
    let figures = below.len() - at - 1;
    let labels = row.iter().all(|text| !is_figure(text));
    let same = row.len() == below.len() && row.len() == figures + 1;
    (labels && (same || row.len() > figures + 1)).then(|| row.len() - figures - 1)
}

fn widened(count: usize, at: usize, missing: usize) -> Vec<usize> {
    (0..count).map(|index| if index == at { 1 + missing } else { 1 }).collect()
}

/// Labels stay one column wide, the texts behind them share the rest; the last one takes what is left over.
fn shared(row: &[String], width: usize) -> Vec<usize> {
    let is_form = row.len().is_multiple_of(2) && row.len() > 2;
    let is_label = |index: usize| if is_form { index.is_multiple_of(2) } else { index == 0 };
    let labels = (0..row.len()).filter(|index| is_label(*index)).count();
    let texts = row.len() - labels;
    if texts == 0 {
        return widened(row.len(), row.len() - 1, width - row.len());
    }
    let each = (width - labels) / texts;
    let mut spans: Vec<usize> = (0..row.len()).map(|index| if is_label(index) { 1 } else { each }).collect();
    let spare = width - spans.iter().sum::<usize>();
    if let Some(last) = spans.last_mut() {
        *last += spare;
    }
    spans
}

/// A header row over its sub-headers: cells over gaps are one column wide, the others share the sub-headers between them
/// by the characters they have in common.
fn over_sub_headers(row: &[String], under: &[String]) -> Vec<usize> {
    let width = under.len();
    let left = under.iter().take_while(|text| is_blank(text)).count();
    let right = under.iter().rev().take_while(|text| is_blank(text)).count();
    let Some(heads) = row.len().checked_sub(left + right).filter(|heads| *heads > 0) else { return shared(row, width) };
    let subs = width - left - right;
    if subs < heads {
        return shared(row, width);
    }
    let mut spans = vec![1; row.len()];
    let mut taken = 0;
    for head in 0..heads {
        let heads_left = heads - head - 1;
        let most = subs - taken - heads_left;
        let text = row.get(left + head).map_or("", String::as_str);
        let next = row.get(left + head + 1).map_or("", String::as_str);
        let mut span = if heads_left == 0 { most } else { 1 };
        while span < most {
            let sub = under.get(left + taken + span).map_or("", String::as_str);
            if common(sub, text) <= common(sub, next) {
                break;
            }
            span += 1;
        }
        if let Some(slot) = spans.get_mut(left + head) {
            *slot = span;
        }
        taken += span;
    }
    spans
}

/// Characters of `text` that `other` has too.
fn common(text: &str, other: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace() && other.contains(*letter)).count()
}

/// A number with its sign, unit or percent sign, or the dash that stands for none.
pub(super) fn is_figure(text: &str) -> bool {
    let text = text.trim();
    if matches!(text, "-" | "－" | "—" | "——" | "/" | "\\" | "无") {
        return true;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest = text.chars().filter(|letter| !letter.is_ascii_digit() && !letter.is_whitespace()).count();
    digits > 0 && text.chars().count() <= 16 && rest <= digits.max(2) && !text.contains(['年', '、', '）', ')'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[&[&str]], expected: &[&[usize]]) {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect();
        let width = rows.iter().map(Vec::len).max().unwrap();
        assert_eq!(all_spans(&rows, width), expected);
    }

    #[test]
    fn spare_columns_go_where_forms_merge() {
        check(
            &[
                &["职责", "履行若干职责"],
                &["编制", "", "实有", ""],
                &["资金", "项目", "预算数", "执行数", "得分"],
                &["", "来源", "合计", "10.5", "9.5", "9"],
                &["", "", "1", "2", "3", "4", "5"],
                &["总分", "100", "99"],
            ],
            &[&[1, 6], &[1, 2, 1, 3], &[1, 3, 1, 1, 1], &[1, 1, 2, 1, 1, 1], &[1; 7], &[5, 1, 1]],
        );
        check(
            &[
                &["来源", "结转", "实际到位金额", "实际支出", "结余"],
                &["", "", "到位金额", "到位率", "支出金额", "支出率", ""],
            ],
            &[&[1, 1, 2, 2, 1], &[1; 7]],
        );
        check(
            &[&["项目", "上年决算数", "预算数"], &["办公费", "1", "2"], &["a", "b", "c", "d"]],
            &[&[2, 1, 1], &[2, 1, 1], &[1; 4]],
        );
    }

    #[test]
    fn empty_cells_under_labels_are_merges() {
        let rows = [["产出", "数量", "a"], ["", "", "b"], ["", "质量", "c"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let table = build(rows, &Limits::default()).unwrap();
        assert_eq!(table.grid.origin(0, 0).unwrap().row_span, 3);
        assert_eq!(table.grid.origin(0, 1).unwrap().row_span, 2);
    }
}
