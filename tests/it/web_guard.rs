//! Who may ask the dashboard what from where: one test per promise.

use std::fs;

use crate::browser::Site;
use crate::home::{Home, name, report};

const SECRET: &str = "a secret of many characters";

fn pages() -> [&'static str; 7] {
    ["/", "/documents", "/findings", "/quarantine", "/upload", "/rules", "/api/v1/documents"]
}

#[test]
fn only_names_of_this_machine_are_answered() {
    let site = Site::with(Home::new(), "web: {listen: 127.0.0.1:0, allowed_hosts: [hedui.intranet]}");
    for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example:80", "x"] {
        for page in pages() {
            assert_eq!(site.ask("GET", page).header("Host", host).send().status, 421, "{host} {page}");
        }
        assert_eq!(site.ask("GET", "/metrics").header("Host", host).send().status, 421);
    }
    assert!(site.ask("GET", "/").header("Host", "").send().status >= 400);
    for host in ["localhost", "localhost:1", "127.0.0.1", "[::1]:8650", "hedui.intranet", "HEDUI.intranet:80"] {
        assert_eq!(site.ask("GET", "/").header("Host", host).send().status, 200, "{host}");
    }
}

#[test]
fn changes_from_other_origins_are_refused() {
    let site = Site::new();
    let own = format!("http://{}", site.address);
    for target in [
        "/upload",
        "/findings/decide",
        "/logout",
        "/login",
        "/quarantine/x/retry",
        "/api/v1/upload?inbox=in&name=a.txt",
    ] {
        for (header, value) in [
            ("Origin", "http://evil.example"),
            ("Origin", "null"),
            ("Origin", &own.replace("http://", "http://evil.")),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let answer = site.ask("POST", target).header(header, value).body("x").send();
            assert_eq!(answer.status, 403, "{target} {header}: {value}");
        }
    }
    assert!(fs::read_dir(site.home.path("in")).unwrap().next().is_none());
    let upload = site.ask("POST", "/api/v1/upload?inbox=in&name=a.txt").header("Origin", &own);
    assert_eq!(upload.header("Sec-Fetch-Site", "same-origin").body(report(1)).send().status, 201);
    // A change is never asked for by GET.
    for target in ["/findings/decide", "/logout", "/quarantine/x/retry", "/api/v1/upload"] {
        assert_eq!(site.get(target).status, 405, "{target}");
    }
}

#[test]
fn the_secret_is_asked_for_everywhere() {
    let home = Home::new();
    home.put("token", format!("{SECRET}\n"));
    let site = Site::with(home, "web: {listen: 127.0.0.1:0, token_file: token}");
    for page in pages().into_iter().chain(["/metrics", "/events", "/documents/x/original", "/api/v1/openapi.json"]) {
        let answer = site.get(page);
        let refused = if page.starts_with("/api/") { answer.status == 401 } else { answer.status == 303 };
        assert!(refused, "{page}: {}", answer.status);
        assert!(!answer.text().contains("hedui_sources_total"));
    }
    assert_eq!(site.get("/").header("location"), Some("/login?next=%2F"));
    for open in ["/login", "/healthz", "/readyz"] {
        assert_eq!(site.get(open).status, 200, "{open}");
    }
    let api =
        |token: &str| site.ask("GET", "/api/v1/documents").header("Authorization", &format!("Bearer {token}")).send();
    assert_eq!(api(SECRET).status, 200);
    let refused = api("a secret of many charactert");
    assert_eq!((refused.status, refused.header("content-type")), (401, Some("application/problem+json")));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"hedui\""));

    let wrong = site.post_form("/login", &[("token", "wrong"), ("next", "/findings")]);
    assert!(wrong.status == 401 && wrong.header("set-cookie").is_none());
    let signed = site.post_form("/login", &[("token", SECRET), ("next", "//evil.example")]);
    assert_eq!((signed.status, signed.header("location")), (303, Some("/")));
    let cookie = signed.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite") && !cookie.contains(SECRET), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(site.ask("GET", "/").header("Cookie", cookie).send().status, 200);
    assert_eq!(site.ask("GET", "/").header("Cookie", "hedui-session=x").send().status, 303);
    assert!(!site.home.said().contains(SECRET));
}

#[test]
fn every_answer_keeps_browsers_in_bounds() {
    let home = Home::new();
    home.put("keep/a.txt", report(1));
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("done", || site.home.documents().len() == 1);
    let id = site.json("/api/v1/documents")["items"][0]["record_id"].as_str().unwrap().to_owned();
    let more = [format!("/documents/{id}"), "/nowhere".to_owned(), "/assets/style.css".to_owned()];
    for page in pages().iter().copied().chain(more.iter().map(String::as_str)) {
        let answer = site.get(page);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{page}: {policy}");
        for part in
            ["script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{page}: {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{page}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{page}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{page}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{page}");
        let text = answer.text();
        for inline in [" style=", "<style", " onclick", " onload", "javascript:"] {
            assert!(
                !text.contains(inline) || !page.starts_with('/') || page.starts_with("/assets"),
                "{page}: {inline}"
            );
        }
        assert_eq!(text.matches("<script").count(), text.matches("<script src=\"/assets/").count(), "{page}");
    }
}

