//! Reports of one unit held against each other: other years, other files, later filings. On the command line and in the
//! daemon, where the log says each thing once whatever comes in between.

use std::fs;

use hedui::record::{LogBody, LogLine};
use serde_json::Value;

use crate::home::Home;

/// A report of one year that also says what the year before had.
fn report(year: i32, total: &str, before: &str) -> String {
    format!(
        "宁塔市园林管理处{year}年度部门整体支出绩效自评报告\n一、支出情况\n{year}年总支出{total}万元。{}年总支出{before}万元。\n",
        year - 1
    )
}

fn page(text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("<p>{line}</p>")).collect();
    format!("<html><head><meta charset=\"utf-8\"></head><body>{lines}</body></html>")
}

/// Findings about two reports as the log has them: code, stated, computed, path of the one, path of the other.
fn across(lines: &[LogLine]) -> Vec<[String; 5]> {
    lines
        .iter()
        .filter_map(|line| match &line.body {
            LogBody::Finding { code, stated, computed, source, against: Some(against), .. } => Some([
                code.label().to_owned(),
                stated.map(|figure| figure.to_string()).unwrap_or_default(),
                computed.map(|figure| figure.to_string()).unwrap_or_default(),
                source.clone(),
                against.source.clone(),
            ]),
            _ => None,
        })
        .collect()
}

fn texts<const N: usize>(words: [&str; N]) -> [String; N] {
    words.map(str::to_owned)
}

