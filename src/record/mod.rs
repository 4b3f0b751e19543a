//! The canonical record: the shape of what hedui writes for one source document.
//!
//! These types are the only public `Serialize`; the JSON Schema under docs/schema/ is generated from them
//! (`hedui schema record`). Keys stand in the order of the fields, every key is always present. Numbers that are
//! reported or computed are decimal strings ([`Figure`]); JSON numbers are counts, indexes and years.

mod canonical;
mod check;
mod fact;
mod figure;
mod hash;
mod layout;
mod log;

pub use canonical::canonical_json;
pub use check::{
    Cause, Check, Coverage, Edit, Finding, FindingCode, Message, Operation, Origin, Relation, Severity, Sign, Status,
    StatusCounts, Term, TermRole,
};
pub use fact::{At, BoundName, ChoiceOption, Fact, FactKind, Indicator, IndicatorCell, Phase, Precision, Reported};
pub use figure::Figure;
pub use hash::sha256_hex;
pub use layout::{
    BlockEntry, BlockType, CellEntry, CellRole, CellSourceEntry, Parent, SheetCell, TableEntry, WarningEntry,
};
pub use log::{Against, FindingCounts, FindingName, LogBody, LogLine, Verdict};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `$schema` of every record; changes with the major version only.
pub const SCHEMA_URN: &str = "urn:hedui:schema:record:1";
/// Version of the record's shape.
pub const SCHEMA_VERSION: &str = "1.0.0";

/// One source document in canonical form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Always `urn:hedui:schema:record:1`.
    #[serde(rename = "$schema")]
    pub schema: String,
    /// Semantic version of the shape.
    pub schema_version: String,
    /// First 16 hex digits of the source's sha256, a dot, the pipeline's name.
    pub record_id: String,
    /// sha256 over the canonical JSON (RFC 8785) of everything but `run` and this key.
    pub content_hash: String,
    /// The source as it came.
    pub source: Source,
    /// The only facts that depend on when and after what the conversion ran.
    pub run: Run,
    /// What the document is.
    pub document: Identity,
    /// Blocks in reading order.
    pub blocks: Vec<BlockEntry>,
    /// Tables in document order.
    pub tables: Vec<TableEntry>,
    /// Every figure, and texts and choices that forms ask for, in document order.
    pub facts: Vec<Fact>,
    /// Rows of indicator tables.
    pub indicators: Vec<Indicator>,
    /// Every relation that was evaluated, whatever its status.
    pub checks: Vec<Check>,
    /// What a person should look at, one per root cause.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
    /// What a reader skipped, repaired or could not decide.
    pub warnings: Vec<WarningEntry>,
}

/// The source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File name; bytes that are no text are escaped as `\xNN`.
    pub name: String,
    /// Path relative to its inbox, or as given on the command line.
    pub path: String,
    /// Name of the inbox, or null on the command line.
    pub inbox: Option<String>,
    /// The archive and entry it came out of.
    pub container: Option<Container>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// sha256 of the bytes, 64 hex digits.
    pub sha256: String,
    /// Format found from the content.
    pub format: String,
    /// The extension names that format.
    pub extension_matches: bool,
    /// For text formats, how the bytes were decoded.
    pub encoding: Option<EncodingEntry>,
}

/// The archive a source came out of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Name of the archive.
    pub archive: String,
    /// Path of the entry in it.
    pub entry: String,
}

/// How the bytes were decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EncodingEntry {
    /// WHATWG name in lower case.
    pub label: String,
    /// The evidence for it.
    pub basis: Basis,
    /// What the page itself declares.
    pub declared: Option<String>,
    /// Byte sequences replaced by U+FFFD.
    pub replacements: u64,
    /// Looks wrongly decoded before; no error finding is made from it.
    pub suspect_mojibake: bool,
}

/// Evidence for an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Byte order mark.
    Bom,
    /// All bytes are valid UTF-8.
    ValidUtf8,
    /// The declared label decided between equals.
    Declared,
    /// Most likely Chinese.
    Detected,
    /// Prescribed by the container.
    Container,
}

/// When and after what the conversion ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Always `hedui`.
    pub tool: String,
    /// Version of the tool.
    pub version: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Version of the pipeline.
    pub pipeline_version: String,
    /// When the source was taken in (RFC 3339, UTC).
    pub received_at: Option<String>,
    /// When the conversion ended (RFC 3339, UTC).
    pub converted_at: Option<String>,
    /// How long the conversion took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// `record_id` of the record that an earlier content of the same source gave.
    pub supersedes: Option<String>,
}

/// What the document is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Document kind of the vocabulary.
    pub kind: Option<String>,
    /// Title as printed, without line breaks.
    pub title: Option<String>,
    /// The same for every filing of one report: hash of entity, fiscal year and kind.
    pub report_key: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Who reports.
    pub entity: Entity,
    /// The year reported on.
    pub fiscal_year: Option<i32>,
    /// First and last day of the period (ISO 8601).
    pub period: Option<Period>,
    /// When it was published (ISO 8601 date).
    pub published: Option<String>,
}

/// The reporting unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Name as the report gives it.
    pub name: Option<String>,
    /// Where it is.
    pub region: Option<Region>,
}

/// An administrative division of GB/T 2260.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Six-digit code, when it is certain.
    pub code: Option<String>,
    /// Full name from the province down, or the name as printed when it is not certain.
    pub name: String,
    /// Where the region was read: title, entity, text, source.
    pub basis: String,
    /// Codes and names that fit an ambiguous name.
    pub candidates: Vec<RegionCandidate>,
}

/// One division that fits an ambiguous name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionCandidate {
    /// Six-digit code.
    pub code: String,
    /// Full name.
    pub name: String,
}

/// First and last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// ISO 8601 date.
    pub start: String,
    /// ISO 8601 date.
    pub end: String,
}
