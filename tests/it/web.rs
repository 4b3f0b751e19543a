//! The dashboard's pages, as a browser without script gets them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use hedui::record::{LogBody, Verdict};

use crate::browser::Site;
use crate::home::{Home, report};

/// A report whose basic expenditure does not fit its parts; with `right` it does.
fn slip(right: bool) -> String {
    let public = if right { "82.70" } else { "8.27" };
    format!(
        "青石市档案馆2022年度部门整体支出绩效自评报告\n一、基本情况\n\
         2022年基本支出396.47万元，其中：人员经费313.77万元，公用经费{public}万元。\n\
         2022年三公经费支出5.20万元，其中：公务接待费1.10万元，公务用车运行维护费4.10万元，因公出国（境）费0万元。\n"
    )
}

/// A site that has taken in the report with the slip, and its record.
fn with_slip() -> (Site, String) {
    let home = Home::new();
    home.put("keep/档案馆.txt", slip(false));
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("done", || site.home.documents().len() == 1);
    let id = current(&site);
    (site, id)
}

fn current(site: &Site) -> String {
    site.json("/api/v1/documents")["items"][0]["record_id"].as_str().unwrap().to_owned()
}

fn decide(site: &Site, record: &str, verdict: &str, note: &str) -> u16 {
    let fields = [
        ("record", record),
        ("finding", "n1"),
        ("verdict", verdict),
        ("note", note),
        ("who", "李 明"),
        ("back", "/findings"),
    ];
    site.post_form("/findings/decide", &fields).status
}

fn states(site: &Site) -> Vec<(String, String)> {
    let list = site.json("/api/v1/findings");
    let pair = |item: &serde_json::Value| {
        (item["record_id"].as_str().unwrap().to_owned(), item["state"].as_str().unwrap().to_owned())
    };
    list["items"].as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn a_mistake_is_marked_decided_and_seen_to_be_fixed() {
    let (site, first) = with_slip();
    let page = site.page(&format!("/documents/{first}"));
    for part in [
        "青石市档案馆",
        "合计数与分项之和不符",
        "class=\"equation\"",
        "<span class=\"lab\">算得</span>",
        "322.04 万元",
        "小数点错位",
        "id=\"n1\"",
        "href=\"#n1\"",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    // Every operand of the equation leads to a figure that is there.
    let equation = page.split("class=\"equation\"").nth(1).unwrap().split("</div>").next().unwrap();
    let facts: Vec<&str> = equation.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(facts.len(), 3, "{equation}");
    for fact in facts {
        assert_eq!(page.matches(&format!("<span id=\"{fact}\"")).count(), 1, "{fact}");
    }
    assert!(site.page("/findings").contains("322.04"));

    assert_eq!(decide(&site, &first, "explained", ""), 400);
    assert_eq!(decide(&site, &first, "accepted", "退回<b>单位</b>"), 303);
    let page = site.page(&format!("/documents/{first}"));
    assert!(page.contains("李 明") && page.contains("退回&#60;b&#62;单位"), "{page}");
    assert!(!site.page("/findings").contains("322.04"), "it is still open");
    assert!(site.page("/findings?state=accepted").contains("322.04"));

    // The same mistake in a new filing stays accepted: it is known by what it says.
    site.home.put("keep/档案馆.txt", format!("{}\n附注：另行说明。\n", slip(false)));
    site.home.until("filed again", || current(&site) != first);
    let second = current(&site);
    assert_eq!(states(&site), [(second.clone(), "accepted".to_owned())]);

    // A corrected filing does not have it any more.
    site.home.put("keep/档案馆.txt", slip(true));
    site.home.until("corrected", || current(&site) != second);
    assert_eq!(states(&site), [(second.clone(), "fixed".to_owned())]);
    let page = site.page(&format!("/documents/{}", current(&site)));
    assert!(page.contains("上一版的问题，本版已改正") && page.contains("未发现数据不符"), "{page}");
    let old = site.page(&format!("/documents/{second}"));
    assert!(old.contains("此记录已被更新的文件取代"), "{old}");
}

#[test]
fn decisions_outlive_the_journal() {
    let (site, record) = with_slip();
    assert_eq!(decide(&site, &record, "explained", "口径不同"), 303);
    assert_eq!(decide(&site, &record, "reopened", ""), 303);
    assert_eq!(decide(&site, &record, "accepted", ""), 303);
    let home = site.stop();
    let said: Vec<Verdict> = home
        .log()
        .into_iter()
        .filter_map(|line| match line.body {
            LogBody::Decision { verdict, .. } => Some(verdict),
            _ => None,
        })
        .collect();
    assert_eq!(said, [Verdict::Explained, Verdict::Reopened, Verdict::Accepted]);
    assert!(home.run(&["rebuild-journal"]).status.success());
    fs::write(home.path("stderr.log"), "").unwrap();
    let site =
        Site::with(home.replacing("web: {listen: 127.0.0.1:0}", "web: {listen: off}"), "web: {listen: 127.0.0.1:0}");
    assert_eq!(states(&site), [(record.clone(), "accepted".to_owned())]);
    let page = site.page(&format!("/documents/{record}"));
    assert!(page.contains("口径不同") && page.matches("李 明").count() >= 3, "{page}");
}

/// The sum of the last days.
fn days(site: &Site) -> [u64; 3] {
    let overview = site.json("/api/v1/overview");
    let of = |key: &str| overview["days"].as_array().unwrap().iter().map(|day| day[key].as_u64().unwrap()).sum();
    ["received", "with_errors", "quarantined"].map(of)
}

#[test]
fn decisions_outlive_the_log_where_the_journal_can_be_read() {
    let (site, record) = with_slip();
    site.home.put("keep/a.pdf", "%PDF-1.7\n");
    site.home.until("quarantined", || site.home.quarantine().len() == 1);
    assert_eq!(decide(&site, &record, "explained", "口径不同"), 303);
    assert_eq!(days(&site), [1, 1, 1]);
    let home = site.stop();
    // As retention removes it, but all of it.
    fs::remove_dir_all(home.path("out/reconciliation")).unwrap();
    let output = home.run(&["rebuild-journal", "--format", "json"]);
    let rebuilt: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&rebuilt["decisions"], &rebuilt["decisions_rescued"]), (&1.into(), &1.into()), "{rebuilt}");
    fs::write(home.path("stderr.log"), "").unwrap();
    let site =
        Site::with(home.replacing("web: {listen: 127.0.0.1:0}", "web: {listen: off}"), "web: {listen: 127.0.0.1:0}");
    assert_eq!(states(&site), [(record.clone(), "explained".to_owned())]);
    assert_eq!(days(&site), [1, 1, 1], "each is counted once");
    // And later filings with the same mistake have it explained too.
    site.home.put("keep/档案馆.txt", format!("{}\n附注：另行说明。\n", slip(false)));
    site.home.until("filed again", || current(&site) != record);
    assert_eq!(states(&site), [(current(&site), "explained".to_owned())]);
    // Once more: now the log does not say it, and the journal is whole.
    let home = site.stop();
    let output = home.run(&["rebuild-journal", "--format", "json"]);
    let rebuilt: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&rebuilt["decisions"], &rebuilt["decisions_rescued"]), (&1.into(), &1.into()), "{rebuilt}");
    // Without log and journal nothing knows it any more.
    fs::remove_dir_all(home.path("out/reconciliation")).unwrap();
    fs::write(home.path("state/journal.sqlite3"), "no journal").unwrap();
    let output = home.run(&["rebuild-journal", "--format", "json"]);
    let rebuilt: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&rebuilt["decisions"], &rebuilt["records"]), (&0.into(), &1.into()), "{rebuilt}");
}

