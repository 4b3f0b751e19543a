//! Declared relations: what a pipeline's form promises to hold. Written in pipelines/*.yaml.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::record::{Phase, Relation, Severity};

/// One declared relation over concepts. It is evaluated for each phase, period and scope within one table or paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id; shows in checks.
    pub id: String,
    /// What it says, in Chinese.
    pub zh: String,
    /// What it says, in English.
    pub en: String,
    /// Sort of relation: `sum`, `equal`, or `bound` (`stated` is the part, `terms` the whole).
    pub relation: Relation,
    /// Concepts that may state the result (for `bound`: the parts); the first that has a fact is taken.
    pub stated: Vec<String>,
    /// Concepts of the parts. A part that is not printed counts as absent.
    pub terms: Vec<String>,
    /// How many parts must be printed for the relation to be looked at.
    #[serde(default = "two")]
    pub at_least: usize,
    /// The relation is not looked at where one of these concepts has a figure in the same place.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Phase of the result when the parts have none of their own (splits printed below a total); with `across`, the phase of
    /// figures that have none.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// The figures stand in different places of the document. The preferred facts of the entity as a whole are taken, and the
    /// relation is claimed only where it holds or one slip of the pen accounts for the difference.
    #[serde(default)]
    pub across: bool,
    /// How loud a failure is.
    #[serde(default = "error")]
    pub severity: Severity,
}

fn two() -> usize {
    2
}

fn error() -> Severity {
    Severity::Error
}
