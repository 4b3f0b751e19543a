//! Excel workbooks (.xlsx and its relatives).
//!
//! In: the package. Out: one table per used sheet, values as shown. Wrong: parts that end early, DOCTYPEs, and everything
//! calamine refuses.
//!
//! calamine reads the values cell by cell (`worksheet_range` would ask for memory by the sheet's declared rectangle). What
//! it does not tell (hidden rows and columns, formulas and merged ranges in one go) comes from a second pass over the sheet
//! with the XML tokens of this crate, which also applies the limits before calamine inflates anything by itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::number_format::NumberFormat;
use super::sheet::{MergedRange, Sheet, UsedCell};
use crate::document::{CellSource, Location, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use crate::reader::collector::Collector;
use crate::reader::package::{Package, relationships_of, resolve, with_part};
use crate::reader::xml::{self, Ns, Token, Xml};

/// Reads the workbook whose main part is `main`.
///
/// # Errors
/// `truncated`, `malformed`, `encrypted`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read(bytes: &[u8], package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<()> {
    let paths = sheet_paths(package, main, out)?;
    guard_parts(package)?;
    let known = with_known_sheets(bytes, package, main)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(known.as_ref())).map_err(|error| fault(&error, main))?;
    let date_1904 = workbook.has_1904_epoch();
    let sheets = workbook.sheets_metadata().to_vec();
    for meta in sheets {
        if meta.typ != SheetType::WorkSheet {
            out.warn(WarningKind::Dropped(format!("sheet {}", meta.name)), Location::Part(meta.name));
            continue;
        }
        let mut extras = match paths.get(&meta.name) {
            Some(path) => Extras::read(package, path, out)?,
            None => Extras::default(),
        };
        let mut sheet = Sheet {
            hidden: meta.visible != SheetVisible::Visible,
            cells: read_cells(&mut workbook, &meta.name, date_1904, &mut extras.formulas, out)?,
            name: meta.name,
            ..Sheet::default()
        };
        sheet.merges = extras.merges;
        sheet.hidden_rows = extras.hidden_rows;
        sheet.hidden_cols = extras.hidden_cols;
        sheet.emit(out)?;
    }
    Ok(())
}

/// calamine refuses a whole workbook for one Excel 4 macro sheet, which old templates drag along: those are shown to it as
/// chart sheets, which it passes over.
fn with_known_sheets<'b>(bytes: &'b [u8], package: &mut Package<'_>, main: &str) -> Result<Cow<'b, [u8]>> {
    let part = relationships_of(main);
    let Some(relationships) = package.read(&part)? else { return Ok(Cow::Borrowed(bytes)) };
    let (text, _) = xml::decode(&relationships);
    if !text.contains("acrosheet\"") {
        return Ok(Cow::Borrowed(bytes));
    }
    let text = text.replace("/xlMacrosheet\"", "/chartsheet\"").replace("/xlIntlMacrosheet\"", "/chartsheet\"");
    with_part(bytes, &part, text.as_bytes()).map(Cow::Owned)
}

fn read_cells(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    date_1904: bool,
    formulas: &mut BTreeMap<(u32, u32), String>,
    out: &Collector<'_>,
) -> Result<Vec<UsedCell>> {
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|error| fault(&error, name))?;
    let usual_date = NumberFormat::new("yyyy/m/d");
    let formats: Vec<Option<NumberFormat>> = reader
        .styles()
        .iter()
        .map(|style| {
            let format = style.number_format.as_ref()?;
            // Code 14 is shown in the order of the user's country, whatever its built-in text says.
            let code = if format.format_id == Some(14) { "yyyy/m/d" } else { &format.format_code };
            (!code.eq_ignore_ascii_case("general")).then(|| NumberFormat::new(code))
        })
        .collect();
    let mut cells = Vec::new();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|error| fault(&error, name))? {
        let (row, col) = cell.get_position();
        let format = formats.get(style).and_then(Option::as_ref);
        let formula = formulas.remove(&(row, col));
        let (text, raw) = shown(cell.get_value(), format, &usual_date, date_1904);
        if text.is_empty() && raw.is_none() && formula.is_none() {
            continue;
        }
        if cells.len() >= out.limits.cells {
            return Err(Error::limit("cells", out.limits.cells).at(name));
        }
        let source = match raw {
            Some(raw) => Some(CellSource { raw, format: format.map(|format| format.code.clone()), formula }),
            None => formula.map(|formula| CellSource { raw: text.clone(), format: None, formula: Some(formula) }),
        };
        cells.push(UsedCell { row, col, text, source });
    }
    Ok(cells)
}

