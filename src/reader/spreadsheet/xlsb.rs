//! What calamine does not tell about binary packages: number formats, merged ranges, hidden rows and columns.
//!
//! In: the package. Out: the same [`Formats`] that BIFF workbooks have. Wrong: a part that is missing or breaks off gives what
//! was read until then; a sheet that could not be found leaves its values in full.
//!
//! Follows [MS-XLSB] 2.1.4 (records), 2.4 (BrtBundleSh, BrtFmt, BrtXF, BrtRowHdr, BrtColInfo, BrtMergeCell and the cells).

use super::biff::{Formats, SheetFormats};
use super::compound::{u16_at, u32_at};
use super::sheet::MergedRange;
use super::xlsx;
use crate::error::Result;
use crate::limits::Limits;
use crate::reader::package::Package;
use crate::reader::relationships::Relationship;

const MAIN: &str = "xl/workbook.bin";
const STYLES: &str = "xl/styles.bin";

/// Reads the formats of a workbook. Its sheets are in the order of the sheet list.
///
/// # Errors
/// Those of [`Package::read`] and of the relationships' XML.
pub(super) fn read(package: &mut Package<'_>, limits: &Limits) -> Result<Formats> {
    let mut formats = Formats::default();
    if let Some(styles) = package.read(STYLES)? {
        read_styles(&styles, &mut formats);
    }
    let targets = xlsx::targets(package, MAIN, limits)?;
    for part in sheet_parts(&package.read(MAIN)?.unwrap_or_default(), &targets) {
        let mut sheet = SheetFormats::default();
        if let Some(bytes) = part.map(|part| package.read(&part)).transpose()?.flatten() {
            read_sheet(&bytes, &mut sheet);
        }
        formats.sheets.push(sheet);
    }
    Ok(formats)
}

fn read_styles(bytes: &[u8], formats: &mut Formats) {
    // Formats of named styles come in a list of their own before those of cells.
    let mut of_cells = false;
    for (kind, data) in records(bytes) {
        match kind {
            44 => {
                if let (Some(id), Some((code, _))) = (u16_at(data, 0), data.get(2..).and_then(wide_text)) {
                    formats.codes.insert(id, code);
                }
            }
            617 => of_cells = true,
            618 => of_cells = false,
            47 if of_cells => formats.cell_formats.push(u16_at(data, 2).unwrap_or(0)),
            _ => {}
        }
    }
}

/// The parts of the sheets; nothing for a sheet whose part is not told.
fn sheet_parts(bytes: &[u8], targets: &[Relationship]) -> Vec<Option<String>> {
    let bundles = records(bytes).filter(|(kind, _)| *kind == 156);
    let part_of = |data: &[u8]| {
        let (id, _) = wide_text(data.get(8..)?)?;
        targets.iter().find(|part| part.id == id).map(|part| part.target.clone())
    };
    bundles.map(|(_, data)| part_of(data)).collect()
}

fn read_sheet(bytes: &[u8], sheet: &mut SheetFormats) {
    let mut row = 0;
    for (kind, data) in records(bytes) {
        let number = |at: usize| u32_at(data, at);
        match kind {
            0 => {
                row = number(0).unwrap_or(row);
                if data.get(11).is_some_and(|options| options & 0x10 != 0) {
                    sheet.hidden_rows.insert(row);
                }
            }
            // Numbers: packed, in full, and the results of formulas.
            2 | 5 | 9 => {
                if let (Some(col), Some(style)) = (number(0), number(4)) {
                    sheet.cells.insert((row, col), u16::try_from(style & 0x00FF_FFFF).unwrap_or(u16::MAX));
                }
            }
            60 => {
                let hidden = u16_at(data, 16).is_some_and(|options| options & 1 != 0);
                if let (Some(first), Some(last), true) = (number(0), number(4), hidden) {
                    sheet.hidden_cols.push((first, last));
                }
            }
            176 => {
                if let (Some(top), Some(bottom), Some(left), Some(right)) =
                    (number(0), number(4), number(8), number(12))
                    && top <= bottom
                    && left <= right
                {
                    sheet.merges.push(MergedRange { first: (top, left), last: (bottom, right) });
                }
            }
            _ => {}
        }
    }
}

