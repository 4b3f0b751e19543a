//! Constructs of real files that none of the samples has.

use std::io::{Cursor, Write};

use hedui::document::{Document, Reading, WarningKind};
use hedui::error::ErrorKind;
use hedui::limits::Limits;
use hedui::reader::read;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const SHEET: &str = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet, whose part is called `part`.
fn workbook(part: &str, sheet: &str) -> Vec<u8> {
    let main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
    package(&[
        (
            "[Content_Types].xml",
            &format!("<Types xmlns='{TYPES}'><Override PartName='/xl/workbook.xml' ContentType='{main}'/></Types>"),
        ),
        ("_rels/.rels", &relationship("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            &format!(
                "<workbook {SHEET} xmlns:r='{OFFICE}'><sheets><sheet name='表' sheetId='1' r:id='r1'/></sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels", &relationship("worksheet", part)),
        (&format!("xl/{part}"), &format!("<worksheet {SHEET}>{sheet}</worksheet>")),
    ])
}

fn relationship(kind: &str, target: &str) -> String {
    format!(
        "<Relationships xmlns='{RELATIONSHIPS}'><Relationship Id='r1' Type='{OFFICE}/{kind}' Target='{target}'/></Relationships>"
    )
}

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The package without the flag that says that names are UTF-8, as some programs leave it out.
fn without_name_flags(mut bytes: Vec<u8>) -> Vec<u8> {
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, at)| *at == mark).map(|(at, _)| at).collect();
        for at in places {
            bytes[at + flags + 1] &= !0x08;
        }
    }
    bytes
}

fn reading(bytes: &[u8], name: &str) -> Reading {
    read(bytes, name, &Limits::default()).unwrap()
}

/// The cells of all tables, row by row.
fn cells(document: &Document) -> Vec<&str> {
    document.tables.iter().flat_map(|table| table.grid.cells()).map(|cell| &*cell.text).collect()
}

#[test]
fn parts_may_have_chinese_names() {
    let sheet = "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>合计</t></is></c><c r='B1'><v>12.5</v></c></row></sheetData>";
    let bytes = workbook("worksheets/表1.xml", sheet);
    assert_eq!(cells(&reading(&bytes, "a.xlsx").document), ["合计", "12.5"]);
    assert_eq!(cells(&reading(&without_name_flags(bytes), "a.xlsx").document), ["合计", "12.5"]);
}

#[test]
fn references_beyond_all_columns_do_no_harm() {
    for reference in ["A1:Fpenxmlformats", "A1:ZZZZZZZZZZ9", "A1:B99999999999"] {
        let sheet =
            format!("<dimension ref='{reference}'/><sheetData><row r='1'><c r='A1'><v>1</v></c></row></sheetData>");
        let found = read(&workbook("worksheets/sheet1.xml", &sheet), "a.xlsx", &Limits::default());
        assert!(found.is_ok() || found.is_err_and(|error| error.kind() == ErrorKind::Malformed), "{reference}");
    }
}

#[test]
fn formulas_stay_beside_their_results() {
    let sheet = "<sheetData><row r='1'><c r='A1'><v>1</v></c><c r='B1'><v>2</v></c><c r='C1'><f>SUM(A1:B1)</f><v>3</v></c>\
                 <c r='D1' t='str'><f>A1&amp;\"元\"</f><v>1元</v></c></row>\
                 <row r='2'><c r='C2'><f t='shared' ref='C2:C3' si='0'>A2*2</f><v>4</v></c></row>\
                 <row r='3'><c r='C3'><f t='shared' si='0'/><v>6</v></c></row></sheetData>";
    let reading = reading(&workbook("worksheets/sheet1.xml", sheet), "a.xlsx");
    let grid = &reading.document.tables[0].grid;
    let formula = |row, col| grid.origin(row, col).unwrap().source.as_ref().unwrap().formula.as_deref();
    assert_eq!((formula(0, 0), formula(0, 2), formula(0, 3)), (None, Some("SUM(A1:B1)"), Some("A1&\"元\"")));
    assert_eq!((&*grid.origin(0, 3).unwrap().text, formula(1, 2)), ("1元", Some("A2*2")));
    assert_eq!(&*grid.origin(2, 2).unwrap().text, "6");
}

#[test]
fn tables_far_apart_on_a_sheet_are_several() {
    let sheet = "<sheetData><row r='1'><c r='A1'><v>1</v></c></row><row r='5'><c r='B5'><v>2</v></c></row>\
                 <row r='300'><c r='C300'><v>3</v></c></row></sheetData>";
    let document = reading(&workbook("worksheets/sheet1.xml", sheet), "a.xlsx").document;
    let sizes: Vec<_> = document.tables.iter().map(|table| (table.grid.rows(), table.grid.cols())).collect();
    assert_eq!(sizes, [(5, 2), (1, 1)]);
}

#[test]
fn framesets_say_what_they_leave_out() {
    let page = "<html><head><title>年度报告</title></head><frameset cols='20%,80%'><frame src='menu.html'><frame src='body.html'>\
                <noframes><body><p>请更换浏览器</p></body></noframes></frameset></html>";
    let reading = reading(page.as_bytes(), "a.html");
    let frames = reading.warnings.iter().find(|warning| warning.kind == WarningKind::Dropped("frame".to_owned()));
    assert_eq!(frames.map(|warning| warning.count), Some(2));
    assert_eq!(reading.document.title.as_deref(), Some("年度报告"));
    // What stands there for old browsers is a request to use another one.
    assert!(reading.document.blocks.is_empty());
}
