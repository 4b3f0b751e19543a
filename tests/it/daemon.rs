//! The daemon as a process: files dropped while it runs, restarts, kills.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use hedui::config::load_catalog;
use hedui::limits::Limits;
use hedui::pipeline::{Hints, Options, convert};
use hedui::record::LogBody;

use crate::home::{Home, files, report};

#[test]
fn a_dropped_report_becomes_a_record_and_log_lines_and_is_archived() {
    let home = Home::new();
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    home.put("in/乡镇/报告.txt", report(1));
    home.put("keep/b.txt", report(2));
    home.until("two records, one source archived", || {
        home.records().len() == 2 && files(&home.path("archive")).len() == 1 && home.documents().len() == 2
    });
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(home.documents(), ["b.txt", "乡镇/报告.txt"]);
    assert!(home.path("keep/b.txt").exists() && !home.path("in/乡镇/报告.txt").exists());
    let archived = files(&home.path("archive/in")).remove(0);
    assert_eq!(fs::read_to_string(&archived).unwrap(), report(1));
    for record in home.records().values() {
        let folder = archived.parent().unwrap().file_name().unwrap().to_str().unwrap();
        assert!(record.record_id.starts_with(folder) || record.source.inbox.as_deref() == Some("keep"));
        assert!(record.run.received_at.is_some() && record.run.converted_at.is_some());
        assert_eq!(record.content_hash, record.compute_content_hash().unwrap());
    }
}

#[test]
fn a_restart_converts_nothing_twice() {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    home.put("keep/b.txt", report(2));
    home.once();
    let before: Vec<_> = files(&home.path("out")).iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(before.len(), 3);
    home.once();
    let after: Vec<_> = files(&home.path("out")).iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(before == after);
    // Touching is no change of content either.
    home.put("keep/b.txt", report(2));
    home.once();
    assert_eq!(home.documents().len(), 2);
}

#[test]
fn a_kill_in_a_burst_loses_and_doubles_nothing() {
    let home = Home::new();
    for number in 0..200 {
        home.put(format!("{}/{number}.txt", if number % 2 == 0 { "in" } else { "keep" }), report(number));
    }
    // Killed at several points of the work, each time somewhere else.
    for records in [1, 60, 130] {
        let daemon = home.start();
        home.until("some records", || files(&home.path("out/records")).len() >= records);
        daemon.kill();
    }
    home.once();
    let records = home.records();
    assert_eq!(records.len(), 200);
    assert_eq!(home.documents().len(), 200);
    let mut sources = home.documents();
    sources.dedup();
    assert_eq!(sources.len(), 200);
    assert_eq!(files(&home.path("archive")).len(), 100);
    assert_eq!((files(&home.path("in")).len(), files(&home.path("keep")).len()), (0, 100));
    assert!(files(&home.path("out")).iter().all(|path| !path.to_string_lossy().contains("hedui-tmp")));
    let options = Options { limits: Limits::default(), catalog: load_catalog(None).unwrap() };
    for mut record in records.into_values() {
        let number: usize = record.source.name.trim_end_matches(".txt").parse().unwrap();
        let hints = Hints {
            name: record.source.name.clone(),
            path: record.source.path.clone(),
            inbox: record.source.inbox.clone(),
            ..Hints::default()
        };
        let expected = convert(report(number).as_bytes(), &hints, &options).unwrap();
        record.run = expected.run.clone();
        assert!(record == expected, "{}", record.source.path);
    }
}

