//! Facts -> checks -> findings.
//!
//! In: the normalized document, its facts, the pipeline's rules. Out: every relation that was evaluated, with its status, and
//! one finding per root cause. A difference is not yet a mistake: rounding, truncation, zero bases and conventions have
//! their own statuses. Follows interval arithmetic as in XBRL Calculations 1.1.

mod cause;
mod claim;
mod declared;
mod equal;
mod evaluate;
mod explained;
mod expression;
mod finding;
mod formula;
mod lexical;
mod operand;
pub mod pair;
pub mod reference;
pub mod rules;
mod structural;

pub use rules::{Rule, RuleLevel, RuleLevels};

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Text;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::normalize::Normalized;
use crate::record::{At, Check, Coverage, Fact, Finding, Origin, Relation, Sign, Status, Term};
use crate::vocabulary::Lexicon;
use claim::{Claim, Claims};
use operand::Operand;

/// What was checked and what came of it.
#[derive(Debug, Clone, Default)]
pub struct Reconciliation {
    /// All checks, in order of their stated facts.
    pub checks: Vec<Check>,
    /// Findings, loudest first.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What the relation finders work on.
pub(crate) struct Material<'a> {
    pub(crate) document: &'a Normalized,
    pub(crate) facts: &'a [Fact],
    pub(crate) lexicon: &'a Lexicon<'a>,
    operands: Vec<Option<Operand<'a>>>,
    by_scope: BTreeMap<&'a str, Vec<usize>>,
    by_concept: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Material<'a> {
    fn new(document: &'a Normalized, facts: &'a [Fact], lexicon: &'a Lexicon<'a>) -> Self {
        let mut by_scope: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_concept: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, fact) in facts.iter().enumerate() {
            if let Some(scope) = &fact.scope {
                by_scope.entry(scope).or_default().push(index);
            }
            if let Some(concept) = &fact.concept {
                by_concept.entry(concept).or_default().push(index);
            }
        }
        let operands = facts.iter().map(Operand::new).collect();
        Self { document, facts, lexicon, operands, by_scope, by_concept }
    }

    /// Facts of one part of the entity.
    fn of_scope(&self, scope: &str) -> &[usize] {
        self.by_scope.get(scope).map(Vec::as_slice).unwrap_or_default()
    }

    /// Facts of one concept.
    fn of_concept(&self, concept: &str) -> &[usize] {
        self.by_concept.get(concept).map(Vec::as_slice).unwrap_or_default()
    }

    /// The folded characters that a figure of running text stands in, and where it begins there.
    fn running_text(&self, index: usize) -> Option<(&'a [char], usize)> {
        match &self.facts.get(index)?.at {
            At::Text { block, start, .. } => {
                let number: usize = block.trim_start_matches('b').parse().ok()?;
                Some((&self.document.blocks.get(number.checked_sub(1)?)?.chars, *start))
            }
            At::Cell { table, row, col, start: Some(start), .. } => {
                let number: usize = table.trim_start_matches('t').parse().ok()?;
                let table = self.document.tables.get(number.checked_sub(1)?)?;
                Some((&table.cells.get(table.index_at(*row, *col)?)?.chars, *start))
            }
            _ => None,
        }
    }

    fn operand(&self, index: usize) -> Option<Operand<'a>> {
        self.operands.get(index).cloned().flatten()
    }
}

/// Steers a reconciliation.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Declared relations of the pipeline.
    pub rules: &'a [Rule],
    /// How loud rules may be here, by id; those that are not named are as loud as they are.
    pub levels: &'a RuleLevels,
    /// The text may be damaged: nothing is called an error.
    pub doubtful_text: bool,
}

/// Checks a document's facts against each other.
///
/// # Errors
/// `limit-exceeded` for `checks`.
pub fn reconcile(
    document: &Normalized,
    facts: &[Fact],
    lexicon: &Lexicon<'_>,
    settings: Settings<'_>,
    limits: &Limits,
) -> Result<Reconciliation> {
    let material = Material::new(document, facts, lexicon);
    let mut claims = Claims::default();
    declared::claims(&material, settings.rules, settings.levels, &mut claims);
    structural::claims(&material, &mut claims);
    formula::claims(&material, &mut claims);
    structural::sums_of_shape(&material, &mut claims);
    lexical::claims(&material, &mut claims);
    equal::claims(&material, &mut claims);
    let mut claims = at_levels(claims.into_list(), settings.levels);
    if claims.len() > limits.checks {
        return Err(Error::limit("checks", limits.checks));
    }
    claims.sort_by_key(|claim| (claim.stated.or(claim.terms.first().and_then(|term| term.fact)), claim.relation));
    let mut checks: Vec<Check> =
        claims.iter().enumerate().map(|(index, claim)| check(index, claim, settings.rules, &material)).collect();
    explained::explain_gaps(&claims, &mut checks, &material);
    drop_outdone(&mut claims, &mut checks, settings.rules);
    let findings = finding::findings(&claims, &checks, &material, settings.doubtful_text);
    let coverage = coverage(facts, &claims, &checks);
    Ok(Reconciliation { checks, findings, coverage })
}

