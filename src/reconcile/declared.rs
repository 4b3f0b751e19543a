//! Relations that a pipeline declares, evaluated within one table or one paragraph.

use std::collections::{BTreeMap, BTreeSet};

use super::Material;
use super::cause::{LOOSE, one_slip};
use super::claim::{Claim, ClaimTerm, Claims};
use super::evaluate::{adds_up, evaluate, holds};
use super::operand::home;
use super::rules::{Dimension, Rule, RuleLevels, RuleTerm, RuleYear};
use crate::record::{At, Fact, Origin, Phase, Relation, Severity, Status, TermRole};

/// What the figures of one relation share: the place, and of stage, year and part what the rule is told for each of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Frame<'f> {
    /// `None` for figures that stand apart.
    home: Option<&'f str>,
    period: Shared<Option<&'f str>>,
    scope: Shared<Option<&'f str>>,
    phase: Shared<Option<Phase>>,
}

/// One thing that figures may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shared<T> {
    Any,
    Is(T),
}

impl<T: PartialEq> Shared<T> {
    fn allows(&self, other: &T) -> bool {
        match self {
            Self::Any => true,
            Self::Is(value) => value == other,
        }
    }
}

/// Claims of all rules that are not off.
pub(super) fn claims(material: &Material<'_>, rules: &[Rule], levels: &RuleLevels, claims: &mut Claims) {
    let mut by_place: ByPlace<'_> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate().filter(|(_, fact)| fact.value.is_some()) {
        if let Some(concept) = &fact.concept {
            by_place.entry((concept, home(&fact.at), fact.scope.as_deref())).or_default().push(index);
        }
    }
    // Bounds come first and relations within one place last, so that of equal claims the same one stays.
    let order = |rule: &&Rule| (rule.relation != Relation::Bound, !rule.across);
    let mut rules: Vec<&Rule> = rules.iter().collect();
    rules.sort_by_key(order);
    for rule in rules {
        // One that is off still claims what it speaks of, so that no other rule says it instead.
        let level = levels.get(&rule.id).map(|level| level.severity().unwrap_or(Severity::Info));
        let severity = level.unwrap_or(rule.severity);
        let finder = Finder { rule, severity, material, by_place: &by_place };
        if rule.relation == Relation::Bound {
            claims.extend(finder.bounds());
        } else {
            claims.extend(finder.frames().iter().filter_map(|frame| finder.claim(frame)));
        }
    }
}

/// Facts by concept, place and part, in document order.
type ByPlace<'f> = BTreeMap<(&'f str, &'f str, Option<&'f str>), Vec<usize>>;

/// One rule over the facts of a document.
struct Finder<'a, 'f> {
    rule: &'a Rule,
    severity: Severity,
    material: &'a Material<'f>,
    by_place: &'a ByPlace<'f>,
}

