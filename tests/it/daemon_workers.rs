//! Documents that do something to the process that converts them: the daemon lives, the others go on.

use std::fs;
use std::io::{Cursor, Write};

use rustix::process::{Pid, Signal, kill_process};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::home::{Daemon, Home, report};

/// The daemon's converting processes.
fn workers(daemon: &Daemon) -> Vec<Pid> {
    let tasks = format!("/proc/{}/task", daemon.pid().as_raw_nonzero());
    let lists = fs::read_dir(tasks).unwrap().flatten();
    let children = lists.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let text: Vec<String> = children.collect();
    text.iter().flat_map(|list| list.split_whitespace()).filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

fn started(home: &Home) -> Daemon {
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    home.put("in/first.txt", report(1));
    home.until("the first record", || home.documents().len() == 1);
    daemon
}

/// The reason of a quarantined source, in English.
fn reason(home: &Home, name: &str) -> Option<(String, String)> {
    let folder = fs::read_dir(home.path("quarantine")).ok()?;
    folder.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "json")).find_map(|entry| {
        let reason: hedui::sink::Reason = serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?;
        (reason.path == name).then_some((reason.code, reason.message.en))
    })
}

fn assert_goes_on(home: &Home, daemon: Daemon) {
    home.put("in/last.txt", report(99));
    home.until("another record", || home.documents().contains(&"last.txt".to_owned()));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_conversion_that_never_ends_is_ended() {
    let home = Home::default_with("limits: {seconds: 2}\n").replacing("workers: 2", "workers: 1");
    let daemon = started(&home);
    // A stopped process is as good as an endless loop.
    workers(&daemon).into_iter().for_each(|worker| kill_process(worker, Signal::STOP).unwrap());
    home.put("in/endless.txt", report(2));
    home.until("quarantined", || reason(&home, "endless.txt").is_some());
    let (code, message) = reason(&home, "endless.txt").unwrap();
    assert_eq!(code, "limit-exceeded");
    assert!(message.contains("seconds = 2"), "{message}");
    assert_goes_on(&home, daemon);
}

#[test]
fn a_long_conversion_is_ended_by_its_deadline() {
    let home = Home::default_with("limits: {seconds: 1}\n");
    // As a debug build takes for long sentences; far beyond a second on any machine.
    let long: String = (0..120_000).map(report).collect();
    home.put("in/long.txt", long);
    home.put("in/good.txt", report(3));
    home.once();
    assert_eq!(home.documents(), ["good.txt"]);
    let (code, message) = reason(&home, "long.txt").unwrap();
    assert!(code == "limit-exceeded" && message.contains("seconds = 1"), "{message}");
}

#[test]
fn a_process_that_was_killed_is_replaced_and_the_document_tried_again() {
    let home = Home::new().replacing("workers: 2", "workers: 1");
    let daemon = started(&home);
    workers(&daemon).into_iter().for_each(|worker| kill_process(worker, Signal::KILL).unwrap());
    home.put("in/next.txt", report(2));
    home.until("its record", || home.documents().len() == 2);
    assert!(home.quarantine().is_empty());
    assert_goes_on(&home, daemon);
}

#[test]
fn a_document_that_kills_its_process_three_times_is_quarantined() {
    let home = Home::new().replacing("workers: 2", "workers: 1");
    let daemon = started(&home);
    home.put("in/deadly.txt", (0..120_000).map(report).collect::<String>());
    home.until("quarantined", || {
        for worker in workers(&daemon) {
            // It may have ended between the two.
            let _ = kill_process(worker, Signal::SEGV);
        }
        reason(&home, "deadly.txt").is_some()
    });
    let (code, message) = reason(&home, "deadly.txt").unwrap();
    assert!(code == "internal" && message.contains("the converting process died"), "{code} {message}");
    assert_eq!(home.said().matches("the file cannot be read yet").count(), 2);
    assert_goes_on(&home, daemon);
}

#[test]
fn a_memory_hog_is_told_which_limit_it_met() {
    let home = Home::default_with("limits: {memory_bytes: 268435456}\n").replacing("workers: 2", "workers: 1");
    home.put("in/hog.txt", format!("{}\n", "绩效".repeat(60)).repeat(300_000));
    home.put("in/good.txt", report(3));
    home.once();
    let (code, message) = reason(&home, "hog.txt").unwrap();
    assert!(code == "limit-exceeded" && message.contains("memory_bytes = 268435456"), "{code} {message}");
    assert_eq!(home.documents(), ["good.txt"]);
}

#[test]
fn a_zip_bomb_is_told_which_limit_it_met() {
    let home = Home::new();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["[Content_Types].xml", "word/document.xml"] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        (0..64).for_each(|_| writer.write_all(&[b' '; 1 << 20]).unwrap());
    }
    home.put("in/bomb.docx", writer.finish().unwrap().into_inner());
    home.put("in/good.txt", report(3));
    home.once();
    let (code, message) = reason(&home, "bomb.docx").unwrap();
    assert!(code == "limit-exceeded" && message.contains("inflation_ratio"), "{code} {message}");
    assert_eq!(home.documents(), ["good.txt"]);
}