/// Kind and data of each record, until one breaks off.
fn records(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (kind, after) = varying(rest, 2)?;
        let (length, after) = varying(after, 4)?;
        let (data, after) = after.split_at_checked(length as usize)?;
        rest = after;
        Some((kind, data))
    })
}

/// A number of seven bits to the byte, the lowest first, in at most so many bytes.
fn varying(bytes: &[u8], most: usize) -> Option<(u32, &[u8])> {
    let mut number = 0_u32;
    for (index, byte) in bytes.iter().take(most).enumerate() {
        number |= u32::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 || index + 1 == most {
            return Some((number, bytes.get(index + 1..)?));
        }
    }
    None
}

/// A text with its length in UTF-16 units before it, and what comes after.
fn wide_text(data: &[u8]) -> Option<(String, &[u8])> {
    let length = (u32_at(data, 0)? as usize).checked_mul(2)?;
    let (text, after) = data.get(4..)?.split_at_checked(length)?;
    let units = (0..length / 2).filter_map(|index| u16_at(text, index * 2));
    Some((char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{FFFD}')).collect(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = if kind < 128 {
            vec![u8::try_from(kind).unwrap()]
        } else {
            vec![u8::try_from(kind & 0x7F).unwrap() | 0x80, u8::try_from(kind >> 7).unwrap()]
        };
        bytes.push(u8::try_from(data.len()).unwrap());
        bytes.extend(data);
        bytes
    }

    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn wide(text: &str) -> Vec<u8> {
        let units: Vec<u16> = text.encode_utf16().collect();
        [words(&[u32::try_from(units.len()).unwrap()]), units.iter().flat_map(|unit| unit.to_le_bytes()).collect()]
            .concat()
    }

    #[test]
    fn formats_and_merges_are_found() {
        let mut formats = Formats::default();
        let code = [vec![164, 0], wide("0.0%")].concat();
        let styles = [
            record(44, &code),
            record(626, &[]),
            record(47, &[0, 0, 9, 0]),
            record(627, &[]),
            record(617, &[]),
            record(47, &[0, 0, 0, 0]),
            record(47, &[0, 0, 164, 0]),
            record(618, &[]),
        ]
        .concat();
        read_styles(&styles, &mut formats);
        let hidden = [words(&[3, 0]), vec![0, 0, 0, 0x10]].concat();
        let sheet = [
            record(60, &[words(&[1, 2, 0, 0]), vec![1, 0]].concat()),
            record(0, &hidden),
            record(5, &[words(&[4, 1]), vec![0; 8]].concat()),
            record(176, &words(&[0, 1, 2, 3])),
            vec![5, 200],
        ]
        .concat();
        let mut found = SheetFormats::default();
        read_sheet(&sheet, &mut found);
        formats.sheets.push(found);
        assert_eq!(formats.code(0, 3, 4), Some("0.0%"));
        let found = &formats.sheets[0];
        assert_eq!((found.hidden_rows.contains(&3), found.hidden_cols.as_slice()), (true, &[(1, 2)][..]));
        assert_eq!((found.merges[0].first, found.merges[0].last), ((0, 2), (1, 3)));
    }

    #[test]
    fn sheets_lead_to_their_parts() {
        let bundle = |id: &str, name: &str| record(156, &[words(&[0, 1]), wide(id), wide(name)].concat());
        let target = "xl/worksheets/sheet9.bin".to_owned();
        let targets = [Relationship { id: "rId2".to_owned(), kind: "worksheet".to_owned(), target }];
        let book = [bundle("rId2", "甲"), bundle("rId3", "乙")].concat();
        assert_eq!(sheet_parts(&book, &targets), [Some("xl/worksheets/sheet9.bin".to_owned()), None]);
    }
}