/// The shown text of a value and, where that is not all, what is stored.
fn shown(
    value: &DataRef<'_>,
    format: Option<&NumberFormat>,
    usual_date: &NumberFormat,
    date_1904: bool,
) -> (String, Option<String>) {
    match value {
        DataRef::Empty => (String::new(), None),
        DataRef::String(text) => (text.clone(), None),
        DataRef::SharedString(text) => ((*text).to_owned(), None),
        DataRef::Int(number) => (number.to_string(), Some(number.to_string())),
        DataRef::Float(number) => super::shown_in(*number, format, date_1904),
        DataRef::DateTime(moment) => super::shown_in(moment.as_f64(), format.or(Some(usual_date)), date_1904),
        DataRef::Bool(value) => {
            let text = if *value { "TRUE" } else { "FALSE" };
            (text.to_owned(), Some(if *value { "1" } else { "0" }.to_owned()))
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), Some(text.clone())),
        DataRef::Error(error) => (error.to_string(), Some(error.to_string())),
        #[allow(unreachable_patterns)]
        _ => (String::new(), None),
    }
}

/// Sheet names and the parts that hold them.
fn sheet_paths(package: &mut Package<'_>, main: &str, out: &Collector<'_>) -> Result<BTreeMap<String, String>> {
    let mut targets = BTreeMap::new();
    let part = relationships_of(main);
    if let Some(bytes) = package.read(&part)? {
        let (text, _) = xml::decode(&bytes);
        let mut xml = Xml::new(&text, &part, out.limits);
        loop {
            match xml.next()? {
                Token::Start(tag) if tag.local() == "Relationship" => {
                    if let (Some(id), Some(target)) = (tag.attr("Id"), tag.attr("Target")) {
                        targets.insert(id.into_owned(), resolve(main, &target));
                    }
                }
                Token::Eof => break,
                _ => {}
            }
        }
    }
    let mut paths = BTreeMap::new();
    let bytes = package
        .read(main)?
        .ok_or_else(|| Error::new(ErrorKind::Malformed, ("缺少工作簿部件", "the workbook part is missing")).at(main))?;
    let (text, _) = xml::decode(&bytes);
    let mut xml = Xml::new(&text, main, out.limits);
    loop {
        match xml.next()? {
            Token::Start(tag) if tag.ns == Ns::Sheet && tag.local() == "sheet" => {
                if let (Some(name), Some(id)) = (tag.attr("name"), tag.prefixed_attr("id"))
                    && let Some(path) = targets.get(id.as_ref())
                {
                    paths.insert(name.into_owned(), path.clone());
                }
            }
            Token::Eof => return Ok(paths),
            _ => {}
        }
    }
}

/// Applies the limits to the parts that calamine inflates whole, and refuses what would make it allocate by declaration.
fn guard_parts(package: &mut Package<'_>) -> Result<()> {
    let parts: Vec<String> = package
        .names()
        .filter(|name| {
            name.starts_with("xl/")
                && !name.contains("/worksheets/")
                && (name.ends_with(".xml") || name.ends_with(".rels"))
        })
        .map(str::to_owned)
        .collect();
    for part in parts {
        let called_by_calamine =
            ["sharedstrings.xml", "styles.xml", "theme1.xml"].iter().any(|end| part.ends_with(end));
        if !called_by_calamine {
            continue;
        }
        let Some(bytes) = package.read(&part)? else { continue };
        let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096)).unwrap_or(&bytes)).into_owned();
        if head.contains("<!DOCTYPE") {
            return Err(Error::new(ErrorKind::Doctype, "").at(part));
        }
        let declared = head.split_once("uniqueCount=").map(|(_, rest)| {
            rest.trim_start_matches(['"', '\'']).chars().take_while(char::is_ascii_digit).collect::<String>()
        });
        if let Some(count) = declared
            && count.parse::<usize>().map_or(!count.is_empty(), |count| count > bytes.len() + 1000)
        {
            return Err(Error::new(
                ErrorKind::Malformed,
                ("声明的共享字符串多于实际可能", "more shared strings are declared than can be there"),
            )
            .at(part));
        }
    }
    Ok(())
}

/// What calamine does not tell about a sheet.
#[derive(Debug, Default)]
struct Extras {
    formulas: BTreeMap<(u32, u32), String>,
    merges: Vec<MergedRange>,
    hidden_rows: std::collections::BTreeSet<u32>,
    hidden_cols: Vec<(u32, u32)>,
}

