//! Why a file is where it is, or what it waits for: `hedui explain`.
//!
//! In: a configuration and a path, which need not exist any more. Out: an [`Explanation`]: one state with a stable name,
//! a sentence, and what belongs to it. Nothing is changed. What can go wrong: the journal cannot be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::journal::{Reader, SourceRow, SourceState, Stamp};
use super::lease::ignore_lease_breaks;
use super::lock::holder;
use super::names::{IgnoreRule, show_name};
use super::ready::{Probe, probe};
use super::room::short_of;
use super::snapshot::open_below;
use super::{Fatal, Ground};
use crate::config::{After, Config, Inbox};
use crate::record::Message;

/// What is known of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The file, escaped for display.
    pub path: String,
    /// The inbox it lies in.
    pub inbox: Option<String>,
    /// `outside`, `ignored`, `missing`, `done`, `duplicate`, `quarantined`, or what it waits for: `written`, `torn`,
    /// `quiet-window`, `no-room`, `next-look`.
    pub state: &'static str,
    /// The same in a sentence, with what can be done.
    pub sentence: String,
    /// The rule that passes it over.
    pub rule: Option<String>,
    /// The record or quarantine entry that answers for it.
    pub entry: Option<String>,
    /// Error code of a quarantined source.
    pub code: Option<String>,
    /// What is wrong with it.
    pub message: Option<Message>,
    /// What to do about it.
    pub advice: Option<Message>,
    /// When that was decided (RFC 3339, UTC).
    pub at: Option<String>,
    /// Milliseconds that its conversion took by the clock.
    pub wall_ms: Option<u64>,
    /// Milliseconds of a processor.
    pub cpu_ms: Option<u64>,
}

/// Explains one path.
///
/// # Errors
/// When the journal cannot be read.
pub fn explain(config: &Config, path: &Path) -> Result<Explanation, Fatal> {
    let path = absolute(path);
    let told = Explanation { path: show_name(path.as_os_str()), ..Explanation::default() };
    let found = config.inboxes.iter().enumerate().find_map(|(number, inbox)| {
        Some((number, inbox, path.strip_prefix(&inbox.path).ok().filter(|rest| !rest.as_os_str().is_empty())?))
    });
    let Some((number, inbox, rest)) = found else {
        let names: Vec<String> = config.inboxes.iter().map(|inbox| inbox.path.display().to_string()).collect();
        let sentence = format!("it lies in no inbox; these are watched: {}", names.join(", "));
        return Ok(Explanation { state: "outside", sentence, ..told });
    };
    let told = Explanation { inbox: Some(inbox.name.clone()), ..told };
    let reader = Reader::of(config)?;
    let ground = Ground::new(config.clone(), true, Arc::default());
    if let Some(rule) = ignoring_rule(&ground, &reader, number, rest) {
        let sentence = format!("the rule `{rule}` passes it over");
        return Ok(Explanation { state: "ignored", sentence, rule: Some(rule.to_owned()), ..told });
    }
    let row = reader.source(&ground.source_key(number, rest)).map_err(Fatal::journal)?;
    let stamp = path.symlink_metadata().ok().map(|found| Stamp::of(&found));
    match (stamp, row) {
        (Some(stamp), Some(row)) if ground.is_answered(number, &row, stamp) => answered(&reader, inbox, row, told),
        (Some(_), _) => Ok(waiting(&ground, number, rest, told)),
        (None, Some(row)) => answered(&reader, inbox, row, told),
        (None, None) => {
            let sentence = "there is no such file, and the journal knows none".to_owned();
            Ok(Explanation { state: "missing", sentence, ..told })
        }
    }
}

/// The path from the root; its last name is not followed when it is a link.
fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (whole.parent().and_then(|folder| folder.canonicalize().ok()), whole.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => whole,
    }
}

