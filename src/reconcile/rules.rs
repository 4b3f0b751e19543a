//! Declared relations: what a pipeline's form promises to hold. Written in pipelines/*.yaml.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::record::{Phase, Relation, Severity};

/// One declared relation over concepts. It is evaluated for each phase, period and scope within one table or paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id; shows in checks.
    pub id: String,
    /// Version; shows in checks. Raise it when the rule says something else.
    #[serde(default = "first_version")]
    pub version: String,
    /// What it says, in Chinese.
    pub zh: String,
    /// What it says, in English.
    pub en: String,
    /// Sort of relation: `sum`, `difference` (the first of `terms` less the others), `ratio` (a printed rate, of `terms` the
    /// first through the second), `score` (points: `terms` are a rate and a weight), `equal`, or `bound` (`stated` is the part,
    /// `terms` the whole).
    #[schemars(schema_with = "relation_schema")]
    pub relation: Relation,
    /// Concepts that may state the result (for `bound`: the parts); the first that has a fact is taken.
    pub stated: Vec<RuleTerm>,
    /// Concepts of the parts. A part that is not printed counts as absent.
    pub terms: Vec<RuleTerm>,
    /// Other readings, tried in order after `terms`: the first that holds is taken, else the first whose figures are all there.
    #[serde(default)]
    pub alternatives: Vec<Vec<RuleTerm>>,
    /// What all figures of the relation share; it is looked at for each of these that the report has.
    #[serde(default = "all_dimensions")]
    pub for_each: Vec<Dimension>,
    /// How many parts must be printed for the relation to be looked at.
    #[serde(default = "two")]
    pub at_least: usize,
    /// The relation is looked at only where each of these concepts has a figure in the same place.
    #[serde(default)]
    pub when: Vec<String>,
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

impl Rule {
    /// Relations that can be declared.
    pub const RELATIONS: [Relation; 6] =
        [Relation::Sum, Relation::Difference, Relation::Ratio, Relation::Score, Relation::Equal, Relation::Bound];

    /// `terms` and the alternatives, in order.
    pub fn readings(&self) -> impl Iterator<Item = &[RuleTerm]> + Clone {
        std::iter::once(self.terms.as_slice()).chain(self.alternatives.iter().map(Vec::as_slice))
    }

    /// Every concept that it names.
    pub fn concepts(&self) -> impl Iterator<Item = &str> {
        let terms = self.stated.iter().chain(self.readings().flatten()).map(|term| term.concept.as_str());
        terms.chain(self.when.iter().chain(&self.unless).map(String::as_str))
    }

    /// What is wrong with it beside its words: the relation needs other figures. The text says what to do.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        if !Self::RELATIONS.contains(&self.relation) {
            return Some(
                "its relation cannot be declared; use sum, difference, ratio, score, equal or bound".to_owned(),
            );
        }
        if self.stated.is_empty() {
            return Some("`stated` names no concept".to_owned());
        }
        let needs = |terms: &[RuleTerm]| match self.relation {
            Relation::Ratio => (terms.len() != 2).then_some("a ratio has two terms: what is divided, and by what"),
            Relation::Score => (terms.len() != 2).then_some("a score has two terms: the rate, and the weight"),
            Relation::Difference => (terms.len() < 2).then_some("a difference has two terms or more"),
            Relation::Equal => (terms.len() != 1).then_some("an equality has one term"),
            _ => terms.is_empty().then_some("`terms` names no concept"),
        };
        if let Some(need) = self.readings().find_map(needs) {
            return Some(need.to_owned());
        }
        let mut terms = self.stated.iter().chain(self.readings().flatten());
        let plain = self.alternatives.is_empty()
            && self.for_each == all_dimensions()
            && self.when.is_empty()
            && self.unless.is_empty()
            && terms.clone().all(|term| term.phase.is_none() && term.year == RuleYear::Same);
        if self.relation == Relation::Bound && !plain {
            return Some(
                "a bound holds between all such figures of one stage, year and part; it has no other conditions"
                    .to_owned(),
            );
        }
        if terms.any(|term| term.year == RuleYear::Before) && !self.for_each.contains(&Dimension::Period) {
            return Some("`year: before` needs `period` in `for_each`: the year before which?".to_owned());
        }
        let twice = self.readings().any(|terms| {
            (0..terms.len())
                .any(|at| terms.iter().take(at).chain(&self.stated).any(|other| terms.get(at) == Some(other)))
        });
        twice.then(|| "the same figure stands in it twice".to_owned())
    }
}

/// A figure that a rule speaks of: a concept, or a concept at a stage or year of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTerm {
    /// Concept of the vocabulary.
    pub concept: String,
    /// Its stage; absent: that of the relation.
    pub phase: Option<Phase>,
    /// Its year.
    pub year: RuleYear,
}

/// The long form of a term.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RuleTermFields {
    /// Concept of the vocabulary.
    concept: String,
    /// Its stage; absent: that of the relation.
    #[serde(default)]
    phase: Option<Phase>,
    /// Its year.
    #[serde(default)]
    year: RuleYear,
}

/// Year of a figure of a relation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleYear {
    /// The relation's own.
    #[default]
    Same,
    /// The year before it.
    Before,
}

impl<'de> Deserialize<'de> for RuleTerm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Term;
        impl<'de> Visitor<'de> for Term {
            type Value = RuleTerm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a concept, or {concept, phase, year}")
            }

            fn visit_str<E: serde::de::Error>(self, concept: &str) -> Result<RuleTerm, E> {
                Ok(RuleTerm { concept: concept.to_owned(), phase: None, year: RuleYear::Same })
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<RuleTerm, M::Error> {
                let fields = RuleTermFields::deserialize(MapAccessDeserializer::new(map)).map_err(M::Error::custom)?;
                Ok(RuleTerm { concept: fields.concept, phase: fields.phase, year: fields.year })
            }
        }
        deserializer.deserialize_any(Term)
    }
}

impl JsonSchema for RuleTerm {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleTerm".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<RuleTermFields>();
        json_schema!({
            "description": "A concept, or a concept at a stage or year of its own.",
            "anyOf": [{ "type": "string" }, fields]
        })
    }
}

/// What the figures of a relation have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The stage.
    Phase,
    /// The year.
    Period,
    /// The part of the entity.
    Scope,
}

/// How loud a rule may be in one place: chosen in the configuration or on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleLevel {
    /// It is not looked at.
    Off,
    /// At most an info.
    Info,
    /// At most a warning.
    Warning,
    /// An error, where a pipeline declares the rule; built-in rules do not get louder than they are.
    Error,
}

impl RuleLevel {
    /// The loudest that it allows; `None` when the rule is off.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// Levels by rule id.
pub type RuleLevels = BTreeMap<String, RuleLevel>;

fn relation_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": ["sum", "difference", "ratio", "score", "equal", "bound"] })
}

fn all_dimensions() -> Vec<Dimension> {
    vec![Dimension::Phase, Dimension::Period, Dimension::Scope]
}

fn first_version() -> String {
    "1".to_owned()
}

fn two() -> usize {
    2
}

fn error() -> Severity {
    Severity::Error
}
