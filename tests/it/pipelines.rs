//! The worked example of docs/pipelines.md does what the page says.

use std::fs;

use hedui::config::load_catalog;
use hedui::limits::Limits;
use hedui::pipeline::{self, Choice, Hints, Options};
use hedui::reconcile::RuleLevel;
use hedui::record::{LogBody, Record, Severity};

use crate::home::Home;
use crate::support::root;

fn block(page: &str, number: usize) -> String {
    page.split("```yaml\n").nth(number).unwrap().split("```").next().unwrap().to_owned()
}

/// The example's YAML and its sentence.
fn example() -> (String, String) {
    let page = fs::read_to_string(root().join("docs/pipelines.md")).unwrap();
    let yaml = block(&page, 1);
    let sentence = page.lines().find_map(|line| line.strip_prefix("> ")).unwrap().to_owned();
    (yaml, sentence)
}

/// The example with rules of every sort added to it.
fn example_with_more() -> String {
    let page = fs::read_to_string(root().join("docs/pipelines.md")).unwrap();
    let more = block(&page, 2);
    let (concepts, rules) = more.strip_prefix("concepts:\n").unwrap().split_once("\nrules:\n").unwrap();
    format!(
        "{}{rules}",
        block(&page, 1).replace("concepts:\n  - {id: funds", &format!("concepts:\n{concepts}  - {{id: funds"))
    )
}

fn options(yaml: &str) -> Options {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("village-roads.yaml"), yaml).unwrap();
    Options { limits: Limits::default(), catalog: load_catalog(Some(folder.path())).unwrap() }
}

/// Rule, relation and status of the checks that the example's rules make.
fn checks(record: &Record, rule: &str) -> Vec<(String, String)> {
    let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    let of_rule = record.checks.iter().filter(|check| &*check.rule == rule);
    of_rule.map(|check| (word(serde_json::to_value(check.status).unwrap()), check.expression.clone())).collect()
}

fn convert(options: &Options, sentence: &str) -> Record {
    let hints = Hints { name: "report.txt".to_owned(), path: "report.txt".to_owned(), ..Hints::default() };
    let text = format!("2023年度某某镇村道养护资金使用情况报告\n\n{sentence}\n");
    pipeline::convert(text.as_bytes(), &hints, options).unwrap()
}

#[test]
fn a_file_in_the_folder_teaches_a_report_family() {
    let (yaml, sentence) = example();
    let options = options(&yaml);
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

#[test]
fn rules_of_every_sort_are_checked() {
    let options = options(&example_with_more());
    let record = convert(
        &options,
        "2023年养护资金预算100.00万元，养护资金支出86.50万元，养护结余13.40万元。\n\n\
         2023年应急抢通费6.00万元，包括县级补助4.00万元、乡镇自筹2.00万元。\n\n\
         2023年养护资金支出86.50万元，2022年养护资金支出86.20万元。",
    );
    assert_eq!(
        checks(&record, "left=budget-spent"),
        [("inconsistent".to_owned(), "100.00 - 86.50 = 13.50 ≠ 13.40（万元）".to_owned())]
    );
    assert_eq!(
        checks(&record, "emergency=one_source_or_both"),
        [("consistent".to_owned(), "4.00 + 2.00 = 6.00（万元）".to_owned())]
    );
    assert_eq!(checks(&record, "spent=last_year"), [("inconsistent".to_owned(), "86.50 ≠ 86.20（万元）".to_owned())]);
    let loud: Vec<&str> = record
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.code.label())
        .collect();
    assert_eq!(loud, ["difference-mismatch"], "{:#?}", record.findings);
    let left = record.findings.iter().find(|finding| finding.severity == Severity::Error).unwrap();
    assert!(left.message.zh.contains("与所列数据之差13.50万元不符，相差-0.10万元"), "{}", left.message.zh);
}

#[test]
fn rates_and_points_of_a_form_are_checked() {
    let form = |good: &str, points: &str| {
        format!(
            "<h1>2023年度某某镇村道养护资金使用情况报告</h1><table><tr><th>项目</th><th>数值</th></tr>\
             <tr><td>总里程（公里）</td><td>50</td></tr><tr><td>完好里程（公里）</td><td>{good}</td></tr>\
             <tr><td>村道完好率（%）</td><td>84</td></tr><tr><td>考核分值（分）</td><td>10</td></tr>\
             <tr><td>考核得分（分）</td><td>{points}</td></tr></table>"
        )
    };
    let options = options(&example_with_more());
    for (good, points, rate, score) in [
        ("42", "8.4", "consistent", "consistent"),
        ("41", "8.4", "inconsistent", "consistent"),
        ("42", "8.8", "consistent", "inconsistent"),
    ] {
        let hints = Hints { name: "form.html".to_owned(), ..Hints::default() };
        let page = format!("<html><head><meta charset=utf-8></head><body>{}</body></html>", form(good, points));
        let record = pipeline::convert(page.as_bytes(), &hints, &options).unwrap();
        let status = |rule: &str| checks(&record, rule).into_iter().map(|(status, _)| status).collect::<Vec<_>>();
        assert_eq!(status("rate=good/length"), [rate], "{good} {points}");
        assert_eq!(status("points=rate*weight"), [score], "{good} {points}");
    }
}

