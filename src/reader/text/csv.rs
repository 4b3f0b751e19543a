//! Separated values.
//!
//! In: text whose lines have the same number of commas, tabs or semicolons. Out: one table; titles and units above it and
//! notes below it as paragraphs. Wrong: nothing but limits; rows of another length are filled up and reported.
//!
//! Follows RFC 4180: quoted fields, doubled quotes, line ends within quotes. Observed: lists that programs of offices export
//! have a title and a unit in lines of their own, `sep=;` for Excel in the first line, codes as `="00123"`, and shorter rows
//! where the last cells are empty.

use crate::document::{BlockKind, Cell, GridBuilder, Location, Table, WarningKind};
use crate::error::Result;
use crate::reader::collector::{Collector, is_blank};

/// Lines that decide about the separator.
const SAMPLE_LINES: usize = 50;
/// Lines above the table: titles, units, dates.
const MOST_TITLES: usize = 5;
/// Characters of such a line.
const LONGEST_TITLE: usize = 80;
/// Characters of a field without quotes: more are running text.
const LONGEST_PLAIN: usize = 400;

/// The fields of one record.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Record {
    fields: Vec<String>,
    /// Characters of the longest field that is not quoted.
    longest_plain: usize,
}

impl Record {
    fn width(&self) -> usize {
        self.fields.len()
    }

    fn is_blank(&self) -> bool {
        self.fields.iter().all(|field| is_blank(field))
    }
}

/// The character that separates values; `None` for running text.
pub(super) fn separator(text: &str) -> Option<char> {
    if let (Some(separator), _) = hint(text) {
        return Some(separator);
    }
    let mut end = text.len().min(64 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = text.get(..end)?;
    ['\t', ',', ';'].into_iter().find(|separator| {
        let mut rows = records(sample, *separator);
        // What the sample cuts off says nothing.
        if end < text.len() && rows.len() > 2 {
            rows.pop();
        }
        rows.retain(|row| !row.is_blank());
        rows.truncate(SAMPLE_LINES);
        is_table(&rows)
    })
}

/// The separator that the first line names for Excel, and the text behind that line.
fn hint(text: &str) -> (Option<char>, &str) {
    let none = (None, text);
    let Some((line, rest)) = text.split_once('\n') else { return none };
    let line = line.trim_start_matches('\u{FEFF}').trim().trim_matches('"').to_ascii_lowercase();
    let Some(named) = line.strip_prefix("sep=") else { return none };
    let mut letters = named.chars();
    match (letters.next(), letters.next()) {
        (Some(separator), None) if !separator.is_alphanumeric() => (Some(separator), rest),
        _ if named == "\\t" => (Some('\t'), rest),
        _ => none,
    }
}

fn is_table(rows: &[Record]) -> bool {
    let (titles, notes) = around(rows);
    let body = rows.get(titles..rows.len() - notes).unwrap_or_default();
    let width = body.first().map_or(0, Record::width);
    if width < 2 || body.len() < 2 || body.iter().any(|row| row.longest_plain > LONGEST_PLAIN) {
        return false;
    }
    // Sentences may have as many commas as one another; records do not end with a full stop.
    let ends = |row: &&Record| row.fields.last().is_some_and(|field| field.trim_end().ends_with(['。', '；', '！']));
    if body.iter().filter(ends).count() * 2 >= body.len() {
        return false;
    }
    // A dump of a Word table has one tab at the very start of each cell's line.
    let leading = body.iter().filter(|row| row.fields.first().is_some_and(String::is_empty)).count();
    let same = body.iter().filter(|row| row.width() == width).count();
    let sentences = || rows.iter().flat_map(|row| &row.fields).any(|field| field.contains('。'));
    let regular = same * 10 >= body.len() * 9;
    // Only where there are columns enough is a row that lacks some, or a line around them, no running text.
    let ragged =
        width > 2 && same * 10 >= body.len() * 6 && body.iter().all(|row| row.width() <= width) && !sentences();
    let framed = titles + notes > 0;
    let enough = if framed { width > 2 || (same == body.len() && !sentences()) } else { true };
    leading * 2 <= body.len() && (regular && enough || ragged)
}

/// How many records of one field stand before the others, and how many after them.
fn around(rows: &[Record]) -> (usize, usize) {
    let is_line = |row: &&Record| row.width() == 1 || row.is_blank();
    let is_title = |row: &&Record| is_line(row) && row.longest_plain <= LONGEST_TITLE;
    let titles = rows.iter().take_while(is_title).count();
    if titles == rows.len() || rows.iter().take(titles).filter(|row| !row.is_blank()).count() > MOST_TITLES {
        return (0, 0);
    }
    (titles, rows.iter().rev().take_while(is_line).count())
}

/// Reads the table into `out`.
///
/// # Errors
/// `limit-exceeded`.
pub(in crate::reader) fn read(text: &str, separator: char, out: &mut Collector<'_>) -> Result<()> {
    let mut rows = records(hint(text).1, separator);
    while rows.last().is_some_and(Record::is_blank) {
        rows.pop();
    }
    let (titles, notes) = around(&rows);
    let behind = rows.split_off(rows.len() - notes);
    let body = rows.split_off(titles);
    push_lines(rows, out)?;
    let width = body.iter().map(Record::width).max().unwrap_or(0);
    let irregular = body.iter().filter(|row| row.width() != width).count();
    let mut builder = GridBuilder::new(out.limits);
    for (row, record) in body.into_iter().enumerate() {
        for (col, text) in record.fields.into_iter().enumerate() {
            let (row, col) = (u32::try_from(row).unwrap_or(u32::MAX), u32::try_from(col).unwrap_or(u32::MAX));
            builder.place(Cell::at(row, col, unprotected(&text).into()))?;
        }
    }
    let id = out.push_table(Table::new(builder.finish(0, 0, false)?))?;
    let at = Location::Cell { table: id, row: 0, col: 0, span: None };
    out.warn_times(WarningKind::IrregularRow, at, u32::try_from(irregular).unwrap_or(u32::MAX));
    push_lines(behind, out)
}

fn push_lines(rows: Vec<Record>, out: &mut Collector<'_>) -> Result<()> {
    rows.into_iter().flat_map(|row| row.fields).try_for_each(|line| out.push_text(BlockKind::Paragraph, None, line))
}

/// `="00123"` is how a list keeps Excel from taking a code for a number.
fn unprotected(field: &str) -> &str {
    field
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|code| !code.contains('"'))
        .unwrap_or(field)
}

