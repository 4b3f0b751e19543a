//! What calamine does not tell about BIFF workbooks: number formats, hidden rows and columns, the lines above and below pages, how
//! much lies over the cells, and how large the sheets are.
//!
//! In: the bytes of an .xls or .et file. Out: per sheet the format code of each formatted number and what is hidden. Wrong:
//! a stream that breaks off gives what was read until then; a sheet whose cells span more positions than the limit is an
//! error before calamine asks for the memory; encryption is reported.
//!
//! Follows [MS-XLS] 2.4: BOUNDSHEET8, FORMAT, XF, ROW, COLINFO and the cell records.

use std::collections::{BTreeMap, BTreeSet};

use super::around::Line;
use super::compound::{stream, u16_at, u32_at};
use super::sheet::MergedRange;
use super::tokens;
use crate::document::Text;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// Positions per cell of the limit that a sheet may span. calamine asks for 32 bytes for each, so that the file of one stray
/// cell far below or beside its table is still read; what is used of it counts against the limit itself.
const SPARSE: u64 = 4;

/// Bytes of formulas that cells of a sheet share.
const SHARED_FORMULAS: usize = 8 << 20;

/// What is known of one sheet.
#[derive(Debug, Default)]
pub(super) struct SheetFormats {
    /// Index of the cell format (XF) by row and column.
    pub(super) cells: BTreeMap<(u32, u32), u16>,
    pub(super) hidden_rows: BTreeSet<u32>,
    pub(super) hidden_cols: Vec<(u32, u32)>,
    /// Merged ranges, where calamine does not give them.
    pub(super) merges: Vec<MergedRange>,
    /// Formulas that stand with another cell, as the cell at hand would have them.
    pub(super) shared_formulas: BTreeMap<(u32, u32), Text>,
    /// Those that could not be told.
    pub(super) unknown_formulas: u32,
    /// Cells whose formula stands with another cell, that cell, and the tokens by it.
    sharing: Vec<((u32, u32), (u32, u32))>,
    shared: BTreeMap<(u32, u32), Vec<u8>>,
    /// Notes on cells.
    pub(super) comments: u32,
    /// Pictures, boxes and other things that lie over the cells.
    pub(super) shapes: u32,
    /// What is printed above and below its pages.
    pub(super) lines: Vec<Line>,
    /// Highest used row and column.
    extent: Option<(u32, u32)>,
}

/// What is known of a workbook.
#[derive(Debug, Default)]
pub(super) struct Formats {
    /// In the order of the sheet list.
    pub(super) sheets: Vec<SheetFormats>,
    /// Texts have a length of two bytes and a flag for wide characters.
    is_biff8: bool,
    /// Code page of texts before BIFF8.
    code_page: Option<u16>,
    pub(super) codes: BTreeMap<u16, String>,
    /// Number format of each cell format.
    pub(super) cell_formats: Vec<u16>,
}

