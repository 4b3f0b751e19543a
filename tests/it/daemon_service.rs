//! The daemon as a service: what it tells its manager, reloads, questions about its health, the shipped unit.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::home::{Home, report};
use crate::support::root;

/// A service manager's socket, and everything that was told so far.
struct Manager {
    socket: UnixDatagram,
    told: Vec<String>,
}

impl Manager {
    fn new(home: &Home) -> Self {
        let socket = UnixDatagram::bind(home.path("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        Self { socket, told: Vec::new() }
    }

    /// Takes what has come.
    fn listen(&mut self) -> &[String] {
        let mut buffer = [0; 4096];
        loop {
            match self.socket.recv(&mut buffer) {
                Ok(count) => self.told.extend(String::from_utf8_lossy(&buffer[..count]).lines().map(str::to_owned)),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return &self.told,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn count(&mut self, word: &str) -> usize {
        self.listen().iter().filter(|told| told.as_str() == word).count()
    }
}

/// The answer of the daemon that listens, with its status line.
fn ask(home: &Home, target: &str) -> Option<String> {
    let said = home.said();
    let line = said.lines().rev().find(|line| line.contains("\"at\":\"127.0.0.1:"))?;
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    let mut stream = TcpStream::connect(value["at"].as_str().unwrap()).ok()?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn the_manager_is_told_at_the_right_times() {
    let home = Home::new();
    let mut manager = Manager::new(&home);
    let socket = home.path("notify");
    let daemon = home.start_with(&[("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "300000")]);
    home.until("ready", || manager.count("READY=1") == 1);
    assert!(home.said().contains("\"started\"") && manager.count("STOPPING=1") == 0);
    home.until("the watchdog is fed", || manager.count("WATCHDOG=1") >= 3);

    // A configuration that is not valid changes nothing, and says where.
    let good = fs::read_to_string(home.path("config.yaml")).unwrap();
    fs::write(home.path("config.yaml"), format!("{good}nonsense: 1\n")).unwrap();
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    home.until("a complaint", || home.said().contains("config.yaml:9:1: unknown field `nonsense`"));
    assert_eq!(manager.count("RELOADING=1"), 0);
    home.put("in/a.txt", report(1));
    home.until("the daemon goes on", || home.documents() == ["a.txt"]);

    // A valid one is gone over to: another inbox is watched.
    let more = good.replace("  - {path: keep, after: keep}\n", "  - {path: keep, after: keep}\n  - {path: more}\n");
    fs::write(home.path("config.yaml"), more).unwrap();
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    home.until("reloaded", || manager.count("RELOADING=1") == 1 && manager.count("READY=1") == 2);
    assert!(manager.listen().iter().any(|told| told.starts_with("MONOTONIC_USEC=")));
    home.put("more/b.txt", report(2));
    home.until("the new inbox is watched", || home.documents() == ["a.txt", "b.txt"]);
    assert_eq!(manager.count("STOPPING=1"), 0);
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(manager.count("STOPPING=1"), 1);
    let last = manager.listen().iter().rfind(|told| !told.starts_with("WATCHDOG")).unwrap().clone();
    assert_eq!(last, "STOPPING=1");
}

#[test]
fn another_state_folder_needs_a_restart() {
    let home = Home::new();
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    let config = fs::read_to_string(home.path("config.yaml")).unwrap();
    fs::write(home.path("config.yaml"), format!("{config}state: elsewhere\n")).unwrap();
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    home.until("it is said", || home.said().contains("another state folder needs a restart"));
    home.put("in/a.txt", report(1));
    home.until("the daemon goes on", || home.documents() == ["a.txt"]);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn health_is_told_to_this_machine() {
    let home = Home::new().replacing("listen: off", "listen: 127.0.0.1:0");
    home.put("in/a.txt", report(1));
    home.put("keep/b.txt", report(1));
    home.put("in/c.pdf", "%PDF-1.7\n");
    let daemon = home.start();
    home.until("ready", || ask(&home, "/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200 OK\r\n")));
    home.until("counted", || {
        let text = ask(&home, "/metrics").unwrap();
        ["done\"} 1\n", "duplicate\"} 1\n", "quarantined\"} 1\n"].iter().all(|end| text.contains(end))
    });
    let text = ask(&home, "/metrics").unwrap();
    let body = text.split_once("\r\n\r\n").unwrap().1;
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("hedui_") && value.parse::<f64>().is_ok(), "{line}");
        let family = name.split('{').next().unwrap();
        assert!(body.contains(&format!("# TYPE {family} ")) && body.contains(&format!("# HELP {family} ")), "{family}");
        let page = fs::read_to_string(root().join("docs/operations.md")).unwrap();
        assert!(page.contains(&format!("`{family}`")), "docs/operations.md does not say what {family} means");
    }
    assert!(ask(&home, "/healthz").unwrap().ends_with("\r\n\r\nok\n"));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn addresses_that_others_reach_need_a_secret_and_a_name() {
    let secret = ", token_file: token";
    for (web, complaint) in [
        ("web: {listen: 0.0.0.0:80}", "config.yaml:8:15: other machines reach this address, so `web.token_file`"),
        ("web: {listen: 10.1.2.3:80}", "config.yaml:8:15: other machines reach this address, so `web.token_file`"),
        (&format!("web: {{listen: 0.0.0.0:80{secret}}}"), "config.yaml:8:15: at this address `web.allowed_hosts` must"),
        (&format!("web: {{listen: 10.1.2.3:80{secret}, allowed_hosts: [a:80]}}"), "`a:80` is no name of a host"),
        ("web: {listen: somewhere}", "config.yaml:8:15: `somewhere` is no address with a port"),
        ("web: {token_file: none}", "config.yaml:8:19: `none` cannot be read"),
        ("web: {token_file: short}", "config.yaml:8:19: the first line of `short` must have at least 16 characters"),
        ("listen: 127.0.0.1:1", "config.yaml:8:9: `listen` is part of `web` now; write `web: {listen: 127.0.0.1:1}`"),
    ] {
        let home = Home::new().replacing("web: {listen: off}", web);
        home.put("token", "a secret of many characters\n");
        home.put("short", "a secret\n");
        let output = home.run(&["validate-config"]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(3) && text.contains(complaint), "{web}: {text}");
    }
    let allowed = "web: {listen: 0.0.0.0:80, token_file: token, allowed_hosts: [hedui.intranet]}";
    let home = Home::new().replacing("web: {listen: off}", allowed);
    home.put("token", "a secret of many characters\n");
    assert_eq!(home.run(&["validate-config"]).status.code(), Some(0));
}

#[test]
fn the_shipped_unit_is_hardened() {
    let unit = root().join("packaging/hedui.service");
    let mut judge = Command::new("systemd-analyze");
    judge.args(["security", "--offline=true", "--no-pager", "--threshold=15"]).arg(&unit);
    match judge.output() {
        Err(_) => println!("skipped: there is no systemd-analyze here"),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            println!("{}", text.lines().last().unwrap_or_default());
            assert!(output.status.success(), "{text}");
        }
    }
}

#[test]
fn the_packaged_configuration_is_valid() {
    let home = Home::with(&fs::read_to_string(root().join("packaging/config.yaml")).unwrap());
    assert_eq!(home.run(&["validate-config"]).status.code(), Some(0));
}

/// What `cargo deb` packs is there, and the unit finds it where it looks.
#[test]
fn the_package_has_what_it_names() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let assets = manifest.split("assets = [").nth(1).unwrap().split("\n]").next().unwrap();
    let paths: Vec<&str> = assets.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert!(paths.len() > 10);
    for path in paths.iter().filter(|path| !path.starts_with("target/")) {
        assert!(root().join(path).is_file(), "{path}");
    }
    for script in ["postinst", "prerm", "postrm"] {
        let path = root().join("packaging/debian").join(script);
        let checked = Command::new("sh").arg("-n").arg(path).status().unwrap();
        assert!(checked.success(), "{script}");
    }
    let unit = fs::read_to_string(root().join("packaging/hedui.service")).unwrap();
    assert!(unit.contains("ExecStart=/usr/bin/hedui run --config /etc/hedui/config.yaml"));
}

/// Every proof that docs/promises.md and docs/dashboard.md name is there.
#[test]
fn the_proofs_of_the_promises_exist() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (page, dashboard) = (read("docs/promises.md"), read("docs/dashboard.md"));
    let mut sources = String::new();
    for folder in ["src/daemon", "src/sink", "tests/it"] {
        for path in crate::home::files(&root().join(folder)) {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let mut named = 0;
    let promises = page.split("## Measured").next().unwrap();
    let kept_out = dashboard.split("## What it keeps out").nth(1).unwrap().split("\n## ").next().unwrap();
    assert!(kept_out.lines().filter(|line| line.starts_with("| ")).count() > 10, "{kept_out}");
    let rows = kept_out.lines().filter(|line| line.starts_with("| ")).skip(1);
    assert!(rows.clone().all(|line| line.matches('`').count() >= 2), "a line has no test: {kept_out}");
    let cells =
        promises.lines().chain(rows).filter(|line| line.starts_with("| ")).filter_map(|line| line.rsplit(" | ").next());
    for proof in cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
        named += 1;
        let exists = match proof.strip_suffix(".sh") {
            Some(_) => root().join("tests/soak").join(proof).is_file(),
            None => sources.contains(&format!("fn {proof}()")),
        };
        assert!(exists, "{proof} is named and not there");
    }
    assert!(named > 50, "{named}");
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    for path in crate::home::files(&root().join("tests/soak")) {
        let script = crate::home::name(&path);
        let apart = !script.ends_with(".sh") || ["begin.sh", "fuzz.sh"].contains(&script.as_str());
        assert!(apart || ci.contains(&script), ".ci/run does not run {script}");
    }
}
