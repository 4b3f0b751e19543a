//! Files that the dashboard makes: reviews of a document and of a unit, lists for a spreadsheet; the same from pages and
//! from the API.

use std::fs;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use hedui::record::Record;
use hedui::sink::{Language, ReviewFormat, annotated_copy, review};
use serde_json::Value;

use crate::browser::{Answer, Site, assert_problem};
use crate::home::Home;
use crate::support::{root, spoken};

const SLIP: &str = "samples/yunze-2023-department--digit-slip.docx";
const WEB: &str = "web: {listen: 127.0.0.1:0}";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PAGE: &str = "text/html; charset=utf-8";

/// A report of one year that also says what the year before had.
fn report(year: i32, total: &str, before: &str) -> String {
    format!(
        "松屿市园林管理处{year}年度部门整体支出绩效自评报告\n一、支出情况\n{year}年总支出{total}万元。{}年总支出{before}万元。\n",
        year - 1
    )
}

/// A report that says of its parts what is wrong or right.
fn parts(right: bool) -> String {
    let part = if right { "82.70" } else { "8.27" };
    format!(
        "松屿市档案馆2022年度部门整体支出绩效自评报告\n2022年基本支出396.47万元，其中：人员经费313.77万元，公用经费{part}万元。\n"
    )
}

fn started(home: Home) -> Site {
    let count = crate::home::files(&home.path("keep")).len();
    let site = Site::with(home, WEB);
    site.home.until("done", || site.home.documents().len() == count);
    site
}

/// The record of a source, as its file has it.
fn record_of(site: &Site, source: &str) -> Record {
    let records = site.home.records();
    records.into_values().find(|record| record.source.path == source).unwrap()
}

