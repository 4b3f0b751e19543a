//! Reports as the text dumps that extraction programs leave: one cell per line behind a tab, a blank line per row.

use std::error::Error;

use super::markup::{Cell, Part, Report, Row};

/// The report as the bytes of a UTF-8 text file.
///
/// # Errors
/// When a part has no counterpart in a dump.
pub(super) fn render(report: &Report) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut text = String::new();
    for part in &report.parts {
        match part {
            Part::Title(line) => text.push_str(&format!("{line}\n\n")),
            Part::Heading { text: line, .. } | Part::Paragraph(line) => text.push_str(&format!("{line}\n")),
            Part::Table(rows) => text.push_str(&table(rows)),
            Part::Sheet(_) | Part::Chrome { .. } => return Err("not for a text dump".into()),
        }
    }
    Ok(text.into_bytes())
}

/// A cell that began in a row further up leaves an empty line in each row it covers.
fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in 0..rows.len() {
        let mut cells: Vec<&Cell> =
            rows.iter().flatten().filter(|cell| cell.row <= row && row < cell.row + cell.rows).collect();
        cells.sort_by_key(|cell| cell.col);
        for cell in cells {
            let content = if cell.row == row { cell.text.as_str() } else { "" };
            text.push_str(&format!("\t{content}\n"));
        }
        text.push('\n');
    }
    text
}
