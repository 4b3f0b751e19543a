//! ZIP files of reports: each document in them is a source of its own.

use std::fs;
use std::io::{Cursor, Write};

use hedui::record::LogBody;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::home::{Home, files, report};

pub(crate) fn packed(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn bundle(number: usize) -> Vec<u8> {
    let inner = packed(&[("x.txt", report(9).into_bytes())]);
    packed(&[
        ("a.txt", report(number).into_bytes()),
        ("目录/报告.txt", report(2).into_bytes()),
        ("copy.txt", report(2).into_bytes()),
        ("scan.pdf", b"%PDF-1.7\n".to_vec()),
        ("inner.zip", inner),
        ("__MACOSX/a.txt", b"x".to_vec()),
        ("~$a.docx", b"x".to_vec()),
    ])
}

#[test]
fn every_document_of_a_bundle_is_answered_for() {
    let home = Home::new();
    home.put("in/b.zip", bundle(1));
    home.put("keep/k.zip", bundle(1));
    home.once();
    let records = home.records();
    assert_eq!(records.len(), 2);
    for record in records.values() {
        let container = record.source.container.as_ref().unwrap();
        assert_eq!(format!("{}!/{}", container.archive, container.entry), record.source.path);
        assert_eq!(container.entry.rsplit('/').next(), Some(record.source.name.as_str()));
    }
    // Of the two bundles one came first; the other's documents are duplicates, those refused are refused again.
    let refused: Vec<String> =
        home.quarantine().into_iter().map(|(path, (code, _))| format!("{path} {code}")).collect();
    assert_eq!(
        refused,
        ["b.zip!/inner.zip archive", "b.zip!/scan.pdf pdf", "k.zip!/inner.zip archive", "k.zip!/scan.pdf pdf"]
    );
    assert_eq!(fs::read(files(&home.path("archive")).remove(0)).unwrap(), bundle(1));
    assert!(home.path("keep/k.zip").exists() && files(&home.path("in")).is_empty());
    let lines = home.log().len();
    home.once();
    assert_eq!(home.log().len(), lines, "nothing is converted twice");
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));

    // A new content of the bundle replaces what changed in it.
    home.put("keep/k.zip", bundle(7));
    home.once();
    let superseded = home.log().into_iter().filter(|line| matches!(line.body, LogBody::Superseded { .. })).count();
    // `b.zip` was archived with the first content, so that record stays current.
    assert_eq!((home.records().len(), superseded), (3, 0));
    let explained = String::from_utf8(home.run(&["explain", "keep/k.zip"]).stdout).unwrap();
    assert!(explained.contains("it is a bundle"), "{explained}");
}

#[test]
fn a_kill_amid_a_bundle_loses_and_doubles_nothing() {
    let home = Home::new();
    let entries: Vec<(String, Vec<u8>)> =
        (0..150).map(|number| (format!("{number}.txt"), report(number).into_bytes())).collect();
    let entries: Vec<(&str, Vec<u8>)> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    home.put("in/b.zip", packed(&entries));
    let daemon = home.start();
    home.until("some records", || files(&home.path("out/records")).len() > 40);
    daemon.kill();
    home.once();
    assert_eq!((home.records().len(), home.documents().len()), (150, 150));
    assert_eq!(files(&home.path("archive")).len(), 1);
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn bundles_among_many_files_are_gone_through_too() {
    let home = Home::new();
    for number in 0..120 {
        let text = report(number).into_bytes();
        match number % 4 {
            0 => home.put(
                format!("in/{number}.zip"),
                packed(&[("a.txt", text), ("b.txt", report(number + 1_000).into_bytes())]),
            ),
            _ => home.put(format!("in/{number}.txt"), text),
        }
    }
    home.once();
    assert_eq!((home.records().len(), home.documents().len()), (150, 150));
    assert_eq!(files(&home.path("archive")).len(), 120);
}

#[test]
fn a_document_that_lost_its_main_part_is_no_bundle() {
    let home = Home::new();
    let parts = [("[Content_Types].xml", b"<Types/>".to_vec()), ("word/styles.xml", report(1).into_bytes())];
    home.put("in/lost.docx", packed(&parts));
    home.once();
    assert!(home.records().is_empty() && home.quarantine()["lost.docx"].0 == "archive");
}

#[test]
fn entries_of_one_name_are_sources_of_their_own() {
    let home = Home::new();
    let mut bytes = packed(&[
        ("x.txt", report(1).into_bytes()),
        ("y.txt", report(2).into_bytes()),
        ("./x.txt", report(3).into_bytes()),
    ]);
    // In the directory and before the entry, as no library writes it.
    while let Some(at) = bytes.windows(5).position(|window| window == b"y.txt") {
        bytes[at] = b'x';
    }
    home.put("in/b.zip", bytes);
    home.once();
    assert_eq!(home.documents(), ["b.zip!/x#2.txt", "b.zip!/x#3.txt", "b.zip!/x.txt"]);
    assert_eq!(home.records().len(), 3);
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn a_link_in_a_bundle_is_passed_over() {
    let home = Home::new();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a.txt", SimpleFileOptions::default()).unwrap();
    writer.write_all(report(1).as_bytes()).unwrap();
    writer.add_symlink("link.txt", "a.txt", SimpleFileOptions::default()).unwrap();
    home.put("in/b.zip", writer.finish().unwrap().into_inner());
    home.once();
    assert_eq!(home.documents(), ["b.zip!/a.txt"]);
    assert!(home.quarantine().is_empty());
    let told = home.run(&["explain", "in/b.zip!/link.txt", "--format", "json"]).stdout;
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("\"symlink\""), "{told}");
}

#[test]
fn a_bundle_that_cannot_be_unpacked_says_why() {
    let home = Home::default_with("limits: {input_bytes: 4096}\n");
    home.put("in/bomb.zip", packed(&[("bomb.txt", vec![b'0'; 100_000])]));
    let plain = packed(&[("a.txt", report(1).into_bytes())]);
    // The method and the flags of an entry, before it and in the directory.
    let patched = |local: usize, central: usize, value: u8| {
        let mut bytes = plain.clone();
        let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        bytes[local] = value;
        bytes[directory + central] = value;
        bytes
    };
    home.put("in/lzma.zip", patched(8, 10, 14));
    home.put("in/locked.zip", patched(6, 8, 1));
    home.once();
    let codes: Vec<String> = home.quarantine().into_iter().map(|(path, (code, _))| format!("{path} {code}")).collect();
    assert_eq!(codes, ["bomb.zip limit-exceeded", "locked.zip encrypted", "lzma.zip unsupported-format"]);
}

#[test]
fn an_archive_without_reports_stays_an_archive() {
    let home = Home::default_with("limits: {bundle_entries: 3}\n");
    home.put("in/pictures.zip", packed(&[("a.png", b"\x89PNG\r\n\x1a\n".to_vec())]));
    home.put("in/many.zip", packed(&["1", "2", "3", "4"].map(|name| (name, report(1).into_bytes()))));
    home.put("in/a.rar", b"Rar!\x1a\x07\x01\x00");
    home.once();
    let codes: Vec<String> = home.quarantine().into_iter().map(|(path, (code, _))| format!("{path} {code}")).collect();
    assert_eq!(codes, ["a.rar archive", "many.zip limit-exceeded", "pictures.zip archive"]);
    assert!(home.records().is_empty());
}
