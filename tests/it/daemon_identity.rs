//! Identity is content: whatever is copied, renamed, touched, overwritten or removed in whatever order, each content has
//! one record, each path the answer of its content, and the log says each thing once.

use std::collections::BTreeMap;
use std::fs;

use hedui::record::{LogBody, sha256_hex};

use crate::dice::Dice;
use crate::home::{Home, files, name, report};

/// Six contents; the last gives no record.
fn content(number: usize) -> Vec<u8> {
    if number == 5 { b"%PDF-1.7\n".to_vec() } else { report(number).into_bytes() }
}

#[test]
fn identity_is_content() {
    for seed in 0..2 {
        let home = Home::new();
        fs::create_dir_all(home.path("keep")).unwrap();
        let mut dice = Dice::new(seed);
        let mut told = Vec::new();
        for step in 0..7 {
            for _ in 0..=dice.roll(4) {
                told.push(change(&home, &mut dice));
            }
            home.once();
            check(&home, &format!("seed {seed}, step {step}: {told:?}"));
        }
    }
}

/// One thing that people do.
fn change(home: &Home, dice: &mut Dice) -> String {
    let names = ["a.txt", "b.txt", "c.txt", "x/d.txt"];
    let (one, other) = (*dice.pick(&names), *dice.pick(&names));
    let number = dice.index(6);
    let (from, to) = (home.path("keep").join(one), home.path("keep").join(other));
    match dice.roll(6) {
        0 if from.exists() => {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::rename(from, to).unwrap();
            format!("rename {one} {other}")
        }
        1 if from.exists() => {
            fs::remove_file(from).unwrap();
            format!("remove {one}")
        }
        2 if from.exists() => {
            fs::write(&from, fs::read(&from).unwrap()).unwrap();
            format!("touch {one}")
        }
        3 => {
            home.put(format!("in/{one}"), content(number));
            format!("drop in/{one} {number}")
        }
        _ => {
            home.put(format!("keep/{one}"), content(number));
            format!("put {one} {number}")
        }
    }
}

fn check(home: &Home, context: &str) {
    let records = home.records();
    for path in files(&home.path("keep")) {
        let sha256 = sha256_hex(&fs::read(&path).unwrap());
        let output = home.run(&["explain", path.to_str().unwrap(), "--format", "json"]);
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let entry = told["entry"].as_str().unwrap_or_default();
        assert!(
            sha256.starts_with(entry.get(..16).unwrap_or("none")),
            "{} has the answer of its content; {context}: {told}",
            name(&path)
        );
        if fs::read(&path).unwrap() == content(5) {
            assert!(told["state"] == "quarantined" && told["code"] == "pdf", "{context}: {told}");
        } else {
            assert!(told["state"] == "done" || told["state"] == "duplicate", "{context}: {told}");
            assert!(records.contains_key(&format!("{entry}.json")), "{entry} is current; {context}");
        }
    }
    assert!(files(&home.path("in")).is_empty(), "{context}");
    // A content has one record at most, and each time that it became current has one line.
    let mut current: BTreeMap<String, i64> = BTreeMap::new();
    for line in home.log() {
        match line.body {
            LogBody::Document { record_id, .. } => *current.entry(record_id).or_default() += 1,
            LogBody::Superseded { record_id, .. } => *current.entry(record_id).or_default() -= 1,
            _ => {}
        }
    }
    for (record_id, times) in current {
        assert_eq!(times, i64::from(records.contains_key(&format!("{record_id}.json"))), "{record_id}; {context}");
    }
    let output = home.run(&["verify"]);
    assert!(output.status.success(), "{context}: {}", String::from_utf8_lossy(&output.stdout));
}
