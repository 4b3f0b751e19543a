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

use memchr::memmem;

use calamine::{DataRef, Dimensions, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::formulas::shifted;
use super::number_format::NumberFormat;
use super::sheet::{MergedRange, Sheet};
use super::{Show, Shown, source_of, stored, truth, verbatim};
use crate::document::{Cell, Location, Text, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
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
            cells: read_cells(&mut workbook, &meta.name, date_1904, &mut extras, out)?,
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
    extras: &mut Extras,
    out: &Collector<'_>,
) -> Result<Vec<Cell>> {
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
    let mut show = Show::new(date_1904);
    let mut cells = Vec::with_capacity(likely_cells(reader.dimensions(), extras.bytes).min(out.limits.cells));
    let mut repeats = Repeats::default();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|error| fault(&error, name))? {
        let (row, col) = cell.get_position();
        let format = formats.get(style).and_then(Option::as_ref);
        let formula = if extras.formulas.is_empty() { None } else { extras.formulas.remove(&(row, col)) };
        let (text, raw) = match cell.get_value() {
            DataRef::SharedString(text) => (repeats.text(text, col), None),
            DataRef::Float(number) => repeats.number(*number, style, col, || show.number(*number, format)),
            value => shown(value, format, &usual_date, &mut show),
        };
        if text.is_empty() && raw.is_none() && formula.is_none() {
            continue;
        }
        if cells.len() >= out.limits.cells {
            return Err(Error::limit("cells", out.limits.cells).at(name));
        }
        let source = source_of(&text, raw, format.map(|format| Text::clone(&format.code)), formula);
        cells.push(Cell { source, ..Cell::at(row, col, text) });
    }
    Ok(cells)
}

/// The cells for which memory is set aside: those of the declared rectangle, but no more than the sheet's bytes can hold.
fn likely_cells(declared: Dimensions, bytes: usize) -> usize {
    /// The least that a cell with a value is written with (`<c r="A1"><v>1</v></c>`).
    const CELL: usize = 22;
    let rows = declared.end.0.saturating_sub(declared.start.0) as usize + 1;
    let cols = declared.end.1.saturating_sub(declared.start.1) as usize + 1;
    rows.saturating_mul(cols).min(bytes / CELL)
}

/// Columns whose repeated values are shared. No report is wider.
const SHARED_COLUMNS: usize = 256;

/// The last value of each column: units, stages, full scores and zeros stand below one another many times.
#[derive(Default)]
struct Repeats {
    columns: Vec<Last>,
}

/// The last value of a column.
#[derive(Clone, Default)]
struct Last {
    text: Text,
    /// The bits of the last number and its style, and how it is shown.
    number: Option<(u64, usize, Shown)>,
}

impl Repeats {
    /// `text`, sharing the characters of an equal one above.
    fn text(&mut self, text: &str, col: u32) -> Text {
        match self.column(col) {
            Some(last) if *last.text == *text => Text::clone(&last.text),
            Some(last) => {
                last.text = text.into();
                Text::clone(&last.text)
            }
            None => text.into(),
        }
    }

    /// A number as `show` shows it, unless the same stands above in the same style.
    fn number(&mut self, number: f64, style: usize, col: u32, show: impl FnOnce() -> Shown) -> Shown {
        let Some(last) = self.column(col) else { return show() };
        match &last.number {
            Some((bits, of, shown)) if (*bits, *of) == (number.to_bits(), style) => shown.clone(),
            _ => {
                let shown = show();
                last.number = Some((number.to_bits(), style, shown.clone()));
                shown
            }
        }
    }

    fn column(&mut self, col: u32) -> Option<&mut Last> {
        let col = col as usize;
        if (self.columns.len()..SHARED_COLUMNS).contains(&col) {
            self.columns.resize(col + 1, Last::default());
        }
        self.columns.get_mut(col)
    }
}