/// All records of a text.
fn records(text: &str, separator: char) -> Vec<Record> {
    let mut rows = Vec::new();
    let mut row = Record::default();
    let mut field = String::new();
    let (mut quoted, mut was_quoted) = (false, false);
    let close = |row: &mut Record, field: &mut String, was_quoted: &mut bool| {
        if !std::mem::take(was_quoted) && field.len() > row.longest_plain {
            row.longest_plain = row.longest_plain.max(field.chars().count());
        }
        row.fields.push(std::mem::take(field));
    };
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => (quoted, was_quoted) = (true, true),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !quoted => {
                close(&mut row, &mut field, &mut was_quoted);
                rows.push(std::mem::take(&mut row));
            }
            _ if letter == separator && !quoted => close(&mut row, &mut field, &mut was_quoted),
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !row.fields.is_empty() {
        close(&mut row, &mut field, &mut was_quoted);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn records_follow_the_rfc() {
        let check = |text: &str, expected: &[&[&str]]| {
            let fields: Vec<Vec<String>> = records(text, ',').into_iter().map(|record| record.fields).collect();
            assert_eq!(fields, expected, "{text}");
        };
        check("a,b\r\n\"1,234\",\"x \"\"y\"\"\nz\"\n", &[&["a", "b"], &["1,234", "x \"y\"\nz"]]);
        check("a,\n,b", &[&["a", ""], &["", "b"]]);
    }

    #[test]
    fn separators_are_found_under_titles() {
        let check = |text: &str, expected: Option<char>| assert_eq!(separator(text), expected, "{text}");
        let table = "项目,预算数,执行数\n甲,10,9.5\n乙,20,19\n";
        check(&format!("收支表\n单位：万元\n\n{table}注：无\n"), Some(','));
        check(&format!("sep=;\n{}", table.replace(',', ";")), Some(';'));
        check(&table.replace("20,19", "20"), Some(','));
        check(&format!("指标,目标,说明\n数量,5,\"{}\"\n质量,6,好\n", "完成，".repeat(300)), Some(','));
        check(&format!("指标,目标,说明\n数量,5,{}\n质量,6,好\n", "完成，".repeat(300)), None);
        check("本年支出1,234万元。\n其中人员2,345万元，公用支出6,789万元，其他1,234万元。\n完成。\n", None);
        check("收支情况\n甲,1\n", None);
        check("甲\n乙\n", None);
    }

    #[test]
    fn lines_around_a_table_are_paragraphs() {
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        read("收支表\n单位：万元\n代码,金额,注\n=\"00123\",10,\n=\"00124\",20\n注：无\n", ',', &mut out).unwrap();
        let (document, warnings) = out.finish();
        let blocks: Vec<&str> = document.blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(blocks, ["收支表", "单位：万元", "", "注：无"]);
        let cells: Vec<&str> = document.tables[0].grid.cells().iter().map(|cell| &*cell.text).collect();
        assert_eq!(cells, ["代码", "金额", "注", "00123", "10", "", "00124", "20", ""]);
        assert_eq!(warnings.len(), 1);
    }
}
