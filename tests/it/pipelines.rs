//! The worked example of docs/pipelines.md does what the page says.

use std::fs;

use hedui::config::load_catalog;
use hedui::limits::Limits;
use hedui::pipeline::{self, Choice, Hints, Options};
use hedui::record::Record;

use crate::support::root;

/// The example's YAML and its sentence.
fn example() -> (String, String) {
    let page = fs::read_to_string(root().join("docs/pipelines.md")).unwrap();
    let yaml = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap().to_owned();
    let sentence = page.lines().find_map(|line| line.strip_prefix("> ")).unwrap().to_owned();
    (yaml, sentence)
}

fn convert(options: &Options, sentence: &str) -> Record {
    let hints = Hints { name: "report.txt".to_owned(), path: "report.txt".to_owned(), ..Hints::default() };
    let text = format!("2023年度某某镇村道养护资金使用情况报告\n\n{sentence}\n");
    pipeline::convert(text.as_bytes(), &hints, options).unwrap()
}

#[test]
fn a_file_in_the_folder_teaches_a_report_family() {
    let (yaml, sentence) = example();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("village-roads.yaml"), yaml).unwrap();
    let catalog = load_catalog(Some(folder.path())).unwrap();
    let options = Options { limits: Limits::default(), catalog };
    let record = convert(&options, &sentence);
    assert_eq!(record.run.pipeline, "village-roads");
    let choice = pipeline::choice(&record, None, &options.catalog).unwrap();
    assert_eq!(choice, Choice::Title("村道养护".to_owned()));
    let concepts: Vec<&str> = record.facts.iter().filter_map(|fact| fact.concept.as_deref()).collect();
    assert_eq!(concepts, ["funds.total", "roads.routine", "roads.major", "roads.emergency"]);
    let found: Vec<&str> = record.findings.iter().map(|finding| finding.code.label()).collect();
    assert_eq!(found, ["total-mismatch"], "{:?}", record.findings);
    assert!(record.checks.iter().any(|check| &*check.rule == "funds.total=routine+major+emergency"));
}

#[test]
fn without_the_file_the_names_are_not_known() {
    let catalog = load_catalog(None).unwrap();
    let options = Options { limits: Limits::default(), catalog };
    let record = convert(&options, &example().1);
    assert_eq!(record.run.pipeline, "generic");
    assert!(record.facts.iter().all(|fact| !fact.concept.as_deref().is_some_and(|id| id.starts_with("roads."))));
}

#[test]
fn a_new_concept_says_what_it_is() {
    let (yaml, _) = example();
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("village-roads.yaml"),
        yaml.replace("kind: money, aliases: [\"大中修费\"]", "aliases: [\"大中修费\"]"),
    )
    .unwrap();
    let error = load_catalog(Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("village-roads.yaml:15:10: `roads.major` is no known concept; a new one needs"), "{error}");
}
