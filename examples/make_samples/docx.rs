//! Reports as Word documents: headings with styles, automatic numbering, tables with gridSpan and vMerge.

use std::error::Error;
use std::io::{Cursor, Read, Write};

use docx_rs::{
    AbstractNumbering, AlignmentType, Docx, IndentLevel, Level, LevelJc, LevelText, NumberFormat, Numbering,
    NumberingId, Paragraph, Run, RunFonts, Start, Style, StyleType, Table, TableCell, TableRow, VMergeType, WidthType,
};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::markup::{Cell, Part, Report, Row, width};

/// Width of a grid column in twentieths of a point.
const COLUMN: usize = 1000;
/// The numbering of headings: 一、二、三、
const HEADINGS: usize = 2;

/// The report as the bytes of a .docx file.
///
/// # Errors
/// When a part has no counterpart in Word (worksheets, page chrome) or the archive cannot be written.
pub(super) fn render(report: &Report) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut docx = new_document();
    for part in &report.parts {
        docx = match part {
            Part::Title(text) => docx.add_paragraph(paragraph(text).style("Title").align(AlignmentType::Center)),
            Part::Heading { level, numbered, text } => docx.add_paragraph(heading(*level, *numbered, text)),
            Part::Paragraph(text) => docx.add_paragraph(paragraph(text)),
            Part::Table(rows) => docx.add_table(table(rows)).add_paragraph(Paragraph::new()),
            Part::Sheet(_) | Part::Chrome { .. } => return Err("not for a Word document".into()),
        };
    }
    let mut packed = Cursor::new(Vec::new());
    docx.build().pack(&mut packed)?;
    repack(&packed.into_inner())
}

fn new_document() -> Docx {
    let level = Level::new(
        0,
        Start::new(1),
        NumberFormat::new("chineseCounting"),
        LevelText::new("%1、"),
        LevelJc::new("left"),
    );
    Docx::new()
        .created_at("2024-01-01T00:00:00Z")
        .updated_at("2024-01-01T00:00:00Z")
        .add_style(Style::new("Title", StyleType::Paragraph).name("Title").bold())
        .add_style(Style::new("Heading1", StyleType::Paragraph).name("heading 1").outline_lvl(0))
        .add_style(Style::new("Heading2", StyleType::Paragraph).name("heading 2").outline_lvl(1))
        .add_abstract_numbering(AbstractNumbering::new(HEADINGS).add_level(level))
        .add_numbering(Numbering::new(HEADINGS, HEADINGS))
}

fn heading(level: usize, numbered: bool, text: &str) -> Paragraph {
    let styled = paragraph(text).style(if level == 1 { "Heading1" } else { "Heading2" });
    if numbered { styled.numbering(NumberingId::new(HEADINGS), IndentLevel::new(0)) } else { styled }
}

/// Runs change between ASCII and other characters, as Word splits them by font.
fn paragraph(text: &str) -> Paragraph {
    let mut paragraph = Paragraph::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| c.is_ascii() != first.is_ascii()).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        let font = if first.is_ascii() { "Times New Roman" } else { "仿宋" };
        paragraph = paragraph.add_run(Run::new().add_text(run).fonts(RunFonts::new().ascii(font).east_asia(font)));
        rest = tail;
    }
    paragraph
}

fn table(rows: &[Row]) -> Table {
    let width = width(rows);
    let lines = (0..rows.len()).map(|row| TableRow::new(row_cells(rows, row))).collect();
    Table::new(lines).set_grid(vec![COLUMN; width])
}

/// The cells of one row from left to right; a cell that began further up continues as a vertical merge.
fn row_cells(rows: &[Row], row: usize) -> Vec<TableCell> {
    let mut cells: Vec<&Cell> =
        rows.iter().flatten().filter(|cell| cell.row <= row && row < cell.row + cell.rows).collect();
    cells.sort_by_key(|cell| cell.col);
    cells.into_iter().map(|cell| table_cell(cell, row)).collect()
}

fn table_cell(cell: &Cell, row: usize) -> TableCell {
    let mut made = TableCell::new().width(COLUMN * cell.cols, WidthType::Dxa);
    if cell.cols > 1 {
        made = made.grid_span(cell.cols);
    }
    if cell.row < row {
        return made.vertical_merge(VMergeType::Continue).add_paragraph(Paragraph::new());
    }
    if cell.rows > 1 {
        made = made.vertical_merge(VMergeType::Restart);
    }
    cell.lines().fold(made, |made, line| made.add_paragraph(paragraph(line)))
}

/// The same parts, compressed and with the fixed time that the archive writer uses by default.
fn repack(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index)?;
        if part.is_dir() {
            continue;
        }
        let mut content = Vec::new();
        part.read_to_end(&mut content)?;
        let name = part.name()?.into_owned();
        writer.start_file(name, options)?;
        writer.write_all(&content)?;
    }
    Ok(writer.finish()?.into_inner())
}
