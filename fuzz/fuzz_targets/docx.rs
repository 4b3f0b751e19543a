//! The main part of a Word file.
#![no_main]

use std::io::{Cursor, Write};

use hedui::limits::Limits;
use libfuzzer_sys::fuzz_target;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TYPES: &str = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override \
    PartName='/word/document.xml' ContentType=\
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/></Types>";
const RELATIONS: &str = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>\
    <Relationship Id='r' Target='word/document.xml' Type=\
    'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument'/></Relationships>";
const OPEN: &str = "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' \
    xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' \
    xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math'><w:body>";

fuzz_target!(|body: &[u8]| {
    let document = [OPEN.as_bytes(), body, b"</w:body></w:document>"].concat();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let parts: [(&str, &[u8]); 3] = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELATIONS.as_bytes()),
        ("word/document.xml", &document),
    ];
    for (name, content) in parts {
        writer.start_file(name, SimpleFileOptions::default()).expect("a part begins");
        writer.write_all(content).expect("a part is written");
    }
    let bytes = writer.finish().expect("a package ends").into_inner();
    drop(hedui::reader::read(&bytes, "source.docx", &Limits::default()));
});
