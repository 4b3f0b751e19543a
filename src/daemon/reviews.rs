//! Reviews of sources, for inboxes whose configuration asks for one: where each stands, and its writing and moving.
//!
//! In: rows of the journal's `reviews`. Out: files. A review is a pure function of its record file, so it is no output of
//! its own with an intent and a hash: the transaction that notes the record notes that its review is due, and the review is
//! written after it, again and again to the same bytes until that is noted too. That of a replaced record goes to
//! `superseded/` beside the record. What can go wrong: the disk, which is tried again; a record that gives no review by a
//! bug, which is told and passed over, because nothing must wait for it.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Fatal;
use super::deliver::as_path;
use super::journal::{
    Due, IssueFilter, IssueState, Journal, JournalError, PlannedReview, Properties, Reader, SourceKey, Written,
};
use super::names::{show_name, show_path};
use super::pool::contain;
use super::snapshot::hash_file;
use crate::config::{After, Config};
use crate::record::{FindingCode, LogBody, Record, sha256_hex};
use crate::sink::{
    Beside, ReviewFormat, ReviewOptions, Storage, WriteError, review, review_name, sync_folders, write_atomic,
};

/// Findings beside a unit's records that its review tells of, of each sort.
const MOST_BESIDE: u32 = 1_000;
/// Where in the output folder reviews of sources go that stay in their inbox, or came out of a bundle.
pub(super) const REVIEWS: &str = "reviews";
/// Where replaced records go.
const SUPERSEDED: &str = "superseded";

/// What the journal knows beside the records of a unit: findings about two of its reports, and those of earlier filings
/// that a later one mended. `None` where there is no journal.
///
/// # Errors
/// When the journal cannot be read.
pub fn beside_unit(config: &Config, unit: &str) -> Result<Option<Vec<Beside>>, Fatal> {
    let path = config.state.join("journal.sqlite3");
    if !path.is_file() {
        return Ok(None);
    }
    let reader = Reader::open(&path).map_err(Fatal::journal)?;
    beside(&reader, unit).map(Some).map_err(Fatal::journal)
}

/// The same, of a journal that is open.
pub(super) fn beside(reader: &Reader, unit: &str) -> Result<Vec<Beside>, JournalError> {
    let properties = Properties { unit: Some(unit.to_owned()), ..Properties::default() };
    let of = |code: Option<FindingCode>, state| IssueFilter {
        state,
        code: code.map(|code| code.label().to_owned()),
        properties: properties.clone(),
        ..IssueFilter::default()
    };
    let mut beside = Vec::new();
    for code in [FindingCode::HistoryMismatch, FindingCode::SetMismatch] {
        let issues = reader.issues(&of(Some(code), None), None, MOST_BESIDE)?;
        let unmended = issues.into_iter().filter(|issue| issue.state != IssueState::Fixed);
        beside.extend(unmended.map(|issue| Beside { line: issue.line, fixed: false }));
    }
    for issue in reader.issues(&of(None, Some(IssueState::Fixed)), None, MOST_BESIDE)? {
        // What was said to be fixed by hand stands in its record as before.
        let LogBody::Finding { record_id, against, .. } = &issue.line else { continue };
        if against.is_some() || !reader.report(record_id)?.is_some_and(|report| report.current) {
            beside.push(Beside { line: issue.line, fixed: true });
        }
    }
    Ok(beside)
}

/// What stands beside one record: findings about it and another report, those of its own name and those of the other's.
pub(super) fn beside_record(reader: &Reader, report: &str, record: &str) -> Result<Vec<Beside>, JournalError> {
    let own = reader.issues_of(report, MOST_BESIDE)?.into_iter();
    let mut issues: Vec<_> = own.filter(|issue| names_two(&issue.line, record)).collect();
    issues.extend(reader.issues_against(record, MOST_BESIDE)?);
    issues.retain(|issue| issue.state != IssueState::Fixed);
    issues.sort_by_key(|issue| issue.number);
    issues.dedup_by_key(|issue| issue.number);
    Ok(issues.into_iter().map(|issue| Beside { line: issue.line, fixed: false }).collect())
}

fn names_two(line: &LogBody, record: &str) -> bool {
    matches!(line, LogBody::Finding { record_id, against: Some(_), .. } if record_id == record)
}

/// The review that is due for a source; `None` where its inbox asks for none.
pub(super) fn planned(
    config: &Config,
    key: &SourceKey,
    sha256: Option<&str>,
    of_bundle: bool,
) -> Option<PlannedReview> {
    let inbox = config.inboxes.iter().find(|inbox| inbox.name == key.inbox)?;
    let format = inbox.review?;
    let moved = inbox.after == After::Move && !of_bundle;
    let folder = if moved { config.archive.clone() } else { config.output.join(REVIEWS) };
    let name = as_path(&key.path).file_name().map(show_name)?;
    let path = folder.join(&key.inbox).join(sha256?.get(..16)?).join(review_name(&name, format));
    Some(PlannedReview { path: path.as_os_str().as_bytes().to_vec(), format: format.label().to_owned() })
}