#[test]
fn a_reading_that_fails_is_told_with_all_its_figures() {
    let record =
        convert(&options(&example_with_more()), "2023年应急抢通费7.00万元，包括县级补助4.00万元、乡镇自筹2.00万元。");
    let told = checks(&record, "emergency=one_source_or_both");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "inconsistent");
    assert!(record.findings.iter().all(|finding| finding.severity <= Severity::Error));
}

#[test]
fn rules_are_quieter_or_off_where_it_is_said() {
    let options = options(&example_with_more());
    let told = |level: Option<RuleLevel>| {
        let levels = level.map(|level| ("left=budget-spent".to_owned(), level)).into_iter().collect();
        let hints = Hints { name: "r.txt".to_owned(), levels, ..Hints::default() };
        let text = "2023年度某某镇村道养护资金使用情况报告\n\n2023年养护资金预算100.00万元，养护资金支出86.50万元，养护结余13.40万元。\n";
        let record = pipeline::convert(text.as_bytes(), &hints, &options).unwrap();
        let checked = checks(&record, "left=budget-spent").len();
        (checked, record.findings.iter().map(|finding| finding.severity).max())
    };
    assert_eq!(told(None), (1, Some(Severity::Error)));
    assert_eq!(told(Some(RuleLevel::Warning)), (1, Some(Severity::Warning)));
    assert_eq!(told(Some(RuleLevel::Info)), (1, Some(Severity::Info)));
    assert_eq!(told(Some(RuleLevel::Off)).0, 0);
}

#[test]
fn what_is_wrong_with_a_rule_is_said_with_its_place() {
    for (from, to, complaint) in [
        (
            "relation: difference",
            "relation: change",
            "33:10: the rule `left=budget-spent`: its relation cannot be declared",
        ),
        ("terms: [roads.good, roads.length]", "terms: [roads.good]", "a ratio has two terms"),
        (
            "terms: [roads.good, roads.length]",
            "terms: [roads.god, roads.length]",
            "unknown concept `roads.god`, did you mean `roads.good`?",
        ),
        ("{concept: funds.total, phase: budget}", "{concept: funds.total, fase: budget}", "unknown field `fase`"),
        ("id: \"points=rate*weight\"", "id: \"rate=good/length\"", "a second rule is called `rate=good/length`"),
        ("for_each: [period, scope]", "for_each: [year]", "unknown value `year`; known are `phase`"),
    ] {
        let yaml = example_with_more();
        assert!(yaml.contains(from), "{from}");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("village-roads.yaml"), yaml.replacen(from, to, 1)).unwrap();
        let error = load_catalog(Some(folder.path())).unwrap_err().to_string();
        let about = complaint.split_once(": ").map_or(complaint, |(_, text)| text);
        assert!(error.contains(about) && error.contains("village-roads.yaml:"), "{complaint}: {error}");
    }
}

#[test]
fn levels_come_from_the_configuration_and_the_command() {
    let home = Home::with(
        "inboxes:\n  - {path: in, rules: {sum.of_which: off}}\n  - {path: other}\nrules: {sum.of_which: info}\nquiet_window: 0s\n",
    );
    let text = "宁塔市园林管理处2022年度工作情况\n2022年收到各类来件40件，其中信件25件、来电14件。\n";
    for place in ["in/a.txt", "other/b.txt"] {
        home.put(place, text.replace("工作情况", &format!("工作情况{}", place.len())));
    }
    home.once();
    let severities = |source: &str| -> Vec<String> {
        let lines = home.log().into_iter().filter_map(|line| match line.body {
            LogBody::Finding { source: from, severity, .. } if from == source => Some(severity.label().to_owned()),
            _ => None,
        });
        lines.collect()
    };
    assert_eq!(severities("a.txt"), Vec::<String>::new());
    assert_eq!(severities("b.txt"), ["info"]);
    home.put("c.txt", text);
    let check = |rules: &[&str]| {
        let mut arguments = vec!["check", "c.txt", "--format", "jsonl", "--fail-on", "warning"];
        arguments.extend(rules);
        let output = home.run(&arguments);
        (output.status.code(), String::from_utf8(output.stdout).unwrap().lines().count())
    };
    assert_eq!(check(&[]), (Some(1), 1));
    assert_eq!(check(&["--rule", "sum.of_which=info"]), (Some(0), 1));
    assert_eq!(check(&["--rule", "sum.of_which=off"]), (Some(0), 0));
    assert_eq!(check(&["--config", "config.yaml"]), (Some(0), 1));
    assert_eq!(check(&["--rule", "sum.of_wich=off"]).0, Some(2));
    let said = home.run(&["explain", "c.txt"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("rule sum.of_which: info by configuration"));
    home.put("config.yaml", "inboxes:\n  - path: in\n    rules:\n      sum.of_wich: off\n");
    let said = home.run(&["validate-config"]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned() + &String::from_utf8_lossy(&said.stdout);
    assert!(said.contains("config.yaml:4:20: there is no rule `sum.of_wich`, did you mean `sum.of_which`?"), "{said}");
}
