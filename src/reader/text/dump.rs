//! Plain text dumps of Word reports.
//!
//! In: text in which a line that begins with a tab opens a table cell. Out: paragraphs and tables. Wrong: nothing but
//! limits; where the dump has lost structure, the grid is the likeliest one.
//!
//! Observed in extractions of self-evaluation reports: the lines after a cell's first line without a tab belong to the
//! same cell, blank ones included; rows are separated by one blank line, which a cell that ends with an empty paragraph
//! looks just like; cells that continue a vertical merge are empty cells; horizontal spans are lost (`spans.rs` finds
//! them again); several tables follow one another without a sign but a title row of one cell.

use super::spans;
use crate::document::BlockKind;
use crate::error::Result;
use crate::reader::collector::{Collector, is_blank};

/// Lines that begin with a tab for a text to count as a dump.
const LEAST_CELLS: usize = 4;

/// A cell as dumped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RawCell {
    text: String,
    /// Blank lines after its text.
    blanks: usize,
}

/// True when the text has tables of this kind.
pub(super) fn has_tables(text: &str) -> bool {
    text.lines().filter(|line| line.starts_with('\t')).take(LEAST_CELLS).count() == LEAST_CELLS
}

/// Reads a dump into `out`.
///
/// # Errors
/// `limit-exceeded`.
pub(super) fn read(text: &str, out: &mut Collector<'_>) -> Result<()> {
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if !line.starts_with('\t') {
            out.push_text(BlockKind::Paragraph, None, (*line).to_owned())?;
            at += 1;
            continue;
        }
        let end = table_end(&lines, at);
        let cells = read_cells(lines.get(at..end).unwrap_or_default());
        for table in tables_of(rows_of(cells)) {
            let table = spans::build(table, out.limits)?;
            out.push_table(table)?;
        }
        at = end;
    }
    Ok(())
}

/// One past the last line of the table that begins at `start`: the cell that no further cell follows ends at its first
/// blank line; a line that begins an attachment ends a table anywhere.
fn table_end(lines: &[&str], start: usize) -> usize {
    let mut last_cell = start;
    for (index, line) in lines.iter().enumerate().skip(start) {
        if line.starts_with('\t') {
            last_cell = index;
        } else if is_attachment(line) && index > 0 && lines.get(index - 1).is_some_and(|before| is_blank(before)) {
            break;
        }
    }
    let blank = lines.iter().enumerate().skip(last_cell + 1).find(|(_, line)| is_blank(line));
    blank.map_or(lines.len(), |(index, _)| index)
}

/// "附件1", "附表2：", "附件3 自评表": the start of another part of the report.
fn is_attachment(line: &str) -> bool {
    const LONGEST_NAME: usize = 40;
    let line = line.trim();
    let Some(rest) = line.strip_prefix("附件").or_else(|| line.strip_prefix("附表")) else { return false };
    let number = |letter: char| letter.is_ascii_digit() || "一二三四五六七八九十".contains(letter);
    let name = rest.trim_start_matches(number);
    let is_named = name.len() < rest.len() && name.starts_with([' ', '\u{3000}', ':', '：', '.', '、']);
    let longest = if is_named { LONGEST_NAME } else { 12 };
    line.chars().count() <= longest && rest.chars().all(|letter| !"，。；".contains(letter))
}

fn read_cells(lines: &[&str]) -> Vec<RawCell> {
    let mut cells: Vec<RawCell> = Vec::new();
    for line in lines {
        if let Some(text) = line.strip_prefix('\t') {
            cells.push(RawCell { text: text.to_owned(), blanks: 0 });
            continue;
        }
        let Some(cell) = cells.last_mut() else { continue };
        if line.is_empty() {
            cell.blanks += 1;
        } else {
            if !cell.text.is_empty() || cell.blanks > 0 {
                cell.text.push('\n');
            }
            cell.text.push_str(line);
            cell.blanks = 0;
        }
    }
    cells
}

