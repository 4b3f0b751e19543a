//! The rules. Each takes sources and returns one complaint, `file:line: what`, per violation.

use super::scan::{Path, Source, blank, functions, paths};

/// Top-level modules from top to bottom; a module imports only from those below its own place.
pub(super) const LAYERS: [&str; 16] = [
    "main",
    "cli",
    "daemon",
    "config",
    "sink",
    "across",
    "pipeline",
    "reconcile",
    "extract",
    "vocabulary",
    "record",
    "normalize",
    "reader",
    "document",
    "limits",
    "error",
];
/// They meet in `pipeline` and `daemon` only.
const SIBLINGS: [&str; 4] = ["reader", "extract", "reconcile", "sink"];
/// What may lie in samples/.
pub(super) const ALLOWED_SAMPLES: [&str; 4] = ["docx", "xlsx", "html", "txt"];
/// Lines of a file.
const FILE_LINES: usize = 800;
/// Lines of a function, signature and braces included.
const FUNCTION_LINES: usize = 70;
/// Modules that compute the same from the same: no clock, no files, no threads, no order of chance.
const PURE: [&str; 11] = [
    "across",
    "pipeline",
    "reconcile",
    "extract",
    "vocabulary",
    "record",
    "normalize",
    "reader",
    "document",
    "limits",
    "error",
];
/// Where a serializer refuses binary floats.
const FLOATS_IN: [&str; 1] = ["src/record/canonical.rs"];
/// Where a system call has no safe wrapper.
const UNSAFE_IN: [&str; 1] = ["src/daemon/lease.rs"];

/// A name that may only stand in files whose path begins with one of `homes`.
struct Fence {
    name: &'static str,
    homes: &'static [&'static str],
}

/// Every outside library has one home.
const FENCES: [Fence; 26] = [
    Fence { name: "tokio", homes: &["src/daemon"] },
    Fence { name: "notify", homes: &["src/daemon"] },
    Fence { name: "axum", homes: &["src/daemon/web"] },
    Fence { name: "askama", homes: &["src/daemon/web"] },
    Fence { name: "hyper", homes: &["src/daemon/web"] },
    Fence { name: "hyper_util", homes: &["src/daemon/web"] },
    Fence { name: "futures_util", homes: &["src/daemon/web"] },
    Fence { name: "rusqlite", homes: &["src/daemon/journal"] },
    Fence { name: "rustix", homes: &["src/daemon", "src/sink"] },
    Fence { name: "libc", homes: &["src/daemon/lease.rs", "src/daemon/sandbox.rs"] },
    Fence { name: "sd_notify", homes: &["src/daemon"] },
    Fence { name: "landlock", homes: &["src/daemon/sandbox.rs"] },
    Fence { name: "seccompiler", homes: &["src/daemon/sandbox.rs"] },
    Fence { name: "calamine", homes: &["src/reader/spreadsheet"] },
    Fence { name: "quick_xml", homes: &["src/reader"] },
    Fence { name: "zip", homes: &["src/reader", "src/daemon/bundle.rs"] },
    Fence { name: "html5ever", homes: &["src/reader/html"] },
    Fence { name: "encoding_rs", homes: &["src/reader", "src/daemon/bundle.rs"] },
    Fence { name: "chardetng", homes: &["src/reader"] },
    Fence { name: "serde_saphyr", homes: &["src/config"] },
    Fence { name: "clap", homes: &["src/cli", "src/main.rs"] },
    Fence { name: "indicatif", homes: &["src/cli"] },
    Fence { name: "tracing_subscriber", homes: &["src/cli", "src/daemon", "src/main.rs"] },
    Fence { name: "sha2", homes: &["src/record", "src/daemon", "src/sink"] },
    Fence { name: "docx_rs", homes: &["src/sink/review/paper.rs"] },
    Fence { name: "rust_xlsxwriter", homes: &["src/sink/sheet.rs"] },
];

/// Names that no pure module uses.
const IMPURE: [&str; 13] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "SystemTime",
    "Instant",
    "HashMap",
    "HashSet",
    "RandomState",
    "rand",
    "tokio",
];

/// `src/reader/docx.rs` -> `reader`, `src/error.rs` -> `error`.
pub(super) fn module_of(path: &str) -> &str {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    let first = inner.split('/').next().unwrap_or(inner);
    first.strip_suffix(".rs").unwrap_or(first)
}

pub(super) fn upward_imports(sources: &[Source]) -> Vec<String> {
    let place = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    complain_of_imports(sources, |from, to| match (place(from), place(to)) {
        (Some(own), Some(other)) if other < own => Some(format!("{from} imports {to}, which stands above it")),
        _ => None,
    })
}

pub(super) fn sibling_imports(sources: &[Source]) -> Vec<String> {
    complain_of_imports(sources, |from, to| {
        let both = from != to && SIBLINGS.contains(&from) && SIBLINGS.contains(&to);
        both.then(|| format!("{from} and {to} meet in pipeline.rs only"))
    })
}