/// Each in a package that is otherwise whole, and one good report beside them.
#[test]
fn bombs_of_every_sort_are_refused_by_name() {
    let package = |parts: &[(&str, String)]| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let docx = |before: &str, body: &str| {
        package(&[
            (
                "[Content_Types].xml",
                "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
            ),
            (
                "word/document.xml",
                format!("{before}<w:document xmlns:w=\"{word}\"><w:body>{body}</w:body></w:document>"),
            ),
        ])
    };
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in (0..64).map(|row| row * 16_384) {
        sheet.write(row, 0, 1).unwrap().write(row, 16_383, 2).unwrap();
    }
    let entities: String =
        (1..12).map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10))).collect();
    let nested = format!("{}<w:p/>{}", "<w:sdt>".repeat(50_000), "</w:sdt>".repeat(50_000));
    let home = Home::default_with("limits: {seconds: 30}\n");
    home.put("in/entities.docx", docx(&format!("<!DOCTYPE x [<!ENTITY e0 \"x\">{entities}]>"), "<w:p>&e11;</w:p>"));
    home.put("in/nested.docx", docx("", &nested));
    home.put("in/sparse.xlsx", workbook.save_to_buffer().unwrap());
    home.put("in/good.txt", report(3));
    let daemon = home.start();
    home.until("all answered for", || home.quarantine().len() + home.records().len() == 4);
    for (name, code, limit) in [
        ("entities.docx", "doctype-forbidden", ""),
        ("nested.docx", "limit-exceeded", "element_depth"),
        ("sparse.xlsx", "limit-exceeded", "cells"),
    ] {
        let (found, message) = reason(&home, name).unwrap_or_default();
        assert!(found == code && message.contains(limit), "{name}: {found} {message}");
    }
    assert_goes_on(&home, daemon);
}

#[test]
fn processes_are_bound_and_do_not_outlive_the_daemon() {
    let home = Home::default_with("limits: {memory_bytes: 1073741824}\n");
    let daemon = started(&home);
    let worker = workers(&daemon)[0].as_raw_nonzero();
    let status = fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
    let limits = fs::read_to_string(format!("/proc/{worker}/limits")).unwrap();
    let bound = limits.lines().any(|line| line.starts_with("Max address space") && line.contains("1073741824"));
    assert!(bound && status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"), "{status}{limits}");
    // Nothing of the daemon's is open in it.
    let open = fs::read_dir(format!("/proc/{worker}/fd")).unwrap().flatten();
    let open: Vec<_> = open.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
    assert!(open.len() >= 3 && !open.iter().any(|path| path.starts_with(home.path(""))), "{open:?}");
    kill_process(workers(&daemon)[0], Signal::STOP).unwrap();
    daemon.kill();
    let gone = || !fs::read_to_string(format!("/proc/{worker}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    home.until("the process is gone", gone);
}
