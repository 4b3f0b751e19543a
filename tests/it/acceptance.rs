//! What is measured on whole reports. Real reports and their truth are not part of the project: where they lie is told by
//! `HEDUI_ACCEPTANCE_DIR`; without it only our own pages are compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::diff::line_diff;
use crate::support::{convert, pretty};

/// Minimums of `tools/score.py`.
const MINIMUMS: [&str; 18] = [
    "--min-identity",
    "1.0",
    "--min-fact-recall",
    "0.99",
    "--min-indicator-recall",
    "0.98",
    "--min-relation-recall",
    "0.95",
    "--min-error-precision",
    "1.0",
    "--min-error-recall",
    "1.0",
    "--max-invalid",
    "0",
    "--max-duplicates",
    "0",
    "--max-traps",
    "0",
];

/// Minimums of `tools/mutate.py`.
const NOTICED: [&str; 10] =
    ["--n", "600", "--seed", "1", "--min-detection", "0.95", "--min-prose-detection", "0.90", "--min-top1", "0.93"];

#[test]
fn one_page_in_three_encodings_gives_one_record() {
    let utf8 = content("utf8");
    for encoding in ["gbk", "gb18030"] {
        let other = content(encoding);
        assert!(utf8 == other, "{encoding} differs from UTF-8:\n{}", line_diff(&utf8, &other));
    }
}

#[test]
fn real_reports_reach_the_minimums() {
    let Some(folder) = acceptance() else { return };
    let all = reports(&folder, &["inputs", "seeds", "inputs_dev"]);
    measure(&folder, "score.py", &MINIMUMS, &all);
}

#[test]
fn changed_figures_are_noticed_and_explained() {
    let Some(folder) = acceptance() else { return };
    let mutable = |path: &PathBuf| path.extension().is_some_and(|ending| ending != "xlsx");
    let reports: Vec<PathBuf> = reports(&folder, &["inputs", "seeds"]).into_iter().filter(mutable).collect();
    measure(&folder, "mutate.py", &NOTICED, &reports);
}

#[test]
fn sums_are_found_from_shape_alone() {
    let Some(folder) = acceptance() else { return };
    let tables = folder.join("corpus/aggrecol/validation.jl.gz");
    measure(
        &folder,
        "aggrecol_score.py",
        &["--min-f1", "0.82", "--min-precision", "0.88", "--limit", "120"],
        &[tables],
    );
}

fn acceptance() -> Option<PathBuf> {
    let folder = std::env::var_os("HEDUI_ACCEPTANCE_DIR").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: HEDUI_ACCEPTANCE_DIR is not set");
    }
    folder
}

/// Runs a measuring program on what this build makes of the reports; it says itself what is below its minimum.
fn measure(folder: &Path, tool: &str, minimums: &[&str], reports: &[PathBuf]) {
    let output = Command::new("python3")
        .arg(folder.join("tools").join(tool))
        .args(["--bin", env!("CARGO_BIN_EXE_hedui")])
        .args(minimums)
        .args(reports)
        .output()
        .expect("python3 runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}

/// The files themselves: given a folder, the tool would look for truth by folder name.
fn reports(folder: &Path, names: &[&str]) -> Vec<PathBuf> {
    let mut reports: Vec<PathBuf> = names
        .iter()
        .flat_map(|name| std::fs::read_dir(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}")))
        .map(|entry| entry.unwrap().path())
        .collect();
    reports.sort();
    assert!(!reports.is_empty(), "no reports below {}", folder.display());
    reports
}

/// The record without what may differ between two encodings of one page.
fn content(encoding: &str) -> String {
    let record = convert(&format!("tests/fixtures/encodings/page.{encoding}.html"));
    let mut value = serde_json::to_value(record).unwrap();
    let Value::Object(map) = &mut value else { panic!("a record is an object") };
    for key in ["source", "run", "record_id", "content_hash"] {
        map.remove(key).unwrap_or_else(|| panic!("no {key}"));
    }
    pretty(&value)
}
