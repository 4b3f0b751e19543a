//! Facts in the making: what cells and sentences share, and how drafts become facts with ids.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use super::parts::Parts;
use crate::document::{Bound, Quantity, Text, Unit};
use crate::normalize::unit::counts_things;
use crate::record::{At, BoundName, ChoiceOption, Fact, FactKind, Figure, Phase, Precision, Reported};
use crate::vocabulary::Lexicon;

/// What every extractor needs to know of the document.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// Names of concepts and phases.
    pub lexicon: &'a Lexicon<'a>,
    /// The document's fiscal year, for figures that name none.
    pub fiscal_year: Option<i32>,
    /// The reporting entity, which is never a scope.
    pub entity: Option<String>,
    /// What its headings divide it into.
    pub parts: Rc<Parts>,
    /// Years as records name them.
    years: RefCell<BTreeMap<i32, Text>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        lexicon: &'a Lexicon<'a>,
        fiscal_year: Option<i32>,
        entity: Option<String>,
        parts: Rc<Parts>,
    ) -> Self {
        Self { lexicon, fiscal_year, entity, parts, years: RefCell::default() }
    }

    /// The same document under other names.
    pub(super) fn within<'b>(&self, lexicon: &'b Lexicon<'b>) -> Context<'b> {
        Context::new(lexicon, self.fiscal_year, self.entity.clone(), Rc::clone(&self.parts))
    }

    /// A year as records name it.
    pub(super) fn period(&self, year: i32) -> Text {
        Text::clone(self.years.borrow_mut().entry(year).or_insert_with(|| year.to_string().into()))
    }
}

/// A place that holds running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextPlace {
    /// A block, by record id.
    Block(Text),
    /// A cell: table id, row, column.
    Cell(Text, u32, u32),
}

impl TextPlace {
    /// The place of a character range of `text`.
    pub(super) fn at(&self, text: &[char], start: usize, end: usize) -> At {
        let part =
            |from: usize, to: usize| text.get(from..to.min(text.len())).unwrap_or_default().iter().collect::<String>();
        match self {
            Self::Block(block) => At::Text {
                block: block.clone(),
                start,
                end,
                exact: part(start, end),
                prefix: part(start.saturating_sub(16), start),
                suffix: part(end, end + 16),
            },
            Self::Cell(table, row, col) => {
                At::Cell { table: table.clone(), row: *row, col: *col, start: Some(start), end: Some(end) }
            }
        }
    }
}

/// Table, first row of the region, power of ten of the unit.
pub(super) type Siblings = (usize, u32, u32);

/// A fact without id, precision of siblings and preference.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The fact so far.
    pub fact: Fact,
    /// Figures of one column or list share the finest precision among them.
    pub siblings: Option<Siblings>,
    /// Smaller is preferred: form cell, annex cell, narrative.
    pub rank: u8,
}

/// The parts of a draft that differ between a cell and a sentence.
#[derive(Debug, Clone, Default)]
pub(super) struct Meaning {
    /// Concept id.
    pub concept: Option<Text>,
    /// Nearest label.
    pub label: Text,
    /// Row labels.
    pub label_path: Arc<[Text]>,
    /// Column headers.
    pub column_path: Arc<[Text]>,
    /// Stage.
    pub phase: Option<Phase>,
    /// Year.
    pub period: Option<Text>,
    /// Part of the entity.
    pub scope: Option<Text>,
}

/// Builds the draft of a figure.
pub(super) fn figure_draft(meaning: Meaning, kind: FactKind, value: Value, reported: Reported, at: At) -> Draft {
    let exact = matches!(kind, FactKind::Count | FactKind::Score | FactKind::Weight);
    let fact = Fact {
        id: Text::default(),
        concept: meaning.concept,
        label: meaning.label,
        label_path: meaning.label_path,
        column_path: meaning.column_path,
        kind,
        value: Some(value.value),
        unit: value.unit,
        decimals: Some(value.decimals),
        precision: Some(if exact { Precision::Exact } else { Precision::Own }),
        bound: value.bound,
        phase: meaning.phase,
        period: meaning.period,
        scope: meaning.scope,
        reported,
        at,
        options: Vec::new(),
        preferred: false,
    };
    Draft { fact, siblings: None, rank: 0 }
}

/// A value with its unit and precision.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// In base unit.
    pub value: Figure,
    /// Base unit, when known.
    pub unit: Option<Text>,
    /// Known digits after the point.
    pub decimals: i32,
    /// Exact or a bound.
    pub bound: BoundName,
}

