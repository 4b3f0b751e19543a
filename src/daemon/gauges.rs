//! Numbers and states for whoever asks for the daemon's health, and word of changes for pages.
//!
//! In: what happens. Out: the text of `/metrics` (Prometheus, text format 0.0.4), and whether the daemon is ready or
//! degraded. They count from the start of the process and outlive a change of the configuration. Nothing can go wrong.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::report::Verdict;
use crate::config::Config;

/// Names of the four ends of a source.
const ENDS: [&str; 4] = ["done", "duplicate", "quarantined", "ignored"];
/// Names of the severities of findings.
const SEVERITIES: [&str; 3] = ["error", "warning", "info"];

/// The numbers.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    ready: AtomicBool,
    degraded: Mutex<Option<String>>,
    /// What is short on the disks.
    short: Mutex<Option<String>>,
    /// Why sources that are answered for cannot be moved.
    stuck: Mutex<Option<String>>,
    /// Folders that must be there.
    needed: Mutex<Vec<PathBuf>>,
    /// What the start is at.
    doing: Mutex<Option<String>>,
    bytes: AtomicU64,
    pulses: AtomicU64,
    waiting: AtomicU64,
    sources: [AtomicU64; 4],
    findings: [AtomicU64; 3],
    conversion_millis: AtomicU64,
    faults: AtomicU64,
    /// Counts what pages may show anew.
    changes: watch::Sender<u64>,
}

/// Sorts of reasons for not getting on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A step of delivery fails.
    Delivery,
    /// Too little room is left on a disk.
    Room,
    /// Sources cannot be put away.
    Shelf,
    /// A folder is gone.
    Folder,
}

/// Folders without which nothing comes in, or nothing is remembered.
pub(super) fn needed(config: &Config) -> impl Iterator<Item = &Path> {
    std::iter::once(config.state.as_path()).chain(config.inboxes.iter().map(|inbox| inbox.path.as_path()))
}

/// The first of these folders that is gone.
pub(super) fn gone<'a>(mut folders: impl Iterator<Item = &'a Path>) -> Option<String> {
    let lost = folders.find(|folder| !folder.is_dir())?;
    Some(format!("the folder {} is gone or cannot be reached", lost.display()))
}

impl Gauges {
    /// Delivery moves.
    pub(super) fn beat(&self) {
        self.pulses.fetch_add(1, Ordering::Relaxed);
    }

    /// How often delivery has moved.
    pub(super) fn pulses(&self) -> u64 {
        self.pulses.load(Ordering::Relaxed)
    }