/// The reviews that already stand for a source, whatever its inbox asks for now: path and sha256 of each.
pub(super) fn standing(config: &Config, key: &SourceKey, sha256: &str) -> Vec<(PlannedReview, String)> {
    let Some(name) = as_path(&key.path).file_name().map(show_name) else { return Vec::new() };
    let folders = [config.archive.clone(), config.output.join(REVIEWS)];
    let places = folders.into_iter().flat_map(|folder| {
        let folder = folder.join(&key.inbox).join(sha256.get(..16).unwrap_or_default());
        ReviewFormat::ALL.map(|format| (folder.join(review_name(&name, format)), format))
    });
    places
        .filter_map(|(path, format)| {
            let hash = hash_file(&path).ok()?;
            let path = path.as_os_str().as_bytes().to_vec();
            Some((PlannedReview { path, format: format.label().to_owned() }, hash))
        })
        .collect()
}

/// Writes reviews that are due. Gives each with the hash of what stands there as ours, for the journal to note.
fn write_all(config: &Config, storage: &dyn Storage, due: &[Due]) -> Result<Vec<Written>, WriteError> {
    let mut written = Vec::with_capacity(due.len());
    let mut folders = BTreeSet::new();
    for each in due {
        let path = as_path(&each.path);
        let Some(bytes) = render(config, each)? else {
            written.push((each.path.clone(), each.sha256.clone()));
            continue;
        };
        let hash = sha256_hex(&bytes);
        match hash_file(path) {
            // It was written, and the note of it was not.
            Ok(found) if found == hash => {}
            Ok(found) if each.sha256.as_ref() != Some(&found) => {
                let path = show_name(path.as_os_str());
                tracing::warn!(path, "a file that hedui did not write stands where a review belongs; it is left alone");
                written.push((each.path.clone(), each.sha256.clone()));
                continue;
            }
            _ => write_atomic(storage, path, &bytes, false)?,
        }
        folders.extend(path.parent().map(Path::to_owned));
        written.push((each.path.clone(), Some(hash)));
    }
    sync_folders(storage, &folders)?;
    Ok(written)
}

/// The review's bytes; `None` when there can be none.
fn render(config: &Config, due: &Due) -> Result<Option<Vec<u8>>, WriteError> {
    let Some(place) = &due.place else { return Ok(None) };
    let path = config.output.join(place);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            tracing::warn!(path = show_name(path.as_os_str()), "no review is written of a record that is gone");
            return Ok(None);
        }
        Err(error) => return Err(WriteError::on("read", &path)(error)),
    };
    let Some(format) = ReviewFormat::named(&due.format) else { return Ok(None) };
    let options = ReviewOptions::new(config.language, &config.limits);
    let made = serde_json::from_slice::<Record>(&text)
        .map_err(|error| error.to_string())
        .and_then(|record| contain(|| review(&[&record], &[], format, options)).map_err(|error| error.to_string()));
    Ok(made.inspect_err(|error| tracing::error!(record = due.record, error, "a review could not be made")).ok())
}

/// Moves reviews of replaced records aside. What somebody changed meanwhile stays where it is.
fn retire_all(config: &Config, storage: &dyn Storage, retired: &[Due]) -> Result<(), WriteError> {
    let mut folders = BTreeSet::new();
    for each in retired {
        let path = as_path(&each.path);
        let Ok(bytes) = fs::read(path) else { continue };
        if each.sha256.as_deref() != Some(sha256_hex(&bytes).as_str()) {
            let path = show_path(&each.path);
            tracing::warn!(path, "the review of a replaced record was changed since; it is left alone");
            continue;
        }
        // By copying: the archive may lie on another file system.
        write_atomic(storage, &aside(config, each), &bytes, true)?;
        storage.remove(path).map_err(WriteError::on("remove", path))?;
        folders.extend(path.parent().map(Path::to_owned));
    }
    sync_folders(storage, &folders)
}

fn aside(config: &Config, due: &Due) -> PathBuf {
    let format = ReviewFormat::named(&due.format).unwrap_or(ReviewFormat::Html);
    config.output.join(SUPERSEDED).join(review_name(&due.record, format))
}

/// Writes what is due and moves what is replaced, until nothing is.
pub(super) fn settle_reviews(journal: &mut Journal, config: &Config, storage: &dyn Storage) -> Result<(), Unsettled> {
    loop {
        let due = journal.due_reviews()?;
        if due.is_empty() {
            break;
        }
        let written = write_all(config, storage, &due)?;
        journal.note_reviews(&written)?;
    }
    loop {
        let retired = journal.retired_reviews()?;
        if retired.is_empty() {
            return Ok(());
        }
        retire_all(config, storage, &retired)?;
        journal.forget_reviews(&retired)?;
    }
}

/// Why reviews are still to be written.
#[derive(Debug)]
pub(super) enum Unsettled {
    Write(WriteError),
    Journal(JournalError),
}

impl From<WriteError> for Unsettled {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<JournalError> for Unsettled {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}