fn assert_file(answer: &Answer, kind: &str, name: &str, target: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{target}: {}", answer.text());
    let disposition = answer.header("content-disposition").unwrap();
    let encoded: String = name.bytes().map(escape).collect();
    assert!(disposition.starts_with("attachment; "), "{target}: {disposition}");
    assert!(disposition.ends_with(&format!("filename*=UTF-8''{encoded}")), "{target}: {disposition} {encoded}");
    assert!(answer.header("content-security-policy").unwrap().contains("sandbox"), "{target}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
}

fn escape(byte: u8) -> String {
    let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// Rows of a workbook's sheet as texts and numbers.
fn sheet(bytes: &[u8], name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn a_document_gives_the_reviews_that_the_command_gives() {
    let home = Home::new();
    home.put("keep/报 告.docx", fs::read(root().join(SLIP)).unwrap());
    home.put("keep/b.txt", parts(false));
    let site = started(home);
    let record = record_of(&site, "报 告.docx");
    let id = &record.record_id;
    let page = site.page(&format!("/documents/{id}"));
    for (form, kind, end) in [
        ("html", PAGE, "核对.html"),
        ("docx", WORD, "核对.docx"),
        ("xlsx", SHEET, "核对.xlsx"),
        ("annotated", WORD, "批注.docx"),
    ] {
        assert!(page.contains(&format!("/documents/{id}/review?format={form}\"")), "{form} is not on the page");
        for (tongue, language) in [("zh", Language::Zh), ("en", Language::En)] {
            let expected = match ReviewFormat::named(form) {
                Some(format) => review(&[&record], &[], format, spoken(language)).unwrap(),
                None => annotated_copy(&record, spoken(language)).unwrap(),
            };
            for root in ["", "/api/v1"] {
                let target = format!("{root}/documents/{id}/review?format={form}&lang={tongue}");
                let answer = site.get(&target);
                assert_file(&answer, kind, &format!("报 告.docx.{end}"), &target);
                assert!(answer.body == expected, "{target} is another file");
                let tag = answer.header("etag").unwrap().to_owned();
                let again = site.ask("GET", &target).header("If-None-Match", &tag).send();
                assert_eq!((again.status, again.body.len()), (304, 0), "{target}");
            }
        }
    }
    // A page in English hands out English ones.
    let cookie =
        site.ask("GET", &format!("/documents/{id}/review?format=html")).header("Cookie", "hedui-lang=en").send();
    assert!(cookie.body == review(&[&record], &[], ReviewFormat::Html, spoken(Language::En)).unwrap());
    // Only a Word document has an annotated copy.
    let other = record_of(&site, "b.txt").record_id;
    assert!(!site.page(&format!("/documents/{other}")).contains("format=annotated"));
    for (target, status, code) in [
        (format!("/documents/{other}/review?format=annotated"), 404, "not-found"),
        ("/documents/none/review?format=docx".to_owned(), 404, "not-found"),
        (format!("/documents/{id}/review?format=pdf"), 400, "invalid-request"),
        ("/units/review?unit=nobody".to_owned(), 404, "not-found"),
        ("/units/review?unit=nobody&format=annotated".to_owned(), 400, "invalid-request"),
        ("/documents/export?format=pdf".to_owned(), 400, "invalid-request"),
        ("/findings/export?state=maybe".to_owned(), 400, "invalid-request"),
    ] {
        let answer = site.get(&format!("/api/v1{target}"));
        assert_problem(&answer, status, code, &target);
    }
    assert!(site.get("/documents/none/review").text().contains("<html"), "people get a page");
    assert_eq!(site.get("/unit?unit=nobody").status, 404);
}

#[test]
fn a_unit_is_told_what_does_not_agree_between_its_reports() {
    let home = Home::new();
    home.put("keep/2022.txt", report(2022, "500.20", "480.15"));
    home.put("keep/2023.txt", report(2023, "512.40", "500.70"));
    home.put("keep/other.txt", parts(false));
    let site = started(home);
    let unit = "%E6%9D%BE%E5%B1%BF%E5%B8%82%E5%9B%AD%E6%9E%97%E7%AE%A1%E7%90%86%E5%A4%84";
    let across = || site.json("/api/v1/findings?code=history-mismatch")["items"].as_array().unwrap().clone();
    site.home.until("compared", || across().len() == 1);
    let target = format!("/api/v1/units/review?unit={unit}&format=");
    let (late, early) = (record_of(&site, "2023.txt").record_id, record_of(&site, "2022.txt").record_id);
    let page = site.page(&format!("/unit?unit={unit}"));
    for part in [
        &*format!("/documents/{late}"),
        &early,
        "2022年度报告（2022.txt）为500.20万元",
        "/unit/review?unit=",
        "format=xlsx",
    ] {
        assert!(page.contains(part), "{part} is not on the unit's page\n{page}");
    }
    assert!(!page.contains("档案馆"), "another unit's report is on the page");
    both_tell_of_it(&site, &late, &early);
    let html = site.get(&format!("{target}html"));
    assert_file(&html, PAGE, "松屿市园林管理处.核对.html", "html");
    assert!(
        html.text().contains("报告之间不一致的数据") && html.text().contains("另有1处数据在报告之间不一致"),
        "{}",
        html.text()
    );
    let docx = site.get(&format!("{target}docx"));
    assert_file(&docx, WORD, "松屿市园林管理处.核对.docx", "docx");
    let text = hedui::reader::read(&docx.body, "a.docx", &hedui::limits::Limits::default()).unwrap();
    assert!(format!("{:?}", text.document).contains("2022年度报告（2022.txt）为500.20万元"));
    let rows = sheet(&site.get(&format!("{target}xlsx")).body, "报告之间");
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[1][4..7], [Data::Float(5_007_000.0), Data::Float(5_002_000.0), Data::Float(5_000.0)], "{rows:?}");
    assert_eq!((&rows[1][8], &rows[1][9]), (&Data::String("2023.txt".into()), &Data::String("2022.txt".into())));
    // The command says the same.
    let output = site.home.run(&["report", "--unit", "松屿市园林管理处"]);
    assert!(output.stdout == html.body, "{}", String::from_utf8_lossy(&output.stderr));

    // The later report is corrected: what was between them is fixed, and stays so in a journal made anew.
    site.home.put("keep/2023.txt", report(2023, "512.40", "500.20"));
    let state = |site: &Site| {
        let list = site.json("/api/v1/findings?code=history-mismatch");
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    site.home.until("fixed", || state(&site) == ["fixed"]);
    let told = |site: &Site| {
        let page = site.page(&format!("/unit?unit={unit}"));
        assert!(page.contains("已改正") && page.contains("500.70万元"), "{page}");
        let html = site.get(&format!("{target}html")).text();
        assert!(html.contains("后续报送中已改正的问题") && !html.contains("报告之间不一致的数据"), "{html}");
        let rows = sheet(&site.get(&format!("{target}xlsx")).body, "已改正");
        assert_eq!(rows.len(), 2, "{rows:?}");
    };
    told(&site);
    let home = site.stop();
    assert!(home.run(&["rebuild-journal"]).status.success());
    let site = again(home);
    site.home.until("still fixed", || state(&site) == ["fixed"]);
    told(&site);
}

/// Both reports' pages tell of what is between them, each with a way to the other, and so do their reviews.
fn both_tell_of_it(site: &Site, late: &str, early: &str) {
    for (one, other) in [(late, early), (early, late)] {
        let page = site.page(&format!("/documents/{one}"));
        assert!(page.contains("与其他报告不一致") && page.contains(&format!("/documents/{other}")), "{page}");
        assert!(!page.contains("badge clean"), "what differs from another report is no finding\n{page}");
        // What its unit gets has it too, in every form.
        let html = site.get(&format!("/documents/{one}/review?format=html")).text();
        assert!(
            html.contains("报告之间不一致的数据") && html.contains("2022年度报告（2022.txt）为500.20万元"),
            "{html}"
        );
        let rows = sheet(&site.get(&format!("/documents/{one}/review?format=xlsx")).body, "报告之间");
        assert_eq!(rows.len(), 2, "{rows:?}");
    }
    let other = record_of(site, "other.txt").record_id;
    let html = site.get(&format!("/documents/{other}/review?format=html")).text();
    assert!(!html.contains("报告之间不一致的数据"), "{html}");
}

/// Starts once more in the same folders.
fn again(home: Home) -> Site {
    fs::write(home.path("stderr.log"), "").unwrap();
    Site::with(home.replacing(WEB, "web: {listen: off}"), WEB)
}

#[test]
fn the_earlier_report_may_be_the_one_that_is_corrected() {
    let home = Home::new();
    home.put("keep/2022.txt", report(2022, "500.20", "480.15"));
    home.put("keep/2023.txt", report(2023, "512.40", "500.70"));
    let site = started(home);
    let states = || {
        let list = site.json("/api/v1/findings");
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    site.home.until("compared", || states() == ["open"]);
    // Something else changes: the same is said of the new filing, once.
    site.home.put("keep/2022.txt", report(2022, "500.20", "480.25"));
    site.home.until("filed again", || {
        site.home.log().iter().any(|line| matches!(line.body, hedui::record::LogBody::Refiled { .. }))
    });
    site.home.until("compared again", || states() == ["open"]);
    site.home.put("keep/2022.txt", report(2022, "500.70", "480.25"));
    site.home.until("fixed", || states() == ["fixed"]);
    let listed = site.json("/api/v1/documents?text=2022.txt");
    let early = listed["items"][0]["record_id"].as_str().unwrap();
    let page = site.page(&format!("/documents/{early}"));
    assert!(page.contains("上一版的问题，本版已改正") && page.contains("500.70万元"), "{page}");
}

#[test]
fn findings_that_were_mended_outlive_the_journal() {
    let home = Home::new();
    home.put("keep/a.txt", parts(false));
    let site = started(home);
    let first = record_of(&site, "a.txt").record_id;
    let list = |site: &Site| site.json("/api/v1/findings")["items"].as_array().unwrap().clone();
    site.home.put("keep/a.txt", parts(true));
    site.home.until("fixed", || list(&site).iter().any(|item| item["state"] == "fixed"));
    let before = list(&site);
    let second = site.json("/api/v1/documents")["items"][0]["record_id"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let home = site.stop();
    assert!(home.run(&["rebuild-journal"]).status.success());
    let site = again(home);
    let after = list(&site);
    assert_eq!(after, before);
    assert_eq!((after.len(), &after[0]["record_id"]), (1, &Value::String(first.clone())));
    let page = site.page(&format!("/documents/{second}"));
    assert!(page.contains("上一版的问题，本版已改正"), "{page}");
    assert!(site.page(&format!("/documents/{first}")).contains("此记录已被更新的文件取代"));
    let overview = site.json("/api/v1/overview");
    assert_eq!(overview["counts"]["fixed"], 1);
    let received = |day: &Value| day["received"].as_u64().unwrap();
    assert_eq!(overview["days"].as_array().unwrap().iter().map(received).sum::<u64>(), 2, "both filings came");
    // Nothing is said twice.
    let lines = site.home.log().len();
    let home = site.stop();
    home.once();
    assert_eq!(home.log().len(), lines);
}

#[test]
fn lists_are_exported_as_they_are_filtered() {
    let home = Home::new();
    home.put("keep/a.txt", parts(false));
    for (number, year) in [(1, 2021), (2, 2022), (3, 2022)] {
        home.put(format!("keep/{number}.txt"), crate::home::report(number).replace("2022", &year.to_string()));
    }
    let site = started(home);
    for root in ["", "/api/v1"] {
        for (query, rows) in [("", 4), ("year=2022", 3), ("severity=error", 1), ("year=1999", 0), ("text=档案馆", 1)]
        {
            let query = query.replace("档案馆", "%E6%A1%A3%E6%A1%88%E9%A6%86");
            let target = format!("{root}/documents/export?{query}&format=");
            let csv = site.get(&format!("{target}csv"));
            assert_file(&csv, "text/csv; charset=utf-8", "报告.csv", &target);
            assert!(csv.body.starts_with("\u{FEFF}\"标题\",\"单位\"".as_bytes()), "{target}: {}", csv.text());
            assert_eq!(csv.text().matches("\r\n").count(), rows + 1, "{target}: {}", csv.text());
            let book = site.get(&format!("{target}xlsx"));
            assert_file(&book, SHEET, "报告.xlsx", &target);
            assert_eq!(sheet(&book.body, "报告").len(), rows + 1, "{target}");
            let tag = book.header("etag").unwrap().to_owned();
            assert_eq!(site.ask("GET", &format!("{target}xlsx")).header("If-None-Match", &tag).send().status, 304);
        }
    }
    let book = sheet(&site.get("/api/v1/documents/export?format=xlsx&severity=error").body, "报告");
    assert_eq!((&book[1][3], &book[1][5]), (&Data::Float(2022.0), &Data::Float(1.0)), "{book:?}");
    let book = sheet(&site.get("/api/v1/findings/export?format=xlsx&severity=error").body, "问题");
    assert_eq!(book[1][4..7], [Data::Float(3_964_700.0), Data::Float(3_220_400.0), Data::Float(744_300.0)], "{book:?}");
    let english = site.get("/findings/export?format=csv&lang=en");
    assert_file(&english, "text/csv; charset=utf-8", "Findings.csv", "in English");
    assert!(
        english.text().contains("\"State\",\"Severity\"") && english.text().contains(",3964700,3220400,744300,\"CNY\""),
        "{}",
        english.text()
    );
    // The page leads to the list that it shows.
    assert!(site.page("/documents?year=2022&after=9").contains("/documents/export?year=2022&#38;format=xlsx"));
    assert!(
        site.page("/findings?severity=error").contains("/findings/export?severity=error&#38;state=open&#38;format=csv")
    );
}

#[test]
fn more_rows_than_allowed_are_told() {
    let home = Home::default_with("limits: {review_rows: 2, review_documents: 1}\n");
    for year in 2021..=2023 {
        home.put(format!("keep/{year}.txt"), report(year, "500.20", "500.20"));
    }
    let site = started(home);
    let answer = site.get("/api/v1/documents/export");
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, &problem["type"]), (422, &"urn:hedui:problem:too-many-rows".into()), "{problem}");
    assert!(site.get("/documents/export").text().contains("请缩小筛选范围"));
    assert_eq!(site.get("/api/v1/documents/export?year=2022").status, 200);
    let unit = "%E6%9D%BE%E5%B1%BF%E5%B8%82%E5%9B%AD%E6%9E%97%E7%AE%A1%E7%90%86%E5%A4%84";
    assert_eq!(site.get(&format!("/api/v1/units/review?unit={unit}")).status, 413);
}

/// Whatever spreadsheets would take for a formula is a text in both forms.
#[test]
fn exports_have_no_formulas_of_others() {
    let home = Home::new();
    let signs = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", " ="];
    for (number, sign) in signs.iter().enumerate() {
        home.put(
            format!("keep/{sign}HYPERLINK({number}).txt"),
            parts(false).replace("松屿市档案馆", &format!("第{number}市档案馆")),
        );
    }
    let site = started(home);
    let open = site.json("/api/v1/findings?limit=200");
    for item in open["items"].as_array().unwrap() {
        let fields = [
            ("record", item["record_id"].as_str().unwrap()),
            ("finding", item["finding"].as_str().unwrap()),
            ("verdict", "accepted"),
            ("note", "=cmd|' /C calc'!A0"),
            ("who", "@SUM(1)"),
            ("back", "/"),
        ];
        assert_eq!(site.post_form("/findings/decide", &fields).status, 303);
    }
    for list in ["documents", "findings"] {
        let text = site.get(&format!("/{list}/export?format=csv")).text();
        let cells = cells(text.trim_start_matches('\u{FEFF}'));
        assert_eq!(cells.len(), signs.len() + 1, "{text}");
        let mut guarded = 0;
        for cell in cells.iter().skip(1).flatten() {
            let is_number = cell.parse::<f64>().is_ok();
            let shown = cell.trim_start();
            assert!(is_number || !shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell:?}");
            assert!(!cell.starts_with(['\t', '\r', '\n']), "{cell:?}");
            guarded += usize::from(cell.starts_with('\''));
        }
        // A tab in a name is shown as two characters that are no formula.
        assert!(guarded >= signs.len() - 1, "{guarded} of {list}");
        let book = site.get(&format!("/{list}/export?format=xlsx")).body;
        let mut read: Xlsx<_> = Xlsx::new(Cursor::new(book.clone())).unwrap();
        let name = read.sheet_names()[0].clone();
        assert!(read.worksheet_formula(&name).unwrap().cells().all(|(_, _, formula)| formula.is_empty()));
        let texts = sheet(&book, &name);
        let quoted = texts
            .iter()
            .flatten()
            .filter(|cell| matches!(cell, Data::String(text) if text.trim_start().starts_with('=')));
        assert!(quoted.count() >= 1, "texts stay what they are");
    }
}

/// Records of a CSV, RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

/// The daemon's own reviews, and pages that nobody has chosen a language for, speak as configured.
#[test]
fn reviews_of_the_daemon_speak_the_configured_language() {
    let home = Home::default_with("language: en\n")
        .replacing("{path: keep, after: keep}", "{path: keep, after: keep, review: html}");
    home.put("keep/a.txt", parts(false));
    let site = started(home);
    let record = record_of(&site, "a.txt");
    let written = || crate::home::files(&site.home.path("out/reviews")).into_iter().find(|path| path.is_file());
    site.home.until("written", || written().is_some_and(|path| !crate::home::name(&path).starts_with('.')));
    let expected = review(&[&record], &[], ReviewFormat::Html, spoken(Language::En)).unwrap();
    assert!(fs::read(written().unwrap()).unwrap() == expected);
    assert!(site.page("/documents").contains("<html lang=\"en\""));
    assert!(site.page("/documents?lang=zh").contains("<html lang=\"zh-CN\""));
}