impl<'f> Finder<'_, 'f> {
    fn fact(&self, index: usize) -> Option<&'f Fact> {
        self.material.facts.get(index)
    }

    /// Facts of a concept, those of one place together.
    fn of(&self, concept: &str) -> Vec<usize> {
        let places = self.by_place.range((concept, "", None)..).take_while(|(key, _)| key.0 == concept);
        places.flat_map(|(_, facts)| facts.iter().copied()).collect()
    }

    /// Facts of a concept in a place, of one part if the frame has one.
    fn here(&self, concept: &str, place: &str, frame: &Frame<'_>) -> Vec<usize> {
        if let Shared::Is(scope) = frame.scope {
            return self.by_place.get(&(concept, place, scope)).cloned().unwrap_or_default();
        }
        let parts = self.by_place.range((concept, place, None)..);
        let parts = parts.take_while(|(key, _)| (key.0, key.1) == (concept, place));
        let mut found: Vec<usize> = parts.flat_map(|(_, facts)| facts.iter().copied()).collect();
        found.sort_unstable();
        found
    }

    /// Every frame that a figure of the rule stands in, in the order of frames.
    fn frames(&self) -> BTreeSet<Frame<'f>> {
        let named: BTreeSet<&str> =
            self.rule.stated.iter().chain(self.rule.readings().flatten()).map(|term| term.concept.as_str()).collect();
        let facts = named.into_iter().flat_map(|concept| self.of(concept));
        facts.filter_map(|index| self.frame(self.fact(index)?)).collect()
    }

    fn frame(&self, fact: &'f Fact) -> Option<Frame<'f>> {
        let each = |dimension: Dimension| self.rule.for_each.contains(&dimension);
        if !self.rule.across {
            return Some(Frame {
                home: Some(home(&fact.at)),
                period: if each(Dimension::Period) { Shared::Is(fact.period.as_deref()) } else { Shared::Any },
                scope: if each(Dimension::Scope) { Shared::Is(fact.scope.as_deref()) } else { Shared::Any },
                phase: if each(Dimension::Phase) { Shared::Is(fact.phase) } else { Shared::Any },
            });
        }
        // Between places a figure must say of itself what it is.
        let whole = fact.preferred && fact.scope.is_none();
        let phase = fact.phase.or(self.rule.phase);
        if !whole || fact.period.is_none() || (phase.is_none() && each(Dimension::Phase)) {
            return None;
        }
        Some(Frame {
            home: None,
            period: if each(Dimension::Period) { Shared::Is(fact.period.as_deref()) } else { Shared::Any },
            scope: Shared::Is(None),
            phase: if each(Dimension::Phase) { Shared::Is(phase) } else { Shared::Any },
        })
    }

    /// The figure of a term in a frame; of several the first, if all say the same.
    fn only(&self, term: &RuleTerm, frame: &Frame<'_>) -> Option<usize> {
        let before = match (term.year, frame.period) {
            (RuleYear::Before, Shared::Is(Some(year))) => Some((year.parse::<i32>().ok()? - 1).to_string()),
            (RuleYear::Before, _) => return None,
            (RuleYear::Same, _) => None,
        };
        let phase = term.phase.map_or(frame.phase, |phase| Shared::Is(Some(phase)));
        let fits = |fact: &Fact| {
            let period = match &before {
                Some(year) => fact.period.as_deref() == Some(year.as_str()),
                None => frame.period.allows(&fact.period.as_deref()),
            };
            period && frame.scope.allows(&fact.scope.as_deref())
        };
        let Some(place) = frame.home else { return self.between_places(term, phase, fits) };
        let stands = |fact: &Fact| phase.allows(&fact.phase) && fits(fact);
        let found = self.here(&term.concept, place, frame);
        let mut found = found.into_iter().filter(|index| self.fact(*index).is_some_and(stands));
        let first = found.next()?;
        let value = |index: usize| self.fact(index).and_then(|fact| fact.value);
        found.all(|other| value(other) == value(first)).then_some(first)
    }

    /// A preferred figure; one with a phase of its own comes before one without.
    fn between_places(
        &self,
        term: &RuleTerm,
        phase: Shared<Option<Phase>>,
        fits: impl Fn(&Fact) -> bool,
    ) -> Option<usize> {
        let stands = |fact: &Fact| {
            fact.preferred && fact.period.is_some() && phase.allows(&fact.phase.or(self.rule.phase)) && fits(fact)
        };
        let mut found: Vec<usize> = self.of(&term.concept);
        found.retain(|index| self.fact(*index).is_some_and(&stands));
        found.sort_unstable();
        let value = |index: &usize| self.fact(*index).and_then(|fact| fact.value);
        if phase == Shared::Any && found.iter().any(|index| value(index) != found.first().and_then(value)) {
            return None;
        }
        let own = found.iter().rev().find(|index| self.fact(**index).is_some_and(|fact| fact.phase.is_some()));
        own.or(found.first()).copied()
    }

    /// Some figure of the concept stands here, of the frame's stage, year and part.
    fn has(&self, concept: &str, frame: &Frame<'_>) -> bool {
        let facts = frame.home.map_or_else(|| self.of(concept), |place| self.here(concept, place, frame));
        let stands = |fact: &Fact| {
            let phase = if frame.home.is_none() { fact.phase.or(self.rule.phase) } else { fact.phase };
            frame.phase.allows(&phase)
                && frame.period.allows(&fact.period.as_deref())
                && frame.scope.allows(&fact.scope.as_deref())
        };
        facts.into_iter().any(|index| self.fact(index).is_some_and(stands))
    }

    /// What the rule says of one frame: the first reading that holds, else the first whose figures are all there, else the
    /// first that says anything.
    fn claim(&self, frame: &Frame<'f>) -> Option<Claim> {
        let rule = self.rule;
        if rule.unless.iter().any(|concept| self.has(concept, frame))
            || !rule.when.iter().all(|concept| self.has(concept, frame))
        {
            return None;
        }
        let readings: Vec<(Claim, bool)> = rule.readings().filter_map(|terms| self.reading(terms, frame)).collect();
        let first = |fits: &dyn Fn(&(Claim, bool)) -> bool| readings.iter().position(fits);
        let at =
            first(&|(claim, _)| holds(claim, self.material)).or_else(|| first(&|(_, complete)| *complete)).unwrap_or(0);
        readings.into_iter().nth(at).map(|(claim, _)| claim)
    }

    /// One reading, and whether all of its figures are there.
    fn reading(&self, terms: &[RuleTerm], frame: &Frame<'f>) -> Option<(Claim, bool)> {
        let rule = self.rule;
        let found: Vec<Option<usize>> = terms.iter().map(|term| self.only(term, frame)).collect();
        let complete = found.iter().all(Option::is_some);
        let parts: Vec<usize> = found.iter().flatten().copied().collect();
        // Only a sum can do without a figure.
        if parts.len() < rule.at_least.min(terms.len()) || (!complete && rule.relation != Relation::Sum) {
            return None;
        }
        let stated = self.stated(frame).filter(|stated| !parts.contains(stated))?;
        let compared = match rule.relation {
            Relation::Score => true,
            Relation::Ratio => parts.first().is_some_and(|first| self.same_unit(*first, &parts)),
            _ => self.same_unit(stated, &parts),
        };
        if !compared {
            return None;
        }
        let claim = self.relation(stated, &parts).at_most(self.severity);
        if rule.across {
            let said = adds_up(&claim, self.material) || one_slip(&claim, LOOSE, self.material);
            return said.then(|| (if complete { claim } else { claim.at_most(Severity::Warning) }, complete));
        }
        if complete {
            return Some((claim, true));
        }
        // A part that is not printed may be left out because it is nothing, or stand elsewhere: in a form its cell is blank, in a
        // sentence only a sum that closes says that nothing is missing.
        let form = self.fact(stated).is_some_and(|fact| matches!(fact.at, At::Cell { .. }));
        let closes = || evaluate(&claim, &|fact| self.material.operand(fact)).status != Status::Inconsistent;
        (form || closes()).then(|| (claim.at_most(Severity::Warning), false))
    }

    /// The figure that states the result.
    fn stated(&self, frame: &Frame<'f>) -> Option<usize> {
        let here = self.rule.stated.iter().find_map(|term| self.only(term, frame));
        // Splits printed below a total have no phase of their own: the rule says which column they split.
        here.or_else(|| {
            let phase = self.rule.phase.filter(|_| frame.phase == Shared::Is(None) && frame.home.is_some())?;
            let column = Frame { phase: Shared::Is(Some(phase)), ..*frame };
            self.rule.stated.iter().find_map(|term| self.only(term, &column))
        })
    }

    fn same_unit(&self, stated: usize, parts: &[usize]) -> bool {
        let unit = |index: usize| self.fact(index).map(|fact| &fact.unit);
        parts.iter().all(|part| unit(*part) == unit(stated))
    }

    fn relation(&self, stated: usize, parts: &[usize]) -> Claim {
        let rule = self.rule;
        let relation = match rule.relation {
            Relation::Sum if parts.len() == 1 && rule.across => Relation::Equal,
            relation => relation,
        };
        let terms = parts.iter().enumerate().map(|(at, part)| match (relation, at) {
            (Relation::Ratio, 0) => ClaimTerm::fact(*part, TermRole::Numerator),
            (Relation::Ratio, _) => ClaimTerm::fact(*part, TermRole::Denominator),
            (Relation::Score, 0) => ClaimTerm::fact(*part, TermRole::Rate),
            (Relation::Score, _) => ClaimTerm::fact(*part, TermRole::Weight),
            (Relation::Difference, 1..) => ClaimTerm::minus(*part, TermRole::Addend),
            (Relation::Equal, _) => ClaimTerm::fact(*part, TermRole::Operand),
            _ => ClaimTerm::fact(*part, TermRole::Addend),
        });
        Claim::new(&rule.id, Origin::Declared, relation, Some(stated), terms.collect())
    }

    /// Part <= whole over the whole document, between the preferred facts of each phase, period and scope.
    fn bounds(&self) -> Vec<Claim> {
        let preferred = |terms: &[RuleTerm]| -> Vec<usize> {
            let fits = |index: &usize, term: &RuleTerm| {
                self.fact(*index).is_some_and(|fact| {
                    fact.preferred && fact.phase.is_some() && term.phase.is_none_or(|phase| fact.phase == Some(phase))
                })
            };
            let mut found: Vec<usize> = terms
                .iter()
                .flat_map(|term| self.of(&term.concept).into_iter().filter(move |index| fits(index, term)))
                .collect();
            found.sort_unstable();
            found
        };
        let wholes = preferred(&self.rule.terms);
        let same = |part: &Fact, whole: &Fact| {
            (whole.phase, &whole.period, &whole.scope, &whole.unit)
                == (part.phase, &part.period, &part.scope, &part.unit)
        };
        let claim = |part: usize| {
            let fact = self.fact(part)?;
            let whole =
                wholes.iter().copied().find(|whole| self.fact(*whole).is_some_and(|whole| same(fact, whole)))?;
            let terms = vec![ClaimTerm::fact(whole, TermRole::Whole)];
            let claim = Claim::new(&self.rule.id, Origin::Declared, Relation::Bound, Some(part), terms);
            Some(claim.at_most(self.severity))
        };
        preferred(&self.rule.stated).into_iter().filter_map(claim).collect()
    }
}
