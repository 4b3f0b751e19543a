//! Puts sources in quarantine back: `hedui retry`.
//!
//! In: a configuration and which entries. Out: what was done with each. The journal forgets that the content failed, the
//! source goes back to its place (`after: move`) or is there still (`after: keep`), the entry's files are removed, and
//! the daemon is woken. A bundle goes back for the sake of its entries. Each step may be repeated, so a crash in between is made
//! good by another `retry`. What can go wrong: the journal, the disk, or something else that stands at the source's place by now.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::deliver::as_path;
use super::journal::{Journal, Reader, SourceRow};
use super::lock::wake;
use super::names::show_name;
use super::{Fatal, recall};
use crate::config::{After, Config};
use crate::sink::{Disk, Reason, Storage, reason_file};

/// What is said of an entry whose path has another content.
pub(super) const OTHER_CONTENT: &str =
    "the inbox has another content at this path by now; remove the entry, or drop its source anew";
/// What is said of an entry of a bundle that is gone.
pub(super) const BUNDLE_GONE: &str = "its bundle is gone; drop it anew";
/// What is said of an entry of a bundle that goes the usual way again.
pub(super) const WITH_BUNDLE: &str = "tried again with its bundle";
/// What is said of an entry whose source lay in its inbox and does not any more.
pub(super) const SOURCE_GONE: &str = "its source is gone; drop it anew";
/// What is said of an entry whose source lies in its inbox.
pub(super) const WHERE_IT_LIES: &str = "tried again where it lies";

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Every one.
    All,
    /// Those with this id, or from this path.
    One(String),
}

/// What was done with one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retried {
    /// The entry.
    pub id: String,
    /// Where the source came from, escaped for display.
    pub path: String,
    /// It is tried again.
    pub again: bool,
    /// What was done, or why nothing.
    pub what: String,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Retries {
    /// Entry by entry.
    pub entries: Vec<Retried>,
    /// The daemon runs and looks now.
    pub woken: bool,
}

/// Puts back what is wanted.
///
/// # Errors
/// When there is no journal, or quarantine or journal cannot be read or written.
pub fn retry(config: &Config, wanted: &[Which]) -> Result<Retries, Fatal> {
    let reader = Reader::of(config)?;
    let path = config.state.join("journal.sqlite3");
    let mut journal = Journal::open(&path, Arc::new(Disk)).map_err(Fatal::journal)?;
    let mut entries = Vec::new();
    for reason in reasons(&config.quarantine)? {
        if wanted.iter().any(|which| which.takes(config, &reason)) {
            entries.push(retry_one(config, &reader, &mut journal, reason)?);
        }
    }
    let woken = entries.iter().any(|entry| entry.again) && wake(&config.state);
    Ok(Retries { entries, woken })
}

/// Puts one entry back, for a daemon that runs: it is woken. `None` when the entry's files are gone: it was put back before.
pub(super) fn retry_entry(config: &Config, journal: &mut Journal, id: &str) -> Result<Option<Retried>, Fatal> {
    let reader = Reader::of(config)?;
    let path = config.quarantine.join(reason_file(id));
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Fatal::io("read", &path)(error)),
    };
    let reason = serde_json::from_slice(&text).map_err(|error| Fatal(format!("{}: {error}", path.display())))?;
    let retried = retry_one(config, &reader, journal, reason)?;
    if retried.again {
        wake(&config.state);
    }
    Ok(Some(retried))
}

fn retry_one(config: &Config, reader: &Reader, journal: &mut Journal, reason: Reason) -> Result<Retried, Fatal> {
    let source = reader.source_of_entry(&reason.id).map_err(Fatal::journal)?;
    journal.forget_failure(&reason.id).map_err(Fatal::journal)?;
    let (again, what) = match put_back(config, reader, journal, &reason, source.as_ref())? {
        Ok(what) => (true, what),
        Err(why) => (false, why),
    };
    let path = format!("{}/{}", reason.inbox, reason.path);
    Ok(Retried { id: reason.id, path, again, what: what.to_owned() })
}

impl Which {
    fn takes(&self, config: &Config, reason: &Reason) -> bool {
        let Self::One(wanted) = self else { return true };
        let inbox = config.inboxes.iter().find(|inbox| inbox.name == reason.inbox);
        let place = inbox.map(|inbox| show_name(inbox.path.join(&reason.path).as_os_str()));
        let absolute = std::path::absolute(wanted).map(|path| show_name(path.as_os_str())).ok();
        *wanted == reason.id
            || *wanted == reason.path
            || *wanted == format!("{}/{}", reason.inbox, reason.path)
            || wanted.rsplit('/').next() == Some(reason_file(&reason.id).as_str())
            || (absolute.is_some() && absolute == place)
    }
}

/// All entries, in the order of their ids.
pub(super) fn reasons(quarantine: &Path) -> Result<Vec<Reason>, Fatal> {
    let mut reasons = Vec::new();
    for entry in fs::read_dir(quarantine).map_err(Fatal::io("list", quarantine))? {
        let path = entry.map_err(Fatal::io("list", quarantine))?.path();
        if path.to_string_lossy().ends_with(".reason.json") {
            let text = fs::read(&path).map_err(Fatal::io("read", &path))?;
            match serde_json::from_slice(&text) {
                Ok(reason) => reasons.push(reason),
                Err(error) => tracing::warn!(path = %path.display(), %error, "no reason file of this version"),
            }
        }
    }
    reasons.sort_by(|one: &Reason, other| one.id.cmp(&other.id));
    Ok(reasons)
}

/// The source at its place, and the entry's files gone. The inner error says why that cannot be.
fn put_back(
    config: &Config,
    reader: &Reader,
    journal: &mut Journal,
    reason: &Reason,
    source: Option<&SourceRow>,
) -> Result<Result<&'static str, &'static str>, Fatal> {
    let Some(source) = source else {
        return Ok(Err(OTHER_CONTENT));
    };
    let Some((_, inbox)) = recall::inbox_of(config, source) else { return Ok(Err(recall::NO_INBOX)) };
    let doing = |error| Fatal::io("put back", Path::new(&reason.path))(error);
    let home = inbox.path.join(as_path(&source.key.path));
    let kept = source.shelf.as_ref().map(|shelf| PathBuf::from(as_path(&shelf.path)));
    let kept = kept.filter(|path| path.symlink_metadata().is_ok());
    let mut copy = kept.clone();
    let what = if recall::file_row(reader, source)?.key != source.key {
        // An entry of a bundle: the whole bundle goes the usual way again, and what it gave before stays.
        let Some(found) = recall::find(config, reader, source)? else {
            return Ok(Err(BUNDLE_GONE));
        };
        match recall::bring_back(config, journal, &found)? {
            Ok(_) => WITH_BUNDLE,
            Err(why) => return Ok(Err(why)),
        }
    } else if let Some(kept) = kept.filter(|_| inbox.after == After::Move) {
        copy = None;
        match recall::put_back(&kept, &home).map_err(doing)? {
            Ok(what) => what,
            Err(why) => return Ok(Err(why)),
        }
    } else if home.symlink_metadata().is_err() {
        return Ok(Err(SOURCE_GONE));
    } else {
        WHERE_IT_LIES
    };
    for path in copy.into_iter().chain([config.quarantine.join(reason_file(&reason.id))]) {
        match Disk.remove(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(doing(error)),
            _ => {}
        }
    }
    Ok(Ok(what))
}
