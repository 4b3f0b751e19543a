//! What the daemon has done and has still to do: `hedui status`.
//!
//! In: a configuration. Out: a [`Status`], from the journal, the lock and a look at the inboxes; the daemon need not run,
//! and nothing is made or changed. What can go wrong: the journal is damaged. That there is none is an answer, with a
//! code.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::mpsc;

use super::gauges::{gone, needed};
use super::inbox::{Look, Scanner};
use super::journal::{Reader, is_blank};
use super::lease::ignore_lease_breaks;
use super::lock::{Holder, holder};
use super::names::show_name;
use super::room::short_of;
use super::{Fatal, Ground};
use crate::config::Config;
use crate::sink::log_files;

/// The state of things.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Why nothing is known of what was done.
    pub trouble: Option<Trouble>,
    /// The daemon, when it runs.
    pub daemon: Option<Holder>,
    /// Per inbox, the number of its sources in each state: done, duplicate, quarantined, ignored.
    pub inboxes: BTreeMap<String, BTreeMap<String, u64>>,
    /// Per inbox, the files in it that are not answered for.
    pub waiting: BTreeMap<String, Waiting>,
    /// There are more of these than are counted.
    pub more_waiting: bool,
    /// Records that are current.
    pub current: u64,
    /// Records that were replaced.
    pub superseded: u64,
    /// Entries in quarantine by error code.
    pub quarantined: BTreeMap<String, u64>,
    /// Sources that are answered for and still to be moved.
    pub unsettled: u64,
    /// Lines that are decided and not yet in the log.
    pub unlogged: u64,
    /// The disk with too little room, for which nothing new is taken in.
    pub short: Option<String>,
    /// A folder that must be there and is not.
    pub gone: Option<String>,
}

/// Files of one inbox that are not answered for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Not complete yet: a program writes, the content breaks off, or the quiet window has not passed.
    pub not_ready: u64,
    /// Complete; not begun, or being converted at this moment.
    pub ready: u64,
}

/// What keeps the journal from being asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// `no-journal`: nothing was delivered with this configuration; `state-gone`: something was, and is not known any more.
    pub code: &'static str,
    /// The same in a sentence, with what to do.
    pub message: String,
}

/// Looks at the state of things.
///
/// # Errors
/// When the journal cannot be read.
pub fn status(config: &Config) -> Result<Status, Fatal> {
    let (short, gone) = (short_of(config), gone(needed(config)));
    let mut status = Status { daemon: holder(&config.state), short, gone, ..Status::default() };
    for inbox in &config.inboxes {
        status.inboxes.insert(inbox.name.clone(), BTreeMap::new());
        status.waiting.insert(inbox.name.clone(), Waiting::default());
    }
    status.trouble = trouble(config);
    let reader =
        if status.trouble.is_some() { Reader::of_nothing().map_err(Fatal::journal)? } else { Reader::of(config)? };
    for (inbox, state, count) in reader.count_sources().map_err(Fatal::journal)? {
        status.inboxes.entry(inbox).or_default().insert(state, count);
    }
    for (state, code, count) in reader.count_documents().map_err(Fatal::journal)? {
        match state.as_str() {
            "current" => status.current += count,
            "superseded" => status.superseded += count,
            _ => *status.quarantined.entry(code).or_default() += count,
        }
    }
    (status.unsettled, status.unlogged) = reader.backlog().map_err(Fatal::journal)?;
    count_waiting(config, reader, &mut status);
    Ok(status)
}

/// Whether there is a journal to ask.
fn trouble(config: &Config) -> Option<Trouble> {
    let path = config.state.join("journal.sqlite3");
    let state = show_name(config.state.as_os_str());
    if has_delivered(config) {
        // An empty journal beside results is a damaged one, and says so itself.
        (!path.exists()).then(|| Trouble {
            code: "state-gone",
            message: format!(
                "the journal in {state} is gone, though there are results; bring the folder back from a copy, or run \
                 `hedui rebuild-journal`, which makes it anew from records, quarantine and log"
            ),
        })
    } else {
        (!path.exists() || is_blank(&path)).then(|| Trouble {
            code: "no-journal",
            message: format!(
                "there is no journal in {state}; the daemon has not run with this configuration, start it"
            ),
        })
    }
}

/// There are results, so there was a journal.
pub(super) fn has_delivered(config: &Config) -> bool {
    config.output.join("records").exists() || !log_files(&config.output).is_ok_and(|files| files.is_empty())
}

/// Looks at the inboxes as the daemon does.
fn count_waiting(config: &Config, reader: Reader, status: &mut Status) {
    // Whoever writes to a file while it is looked at is no reason to end.
    ignore_lease_breaks();
    let ground = Arc::new(Ground::new(config.clone(), true, Arc::default()));
    let scanner = Scanner::new(ground, reader, mpsc::channel(1).0, mpsc::channel(1).0);
    let seen = scanner.look(&Look { everything: true, later: true, ..Look::default() });
    status.more_waiting = seen.cut;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    for open in seen.open {
        let Some(inbox) = config.inboxes.get(open.place.inbox) else { continue };
        let waiting = status.waiting.entry(inbox.name.clone()).or_default();
        if open.is_ready(now) {
            waiting.ready += 1;
        } else {
            waiting.not_ready += 1;
        }
    }
}

impl Reader {
    /// The journal of a configuration, for whoever looks from outside.
    pub(super) fn of(config: &Config) -> Result<Self, Fatal> {
        match trouble(config) {
            Some(trouble) => Err(Fatal(format!("{} ({})", trouble.message, trouble.code))),
            None => Self::open(&config.state.join("journal.sqlite3")).map_err(Fatal::journal),
        }
    }
}
