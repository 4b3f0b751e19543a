//! The commands for whoever operates the daemon.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::Value;

use crate::home::{Home, files, report};

fn json(home: &Home, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = home.run(arguments);
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), value)
}

#[test]
fn verify_finds_what_was_changed_removed_or_added() {
    let home = Home::new();
    assert_eq!(home.run(&["verify"]).status.code(), Some(6), "nothing to compare yet");
    for number in 0..3 {
        home.put(format!("keep/{number}.txt"), report(number));
    }
    home.once();
    let (code, found) = json(&home, &["verify", "--format", "json"]);
    assert_eq!((code, &found["records"], &found["compared"]), (Some(0), &3.into(), &3.into()), "{found}");

    let records = files(&home.path("out/records"));
    let text = fs::read_to_string(&records[0]).unwrap();
    fs::write(&records[0], text.replace("42", "43")).unwrap();
    fs::remove_file(&records[1]).unwrap();
    fs::write(records[2].with_file_name("other.json"), "{}").unwrap();
    let log = files(&home.path("out/reconciliation")).remove(0);
    let lines = fs::read_to_string(&log).unwrap();
    let first = lines.lines().next().unwrap();
    fs::write(&log, lines.replacen(&format!("{first}\n"), "", 1)).unwrap();
    let (code, found) = json(&home, &["verify", "--format", "json"]);
    assert_eq!(code, Some(1));
    let complaints: Vec<&str> = found["complaints"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    for expected in ["is not what was written", "is missing", "knows no such record", "the log begins with line 2"] {
        assert_eq!(complaints.iter().filter(|complaint| complaint.contains(expected)).count(), 1, "{complaints:?}");
    }
    assert_eq!(complaints.len(), 4, "{complaints:?}");
    let text = String::from_utf8(home.run(&["verify"]).stdout).unwrap();
    assert!(text.ends_with("0 sources to be moved: see above\n"), "{text}");
}

#[test]
fn verify_finds_a_log_that_is_not_the_one_written() {
    let home = Home::new();
    for number in 0..3 {
        home.put(format!("keep/{number}.txt"), report(number));
    }
    home.once();
    let log = files(&home.path("out/reconciliation")).remove(0);
    let text = fs::read_to_string(&log).unwrap();
    for (broken, complaint) in [
        (text.replacen(".txt", ".doc", 1), "the line before it is not the one that was written"),
        (text.lines().take(2).map(|line| format!("{line}\n")).collect(), "the log ends with line 2"),
        (String::new(), "the log ends with line 0"),
    ] {
        fs::write(&log, &broken).unwrap();
        let output = home.run(&["verify"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(complaint), "{complaint}: {said}");
    }
    fs::write(&log, text).unwrap();
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn verify_may_look_while_the_daemon_works() {
    let home = Home::new();
    let daemon = home.start();
    for number in 0..60 {
        home.put(format!("in/{number}.txt"), report(number));
    }
    home.until("all records", || {
        let output = home.run(&["verify"]);
        // Before the first look there is no journal.
        assert!(matches!(output.status.code(), Some(0 | 6)), "{}", String::from_utf8_lossy(&output.stdout));
        files(&home.path("archive")).len() == 60
    });
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(json(&home, &["verify", "--format", "json"]).1["records"], 60);
}

#[test]
fn status_counts_and_says_who_runs() {
    let home = Home::new();
    home.put("keep/a.txt", report(1));
    home.put("keep/b.txt", report(1));
    home.put("in/c.pdf", "%PDF-1.7\n");
    home.put("in/.d", "x");
    home.once();
    let (_, status) = json(&home, &["status", "--format", "json"]);
    assert_eq!(status["daemon"], Value::Null);
    assert_eq!(status["inboxes"]["keep"], serde_json::json!({"done": 1, "duplicate": 1}));
    assert_eq!(status["inboxes"]["in"], serde_json::json!({"ignored": 1, "quarantined": 1}));
    assert_eq!((&status["current"], &status["quarantined"]["pdf"]), (&1.into(), &1.into()));
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    home.put("in/e.txt", report(2));
    home.until("converted", || home.documents().len() == 2);
    home.until("the sandbox is known", || {
        let status = json(&home, &["status", "--format", "json"]).1;
        status["daemon"]["pid"] == daemon.pid().as_raw_nonzero().get()
            && status["daemon"]["sandbox"].as_str().is_some_and(|sandbox| sandbox.contains("rlimits"))
    });
    let text = String::from_utf8(home.run(&["status"]).stdout).unwrap();
    assert!(text.contains("inbox       in: 1 done, 1 ignored, 1 quarantined\n"), "{text}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn explain_knows_every_state() {
    let home = Home::new().replacing("quiet_window: 150ms", "quiet_window: 1s");
    home.put("keep/a.txt", report(1));
    home.once();
    home.put("keep/b.txt", report(1));
    home.put("in/moved.txt", report(2));
    home.put("in/c.pdf", "%PDF-1.7\n");
    home.put("in/~$c.docx", "x");
    home.put("in/page.html", "<html>1</html>");
    home.put("in/page_files/x.html", "<html>1</html>");
    home.once();
    let state = |path: &str| json(&home, &["explain", path, "--format", "json"]).1;
    let is = |path: &str, expected: &str| assert_eq!(state(path)["state"], expected, "{path}: {}", state(path));
    is("keep/a.txt", "done");
    is("keep/b.txt", "duplicate");
    is("in/moved.txt", "done");
    is("in/c.pdf", "quarantined");
    assert_eq!(state("in/c.pdf")["code"], "pdf");
    is("in/~$c.docx", "ignored");
    assert_eq!(state("in/~$c.docx")["rule"], "office-lock");
    assert_eq!(state("in/page_files/x.html")["rule"], "saved-page-folder");
    is("in/nothing.txt", "missing");
    is("elsewhere.txt", "outside");
    home.put("in/new.txt", report(3));
    is("in/new.txt", "next-look");
    let home = home.replacing("quiet_window: 1s", "quiet_window: 10m");
    let state = |path: &str| json(&home, &["explain", path, "--format", "json"]).1;
    let is = |path: &str, expected: &str| assert_eq!(state(path)["state"], expected, "{path}: {}", state(path));
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    is("in/new.txt", "quiet-window");
    home.put("in/torn.docx", "PK\x03\x04");
    is("in/torn.docx", "torn");
    let text = String::from_utf8(home.run(&["explain", "in/c.pdf"]).stdout).unwrap();
    assert!(text.contains("hedui retry ") && text.contains("请放入生成该 PDF 的"), "{text}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn retry_puts_back_and_wakes_the_daemon() {
    let home =
        Home::default_with("limits: {input_bytes: 300}\n").replacing("rescan_interval: 1s", "rescan_interval: 1h");
    let long: String = (0..9).map(report).collect();
    home.put("in/sub/moved.txt", &long);
    home.put("keep/kept.txt", format!("{long}。"));
    home.put("in/other.pdf", "%PDF-1.7\n");
    home.once();
    assert_eq!(home.quarantine().len(), 3);
    assert_eq!(home.run(&["retry", "nonsense"]).status.code(), Some(5));

    // The same limits, so the same end: but it was tried.
    let lines = home.log().len();
    let (code, done) = json(&home, &["retry", "in/sub/moved.txt", "--format", "json"]);
    assert_eq!((code, &done["woken"]), (Some(0), &false.into()), "{done}");
    assert!(home.path("in/sub/moved.txt").exists() && home.quarantine().len() == 2);
    home.once();
    assert_eq!((home.quarantine().len(), home.log().len()), (3, lines + 1));

    // The file system events are not needed: the daemon is told.
    let config = fs::read_to_string(home.path("config.yaml")).unwrap();
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    let (code, done) = json(&home, &["retry", "--all", "--format", "json"]);
    assert_eq!((code, &done["woken"]), (Some(0), &true.into()), "{done}");
    home.until("all are refused again", || home.quarantine().len() == 3 && home.log().len() == lines + 4);
    assert_eq!(daemon.stop(), Some(0));

    // What stands in the way is said.
    home.put("in/other.pdf", "another");
    let (code, done) = json(&home, &["retry", "in/other.pdf", "--format", "json"]);
    assert_eq!(code, Some(5), "{done}");
    assert!(done["entries"][0]["what"].as_str().unwrap().contains("take it away first"), "{done}");
    fs::remove_file(home.path("in/other.pdf")).unwrap();

    fs::write(home.path("config.yaml"), config.replace("limits: {input_bytes: 300}\n", "")).unwrap();
    assert_eq!(home.run(&["retry", "--all"]).status.code(), Some(0));
    home.once();
    assert_eq!(home.documents(), ["kept.txt", "sub/moved.txt"]);
    assert_eq!(home.quarantine().keys().collect::<Vec<_>>(), ["other.pdf"]);
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn status_counts_what_waits_also_without_a_daemon() {
    let home = Home::new().replacing("quiet_window: 150ms", "quiet_window: 1h");
    home.put("in/a.txt", report(1));
    home.put("keep/b.txt", report(2));
    home.put("keep/.c", "x");
    let waiting = |inbox: &str| json(&home, &["status", "--format", "json"]).1["waiting"][inbox].clone();
    let (code, status) = json(&home, &["status", "--format", "json"]);
    assert_eq!((code, &status["trouble"]["code"]), (Some(6), &"no-journal".into()), "{status}");
    assert_eq!(waiting("keep"), serde_json::json!({"not_ready": 1, "ready": 0}));
    let text = String::from_utf8(home.run(&["status"]).stdout).unwrap();
    assert!(text.contains("no-journal  there is no journal in ") && text.contains("start it"), "{text}");
    assert!(text.contains("waiting     in: 0 complete, for when the daemon runs, 1 not complete yet\n"), "{text}");
    for folder in ["state", "out", "archive", "quarantine"] {
        assert!(!home.path(folder).exists(), "{folder} was made");
    }

    let home = home.replacing("quiet_window: 1h", "quiet_window: 0s");
    let waiting = |inbox: &str| json(&home, &["status", "--format", "json"]).1["waiting"][inbox].clone();
    assert_eq!(waiting("in"), serde_json::json!({"not_ready": 0, "ready": 1}));
    home.once();
    let (code, status) = json(&home, &["status", "--format", "json"]);
    let nothing = serde_json::json!({"not_ready": 0, "ready": 0});
    assert_eq!((code, &status["trouble"], &status["waiting"]["in"]), (Some(0), &Value::Null, &nothing), "{status}");
    assert_eq!(status["waiting"]["keep"], nothing, "what is answered for and passed over does not wait");
    assert!(!String::from_utf8(home.run(&["status"]).stdout).unwrap().contains("waiting"));
    home.put("keep/d/e.txt", report(3));
    assert_eq!(waiting("keep"), serde_json::json!({"not_ready": 0, "ready": 1}));

    // The state folder is gone, the results are not.
    fs::rename(home.path("state"), home.path("aside")).unwrap();
    let (code, status) = json(&home, &["status", "--format", "json"]);
    assert_eq!((code, &status["trouble"]["code"]), (Some(6), &"state-gone".into()), "{status}");
    for command in [&["verify"][..], &["explain", "--config", "config.yaml", "keep/b.txt"], &["retry", "--all"]] {
        let output = home.run(command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(6) && said.contains("(state-gone)"), "{command:?}: {said}");
    }
    assert!(!home.path("state").exists());
    fs::rename(home.path("aside"), home.path("state")).unwrap();
    assert_eq!(home.run(&["status"]).status.code(), Some(0));
}

#[test]
fn a_start_is_ended_by_a_signal_and_says_what_it_is_at() {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    home.once();
    // Somebody has the journal, as a start that has much to note would.
    let journal = rusqlite::Connection::open(home.path("state/journal.sqlite3")).unwrap();
    journal.execute_batch("BEGIN IMMEDIATE").unwrap();
    let daemon = home.start();
    home.until("starting", || {
        let text = String::from_utf8(home.run(&["status"]).stdout).unwrap();
        text.contains("starting    looking at what the last run left")
    });
    assert!(!home.said().contains("\"watching\""));
    assert_eq!(daemon.stop(), Some(0), "{}", home.said());
    assert!(home.said().contains("stopping before the start was over"), "{}", home.said());
    journal.execute_batch("ROLLBACK").unwrap();
    drop(journal);
    home.put("in/b.txt", report(2));
    home.once();
    assert_eq!(home.documents(), ["a.txt", "b.txt"]);
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

/// Every command that takes a path takes any bytes, in names and in the folders above them.
#[test]
fn paths_that_are_no_text_are_taken_everywhere() {
    let name = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    let home = Home::new();
    let folder = Path::new("keep").join(name(b"\xb1\xa8\xb8\xe6"));
    let (good, bad) = (folder.join(name(b"\xc4\xea.txt")), folder.join(name(b"\xc5.pdf")));
    home.put(&good, report(1));
    home.put(&bad, "%PDF-1.7\n");
    let ran = |arguments: &[&OsStr]| -> (Option<i32>, String, String) {
        let output = home.command(&[]).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let word = OsStr::new;
    let shown = "keep/\\xB1\\xA8\\xB8\\xE6/\\xC4\\xEA.txt";
    for command in ["convert", "check", "facts", "report", "explain"] {
        let (code, out, err) = ran(&[word(command), good.as_os_str()]);
        assert!(code == Some(0) && !out.is_empty(), "{command}: {err}");
    }
    for command in ["convert", "check", "facts"] {
        // The folder: one of two files gives no record.
        let (code, out, err) = ran(&[word(command), folder.as_os_str()]);
        assert!(code == Some(4) && err.contains("\\xC5.pdf: pdf: "), "{command}: {out} {err}");
    }
    assert!(ran(&[word("check"), good.as_os_str()]).1.contains(shown));
    for (command, out) in [("convert", &b"\xa1/records"[..]), ("report", b"\xa1/reviews/"), ("report", b"\xa2.html")] {
        let out = name(out);
        assert_eq!(ran(&[word(command), good.as_os_str(), word("--out"), &out]).0, Some(0));
        assert!(home.path(&out).exists(), "{}", out.display());
    }
    // With a daemon's journal: from where one stands, from the root, by inbox and path as they are shown, and by the name alone.
    home.once();
    let (code, out, _) = ran(&[word("explain"), good.as_os_str(), word("--format"), word("json")]);
    assert!(code == Some(0) && out.contains("\"state\": \"done\""), "{out}");
    let whole = home.path(&bad);
    let inner = bad.strip_prefix("keep").unwrap().as_os_str();
    for path in [bad.as_os_str(), whole.as_os_str(), inner, word("keep/\\xB1\\xA8\\xB8\\xE6/\\xC5.pdf")] {
        let (code, out, err) = ran(&[word("retry"), path]);
        assert!(code == Some(0) && out.contains("tried again where it lies"), "{}: {out} {err}", path.display());
        home.once();
    }
    assert_eq!(home.run(&["verify", "--full"]).status.code(), Some(0));
    let config = folder.join(name(b"\xd6.yaml"));
    home.put(&config, "inboxes: [{path: in}]\n");
    assert_eq!(ran(&[word("validate-config"), config.as_os_str()]).0, Some(0));
    assert_eq!(ran(&[word("status"), word("--config"), config.as_os_str()]).0, Some(6));
}
