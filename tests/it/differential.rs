//! Our readers against others': docx-rs reads our Word samples, calamine our workbooks, LibreOffice writes our samples anew in
//! other formats. What is read must be the same.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use calamine::{Data, DataType, Reader, Xlsx};
use docx_rs::{DocumentChild, Paragraph, Table, TableCell, TableCellContent, TableChild, TableRowChild};
use hedui::document::{BlockKind, Document};
use hedui::limits::Limits;
use hedui::pipeline::{Hints, convert};
use hedui::reader;

use crate::support::{files_below, options, relative};

#[test]
fn docx_rs_reads_the_same_texts_from_word_samples() {
    let samples = with_extension("docx");
    assert!(samples.len() >= 3, "{samples:?}");
    for path in samples {
        let bytes = fs::read(&path).unwrap();
        let ours = reader::read(&bytes, "sample.docx", &Limits::default()).unwrap().document;
        let theirs = docx_rs::read_docx(&bytes).unwrap();
        let children = &theirs.document.children;
        let paragraphs = children.iter().filter_map(|child| match child {
            DocumentChild::Paragraph(paragraph) => Some(paragraph.raw_text()),
            _ => None,
        });
        let cells = children.iter().flat_map(|child| match child {
            DocumentChild::Table(table) => cell_texts(table),
            _ => Vec::new(),
        });
        // docx-rs does not count lists: their numbers stand in front of our texts.
        let (own, others) = (our_paragraphs(&ours), filled(paragraphs));
        assert_eq!(own.len(), others.len(), "{}", relative(&path));
        for (own, other) in own.iter().zip(&others) {
            let number = own.strip_suffix(other.as_str()).unwrap_or_else(|| panic!("{own:?}, docx-rs {other:?}"));
            assert!(number.chars().count() <= 4, "{own:?}, docx-rs {other:?}");
        }
        assert_eq!(our_cells(&ours), filled(cells), "{}", relative(&path));
    }
}

#[test]
fn calamine_reads_the_same_values_from_workbooks() {
    let samples = with_extension("xlsx");
    assert!(samples.len() >= 3, "{samples:?}");
    for path in samples {
        let bytes = fs::read(&path).unwrap();
        let ours = reader::read(&bytes, "sample.xlsx", &Limits::default()).unwrap().document;
        let mut theirs: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        for name in theirs.sheet_names() {
            let range = theirs.worksheet_range(&name).unwrap();
            let (top, left) = range.start().unwrap_or_default();
            let values = range.used_cells().filter(|(_, _, value)| !value.is_empty());
            let theirs: BTreeMap<(u32, u32), &Data> = values
                .map(|(row, col, value)| {
                    ((top + u32::try_from(row).unwrap(), left + u32::try_from(col).unwrap()), value)
                })
                .collect();
            let mut found = 0;
            for table in ours.tables.iter().filter(|table| table.sheet.as_deref() == Some(&*name)) {
                let (top, left) = table.sheet_origin;
                for cell in table.grid.cells().iter().filter(|cell| !cell.text.is_empty()) {
                    let place = (top + cell.row, left + cell.col);
                    let raw = cell.source.as_ref().map_or(&*cell.text, |source| &*source.raw);
                    match theirs.get(&place) {
                        Some(Data::Float(number)) => assert_eq!(raw.parse::<f64>(), Ok(*number), "{name} {place:?}"),
                        Some(Data::String(text)) => assert_eq!(raw, text, "{name} {place:?}"),
                        other => panic!("{name} {place:?}: {raw:?}, calamine {other:?}"),
                    }
                    found += 1;
                }
            }
            assert_eq!(found, theirs.len(), "{} {name}", relative(&path));
        }
    }
}

fn our_paragraphs(document: &Document) -> Vec<String> {
    let texts = document.blocks.iter().filter(|block| block.kind != BlockKind::Table).map(|block| block.text.clone());
    filled(texts)
}

fn our_cells(document: &Document) -> Vec<String> {
    filled(document.tables.iter().flat_map(|table| table.grid.cells().iter().map(|cell| cell.text.to_string())))
}

fn filled(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

fn cell_texts(table: &Table) -> Vec<String> {
    let rows = table.rows.iter().map(|TableChild::TableRow(row)| row);
    rows.flat_map(|row| row.cells.iter().map(|TableRowChild::TableCell(cell)| cell_text(cell))).collect()
}

fn cell_text(cell: &TableCell) -> String {
    let paragraphs: Vec<String> = cell
        .children
        .iter()
        .filter_map(|content| match content {
            TableCellContent::Paragraph(paragraph) => Some(Paragraph::raw_text(paragraph)),
            _ => None,
        })
        .collect();
    paragraphs.join("\n")
}

/// A sample as LibreOffice writes it anew holds the same figures.
#[test]
fn libreoffice_copies_hold_the_same_figures() {
    let Some(office) = office() else {
        eprintln!("skipped: LibreOffice is not installed");
        return;
    };
    for (from, filter, to) in [
        ("docx", "docx", "docx"),
        ("docx", "html", "html"),
        ("xlsx", "xlsx", "xlsx"),
        ("xlsx", "xls", "xls"),
        ("xlsx", "ods", "ods"),
        ("xlsx", "html", "html"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let samples = with_extension(from);
        let status = Command::new(&office)
            .arg(format!("-env:UserInstallation=file://{}/profile", folder.path().display()))
            .args(["--headless", "--convert-to", filter, "--outdir"])
            .arg(folder.path())
            .args(&samples)
            .output()
            .unwrap();
        for sample in &samples {
            let stem = sample.file_stem().unwrap().to_str().unwrap();
            let copy = folder.path().join(format!("{stem}.{to}"));
            assert!(copy.exists(), "no {to} of {stem}: {}", String::from_utf8_lossy(&status.stderr));
            let (expected, found) = (figures(sample), figures(&copy));
            assert!(!expected.is_empty(), "{stem} has no figures");
            assert_eq!(expected, found, "{stem} as {to}");
        }
    }
}

fn office() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("soffice")).find(|file| file.is_file())
}

/// How often each figure stands in the record, with what it means.
fn figures(path: &Path) -> BTreeMap<String, usize> {
    let bytes = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let hints = Hints { name: name.clone(), path: name, ..Hints::default() };
    let record = convert(&bytes, &hints, &options()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut counts = BTreeMap::new();
    for fact in record.facts.iter().filter(|fact| fact.value.is_some()) {
        let figure = format!(
            "{} {} {:?} {}",
            fact.value.unwrap(),
            fact.unit.as_deref().unwrap_or("-"),
            fact.phase,
            fact.concept.as_deref().unwrap_or("-")
        );
        *counts.entry(figure).or_default() += 1;
    }
    counts
}

fn with_extension(extension: &str) -> Vec<PathBuf> {
    let of = |path: &PathBuf| path.extension().is_some_and(|found| found == extension);
    files_below("samples").into_iter().filter(of).collect()
}
