//! The commands for whoever operates the daemon.

use std::fs;

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
    for expected in ["is not what was written", "is missing", "knows no such record"] {
        assert_eq!(complaints.iter().filter(|complaint| complaint.contains(expected)).count(), 1, "{complaints:?}");
    }
    // What the log has lost at its beginning may have been put elsewhere; in its midst it shows.
    assert_eq!(complaints.len(), 3, "{complaints:?}");
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
