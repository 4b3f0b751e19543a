//! The vocabulary as it is written in `pipelines/vocabulary.yaml`: concepts, phases and document kinds with their names.

mod lexicon;

pub use lexicon::{LabelReading, Lexicon, Words};

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::Text;
use crate::normalize::key;
use crate::record::{FactKind, Phase};

/// 人均, 每辆: a label of an amount for one of many, which is neither a whole nor a part of one.
#[must_use]
pub fn is_average(label: &str) -> bool {
    const WORDS: [&str; 15] = [
        "平均", "人均", "户均", "亩均", "车均", "月均", "年均", "每人", "每户", "每辆", "每亩", "每月", "每名", "每套",
        "单价",
    ];
    WORDS.iter().any(|word| label.contains(word))
}

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
    /// Names that contain a concept's name without meaning it.
    #[serde(default)]
    pub no_concepts: Vec<String>,
    /// Tables in which names mean something of their own; the one with the longest title word wins.
    #[serde(default)]
    pub tables: Vec<TableSort>,
    /// Kinds of documents by words of their titles; the first that fits wins.
    pub document_kinds: Vec<DocumentKind>,
}

/// Further names of a concept, or a concept of one's own, for one report family or one sort of table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConceptNames {
    /// Id of the vocabulary, or a new one, which then needs `zh`, `en` and `kind`.
    pub id: Text,
    /// Chinese name of a new concept.
    #[serde(default)]
    pub zh: Option<String>,
    /// English name of a new concept.
    #[serde(default)]
    pub en: Option<String>,
    /// What sort of figure a new concept is.
    #[serde(default)]
    pub kind: Option<FactKind>,
    /// Whether amounts of parts add up, for a new concept.
    #[serde(default = "additive")]
    pub additive: bool,
    /// Names under which it is printed; they come before those of the vocabulary.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Names that yield to any other alias.
    #[serde(default)]
    pub general: Vec<String>,
    /// Names that mean it only where nothing else is named.
    #[serde(default)]
    pub weak: Vec<String>,
}

/// A sort of table: how it is recognized and what names mean in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSort {
    /// The table's `kind` in records.
    pub kind: String,
    /// Words of its title, caption or the line above; one is enough.
    pub titles: Vec<String>,
    /// Names that hold in it before those of the vocabulary.
    #[serde(default)]
    pub concepts: Vec<ConceptNames>,
    /// Stage of its amounts where none is printed.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// The funds that all of it speaks of: the scope of its figures.
    #[serde(default)]
    pub scope: Option<Text>,
    /// Concepts that speak of these funds by themselves and so take no scope.
    #[serde(default)]
    pub whole: Vec<Text>,
}

impl Vocabulary {
    /// The vocabulary with names added: new aliases come first, new concepts last, so that indexes stay what they are.
    /// A new concept without names or kind is left out; the configuration complains about it where it is read.
    #[must_use]
    pub fn with(&self, names: &[ConceptNames]) -> Self {
        let mut vocabulary = self.clone();
        for added in names {
            let known = vocabulary.concepts.iter_mut().find(|concept| concept.id == added.id);
            match (known, added.kind) {
                (Some(concept), _) => {
                    let before = |names: &mut Vec<String>, more: &[String]| {
                        names.splice(0..0, more.iter().cloned());
                    };
                    before(&mut concept.aliases, &added.aliases);
                    before(&mut concept.general, &added.general);
                    before(&mut concept.weak, &added.weak);
                }
                (None, Some(kind)) => vocabulary.concepts.push(Concept {
                    id: added.id.clone(),
                    zh: added.zh.clone().unwrap_or_default(),
                    en: added.en.clone().unwrap_or_default(),
                    kind,
                    additive: added.additive,
                    aliases: added.aliases.clone(),
                    general: added.general.clone(),
                    weak: added.weak.clone(),
                }),
                (None, None) => {}
            }
        }
        // Names that are given anew no longer mean what they meant.
        let given: Vec<(&Text, &String)> = names
            .iter()
            .flat_map(|added| {
                added.aliases.iter().chain(&added.general).chain(&added.weak).map(|name| (&added.id, name))
            })
            .collect();
        for concept in &mut vocabulary.concepts {
            let kept = |name: &String| given.iter().all(|(id, given)| **id == concept.id || *given != name);
            concept.aliases.retain(kept);
            concept.general.retain(kept);
            concept.weak.retain(kept);
        }
        vocabulary
    }

    /// The vocabulary as it holds in a sort of table, which has no sorts of tables in it.
    fn within(&self, sort: &TableSort) -> Self {
        Self { tables: Vec::new(), ..self.with(&sort.concepts) }
    }

    /// Words of the titles of tables, as they are compared, with the index of the sort that they name: the longest first, of
    /// equal ones that of the sort that stands first.
    fn table_titles(&self) -> Vec<(String, usize)> {
        let sorts = self.tables.iter().enumerate();
        let mut words: Vec<(&String, usize)> =
            sorts.flat_map(|(at, sort)| sort.titles.iter().map(move |word| (word, at))).collect();
        words.sort_by_key(|(word, at)| (Reverse(word.len()), *at));
        words.into_iter().map(|(word, at)| (key(word), at)).collect()
    }
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
    /// English name; the id where there is none.
    #[serde(default)]
    pub en: String,
    /// Words that a title of this kind contains.
    pub titles: Vec<String>,
}
