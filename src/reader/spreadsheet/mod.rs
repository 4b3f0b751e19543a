//! Workbooks: the only place that knows calamine.
//!
//! In: the bytes, already recognized. Out: one table per used sheet (several when far apart), cell texts as the workbook
//! shows them, stored values beside them. Wrong: damaged and encrypted workbooks; a panic of the library is contained
//! and becomes `malformed`.
//!
//! Follows ECMA-376 (SpreadsheetML), [MS-XLS] and [MS-XLSB] as far as calamine does. OpenDocument stores the shown text of
//! every value, which calamine passes over: those are read without it.

mod biff;
mod compound;
mod dates;
mod decimal;
mod number_format;
mod ods;
mod other;
mod sheet;
mod xlsx;
mod xml2003;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::collector::Collector;
use super::package::Package;
use crate::error::{Error, ErrorKind, Result};
use decimal::Decimal;
use number_format::NumberFormat;

/// Reads an Excel package into `out`.
///
/// # Errors
/// `truncated`, `malformed`, `encrypted`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read_xlsx(bytes: &[u8], package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<()> {
    contained(|| xlsx::read(bytes, package, main, out))
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
    contained(|| other::read_xlsb(bytes, out))
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

/// A stored double as shown in a format, and as stored.
fn shown_number(value: f64, code: Option<&str>, date_1904: bool) -> (String, Option<String>) {
    shown_in(value, code.map(NumberFormat::new).as_ref(), date_1904)
}

/// A stored double as shown in a parsed format, and as stored.
fn shown_in(value: f64, format: Option<&NumberFormat>, date_1904: bool) -> (String, Option<String>) {
    if format.is_none() && value.is_finite() {
        // The shortest text that gives the same double is its decimal when that has no more than 15 digits.
        let text = value.to_string();
        if text.len() <= 15 && text != "-0" {
            return (text.clone(), Some(text));
        }
    }
    let Some(decimal) = Decimal::from_double(value) else { return (String::new(), None) };
    let raw = decimal.plain();
    let text = match format {
        Some(format) => format.show(&decimal, date_1904),
        None => raw.clone(),
    };
    (text, Some(raw))
}
