//! The vocabulary of concepts: what figures are called, and what kinds of documents there are. Read from
//! `pipelines/vocabulary.yaml`.

use schemars::JsonSchema;
use serde::Deserialize;

/// Concepts, phases and document kinds with their Chinese names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Version of the vocabulary.
    pub version: String,
}
