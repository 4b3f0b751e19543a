//! The rules in words: every rule that a check can name is described, once, and docs/reconciliation-rules.md lists them all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use hedui::config::load_catalog;
use hedui::reconcile::reference::BUILT_IN;
use serde_json::Value;

use crate::home::Home;
use crate::support::{assert_generated, files_below, root};

#[test]
fn every_rule_has_words_and_one_home() {
    let ids: Vec<&str> = BUILT_IN.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for rule in &BUILT_IN {
        for text in [rule.compares(), rule.silent()] {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{}", rule.id);
        }
    }
    let mut code: String = files_below("src/reconcile")
        .iter()
        .filter(|file| !file.ends_with("reference.rs"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    code.push_str(&fs::read_to_string(root().join("src/across.rs")).unwrap());
    for id in ids {
        assert!(code.contains(&format!("\"{id}\"")), "{id} is described, but nothing checks it");
    }
}

#[test]
fn every_rule_that_a_sample_is_checked_by_is_described() {
    let catalog = load_catalog(None).unwrap();
    let declared = catalog.pipelines.iter().flat_map(|pipeline| pipeline.rules.iter().map(|rule| rule.id.as_str()));
    let known: BTreeSet<&str> = declared.chain(BUILT_IN.iter().map(|rule| rule.id)).collect();
    let mut met = 0;
    for file in files_below("tests/snapshots").iter().filter(|file| file.extension().is_some_and(|ext| ext == "json")) {
        let record: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for check in record["checks"].as_array().into_iter().flatten() {
            let rule = check["rule"].as_str().unwrap();
            assert!(known.contains(rule), "{} names {rule}", file.display());
            met += 1;
        }
    }
    assert!(met > 100);
}

#[test]
fn the_page_of_rules_is_current() {
    assert_generated("docs/reconciliation-rules.md", &page());
}

fn page() -> String {
    let mut page = String::from(
        "# What is checked\n\n\
         Generated from the code and from `pipelines/`; `HEDUI_BLESS=1 cargo test` rewrites it. `hedui explain ID` prints one of\n\
         them. A check's `rule` is one of these ids; when a difference is a mistake, and how loud, is said in\n\
         [decisions/0006](decisions/0006-what-becomes-a-finding.md).\n\n\
         ## In every report\n\n\
         | rule | from | relation | what is compared | when |\n|---|---|---|---|---|\n",
    );
    let word = |value: Value| value.as_str().unwrap().to_owned();
    for rule in &BUILT_IN {
        let (compares, silent) = (rule.compares(), rule.silent());
        let origin = word(serde_json::to_value(rule.origin).unwrap());
        let relation = word(serde_json::to_value(rule.relation).unwrap());
        writeln!(
            page,
            "| `{}` | {origin} | {relation} | {}<br>{} | {}<br>{} |",
            rule.id, compares.en, compares.zh, silent.en, silent.zh
        )
        .unwrap();
    }
    for pipeline in load_catalog(None).unwrap().pipelines {
        if pipeline.rules.is_empty() {
            continue;
        }
        write!(
            page,
            "\n## {} ({})\n\n`pipelines/{}.yaml`\n\n| rule | relation | severity | what is compared |\n|---|---|---|---|\n",
            pipeline.en, pipeline.zh, pipeline.name
        )
        .unwrap();
        for rule in &pipeline.rules {
            let relation = word(serde_json::to_value(rule.relation).unwrap());
            let across = if rule.across { ", across places" } else { "" };
            writeln!(
                page,
                "| `{}` | {relation}{across} | {} | {}<br>{} |",
                rule.id,
                rule.severity.label(),
                rule.en,
                rule.zh
            )
            .unwrap();
        }
    }
    page
}

#[test]
fn explain_tells_codes_and_suggests() {
    let home = Home::new();
    let said = |code: &str| {
        let output = home.run(&["explain", code]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for (code, words) in [
        ("sum.of_which", ["a rule of every pipeline", "其中"]),
        ("three_public=overseas+vehicle+reception", ["a rule of ", "三公经费"]),
        ("total-mismatch", ["a finding", "合计数与分项之和不符"]),
        ("encrypted", ["an error", "请去掉密码"]),
        ("hidden-text", ["a warning", "隐藏"]),
    ] {
        let (status, out, err) = said(code);
        assert_eq!(status, Some(0), "{err}");
        assert!(words.iter().all(|word| out.contains(word)), "{out}");
    }
    let (status, _, err) = said("total-mismach");
    assert_eq!(status, Some(2));
    assert!(err.contains("did you mean `total-mismatch`?"), "{err}");
}

#[test]
fn sarif_names_rules_places_and_fingerprints() {
    let home = Home::new();
    let samples = root().join("samples");
    let output = home.run(&["check", "--format", "sarif", samples.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 5);
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert_eq!(result["partialFingerprints"]["hedui/v1"].as_str().unwrap().len(), 16);
        let location = &result["locations"][0];
        let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
        assert!(!location["logicalLocations"].as_array().unwrap().is_empty());
    }
}
