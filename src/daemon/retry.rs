//! Puts sources in quarantine back: `hedui retry`.
//!
//! In: a configuration and which entries. Out: what was done with each. The journal forgets that the content failed, the
//! source goes back to its place (`after: move`) or is there still (`after: keep`), the entry's files are removed, and
//! the daemon is woken. Each step may be repeated, so a crash in between is made good by another `retry`. What can go
//! wrong: the journal, the disk, or something else that stands at the source's place by now.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::Fatal;
use super::journal::{Journal, Reader, SourceRow};
use super::lock::wake;
use super::names::show_name;
use crate::config::{After, Config};
use crate::sink::{Disk, Reason, Storage, reason_file};

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
        if !wanted.iter().any(|which| which.takes(config, &reason)) {
            continue;
        }
        let source = reader.source_of_entry(&reason.id).map_err(Fatal::journal)?;
        journal.forget_failure(&reason.id).map_err(Fatal::journal)?;
        let outcome =
            put_back(config, &reason, source.as_ref()).map_err(Fatal::io("put back", Path::new(&reason.path)))?;
        let (again, what) = match outcome {
            Ok(what) => (true, what),
            Err(why) => (false, why),
        };
        entries.push(Retried {
            id: reason.id,
            path: format!("{}/{}", reason.inbox, reason.path),
            again,
            what: what.to_owned(),
        });
    }
    let woken = entries.iter().any(|entry| entry.again) && wake(&config.state);
    Ok(Retries { entries, woken })
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
fn reasons(quarantine: &Path) -> Result<Vec<Reason>, Fatal> {
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
    reason: &Reason,
    source: Option<&SourceRow>,
) -> io::Result<Result<&'static str, &'static str>> {
    let Some(source) = source else {
        return Ok(Err("the inbox has another content at this path by now; remove the entry, or drop its source anew"));
    };
    let Some(inbox) = config.inboxes.iter().find(|inbox| inbox.name == reason.inbox) else {
        return Ok(Err("its inbox is no longer in the configuration; drop the source anew"));
    };
    let place = inbox.path.join(super::deliver::as_path(&source.key.path));
    let kept = source.shelf.as_ref().map(|shelf| PathBuf::from(super::deliver::as_path(&shelf.path)));
    let kept = kept.filter(|path| path.symlink_metadata().is_ok());
    let what = match &kept {
        Some(kept) if inbox.after == After::Move => {
            Disk.make_folder(place.parent().unwrap_or(Path::new(".")))?;
            match Disk.rename_new(kept, &place) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    return Ok(Err("a file of this name lies in the inbox; take it away first"));
                }
                Err(error) if error.kind() == ErrorKind::CrossesDevices => copy_back(kept, &place)?,
                Err(error) => return Err(error),
            }
            "put back into the inbox"
        }
        _ if place.symlink_metadata().is_err() => return Ok(Err("its source is gone; drop it anew")),
        Some(kept) => {
            Disk.remove(kept)?;
            "tried again where it lies"
        }
        None => "tried again where it lies",
    };
    match Disk.remove(&config.quarantine.join(reason_file(&reason.id))) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(Ok(what)),
    }
}

/// To another file system, under a name that no scan takes up before it is whole.
fn copy_back(kept: &Path, place: &Path) -> io::Result<()> {
    let temporary = place.with_file_name(".hedui-retry.tmp");
    Disk.copy(kept, &temporary)?;
    Disk.rename_new(&temporary, place)?;
    Disk.remove(kept)
}
