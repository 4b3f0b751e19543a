//! A browser's side of HTTP over a plain connection: what was asked, what came, header by header.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::home::{Daemon, Home};

/// A daemon with its dashboard on a free port.
pub(crate) struct Site {
    pub(crate) home: Home,
    daemon: Option<Daemon>,
    pub(crate) address: String,
}

/// What came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What is asked.
pub(crate) struct Request<'a> {
    site: &'a Site,
    method: &'a str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Site {
    /// With the usual two inboxes.
    pub(crate) fn new() -> Self {
        Self::with(Home::new(), "web: {listen: 127.0.0.1:0}")
    }

    /// With what the dashboard is to be configured like, and files that are there before it starts.
    pub(crate) fn with(home: Home, web: &str) -> Self {
        let home = home.replacing("web: {listen: off}", web);
        let daemon = home.start();
        home.until("watching", || home.said().contains("\"watching\""));
        let said = home.said();
        let line = said.lines().find(|line| line.contains("answers browsers")).unwrap();
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        Self { address: value["at"].as_str().unwrap().to_owned(), daemon: Some(daemon), home }
    }

    pub(crate) fn ask(&self, method: &'static str, target: &str) -> Request<'_> {
        let headers = vec![("Host".to_owned(), self.address.clone())];
        Request { site: self, method, target: target.to_owned(), headers, body: Vec::new() }
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask("GET", target).send()
    }

    /// The page as text; it must be one.
    pub(crate) fn page(&self, target: &str) -> String {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{target}");
        answer.text()
    }

    pub(crate) fn json(&self, target: &str) -> serde_json::Value {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(crate) fn post_form(&self, target: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.ask("POST", target)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Origin", &format!("http://{}", self.address))
            .body(body.join("&"))
            .send()
    }

    /// Stops, and starts again with the same folders.
    pub(crate) fn stop(mut self) -> Home {
        assert_eq!(self.daemon.take().unwrap().stop(), Some(0));
        let Self { home, .. } = self;
        home
    }
}

impl Request<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(each, _)| !each.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn send(self) -> Answer {
        let mut head = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let mut stream = TcpStream::connect(&self.site.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        // The other side may have said no before it has read everything.
        let _ = stream.write_all(&self.body);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Answer::parse(&bytes)
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("no head came");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let headers: Vec<_> = lines.filter_map(pair).collect();
        let mut body = bytes[end + 4..].to_vec();
        if headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked") {
            body = unchunk(&body);
        }
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
        body.extend_from_slice(&rest[at + 2..at + 2 + size]);
        rest = &rest[at + 4 + size..];
    }
    body
}

/// A problem as programs expect it: status, media type, code.
pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str, about: &str) {
    let sort = answer.header("content-type");
    assert_eq!((answer.status, sort), (status, Some("application/problem+json")), "{about}");
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem["type"], format!("urn:hedui:problem:{code}"), "{about}");
    assert_eq!(problem["status"], status, "{about}");
}
