//! Whether the outputs are what the journal says: `hedui verify`.
//!
//! In: a configuration. Out: a [`Verification`]: what was looked at, and every complaint. Nothing is changed, and the
//! daemon may run meanwhile: what it has under way is no complaint. What can go wrong: the journal or a folder cannot be
//! read ([`Fatal`]).

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Fatal;
use super::journal::{DocumentRow, DocumentState, Reader};
use super::names::show_name;
use super::recall::is_intact;
use super::stock::check_stock;
use crate::config::Config;
use crate::sink::{audit_log, first_of_log};

/// How thoroughly sources in archive and quarantine are looked at. Records are compared by hash in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// That they are there, of the size that they had.
    Presence,
    /// Their hashes too.
    Full,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Records that the journal calls current.
    pub records: u64,
    /// Of these, those whose bytes were compared by hash.
    pub compared: u64,
    /// Files of the reconciliation log.
    pub log_files: usize,
    /// Lines in them.
    pub log_lines: u64,
    /// Sources that were put away into archive or quarantine.
    pub sources: u64,
    /// Of these, those whose bytes were compared by hash.
    pub sources_compared: u64,
    /// Entries of quarantine.
    pub entries: u64,
    /// Sources that are still to be moved.
    pub unsettled: u64,
    /// What does not fit.
    pub complaints: Vec<String>,
}

/// Compares journal, records, log, archive and quarantine.
///
/// # Errors
/// When one of them cannot be read at all.
pub fn verify(config: &Config, depth: Depth) -> Result<Verification, Fatal> {
    let reader = Reader::of(config)?;
    reader.check().map_err(Fatal::journal)?;
    let mut found = Verification::default();
    check_log(config, &reader, &mut found)?;
    check_records(config, &reader, &mut found)?;
    check_folder(config, &reader, &mut found)?;
    check_stock(config, &reader, depth, &mut found)?;
    found.unsettled = reader.backlog().map_err(Fatal::journal)?.0;
    Ok(found)
}

/// The log is whole, has every line that the journal knows to be there, and none that the journal never decided.
fn check_log(config: &Config, reader: &Reader, found: &mut Verification) -> Result<(), Fatal> {
    let known = reader.log_head().map_err(Fatal::journal)?;
    let audit = audit_log(&config.output, known.seq).map_err(Fatal::write)?;
    let next = reader.next_seq().map_err(Fatal::journal)?;
    (found.log_files, found.log_lines) = (audit.files, audit.lines);
    found.complaints.extend(audit.complaints);
    let first = reader.log_first().map_err(Fatal::journal)?;
    found.complaints.extend(lost_beginning(config, first, known.seq)?);
    let (last, wanted) = (audit.head.seq, known.seq);
    if last < wanted {
        found.complaints.push(format!("the log ends with line {last}, the journal has seen line {wanted} in it"));
    } else if wanted > 0 && audit.asked.as_ref() != Some(&known.hash) {
        found.complaints.push(format!("line {wanted} of the log is not the one that the journal has seen"));
    }
    if last >= next {
        found.complaints.push(format!("the log has line {last}, the journal has given numbers up to {}", next - 1));
    }
    Ok(())
}

/// What is said of a log that begins later than what retention removed from it, or that is gone. While retention removes
/// files of it, it may begin anywhere.
pub(super) fn lost_beginning(config: &Config, first: u64, known: u64) -> Result<Option<String>, Fatal> {
    if !config.retention.log.is_everything() || known == 0 {
        return Ok(None);
    }
    Ok(match first_of_log(&config.output).map_err(Fatal::write)? {
        None => Some(format!("the log is gone; the journal has seen line {known} in it; restore it from a copy")),
        Some(found) if found > first => Some(format!(
            "the log begins with line {found}, and nothing removed those from {first} on; restore them from a copy"
        )),
        Some(_) => None,
    })
}

/// Every current record is there, with the bytes that were written.
fn check_records(config: &Config, reader: &Reader, found: &mut Verification) -> Result<(), Fatal> {
    let mut suspects: Vec<DocumentRow> = Vec::new();
    let each = |row: DocumentRow| {
        found.records += 1;
        found.compared += u64::from(row.output_sha256.is_some());
        if !is_intact(config, &row) {
            suspects.push(row);
        }
    };
    reader.each_document(DocumentState::Current, each).map_err(Fatal::journal)?;
    for suspect in suspects {
        // The daemon may have replaced it between the two looks.
        let now = reader.document(&suspect.entry).map_err(Fatal::journal)?;
        if now.as_ref() == Some(&suspect) {
            let what = if config.output.join(&suspect.place).exists() {
                "is not what was written; put the original into the inbox again, or run `hedui reprocess --all`"
            } else {
                "is missing; put the original into the inbox again, or run `hedui reprocess --all`"
            };
            found.complaints.push(format!("{}: {what}", suspect.place));
        }
    }
    Ok(())
}

/// Nothing else stands among the records.
fn check_folder(config: &Config, reader: &Reader, found: &mut Verification) -> Result<(), Fatal> {
    let mut folders = vec![config.output.join("records")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !is_known(config, reader, &path)? {
                let place = path.strip_prefix(&config.output).unwrap_or(&path);
                let place = show_name(place.as_os_str());
                found.complaints.push(format!("{place}: the journal knows no such record"));
            }
        }
    }
    Ok(())
}

fn is_known(config: &Config, reader: &Reader, path: &Path) -> Result<bool, Fatal> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let id = name.strip_suffix(".json").unwrap_or_default();
    let document = reader.document(id).map_err(Fatal::journal)?;
    if document.is_some_and(|row| row.state == DocumentState::Current && config.output.join(&row.place) == path) {
        return Ok(true);
    }
    let planned: BTreeSet<PathBuf> = reader
        .planned_outputs()
        .map_err(Fatal::journal)?
        .iter()
        .map(|path| PathBuf::from(std::ffi::OsStr::from_bytes(path)))
        .collect();
    // Under way: planned, under its temporary name, or gone again.
    let temporary = name.starts_with('.') && planned.iter().any(|plan| plan.parent() == path.parent());
    Ok(temporary || planned.contains(path) || !path.exists())
}
