//! The vocabulary as it is written in `pipelines/vocabulary.yaml`: concepts, phases and document kinds with their names.

mod lexicon;

pub use lexicon::{LabelReading, Lexicon};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::Text;
use crate::record::{FactKind, Phase};

/// Concepts, phases and document kinds with their Chinese names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Version of the vocabulary; part of a source's identity.
    pub version: String,
    /// What figures are called.
    pub concepts: Vec<Concept>,
    /// Words for stages of money.
    pub phases: Vec<PhaseWords>,
    /// Names that contain a stage's word without meaning the stage.
    #[serde(default)]
    pub masks: Vec<String>,
    /// Kinds of documents by words of their titles; the first that fits wins.
    pub document_kinds: Vec<DocumentKind>,
}

/// Concepts that the program itself speaks of: a vocabulary without them would switch parts of it off unseen.
pub const NAMED_CONCEPTS: [&str; 25] = [
    "expenditure.fiscal_appropriation",
    "expenditure.function",
    "expenditure.project",
    "expenditure.total",
    "funds.balance",
    "funds.carried_over",
    "funds.returned",
    "funds.total",
    "income.total",
    "rate.arrival",
    "rate.change",
    "rate.execution",
    "rate.satisfaction",
    "rate.share",
    "score.execution",
    "score.group",
    "score.indicator",
    "score.total",
    "staff.control_rate",
    "staff.in_post",
    "staff.quota",
    "weight.execution",
    "weight.group",
    "weight.indicator",
    "weight.total",
];

/// One concept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    /// Dotted id, the part before the last dot is what it is part of.
    pub id: Text,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// What sort of figure it is.
    pub kind: FactKind,
    /// Amounts of parts add up to the amount of the whole.
    #[serde(default = "additive")]
    pub additive: bool,
    /// Names under which it is printed.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Names that yield to any other alias: 财政拨款支出 in 三公经费财政拨款支出 only says where the money comes from.
    #[serde(default)]
    pub general: Vec<String>,
    /// Names that mean it only where nothing else is named.
    #[serde(default)]
    pub weak: Vec<String>,
}

fn additive() -> bool {
    true
}

/// Words for one stage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseWords {
    /// The stage.
    pub id: Phase,
    /// Words that mean it.
    pub words: Vec<String>,
    /// Words that mean it where no other stage is named.
    #[serde(default)]
    pub weak: Vec<String>,
}

/// One kind of document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentKind {
    /// Id in records.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// Words that a title of this kind contains.
    pub titles: Vec<String>,
}
