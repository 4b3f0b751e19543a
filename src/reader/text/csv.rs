//! Separated values.
//!
//! In: text whose lines have the same number of commas, tabs or semicolons. Out: one table. Wrong: nothing but limits;
//! rows of another length are filled up and reported.
//!
//! Follows RFC 4180: quoted fields, doubled quotes, line ends within quotes.

use crate::document::{Cell, GridBuilder, Location, Table, WarningKind};
use crate::error::Result;
use crate::reader::collector::{Collector, is_blank};

/// Lines that decide about the separator.
const SAMPLE_LINES: usize = 50;

/// The character that separates values; `None` for running text.
pub(super) fn separator(text: &str) -> Option<char> {
    let mut end = text.len().min(64 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = text.get(..end)?;
    ['\t', ',', ';'].into_iter().find(|separator| {
        let rows = records(sample, *separator);
        let rows: Vec<&Vec<String>> =
            rows.iter().filter(|row| row.iter().any(|field| !is_blank(field))).take(SAMPLE_LINES).collect();
        let Some(width) = rows.first().map(|row| row.len()) else { return false };
        let same = rows.iter().filter(|row| row.len() == width).count();
        // A dump of a Word table has one tab at the very start of each cell's line.
        let leading = rows.iter().filter(|row| row.first().is_some_and(String::is_empty)).count();
        let long = rows.iter().flat_map(|row| row.iter()).any(|field| field.chars().count() > 400);
        width > 1 && rows.len() > 1 && same * 10 >= rows.len() * 9 && leading * 2 <= rows.len() && !long
    })
}

/// Reads the table into `out`.
///
/// # Errors
/// `limit-exceeded`.
pub(in crate::reader) fn read(text: &str, separator: char, out: &mut Collector<'_>) -> Result<()> {
    let mut rows = records(text, separator);
    while rows.last().is_some_and(|row| row.iter().all(|field| is_blank(field))) {
        rows.pop();
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let irregular = rows.iter().filter(|row| row.len() != width).count();
    let mut builder = GridBuilder::new(out.limits);
    for (row, fields) in rows.into_iter().enumerate() {
        for (col, text) in fields.into_iter().enumerate() {
            let (row, col) = (u32::try_from(row).unwrap_or(u32::MAX), u32::try_from(col).unwrap_or(u32::MAX));
            builder.place(Cell::at(row, col, text.into()))?;
        }
    }
    let id = out.push_table(Table::new(builder.finish(0, 0, false)?))?;
    let at = Location::Cell { table: id, row: 0, col: 0, span: None };
    out.warn_times(WarningKind::IrregularRow, at, u32::try_from(irregular).unwrap_or(u32::MAX));
    Ok(())
}

/// All records of a text.
fn records(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ if letter == separator && !quoted => row.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_follow_the_rfc() {
        let check = |text: &str, expected: &[&[&str]]| assert_eq!(records(text, ','), expected, "{text}");
        check("a,b\r\n\"1,234\",\"x \"\"y\"\"\nz\"\n", &[&["a", "b"], &["1,234", "x \"y\"\nz"]]);
        check("a,\n,b", &[&["a", ""], &["", "b"]]);
    }
}
