//! Relations that a pipeline declares, evaluated within one table or one paragraph.

use std::collections::BTreeMap;

use super::Material;
use super::cause::{LOOSE, one_slip};
use super::claim::{Claim, ClaimTerm, Claims};
use super::evaluate::evaluate;
use super::operand::home;
use super::rules::Rule;
use crate::record::{At, Fact, Origin, Phase, Relation, Severity, Status, TermRole};

/// Facts that can stand in one relation: one place, period, scope and phase.
type GroupKey<'f> = (&'f str, Option<&'f str>, Option<&'f str>, Option<Phase>);

/// Claims of all rules.
pub(super) fn claims(material: &Material<'_>, rules: &[Rule], claims: &mut Claims) {
    let mut groups: BTreeMap<GroupKey<'_>, Vec<usize>> = BTreeMap::new();
    for (index, fact) in
        material.facts.iter().enumerate().filter(|(_, fact)| fact.value.is_some() && fact.concept.is_some())
    {
        let key = (home(&fact.at), fact.period.as_deref(), fact.scope.as_deref(), fact.phase);
        groups.entry(key).or_default().push(index);
    }
    for rule in rules.iter().filter(|rule| rule.relation == Relation::Bound) {
        bounds(rule, material, claims);
    }
    for rule in rules.iter().filter(|rule| rule.across && rule.relation != Relation::Bound) {
        across(rule, material, claims);
    }
    for rule in rules.iter().filter(|rule| !rule.across && rule.relation != Relation::Bound) {
        for (key, members) in &groups {
            if let Some(claim) = rule_in_group(rule, key, members, &groups, material) {
                claims.add(claim);
            }
        }
    }
}

/// A relation between figures of different places, for each year and stage.
fn across(rule: &Rule, material: &Material<'_>, claims: &mut Claims) {
    let mut groups: BTreeMap<(&str, Phase), BTreeMap<&str, usize>> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate().filter(|(_, fact)| fact.preferred && fact.scope.is_none()) {
        if let (Some(concept), Some(period), Some(phase)) = (&fact.concept, &fact.period, fact.phase.or(rule.phase)) {
            let named = groups.entry((period, phase)).or_default();
            // A figure with a phase of its own comes before one without.
            if fact.phase.is_some() || !named.contains_key(&**concept) {
                named.insert(concept, index);
            }
        }
    }
    for group in groups.values() {
        let named = |concept: &String| group.get(concept.as_str()).copied();
        let terms: Vec<usize> = rule.terms.iter().filter_map(named).collect();
        let Some(stated) = rule.stated.iter().find_map(named).filter(|stated| !terms.contains(stated)) else {
            continue;
        };
        if terms.len() < rule.at_least.min(rule.terms.len()) {
            continue;
        }
        let relation = if terms.len() == 1 { Relation::Equal } else { rule.relation };
        let claim = Claim::sum(&rule.id, Origin::Declared, relation, stated, &terms);
        let status = evaluate(&claim, &|fact| material.operand(fact)).status;
        if matches!(status, Status::Consistent | Status::Rounding) || one_slip(&claim, LOOSE, material) {
            claims.add(claim.at_most(rule.severity));
        }
    }
}

/// Part <= whole over the whole document, between the preferred facts of each phase, period and scope.
fn bounds(rule: &Rule, material: &Material<'_>, claims: &mut Claims) {
    let preferred = |concepts: &[String]| -> Vec<usize> {
        let fits = |fact: &Fact| {
            fact.preferred
                && fact.phase.is_some()
                && fact.concept.as_ref().is_some_and(|concept| concepts.iter().any(|name| **name == **concept))
        };
        material.facts.iter().enumerate().filter(|(_, fact)| fits(fact)).map(|(index, _)| index).collect()
    };
    let wholes = preferred(&rule.terms);
    for part in preferred(&rule.stated) {
        let Some(fact) = material.facts.get(part) else { continue };
        let whole = wholes.iter().copied().find(|whole| {
            material.facts.get(*whole).is_some_and(|whole| {
                (whole.phase, &whole.period, &whole.scope, &whole.unit)
                    == (fact.phase, &fact.period, &fact.scope, &fact.unit)
            })
        });
        if let Some(whole) = whole {
            let terms = vec![ClaimTerm::fact(whole, TermRole::Whole)];
            claims
                .add(Claim::new(&rule.id, Origin::Declared, Relation::Bound, Some(part), terms).at_most(rule.severity));
        }
    }
}

fn rule_in_group(
    rule: &Rule,
    key: &GroupKey<'_>,
    members: &[usize],
    groups: &BTreeMap<GroupKey<'_>, Vec<usize>>,
    material: &Material<'_>,
) -> Option<Claim> {
    if rule.unless.iter().any(|concept| only(concept, members, material).is_some()) {
        return None;
    }
    let terms: Vec<usize> = rule.terms.iter().filter_map(|concept| only(concept, members, material)).collect();
    if terms.len() < rule.at_least.min(rule.terms.len()) {
        return None;
    }
    let complete = terms.len() == rule.terms.len();
    let same_group = rule.stated.iter().find_map(|concept| only(concept, members, material));
    // Splits printed below a total have no phase of their own: the rule says which column they split.
    let stated = same_group.or_else(|| {
        let phase = rule.phase.filter(|_| key.3.is_none())?;
        let column = groups.get(&(key.0, key.1, key.2, Some(phase)))?;
        rule.stated.iter().find_map(|concept| only(concept, column, material))
    })?;
    let same_unit = |fact: &Fact| material.facts.get(stated).is_some_and(|stated| stated.unit == fact.unit);
    if !terms.iter().all(|term| material.facts.get(*term).is_some_and(same_unit)) {
        return None;
    }
    let claim = Claim::sum(&rule.id, Origin::Declared, rule.relation, stated, &terms).at_most(rule.severity);
    if complete {
        return Some(claim);
    }
    // A part that is not printed may be left out because it is nothing, or stand elsewhere: in a form its cell is blank, in a
    // sentence only a sum that closes says that nothing is missing.
    let form = material.facts.get(stated).is_some_and(|fact| matches!(fact.at, At::Cell { .. }));
    let closes = !matches!(evaluate(&claim, &|fact| material.operand(fact)).status, Status::Inconsistent);
    (form || closes).then(|| claim.at_most(Severity::Warning))
}

/// The fact of a concept, when the place has one; of several the first, if all say the same.
fn only(concept: &str, members: &[usize], material: &Material<'_>) -> Option<usize> {
    let mut found = members
        .iter()
        .copied()
        .filter(|index| material.facts.get(*index).is_some_and(|fact| fact.concept.as_deref() == Some(concept)));
    let first = found.next()?;
    let value = |index: usize| material.facts.get(index).and_then(|fact| fact.value);
    found.all(|other| value(other) == value(first)).then_some(first)
}