#[test]
fn documents_are_found_by_every_filter() {
    let home = Home::new();
    home.put("keep/档案馆.txt", slip(false));
    for number in 1..=60 {
        home.put(format!("keep/{number}.txt"), report(number));
    }
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("done", || site.home.documents().len() == 61);
    let count =
        |query: &str| site.json(&format!("/api/v1/documents?limit=200&{query}"))["items"].as_array().unwrap().len();
    for (query, expected) in [
        ("", 61),
        ("text=%E6%A1%A3%E6%A1%88%E9%A6%86", 1),
        ("text=%E6%A1%A3", 1),
        ("text=%E6%A1%A3%E9%A6%86", 0),
        ("text=%2A%22", 0),
        ("unit=%E9%9D%92%E7%9F%B3%E5%B8%82%E6%A1%A3%E6%A1%88%E9%A6%86", 1),
        ("unit=nobody", 0),
        ("year=2022", 61),
        ("year=2021", 0),
        ("inbox=keep&severity=error", 1),
        ("severity=any", 1),
        ("severity=clean&year=2022", 60),
        ("inbox=in", 0),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    // Pages follow one another, and together they are everything, once.
    let (mut target, mut seen) = ("/documents".to_owned(), Vec::new());
    loop {
        let page = site.page(&target);
        let ids = page.split("<a href=\"/documents/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        seen.extend(ids.filter(|id| !id.starts_with("export")));
        match page.split("rel=\"next\" href=\"").nth(1) {
            Some(next) => target = next.split('"').next().unwrap().replace("&#38;", "&"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 61);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 61);
    for bad in ["year=x", "severity=loud", "after=x", "limit=0", "limit=201"] {
        assert_eq!(site.get(&format!("/documents?{bad}")).status, 400, "{bad}");
    }
    let overview = site.page("/");
    assert!(overview.contains("<b>61</b>") && overview.contains("青石市档案馆"), "{overview}");
    // Only the service writes: the dashboard says the same after a restart.
    let home = site.stop();
    fs::write(home.path("stderr.log"), "").unwrap();
    let site =
        Site::with(home.replacing("web: {listen: 127.0.0.1:0}", "web: {listen: off}"), "web: {listen: 127.0.0.1:0}");
    assert!(site.page("/").contains("<b>61</b>"));
}

#[test]
fn pages_speak_both_languages_and_remember() {
    let (site, record) = with_slip();
    for page in [
        "/",
        "/documents",
        "/findings",
        "/quarantine",
        "/upload",
        "/rules",
        "/nowhere",
        &format!("/documents/{record}"),
    ] {
        let chinese = site.get(page).text();
        assert!(chinese.contains("<html lang=\"zh-CN\" data-theme=\"auto\">"), "{page}");
        let english = site.get(&format!("{page}?lang=en&theme=dark"));
        assert!(english.text().contains("<html lang=\"en\" data-theme=\"dark\">"), "{page}");
        assert!(english.headers.iter().any(|(_, value)| value.starts_with("hedui-lang=en;")), "{page}");
        for text in [&chinese, &english.text()] {
            assert!(!text.contains(">?<") && text.contains("<main id=\"main\""), "{page}: a word is missing");
            assert_eq!(text.matches("<h1").count(), 1, "{page}");
            assert!(text.contains("class=\"skip\" href=\"#main\"") && text.contains("<nav aria-label="), "{page}");
        }
    }
    let again = site.ask("GET", "/").header("Cookie", "hedui-lang=en; hedui-theme=light").send().text();
    assert!(again.contains("<html lang=\"en\" data-theme=\"light\">") && again.contains("Overview"));
}

#[test]
fn a_form_without_script_uploads_files() {
    let site = Site::new();
    let body = format!(
        "--X\r\nContent-Disposition: form-data; name=\"inbox\"\r\n\r\nin\r\n\
         --X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../一.txt\"\r\nContent-Type: text/plain\r\n\r\n{}\r\n\
         --X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"~$b.docx\"\r\n\r\nx\r\n--X--\r\n",
        report(3)
    );
    let answer =
        site.ask("POST", "/upload").header("Content-Type", "multipart/form-data; boundary=X").body(body).send();
    let text = answer.text();
    assert!(answer.status == 200 && text.contains("✓ 已收到") && text.contains("office-lock"), "{text}");
    site.home.until("done", || site.home.documents() == ["一.txt"]);
    site.home.until("listed", || site.page("/documents").contains("一.txt"));
}

#[test]
fn quarantine_says_why_and_tries_again() {
    let home = Home::new();
    home.put("in/a.pdf", "%PDF-1.7\n");
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("quarantined", || site.home.quarantine().len() == 1 && !site.home.path("in/a.pdf").exists());
    let page = site.page("/quarantine");
    assert!(page.contains("in/a.pdf") && page.contains("<code>"), "{page}");
    let action = page.split("action=\"/quarantine/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let answer = site.post_form(&format!("/quarantine/{action}"), &[]);
    let place = answer.header("location").unwrap().to_owned();
    assert!(answer.status == 303 && place.starts_with("/quarantine?again="), "{place}");
    site.home.until("tried again", || site.home.log().len() >= 2);
    assert_eq!(site.post_form("/quarantine/nothing/retry", &[]).status, 404);
}

#[test]
fn what_was_put_back_already_is_told_so() {
    let home = Home::new();
    home.put("in/a.pdf", "%PDF-1.7\n");
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("quarantined", || site.home.quarantine().len() == 1 && !site.home.path("in/a.pdf").exists());
    let page = site.page("/quarantine");
    let action = page.split("action=\"/quarantine/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for file in fs::read_dir(site.home.path("quarantine")).unwrap().map(|entry| entry.unwrap().path()) {
        if file.to_string_lossy().ends_with(".reason.json") {
            fs::remove_file(file).unwrap();
        }
    }
    let answer = site.post_form(&format!("/quarantine/{action}"), &[]);
    assert_eq!(answer.status, 409);
    assert!(!answer.text().contains("reason.json"), "{}", answer.text());
}

#[test]
fn open_pages_hear_of_changes() {
    let site = Site::new();
    let mut stream = TcpStream::connect(&site.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", site.address).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "content-type: text/event-stream"));
    assert!(lines.any(|line| line == "event: hello"));
    site.home.put("keep/a.txt", report(1));
    assert!(lines.any(|line| line == "event: change"));
    // A page that is open does not keep the daemon from ending.
    drop(site.stop());
}

#[test]
fn many_connections_do_not_hold_up_reports() {
    let site = Site::new();
    let mut idle: Vec<TcpStream> = (0..80).map(|_| TcpStream::connect(&site.address).unwrap()).collect();
    for stream in &mut idle {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    }
    site.home.put("keep/a.txt", report(1));
    site.home.until("done", || site.home.documents().len() == 1);
    drop(idle);
    site.home.until("answers again", || site.get("/readyz").status == 200);
}

#[test]
fn a_taken_address_stops_only_who_asked_for_it() {
    let site = Site::new();
    let home = Home::new().replacing("web: {listen: off}", &format!("web: {{listen: \"{}\"}}", site.address));
    let output = home.run(&["run"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(6) && text.contains("cannot listen at"), "{text}");
}
