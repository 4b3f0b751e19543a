//! config.yaml and pipelines/*.yaml -> the options that every stage declares for itself.
//!
//! In: the path of a configuration file. Out: a [`Config`] with every path absolute and every name known. What can go
//! wrong: anything a person can write into a file; each complaint has file, line, column and a suggestion where one
//! is near ([`ConfigError`], exit code 3). YAML is read by serde-saphyr, which is named only here.

mod catalog;
mod error;
mod file;
mod glob;
mod validate;
mod web;
mod words;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use catalog::{CatalogTexts, conversion_key, load_catalog, unknown_rule};
pub use error::{Complaint, ConfigError, suggestion};
pub use file::{After, LogFormat, LogLevel, LogOptions};
pub use glob::Pattern;
pub use web::{Token, Web};

use crate::limits::Limits;
use crate::pipeline::Catalog;
use crate::reconcile::RuleLevels;
use crate::sink::{Language, ReviewFormat};

/// What the daemon runs with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from.
    pub file: PathBuf,
    /// The watched folders, at least one, no two of them the same or within one another.
    pub inboxes: Vec<Inbox>,
    /// Records and the reconciliation log.
    pub output: PathBuf,
    /// Sources whose record is written, for inboxes with `after: move`.
    pub archive: PathBuf,
    /// Sources that could not be converted.
    pub quarantine: PathBuf,
    /// The journal.
    pub state: PathBuf,
    /// Vocabulary and pipelines.
    pub catalog: Catalog,
    /// What the catalog was made of.
    pub catalog_texts: CatalogTexts,
    /// Bounds on one source.
    pub limits: Limits,
    /// Conversions at the same time, at least one.
    pub workers: usize,
    /// How long a file must not change before it is complete.
    pub quiet_window: Duration,
    /// The same for files on other machines.
    pub network_quiet_window: Duration,
    /// The kernel is asked whether somebody has a file open for writing.
    pub leases: bool,
    /// How often folders are compared with the journal.
    pub rescan_interval: Duration,
    /// Bytes of sources that are under way at the same time.
    pub queue_bytes: u64,
    /// Free bytes on the disks of results and state below which nothing new is taken in.
    pub min_free_bytes: u64,
    /// The language of reviews that the daemon writes, and of pages until a browser chooses another.
    pub language: Language,
    /// The dashboard.
    pub web: Web,
    /// What the daemon says of itself.
    pub log: LogOptions,
    /// Bytes after which a file of the reconciliation log is closed.
    pub rotate_bytes: u64,
    /// Minutes by which the days of the reconciliation log begin before those of UTC.
    pub zone_minutes: i32,
    /// Rights that new files do not get.
    pub umask: Option<u32>,
    /// The group that results belong to.
    pub group: Option<u32>,
    /// What is removed when it is old or there is too much of it.
    pub retention: Retention,
    /// How loud rules may be where no inbox says otherwise.
    pub levels: RuleLevels,
}

/// What is removed when it is old or there is too much of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// Sources whose record is written.
    pub archive: Keep,
    /// Sources that gave no record, with their reasons.
    pub quarantine: Keep,
    /// Records that were replaced.
    pub superseded: Keep,
    /// Reviews that do not lie in the archive.
    pub reviews: Keep,
    /// Closed files of the reconciliation log.
    pub log: Keep,
    /// How often that is looked at.
    pub every: Duration,
}

/// How long and how much is kept; `None` means for ever and however much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Older ones are removed.
    pub age: Option<Duration>,
    /// Of more bytes the oldest are removed.
    pub bytes: Option<u64>,
}

impl Keep {
    /// Nothing is ever removed.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.age.is_none() && self.bytes.is_none()
    }
}

/// One watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// Unique; a single path component, because the archive has a folder of this name.
    pub name: String,
    /// Absolute path.
    pub path: PathBuf,
    /// Name of the pipeline; `None` chooses by content.
    pub pipeline: Option<String>,
    /// What becomes of its sources.
    pub after: After,
    /// How many folders deep it is watched; 0 for the folder itself alone, `None` as deep as it goes.
    pub max_depth: Option<usize>,
    /// The files that are taken; none means all.
    pub include: Vec<Pattern>,
    /// Files and folders that are left out.
    pub exclude: Vec<Pattern>,
    /// The form of the review that is written of each of its sources; `None` for none.
    pub review: Option<ReviewFormat>,
    /// Its own quiet window.
    pub quiet_window: Option<Duration>,
    /// Whether the kernel is asked for writers here.
    pub leases: Option<bool>,
    /// How loud rules may be here.
    pub levels: RuleLevels,
}

impl Inbox {
    /// Folders in it are watched too.
    #[must_use]
    pub fn is_recursive(&self) -> bool {
        self.max_depth != Some(0)
    }

    /// Files in folders so many levels below it are its own.
    #[must_use]
    pub fn reaches(&self, depth: usize) -> bool {
        self.max_depth.is_none_or(|most| depth <= most)
    }
}

/// Reads and checks a configuration file and the pipelines it names.
///
/// # Errors
/// When the file cannot be read, is not of the right shape, or contradicts itself or the pipelines.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = fs::read_to_string(path).map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::InvalidData => "save it as UTF-8",
            _ => "name another file with --config",
        };
        ConfigError::whole(path, format!("cannot be read: {error}; {advice}"))
    })?;
    let file: file::ConfigFile =
        serde_saphyr::from_str(&text).map_err(|error| ConfigError::yaml(path, &text, &error))?;
    // What was of the right shape is so a second time; a place that is not known is left out.
    let places = serde_saphyr::from_str(&text).unwrap_or_default();
    validate::resolve(path, file, &places)
}

/// JSON Schema of config.yaml.
#[must_use]
pub fn config_schema() -> schemars::Schema {
    schemars::schema_for!(file::ConfigFile)
}

/// JSON Schema of a file of `pipelines/`.
#[must_use]
pub fn pipeline_schema() -> schemars::Schema {
    schemars::schema_for!(crate::pipeline::Pipeline)
}

/// JSON Schema of `pipelines/vocabulary.yaml`.
#[must_use]
pub fn vocabulary_schema() -> schemars::Schema {
    schemars::schema_for!(crate::vocabulary::Vocabulary)
}