impl Extras {
    fn read(package: &mut Package<'_>, part: &str, out: &mut Collector<'_>) -> Result<Self> {
        let Some(bytes) = package.read(part)? else {
            out.warn(WarningKind::MissingPart(part.to_owned()), Location::Part(part.to_owned()));
            return Ok(Self::default());
        };
        let (text, _) = xml::decode(&bytes);
        let mut extras = Self::default();
        if let Some(merges) = merges_alone(&text) {
            extras.merges = merges;
            return Ok(extras);
        }
        let mut xml = Xml::new(&text, part, out.limits);
        let (mut row, mut col) = (0_u32, 0_u32);
        loop {
            match xml.next()? {
                Token::Start(tag) if tag.ns == Ns::Sheet => match tag.local() {
                    "c" => match tag.attr("r").as_deref().and_then(position) {
                        Some(at) => (row, col) = at,
                        None => col = col.saturating_add(1),
                    },
                    "f" => {
                        let formula = xml.text()?;
                        if !formula.is_empty() {
                            extras.formulas.insert((row, col), formula);
                        }
                    }
                    "row" => {
                        row = tag.number::<u32>("r").map_or(row.saturating_add(1), |row| row.saturating_sub(1));
                        col = u32::MAX;
                        if tag.attr("hidden").is_some_and(|value| matches!(value.as_ref(), "1" | "true")) {
                            extras.hidden_rows.insert(row);
                        }
                    }
                    "col" if tag.attr("hidden").is_some_and(|value| matches!(value.as_ref(), "1" | "true")) => {
                        if let (Some(first), Some(last)) = (tag.number::<u32>("min"), tag.number::<u32>("max")) {
                            extras.hidden_cols.push((first.saturating_sub(1), last.saturating_sub(1)));
                        }
                    }
                    "mergeCell" => extras.merges.extend(tag.attr("ref").as_deref().and_then(range)),
                    _ => {}
                },
                Token::Eof => return Ok(extras),
                _ => {}
            }
        }
    }
}

/// The merged ranges of a sheet that has neither formulas nor anything hidden; `None` when only a full reading can tell.
fn merges_alone(text: &str) -> Option<Vec<MergedRange>> {
    const TELLING: [&str; 7] = ["<f>", "<f ", ":f>", ":f ", "hidden", "<!", "<f/"];
    if TELLING.iter().any(|word| text.contains(word)) {
        return None;
    }
    let references = text.split("mergeCell ").skip(1).map(|rest| {
        let tag = rest.split('>').next().unwrap_or_default();
        let (_, value) = tag.split_once("ref=")?;
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        range(value.split(quote).nth(1)?)
    });
    // What is not written as expected is left to the full reading.
    references.collect()
}

/// `B7` as row and column from 0.
fn position(reference: &str) -> Option<(u32, u32)> {
    let reference = reference.trim();
    let split = reference.find(|letter: char| letter.is_ascii_digit())?;
    let (letters, digits) = reference.split_at_checked(split)?;
    let mut col = 0_u32;
    for letter in letters.bytes() {
        let value = u32::from(letter.to_ascii_uppercase().checked_sub(b'A')?);
        col = col.checked_mul(26)?.checked_add(value + 1)?;
    }
    Some((digits.parse::<u32>().ok()?.checked_sub(1)?, col.checked_sub(1)?))
}

/// `A1:C2` with its corners in order.
fn range(reference: &str) -> Option<MergedRange> {
    let (first, last) = reference.split_once(':')?;
    let (a, b) = (position(first)?, position(last)?);
    Some(MergedRange { first: (a.0.min(b.0), a.1.min(b.1)), last: (a.0.max(b.0), a.1.max(b.1)) })
}

fn fault(error: &XlsxError, place: &str) -> Error {
    let kind = match error {
        XlsxError::Password => ErrorKind::Encrypted,
        XlsxError::XmlEof(_) => ErrorKind::Truncated,
        _ => ErrorKind::Malformed,
    };
    Error::new(kind, super::DAMAGED).at(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_are_told_without_a_full_reading_where_nothing_else_is_there() {
        let plain = "<sheetData><c r='A1'><v>1</v></c></sheetData><mergeCells count=\"2\"><mergeCell ref=\"A1:C2\"/>\
                     <x:mergeCell ref='D4:E4'/></mergeCells>";
        let found: Vec<_> = merges_alone(plain).unwrap().iter().map(|merge| (merge.first, merge.last)).collect();
        assert_eq!(found, [((0, 0), (1, 2)), ((3, 3), (3, 4))]);
        for telling in ["<f>A1</f>", "<x:f >A1</x:f>", "<row hidden='1'/>", "<!-- -->", "<mergeCell ref='A1'/>"] {
            assert!(merges_alone(&format!("{plain}{telling}")).is_none(), "{telling}");
        }
    }

    #[test]
    fn references_are_read() {
        assert_eq!(position("A1"), Some((0, 0)));
        assert_eq!(position("AA10"), Some((9, 26)));
        assert_eq!(position("xfd1048576"), Some((1_048_575, 16_383)));
        assert_eq!(position("1"), None);
        assert_eq!(position("A0"), None);
        assert_eq!(range("C2:A1").map(|range| (range.first, range.last)), Some(((0, 0), (1, 2))));
    }
}
