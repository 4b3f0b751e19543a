//! The JSON API: what it describes is what it answers.

use serde_json::{Value, json};

use crate::browser::{Site, assert_problem};
use crate::home::{Home, report};

fn site() -> Site {
    let home = Home::new();
    home.put("keep/a.txt", report(1));
    home.put("keep/b.txt", "青石市档案馆2022年度部门整体支出绩效自评报告\n2022年基本支出396.47万元，其中：人员经费313.77万元，公用经费8.27万元。\n");
    home.put("in/c.pdf", "%PDF-1.7\n");
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("done", || site.home.documents().len() == 2 && site.home.quarantine().len() == 1);
    site
}

#[test]
fn answers_are_of_the_shapes_that_are_described() {
    let site = site();
    let description = site.json("/api/v1/openapi.json");
    assert_eq!(description["openapi"], "3.1.0");
    let documents = site.json("/api/v1/documents");
    let record = documents["items"][0]["record_id"].as_str().unwrap().to_owned();
    let mistaken = site.json("/api/v1/findings")["items"][0]["record_id"].as_str().unwrap().to_owned();
    let entry = site.json("/api/v1/quarantine")["items"][0]["id"].as_str().unwrap().to_owned();
    let mut tried = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let (id, query, body) = match path.as_str() {
                "/api/v1/quarantine/{id}/retry" => (&entry, "", json!("")),
                "/api/v1/units/review" => {
                    (&record, "?unit=%E9%9D%92%E7%9F%B3%E5%B8%82%E6%A1%A3%E6%A1%88%E9%A6%86", json!(""))
                }
                "/api/v1/upload" => (&entry, "?inbox=in&name=d.txt", json!("2022年度报告")),
                _ => (&record, "", json!({"verdict": "accepted", "who": "a", "note": "b"})),
            };
            let target = path.replace("{id}", id).replace("{record}", &mistaken).replace("{finding}", "n1") + query;
            let method: &'static str = if method == "get" { "GET" } else { "POST" };
            let mut request = site.ask(method, &target);
            if method == "POST" {
                request = request.header("Content-Type", "application/json").body(body.to_string());
            }
            let answer = request.send();
            let response = &operation["responses"][answer.status.to_string()];
            let kind = answer.header("content-type").unwrap_or_default().to_owned();
            let content = &response["content"][&kind];
            assert!(content.is_object(), "{target} answers with {kind}, which is not described");
            assert!(answer.status < 300 || target.contains("retry"), "{method} {target}: {}", answer.text());
            tried += 1;
            if kind.ends_with("json") {
                let mut schema = content["schema"].clone();
                schema["components"] = description["components"].clone();
                let validator = jsonschema::validator_for(&schema).unwrap();
                let value: Value = serde_json::from_slice(&answer.body).unwrap();
                let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{target}: {errors:?}\n{value:#}");
            }
        }
    }
    assert!(tried > 10);
}

#[test]
fn asking_again_costs_little() {
    let site = site();
    for target in ["/api/v1/documents", "/api/v1/findings", "/api/v1/overview", "/api/v1/openapi.json"] {
        let first = site.get(target);
        let tag = first.header("etag").unwrap().to_owned();
        let again = site.ask("GET", target).header("If-None-Match", &tag).send();
        assert_eq!((again.status, again.body.len()), (304, 0), "{target}");
        assert_eq!(again.header("etag"), Some(tag.as_str()), "{target}");
    }
    let before = site.get("/api/v1/documents").header("etag").unwrap().to_owned();
    site.home.put("keep/e.txt", report(9));
    site.home.until("another answer", || {
        site.ask("GET", "/api/v1/documents").header("If-None-Match", &before).send().status == 200
    });
}

#[test]
fn problems_are_told_as_programs_expect_them() {
    let site = site();
    for (method, target, body, status, code) in [
        ("GET", "/api/v1/nothing", "", 404, "not-found"),
        ("GET", "/api/v1/documents/none", "", 404, "not-found"),
        ("GET", "/api/v1/documents?year=x", "", 400, "invalid-request"),
        ("POST", "/api/v1/documents", "", 405, "method-not-allowed"),
        ("POST", "/api/v1/upload", "", 400, "invalid-request"),
        ("POST", "/api/v1/upload?inbox=none&name=a.txt", "x", 404, "not-found"),
        ("POST", "/api/v1/findings/none/n1/decision", "{\"verdict\":\"accepted\",\"who\":\"a\"}", 404, "not-found"),
        ("POST", "/api/v1/findings/none/n1/decision", "{\"verdict\":\"maybe\",\"who\":\"a\"}", 400, "invalid-request"),
        ("POST", "/api/v1/quarantine/none/retry", "", 404, "not-found"),
    ] {
        let answer = site.ask(method, target).header("Content-Type", "application/json").body(body).send();
        assert_problem(&answer, status, code, target);
    }
    let plain = site.ask("POST", "/api/v1/findings/none/n1/decision").header("Content-Type", "text/plain");
    assert_eq!(plain.body("{\"verdict\":\"accepted\",\"who\":\"a\"}").send().status, 400);
}

#[test]
fn the_trail_of_a_finding_is_told() {
    let site = site();
    let record = site.json("/api/v1/findings")["items"][0]["record_id"].as_str().unwrap().to_owned();
    let target = format!("/api/v1/findings/{record}/n1/decisions");
    assert_eq!(site.json(&target)["items"], json!([]));
    for (verdict, note) in [("explained", "口径不同"), ("reopened", ""), ("accepted", "退回")] {
        let body = json!({"verdict": verdict, "note": note, "who": "王芳"}).to_string();
        let asked =
            site.ask("POST", &target.replace("decisions", "decision")).header("Content-Type", "application/json");
        assert_eq!(asked.body(body).send().status, 200);
    }
    let told = site.json(&target);
    let items: Vec<(&str, &str, &str)> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["verdict"].as_str().unwrap(), item["note"].as_str().unwrap(), item["who"].as_str().unwrap()))
        .collect();
    assert_eq!(items, [("accepted", "退回", "王芳"), ("reopened", "", "王芳"), ("explained", "口径不同", "王芳")]);
    assert_eq!(told["items"][0]["record_id"], record);
    let finding = &site.json("/api/v1/findings?state=accepted")["items"][0];
    assert_eq!((&told["fingerprint"], &told["report"]), (&finding["fingerprint"], &finding["report"]));
    assert_problem(&site.get("/api/v1/findings/none/n1/decisions"), 404, "not-found", "no such finding");
}

#[test]
fn pages_of_a_list_follow_one_another() {
    let home = Home::new();
    for number in 1..=25 {
        home.put(format!("keep/{number}.txt"), report(number));
    }
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("done", || site.home.documents().len() == 25);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = site.json(&format!("/api/v1/documents?limit=7&year=2022&after={after}"));
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["record_id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (25, 25));
}
