//! What several test modules share: where things are, how a sample is converted, how a generated file is compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use hedui::config::load_catalog;
use hedui::limits::Limits;
use hedui::pipeline::{self, Hints, Options};
use hedui::record::Record;
use serde_json::Value;

use crate::diff::line_diff;

/// The package's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The built-in catalog under the default limits.
pub(crate) fn options() -> Options {
    static BUILT_IN: LazyLock<Options> = LazyLock::new(|| {
        let catalog = load_catalog(None).unwrap_or_else(|error| panic!("{error}"));
        Options { limits: Limits::default(), catalog }
    });
    BUILT_IN.clone()
}

/// The record of a file of this package; `path` is relative to [`root`].
pub(crate) fn convert(path: &str) -> Record {
    let bytes = fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let name = path.rsplit('/').next().unwrap_or(path);
    let hints = Hints { name: name.to_owned(), path: name.to_owned(), ..Hints::default() };
    pipeline::convert(&bytes, &hints, &options()).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails when the record's JSON breaks the generated schema.
pub(crate) fn assert_valid(record: &Value) {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    let validator = SCHEMA.get_or_init(|| {
        let schema = schemars::schema_for!(Record);
        jsonschema::validator_for(schema.as_value()).unwrap()
    });
    let errors: Vec<String> =
        validator.iter_errors(record).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "the record breaks its schema:\n{}", errors.join("\n"));
}

/// Compares `actual` with the generated file at `path`, or rewrites the file when `HEDUI_BLESS` is set.
pub(crate) fn assert_generated(path: &str, actual: &str) {
    let file = root().join(path);
    if std::env::var_os("HEDUI_BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, actual).unwrap();
        return;
    }
    let again = "run `HEDUI_BLESS=1 cargo test` and read the difference";
    let expected = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}; {again}"));
    if expected != actual {
        panic!("{path} is not what the code gives (- file, + code); {again}:\n{}", line_diff(&expected, actual));
    }
}

/// Indented JSON that ends with a line feed.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    text
}

/// All files below a folder of the package but for `target` and `.git`, sorted; nothing when there is no such folder.
pub(crate) fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            collect(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}

/// The path below the package's folder, with forward slashes.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// A review in a language, as much as the limits allow.
pub(crate) fn spoken(language: hedui::sink::Language) -> hedui::sink::ReviewOptions {
    hedui::sink::ReviewOptions::new(language, &Limits::default())
}
