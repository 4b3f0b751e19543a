//! config.yaml as it is written: the shape, the defaults, nothing resolved yet.
//!
//! In: YAML. Out: [`ConfigFile`]; every value a check may object to later carries its place. What can go wrong:
//! unknown keys, wrong types, durations without a unit.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use crate::limits::Limits;
use crate::reconcile::{RuleLevel, RuleLevels};
use crate::sink::{Language, ReviewFormat};

/// Levels of rules by id, with their places.
pub(super) type RulesFile = BTreeMap<String, Spanned<RuleLevel>>;

/// The configuration of the daemon. Paths are relative to the file they stand in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Config")]
pub(super) struct ConfigFile {
    /// The folders that are watched, at least one.
    #[schemars(with = "Vec<InboxFile>")]
    pub(super) inboxes: Spanned<Vec<Spanned<InboxFile>>>,
    /// Where records and the reconciliation log go.
    #[serde(default = "default_output")]
    #[schemars(with = "String")]
    pub(super) output: Spanned<String>,
    /// Where sources of inboxes with `after: move` go once their record is written.
    #[serde(default = "default_archive")]
    #[schemars(with = "String")]
    pub(super) archive: Spanned<String>,
    /// Where sources that could not be converted go, each with the reason.
    #[serde(default = "default_quarantine")]
    #[schemars(with = "String")]
    pub(super) quarantine: Spanned<String>,
    /// Where the daemon keeps its journal.
    #[serde(default = "default_state")]
    #[schemars(with = "String")]
    pub(super) state: Spanned<String>,
    /// A folder of pipelines that replace built-in ones of the same file name or stand beside them.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) pipelines: Option<Spanned<String>>,
    /// Bounds on what one source may cost.
    #[serde(default)]
    pub(super) limits: Limits,
    /// Conversions at the same time; null or absent: one per processor.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub(super) workers: Option<Spanned<u32>>,
    /// How long a file's size and times must not change before it counts as complete.
    #[serde(default = "default_quiet_window")]
    #[schemars(with = "Interval")]
    pub(super) quiet_window: Spanned<Interval>,
    /// The same for files on other machines (NFS, SMB, FUSE and the like), whose writers the kernel does not know.
    #[serde(default = "default_network_quiet_window")]
    #[schemars(with = "Interval")]
    pub(super) network_quiet_window: Spanned<Interval>,
    /// The kernel is asked whether somebody has a file open for writing, where it tells (own files, or `CAP_LEASE`). A
    /// ZIP package or page that ends as it should need not wait then; nothing is read while somebody writes.
    #[serde(default = "default_true")]
    pub(super) leases: bool,
    /// Bytes of sources that are under way at the same time; a larger one goes alone.
    #[serde(default = "default_queue_bytes")]
    #[schemars(with = "u64")]
    pub(super) queue_bytes: Spanned<u64>,
    /// Free bytes below which, on a disk that results, archive, quarantine or journal lie on, nothing new is taken in.
    #[serde(default = "default_min_free_bytes")]
    pub(super) min_free_bytes: u64,
    /// The language of reviews that the daemon writes, and of pages until a browser chooses another: `zh` or `en`.
    #[serde(default)]
    pub(super) language: Language,
    /// How often the folders are compared with the journal, whatever events came.
    #[serde(default = "default_rescan_interval")]
    #[schemars(with = "Interval")]
    pub(super) rescan_interval: Spanned<Interval>,
    /// The dashboard, its JSON API, `/healthz`, `/readyz` and `/metrics`.
    #[serde(default)]
    pub(super) web: WebFile,
    /// Where the address stood before there was a dashboard; complained about with what to write instead.
    #[serde(default)]
    #[schemars(skip)]
    pub(super) listen: Option<Spanned<String>>,
    /// What time the days of the reconciliation log begin by: `UTC` or the distance from it, as `+08:00`.
    #[serde(default = "default_time_zone")]
    #[schemars(with = "String")]
    pub(super) time_zone: Spanned<String>,
    /// Rights that new files do not get, in octal as `"0027"`; null or absent: as the daemon was started.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) umask: Option<Spanned<String>>,
    /// Name or number of the group that results belong to; null or absent: the daemon's own.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) group: Option<Spanned<String>>,
    /// What is removed when it is old or there is too much of it. By default nothing.
    #[serde(default)]
    pub(super) retention: RetentionFile,
    /// What the daemon says of itself.
    #[serde(default)]
    pub(super) log: LogOptions,
    /// The reconciliation log.
    #[serde(default)]
    pub(super) reconciliation: ReconciliationFile,
    /// How loud rules may be: `off`, `info`, `warning` or `error` by id; those that are not named are as loud as they are.
    #[serde(default)]
    #[schemars(with = "RuleLevels")]
    pub(super) rules: RulesFile,
}