/// A declared sum that fails says nothing where the report itself gives a sum for the same figure that holds: the form has a
/// part that the rule does not know. A sum that only the shape or a formula gives must share parts with it: a budget is what
/// was spent and what is left, too, and that says nothing about where it comes from.
///
/// A relation across places has been claimed only because one slip accounts for its gap, so it stays.
fn drop_outdone(claims: &mut Vec<Claim>, checks: &mut Vec<Check>, rules: &[Rule]) {
    let across = |claim: &Claim| rules.iter().any(|rule| rule.across && *rule.id == *claim.rule);
    let holds = |check: &Check| matches!(check.status, Status::Consistent | Status::Rounding);
    let said = |claim: &Claim| claim.origin != Origin::Formula && !claim.rule.starts_with(structural::SHAPE);
    let mut other: BTreeMap<usize, Vec<Option<BTreeSet<usize>>>> = BTreeMap::new();
    for (claim, _) in claims.iter().zip(checks.iter()).filter(|(claim, check)| {
        claim.relation == Relation::Sum && claim.origin != Origin::Declared && claim.terms.len() > 1 && holds(check)
    }) {
        let parts = (!said(claim)).then(|| claim.terms.iter().filter_map(|term| term.fact).collect());
        other.entry(claim.stated.unwrap_or(usize::MAX)).or_default().push(parts);
    }
    let shares = |claim: &Claim, parts: &BTreeSet<usize>| {
        claim.terms.iter().filter_map(|term| term.fact).any(|fact| parts.contains(&fact))
    };
    let outdone = |claim: &Claim, check: &Check| {
        claim.origin == Origin::Declared
            && claim.relation == Relation::Sum
            && check.status == Status::Inconsistent
            && !across(claim)
            && claim
                .stated
                .and_then(|stated| other.get(&stated))
                .is_some_and(|sums| sums.iter().any(|parts| parts.as_ref().is_none_or(|parts| shares(claim, parts))))
    };
    let keep: Vec<bool> = claims.iter().zip(checks.iter()).map(|(claim, check)| !outdone(claim, check)).collect();
    let mut kept = keep.iter();
    claims.retain(|_| kept.next().copied().unwrap_or(true));
    let mut kept = keep.iter();
    checks.retain(|_| kept.next().copied().unwrap_or(true));
    for (index, check) in checks.iter_mut().enumerate() {
        check.id = format!("c{}", index + 1);
    }
}

/// Claims of rules that are off are left out, the others are as loud as they may be.
fn at_levels(claims: Vec<Claim>, levels: &RuleLevels) -> Vec<Claim> {
    let at_level = |claim: Claim| match levels.get(&*claim.rule) {
        Some(level) => level.severity().map(|severity| claim.at_most(severity)),
        None => Some(claim),
    };
    claims.into_iter().filter_map(at_level).collect()
}

/// Version of the built-in rules; raised when one of them says something else.
const RULES_VERSION: &str = "1";

fn check(index: usize, claim: &Claim, rules: &[Rule], material: &Material<'_>) -> Check {
    let declared = rules.iter().find(|rule| claim.origin == Origin::Declared && *rule.id == *claim.rule);
    let verdict = evaluate::evaluate(claim, &|fact| material.operand(fact));
    let id = |fact: Option<usize>| fact.and_then(|fact| material.facts.get(fact)).map(|fact| fact.id.clone());
    let stated = claim.stated.and_then(|fact| material.facts.get(fact));
    let first = claim.terms.first().and_then(|term| material.facts.get(term.fact?));
    Check {
        id: format!("c{}", index + 1),
        rule: Text::clone(&claim.rule),
        origin: claim.origin,
        relation: claim.relation,
        rule_version: declared.map_or(RULES_VERSION, |rule| &rule.version).into(),
        stated: id(claim.stated),
        terms: claim
            .terms
            .iter()
            .map(|term| Term {
                fact: id(term.fact),
                constant: evaluate::figure(term.constant),
                role: term.role,
                sign: if term.negative { Sign::Minus } else { Sign::Plus },
            })
            .collect(),
        expression: expression::expression(claim, &verdict, material),
        stated_value: stated.and_then(|fact| fact.value),
        computed_value: evaluate::figure(verdict.computed),
        unit: stated.or(first).and_then(|fact| fact.unit.clone()),
        delta: evaluate::figure(verdict.delta),
        excess: evaluate::figure(verdict.excess),
        status: verdict.status,
        reason: verdict.reason.map(str::to_owned),
    }
}

fn coverage(facts: &[Fact], claims: &[Claim], checks: &[Check]) -> Coverage {
    let mut coverage =
        Coverage { facts: facts.iter().filter(|fact| fact.value.is_some()).count(), ..Coverage::default() };
    let mut covered: BTreeSet<usize> = BTreeSet::new();
    for (claim, check) in claims.iter().zip(checks) {
        let slot = match check.status {
            Status::Consistent => &mut coverage.checks.consistent,
            Status::Rounding => &mut coverage.checks.rounding,
            Status::Truncation => &mut coverage.checks.truncation,
            Status::Explained => &mut coverage.checks.explained,
            Status::Inconsistent => &mut coverage.checks.inconsistent,
            Status::NotCheckable => &mut coverage.checks.not_checkable,
        };
        *slot += 1;
        if check.status != Status::NotCheckable {
            covered.extend(claim.terms.iter().filter_map(|term| term.fact).chain(claim.stated));
        }
    }
    coverage.facts_in_checks = covered.len();
    coverage
}
