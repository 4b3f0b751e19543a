//! Tables within running text, whose lines keep their columns apart.
//!
//! In: text. Out: paragraphs, and a table for lines that follow one another with the same number of columns. Wrong: nothing
//! but limits; where columns are not certain, lines stay lines.
//!
//! Observed: tables that were pasted into a text have tabs between their cells; those of wikis and terminals bars; those
//! that somebody typed two spaces and more. Contents of a report have tabs too, before the number of the page.

use crate::document::{BlockKind, Cell, GridBuilder, Table};
use crate::error::Result;
use crate::reader::collector::{Collector, is_blank};

/// What keeps columns apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Tab,
    Bar,
    Spaces,
}

/// Lines that follow one another with the same columns.
struct Run<'t> {
    gap: Gap,
    rows: Vec<Vec<&'t str>>,
    /// Lines, those between headings and rows included.
    length: usize,
}

/// Lines of a run after which a table is not looked for within it.
const LONG_RUN: usize = 100;
/// Characters of a cell between spaces: what is longer is running text.
const LONGEST_SPACED: usize = 40;

/// Reads a text into `out`.
///
/// # Errors
/// `limit-exceeded`.
pub(super) fn read(text: &str, out: &mut Collector<'_>) -> Result<()> {
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
        let found = [Gap::Tab, Gap::Bar, Gap::Spaces].map(|gap| run(rest, gap));
        if let Some(run) = found.iter().flatten().find(|run| run.is_table()) {
            push(&run.rows, out)?;
            at += run.length;
            continue;
        }
        // Lines that were looked through to no end are not looked through once more for each of them.
        let longest = found.iter().flatten().map(|run| run.length).max().filter(|length| *length > LONG_RUN);
        for line in rest.iter().take(longest.unwrap_or(1)) {
            out.push_text(BlockKind::Paragraph, None, (*line).to_owned())?;
        }
        at += longest.unwrap_or(1);
    }
    Ok(())
}

/// The lines that have as many columns as the first one.
fn run<'t>(lines: &[&'t str], gap: Gap) -> Option<Run<'t>> {
    let width = cells(lines.first()?, gap)?.len();
    let mut run = Run { gap, rows: Vec::new(), length: 0 };
    for line in lines {
        let Some(row) = cells(line, gap).filter(|row| row.len() == width) else { break };
        run.length += 1;
        // The line below the headings.
        if gap != Gap::Bar || !row.iter().all(|cell| is_rule(cell)) {
            run.rows.push(row);
        }
    }
    Some(run)
}

impl Run<'_> {
    fn is_table(&self) -> bool {
        let figures = |row: &[&str]| row.iter().filter(|cell| is_figure(cell)).count();
        let Some((head, body)) = self.rows.split_first().filter(|(_, body)| !body.is_empty()) else { return false };
        let wide = head.len() > 2;
        match self.gap {
            Gap::Bar => true,
            Gap::Tab if wide => true,
            // Two columns are a table where the second is not the pages of a list of contents.
            Gap::Tab => body.len() > 1 && figures(head) == 0 && body.iter().any(|row| figures(row) > 0),
            Gap::Spaces => {
                let short = |row: &Vec<&str>| row.iter().all(|cell| cell.chars().count() <= LONGEST_SPACED);
                let figured = |row: &Vec<&str>| figures(row) > 0;
                wide && body.len() > 1 && figures(head) == 0 && self.rows.iter().all(short) && body.iter().all(figured)
            }
        }
    }
}

/// The cells of a line; `None` for one without columns.
fn cells(line: &str, gap: Gap) -> Option<Vec<&str>> {
    let found: Vec<&str> = match gap {
        Gap::Tab if line.starts_with('\t') => return None,
        Gap::Tab => line.trim_end_matches(['\r', ' ']).split('\t').map(str::trim).collect(),
        Gap::Bar => {
            let line = line.trim();
            // Bars around a line, not only between its cells.
            let inner = line.strip_prefix(['|', '｜']).map(|rest| rest.strip_suffix(['|', '｜']).unwrap_or(rest));
            inner.unwrap_or(line).split(['|', '｜']).map(str::trim).collect()
        }
        Gap::Spaces => {
            let line = line.trim_matches([' ', '\u{3000}', '\r']);
            line.split("  ")
                .flat_map(|piece| piece.split("\u{3000}\u{3000}"))
                .map(trim_spaces)
                .filter(|cell| !cell.is_empty())
                .collect()
        }
    };
    (found.len() > 1 && found.iter().any(|cell| !is_blank(cell))).then_some(found)
}

fn trim_spaces(text: &str) -> &str {
    text.trim_matches([' ', '\u{3000}'])
}

fn is_rule(cell: &str) -> bool {
    cell.contains('-') && cell.chars().all(|letter| matches!(letter, '-' | ':' | '=' | ' '))
}

fn is_figure(cell: &str) -> bool {
    let part = |letter: char| letter.is_ascii_digit() || ".,%-+()（）％．万亿元".contains(letter);
    cell.chars().any(|letter| letter.is_ascii_digit()) && cell.chars().all(part)
}

fn push(rows: &[Vec<&str>], out: &mut Collector<'_>) -> Result<()> {
    let mut builder = GridBuilder::new(out.limits);
    for (row, cells) in rows.iter().enumerate() {
        for (col, text) in cells.iter().enumerate() {
            let (row, col) = (u32::try_from(row).unwrap_or(u32::MAX), u32::try_from(col).unwrap_or(u32::MAX));
            builder.place(Cell::at(row, col, (*text).into()))?;
        }
    }
    out.push_table(Table::new(builder.finish(0, 0, false)?)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    /// Paragraphs as they are, tables as `[cell/cell|...]`.
    fn shown(text: &str) -> Vec<String> {
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        read(text, &mut out).unwrap();
        let document = out.finish().0;
        let table = |id: crate::document::TableId| {
            let grid = &document.tables[id.0].grid;
            let mut text = String::from("[");
            for cell in grid.cells() {
                text.push_str(if cell.col > 0 {
                    "/"
                } else if cell.row > 0 {
                    "|"
                } else {
                    ""
                });
                text.push_str(&cell.text);
            }
            text + "]"
        };
        document.blocks.iter().map(|block| block.table.map_or_else(|| block.text.clone(), table)).collect()
    }

    #[test]
    fn tables_stand_in_the_text() {
        let check = |text: &str, expected: &[&str]| assert_eq!(shown(text), expected, "{text}");
        check("前\n项目\t预算数\t执行数\n甲\t1\t2\n后\n", &["前", "[项目/预算数/执行数|甲/1/2]", "后"]);
        check("项目\t预算数\n甲\t1\n乙\t2\n", &["[项目/预算数|甲/1|乙/2]"]);
        check("一、概况\t1\n二、目标\t3\n三、问题\t7\n", &["一、概况\t1", "二、目标\t3", "三、问题\t7"]);
        check("| 项目 | 数 |\n|:---|---:|\n| 甲 | 1 |\n", &["[项目/数|甲/1]"]);
        check("项目|预算数\n甲|\n", &["[项目/预算数|甲/]"]);
        check(
            "项目      预算数   执行数\n甲        10       9.5\n乙        20       19\n",
            &["[项目/预算数/执行数|甲/10/9.5|乙/20/19]"],
        );
        let signed = "负责人：    填表人：    电话：\n甲    乙    2023年1月\n丙    丁    戊";
        check(signed, &signed.lines().collect::<Vec<_>>());
        check("甲\t乙\t丙\n其他", &["甲\t乙\t丙", "其他"]);
    }
}
