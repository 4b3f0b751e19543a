//! Reports as workbooks: numbers with the number format of their printed form, merged cells, formulas with results.
//!
//! A cell reads `1,302.65` (grouped), `96.84%` (stored as 0.9684), `=SUM(A1:A2)=>3` (formula and stored result) or
//! `'626.15` (kept as text); anything else that is a number is one, the rest is text.

use std::error::Error;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet};

use super::markup::{Cell, Part, Report, Row, width};

/// The report as the bytes of a .xlsx file.
///
/// # Errors
/// When a part has no counterpart on a worksheet or the writer refuses a cell.
pub(super) fn render(report: &Report) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2024, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let mut sheets = report.parts.split(|part| matches!(part, Part::Sheet(_)));
    if sheets.next().is_some_and(|before| !before.is_empty()) {
        return Err("content before the first @sheet".into());
    }
    let names = report.parts.iter().filter_map(|part| match part {
        Part::Sheet(name) => Some(name),
        _ => None,
    });
    for (name, parts) in names.zip(sheets) {
        write_sheet(workbook.add_worksheet().set_name(name)?, parts)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn write_sheet(sheet: &mut Worksheet, parts: &[Part]) -> Result<(), Box<dyn Error>> {
    let columns = parts.iter().map(|part| if let Part::Table(rows) = part { width(rows) } else { 0 }).max();
    let mut row = 0;
    for part in parts {
        match part {
            Part::Title(text) | Part::Paragraph(text) => {
                let whole = Cell { text: text.clone(), row: 0, col: 0, rows: 1, cols: columns.unwrap_or(1) };
                write_cell(sheet, row, &whole)?;
                row += 1;
            }
            Part::Table(rows) => {
                write_table(sheet, row, rows)?;
                row += rows.len();
            }
            Part::Heading { .. } | Part::Sheet(_) | Part::Chrome { .. } => return Err("not for a worksheet".into()),
        }
    }
    Ok(())
}

fn write_table(sheet: &mut Worksheet, top: usize, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    rows.iter().flatten().try_for_each(|cell| write_cell(sheet, top + cell.row, cell))
}

/// Merges first and writes the value over the merge's first position, as the writer asks for.
fn write_cell(sheet: &mut Worksheet, row: usize, cell: &Cell) -> Result<(), Box<dyn Error>> {
    let (first, left) = (u32::try_from(row)?, u16::try_from(cell.col)?);
    let plain = Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::Center).set_text_wrap();
    if cell.rows * cell.cols > 1 {
        let (last, right) = (u32::try_from(row + cell.rows - 1)?, u16::try_from(cell.col + cell.cols - 1)?);
        sheet.merge_range(first, left, last, right, "", &plain)?;
    }
    if let Some((formula, result)) = cell.text.strip_prefix('=').and_then(|text| text.split_once("=>")) {
        let format = plain.set_num_format(number_format(result));
        sheet.write_formula_with_format(first, left, Formula::new(formula).set_result(result), &format)?;
    } else if let Some(text) = cell.text.strip_prefix('\'') {
        sheet.write_string_with_format(first, left, text, &plain)?;
    } else if let Some(number) = stored_number(&cell.text) {
        let format = plain.set_num_format(number_format(&cell.text));
        sheet.write_number_with_format(first, left, number, &format)?;
    } else if cell.text.is_empty() {
        sheet.write_blank(first, left, &plain)?;
    } else {
        sheet.write_string_with_format(first, left, &cell.text, &plain)?;
    }
    Ok(())
}

/// The double behind a printed number; a percentage is moved by two digits in the text, never by a division.
fn stored_number(text: &str) -> Option<f64> {
    let digits = text.replace(',', "");
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    match digits.strip_suffix('%') {
        Some(percent) => format!("{percent}e-2").parse().ok(),
        None => digits.parse().ok(),
    }
}

fn number_format(text: &str) -> String {
    let percent = text.ends_with('%');
    let decimals = text.trim_end_matches('%').split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let whole = if text.contains(',') { "#,##0" } else { "0" };
    match (decimals, percent) {
        (0, false) if whole == "0" => "General".to_owned(),
        (0, _) => format!("{whole}{}", if percent { "%" } else { "" }),
        (_, _) => format!("{whole}.{}{}", "0".repeat(decimals), if percent { "%" } else { "" }),
    }
}
