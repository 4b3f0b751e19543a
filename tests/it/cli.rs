//! The commands as processes.

use std::fs;
use std::process::Stdio;

use hedui::record::Record;

use crate::home::{Home, files, report};

#[test]
fn one_input_is_indented_and_several_are_lines() {
    let home = Home::new();
    home.put("a.txt", report(1));
    home.put("d/b.txt", report(2));
    home.put("d/~$b.txt", report(3));
    let one = home.run(&["convert", "a.txt"]);
    assert_eq!(one.status.code(), Some(0));
    let text = String::from_utf8(one.stdout).unwrap();
    assert!(text.starts_with("{\n  \"$schema\"") && text.ends_with("}\n"));
    let record: Record = serde_json::from_str(&text).unwrap();
    assert_eq!((record.source.path.as_str(), record.source.inbox), ("a.txt", None));

    let two = home.run(&["convert", "a.txt", "d"]);
    let lines: Vec<Record> =
        String::from_utf8(two.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let paths: Vec<&str> = lines.iter().map(|record| record.source.path.as_str()).collect();
    assert_eq!(paths, ["a.txt", "d/b.txt"]);
}

#[test]
fn records_go_to_a_folder() {
    let home = Home::new();
    home.put("a.txt", report(1));
    fs::create_dir(home.path("d")).unwrap();
    for folder in ["x/y", "z", ".", "../there"] {
        let output =
            home.command(&["convert", "../a.txt", "--out", folder]).current_dir(home.path("d")).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let found = fs::read_dir(home.path("d").join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let found: Vec<_> = found.filter(|path| path.is_file()).collect();
        assert_eq!(found.len(), 1, "{folder}");
        let record: Record = serde_json::from_slice(&fs::read(&found[0]).unwrap()).unwrap();
        assert_eq!(found[0].file_name().unwrap().to_str().unwrap(), format!("{}.json", record.record_id));
    }
}

#[test]
fn exit_codes_say_how_many_failed() {
    let home = Home::new();
    home.put("a.txt", report(1));
    let file = fs::File::create(home.path("huge.txt")).unwrap();
    file.set_len(300 << 20).unwrap();
    for (arguments, code) in [
        (&["convert", "a.txt"][..], 0),
        (&["convert", "a.txt", "nowhere.txt"], 4),
        (&["convert", "nowhere.txt", "huge.txt"], 5),
        (&["convert"], 2),
        (&["convert", "a.txt", "--pipeline", "nothing"], 2),
        (&["convert", "a.txt", "--config", "nowhere.yaml"], 3),
        (&["check", "a.txt", "--fail-on", "never"], 0),
        (&["check", "nowhere.txt"], 5),
        (&["nonsense"], 2),
        (&["--version"], 0),
        (&["help"], 0),
    ] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    }
    let output = home.run(&["convert", "a.txt", "nowhere.txt", "huge.txt"]);
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("nowhere.txt: unreadable: the file cannot be read"), "{text}");
    assert!(lines[1].starts_with("huge.txt: limit-exceeded: ") && lines[1].contains("input_bytes"), "{text}");
}

#[test]
fn schemas_are_json() {
    let home = Home::new();
    for of in ["record", "log", "config", "pipeline"] {
        let output = home.run(&["schema", of]);
        assert!(output.status.success());
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{of}");
        jsonschema::validator_for(&schema).unwrap();
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = Home::new();
    for number in 0..200 {
        home.put(format!("d/{number}.txt"), report(number).repeat(50));
    }
    let mut child = home.command(&["convert", "d"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn log_lines_fit_their_schema() {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    home.once();
    let schema: serde_json::Value = serde_json::from_slice(&home.run(&["schema", "log"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let text = fs::read_to_string(files(&home.path("out/reconciliation")).remove(0)).unwrap();
    for line in text.lines() {
        validator.validate(&serde_json::from_str(line).unwrap()).unwrap();
    }
}