#[test]
fn years_and_files_are_compared_on_the_command_line() {
    let home = Home::new();
    home.put("y/2021.txt", report(2021, "480.15", "455.30"));
    home.put("y/2022.txt", report(2022, "500.20", "480.15"));
    home.put("y/2023.txt", report(2023, "512.40", "500.70"));
    let output = home.run(&["check", "y", "--format", "jsonl", "--fail-on", "warning"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let about: Vec<_> = lines.iter().filter(|line| !line["against"].is_null()).collect();
    assert_eq!(about.len(), 1, "{lines:#?}");
    assert_eq!(about[0]["code"], "history-mismatch");
    assert_eq!(about[0]["rule"], "equal.other_year");
    assert_eq!((&about[0]["stated"], &about[0]["computed"]), (&"5007000".into(), &"5002000".into()));
    assert_eq!(about[0]["severity"], "warning");
    assert!(
        about[0]["message"]["zh"].as_str().unwrap().contains("2022年度报告（y/2022.txt）为500.20万元"),
        "{}",
        about[0]
    );

    // Printed less exactly is the same figure; another folder's file is another report's.
    home.put("y/2023.txt", report(2023, "512.40", "500.2"));
    home.put("y/2022.html", page(&report(2022, "500.20", "480.10")));
    home.put("z/2022.html", page(&report(2022, "999.99", "111.11")));
    let output = home.run(&["check", "y", "z", "--format", "jsonl", "--fail-on", "warning"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let about: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codes: Vec<_> =
        about.iter().map(|line| (line["code"].as_str().unwrap(), line["source"].as_str().unwrap())).collect();
    assert!(
        codes.contains(&("set-mismatch", "y/2022.html")) || codes.contains(&("set-mismatch", "y/2022.txt")),
        "{said}"
    );
    assert!(!codes.iter().any(|(code, source)| *code == "set-mismatch" && source.starts_with('z')), "{said}");
    let human = String::from_utf8(home.run(&["check", "y"]).stdout).unwrap();
    assert!(human.contains("across reports:\n") && human.contains("\n  warning set-mismatch: "), "{human}");
    let sarif: Value = serde_json::from_slice(&home.run(&["check", "y", "--format", "sarif"]).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["relatedLocations"][0]["physicalLocation"].is_object()), "{sarif:#}");
}

#[test]
fn what_is_counted_differently_is_said_once() {
    let parts = ["基本支出", "项目支出", "公务接待费", "差旅费", "印刷费"];
    let report = |year: i32, of: i32, step: u32| {
        let costs: String =
            (1..).zip(parts).map(|(n, part)| format!("{of}年{part}决算数为{}.50万元。", n * 3 + step)).collect();
        format!("宁塔市园林管理处{year}年度部门整体支出绩效自评报告\n{costs}\n")
    };
    let home = Home::new();
    home.put("y/a.txt", report(2022, 2022, 0));
    home.put("y/b.txt", report(2023, 2022, 7));
    let output = home.run(&["check", "y", "--format", "jsonl"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert_eq!((lines[0]["severity"].as_str(), lines[0]["delta"].is_null()), (Some("info"), true), "{said}");
}

#[test]
fn projects_of_a_unit_are_not_each_other() {
    let report = |project: &str, year: i32, total: &str| {
        format!("宁塔市园林管理处{year}年度{project}项目支出绩效自评报告\n2022年项目支出{total}万元。\n")
    };
    let home = Home::new();
    home.put("y/a.txt", report("行道树补植", 2022, "31.20"));
    home.put("y/b.html", page(&report("公园改造", 2022, "77.40")));
    home.put("y/c.txt", report("公园改造", 2023, "15.60"));
    let human = String::from_utf8(home.run(&["check", "y"]).stdout).unwrap();
    assert!(!human.contains("across"), "{human}");
}

#[test]
fn the_daemon_says_each_difference_once() {
    let home = Home::new();
    home.put("in/2022.txt", report(2022, "500.20", "480.15"));
    home.once();
    home.put("in/2023.txt", report(2023, "512.40", "500.70"));
    home.once();
    home.once();
    let told = across(&home.log());
    assert_eq!(told, [texts(["history-mismatch", "5007000", "5002000", "2023.txt", "2022.txt"])]);
    // Both at once.
    home.put("in/park/2022.txt", report(2022, "640.10", "620.05").replace("园林管理处", "公园服务中心"));
    home.put("in/park/2022.html", page(&report(2022, "640.10", "620.50").replace("园林管理处", "公园服务中心")));
    home.once();
    let sets = across(&home.log()).into_iter().filter(|line| line[0] == "set-mismatch").count();
    assert_eq!(sets, 1);
    assert!(home.run(&["verify"]).status.success());
}

#[test]
fn a_new_filing_says_what_it_fixed() {
    let wrong = |total: &str| {
        format!(
            "宁塔市园林管理处2022年度部门整体支出绩效自评报告\n2022年总支出{total}万元，其中基本支出300.10万元、项目支出200.10万元。\n"
        )
    };
    let home = Home::new();
    home.put("in/a.txt", wrong("500.30"));
    home.once();
    // The same name, and another name.
    home.put("in/a.txt", wrong("500.20"));
    home.once();
    home.put("in/b.txt", wrong("500.60"));
    home.once();
    let refiled: Vec<(String, usize, usize, usize)> = home
        .log()
        .into_iter()
        .filter_map(|line| match line.body {
            LogBody::Refiled { source, fixed, new, still, .. } => Some((source, fixed.len(), new.len(), still)),
            _ => None,
        })
        .collect();
    assert_eq!(refiled, [("a.txt".to_owned(), 1, 0, 0), ("b.txt".to_owned(), 0, 1, 0)]);
    // Another unit's report under the same name is no new filing.
    home.put("in/a.txt", wrong("500.90").replace("园林管理处", "公园服务中心"));
    home.once();
    let count = home.log().iter().filter(|line| matches!(line.body, LogBody::Refiled { .. })).count();
    assert_eq!(count, 2);
}

#[test]
fn a_journal_made_anew_knows_what_was_said() {
    let home = Home::new();
    home.put("in/2022.txt", report(2022, "500.20", "480.15"));
    home.put("in/2023.txt", report(2023, "512.40", "500.70"));
    home.once();
    let before = home.log();
    assert_eq!(across(&before).len(), 1);
    fs::write(home.path("state/journal.sqlite3"), b"not a journal any more, not at all").unwrap();
    assert!(home.run(&["rebuild-journal"]).status.success());
    home.once();
    assert_eq!(home.log(), before);
    // A third year finds the two.
    home.put("in/2024.txt", report(2024, "530.00", "512.90"));
    home.once();
    assert_eq!(across(&home.log()).len(), 2);
}
