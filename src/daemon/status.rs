//! What the daemon has done and has still to do: `hedui status`.
//!
//! In: a configuration. Out: a [`Status`], from the journal and the lock; the daemon need not run. What can go wrong: the
//! journal cannot be read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Fatal;
use super::gauges::{gone, needed};
use super::journal::Reader;
use super::lock::{Holder, holder};
use super::room::short_of;
use crate::config::Config;

/// The state of things.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The daemon, when it runs.
    pub daemon: Option<Holder>,
    /// Per inbox, the number of its sources in each state: done, duplicate, quarantined, ignored.
    pub inboxes: BTreeMap<String, BTreeMap<String, u64>>,
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

/// Looks at the state of things.
///
/// # Errors
/// When there is no journal or it cannot be read.
pub fn status(config: &Config) -> Result<Status, Fatal> {
    let reader = Reader::of(config)?;
    let (short, gone) = (short_of(config), gone(needed(config)));
    let mut status = Status { daemon: holder(&config.state), short, gone, ..Status::default() };
    for inbox in &config.inboxes {
        status.inboxes.insert(inbox.name.clone(), BTreeMap::new());
    }
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
    Ok(status)
}

impl Reader {
    /// The journal of a configuration, for whoever looks from outside.
    pub(super) fn of(config: &Config) -> Result<Self, Fatal> {
        let path = config.state.join("journal.sqlite3");
        if !path.exists() {
            let path = path.display();
            return Err(Fatal(format!("there is no journal {path}; has the daemon run with this configuration?")));
        }
        Self::open(&path).map_err(Fatal::journal)
    }
}
