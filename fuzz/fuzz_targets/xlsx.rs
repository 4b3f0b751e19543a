//! The only sheet of a workbook.
#![no_main]

mod contained;

use std::io::{Cursor, Write};

use hedui::limits::Limits;
use libfuzzer_sys::fuzz_target;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const PARTS: [(&str, &str); 5] = [
    (
        "[Content_Types].xml",
        "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override PartName='/xl/workbook.xml' \
         ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>",
    ),
    (
        "_rels/.rels",
        "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r' \
         Target='xl/workbook.xml' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument'/>\
         </Relationships>",
    ),
    (
        "xl/workbook.xml",
        "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' \
         xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><sheets><sheet name='表' sheetId='1' \
         r:id='r1'/></sheets></workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' \
         Target='worksheets/sheet1.xml' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet'/>\
         <Relationship Id='r2' Target='styles.xml' \
         Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles'/></Relationships>",
    ),
    (
        "xl/styles.xml",
        "<styleSheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><numFmts count='1'><numFmt \
         numFmtId='164' formatCode='#,##0.00_ '/></numFmts><cellXfs count='4'><xf numFmtId='0'/><xf numFmtId='10'/>\
         <xf numFmtId='14'/><xf numFmtId='164'/></cellXfs></styleSheet>",
    ),
];
const OPEN: &[u8] = b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>";

fuzz_target!(init: contained::expect_panics_of_calamine(), |body: &[u8]| {
    let sheet = [OPEN, body, b"</worksheet>"].concat();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = PARTS.iter().map(|(name, content)| (*name, content.as_bytes()));
    for (name, content) in parts.chain([("xl/worksheets/sheet1.xml", sheet.as_slice())]) {
        writer.start_file(name, SimpleFileOptions::default()).expect("a part begins");
        writer.write_all(content).expect("a part is written");
    }
    let bytes = writer.finish().expect("a package ends").into_inner();
    drop(hedui::reader::read(&bytes, "source.xlsx", &Limits::default()));
});
