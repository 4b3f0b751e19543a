//! Declared relations: what a pipeline's form promises to hold.

use schemars::JsonSchema;
use serde::Deserialize;

/// One declared relation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id.
    pub id: String,
}