impl Formats {
    /// Reads the formats of a workbook.
    ///
    /// # Errors
    /// `encrypted`, `limit-exceeded` (`cells`).
    pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let book = stream(bytes, &["Workbook", "Book", "WORKBOOK", "BOOK"]);
        let book = book.as_deref().unwrap_or(bytes);
        let mut formats = Self::default();
        let mut starts: Vec<usize> = Vec::new();
        let mut sheet: Option<usize> = None;
        let mut depth = 0_usize;
        let mut at = 0_usize;
        while let (Some(kind), Some(length)) = (u16_at(book, at), u16_at(book, at + 2)) {
            let Some(data) = book.get(at + 4..at + 4 + usize::from(length)) else { break };
            match kind {
                0x0809 | 0x0409 | 0x0209 | 0x0009 => {
                    depth += 1;
                    if at == 0 {
                        formats.is_biff8 = u16_at(data, 0) == Some(0x0600);
                    }
                    // Charts have a stream of their own within that of their sheet.
                    if depth == 1 {
                        sheet = starts.iter().position(|start| *start == at);
                    }
                }
                0x000A => depth = depth.saturating_sub(1),
                0x002F => return Err(Error::new(ErrorKind::Encrypted, "")),
                0x0042 => formats.code_page = u16_at(data, 0),
                0x0085 => {
                    starts.push(u32_at(data, 0).unwrap_or(u32::MAX) as usize);
                    formats.sheets.push(SheetFormats::default());
                }
                0x041E => formats.add_code(data),
                0x00E0 => formats.cell_formats.push(u16_at(data, 2).unwrap_or(0)),
                0x0014 | 0x0015 if depth == 1 => {
                    let line = Line { below: kind == 0x0015, codes: formats.text(data) };
                    if let Some(sheet) = sheet.and_then(|index| formats.sheets.get_mut(index)) {
                        sheet.lines.push(line);
                    }
                }
                _ if depth == 1 => {
                    if let Some(sheet) = sheet.and_then(|index| formats.sheets.get_mut(index)) {
                        sheet.record(kind, data);
                    }
                }
                _ => {}
            }
            at += 4 + usize::from(length);
        }
        let is_biff8 = formats.is_biff8;
        formats.sheets.iter_mut().for_each(|sheet| sheet.share_formulas(is_biff8));
        let positions: u64 = formats.sheets.iter().filter_map(|sheet| sheet.extent).map(area).sum();
        if positions > (limits.cells as u64).saturating_mul(SPARSE) {
            return Err(Error::limit("cells", limits.cells));
        }
        Ok(formats)
    }

    fn add_code(&mut self, data: &[u8]) {
        if let (Some(id), Some(code)) = (u16_at(data, 0), data.get(2..).map(|text| self.text(text))) {
            self.codes.insert(id, code);
        }
    }

    /// A text with its length before it.
    fn text(&self, data: &[u8]) -> String {
        if !self.is_biff8 {
            let length = usize::from(data.first().copied().unwrap_or(0));
            return narrow(
                data.get(1..).map(|text| text.get(..length).unwrap_or(text)).unwrap_or_default(),
                self.code_page,
            );
        }
        let length = usize::from(u16_at(data, 0).unwrap_or(0));
        if data.get(2).is_some_and(|flags| flags & 1 == 1) {
            let units = (0..length).filter_map(|index| u16_at(data, 3 + index * 2));
            return char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{FFFD}')).collect();
        }
        data.get(3..3 + length).unwrap_or_default().iter().map(|byte| char::from(*byte)).collect()
    }

    /// The format code of a cell; `None` for General.
    pub(super) fn code(&self, sheet: usize, row: u32, col: u32) -> Option<&str> {
        let cell_format = self.sheets.get(sheet)?.cells.get(&(row, col))?;
        let id = *self.cell_formats.get(usize::from(*cell_format))?;
        // The built-in date is shown in the order of the user's country.
        let code = if id == 14 { None } else { self.codes.get(&id).map(String::as_str) };
        code.or_else(|| built_in(id)).filter(|code| !code.eq_ignore_ascii_case("general"))
    }
}

/// A text in the code page of its file. Without one that is known it is taken for Chinese, as the programs of China leave it out.
fn narrow(text: &[u8], code_page: Option<u16>) -> String {
    let encoding = match code_page {
        Some(950) => encoding_rs::BIG5,
        Some(1252) => encoding_rs::WINDOWS_1252,
        Some(932) => encoding_rs::SHIFT_JIS,
        Some(949) => encoding_rs::EUC_KR,
        _ => encoding_rs::GB18030,
    };
    encoding.decode_without_bom_handling(text).0.into_owned()
}

fn area((row, col): (u32, u32)) -> u64 {
    (u64::from(row) + 1) * (u64::from(col) + 1)
}