impl Value {
    /// A quantity with a known unit.
    pub(super) fn of(quantity: &Quantity) -> Self {
        Self {
            value: Figure(quantity.value()),
            unit: Some(Text::clone(quantity.unit().label())).filter(|unit| !unit.is_empty()),
            decimals: quantity.decimals(),
            bound: bound_name(quantity.bound()),
        }
    }

    /// A figure whose unit is not printed anywhere; `None` for one that no report can mean.
    pub(super) fn bare(figure: &crate::normalize::Figure) -> Option<Self> {
        let unit = Unit::Other(Text::default());
        let quantity = Quantity::scaled(figure.value, figure.decimals, 0, unit, figure.bound)?;
        Some(Self { unit: None, ..Self::of(&quantity) })
    }
}

/// Bound in record terms.
pub(super) fn bound_name(bound: Bound) -> BoundName {
    match bound {
        Bound::Exact => BoundName::Exact,
        Bound::About => BoundName::About,
        Bound::AtLeast => BoundName::AtLeast,
        Bound::AtMost => BoundName::AtMost,
        Bound::Over => BoundName::Over,
        Bound::Under => BoundName::Under,
    }
}

/// Kind of a figure by its unit alone.
pub(super) fn kind_of(unit: &Unit) -> FactKind {
    match unit {
        Unit::Cny => FactKind::Money,
        Unit::Percent | Unit::Permille => FactKind::Rate,
        Unit::Point => FactKind::Score,
        Unit::Person | Unit::Item => FactKind::Count,
        Unit::Other(printed) if printed.contains("百分点") => FactKind::Rate,
        Unit::Other(printed) if counts_things(printed) => FactKind::Count,
        Unit::Other(_) => FactKind::Quantity,
    }
}

/// A text that a form asks for.
pub(super) fn text_draft(meaning: Meaning, kind: FactKind, text: Text, options: Vec<ChoiceOption>, at: At) -> Draft {
    let value = Value { value: Figure::default(), unit: None, decimals: 0, bound: BoundName::Exact };
    let reported = Reported { text, number: None, unit: None };
    let mut draft = figure_draft(meaning, kind, value, reported, at);
    draft.fact.value = None;
    draft.fact.decimals = None;
    draft.fact.precision = None;
    draft.fact.options = options;
    draft
}

/// Concept, phase, period and scope: what makes two facts speak of the same.
type MeaningKey<'d> = (&'d str, Option<Phase>, Option<&'d str>, Option<&'d str>);

/// Sibling precision, ids, and one preferred fact per meaning.
pub(super) fn finish(mut drafts: Vec<Draft>) -> Vec<Fact> {
    share_precision(&mut drafts);
    for index in preferred(&drafts) {
        if let Some(draft) = drafts.get_mut(index) {
            draft.fact.preferred = true;
        }
    }
    let mut facts: Vec<Fact> = drafts.into_iter().map(|draft| draft.fact).collect();
    let mut id = String::new();
    for (index, fact) in facts.iter_mut().enumerate() {
        id.clear();
        // Writing to a String cannot fail.
        let _ = write!(id, "f{}", index + 1);
        fact.id = Text::from(id.as_str());
    }
    facts
}

/// The first draft of the best rank for each meaning.
fn preferred(drafts: &[Draft]) -> Vec<usize> {
    let mut best: BTreeMap<MeaningKey<'_>, (u8, usize)> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        let fact = &draft.fact;
        let Some(concept) = &fact.concept else { continue };
        let key = (&**concept, fact.phase, fact.period.as_deref(), fact.scope.as_deref());
        let slot = best.entry(key).or_insert((draft.rank, index));
        if draft.rank < slot.0 {
            *slot = (draft.rank, index);
        }
    }
    best.into_values().map(|(_, index)| index).collect()
}

/// Money of one column or list is known to the finest of its printed precisions: 3491.5 beside 3518.64 is 3491.50.
fn share_precision(drafts: &mut [Draft]) {
    let mut finest: BTreeMap<Siblings, i32> = BTreeMap::new();
    let money = |draft: &Draft| draft.fact.kind == FactKind::Money;
    for draft in drafts.iter().filter(|draft| money(draft)) {
        if let (Some(group), Some(decimals)) = (&draft.siblings, draft.fact.decimals) {
            let slot = finest.entry(*group).or_insert(decimals);
            *slot = (*slot).max(decimals);
        }
    }
    for draft in drafts.iter_mut().filter(|draft| money(draft)) {
        let Some(group) = &draft.siblings else { continue };
        if let (Some(finest), Some(own)) = (finest.get(group), draft.fact.decimals)
            && *finest > own
        {
            draft.fact.precision = Some(Precision::Column);
            draft.fact.decimals = Some(*finest);
        }
    }
}
