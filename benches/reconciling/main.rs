//! What reconciliation costs as tables grow, by itself: reading, normalizing and extracting are done before the clock runs.
//!
//! `cargo bench --bench reconciling` doubles the figures of one table from 1,000 to 64,000, in shapes that are easy and in
//! shapes made to be hard: unrelated figures, digits (every sum comes about by chance), multiples (every line is the sum of
//! others) and a single long column. The last column is the growth of time for twice the figures; 2.0 is linear.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a table on standard output is the result; a case stops where an assumption fails"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hedui::config::load_catalog;
use hedui::extract::{self, Extraction};
use hedui::limits::Limits;
use hedui::normalize::{Normalized, normalize};
use hedui::reader;
use hedui::reconcile::{Settings, reconcile};
use hedui::vocabulary::{Lexicon, Words};

/// Runs of a case; the fastest counts.
const RUNS: usize = 3;
/// Figures of the smallest table, and how often they are doubled.
const FIGURES: (usize, u32) = (1_000, 6);

/// What stands in the cells.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Nine rows and their sum, all with a sum behind them.
    Additive,
    Unrelated,
    Digits,
    Multiples,
    /// One column of unrelated figures.
    Column,
}

fn main() -> Result<(), Box<dyn Error>> {
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let catalog = load_catalog(None)?;
    let words = Words::new(catalog.vocabulary);
    let lexicon = Lexicon::new(&words);
    println!("{:<10} {:>8} {:>10} {:>8} {:>7}", "shape", "figures", "ms", "checks", "growth");
    for shape in [Shape::Additive, Shape::Unrelated, Shape::Digits, Shape::Multiples, Shape::Column] {
        let mut before: Option<Duration> = None;
        for doubling in 0..=FIGURES.1 {
            let figures = FIGURES.0 << doubling;
            let (document, extraction) = read(&page(shape, figures), &lexicon)?;
            let mut fastest = Duration::MAX;
            let mut checks = 0;
            for _ in 0..RUNS {
                let start = Instant::now();
                let settings =
                    Settings { rules: &[], levels: &hedui::reconcile::RuleLevels::new(), doubtful_text: false };
                checks = reconcile(&document, &extraction.facts, &lexicon, settings, &Limits::default())?.checks.len();
                fastest = fastest.min(start.elapsed());
            }
            let growth = before.map_or_else(String::new, |before| ratio(fastest, before));
            let shape = format!("{shape:?}").to_lowercase();
            println!("{shape:<10} {figures:>8} {:>10} {checks:>8} {growth:>7}", milliseconds(fastest));
            before = Some(fastest);
        }
    }
    Ok(())
}

fn read(page: &str, lexicon: &Lexicon<'_>) -> Result<(Normalized, Extraction), Box<dyn Error>> {
    let limits = Limits::default();
    let document = normalize(reader::read(page.as_bytes(), "page.html", &limits)?.document);
    let identity = extract::identify(&document, lexicon.vocabulary());
    let extraction = extract::extract(&document, &identity, lexicon, &limits)?;
    Ok((document, extraction))
}

fn milliseconds(time: Duration) -> String {
    format!("{}.{}", time.as_millis(), time.as_micros() / 100 % 10)
}

fn ratio(after: Duration, before: Duration) -> String {
    let tenths = 10 * after.as_micros() / before.as_micros().max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A page with one table of about so many figures.
fn page(shape: Shape, figures: usize) -> String {
    let width = if matches!(shape, Shape::Column) { 1 } else { 10 };
    let mut page = "<html><meta charset=\"utf-8\"><body><table><tr><td>item</td>".to_owned();
    for col in 0..width {
        let _ = write!(page, "<td>column {col}</td>");
    }
    let mut seed = 7_u64;
    let mut sums = vec![0_u64; width];
    for row in 0..figures / width {
        let _ = write!(page, "</tr><tr><td>item {row}</td>");
        let mut across = 0;
        for (col, sum) in sums.iter_mut().enumerate() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let chance = seed >> 33;
            let value = match shape {
                Shape::Additive if row % 10 == 9 => std::mem::take(sum),
                Shape::Additive if col + 1 == width => across,
                Shape::Additive | Shape::Unrelated | Shape::Column => chance % 10_000_000,
                Shape::Digits => chance % 10,
                Shape::Multiples => (row as u64 + 1) * (col as u64 + 1),
            };
            if row % 10 != 9 {
                *sum += value;
            }
            across += value;
            let _ = write!(page, "<td>{}.{:02}</td>", value / 100, value % 100);
        }
    }
    page.push_str("</tr></table></body></html>");
    page
}