/// Where the numbers of the parts stand, that a check may object to, by part and key.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Places {
    #[serde(default)]
    limits: BTreeMap<String, Spanned<IgnoredAny>>,
    #[serde(default)]
    reconciliation: BTreeMap<String, Spanned<IgnoredAny>>,
    #[serde(default)]
    retention: BTreeMap<String, Spanned<IgnoredAny>>,
    #[serde(default)]
    web: BTreeMap<String, Spanned<IgnoredAny>>,
}

impl Places {
    /// Where the value of a key stands.
    pub(super) fn of(&self, part: Part, key: &str) -> Location {
        let keys = match part {
            Part::Limits => &self.limits,
            Part::Reconciliation => &self.reconciliation,
            Part::Retention => &self.retention,
            Part::Web => &self.web,
        };
        keys.get(key).map_or(Location::UNKNOWN, |value| value.referenced)
    }
}

/// A part of the configuration whose numbers are checked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Limits,
    Reconciliation,
    Retention,
    Web,
}

impl Part {
    /// Its key.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Reconciliation => "reconciliation",
            Self::Retention => "retention",
            Self::Web => "web",
        }
    }
}

/// One watched folder.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Inbox")]
pub(super) struct InboxFile {
    /// Name in records and logs; absent: the folder's name.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<Spanned<String>>,
    /// The folder.
    #[schemars(with = "String")]
    pub(super) path: Spanned<String>,
    /// `auto` chooses by content, else the name of a pipeline.
    #[serde(default = "default_pipeline")]
    #[schemars(with = "String")]
    pub(super) pipeline: Spanned<String>,
    /// What becomes of a source once its record is written.
    #[serde(default)]
    pub(super) after: After,
    /// Folders in it are watched too.
    #[serde(default = "default_true")]
    pub(super) recursive: bool,
    /// How many folders deep; null or absent: as deep as it goes.
    #[serde(default)]
    pub(super) max_depth: Option<u32>,
    /// Patterns (`*.docx`, `2023/**`) of the files that are taken; none: all.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) include: Vec<Spanned<String>>,
    /// Patterns of files and folders that are left out.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) exclude: Vec<Spanned<String>>,
    /// The form of the review that is written of each source: beside it in the archive, or in `reviews/` of the output
    /// folder when it stays where it is; null or absent: none.
    #[serde(default)]
    #[schemars(with = "Option<ReviewFormat>")]
    pub(super) review: Option<Spanned<String>>,
    /// The quiet window of this inbox, wherever it lies; absent: that of all.
    #[serde(default)]
    pub(super) quiet_window: Option<Interval>,
    /// Whether the kernel is asked for writers of this inbox; absent: as for all.
    #[serde(default)]
    pub(super) leases: Option<bool>,
    /// How loud rules may be in this inbox, before what `rules` says for all: `off`, `info`, `warning` or `error` by id.
    #[serde(default)]
    #[schemars(with = "RuleLevels")]
    pub(super) rules: RulesFile,
}

/// The dashboard and the JSON API.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Web")]
pub(super) struct WebFile {
    /// Address and port, as `127.0.0.1:8650`, which is also what holds when this is null or absent; `off`: nowhere. An
    /// address that other machines reach needs `token_file`.
    #[schemars(with = "Option<String>")]
    pub(super) listen: Option<Spanned<String>>,
    /// A file whose first line is a secret of at least 16 characters. With it every page and call asks for that secret.
    #[schemars(with = "Option<String>")]
    pub(super) token_file: Option<Spanned<String>>,
    /// Names by which browsers may ask, beside those of this machine, without port: `hedui.intranet`.
    #[schemars(with = "Vec<String>")]
    pub(super) allowed_hosts: Vec<Spanned<String>>,
    /// Bytes of one file that may be uploaded; null or absent: `limits.input_bytes`.
    pub(super) upload_bytes: Option<u64>,
}

