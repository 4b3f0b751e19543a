//! What a daemon does for itself over the years: what is taken and left out, retention, upgrades, a damaged journal,
//! short disks.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use hedui::record::LogBody;
use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::daemon_bundle::packed;
use crate::home::{Home, files, name, report};

fn json(home: &Home, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = home.run(arguments);
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), value)
}

/// A pipelines folder that reads `基本支出` as nothing it knows, in another version of the vocabulary.
fn other_pipelines(home: &Home) {
    let text = fs::read_to_string(crate::support::root().join("pipelines/vocabulary.yaml")).unwrap();
    let version = text.lines().find(|line| line.starts_with("version:")).unwrap().to_owned();
    let changed = text.replacen(&version, "version: \"other\"", 1).replace("基本支出", "根本支出");
    home.put("pipelines/vocabulary.yaml", changed);
    let config = fs::read_to_string(home.path("config.yaml")).unwrap();
    fs::write(home.path("config.yaml"), format!("{config}pipelines: pipelines\n")).unwrap();
}

#[test]
fn an_inbox_takes_what_its_patterns_say() {
    let home = Home::new().replacing(
        "{path: in, after: move}",
        "{path: in, after: move, include: ['*.txt', '2023/*'], exclude: ['*草稿*', old/], max_depth: 1, quiet_window: 50ms}",
    );
    home.put("in/a.txt", report(1));
    home.put("in/b.html", report(2));
    home.put("in/2023/c.html", report(3));
    home.put("in/2023/deep/d.txt", report(4));
    home.put("in/x/草稿.TXT", report(5));
    home.put("in/old/e.txt", report(6));
    home.once();
    assert_eq!(home.documents(), ["2023/c.html", "a.txt"]);
    let rule = |path: &str| json(&home, &["explain", path, "--format", "json"]).1["rule"].clone();
    assert_eq!(rule("in/b.html"), "not-included");
    assert_eq!(rule("in/x/草稿.TXT"), "excluded");
    assert_eq!(rule("in/old/e.txt"), "excluded");
    assert_eq!(rule("in/2023/deep/d.txt"), "max-depth");
    // With the daemon, and other patterns after a reload.
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    home.put("in/2023/f.txt", report(7));
    home.put("in/old/g.txt", report(8));
    home.until("converted", || home.documents().len() == 3);
    let home = home.replacing(", old/]", "]");
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    home.until("converted", || home.documents() == ["2023/c.html", "2023/f.txt", "a.txt", "old/e.txt", "old/g.txt"]);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn what_is_old_goes_and_nothing_else() {
    let home = Home::new();
    for number in 0..6 {
        home.put(format!("in/{number}.txt"), report(number));
    }
    home.put("in/a.pdf", "%PDF-1.7\n");
    home.put("keep/k.txt", report(9));
    home.once();
    home.put("keep/k.txt", report(10));
    home.once();
    let count = |folder: &str| files(&home.path(folder)).len();
    assert_eq!((count("archive"), count("quarantine"), count("out/superseded")), (6, 2, 1));
    let nothing = json(&home, &["clean", "--format", "json"]).1;
    assert_eq!(nothing["files"], serde_json::json!([]), "off by default");

    let config = fs::read_to_string(home.path("config.yaml")).unwrap();
    let size = fs::metadata(files(&home.path("archive")).remove(0)).unwrap().len();
    let retention = format!("retention: {{archive: {{bytes: {}}}, quarantine: {{age: 30d}}}}\n", size * 2);
    fs::write(home.path("config.yaml"), format!("{config}{retention}")).unwrap();
    let (code, plan) = json(&home, &["clean", "--dry-run", "--format", "json"]);
    assert_eq!((code, plan["files"].as_array().unwrap().len(), count("archive")), (Some(0), 4, 6), "{plan}");
    let text = String::from_utf8(home.run(&["clean"]).stdout).unwrap();
    assert!(text.ends_with("bytes removed\n") && count("archive") == 2 && count("quarantine") == 2, "{text}");
    // Folders that held nothing else are gone too.
    assert_eq!(fs::read_dir(home.path("archive/in")).unwrap().count(), 2);

    // The daemon by itself: everything that is closed or put away, but never the file of the log that is written to.
    let keep_nothing = "{age: 0s}";
    let retention = format!(
        "retention: {{archive: {keep_nothing}, quarantine: {keep_nothing}, superseded: {keep_nothing}, \
         log: {keep_nothing}, every: 200ms}}\nreconciliation: {{rotate_bytes: 4096}}\n"
    );
    fs::write(home.path("config.yaml"), format!("{config}{retention}")).unwrap();
    let daemon = home.start();
    home.until("all gone", || count("archive") + count("quarantine") + count("out/superseded") == 0);
    for number in 20..40 {
        home.put(format!("in/{number}.txt"), report(number));
    }
    home.put("in/b.pdf", "%PDF-1.7\n");
    home.until("converted", || count("out/records") == 27 && count("in") == 0);
    home.until("gone again", || count("archive") + count("quarantine") == 0 && count("out/reconciliation") == 1);
    assert!(home.run(&["clean"]).status.code() == Some(6), "the daemon does it by itself");
    assert_eq!(daemon.stop(), Some(0));
    let verified = home.run(&["verify"]);
    let said = String::from_utf8_lossy(&verified.stdout);
    assert_eq!(verified.status.code(), Some(0), "what is gone was removed, not lost: {said}");
    assert_eq!((home.path("keep/k.txt").exists(), count("out/records")), (true, 27));
    let status = json(&home, &["status", "--format", "json"]).1;
    assert_eq!(status["quarantined"], serde_json::json!({}), "{status}");
    // A journal made anew does not say again what stood in the part of the log that was removed.
    assert_eq!(json(&home, &["rebuild-journal", "--format", "json"]).1["lines_added"], 0);
    // A content that was in quarantine is tried again when it comes again.
    home.put("in/c.pdf", "%PDF-1.7\n");
    home.once();
    assert_eq!(home.quarantine().len(), 1);
}

#[test]
fn a_better_answer_clears_quarantine() {
    let home = Home::default_with("limits: {input_bytes: 300}\n");
    let long: String = (0..9).map(report).collect();
    home.put("keep/k.txt", &long);
    home.put("in/a.txt", format!("{long}。"));
    home.once();
    assert_eq!(home.quarantine().len(), 2);
    // The limit is raised, so what is kept converts; what was moved is dropped anew, corrected.
    let home = home.replacing("limits: {input_bytes: 300}\n", "");
    home.put("in/a.txt", report(1));
    home.once();
    assert_eq!(home.documents(), ["a.txt", "k.txt"]);
    let left: Vec<String> = fs::read_dir(home.path("quarantine"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["resolved"]);
    assert_eq!(files(&home.path("quarantine/resolved")).len(), 4, "the sources are not lost");
    let status = json(&home, &["status", "--format", "json"]).1;
    assert_eq!(status["quarantined"], serde_json::json!({}));
    assert_eq!(String::from_utf8(home.run(&["retry", "--all"]).stdout).unwrap(), "nothing to try again\n");
}

#[test]
fn a_record_that_was_lost_or_altered_answers_for_nothing() {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    home.put("keep/k.txt", report(2));
    home.put("in/b.zip", packed(&[("x.txt", report(3).into_bytes())]));
    home.once();
    let good = home.records();
    let content = |records: &BTreeMap<String, hedui::record::Record>| {
        records.iter().map(|(name, record)| (name.clone(), record.content_hash.clone())).collect::<Vec<_>>()
    };
    let spoil = || {
        for (number, path) in files(&home.path("out/records")).iter().enumerate() {
            if number == 0 {
                fs::remove_file(path).unwrap();
            } else {
                // Still a record, of the same hash by its own word.
                fs::write(path, fs::read_to_string(path).unwrap().replace(".42", ".43")).unwrap();
            }
        }
        assert_eq!(home.run(&["verify"]).status.code(), Some(1));
    };
    // What verify advises: the originals again.
    spoil();
    home.put("in/a.txt", report(1));
    home.put("keep/k.txt", report(2));
    home.put("in/b.zip", packed(&[("x.txt", report(3).into_bytes())]));
    home.once();
    assert_eq!(content(&home.records()), content(&good));
    let verified = home.run(&["verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    // Or everything anew.
    spoil();
    assert_eq!(json(&home, &["reprocess", "--all", "--format", "json"]).0, Some(0));
    home.once();
    assert_eq!(content(&home.records()), content(&good));
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn a_log_without_its_beginning_is_noticed() {
    let home = Home::default_with("reconciliation: {rotate_bytes: 4096}\n");
    for number in 0..12 {
        home.put(format!("in/{number}.txt"), report(number));
    }
    home.once();
    let logs = files(&home.path("out/reconciliation"));
    assert!(logs.len() > 1 && home.run(&["verify"]).status.code() == Some(0));
    let complaint = |wanted: &str| {
        let output = home.run(&["verify"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(wanted), "{said}");
    };
    let first = logs.iter().find(|path| name(path).ends_with(".1.jsonl")).unwrap();
    fs::remove_file(first).unwrap();
    complaint("the log begins with line ");
    logs.iter().filter(|path| *path != first).for_each(|path| fs::remove_file(path).unwrap());
    complaint("the log is gone");
    let started = home.run(&["run", "--once"]);
    assert!(String::from_utf8_lossy(&started.stderr).contains("the reconciliation log is not whole"));
    // What retention removes is noted, also for the time after it is turned off.
    let home = Home::default_with("reconciliation: {rotate_bytes: 4096}\n");
    for number in 0..12 {
        home.put(format!("in/{number}.txt"), report(number));
    }
    home.once();
    let retention = "rotate_bytes: 4096}\nretention: {log: {age: 0s}}\n";
    let home = home.replacing("rotate_bytes: 4096}\n", retention);
    assert_eq!(home.run(&["clean"]).status.code(), Some(0));
    assert_eq!(files(&home.path("out/reconciliation")).len(), 1);
    let home = home.replacing(retention, "rotate_bytes: 4096}\n");
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn a_journal_that_lost_its_tables_is_damaged_and_none_is_made_in_passing() {
    let home = Home::new();
    for command in [&["clean"][..], &["retry", "--all"], &["reprocess", "--all"]] {
        assert_eq!(home.run(command).status.code(), Some(6), "{command:?}");
        assert!(!home.path("state/journal.sqlite3").exists(), "{command:?}");
    }
    home.put("in/a.txt", report(1));
    home.once();
    let journal = home.path("state/journal.sqlite3");
    let good = fs::read(&journal).unwrap();
    let commands = [
        &["run", "--once"][..],
        &["status"],
        &["verify"],
        &["explain", "in/a.txt"],
        &["clean"],
        &["retry", "--all"],
        &["reprocess", "--all"],
    ];
    let damaged = || {
        for command in commands {
            let output = home.run(command);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(6) && said.contains("hedui rebuild-journal"), "{command:?}: {said}");
        }
    };
    fs::write(&journal, b"").unwrap();
    damaged();
    assert_eq!(fs::metadata(&journal).unwrap().len(), 0, "it was left as it is");
    // The name of a table in the file's own list of tables, and in what pages have left of it since they were divided.
    let mut lost = good.clone();
    let listed = |at: &usize| good[*at..].starts_with(b"CREATE TABLE sources");
    for at in (0..good.len()).filter(listed) {
        let name = good[..at].windows(14).rposition(|window| window == b"sourcessources").unwrap();
        lost[name..name + 14].copy_from_slice(b"zourceszources");
    }
    fs::write(&journal, lost).unwrap();
    damaged();
    assert_eq!(home.run(&["rebuild-journal"]).status.code(), Some(0));
    assert_eq!(home.run(&["verify"]).status.code(), Some(0));
}

#[test]
fn what_lies_behind_a_link_is_no_part_of_an_inbox() {
    let home = Home::new();
    home.put("elsewhere/deep/a.txt", report(1));
    fs::create_dir_all(home.path("in")).unwrap();
    std::os::unix::fs::symlink(home.path("elsewhere"), home.path("in/link")).unwrap();
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    home.put("elsewhere/deep/b.txt", report(2));
    home.put("elsewhere/deep/c.tmp", report(3));
    home.put("in/d.txt", report(4));
    home.until("converted", || home.documents() == ["d.txt"]);
    assert_eq!(daemon.stop(), Some(0));
    let status = json(&home, &["status", "--format", "json"]).1;
    assert_eq!(status["inboxes"]["in"], serde_json::json!({"done": 1, "ignored": 1}), "{status}");
}

#[test]
fn a_reload_that_cannot_be_gone_over_to_is_refused() {
    let home = Home::default_with("output: out\n");
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    let home = home.replacing("output: out\n", "output: other\n");
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    home.until("refused", || home.said().contains("another `output` needs a restart"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("web: {{listen: {}}}", taken.local_addr().unwrap());
    let home = home.replacing("output: other\n", "output: out\n").replacing("web: {listen: off}", &listen);
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    home.until("refused", || home.said().contains("`web.listen` cannot be gone over to"));
    home.put("in/a.txt", report(1));
    home.until("converted", || home.documents() == ["a.txt"]);
    assert!(!home.path("other").exists());
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_folder_that_is_gone_is_told() {
    let home = Home::new().replacing("listen: off", "listen: 127.0.0.1:0");
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    let said = home.said();
    let (_, rest) = said.split_once("\"at\":\"").unwrap();
    let address = rest.split('"').next().unwrap();
    let ask = || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(
            &mut stream,
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )
        .unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer
    };
    assert!(ask().starts_with("HTTP/1.1 200 "));
    for folder in ["in", "state"] {
        fs::rename(home.path(folder), home.path("aside")).unwrap();
        let answer = ask();
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("is gone or cannot be reached"), "{answer}");
        if folder == "in" {
            let status = String::from_utf8(home.run(&["status"]).stdout).unwrap();
            assert!(status.contains("folders     the folder ") && status.contains("/in is gone"), "{status}");
        }
        fs::rename(home.path("aside"), home.path(folder)).unwrap();
        assert!(ask().starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn words_that_are_no_code_are_told_and_any_name_is_taken() {
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let name = std::ffi::OsStr::from_bytes(b"\xb1\xa8.pdf");
    home.put(std::path::Path::new("in").join(name), "%PDF-1.7\n");
    home.once();
    let status = home.command(&["retry"]).arg(name).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(home.path("in").join(name).exists());
    let output = home.run(&["explain", "nosuchcode"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("neither a file nor a code"), "{said}");
    for word in ["history", "set", "refiled"] {
        let output = home.run(&["explain", word]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.starts_with(&format!("{word}: ")), "{said}");
    }
}

#[test]
fn other_pipelines_are_tried_before_anything_is_replaced() {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    // Before its copy, so that the copy is the duplicate.
    home.once();
    home.put("in/copy.txt", report(1));
    home.put("in/b.zip", packed(&[("x.txt", report(2).into_bytes()), ("y.pdf", b"%PDF-1.7\n".to_vec())]));
    home.put("in/plain.txt", "一份没有数字的说明。\n");
    home.put("in/sub/gone.txt", report(4));
    home.once();
    let before = home.records();
    let (_, same) = json(&home, &["reprocess", "--format", "json"]);
    assert_eq!((&same["current"], &same["documents"]), (&4.into(), &serde_json::json!([])), "{same}");
    let all = json(&home, &["reprocess", "--all", "--dry-run", "--format", "json"]).1;
    let outcomes = |done: &Value| -> BTreeMap<String, String> {
        let each = |document: &Value| {
            let text = |key: &str| document[key].as_str().unwrap().to_owned();
            (text("source"), text("outcome"))
        };
        done["documents"].as_array().unwrap().iter().map(each).collect()
    };
    assert!(outcomes(&all).values().all(|outcome| outcome == "same") && outcomes(&all).len() == 4, "{all}");

    other_pipelines(&home);
    let gone = files(&home.path("archive")).into_iter().find(|path| name(path) == "gone.txt").unwrap();
    fs::remove_file(gone).unwrap();
    let (code, dry) = json(&home, &["reprocess", "--dry-run", "--format", "json"]);
    assert_eq!(code, Some(4), "one has no source");
    let expected = [
        ("in/a.txt", "changed"),
        ("in/b.zip!/x.txt", "changed"),
        ("in/plain.txt", "same"),
        ("in/sub/gone.txt", "missing"),
    ];
    let expected: BTreeMap<String, String> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    assert_eq!(outcomes(&dry), expected, "{dry}");
    let fields =
        &dry["documents"].as_array().unwrap().iter().find(|one| one["outcome"] == "changed").unwrap()["changes"];
    assert!(fields["facts"].as_array().unwrap().iter().any(|fact| fact["fields"]["concept"].is_array()), "{fields}");
    assert!(home.records() == before && files(&home.path("in")).is_empty(), "nothing was changed");

    let lines = home.log().len();
    let text = String::from_utf8(home.run(&["reprocess"]).stdout).unwrap();
    assert!(text.contains("~ fact ") && text.contains("the daemon does not run"), "{text}");
    assert_eq!(files(&home.path("in")).len(), 3, "two files and a bundle");
    home.once();
    let after = home.records();
    assert_eq!(after.len(), 4);
    let changed = after.iter().filter(|(id, record)| before[*id].content_hash != record.content_hash).count();
    assert_eq!((changed, files(&home.path("in")).len()), (2, 0));
    let again = home.log().split_off(lines);
    let documents = again.iter().filter(|line| matches!(line.body, LogBody::Document { .. })).count();
    assert_eq!((documents, home.quarantine().len()), (2, 1), "what was refused is not tried again");
    let (code, verified) = json(&home, &["verify", "--format", "json"]);
    let complaints = verified["complaints"].as_array().unwrap();
    let complaint = complaints[0].as_str().unwrap();
    assert!(code == Some(1) && complaints.len() == 1 && complaint.starts_with("in/sub/gone.txt: "), "{verified}");
    let rest = outcomes(&json(&home, &["reprocess", "--dry-run", "--format", "json"]).1);
    assert_eq!(rest.into_keys().collect::<Vec<_>>(), ["in/sub/gone.txt"]);
}

#[test]
fn a_refused_entry_of_a_bundle_is_kept_and_tried_again() {
    for inbox in ["in", "keep"] {
        let home = Home::default_with("limits: {facts: 2}\n");
        let many: String = (0..9).map(report).collect();
        let bundle =
            packed(&[("a.txt", "一份说明。\n".as_bytes().to_vec()), ("目录/many.txt", many.clone().into_bytes())]);
        home.put(format!("{inbox}/b.zip"), &bundle);
        home.once();
        let (code, kept) = home.quarantine().remove("b.zip!/目录/many.txt").unwrap();
        assert_eq!((code.as_str(), kept), ("limit-exceeded", Some(many.into_bytes())));
        let lines = home.log().len();
        // Under the same limits it ends the same way; the other document of the bundle is not converted again.
        let (code, done) = json(&home, &["retry", "--all", "--format", "json"]);
        assert_eq!((code, &done["entries"][0]["what"]), (Some(0), &"tried again with its bundle".into()), "{done}");
        assert!(home.quarantine().is_empty());
        home.once();
        assert_eq!((home.log().len(), home.quarantine().len()), (lines + 1, 1));
        let home = home.replacing("limits: {facts: 2}\n", "");
        assert_eq!(home.run(&["retry", "b.zip!/目录/many.txt"]).status.code(), Some(0));
        home.once();
        assert_eq!(home.documents(), ["b.zip!/a.txt", "b.zip!/目录/many.txt"]);
        assert!(home.quarantine().is_empty());
        let place = if inbox == "in" { files(&home.path("archive")).remove(0) } else { home.path("keep/b.zip") };
        assert_eq!(fs::read(place).unwrap(), bundle);
        assert_eq!(home.run(&["verify"]).status.code(), Some(0));
    }
}

#[test]
fn a_damaged_journal_is_refused_and_made_anew() {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    home.put("in/b.zip", packed(&[("x.txt", report(2).into_bytes()), ("y.pdf", b"%PDF-1.7\n".to_vec())]));
    home.put("keep/k.txt", report(3));
    home.put("keep/\u{7}.txt", report(4));
    home.put("in/c.pdf", "%PDF-1.7\nc");
    home.once();
    home.put("keep/k.txt", report(5));
    home.once();
    let (records, log) = (home.records(), home.log());
    // A line that was decided but is not in the log, as after a crash.
    let file = files(&home.path("out/reconciliation")).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    let cut: String = text.lines().take(log.len() - 3).map(|line| format!("{line}\n")).collect();
    fs::write(&file, cut).unwrap();
    let journal = home.path("state/journal.sqlite3");
    let mut bytes = fs::read(&journal).unwrap();
    let (from, to) = (bytes.len() / 3, bytes.len());
    bytes[from..to].fill(0xA5);
    fs::write(&journal, bytes).unwrap();
    for command in [&["run", "--once"][..], &["verify"], &["retry", "--all"]] {
        let output = home.run(command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(6) && said.contains("hedui rebuild-journal"), "{command:?}: {said}");
    }
    let (code, rebuilt) = json(&home, &["rebuild-journal", "--format", "json"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        (&rebuilt["records"], &rebuilt["superseded"], &rebuilt["quarantined"]),
        (&4.into(), &1.into(), &2.into()),
        "{rebuilt}"
    );
    assert!(home.path(rebuilt["aside"].as_str().unwrap()).exists());
    home.once();
    assert!(home.records() == records, "nothing is converted again");
    let again = home.log();
    let count = |lines: &[hedui::record::LogLine]| {
        // What became of the one before is lost with its line.
        let replaced = |body: &LogBody| matches!(body, LogBody::Superseded { .. } | LogBody::Refiled { .. });
        lines.iter().filter(|line| !replaced(&line.body)).count()
    };
    assert_eq!(count(&again), count(&log), "the missing lines are there, none twice");
    assert_eq!(
        home.run(&["verify"]).status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&home.run(&["verify"]).stdout)
    );
    // What it knew it knows again.
    home.put("in/again.txt", report(2));
    home.put("in/again.pdf", "%PDF-1.7\nc");
    home.once();
    assert_eq!(home.records().len(), 4);
    assert_eq!(json(&home, &["explain", "in/again.txt", "--format", "json"]).1["state"], "duplicate");
    assert_eq!(json(&home, &["retry", "b.zip!/y.pdf", "--format", "json"]).0, Some(0));
    home.once();
    let quarantine = home.quarantine();
    assert_eq!(quarantine.keys().collect::<Vec<_>>(), ["again.pdf", "b.zip!/y.pdf", "c.pdf"]);
}

#[test]
fn too_little_room_pauses_intake() {
    // More than any disk has.
    let short = "min_free_bytes: 1000000000000000000\n";
    let home = Home::default_with(short).replacing("listen: off", "listen: 127.0.0.1:0");
    home.put("in/a.txt", report(1));
    let once = home.run(&["run", "--once"]);
    assert!(once.status.code() == Some(6) && String::from_utf8_lossy(&once.stderr).contains("`min_free_bytes`"));
    let daemon = home.start();
    home.until("paused", || home.said().contains("too little room"));
    assert!(home.documents().is_empty() && home.path("in/a.txt").exists());
    assert_eq!(json(&home, &["explain", "in/a.txt", "--format", "json"]).1["state"], "no-room");
    let status = String::from_utf8(home.run(&["status"]).stdout).unwrap();
    assert!(status.contains("room        ") && status.contains("`min_free_bytes`"), "{status}");
    let home = home.replacing("min_free_bytes: 1000000000000000000\n", "min_free_bytes: 1\nqueue_bytes: 1\n");
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    home.put("in/b.txt", report(2));
    home.until("goes on", || home.documents() == ["a.txt", "b.txt"]);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn results_have_the_rights_and_days_that_were_asked_for() {
    let more = "umask: \"0027\"\ngroup: \"12345\"\ntime_zone: +14:00\n";
    let home = Home::default_with(more);
    home.put("in/a.txt", report(1));
    home.put("in/b.pdf", "%PDF-1.7\n");
    let output = home.run(&["run", "--once"]);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("give to the group"), "{said}");
        println!("skipped: giving files to a group needs root");
        return;
    }
    let all = ["out", "quarantine"].iter().flat_map(|folder| files(&home.path(folder)));
    for path in all.filter(|path| name(path).ends_with(".json") || name(path).ends_with(".jsonl")) {
        let found = fs::metadata(&path).unwrap();
        assert_eq!((found.permissions().mode() & 0o777, found.gid()), (0o640, 12345), "{}", path.display());
    }
    // The day there is never before the day here.
    let line = home.log().remove(0);
    let day = name(&files(&home.path("out/reconciliation")).remove(0));
    let local = day.trim_start_matches("log-").split('.').next().unwrap();
    let there = line.at.split('T').next().unwrap();
    assert!(local >= there, "{local} {}", line.at);
}

#[test]
fn names_of_people_stay_out_of_logs_and_journal() {
    let home = Home::default_with("limits: {facts: 30}\n");
    let person = "欧阳问天";
    let text = |rest: &str| format!("{}填报人：{person}　联系人：{person}\n{rest}", report(1));
    home.put("in/a.txt", text(""));
    home.put("in/b.docx", text("PK"));
    home.put("in/c.html", format!("<html><body><table><tr><td>{}</td><td rowspan=99999999>{person}</table>", text("")));
    let many: String = (0..40).map(report).collect();
    home.put("in/d.txt", text(&many));
    let output = home.run(&["run", "--once"]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains(person), "{said}");
    for path in files(&home.path("out/reconciliation")).into_iter().chain(files(&home.path("state"))) {
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(person.len()).any(|window| window == person.as_bytes());
        assert!(!found, "{} has a person's name", path.display());
    }
    assert!(home.records().len() + home.quarantine().len() == 4 && !home.quarantine().is_empty());
}

#[test]
fn without_watches_folders_are_scanned() {
    let home = Home::new().replacing("rescan_interval: 1s", "rescan_interval: 1h");
    fs::create_dir_all(home.path("in/a/b/c")).unwrap();
    // One watch for this user, in a user namespace of its own.
    let script = "echo 1 > /proc/sys/user/max_inotify_watches && exec \"$0\" run 2>> stderr.log";
    let mut command = Command::new("unshare");
    let command = command.args(["--user", "--map-root-user", "sh", "-c", script, env!("CARGO_BIN_EXE_hedui")]);
    let Ok(mut child) = command.current_dir(home.path("")).spawn() else {
        println!("skipped: there is no unshare here");
        return;
    };
    let limited = || home.said().contains("fs.inotify.max_user_watches");
    home.until("it says what is short, or ends", || limited() || child.try_wait().unwrap().is_some());
    if child.try_wait().unwrap().is_some() && !limited() {
        println!("skipped: no user namespaces with limits of their own here");
        return;
    }
    home.put("in/a/b/c/d.txt", report(1));
    home.until("found all the same", || home.documents() == ["a/b/c/d.txt"]);
    let pid = rustix::process::Pid::from_child(&child);
    kill_process(pid, Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_document_costs_what_the_journal_says() {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    home.put("in/b.pdf", "%PDF-1.7\n");
    home.once();
    for path in ["in/a.txt", "in/b.pdf"] {
        let told = json(&home, &["explain", path, "--format", "json"]).1;
        assert!(told["wall_ms"].is_u64() && told["cpu_ms"].is_u64(), "{told}");
    }
    let text = String::from_utf8(home.run(&["explain", "in/a.txt"]).stdout).unwrap();
    assert!(text.contains("its conversion took "), "{text}");
}