/// The shown text of a value and, where that is not all, what is stored.
fn shown(value: &DataRef<'_>, format: Option<&NumberFormat>, usual_date: &NumberFormat, show: &mut Show) -> Shown {
    match value {
        DataRef::Empty => Shown::default(),
        DataRef::String(text) => verbatim(text),
        DataRef::SharedString(text) => verbatim(text),
        DataRef::Int(number) => stored(number.to_string()),
        DataRef::Float(number) => show.number(*number, format),
        DataRef::DateTime(moment) => show.number(moment.as_f64(), format.or(Some(usual_date))),
        DataRef::Bool(value) => truth(*value),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => stored(text.as_str()),
        DataRef::Error(error) => stored(error.to_string()),
        #[allow(unreachable_patterns)]
        _ => Shown::default(),
    }
}

/// The parts that the relationships of `main` lead to, by their ids.
pub(super) fn targets(package: &mut Package<'_>, main: &str, limits: &Limits) -> Result<BTreeMap<String, String>> {
    let mut targets = BTreeMap::new();
    let part = relationships_of(main);
    let Some(bytes) = package.read(&part)? else { return Ok(targets) };
    let (text, _) = xml::decode(&bytes);
    let mut xml = Xml::new(&text, &part, limits);
    loop {
        match xml.next()? {
            Token::Start(_) if xml.local() == "Relationship" => {
                if let (Some(id), Some(target)) = (xml.attr("Id"), xml.attr("Target")) {
                    targets.insert(id.into_owned(), resolve(main, &target));
                }
            }
            Token::Eof => return Ok(targets),
            _ => {}
        }
    }
}

