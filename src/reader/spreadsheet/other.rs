//! The binary workbook formats: BIFF (.xls, .et) and binary packages (.xlsb).
//!
//! In: the bytes. Out: one table per used sheet. Wrong: what calamine refuses, and encrypted workbooks.
//!
//! calamine gives no number formats for these, and merged ranges for BIFF only: `biff.rs` and `xlsb.rs` read them. BIFF8 text is UTF-16 whatever the CODEPAGE record says, so that code page
//! is forced: the record lies in files of WPS.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, DataRef, Reader, SheetType, SheetVisible, Xls, XlsError, XlsOptions, Xlsb, XlsbError};

use super::DAMAGED;
use super::biff::Formats;
use super::decimal::Decimal;
use super::formulas::without_flags;
use super::sheet::{MergedRange, Sheet};
use super::{Show, Shown, source_of, stored, truth, verbatim};
use crate::document::{Cell, Location, Text, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use crate::reader::collector::Collector;

/// UTF-16, little endian.
const CODEPAGE_UTF16: u16 = 1200;

/// Reads a BIFF workbook.
///
/// # Errors
/// `malformed`, `encrypted`, `limit-exceeded`.
pub(super) fn read_xls(bytes: &[u8], out: &mut Collector<'_>) -> Result<()> {
    let mut formats = Formats::read(bytes, out.limits)?;
    let mut options = XlsOptions::default();
    if is_biff8(bytes) {
        options.force_codepage = Some(CODEPAGE_UTF16);
    }
    let mut workbook = Xls::new_with_options(Cursor::new(bytes), options).map_err(|error| xls_fault(&error))?;
    let mut show = Show::new(workbook.has_1904_epoch());
    let sheets = workbook.sheets_metadata().to_vec();
    if formats.sheets.len() != sheets.len() {
        // The two readers disagree about the sheets: values are shown in full.
        formats = Formats::default();
        out.warn(WarningKind::NotAvailable("number formats, hidden rows".to_owned()), Location::Document);
    }
    for (index, meta) in sheets.into_iter().enumerate() {
        if meta.typ != SheetType::WorkSheet {
            continue;
        }
        let merges = workbook.merge_cells_by_sheet_name(&meta.name).unwrap_or_default();
        let range = workbook.worksheet_range(&meta.name).map_err(|error| xls_fault(&error).at(&meta.name))?;
        let mut sheet =
            Sheet { name: meta.name.clone(), hidden: meta.visible != SheetVisible::Visible, ..Sheet::default() };
        // Formulas that stand for many cells are not told.
        let formulas = workbook.worksheet_formula(&meta.name).unwrap_or_default();
        sheet.cells = used(&range, &formulas, &mut show, &formats, index);
        if let Some(known) = formats.sheets.get_mut(index) {
            sheet.hidden_rows = std::mem::take(&mut known.hidden_rows);
            sheet.hidden_cols = std::mem::take(&mut known.hidden_cols);
            let lost = WarningKind::NotAvailable("shared formulas".to_owned());
            out.warn_times(lost, Location::Part(meta.name.clone()), known.unknown_formulas);
            for (what, count) in [("comment", known.comments), ("shape", known.shapes)] {
                out.warn_times(WarningKind::Dropped(what.to_owned()), Location::Part(meta.name.clone()), count);
            }
            sheet.lines = std::mem::take(&mut known.lines);
        }
        sheet.merges = merges.iter().map(|merge| MergedRange { first: merge.start, last: merge.end }).collect();
        sheet.emit(out)?;
    }
    Ok(())
}

/// Reads a binary package.
///
/// # Errors
/// `malformed`, `encrypted`, `limit-exceeded`.
pub(super) fn read_xlsb(bytes: &[u8], mut formats: Formats, out: &mut Collector<'_>) -> Result<()> {
    let mut workbook: Xlsb<_> = Xlsb::new(Cursor::new(bytes)).map_err(|error| xlsb_fault(&error))?;
    let mut show = Show::new(workbook.has_1904_epoch());
    let sheets = workbook.sheets_metadata().to_vec();
    if formats.sheets.len() != sheets.len() {
        // The two readers disagree about the sheets: values are shown in full.
        formats = Formats::default();
        let what = "number formats, merged cells, hidden rows".to_owned();
        out.warn(WarningKind::NotAvailable(what), Location::Document);
    }
    for (index, meta) in sheets.into_iter().enumerate() {
        if meta.typ != SheetType::WorkSheet {
            continue;
        }
        let mut sheet = Sheet { hidden: meta.visible != SheetVisible::Visible, ..Sheet::default() };
        let fault = |error: XlsbError| xlsb_fault(&error).at(&meta.name);
        let mut formulas = xlsb_formulas(&mut workbook, &meta.name, out.limits.cells);
        let mut cells = workbook.worksheet_cells_reader(&meta.name).map_err(fault)?;
        while let Some(cell) = cells.next_cell().map_err(fault)? {
            let (row, col) = cell.get_position();
            let code = formats.code(index, row, col);
            let (text, raw) = shown(&Data::from(DataRef::clone(cell.get_value())), code, &mut show);
            if sheet.cells.len() >= out.limits.cells {
                return Err(Error::limit("cells", out.limits.cells).at(&meta.name));
            }
            let source = source_of(&text, raw, code.map(Into::into), formulas.remove(&(row, col)));
            sheet.cells.push(Cell { source, ..Cell::at(row, col, text) });
        }
        if let Some(known) = formats.sheets.get_mut(index) {
            sheet.hidden_rows = std::mem::take(&mut known.hidden_rows);
            sheet.hidden_cols = std::mem::take(&mut known.hidden_cols);
            sheet.merges = std::mem::take(&mut known.merges);
        }
        sheet.name = meta.name;
        sheet.emit(out)?;
    }
    Ok(())
}

/// The formulas of a sheet. One that calamine cannot spell, or over which it panics, ends the look at formulas, not the sheet.
fn xlsb_formulas(workbook: &mut Xlsb<Cursor<&[u8]>>, name: &str, most: usize) -> BTreeMap<(u32, u32), Text> {
    let mut formulas = BTreeMap::new();
    let _ = super::contained(|| {
        let Ok(mut cells) = workbook.worksheet_cells_reader(name) else { return Ok(()) };
        while let Ok(Some(cell)) = cells.next_formula()
            && formulas.len() < most
        {
            if let Some(formula) = without_flags(cell.get_value()).and_then(|formula| understood(&formula)) {
                formulas.insert(cell.get_position(), formula);
            }
        }
        Ok(())
    });
    formulas
}

/// A formula's text, unless calamine says in it that it could not tell.
fn understood(formula: &str) -> Option<Text> {
    let formula = formula.trim_start_matches('=');
    (!formula.is_empty() && !formula.starts_with("Unrecognised")).then(|| formula.into())
}

fn xlsb_fault(error: &XlsbError) -> Error {
    match error {
        XlsbError::Password => Error::new(ErrorKind::Encrypted, ""),
        _ => Error::new(ErrorKind::Malformed, DAMAGED),
    }
}

/// The used cells of the sheet with this index.
fn used(
    range: &calamine::Range<Data>,
    formulas: &calamine::Range<String>,
    show: &mut Show,
    formats: &Formats,
    sheet: usize,
) -> Vec<Cell> {
    let (top, left) = range.start().unwrap_or_default();
    let fit = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let shared = formats.sheets.get(sheet).map(|sheet| &sheet.shared_formulas);
    range
        .used_cells()
        .map(|(row, col, value)| {
            let (row, col) = (top.saturating_add(fit(row)), left.saturating_add(fit(col)));
            let code = formats.code(sheet, row, col);
            let (text, raw) = shown(value, code, show);
            let own = formulas.get_value((row, col)).and_then(|formula| understood(formula));
            let formula = own.or_else(|| shared?.get(&(row, col)).cloned());
            let source = source_of(&text, raw, code.map(Into::into), formula);
            Cell { source, ..Cell::at(row, col, text) }
        })
        .collect()
}

/// The shown text of a value and, where that is not all, what is stored.
fn shown(value: &Data, code: Option<&str>, show: &mut Show) -> Shown {
    match value {
        Data::Empty => Shown::default(),
        Data::String(text) => verbatim(text),
        Data::Int(number) => number_shown(Decimal::parse(&number.to_string()), code, show),
        Data::Float(number) => number_shown(Decimal::parse(&number.to_string()), code, show),
        Data::DateTime(moment) => {
            let usual = if moment.is_duration() { "[h]:mm:ss" } else { "yyyy/m/d" };
            number_shown(Decimal::parse(&moment.to_string()), code.or(Some(usual)), show)
        }
        Data::Bool(value) => truth(*value),
        Data::DateTimeIso(text) | Data::DurationIso(text) => stored(text.as_str()),
        Data::Error(error) => stored(error.to_string()),
        #[allow(unreachable_patterns)]
        _ => Shown::default(),
    }
}

/// Nothing where a double is no number.
fn number_shown(number: Option<Decimal>, code: Option<&str>, show: &mut Show) -> Shown {
    number.map_or_else(Shown::default, |number| show.by_code(&number, code))
}

/// A BOF record of BIFF8 somewhere at a record's place; older versions need their own code page.
fn is_biff8(bytes: &[u8]) -> bool {
    bytes
        .chunks_exact(2)
        .collect::<Vec<_>>()
        .windows(3)
        .any(|words| matches!(words, [[0x09, 0x08], [0x10, 0x00], [0x00, 0x06]]))
}

fn xls_fault(error: &XlsError) -> Error {
    match error {
        XlsError::Password => Error::new(ErrorKind::Encrypted, ""),
        _ => Error::new(ErrorKind::Malformed, DAMAGED),
    }
}