/// What is removed when it is old or there is too much of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Retention")]
pub(super) struct RetentionFile {
    /// Sources whose record is written.
    pub(super) archive: KeepFile,
    /// Sources that gave no record, with their reasons.
    pub(super) quarantine: KeepFile,
    /// Records that were replaced.
    pub(super) superseded: KeepFile,
    /// Reviews of sources that stay in their inbox or came out of a bundle; others lie in the archive.
    pub(super) reviews: KeepFile,
    /// Closed files of the reconciliation log.
    pub(super) log: KeepFile,
    /// How often that is looked at.
    #[schemars(with = "Interval")]
    pub(super) every: Interval,
}

impl Default for RetentionFile {
    fn default() -> Self {
        let [archive, quarantine, superseded, reviews, log] = [(); 5].map(|()| KeepFile::default());
        Self { archive, quarantine, superseded, reviews, log, every: Interval(Duration::from_secs(3600)) }
    }
}

/// How long and how much is kept.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Keep")]
pub(super) struct KeepFile {
    /// Older ones are removed; null or absent: never.
    pub(super) age: Option<Interval>,
    /// Of more bytes the oldest are removed; null or absent: never.
    pub(super) bytes: Option<u64>,
}

/// What becomes of a source once its record is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// It stays where it is.
    #[default]
    Keep,
    /// It moves to the archive.
    Move,
}

/// What the daemon says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogOptions {
    /// How it is said.
    pub format: LogFormat,
    /// How much is said.
    pub level: LogLevel,
}

/// How the daemon speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// `human` on a terminal, else `json`.
    #[default]
    Auto,
    /// One readable line per document.
    Human,
    /// One JSON object per event.
    Json,
}

/// How much the daemon says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Only what stops work.
    Error,
    /// Also what someone should look at.
    Warn,
    /// Also every document.
    #[default]
    Info,
    /// Also every step.
    Debug,
}

/// The reconciliation log.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Reconciliation")]
pub(super) struct ReconciliationFile {
    /// Bytes after which a log file is closed and the next begun. A new day begins one too.
    pub(super) rotate_bytes: u64,
}

impl Default for ReconciliationFile {
    fn default() -> Self {
        Self { rotate_bytes: 16 << 20 }
    }
}

/// A duration with its unit: `200ms`, `2s`, `5m`, `1h`, `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub(super) struct Interval(#[schemars(with = "String", regex(pattern = r"^[0-9]+(ms|s|m|h|d)$"))] pub(super) Duration);

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_interval(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no duration; write it as 200ms, 2s, 5m, 1h or 30d")))
    }
}

fn parse_interval(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN)
}

fn default_output() -> Spanned<String> {
    unplaced("out".to_owned())
}

fn default_archive() -> Spanned<String> {
    unplaced("archive".to_owned())
}

fn default_quarantine() -> Spanned<String> {
    unplaced("quarantine".to_owned())
}

fn default_state() -> Spanned<String> {
    unplaced("state".to_owned())
}

fn default_pipeline() -> Spanned<String> {
    unplaced("auto".to_owned())
}

fn default_true() -> bool {
    true
}

fn default_quiet_window() -> Spanned<Interval> {
    unplaced(Interval(Duration::from_secs(2)))
}

fn default_network_quiet_window() -> Spanned<Interval> {
    unplaced(Interval(Duration::from_secs(10)))
}

fn default_queue_bytes() -> Spanned<u64> {
    unplaced(512 << 20)
}

fn default_min_free_bytes() -> u64 {
    256 << 20
}

fn default_time_zone() -> Spanned<String> {
    unplaced("UTC".to_owned())
}

fn default_rescan_interval() -> Spanned<Interval> {
    unplaced(Interval(Duration::from_secs(60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        for (text, millis) in
            [("200ms", 200), ("2s", 2_000), ("5m", 300_000), ("1h", 3_600_000), ("2d", 172_800_000), ("0s", 0)]
        {
            assert_eq!(parse_interval(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "2", "s", "2 s", "2w", "-1s", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(parse_interval(text), None, "{text}");
        }
    }
}