/// Sheet names and the parts that hold them.
fn sheet_paths(package: &mut Package<'_>, main: &str, out: &Collector<'_>) -> Result<BTreeMap<String, String>> {
    let targets = targets(package, main, out.limits)?;
    let mut paths = BTreeMap::new();
    let bytes = package
        .read(main)?
        .ok_or_else(|| Error::new(ErrorKind::Malformed, ("缺少工作簿部件", "the workbook part is missing")).at(main))?;
    let (text, _) = xml::decode(&bytes);
    let mut xml = Xml::new(&text, main, out.limits);
    loop {
        match xml.next()? {
            Token::Start(Ns::Sheet) if xml.local() == "sheet" => {
                if let (Some(name), Some(id)) = (xml.attr("name"), xml.prefixed_attr("id"))
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
    const HEAD: usize = 4096;
    let parts: Vec<String> = package
        .names()
        .filter(|name| name.starts_with("xl/") && !name.contains("/worksheets/"))
        .filter(|name| ["sharedstrings.xml", "styles.xml", "theme1.xml"].iter().any(|end| name.ends_with(end)))
        .map(str::to_owned)
        .collect();
    for part in parts {
        let (mut head, mut length) = (Vec::new(), 0_usize);
        package.scan(&part, |chunk| {
            length += chunk.len();
            head.extend(chunk.iter().take(HEAD.saturating_sub(head.len())));
        })?;
        let head = String::from_utf8_lossy(&head);
        if head.contains("<!DOCTYPE") {
            return Err(Error::new(ErrorKind::Doctype, "").at(part));
        }
        let declared = head.split_once("uniqueCount=").map(|(_, rest)| {
            rest.trim_start_matches(['"', '\'']).chars().take_while(char::is_ascii_digit).collect::<String>()
        });
        if let Some(count) = declared
            && count.parse::<usize>().map_or(!count.is_empty(), |count| count > length + 1000)
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
    /// Inflated size of the sheet's part.
    bytes: usize,
    formulas: BTreeMap<(u32, u32), Text>,
    merges: Vec<MergedRange>,
    hidden_rows: std::collections::BTreeSet<u32>,
    hidden_cols: Vec<(u32, u32)>,
}

/// Bytes of formulas that cells of a sheet share.
const SHARED_FORMULAS: usize = 8 << 20;

impl Extras {
    fn read(package: &mut Package<'_>, part: &str, out: &mut Collector<'_>) -> Result<Self> {
        let mut look = Look::default();
        if !package.scan(part, |chunk| look.take(chunk))? {
            out.warn(WarningKind::MissingPart(part.to_owned()), Location::Part(part.to_owned()));
            return Ok(Self::default());
        }
        let mut extras = Self { bytes: look.bytes, ..Self::default() };
        match look.merges() {
            Some(merges) => extras.merges = merges,
            None => {
                if let Some(stream) = package.part(part)? {
                    extras.read_all(&mut Xml::of_part(stream, part, out.limits)?, out)?;
                }
            }
        }
        Ok(extras)
    }

    fn read_all(&mut self, xml: &mut Xml<'_>, out: &mut Collector<'_>) -> Result<()> {
        let is_hidden = |xml: &Xml<'_>| xml.attr("hidden").is_some_and(|value| matches!(&*value, "1" | "true"));
        let (mut row, mut col) = (0_u32, 0_u32);
        let mut shared = Shared::default();
        loop {
            match xml.next()? {
                Token::Start(Ns::Sheet) => match xml.local() {
                    "c" => match xml.attr("r").as_deref().and_then(position) {
                        Some(at) => (row, col) = at,
                        None => col = col.wrapping_add(1),
                    },
                    "f" => {
                        let group = xml.attr("si").map(Cow::into_owned);
                        let formula = shared.formula(group, xml.text()?, (row, col));
                        if !formula.is_empty() {
                            self.formulas.insert((row, col), formula.into());
                        }
                    }
                    "row" => {
                        row = xml.number::<u32>("r").map_or(row.saturating_add(1), |row| row.saturating_sub(1));
                        // The next cell without a reference is the first one.
                        col = u32::MAX;
                        if is_hidden(xml) {
                            self.hidden_rows.insert(row);
                        }
                    }
                    "col" if is_hidden(xml) => {
                        if let (Some(first), Some(last)) = (xml.number::<u32>("min"), xml.number::<u32>("max")) {
                            self.hidden_cols.push((first.saturating_sub(1), last.saturating_sub(1)));
                        }
                    }
                    "mergeCell" => self.merges.extend(xml.attr("ref").as_deref().and_then(range)),
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        out.warn_times(WarningKind::Dropped("shared formula".to_owned()), Location::Document, shared.dropped);
        Ok(())
    }
}

/// Formulas that stand once for many cells.
#[derive(Default)]
struct Shared {
    /// By group: the formula, and the cell that it stands in.
    first: BTreeMap<String, (String, (u32, u32))>,
    /// Bytes written for other cells of the groups.
    bytes: usize,
    dropped: u32,
}

impl Shared {
    /// The formula of the cell at `place`: its own text, or that of its group.
    fn formula(&mut self, group: Option<String>, own: String, place: (u32, u32)) -> String {
        let Some(group) = group else { return own };
        if !own.is_empty() {
            self.first.insert(group, (own.clone(), place));
            return own;
        }
        let Some((formula, first)) = self.first.get(&group) else { return own };
        if self.bytes.saturating_add(formula.len()) > SHARED_FORMULAS {
            self.dropped = self.dropped.saturating_add(1);
            return own;
        }
        self.bytes += formula.len();
        let (rows, cols) = (i64::from(place.0) - i64::from(first.0), i64::from(place.1) - i64::from(first.1));
        shifted(formula, rows, cols).unwrap_or(own)
    }
}

/// A first look at the bytes of a sheet: whether it has neither formulas nor anything hidden, and its merged ranges then.
#[derive(Default)]
struct Look {
    /// Inflated size of the part.
    bytes: usize,
    /// Only a full reading can tell.
    full: bool,
    /// The last bytes of the chunk before: what is looked for may stand across two.
    carried: Vec<u8>,
    /// What stands behind the cells; merged ranges are there.
    behind: Option<Vec<u8>>,
}

impl Look {
    /// More than the longest thing looked for.
    const OVERLAP: usize = 96;
    /// Bytes behind the cells beyond which a full reading is no dearer.
    const BEHIND: usize = 1 << 20;
    const TELLING: [&[u8]; 4] = [b"<f", b":f", b"hidden", b"<!"];
    const CELLS: &[u8] = b"sheetData";

    fn take(&mut self, chunk: &[u8]) {
        if self.bytes == 0 && !xml::is_ascii_based(chunk) {
            self.full = true;
        }
        self.bytes += chunk.len();
        if self.full {
            return;
        }
        let edge = chunk.get(..Self::OVERLAP.min(chunk.len())).unwrap_or_default();
        self.carried.extend_from_slice(edge);
        self.full = Self::TELLING.iter().any(|word| has(chunk, word) || has(&self.carried, word));
        match (last_end(chunk), &mut self.behind) {
            (Some(end), behind) => *behind = chunk.get(end..).map(<[u8]>::to_vec),
            (None, Some(behind)) => behind.extend_from_slice(chunk),
            // The end tag may stand across two chunks: what follows it begins in this one then.
            (None, behind) if last_end(&self.carried).is_some() => *behind = Some(chunk.to_vec()),
            _ => {}
        }
        self.full |= self.behind.as_ref().is_some_and(|behind| behind.len() > Self::BEHIND);
        let rest = chunk.get(chunk.len().saturating_sub(Self::OVERLAP)..).unwrap_or_default();
        self.carried.clear();
        self.carried.extend_from_slice(rest);
    }

    /// The merged ranges; `None` when only a full reading can tell.
    fn merges(&self) -> Option<Vec<MergedRange>> {
        if self.full {
            return None;
        }
        let behind = String::from_utf8_lossy(self.behind.as_deref()?);
        let references = behind.split("mergeCell ").skip(1).map(|rest| {
            let tag = rest.split('>').next().unwrap_or_default();
            let (_, value) = tag.split_once("ref=")?;
            let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            range(value.split(quote).nth(1)?)
        });
        // What is not written as expected is left to the full reading.
        references.collect()
    }
}

fn has(bytes: &[u8], word: &[u8]) -> bool {
    memmem::find(bytes, word).is_some()
}

/// Where the last end of the cells stands: `</sheetData>`, with any prefix, or an element without cells.
fn last_end(bytes: &[u8]) -> Option<usize> {
    let at = memmem::rfind(bytes, Look::CELLS)?;
    let end = at + Look::CELLS.len();
    let before = bytes.get(at.saturating_sub(Look::OVERLAP / 2)..at)?;
    let opened = before.iter().rposition(|byte| *byte == b'<').and_then(|open| before.get(open + 1));
    let is_empty = bytes.get(end..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"/>"));
    (opened == Some(&b'/') || is_empty).then_some(end)
}

/// `B7` as row and column from 0.
pub(super) fn position(reference: &str) -> Option<(u32, u32)> {
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

    fn looked(text: &str, chunk: usize) -> Option<Vec<((u32, u32), (u32, u32))>> {
        let mut look = Look::default();
        text.as_bytes().chunks(chunk).for_each(|chunk| look.take(chunk));
        Some(look.merges()?.iter().map(|merge| (merge.first, merge.last)).collect())
    }

    #[test]
    fn merges_are_told_without_a_full_reading_where_nothing_else_is_there() {
        let cells = "<c r='A1'><v>1</v></c>".repeat(20);
        let plain = format!(
            "<x:sheetData>{cells}</x:sheetData><mergeCells count=\"2\"><mergeCell ref=\"A1:C2\"/>\
             <x:mergeCell ref='D4:E4'/></mergeCells>"
        );
        for chunk in [100, 101, 150, 437, 470, 10_000] {
            let found = looked(&plain, chunk);
            assert_eq!(found.as_deref(), Some(&[((0, 0), (1, 2)), ((3, 3), (3, 4))][..]), "{chunk}");
            for telling in ["<f>A1</f>", "<x:f >A1</x:f>", "<row hidden='1'/>", "<!-- -->", "<mergeCell ref='A1'/>"] {
                assert_eq!(looked(&format!("{plain}{telling}"), chunk), None, "{telling}");
                assert!(
                    looked(&format!("{telling}{plain}"), chunk).is_none() || telling.contains("merge"),
                    "{telling}"
                );
            }
        }
        assert_eq!(
            looked("<sheetData/><mergeCells><mergeCell ref='A1:B1'/></mergeCells>", 200),
            Some(vec![((0, 0), (0, 1))])
        );
        assert_eq!(looked("\u{FEFF}\0<\0", 8), None);
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
