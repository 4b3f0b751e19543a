//! What pages say to people: in their language, and no more than is known.

use std::fs;

use crate::browser::Site;
use crate::home::{Home, report};
use crate::support::root;

const SLIP: &str = "青石市档案馆2022年度部门整体支出绩效自评报告\n2022年基本支出396.47万元，其中：人员经费313.77万元，公用经费8.27万元。\n";
/// One figure says nothing about itself.
const ALONE: &str = "青石市统计局2022年度工作总结\n2022年共开展普查12次。\n";
const EMPTY: &str = "青石市文化馆工作总结\n各项工作进展顺利。\n";

/// Target, fields of a form, status, what is said.
type Asked<'a> = (String, Option<Vec<(&'a str, &'a str)>>, u16, &'a str);

fn started(home: Home) -> Site {
    Site::with(home, "web: {listen: 127.0.0.1:0}")
}

/// Documents that are listed.
fn count(site: &Site) -> usize {
    site.json("/api/v1/documents")["items"].as_array().unwrap().len()
}

/// What a page says below its head, without what is the same everywhere.
fn said(page: &str) -> String {
    page.split("<main").nth(1).unwrap().split("</main>").next().unwrap().to_owned()
}

#[test]
fn problems_are_told_in_the_language_of_the_page() {
    let home = Home::new();
    home.put("keep/a.txt", SLIP);
    let site = started(home);
    site.home.until("done", || count(&site) == 1);
    let record = site.json("/api/v1/documents")["items"][0]["record_id"].as_str().unwrap().to_owned();
    let long = "x".repeat(9_000);
    let decision = |verdict, note, who| {
        vec![("record", record.as_str()), ("finding", "n1"), ("verdict", verdict), ("note", note), ("who", who)]
    };
    let gone = vec![("record", "none"), ("finding", "n1"), ("verdict", "fixed"), ("note", ""), ("who", "a")];
    let get = |target: &str, cookie: &str| site.ask("GET", target).header("Cookie", cookie).send();
    let asked: Vec<Asked<'_>> = vec![
        ("/findings/decide".into(), Some(decision("explained", " ", "a")), 400, "请在“说明”中写明原因"),
        ("/findings/decide".into(), Some(decision("accepted", "", "")), 400, "请填写姓名"),
        ("/findings/decide".into(), Some(decision("maybe", "", "a")), 400, "没有这种处理结论"),
        ("/findings/decide".into(), Some(gone), 404, "该问题已不在列表中"),
        ("/quarantine/none/retry".into(), Some(Vec::new()), 404, "隔离区中没有这个文件"),
        ("/documents?year=x".into(), None, 400, "年度须为数字"),
        ("/findings?state=maybe".into(), None, 400, "参数只能取以下值：state = open"),
        ("/documents?after=x".into(), None, 400, "请从第一页重新开始"),
        ("/documents?limit=0".into(), None, 400, "每页行数须为1至200"),
        (format!("/documents?text={}", "x".repeat(101)), None, 400, "最多100个字"),
        (format!("/findings?unit={}", "x".repeat(301)), None, 400, "最多300个字"),
        (format!("/documents?text={long}"), None, 414, "不能超过8192个字节"),
        ("/documents/none".into(), None, 404, "没有这份报告"),
        ("/documents/none/original".into(), None, 404, "没有这份报告"),
        ("/unit?unit=none".into(), None, 404, "没有该单位的现行报告"),
        (format!("/documents/{record}/review?format=pdf"), None, 400, "参数只能取以下值"),
        (format!("/documents/{record}/review?format=annotated"), None, 404, "只有Word报告"),
        ("/nowhere".into(), None, 404, "找不到该内容"),
    ];
    for (target, fields, status, chinese) in asked {
        let short: String = target.chars().take(80).collect();
        for english in [false, true] {
            let cookie = if english { "hedui-lang=en" } else { "hedui-lang=zh" };
            let answer = match &fields {
                Some(fields) => {
                    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
                    let body: Vec<String> =
                        fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
                    let request = site.ask("POST", &target).header("Cookie", cookie);
                    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
                    request.header("Origin", &format!("http://{}", site.address)).body(body.join("&")).send()
                }
                None => get(&target, cookie),
            };
            let text = said(&answer.text());
            assert_eq!(answer.status, status, "{short}: {text}");
            let has_chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            if english {
                assert!(!has_chinese, "{short} in English: {text}");
            } else {
                assert!(text.contains(chinese), "{short}: {text}");
            }
        }
    }
}

