//! Every sample against its snapshot, and against what its name says of its figures.
//!
//! A snapshot is the record without `run`, in tests/snapshots/. A verdict names the printed figures that a finding must
//! point at; `clean` means that no error and no warning is found.

use std::collections::BTreeSet;

use hedui::record::{Record, Severity, Status};

use crate::support::{assert_generated, assert_valid, convert, files_below, relative};

/// What must be found in a sample.
enum Verdict {
    /// No error and no warning.
    Clean,
    /// No error and no warning, and a gap that a note accounts for.
    Explained,
    /// Errors or warnings that touch each of these printed figures.
    Finds(&'static [&'static str]),
}

macro_rules! samples {
    ($($name:ident: $file:literal, $verdict:expr;)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn snapshot() {
                check_snapshot($file);
            }

            #[test]
            fn verdict() {
                check_verdict($file, &$verdict);
            }
        })*

        /// The files that have tests.
        const TESTED: &[&str] = &[$($file),*];
    };
}

samples! {
    anning_2022: "anning-2022-project--subtotal-slip.xlsx", Verdict::Finds(&["97.03", "1429.35"]);
    baishui_2020: "baishui-2020-annex--score-total.html", Verdict::Finds(&["97"]);
    gulou_2021: "gulou-2021-project--count-mismatch.docx", Verdict::Finds(&["240"]);
    hongshan_2022: "hongshan-2022-account--wrong-base.html", Verdict::Finds(&["8.54", "25", "4.6", "186.3"]);
    jiaozhou_2023: "jiaozhou-2023-project--clean.docx", Verdict::Clean;
    mingxi_2022: "mingxi-2022-account--clean.xlsx", Verdict::Clean;
    qinglan_2021: "qinglan-2021-annex--explained-gap.html", Verdict::Explained;
    xihu_2022: "西湖区2022年度自评表--小数点错位.txt", Verdict::Finds(&["8.27"]);
    xinghu_2023: "xinghu-2023-narrative--clean.txt", Verdict::Clean;
    yunhe_2022: "yunhe-2022-report--copied-rates.docx", Verdict::Finds(&["92.35", "7.65", "2.6", "96.2"]);
    yunze_2022: "yunze-2022-department--clean.xlsx", Verdict::Clean;
    yunze_2023: "yunze-2023-department--digit-slip.docx", Verdict::Finds(&["1348.65", "98.86"]);
    zhenyuan_2022: "zhenyuan-2022-narrative--clean.html", Verdict::Clean;
}

#[test]
fn every_sample_has_its_tests() {
    let there: BTreeSet<String> = names_in("samples");
    let tested: BTreeSet<String> = TESTED.iter().map(|&file| file.to_owned()).collect();
    assert_eq!(there, tested, "samples/ and the list in this file differ");
}

#[test]
fn every_snapshot_has_its_sample() {
    let expected: BTreeSet<String> = TESTED.iter().map(|file| format!("{file}.json")).collect();
    let strays: Vec<String> = names_in("tests/snapshots").difference(&expected).cloned().collect();
    assert!(strays.is_empty(), "snapshots without a sample: {strays:?}");
}

#[test]
fn a_record_survives_its_own_json() {
    let record = convert("samples/yunze-2023-department--digit-slip.docx");
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    files_below(folder).iter().map(|path| name(&relative(path))).collect()
}

fn check_snapshot(file: &str) {
    let record = convert(&format!("samples/{file}"));
    assert_eq!(record.content_hash, record.compute_content_hash().unwrap(), "content_hash");
    assert_valid(&serde_json::to_value(&record).unwrap());
    let snapshot = without_run(&serde_json::to_string_pretty(&record).unwrap());
    assert_generated(&format!("tests/snapshots/{file}.json"), &snapshot);
}

/// Drops the lines of `run`, which depends on the version and the time; the keys keep their order.
fn without_run(json: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in json.lines() {
        inside |= line == "  \"run\": {";
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= line != "  },";
    }
    kept
}

fn check_verdict(file: &str, verdict: &Verdict) {
    let record = convert(&format!("samples/{file}"));
    let touched = touched_figures(&record);
    match verdict {
        Verdict::Clean => assert_silent(&record),
        Verdict::Explained => {
            assert_silent(&record);
            let explained = record.checks.iter().any(|check| check.status == Status::Explained);
            assert!(explained, "no gap is explained");
        }
        Verdict::Finds(figures) => {
            for figure in *figures {
                assert!(touched.contains(*figure), "no error or warning touches {figure}; they touch {touched:?}");
            }
        }
    }
}

fn assert_silent(record: &Record) {
    let loud: Vec<&str> = record
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .map(|finding| finding.message.en.as_str())
        .collect();
    assert!(loud.is_empty(), "findings in a report without mistakes: {loud:#?}");
}

/// The printed numbers, without grouping commas, of all facts in the checks of errors and warnings.
fn touched_figures(record: &Record) -> BTreeSet<String> {
    let loud = record.findings.iter().filter(|finding| finding.severity > Severity::Info);
    let checks: BTreeSet<&String> = loud.flat_map(|finding| &finding.checks).collect();
    let facts: BTreeSet<&hedui::document::Text> = record
        .checks
        .iter()
        .filter(|check| checks.contains(&check.id))
        .flat_map(|check| check.stated.iter().chain(check.terms.iter().filter_map(|term| term.fact.as_ref())))
        .collect();
    record
        .facts
        .iter()
        .filter(|fact| facts.contains(&fact.id))
        .filter_map(|fact| fact.reported.number.as_ref())
        .map(|number| number.replace(',', ""))
        .collect()
}