impl SheetFormats {
    fn record(&mut self, kind: u16, data: &[u8]) {
        let place = || Some((u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?)));
        match kind {
            // NUMBER, RK, FORMULA, BOOLERR; LABELSST, LABEL and RSTRING have no number to format.
            0x0203 | 0x027E | 0x0006 | 0x0205 | 0x00FD | 0x0204 | 0x00D6 => {
                let (Some((row, col)), Some(format)) = (place(), u16_at(data, 4)) else { return };
                self.grow(row, col);
                if matches!(kind, 0x0203 | 0x027E | 0x0006) {
                    self.cells.insert((row, col), format);
                }
                // [MS-XLS] 2.5.198.58: PtgExp in place of the tokens, in BIFF5 and BIFF8 alike.
                if kind == 0x0006
                    && data.get(22) == Some(&0x01)
                    && let (Some(first_row), Some(first_col)) = (u16_at(data, 23), u16_at(data, 25))
                {
                    self.sharing.push(((row, col), (u32::from(first_row), u32::from(first_col))));
                }
            }
            // SHRFMLA, behind the first cell that has it: a range, two bytes, then the tokens with their length.
            0x04BC => {
                let length = usize::from(u16_at(data, 8).unwrap_or(0));
                if let (Some((_, first)), Some(tokens)) = (self.sharing.last(), data.get(10..10 + length)) {
                    self.shared.insert(*first, tokens.to_vec());
                }
            }
            // MULRK: a row, its first column, then a format and a number per column.
            0x00BD => {
                let Some((row, first)) = place() else { return };
                let count = data.len().saturating_sub(6) / 6;
                for (col, index) in (first..).zip(0..count) {
                    if let Some(format) = u16_at(data, 4 + index * 6) {
                        self.grow(row, col);
                        self.cells.insert((row, col), format);
                    }
                }
            }
            // NOTE; a text longer than its record goes on in others, which name no cell.
            0x001C if u16_at(data, 0) != Some(0xFFFF) => self.comments = self.comments.saturating_add(1),
            // OBJ begins with what it is: 7 boxes and the like, not the frames of notes (25), buttons and lists.
            0x005D if u16_at(data, 0) == Some(0x15) && matches!(u16_at(data, 4), Some(1..=9 | 30)) => {
                self.shapes = self.shapes.saturating_add(1);
            }
            0x0208 => {
                // A row of no height is hidden, whatever its flag says; the highest bit says that the height is the usual one.
                let flat = u16_at(data, 6) == Some(0);
                let hidden = flat || u16_at(data, 12).is_some_and(|options| options & 0x20 != 0);
                if let (Some(row), true) = (u16_at(data, 0), hidden) {
                    self.hidden_rows.insert(u32::from(row));
                }
            }
            0x007D => {
                let flat = u16_at(data, 4) == Some(0);
                let hidden = flat || u16_at(data, 8).is_some_and(|options| options & 1 != 0);
                if let (Some((first, last)), true) = (place(), hidden) {
                    self.hidden_cols.push((first, last));
                }
            }
            _ => {}
        }
    }

    /// Spells the formulas that cells share; their tokens are those of BIFF8.
    fn share_formulas(&mut self, is_biff8: bool) {
        let mut bytes = 0_usize;
        for (cell, first) in std::mem::take(&mut self.sharing) {
            let tokens = self.shared.get(&first).filter(|_| is_biff8 && bytes < SHARED_FORMULAS);
            match tokens.and_then(|tokens| tokens::spell(tokens, cell.0, cell.1)) {
                Some(formula) => {
                    bytes = bytes.saturating_add(formula.len());
                    self.shared_formulas.insert(cell, formula.into());
                }
                None => self.unknown_formulas = self.unknown_formulas.saturating_add(1),
            }
        }
        self.shared.clear();
    }

    fn grow(&mut self, row: u32, col: u32) {
        let (last_row, last_col) = self.extent.unwrap_or_default();
        self.extent = Some((last_row.max(row), last_col.max(col)));
    }
}