#[test]
fn programs_get_codes_and_the_language_they_ask_for() {
    let site = Site::new();
    let target = "/api/v1/documents?year=x";
    for (accepts, tag, detail) in [
        ("", "en", "The year is a number"),
        ("fr, de;q=0.5", "en", "The year is a number"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "年度须为数字"),
        ("en-GB,zh", "en", "The year is a number"),
    ] {
        let answer = site.ask("GET", target).header("Accept-Language", accepts).send();
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, answer.header("content-language")), (400, Some(tag)), "{accepts}");
        assert!(problem["detail"].as_str().unwrap().starts_with(detail), "{accepts}: {problem}");
        assert_eq!(
            (&problem["type"], &problem["reason"]),
            (&"urn:hedui:problem:invalid-request".into(), &"year".into())
        );
    }
    // The script of a page says which language its page is in.
    let refused = site.ask("POST", "/api/v1/upload?inbox=in&name=~%24a.docx&lang=zh").body("x").send();
    let problem: serde_json::Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(
        (&problem["detail"], &problem["reason"]),
        (&"这类文件不会被处理：~$* (office-lock)。".into(), &"passed_over".into())
    );
    // Its own limit is wide enough for every filter, and what is beyond is refused in words.
    let long = site.get(&format!("/api/v1/documents?text={}", "x".repeat(9_000)));
    crate::browser::assert_problem(&long, 414, "address-too-long", "a long address");
}

#[test]
fn an_address_does_not_make_the_page_say_anything() {
    let site = Site::new();
    for target in ["/quarantine?again=Call%20me", "/quarantine?not=Call%20me", "/quarantine?again=put-back%20Call%20me"]
    {
        let page = said(&site.page(target));
        assert!(!page.contains("Call me") && !page.contains("class=\"notice"), "{target}: {page}");
    }
    let page = said(&site.page("/quarantine?again=put-back"));
    assert!(page.contains("已放回收件文件夹"), "{page}");
    let page = said(&site.page("/quarantine?again=name-taken&lang=en"));
    assert!(page.contains("a file of this name lies in the inbox"), "{page}");
}