    /// What the start is at, which may take long after an upgrade or a crash.
    pub(super) fn set_doing(&self, what: &str) {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.to_owned());
    }

    /// What the start is at.
    pub(super) fn doing(&self) -> Option<String> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first look at every inbox is done.
    pub(super) fn set_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    /// The first look at every inbox is done.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// A step of delivery keeps failing, or does not any more.
    pub(super) fn set_degraded(&self, why: Option<String>) {
        *self.degraded.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Why delivery does not get on, or intake pauses.
    pub(super) fn degraded(&self) -> Option<String> {
        self.trouble().map(|(_, why)| why)
    }

    /// The same with its sort.
    pub(super) fn trouble(&self) -> Option<(Trouble, String)> {
        let why = |trouble, why: &Mutex<Option<String>>| {
            why.lock().unwrap_or_else(PoisonError::into_inner).clone().map(|why| (trouble, why))
        };
        let needed = || self.needed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        why(Trouble::Delivery, &self.degraded)
            .or_else(|| why(Trouble::Room, &self.short))
            .or_else(|| why(Trouble::Shelf, &self.stuck))
            .or_else(|| gone(needed().iter().map(PathBuf::as_path)).map(|why| (Trouble::Folder, why)))
    }

    /// These folders must be there; whoever asks is told when one is not.
    pub(super) fn set_needed(&self, config: &Config) {
        *self.needed.lock().unwrap_or_else(PoisonError::into_inner) = needed(config).map(Path::to_owned).collect();
    }

    /// Sources cannot be put away, or all are.
    pub(super) fn set_stuck(&self, why: Option<String>) {
        *self.stuck.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Room on the disks is short, or is not any more.
    pub(super) fn set_short(&self, why: Option<String>) {
        *self.short.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Intake pauses for lack of room.
    pub(super) fn is_short(&self) -> bool {
        self.short.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Files that wait or are under way, and the bytes of those under way.
    pub(super) fn set_waiting(&self, count: usize, bytes: u64) {
        self.waiting.store(count as u64, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// A converting process died or was ended.
    pub(super) fn count_fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Something is otherwise than pages show it.
    pub(super) fn tell_change(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// For whoever shows pages.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// A source is answered for.
    pub(super) fn count(&self, verdict: &Verdict) {
        self.tell_change();
        let [done, duplicate, quarantined, ignored] = &self.sources;
        let end = match verdict {
            Verdict::Done(summary) => {
                let [error, warning, info] = &self.findings;
                error.fetch_add(summary.findings.error as u64, Ordering::Relaxed);
                warning.fetch_add(summary.findings.warning as u64, Ordering::Relaxed);
                info.fetch_add(summary.findings.info as u64, Ordering::Relaxed);
                self.conversion_millis.fetch_add(summary.duration_ms.unwrap_or_default(), Ordering::Relaxed);
                done
            }
            // Its documents are counted one by one.
            Verdict::Bundle { .. } => return,
            Verdict::Duplicate { .. } => duplicate,
            Verdict::Quarantined { .. } => quarantined,
            Verdict::Ignored { .. } => ignored,
        };
        end.fetch_add(1, Ordering::Relaxed);
    }

    /// The text of `/metrics`.
    pub(super) fn metrics(&self) -> String {
        let mut text = String::new();
        let mut put = |name: &str, kind: &str, help: &str, values: &[(String, String)]| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let plain = |value: u64| vec![(String::new(), value.to_string())];
        let read = |value: &AtomicU64| value.load(Ordering::Relaxed);
        let labelled = |label: &str, names: &[&str], values: &[AtomicU64]| -> Vec<(String, String)> {
            let pairs = names.iter().zip(values);
            pairs.map(|(name, value)| (format!("{{{label}=\"{name}\"}}"), read(value).to_string())).collect()
        };
        let sources = labelled("end", &ENDS, &self.sources);
        put("hedui_sources_total", "counter", "Sources answered for, by how they ended.", &sources);
        let findings = labelled("severity", &SEVERITIES, &self.findings);
        put("hedui_findings_total", "counter", "Findings of the records written.", &findings);
        let millis = read(&self.conversion_millis);
        let seconds = vec![(String::new(), format!("{}.{:03}", millis / 1000, millis % 1000))];
        put("hedui_conversion_seconds_total", "counter", "Time spent on the conversions that gave a record.", &seconds);
        put(
            "hedui_worker_faults_total",
            "counter",
            "Converting processes that died or were ended.",
            &plain(read(&self.faults)),
        );
        put("hedui_waiting_sources", "gauge", "Files seen and not answered for.", &plain(read(&self.waiting)));
        put("hedui_bytes_under_way", "gauge", "Bytes of sources that are being converted.", &plain(read(&self.bytes)));
        let paused = u64::from(self.is_short());
        put("hedui_intake_paused", "gauge", "1 while too little room is left on a disk.", &plain(paused));
        put(
            "hedui_delivery_pulses_total",
            "counter",
            "Steps of delivery; standing still means stuck.",
            &plain(self.pulses()),
        );
        put("hedui_ready", "gauge", "1 once every inbox was looked at.", &plain(u64::from(self.is_ready())));
        let degraded = u64::from(self.degraded().is_some());
        put(
            "hedui_degraded",
            "gauge",
            "1 while a step of delivery keeps failing, intake is paused, sources cannot be put away or a folder is gone.",
            &plain(degraded),
        );
        let version = vec![(format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), "1".to_owned())];
        put("hedui_build_info", "gauge", "Always 1.", &version);
        text
    }
}