pub(super) fn fenced_names(sources: &[Source]) -> Vec<String> {
    complain_of_paths(sources, |source, path| {
        let at_home = |homes: &[&str]| homes.iter().any(|home| source.path.starts_with(home));
        // A path's first segment is the library; a variable of that name elsewhere in it is none.
        let library = path.segments.len() > 1 && !is_keyword(&path.segments[0]);
        let fence = FENCES.iter().find(|fence| library && path.segments[0] == fence.name && !at_home(fence.homes));
        if let Some(fence) = fence {
            return Some(format!("{} belongs in {}", fence.name, fence.homes.join(", ")));
        }
        let impure = IMPURE.iter().find(|name| path.names(name))?;
        PURE.contains(&module_of(&source.path)).then(|| format!("{impure} in a module that must be pure"))
    })
}

pub(super) fn floats(sources: &[Source]) -> Vec<String> {
    let elsewhere: Vec<Source> =
        sources.iter().filter(|source| !FLOATS_IN.iter().any(|home| source.path.starts_with(home))).cloned().collect();
    complain_of_paths(&elsewhere, |_, path| {
        ["f32", "f64"].iter().find(|name| path.names(name)).map(|name| format!("{name}: a number is never a float"))
    })
}

pub(super) fn unsafe_code(sources: &[Source]) -> Vec<String> {
    let elsewhere: Vec<Source> =
        sources.iter().filter(|source| !UNSAFE_IN.contains(&source.path.as_str())).cloned().collect();
    complain_of_paths(&elsewhere, |_, path| path.names("unsafe").then(|| "unsafe code".to_owned()))
}

pub(super) fn long_files(sources: &[Source]) -> Vec<String> {
    let lines = |source: &Source| source.text.lines().count();
    let long = sources.iter().filter(|source| lines(source) > FILE_LINES);
    long.map(|source| format!("{}: {} lines, {FILE_LINES} are allowed", source.path, lines(source))).collect()
}

pub(super) fn long_functions(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for (name, line, lines) in functions(&source.text) {
            if lines > FUNCTION_LINES {
                complaints
                    .push(format!("{}:{line}: fn {name} has {lines} lines, {FUNCTION_LINES} are allowed", source.path));
            }
        }
    }
    complaints
}

pub(super) fn left_marks(sources: &[Source]) -> Vec<String> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    complain_of_lines(sources, |line| marks.iter().find(|mark| line.contains(**mark)).map(|mark| (*mark).to_owned()))
}

pub(super) fn missing_openings(sources: &[Source]) -> Vec<String> {
    let opens = |source: &&Source| source.text.starts_with("//!");
    sources
        .iter()
        .filter(|source| !opens(source))
        .map(|source| format!("{}: no opening comment", source.path))
        .collect()
}

pub(super) fn machine_paths(sources: &[Source]) -> Vec<String> {
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let begins_here = |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || c == '.');
    complain_of_lines(sources, |line| {
        let stands_in = |place: &&str| line.match_indices(*place).any(|(at, _)| begins_here(line.split_at(at).0));
        places.into_iter().find(stands_in).map(|place| format!("{place} is a place on one machine"))
    })
}

fn complain_of_lines(sources: &[Source], rule: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            complaints.extend(rule(line).map(|what| format!("{}:{}: {what}", source.path, number + 1)));
        }
    }
    complaints
}

fn complain_of_paths(sources: &[Source], rule: impl Fn(&Source, &Path) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for path in paths(&source.text) {
            complaints.extend(rule(source, &path).map(|what| format!("{}:{}: {what}", source.path, path.line)));
        }
    }
    complaints
}

/// `rule` sees the module of the file and the top-level module that one of its paths names.
fn complain_of_imports(sources: &[Source], rule: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    complain_of_paths(sources, |source, path| {
        let from = module_of(&source.path);
        rule(from, &imported_module(source, path)?)
    })
}

/// The top-level module behind `crate::x`, `hedui::x` or a chain of `super` that reaches the crate's root.
fn imported_module(source: &Source, path: &Path) -> Option<String> {
    let supers = path.segments.iter().take_while(|segment| *segment == "super").count();
    let after = match path.segments.first()?.as_str() {
        "crate" | "hedui" => 1,
        "super" if supers >= module_depth(source, path.line) => supers,
        _ => return None,
    };
    path.segments.get(after).cloned()
}

/// How many `super` lead from a line of the file to the crate's root. An inline module is one step more.
fn module_depth(source: &Source, line: usize) -> usize {
    let inner = source.path.strip_prefix("src/").unwrap_or(&source.path);
    let folders = inner.matches('/').count();
    let own = usize::from(!inner.ends_with("mod.rs") && inner != "lib.rs" && inner != "main.rs");
    let blanked = blank(&source.text);
    let opens = |text: &str| text.trim_start_matches("pub ").starts_with("mod ") && text.trim_end().ends_with('{');
    let inline = blanked.lines().take(line).any(opens);
    folders + own + usize::from(inline)
}

