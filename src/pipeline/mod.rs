//! The conversion: bytes to record, a pure function. No I/O, no clock, no global state.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::vocabulary::Vocabulary;
use crate::limits::Limits;
use crate::reader;
use crate::reconcile::Rule;
use crate::record::{Container, Coverage, Identity, Record, Run, SCHEMA_URN, SCHEMA_VERSION, Source, sha256_hex};

/// What is known of a source beside its bytes.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// File name, bytes that are no text escaped as `\xNN`.
    pub name: String,
    /// Path relative to the inbox, or as given.
    pub path: String,
    /// Name of the inbox.
    pub inbox: Option<String>,
    /// The archive it came out of.
    pub container: Option<Container>,
    /// Name of the pipeline to use; `None` chooses by content.
    pub pipeline: Option<String>,
}

/// Everything that steers a conversion.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bounds on cost.
    pub limits: Limits,
    /// Vocabulary and pipelines.
    pub catalog: Catalog,
}

/// The vocabulary with the pipelines that use it.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Concepts, phases, document kinds.
    pub vocabulary: Vocabulary,
    /// Pipelines, the most specific first; the last one (`generic`) takes what no other takes.
    pub pipelines: Vec<Pipeline>,
}

/// One report family: how it is recognized and what must hold in it. One file of `pipelines/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Name, lower case with hyphens.
    pub name: String,
    /// Version; part of a source's identity, so a change converts anew.
    pub version: String,
    /// Declared relations.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// Converts one source into its canonical record. `run` has no times yet: the caller stamps them.
///
/// # Errors
/// When no useful record comes out of the source; see [`ErrorKind`](crate::error::ErrorKind).
pub fn convert(bytes: &[u8], hints: &Hints, options: &Options) -> Result<Record> {
    let reading = reader::read(bytes, &hints.name, &options.limits)?;
    let sha256 = sha256_hex(bytes);
    let pipeline = "generic";
    let mut record = Record {
        schema: SCHEMA_URN.to_owned(),
        schema_version: SCHEMA_VERSION.to_owned(),
        record_id: format!("{}.{pipeline}", sha256.get(..16).unwrap_or_default()),
        content_hash: String::new(),
        source: Source {
            name: hints.name.clone(),
            path: hints.path.clone(),
            inbox: hints.inbox.clone(),
            container: hints.container.clone(),
            size_bytes: bytes.len() as u64,
            sha256,
            format: reading.format.label().to_owned(),
            extension_matches: true,
            encoding: None,
        },
        run: Run {
            tool: "hedui".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pipeline: pipeline.to_owned(),
            pipeline_version: "1".to_owned(),
            received_at: None,
            converted_at: None,
            duration_ms: None,
            supersedes: None,
        },
        document: Identity::default(),
        blocks: Vec::new(),
        tables: Vec::new(),
        facts: Vec::new(),
        indicators: Vec::new(),
        checks: Vec::new(),
        findings: Vec::new(),
        coverage: Coverage::default(),
        warnings: Vec::new(),
    };
    record.content_hash = record.compute_content_hash()?;
    Ok(record)
}
