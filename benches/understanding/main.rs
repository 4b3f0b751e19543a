//! What understanding costs: normalizing and extracting, without reading and reconciling.
//!
//! `cargo bench --bench understanding [-- FILE...]` measures the files (the samples when none is given), then forms and
//! running text that grow: milliseconds on one core, the least of several runs, and the cost of one cell or character,
//! which stays the same when the work is linear.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a bench stops where an assumption fails and prints what it measured"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hedui::config::load_catalog;
use hedui::limits::Limits;
use hedui::normalize::normalize;
use hedui::vocabulary::{Lexicon, Words};
use hedui::{extract, reader};

/// Runs of which the fastest counts.
const RUNS: usize = 15;

struct Measured {
    normalize: Duration,
    extract: Duration,
    facts: usize,
    size: usize,
}

fn main() {
    let words = Words::new(load_catalog(None).unwrap().vocabulary);
    let files: Vec<PathBuf> =
        std::env::args_os().skip(1).filter(|argument| argument != "--bench").map(PathBuf::from).collect();
    let files = if files.is_empty() { samples() } else { files };
    println!("{:<52} {:>6} {:>9} {:>9} {:>9}", "report", "facts", "normalize", "extract", "both (ms)");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let measured = measure(&bytes, &name, &words);
        let (normalize, extract) = (milliseconds(measured.normalize), milliseconds(measured.extract));
        println!("{name:<52} {:>6} {normalize:>9.2} {extract:>9.2} {:>9.2}", measured.facts, normalize + extract);
    }
    println!("\n{:<18} {:>9} {:>6} {:>9} {:>12}", "grows", "size", "facts", "both (ms)", "ns per piece");
    for rows in [500, 1_000, 2_000, 4_000, 8_000] {
        growth("form, cells", &form(rows), &words);
    }
    for sentences in [500, 1_000, 2_000, 4_000, 8_000] {
        growth("text, characters", &prose(sentences), &words);
    }
}

fn growth(what: &str, page: &str, words: &Words) {
    let measured = measure(page.as_bytes(), "page.html", words);
    let both = measured.normalize + measured.extract;
    let each = both.as_nanos() as f64 / measured.size as f64;
    println!("{what:<18} {:>9} {:>6} {:>9.2} {each:>12.1}", measured.size, measured.facts, milliseconds(both));
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Cells where there are tables, else characters.
fn measure(bytes: &[u8], name: &str, words: &Words) -> Measured {
    let limits = Limits::default();
    let mut least = Measured { normalize: Duration::MAX, extract: Duration::MAX, facts: 0, size: 0 };
    for _ in 0..RUNS {
        let document = reader::read(bytes, name, &limits).unwrap().document;
        let start = Instant::now();
        let normalized = normalize(document);
        least.normalize = least.normalize.min(start.elapsed());
        let start = Instant::now();
        let identity = extract::identify(&normalized, words.vocabulary());
        let lexicon = Lexicon::new(words);
        let extraction = extract::extract(&normalized, &identity, &lexicon, &limits).unwrap();
        least.extract = least.extract.min(start.elapsed());
        let cells: usize = normalized.tables.iter().map(|table| table.cells.len()).sum();
        let characters: usize = normalized.blocks.iter().map(|block| block.chars.len()).sum();
        (least.facts, least.size) = (extraction.facts.len(), if cells > 0 { cells } else { characters });
    }
    least
}

fn samples() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir("samples").unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn form(rows: usize) -> String {
    let mut page = String::from(
        "<meta charset=utf-8><p>单位：万元</p><table><tr><td>项目<td>年初预算数<td>全年预算数<td>全年执行数<td>执行率",
    );
    for row in 0..rows {
        write!(page, "<tr><td>第{row}批改造经费<td>{row}.12<td>{row}.34<td>{row}.56<td>98.{:02}%", row % 100).unwrap();
    }
    page + "</table>"
}

fn prose(sentences: usize) -> String {
    let mut page = String::from("<meta charset=utf-8>");
    for at in 0..sentences {
        write!(
            page,
            "<p>2022年第{at}个单位基本支出{at}.25万元，其中人员经费{at}.05万元，占99.{:02}%，比上年增加{at}.1万元。</p>",
            at % 100
        )
        .unwrap();
    }
    page
}
