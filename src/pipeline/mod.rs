//! The conversion: bytes to record, a pure function. No I/O, no clock, no global state.

mod assemble;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::extract::{self, Extraction};
use crate::limits::Limits;
use crate::normalize::{Normalized, key, normalize};
use crate::reader;
use crate::reconcile::{Rule, Settings, reconcile};
pub use crate::reconcile::{RuleLevel, RuleLevels};
use crate::record::{Container, Identity, Record, Run, SCHEMA_URN, SCHEMA_VERSION, sha256_hex};
use crate::vocabulary::{ConceptNames, Lexicon, TableSort, Vocabulary, Words};

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
    /// How loud rules may be, by id.
    pub levels: RuleLevels,
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
    /// Words of each pipeline.
    words: Vec<Words>,
}

impl Catalog {
    /// Makes the words of every pipeline ready.
    #[must_use]
    pub fn new(vocabulary: Vocabulary, pipelines: Vec<Pipeline>) -> Self {
        let words = pipelines.iter().map(|pipeline| Words::new(pipeline.vocabulary(&vocabulary))).collect();
        Self { vocabulary, pipelines, words }
    }
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
    /// Names that hold in this family before those of the vocabulary.
    #[serde(default)]
    pub concepts: Vec<ConceptNames>,
    /// Tables with names of their own, beside those of the vocabulary.
    #[serde(default)]
    pub tables: Vec<TableSort>,
    /// Declared relations.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

impl Pipeline {
    /// The vocabulary with what this family adds to it.
    #[must_use]
    pub fn vocabulary(&self, common: &Vocabulary) -> Vocabulary {
        let mut vocabulary = common.with(&self.concepts);
        vocabulary.tables.splice(0..0, self.tables.iter().cloned());
        vocabulary
    }
}

/// Why a pipeline was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// It was named.
    Named,
    /// The document is of this kind.
    Kind(String),
    /// A title or table title contains this word.
    Title(String),
    /// No other fits.
    Last,
}

/// When a pipeline is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Document kinds of the vocabulary.
    pub kinds: Vec<String>,
    /// Words of the title or of a table's title, for documents whose kind no pipeline names.
    pub titles: Vec<String>,
}

/// Converts one source into its canonical record. `run` has no times yet: the caller stamps them.
///
/// # Errors
/// When no useful record comes out of the source; see [`ErrorKind`].
pub fn convert(bytes: &[u8], hints: &Hints, options: &Options) -> Result<Record> {
    let reading = reader::read(bytes, &hints.name, &options.limits)?;
    let document = normalize(reading.document);
    let identity = extract::identify(&document, &options.catalog.vocabulary);
    let titles = title_keys(&identity, &document);
    let (at, pipeline, _) = choose(hints.pipeline.as_deref(), identity.kind.as_deref(), &titles, &options.catalog)?;
    let missing = || Error::new(ErrorKind::UnknownPipeline, pipeline.name.as_str());
    let lexicon = Lexicon::new(options.catalog.words.get(at).ok_or_else(missing)?);
    let extraction = extract::extract(&document, &identity, &lexicon, &options.limits)?;
    let doubtful_text = reading.encoding.as_ref().is_some_and(|encoding| encoding.suspect_mojibake);
    let settings = Settings { rules: &pipeline.rules, levels: &hints.levels, doubtful_text };
    let reconciliation = reconcile(&document, &extraction.facts, &lexicon, settings, &options.limits)?;
    let sha256 = sha256_hex(bytes);
    let Extraction { facts, indicators, table_kinds } = extraction;
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

/// Why the pipeline of a record was chosen, where `named` was asked for.
///
/// # Errors
/// `unknown-pipeline` when the catalog does not have `named`.
pub fn choice(record: &Record, named: Option<&str>, catalog: &Catalog) -> Result<Choice> {
    let captions = record.tables.iter().filter_map(|table| table.caption.as_deref());
    let first = record.blocks.iter().filter(|block| !block.text.is_empty()).take(FIRST_LINES).map(|block| &*block.text);
    let titles: Vec<String> =
        record.document.title.as_deref().into_iter().chain(captions).chain(first).map(key).collect();
    choose(named, record.document.kind.as_deref(), &titles, catalog).map(|(_, _, choice)| choice)
}

/// Lines at the beginning of a document that may be its title.
const FIRST_LINES: usize = 3;

/// The named pipeline, or the first that selects the document's kind, or a word of its titles, or the last.
fn choose<'a>(
    name: Option<&str>,
    kind: Option<&str>,
    titles: &[String],
    catalog: &'a Catalog,
) -> Result<(usize, &'a Pipeline, Choice)> {
    let all = || catalog.pipelines.iter().enumerate();
    if let Some(name) = name {
        let named = all().find(|(_, pipeline)| pipeline.name == name);
        let unknown = || Error::new(ErrorKind::UnknownPipeline, name);
        return named.map(|(at, pipeline)| (at, pipeline, Choice::Named)).ok_or_else(unknown);
    }
    if let Some(kind) = kind
        && let Some((at, pipeline)) = all().find(|(_, each)| each.select.kinds.iter().any(|each| each == kind))
    {
        return Ok((at, pipeline, Choice::Kind(kind.to_owned())));
    }
    let by_title = all().find_map(|(at, pipeline)| {
        let fits = |word: &&String| titles.iter().any(|title| title.contains(key(word).as_str()));
        pipeline.select.titles.iter().find(fits).map(|word| (at, pipeline, Choice::Title(word.clone())))
    });
    by_title
        .or_else(|| all().next_back().map(|(at, pipeline)| (at, pipeline, Choice::Last)))
        .ok_or_else(|| Error::new(ErrorKind::UnknownPipeline, ("流程目录为空", "the catalog is empty")))
}

/// The document's title and the titles of its tables, as they are compared.
fn title_keys(identity: &Identity, document: &Normalized) -> Vec<String> {
    let captions = document.tables.iter().filter_map(|table| table.caption.as_deref());
    let first =
        document.blocks.iter().filter(|block| !block.chars.is_empty()).take(FIRST_LINES).map(|block| &*block.text);
    identity.title.as_deref().into_iter().chain(captions).chain(first).map(key).collect()
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