#[test]
fn the_same_content_is_a_duplicate_and_new_content_supersedes() {
    let home = Home::new();
    home.put("keep/a.txt", report(1));
    home.once();
    let first = home.records().into_values().next().unwrap().record_id;
    home.put("keep/copy.txt", report(1));
    home.put("in/again.txt", report(1));
    home.once();
    assert_eq!(home.records().len(), 1);
    assert_eq!(home.documents().len(), 1);
    assert_eq!(files(&home.path("archive")).len(), 1);

    // `in/again.txt` was archived with this content, so its record stays current.
    home.put("keep/a.txt", report(2));
    home.once();
    let records = home.records();
    assert_eq!(records.len(), 2);
    let new = records.values().find(|record| record.record_id != first).unwrap();
    assert_eq!(new.run.supersedes.as_deref(), Some(first.as_str()));
    let second = new.record_id.clone();

    // The second content has no other path: it goes.
    home.put("keep/a.txt", report(3));
    home.once();
    assert_eq!(home.records().len(), 2);
    assert!(home.path(format!("out/superseded/{second}.json")).exists());
    let superseded = home.log().into_iter().filter_map(|line| match line.body {
        LogBody::Superseded { record_id, superseded_by, source } => Some((record_id, superseded_by, source)),
        _ => None,
    });
    let superseded: Vec<_> = superseded.collect();
    assert_eq!(superseded.len(), 1);
    assert_eq!((&superseded[0].0, superseded[0].2.as_str()), (&second, "a.txt"));

    // And back: an old content is new again.
    home.put("keep/a.txt", report(2));
    home.once();
    assert!(home.records().values().any(|record| record.record_id == second));
    assert_eq!(home.records().len(), 2);
}

