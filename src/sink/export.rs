//! Lists for a spreadsheet: CSV that Excel opens with its hanzi, or a workbook with its numbers typed.
//!
//! In: headings and rows. Out: bytes; the same rows give the same. CSV is that of RFC 4180 behind a byte order mark, without
//! which Excel takes it for the code page of the machine. A text that spreadsheets would take for a formula gets an
//! apostrophe in CSV and the mark of a text in workbooks; numbers are this program's own and need none. What can go wrong:
//! packing.

use rust_decimal::Decimal;

use super::review::{Language, ReviewFormat, plain, unpackable};
use super::sheet::{Book, Column, Filled, begins_as_formula};
use crate::error::Result;

/// A column: its heading in Chinese and English, and its width in characters.
pub type Heading = Column;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Separated by commas.
    Csv,
    /// A workbook.
    Xlsx,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Csv, Self::Xlsx];

    /// The name in addresses, which is the extension too.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.label() == name)
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => ReviewFormat::Xlsx.media_type(),
        }
    }
}

/// What stands in one place of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A text of whatever origin.
    Text(String),
    /// A number.
    Number(Decimal),
    /// Nothing.
    Empty,
}

impl Entry {
    /// A text; nothing where there is none.
    #[must_use]
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.to_owned()))
    }

    /// A number; nothing where there is none.
    #[must_use]
    pub fn number(number: Option<Decimal>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }
}

/// A list.
#[derive(Debug)]
pub struct Export {
    /// Its name in Chinese and English.
    pub name: (&'static str, &'static str),
    /// The language of name and headings.
    pub language: Language,
    /// Its columns.
    pub columns: &'static [Heading],
    /// Its rows, each with an entry for every column.
    pub rows: Vec<Vec<Entry>>,
    /// The moment that a workbook bears, as RFC 3339 has it.
    pub moment: String,
}

/// Writes a list.
///
/// # Errors
/// `internal` when the file cannot be packed.
pub fn export(list: &Export, format: ExportFormat) -> Result<Vec<u8>> {
    match format {
        ExportFormat::Csv => Ok(csv(list).into_bytes()),
        ExportFormat::Xlsx => workbook(list).map_err(unpackable),
    }
}

fn csv(list: &Export) -> String {
    let mut text = String::from("\u{FEFF}");
    let headings = list.columns.iter().map(|(zh, en, _)| Entry::Text(list.language.pick(zh, en).to_owned()));
    line(&mut text, &headings.collect::<Vec<_>>());
    list.rows.iter().for_each(|row| line(&mut text, row));
    text
}

fn line(text: &mut String, entries: &[Entry]) {
    for (number, entry) in entries.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        match entry {
            Entry::Empty => {}
            Entry::Number(number) => text.push_str(&number.normalize().to_string()),
            Entry::Text(said) => quoted(text, said),
        }
    }
    text.push_str("\r\n");
}

/// A text in quotation marks, whatever it has.
fn quoted(text: &mut String, said: &str) {
    text.push('"');
    // Before what hides the sign is left out, and after.
    let shown = plain(said);
    if begins_as_formula(said) || begins_as_formula(&shown) {
        text.push('\'');
    }
    text.push_str(&shown.replace('"', "\"\""));
    text.push('"');
}

fn workbook(list: &Export) -> Filled<Vec<u8>> {
    let pick = |zh, en| list.language.pick(zh, en);
    let (zh, en) = list.name;
    let mut book = Book::new(pick(zh, en), &list.moment)?;
    let mut sheet = book.sheet(pick(zh, en), list.columns, pick)?;
    for row in &list.rows {
        for entry in row {
            match entry {
                Entry::Empty => sheet.text("")?,
                Entry::Text(text) => sheet.text(text)?,
                Entry::Number(number) => sheet.figure(Some(*number), 0, false)?,
            }
        }
        sheet.next_row()?;
    }
    sheet.close(u16::MAX)?;
    book.pack()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_no_formulas() {
        for (text, expected) in [
            ("报告", "\"报告\""),
            ("a,\"b\"\nc", "\"a,\"\"b\"\"\nc\""),
            ("=1+1", "\"'=1+1\""),
            ("＝1", "\"'＝1\""),
            ("\t=1", "\"' =1\""),
            ("\u{202E}=1", "\"'=1\""),
            ("@x", "\"'@x\""),
            ("-5", "\"'-5\""),
        ] {
            let mut line = String::new();
            quoted(&mut line, text);
            assert_eq!(line, expected, "{text:?}");
        }
    }
}