#[test]
fn where_nothing_could_be_checked_nothing_is_called_right() {
    let home = Home::new();
    home.put("keep/a.txt", ALONE);
    home.put("keep/b.txt", EMPTY);
    home.put("keep/c.txt", report(1));
    home.put("keep/d.txt", SLIP);
    let site = started(home);
    site.home.until("done", || count(&site) == 4);
    let list = |query: &str| -> Vec<String> {
        let list = site.json(&format!("/api/v1/documents?{query}"));
        let mut names: Vec<String> =
            list["items"].as_array().unwrap().iter().map(|item| item["source"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(list("severity=unchecked"), ["a.txt", "b.txt"]);
    assert_eq!(list("severity=clean"), ["c.txt"]);
    assert_eq!(list("severity=any"), ["d.txt"]);
    let page = said(&site.page("/documents"));
    assert_eq!((page.matches("badge unchecked").count(), page.matches("badge clean").count()), (2, 1), "{page}");
    assert!(said(&site.page("/")).contains("份无可核对内容"));
    assert_eq!(site.json("/api/v1/overview")["counts"]["unchecked"], 2);

    let items = site.json("/api/v1/documents")["items"].as_array().unwrap().clone();
    for (name, sure, why) in [
        ("a.txt", false, "没有能相互验算的"),
        ("b.txt", false, "没有读到数据"),
        ("c.txt", true, "共核对"),
        ("d.txt", true, "共核对"),
    ] {
        let item = items.iter().find(|item| item["source"] == name).unwrap();
        assert_eq!(item["checks"].as_u64().unwrap() > 0, sure, "{item}");
        let id = item["record_id"].as_str().unwrap();
        let page = said(&site.page(&format!("/documents/{id}")));
        assert!(page.contains(why), "{name}: {page}");
        assert_eq!(page.contains("未发现问题") || page.contains("未发现数据不符"), name == "c.txt", "{name}: {page}");
        assert_eq!(page.contains("没有可以相互核对的数据"), !sure, "{name}: {page}");
        let letter = site.get(&format!("/documents/{id}/review?format=html")).text();
        assert_eq!(letter.contains("没有可以核对的内容") && letter.contains("本次未能核对"), !sure, "{name}: {letter}");
    }
    assert!(site.page("/documents?lang=en").contains("Nothing to check"));
}

#[test]
fn tabs_keep_their_filters_and_count_by_them() {
    let home = Home::new();
    home.put("keep/a.txt", SLIP);
    home.put("keep/b.txt", SLIP.replace("档案馆", "统计局"));
    home.put("keep/c.txt", SLIP.replace("2022", "2021"));
    let site = started(home);
    site.home.until("done", || count(&site) == 3);
    let tabs = |page: &str| -> Vec<(String, String)> {
        let list = page.split("class=\"tabs\"").nth(1).unwrap().split("</ul>").next().unwrap();
        let tab = |rest: &str| {
            let (link, rest) = rest.split_once('"').unwrap();
            let text = rest.split_once('>').unwrap().1.split('<').next().unwrap();
            (link.replace("&#38;", "&"), text.rsplit(' ').next().unwrap().to_owned())
        };
        list.split("href=\"").skip(1).map(tab).collect()
    };
    let counts = |target: &str| tabs(&site.page(target)).into_iter().map(|(_, count)| count).collect::<Vec<_>>();
    assert_eq!(counts("/findings"), ["3", "0", "0", "0"]);
    let filter = "year=2022&severity=error&region=&inbox=keep";
    assert_eq!(counts(&format!("/findings?{filter}")), ["2", "0", "0", "0"]);
    let record = site.json("/api/v1/findings?year=2022")["items"][0]["record_id"].as_str().unwrap().to_owned();
    let fields = [("record", record.as_str()), ("finding", "n1"), ("verdict", "accepted"), ("who", "a")];
    assert_eq!(site.post_form("/findings/decide", &fields).status, 303);
    let page = site.page(&format!("/findings?{filter}&after=99999"));
    let found = tabs(&page);
    assert_eq!(found.iter().map(|(_, count)| count.as_str()).collect::<Vec<_>>(), ["1", "1", "0", "0"]);
    for (link, _) in &found {
        assert!(link.contains("year=2022") && link.contains("severity=error") && !link.contains("after="), "{link}");
    }
    assert_eq!(said(&site.page(&found[1].0)).matches("<section class=\"finding ").count(), 1);
    // A filter without a field of its own is kept when others are chosen, and all can be taken away.
    assert!(page.contains("<input type=\"hidden\" name=\"inbox\" value=\"keep\">"), "{page}");
    assert!(page.contains("href=\"/findings?state=open\">清除筛选"), "{page}");
    assert!(!site.page("/findings").contains("清除筛选"));
}

#[test]
fn codes_of_the_record_are_put_into_words() {
    let home = Home::new();
    for sample in ["qinglan-2021-annex--explained-gap.html", "yunhe-2022-report--copied-rates.docx"] {
        home.put(format!("keep/{sample}"), fs::read(root().join("samples").join(sample)).unwrap());
    }
    let site = started(home);
    site.home.until("done", || count(&site) == 2);
    let page = |name: &str, language: &str| {
        let list = site.json(&format!("/api/v1/documents?text={name}"));
        let id = list["items"][0]["record_id"].as_str().unwrap();
        said(&site.page(&format!("/documents/{id}?lang={language}")))
    };
    for (name, chinese, english, raw) in [
        ("qinglan", "差额与正文说明所列数据相符", "the text accounts for the difference", "note_in_"),
        ("yunhe", "基数为零", "the base is zero", "zero_base"),
    ] {
        let (zh, en) = (page(name, "zh"), page(name, "en"));
        assert!(zh.contains(chinese) && en.contains(english), "{name}: {zh}");
        for page in [&zh, &en] {
            assert!(!page.contains(raw), "{name}: {page}");
            assert!(!page.contains("title=\"expenditure."), "a figure is called by the id of its concept\n{page}");
        }
        assert!(zh.contains("部门") && !zh.contains("Self-evaluation") && !en.contains("department overall"), "{en}");
    }
}

#[test]
fn what_holds_the_service_up_is_told_in_words() {
    let site = Site::new();
    fs::rename(site.home.path("keep"), site.home.path("away")).unwrap();
    let page = said(&site.page("/"));
    assert!(page.contains("一个必需的文件夹不存在") && page.contains("keep is gone"), "{page}");
    assert!(said(&site.page("/?lang=en")).contains("a folder that is needed is gone"));
    fs::rename(site.home.path("away"), site.home.path("keep")).unwrap();
    assert!(!said(&site.page("/")).contains("class=\"notice"));
}
