//! Files and folders of the command line -> records, one after another.
//!
//! In: paths as given. Out: for each file a record or an error, with its path as it is shown. Folders are gone through
//! with all folders in them, in the order of names, without what inboxes pass over too. What can go wrong: whatever a
//! file does; the others go on.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{ConversionArgs, Failure, is_terminal};
use crate::daemon::{IgnoreRule, STACK_BYTES, convert_stamped, is_saved_page, now_utc, show_name};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::pipeline::{Hints, Options};
use crate::reconcile::RuleLevels;
use crate::record::Record;

/// All files that the arguments name.
pub(super) struct Inputs {
    files: Vec<(PathBuf, Option<Error>)>,
    options: Options,
    pipeline: Option<String>,
    levels: RuleLevels,
    /// Files that end with `.json` are records and need no conversion.
    records: bool,
    bar: ProgressBar,
}

impl Inputs {
    /// Finds the files.
    pub(super) fn find(args: &ConversionArgs) -> std::result::Result<Self, Failure> {
        let (options, levels) = args.options()?;
        let mut files = Vec::new();
        for input in &args.inputs {
            match fs::metadata(input) {
                Ok(found) if found.is_dir() => walk(input, &mut files),
                Ok(_) => files.push((input.clone(), None)),
                Err(error) => files.push((input.clone(), Some(unreadable(&error)))),
            }
        }
        let bar =
            if is_terminal() && files.len() > 1 { ProgressBar::new(files.len() as u64) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Ok(Self { files, options, pipeline: args.pipeline.clone(), levels, records: false, bar })
    }

    /// The same, where files that end with `.json` are records.
    pub(super) fn with_records(self) -> Self {
        Self { records: true, ..self }
    }

    /// How loud rules may be.
    pub(super) fn levels(&self) -> &RuleLevels {
        &self.levels
    }

    /// The bounds that hold.
    pub(super) fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Number of files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Converts one file after another and hands on what came of it. Gives the number that failed.
    pub(super) fn each(&self, mut handle: impl FnMut(&str, Result<Record>) -> io::Result<()>) -> io::Result<usize> {
        let mut failed = 0;
        for (path, error) in &self.files {
            let shown = show_name(path.as_os_str());
            self.bar.set_message(shown.clone());
            let outcome = error.clone().map_or_else(|| self.convert_aside(path, &shown), Err);
            failed += usize::from(outcome.is_err());
            self.bar.suspend(|| handle(&shown, outcome)).inspect_err(|_| self.bar.finish_and_clear())?;
            self.bar.inc(1);
        }
        self.bar.finish_and_clear();
        Ok(failed)
    }

    /// On a thread with as much stack as those of the daemon: documents nest, and readers follow them.
    fn convert_aside(&self, path: &Path, shown: &str) -> Result<Record> {
        let bug = |what: &str| Error::new(ErrorKind::Internal, what);
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            let handle =
                builder.spawn_scoped(scope, || self.convert(path, shown)).map_err(|_| bug("no thread left"))?;
            handle.join().unwrap_or_else(|_| Err(bug("the converting thread ended")))
        })
    }

    fn convert(&self, path: &Path, shown: &str) -> Result<Record> {
        if self.records && is_json(path) {
            return read_record(path, self.options.limits.record_bytes);
        }
        let received_at = now_utc();
        let bytes = read(path, self.options.limits.input_bytes)?;
        let hints = Hints {
            name: path.file_name().map(show_name).unwrap_or_default(),
            path: shown.to_owned(),
            inbox: None,
            container: None,
            pipeline: self.pipeline.clone(),
            levels: self.levels.clone(),
        };
        let mut record = convert_stamped(&bytes, &hints, &self.options)?;
        record.run.received_at = Some(received_at);
        Ok(record)
    }
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// A record file of at most `limit` bytes.
fn read_record(path: &Path, limit: u64) -> Result<Record> {
    let bytes = read(path, limit)?;
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| {
        let zh = format!("不是本版本的记录文件：{error}");
        let en = format!("this is no record file of this version: {error}");
        Error::new(ErrorKind::Malformed, (zh.as_str(), en.as_str()))
    })?;
    Ok(record)
}

/// Every record file below a folder, in the order of names; nothing when there is no such folder.
pub(super) fn records_below(
    folder: &Path,
    limit: u64,
    mut handle: impl FnMut(&str, Result<Record>) -> io::Result<()>,
) -> io::Result<()> {
    let mut files = Vec::new();
    if folder.is_dir() {
        walk(folder, &mut files);
    }
    for (path, error) in files.into_iter().filter(|(path, error)| error.is_some() || is_json(path)) {
        let outcome = error.map_or_else(|| read_record(&path, limit), Err);
        handle(&show_name(path.as_os_str()), outcome)?;
    }
    Ok(())
}

/// Reads a file of at most `limit` bytes; a larger one is refused before it is read.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    if size > limit {
        return Err(Error::limit("input_bytes", limit));
    }
    let mut bytes = Vec::new();
    // A pipe has no size; it is cut off one byte past the limit.
    file.by_ref().take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > limit {
        return Err(Error::limit("input_bytes", limit));
    }
    Ok(bytes)
}

fn walk(folder: &Path, files: &mut Vec<(PathBuf, Option<Error>)>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            files.push((folder.to_owned(), Some(unreadable(&error))));
            return;
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| IgnoreRule::of(&entry.file_name()).is_none())
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        match path.symlink_metadata() {
            Ok(found) if found.is_dir() && is_saved_page(folder, path.file_name().unwrap_or_default()) => {}
            Ok(found) if found.is_dir() => walk(&path, files),
            Ok(found) if found.is_file() => files.push((path, None)),
            Ok(_) => {}
            Err(error) => files.push((path, Some(unreadable(&error)))),
        }
    }
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(ErrorKind::Unreadable, error.to_string())
}