#[test]
fn originals_never_open_in_the_browser() {
    let home = Home::new();
    let source = format!("<html><script>alert(1)</script><p>{}</p></html>", report(7));
    home.put("in/报 告.html", &source);
    home.put("in/b.pdf", "%PDF-1.7\n");
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    // The files are there before the journal says so.
    let listed = |list: &str| site.json(&format!("/api/v1/{list}"))["items"].as_array().unwrap().len() == 1;
    site.home.until("done", || listed("documents") && listed("quarantine"));
    let id = site.json("/api/v1/documents")["items"][0]["record_id"].as_str().unwrap().to_owned();
    let entry = site.json("/api/v1/quarantine")["items"][0]["id"].as_str().unwrap().to_owned();
    for (target, bytes) in [
        (format!("/documents/{id}/original"), source.as_bytes()),
        (format!("/api/v1/documents/{id}/original"), source.as_bytes()),
        (format!("/quarantine/{entry}/original"), b"%PDF-1.7\n"),
    ] {
        site.home.until("put away", || site.get(&target).status == 200);
        let answer = site.get(&target);
        assert_eq!(answer.body, bytes, "{target}");
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment;"), "{target}");
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{target}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
        assert!(answer.header("content-security-policy").unwrap().contains("sandbox"), "{target}");
    }
    let named = site.get(&format!("/documents/{id}/original"));
    assert!(named.header("content-disposition").unwrap().contains("filename*=UTF-8''%E6%8A%A5%20%E5%91%8A.html"));
    let record = site.get(&format!("/documents/{id}/record.json"));
    assert!(record.header("content-disposition").unwrap().starts_with("attachment;"));
    assert_eq!(site.get("/documents/..%2F..%2Fconfig.yaml/record.json").status, 404);
    assert_eq!(site.get("/quarantine/..%2F..%2Fconfig.yaml/original").status, 404);
}

#[test]
fn names_of_uploads_stay_in_their_inbox() {
    let site = Site::new();
    let send =
        |name: &str, body: &str| site.ask("POST", &format!("/api/v1/upload?inbox=keep&name={name}")).body(body).send();
    for (sent, expected) in [
        ("..%2F..%2Fescaped.txt", "escaped.txt"),
        ("%2Fetc%2Fcron.d%2Fx.txt", "x.txt"),
        ("..%5C..%5Cy.txt", "y.txt"),
        ("a%00b%0A.txt", "a_b_.txt"),
        ("..txt", "txt"),
    ] {
        let answer = send(sent, &report(1));
        assert_eq!(answer.status, 201, "{sent}: {}", answer.text());
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["name"], expected, "{sent}");
        assert!(site.home.path("keep").join(expected).is_file(), "{sent}");
    }
    for sent in ["", "..", "%2F", "a.tmp", "~%24a.docx", "Thumbs.db"] {
        assert_eq!(send(sent, "x").status, 400, "{sent}");
    }
    assert_eq!(site.ask("POST", "/api/v1/upload?inbox=..&name=a.txt").body("x").send().status, 404);
    let names: Vec<String> = crate::home::files(site.home.path("").as_path()).iter().map(|path| name(path)).collect();
    assert!(!names.iter().any(|name| name.contains("upload")), "{names:?}");
    // A name that is taken gets a number; nothing is replaced.
    assert!(send("x.txt", &report(2)).text().contains("x (2).txt"));
    assert_eq!(fs::read_to_string(site.home.path("keep/x.txt")).unwrap(), report(1));
}

#[test]
fn too_large_uploads_leave_nothing() {
    let site = Site::with(Home::new(), "web: {listen: 127.0.0.1:0, upload_bytes: 100000}");
    let answer = site.ask("POST", "/api/v1/upload?inbox=in&name=a.txt").body(vec![b'x'; 2_000_000]).send();
    assert_eq!((answer.status, answer.header("content-type")), (413, Some("application/problem+json")));
    assert!(fs::read_dir(site.home.path("in")).unwrap().next().is_none());
    // Other bodies and heads are bounded too.
    let note = "x".repeat(200_000);
    assert_eq!(site.post_form("/findings/decide", &[("note", &note)]).status, 413);
    assert!(site.ask("GET", "/").header("X-Long", &"x".repeat(100_000)).send().status >= 400);
}

#[test]
fn texts_of_documents_are_nothing_but_text() {
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let escaped = evil.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let rows = format!(
        "<html><head><title>{escaped}</title></head><body><h1>{escaped}2022年度部门整体支出绩效自评报告</h1><table>\
         <tr><th>项目{escaped}</th><th>决算数（万元）</th></tr><tr><td>基本支出{escaped}</td><td>10.00</td></tr>\
         <tr><td>项目支出</td><td>20.00</td></tr><tr><td>合计</td><td>31.00</td></tr></table>\
         <p>2022年总支出31.00万元，其中基本支出10.00万元，项目支出20.00万元。{escaped}</p></body></html>"
    );
    let home = Home::new();
    home.put("keep/<img src=x onerror=alert(3)>.html", &rows);
    home.put("keep/<svg onload=alert(4)>.pdf", "%PDF-1.7\n");
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    site.home.until("done", || site.home.documents().len() == 1 && site.home.quarantine().len() == 1);
    let id = site.json("/api/v1/documents")["items"][0]["record_id"].as_str().unwrap().to_owned();
    let document = format!("/documents/{id}");
    let query = "/documents?text=%22%3E%3Cscript%3Ealert(5)%3C/script%3E&unit=%3Csvg%20onload=x%3E";
    let mut shown = 0;
    for page in ["/", "/documents", "/findings", "/quarantine", &document, query, "/quarantine?not=%3Cscript%3E"] {
        let text = site.page(page);
        for tag in ["<script>", "<img src=x", "<svg onload", "onerror=alert(2)>\""] {
            assert!(!text.contains(tag), "{page} has {tag}");
        }
        shown += text.matches("&#60;script&#62;").count() + text.matches("&lt;script&gt;").count();
    }
    assert!(shown > 3, "nothing of it was shown");
    let text = site.page(&document);
    assert!(text.contains("alert(1)") && text.contains("id=\"n1\""), "{text}");
}
