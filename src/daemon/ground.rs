//! What every part of the daemon knows: the configuration and what follows from it, and that the daemon is to stop.
//!
//! In: a configuration. Out: [`Ground`], the same for as long as that configuration holds. Nothing can go wrong here.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::gauges::Gauges;
use super::ready::is_remote;
use super::wire::Setup;
use crate::config::{Config, conversion_key};
use crate::pipeline::Options;
use crate::record::{Record, sha256_hex};

/// What every part knows.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) config: Config,
    pub(super) options: Options,
    /// Per inbox, the versions that decide whether a content is known.
    pub(super) keys: Vec<String>,
    /// Version of the tool and limits: a failure holds for these only.
    pub(super) attempt: String,
    /// What every converting process is told first.
    pub(super) setup: Vec<u8>,
    /// What keeps converting processes from files and networks, once one has run.
    pub(super) sandbox: OnceLock<String>,
    /// Per inbox: its files can change without this machine knowing. Looked up with every scan, for things are mounted late.
    pub(super) remote: Vec<AtomicBool>,
    /// Handle what is there, then end.
    pub(super) once: bool,
    /// Numbers and states for whoever asks.
    pub(super) gauges: Arc<Gauges>,
    pub(super) stop: StopFlag,
    /// The same moment by both clocks.
    began: (Instant, SystemTime),
}

impl Ground {
    pub(super) fn new(config: Config, once: bool, gauges: Arc<Gauges>) -> Self {
        let options = Options { limits: config.limits.clone(), catalog: config.catalog.clone() };
        let key =
            |inbox: &crate::config::Inbox| conversion_key(&config.catalog, inbox.pipeline.as_deref(), &inbox.levels);
        let keys = config.inboxes.iter().map(key).collect();
        let remote = config.inboxes.iter().map(|inbox| AtomicBool::new(is_remote(&inbox.path))).collect();
        let limits = sha256_hex(format!("{:?}", config.limits).as_bytes());
        let attempt = format!("{} {}", env!("CARGO_PKG_VERSION"), limits.get(..16).unwrap_or_default());
        let setup = Setup { texts: config.catalog_texts.clone(), limits: config.limits.clone() };
        // Texts and numbers; a process that is told nothing ends, and says so.
        let setup = serde_json::to_vec(&setup).unwrap_or_default();
        let (sandbox, stop) = (OnceLock::new(), StopFlag::default());
        let began = (Instant::now(), SystemTime::now());
        Self { config, options, keys, attempt, setup, sandbox, remote, once, gauges, stop, began }
    }

    pub(super) fn key(&self, inbox: usize) -> &str {
        self.keys.get(inbox).map_or("", String::as_str)
    }

    /// What a record was made with.
    pub(super) fn versions(&self, record: &Record) -> String {
        let vocabulary = &self.options.catalog.vocabulary.version;
        format!("{}@{} vocabulary@{vocabulary}", record.run.pipeline, record.run.pipeline_version)
    }

    pub(super) fn is_remote(&self, inbox: usize) -> bool {
        self.remote.get(inbox).is_some_and(|remote| remote.load(Ordering::Relaxed))
    }

    /// The kernel knows every writer of local files only.
    pub(super) fn asks_for_leases(&self, inbox: usize) -> bool {
        let own = self.config.inboxes.get(inbox).and_then(|inbox| inbox.leases);
        own.unwrap_or(self.config.leases) && !self.is_remote(inbox)
    }

    /// How long a file of this inbox must not change before it counts as complete.
    pub(super) fn quiet_window(&self, inbox: usize) -> Duration {
        let of_all = if self.is_remote(inbox) { self.config.network_quiet_window } else { self.config.quiet_window };
        self.config.inboxes.get(inbox).and_then(|inbox| inbox.quiet_window).unwrap_or(of_all)
    }

    /// Somebody has set the wall clock, that shows `now`, by more than so much since this began.
    pub(super) fn has_clock_jumped(&self, now: SystemTime, most: Duration) -> bool {
        let (monotonic, wall) = self.began;
        let expected = wall + monotonic.elapsed();
        let apart = now.duration_since(expected).or_else(|_| expected.duration_since(now));
        apart.is_ok_and(|apart| apart > most)
    }

    pub(super) fn journal_path(&self) -> PathBuf {
        self.config.state.join("journal.sqlite3")
    }
}

/// Set once, when the process is to end.
#[derive(Debug, Default)]
pub(super) struct StopFlag {
    /// Since when.
    set: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl StopFlag {
    pub(super) fn is_set(&self) -> bool {
        self.since().is_some()
    }

    /// For how long it has been set.
    pub(super) fn since(&self) -> Option<Duration> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since.elapsed())
    }

    pub(super) fn set(&self) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        self.changed.notify_all();
    }

    /// Waits; true when the process is to end.
    pub(super) fn wait(&self, pause: Duration) -> bool {
        let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(set, pause, |set| set.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }
}