fn is_keyword(segment: &str) -> bool {
    ["crate", "self", "super", "Self", "hedui"].contains(&segment)
}

#[cfg(test)]
mod planted {
    use super::*;

    fn source(path: &str, text: &str) -> Vec<Source> {
        vec![Source { path: path.to_owned(), text: text.to_owned() }]
    }

    #[test]
    fn upward_imports_are_caught() {
        let caught = [
            ("src/reader/docx.rs", "use crate::pipeline::Options;"),
            ("src/error.rs", "\nfn f() -> crate::document::Warning {}"),
            ("src/reader/mod.rs", "use super::extract::Fact;"),
            ("src/reader/docx/table.rs", "use super::super::super::record::Record;"),
            ("src/record/fact.rs", "use crate::{error::Error, sink::Sink};"),
            ("src/limits.rs", "mod tests {\n use super::super::config;\n}"),
            ("src/config/mod.rs", "use hedui::daemon::run;"),
        ];
        for (path, text) in caught {
            assert_eq!(upward_imports(&source(path, text)).len(), 1, "{path}: {text}");
        }
        let allowed = [
            ("src/pipeline/mod.rs", "use crate::{reader, record::{Record, Run}};"),
            ("src/reader/docx/table.rs", "use super::super::package; // crate::pipeline"),
            ("src/error.rs", "const A: &str = \"crate::pipeline\";"),
            ("src/limits.rs", "mod tests {\n use super::*;\n}"),
            ("src/main.rs", "use hedui::cli;"),
        ];
        for (path, text) in allowed {
            assert_eq!(upward_imports(&source(path, text)), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn sibling_imports_are_caught() {
        let complaints =
            sibling_imports(&source("src/sink/log.rs", "\nuse crate::reconcile::Rule;\nuse crate::record::LogLine;"));
        assert_eq!(complaints, ["src/sink/log.rs:2: sink and reconcile meet in pipeline.rs only"]);
    }

    #[test]
    fn fenced_names_are_caught() {
        let caught = [
            ("src/cli/run.rs", "use tokio::select;"),
            ("src/daemon/inbox.rs", "use rusqlite::Connection;"),
            ("src/extract/mod.rs", "use std::{collections::HashMap, fmt};"),
            ("src/reader/mod.rs", "let now = std::time::Instant::now();"),
            ("src/pipeline/mod.rs", "std::fs::read(path)"),
            ("src/reader/docx/mod.rs", "use html5ever::tokenizer;"),
        ];
        for (path, text) in caught {
            assert_eq!(fenced_names(&source(path, text)).len(), 1, "{path}: {text}");
        }
        let allowed = [
            ("src/daemon/journal/mod.rs", "use rusqlite::Connection;"),
            ("src/sink/record.rs", "std::fs::write(path)"),
            ("src/extract/mod.rs", "a.iter().zip(b) // HashMap"),
            ("src/daemon/watcher.rs", "use notify::Watcher;"),
        ];
        for (path, text) in allowed {
            assert_eq!(fenced_names(&source(path, text)), Vec::<String>::new(), "{path}: {text}");
        }
    }

    #[test]
    fn floats_and_unsafe_code_are_caught() {
        assert_eq!(floats(&source("src/normalize/number.rs", "let x: f64 = y;")).len(), 1);
        assert_eq!(floats(&source("src/normalize/number.rs", "let x = i64::MAX; // f64")).len(), 0);
        assert_eq!(floats(&source("src/record/canonical.rs", "let x: f64 = y;")).len(), 0);
        assert_eq!(unsafe_code(&source("src/daemon/mod.rs", "unsafe { x() }")).len(), 1);
    }

    #[test]
    fn length_is_measured() {
        let body = "    let _ = 1;\n".repeat(FUNCTION_LINES - 2);
        let fits = format!("fn f() {{\n{body}}}\n");
        assert_eq!(long_functions(&source("src/a.rs", &fits)), Vec::<String>::new());
        let long = format!("fn f() {{\n\n{body}}}\n");
        assert_eq!(long_functions(&source("src/a.rs", &long)), ["src/a.rs:1: fn f has 71 lines, 70 are allowed"]);
        assert_eq!(long_files(&source("src/a.rs", &"\n".repeat(FILE_LINES))), Vec::<String>::new());
        assert_eq!(long_files(&source("src/a.rs", &"\n".repeat(FILE_LINES + 1))).len(), 1);
    }

    #[test]
    fn marks_openings_and_places_are_caught() {
        let mark = format!("//! x\n// {}: later", concat!("TO", "DO"));
        assert_eq!(left_marks(&source("src/a.rs", &mark)).len(), 1);
        assert_eq!(missing_openings(&source("src/a.rs", "fn f() {}")).len(), 1);
        let place = format!("see {}x", concat!("/wo", "rk/"));
        assert_eq!(machine_paths(&source("README.md", &place)).len(), 1);
        let within = format!("frame{}x", concat!("/wo", "rk/"));
        assert_eq!(machine_paths(&source("README.md", &within)).len(), 0);
    }
}
