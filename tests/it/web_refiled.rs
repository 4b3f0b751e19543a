//! Reports that come again, on the pages: what a corrected one mended also where a report is known by its name alone, and
//! the originals of those that were replaced.

use std::fs;

use hedui::record::LogBody;

use crate::browser::Site;
use crate::home::Home;

/// Figures without a unit and a year: such a report has no key.
fn nameless(right: bool, more: &str) -> String {
    let public = if right { "82.70" } else { "8.27" };
    format!("自评情况\n基本支出396.47万元，其中：人员经费313.77万元，公用经费{public}万元。\n{more}")
}

/// The same with a year, whoever reports it: no key either.
fn unsigned(right: bool, more: &str) -> String {
    format!("2022年度部门整体支出绩效自评报告\n2022年{}", nameless(right, more).replace("自评情况\n", ""))
}

fn named(right: bool) -> String {
    format!("青石市档案馆{}", unsigned(right, ""))
}

fn started(home: Home) -> Site {
    Site::with(home, "web: {listen: 127.0.0.1:0}")
}

/// Path and record of what is current.
fn current(site: &Site) -> (String, String) {
    let list = site.json("/api/v1/documents");
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{list:#}");
    (items[0]["source"].as_str().unwrap().to_owned(), items[0]["record_id"].as_str().unwrap().to_owned())
}

/// Drops a file that takes the place of the one before, and gives its record.
fn dropped(site: &Site, path: &str, text: &str) -> String {
    let listed = site.json("/api/v1/documents");
    let before = listed["items"][0]["record_id"].as_str().map(str::to_owned);
    site.home.put(path, text);
    let other = || site.json("/api/v1/documents")["items"][0]["record_id"].as_str().map(str::to_owned);
    site.home.until("taken in", || other().is_some() && other() != before);
    if path.starts_with("in/") {
        site.home.until("put away", || !site.home.path(path).exists());
    }
    current(site).1
}

fn decide(site: &Site, record: &str, verdict: &str) {
    let fields = [("record", record), ("finding", "n1"), ("verdict", verdict), ("note", "已电话核实"), ("who", "李明")];
    assert_eq!(site.post_form("/findings/decide", &fields).status, 303);
}

/// Record and state of every finding that is listed.
fn states(site: &Site) -> Vec<(String, String)> {
    let list = site.json("/api/v1/findings");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(|item| (text(&item["record_id"]), text(&item["state"]))).collect()
}

fn state(record: &str, state: &str) -> (String, String) {
    (record.to_owned(), state.to_owned())
}

#[test]
fn a_report_without_a_key_is_seen_to_be_fixed() {
    let site = started(Home::new());
    let first = dropped(&site, "in/表.txt", &nameless(false, ""));
    assert!(site.home.records().values().all(|record| record.document.report_key.is_none()));
    decide(&site, &first, "accepted");

    // The same mistake again: what was decided holds, and its trail is told.
    let second = dropped(&site, "in/表.txt", &nameless(false, "附注。\n"));
    assert_eq!(states(&site), [state(&second, "accepted")]);
    assert!(site.page(&format!("/documents/{second}")).contains("已电话核实"));

    // Corrected: it is fixed, on the page of the new one and in the log.
    let third = dropped(&site, "in/表.txt", &nameless(true, ""));
    assert_eq!(states(&site), [state(&second, "fixed")]);
    let page = site.page(&format!("/documents/{third}"));
    assert!(page.contains("上一版的问题，本版已改正") && page.contains("322.04"), "{page}");
    for other in [&first, &second] {
        assert!(page.contains(&format!("href=\"/documents/{other}\"")), "{other} is no other version");
    }
    let told = |home: &Home| -> Vec<(usize, usize, usize)> {
        let lines = home.log().into_iter();
        lines
            .filter_map(|line| match line.body {
                LogBody::Refiled { fixed, new, still, .. } => Some((fixed.len(), new.len(), still)),
                _ => None,
            })
            .collect()
    };
    assert_eq!(told(&site.home), [(0, 0, 1), (1, 0, 0)]);

    // Another place is another report.
    site.home.put("in/sub/表.txt", nameless(false, "另一份。\n"));
    site.home.until("taken in", || site.json("/api/v1/documents")["items"].as_array().unwrap().len() == 2);
    assert_eq!(told(&site.home).len(), 2);

    // A journal made anew knows it.
    let home = site.stop();
    assert!(home.run(&["rebuild-journal"]).status.success());
    fs::write(home.path("stderr.log"), "").unwrap();
    let site = started(home.replacing("web: {listen: 127.0.0.1:0}", "web: {listen: off}"));
    assert!(states(&site).contains(&state(&second, "fixed")), "{:?}", states(&site));
    assert!(site.page(&format!("/documents/{third}")).contains("上一版的问题，本版已改正"));
}

#[test]
fn a_name_that_was_added_or_lost_does_not_make_it_another_report() {
    let site = started(Home::new());
    let first = dropped(&site, "in/表.txt", &unsigned(false, ""));
    decide(&site, &first, "explained");
    let second = dropped(&site, "in/表.txt", &named(false));
    let found = states(&site);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(site.page(&format!("/documents/{second}")).contains(&format!("href=\"/documents/{first}\"")));
    assert_eq!(found, [state(&second, "explained")]);
    assert!(site.page(&format!("/documents/{second}")).contains("已电话核实"), "the trail is lost");
    // What is decided now counts for both.
    decide(&site, &second, "accepted");
    let third = dropped(&site, "in/表.txt", &unsigned(false, "附注。\n"));
    assert_eq!(states(&site), [state(&third, "accepted")]);
    let last = dropped(&site, "in/表.txt", &named(true));
    assert_eq!(states(&site), [state(&third, "fixed")]);
    assert!(site.page(&format!("/documents/{last}")).contains("上一版的问题，本版已改正"));
    // Two reports that both say whose they are, and differ in that, are two.
    dropped(&site, "in/表.txt", &named(false).replace("档案馆", "统计局"));
    assert_eq!(states(&site).iter().filter(|(_, state)| state == "open").count(), 1);
}

#[test]
fn originals_of_replaced_records_are_there() {
    let site = started(Home::new());
    let first = dropped(&site, "in/档案 馆.txt", &named(false));
    let second = dropped(&site, "in/档案 馆.txt", &named(true));
    for (record, right) in [(&first, false), (&second, true)] {
        for root in ["", "/api/v1"] {
            let target = format!("{root}/documents/{record}/original");
            let answer = site.get(&target);
            assert_eq!((answer.status, answer.text()), (200, named(right)), "{target}");
            assert!(answer.header("content-disposition").unwrap().ends_with("%E6%A1%A3%E6%A1%88%20%E9%A6%86.txt"));
            let tag = answer.header("etag").unwrap().to_owned();
            for known in [tag.as_str(), "\"x\", *", "*"] {
                let again = site.ask("GET", &target).header("If-None-Match", known).send();
                assert_eq!((again.status, again.body.len()), (304, 0), "{target} {known}");
            }
            assert_eq!(site.ask("GET", &target).header("If-None-Match", "\"x\"").send().status, 200);
        }
    }
    let record = format!("/documents/{first}/record.json");
    let tag = site.get(&record).header("etag").unwrap().to_owned();
    assert_eq!(site.ask("GET", &record).header("If-None-Match", &tag).send().status, 304);

    // Now a content that gives no record stands under the name: the record still has its own original.
    site.home.put("in/档案 馆.txt", b"PK\x03\x04 broken");
    site.home.until("quarantined", || site.home.quarantine().len() == 1);
    assert_eq!(site.get(&format!("/documents/{second}/original")).text(), named(true));

    // What was taken away is gone, and that is said.
    fs::remove_dir_all(site.home.path("archive")).unwrap();
    let answer = site.get(&format!("/documents/{first}/original"));
    assert!(answer.status == 404 && answer.text().contains("原文件已不在原处"), "{}", answer.text());
    assert_eq!(site.get("/documents/none/original").status, 404);
}

#[test]
fn an_original_that_was_written_over_is_not_another() {
    let site = started(Home::new());
    let first = dropped(&site, "keep/a.txt", &named(false));
    let second = dropped(&site, "keep/a.txt", &named(true));
    assert_eq!(site.get(&format!("/documents/{first}/original")).status, 404);
    assert_eq!(site.get(&format!("/documents/{second}/original")).text(), named(true));
}