/// The rule that keeps a path of an inbox from being read, by its name, its folders' names or what it is.
fn ignoring_rule(ground: &Ground, reader: &Reader, number: usize, rest: &Path) -> Option<&'static str> {
    let inbox = ground.config.inboxes.get(number)?;
    let mut folder = PathBuf::new();
    let parents = rest.parent().unwrap_or(Path::new(""));
    for component in parents.components() {
        let name = component.as_os_str();
        let of_page = ground.is_of_page(reader, number, &folder, name);
        folder.push(name);
        if let Some(rule) = inbox.rule_of(&folder, true) {
            return Some(rule.name());
        }
        if of_page {
            return Some(IgnoreRule::SavedPageFolder.name());
        }
    }
    if !inbox.reaches(parents.components().count()) {
        return Some(if inbox.is_recursive() { "max-depth" } else { "not-recursive" });
    }
    let kind = inbox.path.join(rest).symlink_metadata().ok().map(|found| found.file_type());
    match kind {
        Some(kind) if kind.is_symlink() => Some(IgnoreRule::Symlink.name()),
        Some(kind) if !kind.is_file() => Some(IgnoreRule::NotAFile.name()),
        _ => inbox.rule_of(rest, false).map(IgnoreRule::name),
    }
}

/// What the journal says.
fn answered(reader: &Reader, inbox: &Inbox, row: SourceRow, told: Explanation) -> Result<Explanation, Fatal> {
    let document = match &row.entry {
        Some(entry) => reader.document(entry).map_err(Fatal::journal)?,
        None => None,
    };
    let place = document.as_ref().map(|document| document.place.clone()).unwrap_or_default();
    let entry = row.entry.clone().unwrap_or_default();
    let moves = if row.settled { "" } else { "; it is still to be moved, and that is tried with every scan" };
    let (state, sentence) = match row.state {
        SourceState::Done if row.entry.is_none() => {
            ("done", format!("it is a bundle; each document in it was answered for by itself{moves}"))
        }
        SourceState::Done => ("done", format!("its record is {place}{moves}")),
        SourceState::Duplicate => ("duplicate", format!("its content was answered for before, by {entry}{moves}")),
        SourceState::Quarantined => {
            let again = if inbox.after == After::Move { "puts it back" } else { "tries again" };
            ("quarantined", format!("no record comes out of it; `hedui retry {entry}` {again}{moves}"))
        }
        SourceState::Ignored => ("ignored", "a rule passed it over".to_owned()),
    };
    let cost = document.as_ref().map(|document| document.cost).unwrap_or_default();
    let refusal = document.and_then(|document| document.refusal).filter(|_| row.state == SourceState::Quarantined);
    Ok(Explanation {
        state,
        sentence,
        rule: row.rule,
        entry: row.entry,
        code: refusal.as_ref().map(|refusal| refusal.code.clone()),
        message: refusal.as_ref().map(|refusal| refusal.message.clone()),
        advice: refusal.map(|refusal| refusal.advice),
        at: Some(row.at),
        wall_ms: cost.wall_ms,
        cpu_ms: cost.cpu_ms,
        ..told
    })
}

/// What a file that is not answered for waits for.
fn waiting(ground: &Ground, number: usize, rest: &Path, told: Explanation) -> Explanation {
    let config = &ground.config;
    let window = spoken(ground.quiet_window(number));
    let probed = config.inboxes.get(number).and_then(|inbox| {
        let file = open_below(&inbox.path, rest).ok()?;
        let found = file.metadata().ok()?;
        Some(probe(&file, &found, ground.asks_for_leases(number)))
    });
    // Whoever writes to the file while it is looked at is no reason to end.
    ignore_lease_breaks();
    let short = short_of(config);
    let (state, sentence) = match probed {
        _ if holder(&config.state).is_none() => ("next-look", "the daemon does not run; start it".to_owned()),
        Some(Probe::Whole | Probe::Quiet) if short.is_some() => ("no-room", short.unwrap_or_default()),
        Some(Probe::Written) => ("written", "a program has it open for writing; it is read when that ends".to_owned()),
        Some(Probe::Torn) => {
            ("torn", format!("its content breaks off; unless it changes it is read after ten times {window}"))
        }
        Some(Probe::Quiet) => ("quiet-window", format!("it is read once it has not changed for {window}")),
        Some(Probe::Whole) => ("next-look", "it is complete, and read as soon as a process is free".to_owned()),
        None => match fs::File::open(config.inboxes.get(number).map(|inbox| inbox.path.join(rest)).unwrap_or_default())
        {
            Err(error) => ("next-look", format!("it cannot be opened ({error}); that is tried again")),
            Ok(_) => ("next-look", "it is looked at with the next scan".to_owned()),
        },
    };
    Explanation { state, sentence, ..told }
}

/// A duration as people write it.
fn spoken(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{} ms", time.as_millis()) }
}
