//! Workbooks: the only place that knows calamine.
//!
//! In: the bytes, already recognized. Out: one table per used sheet (several when far apart), cell texts as the workbook
//! shows them, stored values beside them. Wrong: damaged and encrypted workbooks; a panic of the library is contained
//! and becomes `malformed`.
//!
//! Follows [MS-XLS] and [MS-XLSB] as far as calamine does. Excel packages and OpenDocument are read without it: the first in one
//! pass over each sheet (`docs/decisions/0014-sheets-in-one-pass.md`), the second because the shown text of every value stands
//! there, which calamine passes over.

mod around;
mod biff;
mod cells;
mod compound;
mod dates;
mod decimal;
mod formulas;
mod number_format;
mod numerals;
mod ods;
mod other;
mod sheet;
mod strings;
mod styles;
mod tokens;
mod xlsb;
mod xlsx;
mod xml2003;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::collector::Collector;
use super::package::Package;
use crate::document::{CellSource, Text};
use crate::error::{Error, ErrorKind, Result};
use decimal::Decimal;
use number_format::NumberFormat;

/// Reads an Excel package into `out`.
///
/// # Errors
/// `truncated`, `malformed`, `encrypted`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read_xlsx(package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<()> {
    xlsx::read(package, main, out)
}

/// Reads a BIFF workbook into `out`.
///
/// # Errors
/// As for [`read_xlsx`].
pub(super) fn read_xls(bytes: &[u8], out: &mut Collector<'_>) -> Result<()> {
    contained(|| other::read_xls(bytes, out))
}

/// Reads a binary Excel package into `out`.
///
/// # Errors
/// As for [`read_xlsx`].
pub(super) fn read_xlsb(bytes: &[u8], package: &mut Package<'_>, out: &mut Collector<'_>) -> Result<()> {
    probe_all(package)?;
    let formats = xlsb::read(package, out.limits)?;
    contained(|| other::read_xlsb(bytes, formats, out))
}

/// Reads an OpenDocument spreadsheet into `out`.
///
/// # Errors
/// As for [`read_xlsx`].
pub(super) fn read_ods(package: &mut Package<'_>, out: &mut Collector<'_>) -> Result<()> {
    ods::read(package, out)
}

/// Reads an Excel 2003 XML workbook into `out`.
///
/// # Errors
/// `truncated`, `malformed`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read_xml2003(text: &str, out: &mut Collector<'_>) -> Result<()> {
    xml2003::read(text, out)
}

/// What is said of a workbook that its library cannot follow.
const DAMAGED: (&str, &str) = ("工作簿结构已损坏", "the workbook's structure cannot be followed");

/// Applies the limits to every part before the library inflates them by itself.
fn probe_all(package: &mut Package<'_>) -> Result<()> {
    let parts: Vec<String> =
        package.names().filter(|name| name.ends_with(".xml") || name.ends_with(".bin")).map(str::to_owned).collect();
    for part in parts {
        package.probe(&part)?;
    }
    Ok(())
}

/// Runs `read`; a panic within becomes an error of the file.
fn contained(read: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(Error::new(ErrorKind::Malformed, DAMAGED)))
}

/// What a cell shows, and what is stored behind it where that is not all.
type Shown = (Text, Option<Text>);

/// Shows numbers.
#[derive(Default)]
struct Show {
    /// The workbook counts days from 1904.
    date_1904: bool,
    /// Formats met so far, by their codes.
    formats: BTreeMap<String, NumberFormat>,
    /// The text being written, and the number as stored.
    text: String,
    raw: String,
}

impl Show {
    fn new(date_1904: bool) -> Self {
        Self { date_1904, ..Self::default() }
    }

    /// A number as shown by a format code, and as stored.
    fn by_code(&mut self, number: &Decimal, code: Option<&str>) -> Shown {
        let Some(code) = code else { return self.decimal(number, None) };
        let (key, format) =
            self.formats.remove_entry(code).unwrap_or_else(|| (code.to_owned(), NumberFormat::new(code)));
        let shown = self.decimal(number, Some(&format));
        self.formats.insert(key, format);
        shown
    }

    /// A date in ISO 8601 as shown in a format, and as stored; such dates are the same whatever year days are counted from.
    fn iso(&mut self, date: &str, format: Option<&NumberFormat>) -> Shown {
        let Some((format, number)) = format.zip(dates::from_iso(date)) else { return stored(date) };
        self.text.clear();
        format.push_shown(&number, false, &mut self.text);
        (Text::from(self.text.as_str()), Some(date.into()))
    }

    /// A number as shown in a format, and as stored.
    fn decimal(&mut self, decimal: &Decimal, format: Option<&NumberFormat>) -> Shown {
        self.raw.clear();
        decimal.push_plain(&mut self.raw);
        let raw = Text::from(self.raw.as_str());
        let Some(format) = format else { return (Text::clone(&raw), Some(raw)) };
        self.text.clear();
        format.push_shown(decimal, self.date_1904, &mut self.text);
        // Most formats show whole numbers as they are stored.
        let text = if self.text == self.raw { Text::clone(&raw) } else { Text::from(self.text.as_str()) };
        (text, Some(raw))
    }
}

/// A text that is all there is to a cell.
fn verbatim(text: &str) -> Shown {
    (text.into(), None)
}

/// A text that is stored as it is shown.
fn stored(text: impl Into<Text>) -> Shown {
    let text = text.into();
    (Text::clone(&text), Some(text))
}

/// A truth value, stored as a digit.
fn truth(value: bool) -> Shown {
    if value { ("TRUE".into(), Some("1".into())) } else { ("FALSE".into(), Some("0".into())) }
}

/// What is stored behind the shown text of a cell; nothing where the text is all.
fn source_of(text: &Text, raw: Option<Text>, format: Option<Text>, formula: Option<Text>) -> Option<CellSource> {
    match raw {
        Some(raw) => Some(CellSource { raw, format, formula }),
        None => formula.map(|formula| CellSource { raw: Text::clone(text), format: None, formula: Some(formula) }),
    }
}