/// Cells into rows. A blank line before a cell ends the row for certain when the cell before it is empty or stands alone;
/// otherwise it may be the empty last paragraph of a cell within the row: two pieces that together are exactly as wide as
/// the rows around them are one row.
fn rows_of(cells: Vec<RawCell>) -> Vec<Vec<String>> {
    let mut pieces: Vec<(Vec<String>, bool)> = Vec::new();
    let mut piece: Vec<String> = Vec::new();
    for cell in cells {
        let ends = cell.blanks > 0;
        let filled = !is_blank(&cell.text);
        piece.push(cell.text);
        if ends {
            pieces.push((std::mem::take(&mut piece), filled));
        }
    }
    if !piece.is_empty() {
        pieces.push((piece, false));
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut index = 0;
    while let Some((piece, filled)) = pieces.get(index) {
        let next = pieces.get(index + 1).map(|(next, _)| next);
        let joined = next.filter(|next| *filled && joins(&pieces, index, piece.len(), next.len()));
        let mut row = piece.clone();
        if let Some(next) = joined {
            row.extend(next.iter().cloned());
            index += 1;
        }
        rows.push(row);
        index += 1;
    }
    rows
}

/// Whether the pieces at `index` and after it are one row: neither has the width of a row near it, together they have it,
/// and that width is seen at least twice.
fn joins(pieces: &[(Vec<String>, bool)], index: usize, first: usize, second: usize) -> bool {
    let from = index.saturating_sub(6);
    let near: Vec<usize> = pieces
        .iter()
        .enumerate()
        .skip(from)
        .take(14)
        .filter(|(at, _)| *at != index && *at != index + 1)
        .map(|(_, (piece, _))| piece.len())
        .collect();
    let seen = |width: usize| near.iter().filter(|found| **found == width).count();
    let whole = first + second;
    // A cell that stands alone is a title.
    first > 1 && second > 1 && whole >= 5 && seen(whole) >= 2 && seen(first) < seen(whole) && seen(second) < seen(whole)
}

/// Rows into tables: a title row of one cell begins a new table when the rows after it are of another width than the rows
/// before it.
fn tables_of(rows: Vec<Vec<String>>) -> Vec<Vec<Vec<String>>> {
    let widths: Vec<usize> = rows.iter().map(Vec::len).collect();
    let mut tables: Vec<Vec<Vec<String>>> = Vec::new();
    let mut before = 0;
    for (index, row) in rows.into_iter().enumerate() {
        let is_title = row.len() == 1 && row.first().is_some_and(|text| !is_blank(text) && text.chars().count() <= 60);
        let width = row.len();
        let follows = widths.iter().skip(index + 1).take_while(|width| **width > 1);
        let after = if is_title { follows.max().copied().unwrap_or(0) } else { 0 };
        match tables.last_mut() {
            Some(table) if !(is_title && after > 1 && after != before) => {
                table.push(row);
                before = before.max(width);
            }
            _ => {
                tables.push(vec![row]);
                before = width;
            }
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let lines: Vec<&str> = text.lines().collect();
        rows_of(read_cells(&lines))
    }

    #[test]
    fn blank_lines_end_rows_or_belong_to_cells() {
        assert_eq!(rows("\ta\n\tb\n\n\tc\n\td"), [["a", "b"], ["c", "d"]]);
        assert_eq!(rows("\t项\n\n目\n\tb\n\n\tc\n\td"), [["项\n目", "b"], ["c", "d"]]);
        let wide = "\t1\n\t2\n\t3\n\t4\n\t5\n\n";
        let text = format!("{wide}{wide}\ta\n\tb\n\n\n\tc\n\td\n\te\n\n{wide}");
        assert_eq!(rows(&text).get(2), Some(&["a", "b", "c", "d", "e"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn title_rows_begin_tables() {
        let text = "\t资金\n\n\ta\n\tb\n\tc\n\n\t指标\n\n\td\n\te\n\n\tf\n\tg";
        assert_eq!(tables_of(rows(text)).len(), 2);
    }

    #[test]
    fn attachments_end_tables() {
        for line in ["附件1", "附表2：", "附件3 2020年度部门整体支出绩效自评表", "附表二：明细"]
        {
            assert!(is_attachment(line), "{line}");
        }
        for line in ["附件1 的要求，已经落实", "附件材料已经按照规定的时间报送", "附近"] {
            assert!(!is_attachment(line), "{line}");
        }
    }

    #[test]
    fn titles_between_rows_are_rows() {
        let wide = "\t1\n\t2\n\t3\n\t4\n\t5\n\n";
        let found = rows(&format!("{wide}{wide}\t明细\n\n\ta\n\tb\n\tc\n\td\n\n{wide}"));
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 1, 4, 5]);
    }

    #[test]
    fn the_last_cell_ends_at_a_blank_line() {
        let lines: Vec<&str> = "\ta\n\tb\nc\n\n正文".lines().collect();
        assert_eq!(table_end(&lines, 0), 3);
    }
}
