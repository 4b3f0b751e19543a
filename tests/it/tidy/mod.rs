//! The house's rules as tests: who may import whom, which names stay behind which fence, how long things may get.
//!
//! ARCHITECTURE.md draws the same map. A rule is a function from sources to complaints, so that each is also tried on a
//! planted violation.

mod rules;
mod scan;

use std::fs;

use rules::{ALLOWED_SAMPLES, LAYERS};
use scan::Source;

use crate::support::{files_below, relative, root};

/// Folders of Rust code beside `src`.
const CODE: [&str; 4] = ["src", "tests", "examples", "benches"];
/// Folders and files that are no part of what is handed on.
const NOT_OURS: [&str; 6] = ["out", "inbox", "archive", "quarantine", "state", "fuzz/corpus"];

#[test]
fn imports_point_downwards() {
    assert_none(&rules::upward_imports(&sources(&["src"])));
}

#[test]
fn siblings_do_not_import_one_another() {
    assert_none(&rules::sibling_imports(&sources(&["src"])));
}

#[test]
fn every_module_has_its_layer() {
    let known: Vec<&str> = LAYERS.to_vec();
    let unknown: Vec<String> = sources(&["src"])
        .iter()
        .map(|source| rules::module_of(&source.path).to_owned())
        .filter(|module| module != "lib" && !known.contains(&module.as_str()))
        .collect();
    assert_none(&unknown);
}

#[test]
fn names_stay_behind_their_fences() {
    assert_none(&rules::fenced_names(&sources(&["src"])));
}

#[test]
fn there_are_no_floats() {
    assert_none(&rules::floats(&sources(&["src"])));
}

#[test]
fn there_is_no_unsafe_code() {
    assert_none(&rules::unsafe_code(&sources(&["src"])));
}

#[test]
fn files_are_not_too_long() {
    assert_none(&rules::long_files(&sources(&CODE)));
}

#[test]
fn functions_are_not_too_long() {
    assert_none(&rules::long_functions(&sources(&CODE)));
}

#[test]
fn no_work_is_left_marked_in_the_code() {
    assert_none(&rules::left_marks(&sources(&CODE)));
}

#[test]
fn modules_say_what_they_are() {
    assert_none(&rules::missing_openings(&sources(&CODE)));
}

#[test]
fn the_architecture_page_is_short_and_names_every_module() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(page.lines().count() <= 200, "ARCHITECTURE.md has more than 200 lines");
    let named = |module: &&str| page.contains(&format!("{module}/")) || page.contains(&format!("{module}.rs"));
    let missing: Vec<String> = LAYERS.iter().filter(|module| !named(module)).map(ToString::to_string).collect();
    assert_none(&missing);
}

/// Pictures are small, shown by both front pages, and no others lie about; `tests/browser/images.mjs` makes them.
#[test]
fn pictures_are_small_and_shown() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (english, chinese) = (read("README.md"), read("README.zh-CN.md"));
    let mut count = 0;
    for entry in fs::read_dir(root().join("docs/images")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let name = format!("docs/images/{}", path.file_name().unwrap().to_str().unwrap());
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() < 300 << 10, "{name}: {} bytes", bytes.len());
        for page in [&english, &chinese] {
            assert!(page.contains(&format!("]({name})")), "{name} is shown by no front page");
        }
        count += 1;
    }
    assert_eq!(count, 2);
}

#[test]
fn the_samples_folder_holds_reports_only() {
    let strange: Vec<String> = files_below("samples")
        .iter()
        .map(|path| relative(path))
        .filter(|path| !path.rsplit_once('.').is_some_and(|(_, end)| ALLOWED_SAMPLES.contains(&end)))
        .collect();
    assert_none(&strange);
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let ours = |path: &String| !NOT_OURS.iter().any(|folder| path.starts_with(&format!("{folder}/")));
    let texts: Vec<Source> = files_below("")
        .iter()
        .map(|path| relative(path))
        .filter(ours)
        .filter_map(|path| Some(Source { text: fs::read_to_string(root().join(&path)).ok()?, path }))
        .collect();
    assert!(texts.iter().any(|source| source.path == "Cargo.toml"), "the walk missed Cargo.toml");
    assert_none(&rules::machine_paths(&texts));
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let sources: Vec<Source> = folders
        .iter()
        .flat_map(|folder| files_below(folder))
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| Source { path: relative(&path), text: fs::read_to_string(&path).unwrap() })
        .collect();
    assert!(!sources.is_empty(), "no sources below {folders:?}");
    sources
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
