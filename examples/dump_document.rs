//! Prints what the reader makes of files: `dump_document [--quiet] FILE...`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use hedui::document::{BlockKind, Document, Table};
use hedui::limits::Limits;

fn main() {
    let mut quiet = false;
    for path in std::env::args().skip(1) {
        if path == "--quiet" {
            quiet = true;
            continue;
        }
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                println!("{path}: {error}");
                continue;
            }
        };
        let started = std::time::Instant::now();
        let read = hedui::reader::read(&bytes, &path, &Limits::default());
        let took = started.elapsed().as_millis();
        match read {
            Ok(reading) => {
                let document = &reading.document;
                let counts = (document.blocks.len(), document.tables.len());
                println!("{path}: {} {counts:?} {took} ms {:?}", reading.format.label(), reading.encoding);
                for warning in &reading.warnings {
                    println!("  ! {} {:?}", warning.message().en, warning.at);
                }
                if !quiet {
                    print_document(document);
                }
            }
            Err(error) => println!("{path}: {took} ms ERROR {error}"),
        }
    }
}

fn print_document(document: &Document) {
    println!("title: {:?}", document.title);
    for block in &document.blocks {
        if block.kind == BlockKind::Table {
            if let Some(id) = block.table {
                println!("table t{}", id.0 + 1);
            }
        } else {
            println!("{:?} {:?} {:?}", block.kind, block.level, block.text);
        }
    }
    for (index, table) in document.tables.iter().enumerate() {
        print_table(index, table);
    }
}

fn print_table(index: usize, table: &Table) {
    let grid = &table.grid;
    println!(
        "== t{} {}x{} {:?} {:?} {:?}",
        index + 1,
        grid.rows(),
        grid.cols(),
        table.sheet,
        table.caption,
        table.parent
    );
    for cell in grid.cells() {
        let source = cell.source.as_ref().map(|source| format!(" <{source:?}>")).unwrap_or_default();
        let spans = format!("{}x{}", cell.row_span, cell.col_span);
        println!("  {},{} {spans} {:?}{source}", cell.row, cell.col, cell.text);
    }
}
