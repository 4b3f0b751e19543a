//! The conversion: bytes to record, a pure function. No I/O, no clock, no global state.

mod assemble;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::extract::{self, Extraction};
use crate::limits::Limits;
use crate::normalize::normalize;
use crate::reader;
use crate::reconcile::{Rule, Settings, reconcile};
use crate::record::{Container, Record, Run, SCHEMA_URN, SCHEMA_VERSION, sha256_hex};
use crate::vocabulary::{Lexicon, Vocabulary};

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
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// When it is chosen; without it, only by name or as the last resort.
    #[serde(default)]
    pub select: Selection,
    /// Declared relations.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// When a pipeline is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Document kinds of the vocabulary.
    pub kinds: Vec<String>,
}

/// Converts one source into its canonical record. `run` has no times yet: the caller stamps them.
///
/// # Errors
/// When no useful record comes out of the source; see [`ErrorKind`].
pub fn convert(bytes: &[u8], hints: &Hints, options: &Options) -> Result<Record> {
    let reading = reader::read(bytes, &hints.name, &options.limits)?;
    let document = normalize(reading.document);
    let lexicon = Lexicon::new(&options.catalog.vocabulary);
    let extraction = extract::extract(&document, &lexicon, &options.limits)?;
    let pipeline = choose(hints.pipeline.as_deref(), extraction.identity.kind.as_deref(), &options.catalog)?;
    let doubtful_text = reading.encoding.as_ref().is_some_and(|encoding| encoding.suspect_mojibake);
    let settings = Settings { rules: &pipeline.rules, doubtful_text };
    let reconciliation = reconcile(&document, &extraction.facts, &lexicon, settings, &options.limits)?;
    let sha256 = sha256_hex(bytes);
    let Extraction { identity, facts, indicators, table_kinds } = extraction;
    let mut record = Record {
        schema: SCHEMA_URN.to_owned(),
        schema_version: SCHEMA_VERSION.to_owned(),
        record_id: format!("{}.{}", sha256.get(..16).unwrap_or_default(), pipeline.name),
        content_hash: String::new(),
        source: assemble::source(bytes, hints, sha256, reading.format, reading.encoding.as_ref()),
        run: run(pipeline),
        document: identity,
        blocks: assemble::blocks(&document),
        tables: assemble::tables(&document, &table_kinds),
        facts,
        indicators,
        checks: reconciliation.checks,
        findings: reconciliation.findings,
        coverage: reconciliation.coverage,
        warnings: assemble::warnings(&reading.warnings),
    };
    record.content_hash = record.compute_content_hash()?;
    Ok(record)
}

/// The named pipeline, or the first whose selection fits, or the last.
fn choose<'a>(name: Option<&str>, kind: Option<&str>, catalog: &'a Catalog) -> Result<&'a Pipeline> {
    let found = match name {
        Some(name) => catalog.pipelines.iter().find(|pipeline| pipeline.name == name),
        None => catalog
            .pipelines
            .iter()
            .find(|pipeline| kind.is_some_and(|kind| pipeline.select.kinds.iter().any(|candidate| candidate == kind)))
            .or(catalog.pipelines.last()),
    };
    found.ok_or_else(|| match name {
        Some(name) => Error::new(ErrorKind::UnknownPipeline, name),
        None => Error::new(ErrorKind::UnknownPipeline, ("流程目录为空", "the catalog is empty")),
    })
}

fn run(pipeline: &Pipeline) -> Run {
    Run {
        tool: "hedui".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pipeline: pipeline.name.clone(),
        pipeline_version: pipeline.version.clone(),
        received_at: None,
        converted_at: None,
        duration_ms: None,
        supersedes: None,
    }
}
