//! `hedui report`, and the reviews that the daemon writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hedui::record::Record;
use hedui::sink::{Language, ReviewFormat, annotated_copy, review};

use crate::daemon_bundle::packed;
use crate::home::{Home, files, report};
use crate::support::{root, spoken};

const SLIP: &str = "samples/yunze-2023-department--digit-slip.docx";

/// A report whose parts do not add up, in the year and of the unit given.
fn wrong(unit: &str, year: u32) -> String {
    format!(
        "{unit}{year}年度部门整体支出绩效自评报告\n{year}年总支出95.42万元，其中基本支出40.11万元，项目支出50.31万元。\n"
    )
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn sources_and_records_give_the_same_review() {
    let home = Home::new();
    home.put("slip.docx", fs::read(root().join(SLIP)).unwrap());
    let record = home.run(&["convert", "slip.docx"]).stdout;
    home.put("record.json", &record);
    let record: Record = serde_json::from_slice(&record).unwrap();
    for (form, format) in [("html", ReviewFormat::Html), ("docx", ReviewFormat::Docx), ("xlsx", ReviewFormat::Xlsx)] {
        for (lang, language) in [("zh", Language::Zh), ("en", Language::En)] {
            let output = home.run(&["report", "record.json", "--format", form, "--lang", lang]);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            assert!(output.stdout == review(&[&record], &[], format, spoken(language)).unwrap(), "{form} {lang}");
        }
    }
    let copy = home.run(&["report", "record.json", "--format", "annotated"]);
    assert!(copy.stdout == annotated_copy(&record, spoken(Language::Zh)).unwrap());
    // Of a page nothing depends on when it was converted.
    assert!(home.run(&["report", "slip.docx"]).stdout == home.run(&["report", "record.json"]).stdout);
}

#[test]
fn reviews_go_to_files_and_folders() {
    let home = Home::new();
    for folder in ["a", "b"] {
        home.put(format!("{folder}/报告.txt"), wrong(&format!("{folder}局"), 2022));
    }
    for (arguments, expected) in [
        (&["report", "a/报告.txt", "--out", "one.html"][..], &["one.html"][..]),
        (&["report", "a/报告.txt", "--out", "two/"], &["two/报告.txt.核对.html"]),
        (&["report", "a/报告.txt", "--format", "annotated", "--out", "two"], &["two/报告.txt.批注.docx"]),
        (&["report", "a", "--format", "xlsx", "--out", "three/four/"], &["three/four/报告.txt.核对.xlsx"]),
    ] {
        let output = home.run(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{}", said(&output));
        assert_eq!(said(&output).lines().collect::<Vec<_>>(), expected);
        expected.iter().for_each(|file| assert!(home.path(file).is_file(), "{file}"));
    }
    // Two sources of one name give two reviews.
    assert_eq!(home.run(&["report", "a", "b", "--out", "five/"]).status.code(), Some(0));
    assert_eq!(files(&home.path("five")).len(), 2, "{:?}", files(&home.path("five")));
}

#[test]
fn exit_codes_and_complaints_of_report() {
    let home = Home::new();
    home.put("a.txt", report(1));
    home.put("b.txt", report(2));
    home.put("broken.json", "{\"a\": 1}");
    for (arguments, code, complaint) in [
        (&["report"][..], 2, "required"),
        (
            &["report", "a.txt", "b.txt"],
            2,
            "several inputs give several reviews; name a folder for them, as --out reviews/",
        ),
        (&["report", "a.txt", "--format", "pdf"], 2, "invalid value 'pdf'"),
        (&["report", "a.txt", "--config", "nowhere.yaml"], 3, "nowhere.yaml: cannot be read"),
        (&["report", "a.txt", "nowhere.txt", "--out", "x/"], 4, "nowhere.txt: unreadable: "),
        (&["report", "broken.json"], 5, "broken.json: malformed: "),
        (&["report", "--unit", "某局", "a.txt"], 2, "cannot be used with"),
        (&["report", "--unit", "某局", "--format", "annotated"], 2, "an annotated copy is of one document"),
        (&["report", "--unit", "某局"], 5, "no current record is of the unit `某局`"),
        (&["report", "a.txt", "--out", "a.txt/b.html"], 6, "cannot write the results"),
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(complaint), "{arguments:?}: {}", said(&output));
        if code > 2 {
            let lines: Vec<String> = said(&output).lines().map(str::to_owned).collect();
            assert!(lines.iter().filter(|line| line.contains(complaint)).count() == 1, "{lines:?}");
        }
    }
}

#[test]
fn a_unit_is_collected_from_the_output_folder() {
    let home = Home::new();
    home.put("keep/1.txt", wrong("青岚市档案馆", 2021));
    home.put("keep/2.txt", wrong("青岚市档案馆", 2022));
    home.put("keep/3.txt", wrong("青岚市图书馆", 2022));
    home.once();
    let output = home.run(&["report", "--unit", "青岚市档案馆"]);
    let page = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        page.contains("2份报告") && page.contains("1.txt") && page.contains("2.txt") && !page.contains("3.txt"),
        "{page}"
    );
    let output = home.run(&["report", "--unit", "青岚市档案官", "--config", "config.yaml"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(said(&output).contains("did you mean `青岚市档案馆`?"), "{}", said(&output));
}

#[test]
fn the_configuration_names_a_form_of_review() {
    for (written, column) in [("review: htm", 13), ("review: pdf", 13)] {
        let home = Home::with(&format!("inboxes:\n  - path: a\n    {written}\n"));
        let output = home.run(&["validate-config"]);
        assert_eq!(output.status.code(), Some(3));
        let text = said(&output) + &String::from_utf8_lossy(&output.stdout);
        assert!(text.starts_with(&format!("config.yaml:3:{column}: there is no review as `")), "{text}");
        assert_eq!(text.contains("did you mean `html`?"), written.ends_with("htm"), "{text}");
    }
    for written in ["null", "html", "docx", "xlsx"] {
        let home =
            Home::with(&format!("inboxes:\n  - path: a\n    review: {written}\nretention: {{reviews: {{age: 9d}}}}\n"));
        let output = home.run(&["validate-config"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
}

fn with_reviews() -> Home {
    Home::new()
        .replacing("{path: in, after: move}", "{path: in, after: move, review: docx}")
        .replacing("{path: keep, after: keep}", "{path: keep, after: keep, review: html}")
}

/// Every review below a folder, relative to the home.
fn reviews(home: &Home, folder: &str) -> BTreeSet<String> {
    let shown = |path: PathBuf| path.strip_prefix(home.path("")).unwrap().to_str().unwrap().to_owned();
    files(&home.path(folder)).into_iter().map(shown).filter(|path| path.contains(".核对.")).collect()
}

fn only(paths: &BTreeSet<String>) -> &str {
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.first().unwrap()
}

/// The review of the only record that has this source.
fn expected(home: &Home, source: &str, format: ReviewFormat) -> Vec<u8> {
    let records = home.records();
    let record = records.values().find(|record| record.source.path == source).unwrap();
    review(&[record], &[], format, spoken(Language::Zh)).unwrap()
}

#[test]
fn whoever_drops_a_file_finds_a_review() {
    let home = with_reviews();
    home.put("in/报告.txt", wrong("青岚市档案馆", 2022));
    home.put("keep/d/x.txt", wrong("青岚市图书馆", 2022));
    home.once();
    let archived = reviews(&home, "archive");
    let place = only(&archived).to_owned();
    assert!(place.starts_with("archive/in/") && place.ends_with("/报告.txt.核对.docx"), "{place}");
    assert!(Path::new(&home.path(&place)).with_file_name("报告.txt").is_file());
    assert!(fs::read(home.path(&place)).unwrap() == expected(&home, "报告.txt", ReviewFormat::Docx));
    let kept = reviews(&home, "out/reviews");
    assert!(only(&kept).starts_with("out/reviews/keep/") && only(&kept).ends_with("/x.txt.核对.html"));
    assert!(fs::read(home.path(only(&kept))).unwrap() == expected(&home, "d/x.txt", ReviewFormat::Html));
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));

    // No review is a source, and nothing is written twice.
    let before = (home.records().len(), home.log().len(), fs::metadata(home.path(&place)).unwrap().modified().unwrap());
    home.once();
    let after = (home.records().len(), home.log().len(), fs::metadata(home.path(&place)).unwrap().modified().unwrap());
    assert_eq!(before, after);

    // A corrected report takes the place of the old one, and so does its review.
    home.put("in/报告.txt", wrong("青岚市档案馆", 2022).replace("95.42", "90.42"));
    home.once();
    let now = reviews(&home, "archive");
    assert_ne!(only(&now), place);
    assert!(fs::read(home.path(only(&now))).unwrap() == expected(&home, "报告.txt", ReviewFormat::Docx));
    let replaced = reviews(&home, "out/superseded");
    let record =
        files(&home.path("out/superseded")).into_iter().find(|path| path.extension().unwrap() == "json").unwrap();
    let record: Record = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    assert_eq!(only(&replaced), format!("out/superseded/{}.核对.docx", record.record_id));
    let bytes = fs::read(home.path(only(&replaced))).unwrap();
    assert!(bytes == review(&[&record], &[], ReviewFormat::Docx, spoken(Language::Zh)).unwrap());
}

#[test]
fn documents_of_bundles_and_copies_have_reviews_of_their_own() {
    let home = with_reviews();
    let entries = [("目录/一.txt", wrong("青岚市档案馆", 2021)), ("二.txt", wrong("青岚市档案馆", 2022))];
    home.put("in/b.zip", packed(&entries.map(|(name, text)| (name, text.into_bytes()))));
    home.once();
    let names: Vec<String> =
        reviews(&home, "out/reviews/in").iter().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(
        names.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        ["一.txt.核对.docx", "二.txt.核对.docx"].into()
    );
    // Who drops the same content elsewhere is answered too, with the same words.
    home.put("in/copy.txt", wrong("青岚市档案馆", 2022));
    home.once();
    let copies = reviews(&home, "archive");
    assert!(only(&copies).ends_with("/copy.txt.核对.docx") && home.records().len() == 2);
    assert!(fs::read(home.path(only(&copies))).unwrap() == expected(&home, "b.zip!/二.txt", ReviewFormat::Docx));
}

#[test]
fn a_file_that_is_not_ours_is_never_written_over() {
    let home = with_reviews();
    home.put("keep/x.txt", wrong("青岚市图书馆", 2022));
    home.once();
    let kept = reviews(&home, "out/reviews");
    let place = home.path(only(&kept));
    fs::write(&place, "a clerk's own words").unwrap();
    fs::remove_dir_all(home.path("state")).unwrap();
    home.once();
    assert_eq!(fs::read_to_string(&place).unwrap(), "a clerk's own words");
    home.put("keep/x.txt", wrong("青岚市图书馆", 2022).replace("95.42", "90.42"));
    home.once();
    assert_eq!(fs::read_to_string(&place).unwrap(), "a clerk's own words");
    assert_eq!(reviews(&home, "out/reviews").len(), 2);
}

#[test]
fn a_journal_that_was_made_anew_knows_the_reviews() {
    let home = with_reviews();
    home.put("in/a.txt", wrong("青岚市档案馆", 2022));
    home.put("keep/x.txt", wrong("青岚市图书馆", 2022));
    home.once();
    assert_eq!(home.run(&["rebuild-journal"]).status.code(), Some(0));
    home.put("in/a.txt", wrong("青岚市档案馆", 2022).replace("95.42", "90.42"));
    home.put("keep/x.txt", wrong("青岚市图书馆", 2022).replace("95.42", "90.42"));
    home.once();
    assert_eq!(reviews(&home, "out/superseded").len(), 2);
    assert_eq!((reviews(&home, "archive").len(), reviews(&home, "out/reviews").len()), (1, 1));
}

#[test]
fn retention_bounds_reviews() {
    let home = with_reviews();
    home.put("keep/x.txt", wrong("青岚市图书馆", 2022));
    home.once();
    let config = fs::read_to_string(home.path("config.yaml")).unwrap();
    fs::write(home.path("config.yaml"), format!("{config}retention: {{reviews: {{bytes: 1}}}}\n")).unwrap();
    let output = home.run(&["clean", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["files"][0]["kind"], "reviews", "{found}");
    assert!(reviews(&home, "out/reviews").is_empty());
    assert!(home.path("out/reviews/keep").exists() && files(&home.path("out/reviews")).is_empty());
    // Removed is removed; the record stands.
    home.once();
    assert!(reviews(&home, "out/reviews").is_empty() && home.records().len() == 1);
}
