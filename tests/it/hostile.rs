//! Damaged sources: whatever happens to the bytes of a report, a conversion ends with a record or an error.
//!
//! Every fixture is damaged many times, each time the same way. Of packages, the parts are damaged within, so that the damage
//! reaches the readers behind the ZIP. `fuzz/` looks further with a coverage-guided fuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read, Write};

use hedui::error::ErrorKind;
use hedui::pipeline::{Hints, Options, convert};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::dice::Dice;
use crate::support::{files_below, options, relative};

/// Damaged copies of each fixture.
const ROUNDS: u64 = 24;

#[test]
fn damaged_bytes_give_a_record_or_an_error() {
    let options = options();
    for path in files_below("samples").iter().chain(&files_below("tests/fixtures")) {
        let bytes = fs::read(path).unwrap();
        let name = relative(path);
        for seed in 0..ROUNDS {
            check(&damaged(&bytes, &mut Dice::new(seed)), &name, &options);
        }
    }
}

#[test]
fn damaged_parts_of_packages_give_a_record_or_an_error() {
    let options = options();
    let mut kinds = BTreeSet::new();
    for path in files_below("samples").iter().filter(|path| is_package(&fs::read(path).unwrap())) {
        let parts = unpack(&fs::read(path).unwrap());
        let name = relative(path);
        for seed in 0..ROUNDS {
            let mut dice = Dice::new(seed);
            let mut parts = parts.clone();
            let at = dice.index(parts.len());
            parts[at].1 = damaged(&parts[at].1, &mut dice);
            kinds.insert(check(&pack(&parts), &name, &options));
        }
    }
    assert!(kinds.contains(&None), "no damaged package could be read at all");
    assert!(kinds.len() > 2, "damage gives different errors: {kinds:?}");
}

#[test]
fn packages_with_a_part_missing_or_doubled_give_a_record_or_an_error() {
    let options = options();
    for path in files_below("samples").iter().filter(|path| is_package(&fs::read(path).unwrap())) {
        let parts = unpack(&fs::read(path).unwrap());
        for at in 0..parts.len() {
            let mut without = parts.clone();
            without.remove(at);
            check(&pack(&without), &relative(path), &options);
            let mut emptied = parts.clone();
            emptied[at].1.clear();
            check(&pack(&emptied), &relative(path), &options);
        }
    }
}

#[test]
fn cut_sources_give_a_record_or_an_error() {
    let options = options();
    for path in files_below("samples") {
        let bytes = fs::read(&path).unwrap();
        for tenth in 0..10 {
            check(&bytes[..bytes.len() * tenth / 10], &relative(&path), &options);
        }
    }
}

/// Converts; a panic fails the test. `None` for a record, else the error's kind, which is never `internal`.
fn check(bytes: &[u8], name: &str, options: &Options) -> Option<&'static str> {
    let hints = Hints { name: name.to_owned(), path: name.to_owned(), ..Hints::default() };
    let kind = convert(bytes, &hints, options).err().map(|error| error.kind());
    assert_ne!(kind, Some(ErrorKind::Internal), "{name}");
    kind.map(ErrorKind::code)
}

/// Some bytes changed, a stretch doubled, removed or moved, or the end cut off.
fn damaged(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + dice.roll(4) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = dice.index(bytes.len());
        let end = (at + 1 + dice.index(64)).min(bytes.len());
        match dice.roll(6) {
            0 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            1 => bytes[at] ^= 1 << dice.roll(8),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let stretch = bytes[at..end].repeat(1 + dice.index(40));
                bytes.splice(at..at, stretch);
            }
            4 => {
                let stretch: Vec<u8> = bytes.drain(at..end).collect();
                let to = dice.index(bytes.len() + 1);
                bytes.splice(to..to, stretch);
            }
            _ => {
                const SPITE: [&[u8]; 10] = [
                    b"<",
                    b">",
                    b"&",
                    b"\"",
                    b"99999999999999999999999999999999",
                    b"rowspan=\"0\"",
                    b"</table>",
                    b"\x00",
                    b"\xff\xfe",
                    b"<table><tr><td>",
                ];
                bytes.splice(at..at, dice.pick(&SPITE).iter().copied());
            }
        }
    }
    bytes
}

fn is_package(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
}

fn unpack(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

fn pack(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