#[test]
fn what_cannot_be_converted_is_quarantined_with_its_reason() {
    let home = Home::default_with("limits: {input_bytes: 4000}\n");
    let options = Options { limits: Limits::default(), catalog: load_catalog(None).unwrap() };
    let cases: [(&str, Vec<u8>); 4] = [
        ("empty.docx", Vec::new()),
        ("garbage.xlsx", (0..1000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ("scan.pdf", b"%PDF-1.7\n1 0 obj\n".to_vec()),
        ("large.txt", vec![b'a'; 5000]),
    ];
    for (name, bytes) in &cases {
        home.put(format!("in/{name}"), bytes);
        home.put(format!("keep/k-{name}"), bytes);
    }
    home.put("in/good.txt", report(1));
    home.once();
    let quarantine = home.quarantine();
    for (name, bytes) in &cases {
        let refusal = convert(bytes, &Hints { name: (*name).to_owned(), ..Hints::default() }, &options);
        let code = if bytes.len() > 4000 { Some("limit-exceeded") } else { refusal.err().map(|error| error.code()) };
        // What converts all the same is none of the daemon's business.
        let Some(code) = code else { continue };
        let moved = &quarantine[*name];
        assert_eq!((moved.0.as_str(), moved.1.as_ref()), (code, Some(bytes)), "{name}");
        let copied = &quarantine[&format!("k-{name}")];
        assert_eq!((copied.0.as_str(), copied.1.as_ref()), (code, Some(bytes)), "{name}");
        assert!(home.path(format!("keep/k-{name}")).exists() && !home.path(format!("in/{name}")).exists());
    }
    assert!(home.documents().contains(&"good.txt".to_owned()), "the daemon goes on");
    let before = home.log().len();
    home.once();
    assert_eq!(home.log().len(), before, "what was refused stays refused");
    // A raised limit is a reason to try again.
    let config = fs::read_to_string(home.path("config.yaml")).unwrap().replace("4000", "9000");
    fs::write(home.path("config.yaml"), config).unwrap();
    home.once();
    assert!(home.documents().contains(&"k-large.txt".to_owned()));
}

#[test]
fn any_name_works_and_is_shown_escaped() {
    let home = Home::new();
    let gbk = OsString::from_vec(b"\xb1\xa8\xb8\xe6.txt".to_vec());
    let long = format!("{}.txt", "长".repeat(83));
    fs::create_dir_all(home.path("in")).unwrap();
    fs::write(home.path("in").join(&gbk), report(1)).unwrap();
    fs::write(home.path("in").join("line\nfeed.txt"), report(2)).unwrap();
    fs::write(home.path("in").join("-rf.txt"), report(3)).unwrap();
    fs::write(home.path("in").join(&long), report(4)).unwrap();
    home.once();
    let expected = ["-rf.txt", "\\xB1\\xA8\\xB8\\xE6.txt", "line\\x0Afeed.txt", &long];
    assert_eq!(home.documents(), expected);
    let archived = files(&home.path("archive"));
    assert_eq!(archived.len(), 4);
    assert!(archived.iter().any(|path| path.file_name() == Some(&gbk)));
}

#[test]
fn temporary_names_links_and_pipes_are_passed_over() {
    let home = Home::new();
    for name in ["~$a.docx", "a.tmp", "a.part", "a.crdownload", ".hidden", "Thumbs.db", "desktop.ini", ".d/x.txt"] {
        home.put(format!("in/{name}"), report(1));
    }
    home.put("in/page.html", report(2));
    home.put("in/page_files/part.html", report(3));
    home.put("elsewhere.txt", report(4));
    home.put("other/x.txt", report(5));
    symlink(home.path("elsewhere.txt"), home.path("in/link.txt")).unwrap();
    symlink(home.path("other"), home.path("in/linked")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, home.path("in/pipe.txt"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    home.once();
    assert_eq!(home.documents(), ["page.html"]);
    assert!(home.quarantine().is_empty());
    // `page.html` alone went, and its folder is still known to be its own.
    assert_eq!(files(&home.path("in")).len(), 12);
    home.once();
    assert_eq!(home.documents(), ["page.html"]);
}

#[test]
fn folders_moved_in_and_inboxes_made_anew_are_seen() {
    let home = Home::new();
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    home.put("aside/a/b/1.txt", report(1));
    home.put("aside/2.txt", report(2));
    fs::rename(home.path("aside"), home.path("in/aside")).unwrap();
    home.until("both records", || home.documents().len() == 2);
    fs::remove_dir_all(home.path("keep")).unwrap();
    home.put("keep/3.txt", report(3));
    home.until("the third record", || home.documents().len() == 3);
    home.put("keep/4.txt", report(4));
    home.until("the fourth record", || home.documents().len() == 4);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn one_daemon_per_state_folder() {
    let home = Home::new();
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    let second = home.run(&["run", "--once"]);
    assert_eq!(second.status.code(), Some(6));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another hedui runs"));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_cut_log_is_repaired_and_continued() {
    let home = Home::new();
    home.put("keep/a.txt", report(1));
    home.once();
    let log = files(&home.path("out/reconciliation")).remove(0);
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(b"{\"type\":\"doc").unwrap();
    drop(file);
    home.put("keep/b.txt", report(2));
    home.once();
    assert_eq!(home.documents(), ["a.txt", "b.txt"]);
}

#[test]
fn people_get_one_line_per_document() {
    let home = Home::default_with("").replacing("format: json", "format: human");
    home.put("in/a.txt", report(1));
    home.put("in/large.txt", "a");
    let output = home.run(&["run", "--once"]);
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("in/a.txt")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(lines[0].contains("-> out/records/"), "{text}");
    assert!(text.contains("watching 2 folders (2 to convert"), "{text}");
    assert!(output.stdout.is_empty());
    assert!(Path::new(&home.path("state/journal.sqlite3")).exists());
}

#[test]
fn thousands_of_names_that_are_passed_over_hold_up_nobody() {
    let home = Home::new();
    fs::create_dir_all(home.path("in")).unwrap();
    for number in 0..3_000 {
        fs::write(home.path(format!("in/{number}.tmp")), "").unwrap();
    }
    for number in 0..30 {
        home.put(format!("in/{number}.txt"), report(number));
    }
    home.once();
    assert_eq!((home.documents().len(), files(&home.path("in")).len()), (30, 3_000));
    let status: serde_json::Value = serde_json::from_slice(&home.run(&["status", "--format", "json"]).stdout).unwrap();
    assert_eq!(status["inboxes"]["in"], serde_json::json!({"done": 30, "ignored": 3_000}));
}