/// The codes that no file needs to spell out ([MS-XLS] 2.4.126, ECMA-376 Part 1, 18.8.30), dates and currency as Chinese Excel shows them.
pub(super) fn built_in(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5 | 6 => "\"¥\"#,##0;\"¥\"-#,##0",
        7 | 8 => "\"¥\"#,##0.00;\"¥\"-#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        14 => "yyyy/m/d",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 => "h:mm:ss",
        22 => "yyyy/m/d h:mm",
        // Those of Chinese Excel.
        27 | 36 | 50 | 52 | 57 => "yyyy\"年\"m\"月\"",
        28 | 29 | 51 | 53 | 54 | 58 => "m\"月\"d\"日\"",
        30 => "m-d-yy",
        31 => "yyyy\"年\"m\"月\"d\"日\"",
        32 => "h\"时\"mm\"分\"",
        33 => "h\"时\"mm\"分\"ss\"秒\"",
        34 | 55 => "上午/下午h\"时\"mm\"分\"",
        35 | 56 => "上午/下午h\"时\"mm\"分\"ss\"秒\"",
        37 | 38 => "#,##0 ;(#,##0)",
        39 | 40 => "#,##0.00;(#,##0.00)",
        41 => "_ * #,##0_ ;_ * -#,##0_ ;_ * \"-\"_ ;_ @_ ",
        42 => "_ \"¥\"* #,##0_ ;_ \"¥\"* -#,##0_ ;_ \"¥\"* \"-\"_ ;_ @_ ",
        43 => "_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ",
        44 => "_ \"¥\"* #,##0.00_ ;_ \"¥\"* -#,##0.00_ ;_ \"¥\"* \"-\"??_ ;_ @_ ",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes()[..], data].concat()
    }

    #[test]
    fn formats_and_hidden_rows_are_found() {
        let bof = record(0x0809, &[0, 6, 5, 0]);
        let mut globals = vec![bof.clone(), record(0x041E, &[164, 0, 5, 0, 0, b'0', b'.', b'0', b'0', b'%'])];
        globals.push(record(0x00E0, &[0, 0, 0, 0]));
        globals.push(record(0x00E0, &[0, 0, 164, 0]));
        let before: usize = globals.iter().map(Vec::len).sum();
        let start = u32::try_from(before + 4 + 8 + 4).unwrap();
        globals.push(record(0x0085, &[&start.to_le_bytes()[..], &[0, 0, 0, 0]].concat()));
        globals.push(record(0x000A, &[]));
        let mut sheet = vec![bof];
        // Its usual height, then the flag that hides; another of no height.
        sheet.push(record(0x0208, &[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        sheet.push(record(0x0208, &[6, 0, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        // A formula that two cells share: the cell to the left, twice.
        let sharing = |row: u8| [&[row, 0, 1, 0, 1, 0][..], &[0; 14], &[5, 0, 0x01, 6, 0, 1, 0]].concat();
        sheet.push(record(0x0006, &sharing(6)));
        let tokens = [0x4C, 0, 0, 0xFF, 0xC0, 0x1E, 2, 0, 0x05];
        sheet.push(record(0x04BC, &[&[6, 0, 7, 0, 1, 1, 0, 2, 9, 0][..], &tokens].concat()));
        sheet.push(record(0x0006, &sharing(7)));
        sheet.push(record(0x001C, &[0; 12]));
        sheet.push(record(0x005D, &[0x15, 0, 0x12, 0, 8, 0]));
        sheet.push(record(0x005D, &[0x15, 0, 0x12, 0, 25, 0]));
        sheet.push(record(0x0014, &[3, 0, 0, b'&', b'R', b'x']));
        sheet.push(record(0x0208, &[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0]));
        // 0.5 as a double.
        sheet.push(record(0x0203, &[&[2, 0, 1, 0, 1, 0][..], &[0, 0, 0, 0, 0, 0, 0xE0, 0x3F]].concat()));
        // Formulas: one of its own (an integer), one that stands with another cell.
        for tokens in [&[3, 0, 0x1E, 7, 0][..], &[5, 0, 0x01, 2, 0, 1, 0]] {
            sheet.push(record(0x0006, &[&[4, 0, 1, 0, 1, 0][..], &[0; 14], tokens].concat()));
        }
        sheet.push(record(0x000A, &[]));
        let bytes = [globals.concat(), sheet.concat()].concat();
        let formats = Formats::read(&bytes, &Limits::default()).unwrap();
        assert_eq!(formats.code(0, 2, 1), Some("0.00%"));
        assert_eq!(formats.code(0, 2, 2), None);
        assert!(formats.sheets[0].hidden_rows.contains(&3));
        let found = &formats.sheets[0];
        assert_eq!((found.hidden_rows.contains(&5), found.hidden_rows.contains(&6)), (true, false));
        assert_eq!((found.unknown_formulas, found.comments, found.shapes), (1, 1, 1));
        assert_eq!(found.shared_formulas[&(7, 1)].as_ref(), "A8*2");
        assert_eq!(found.lines, [Line { below: false, codes: "&Rx".to_owned() }]);
    }

    #[test]
    fn codes_of_old_workbooks_are_in_their_code_page() {
        let code = [&[164, 0, 10][..], b"0.00\"\xCD\xF2\xD4\xAA\""].concat();
        let bytes = [record(0x0809, &[0, 5, 5, 0]), record(0x0042, &[0xA8, 3]), record(0x041E, &code)].concat();
        let formats = Formats::read(&bytes, &Limits::default()).unwrap();
        assert_eq!(formats.codes[&164], "0.00\"万元\"");
    }
}
