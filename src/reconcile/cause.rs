//! Which figure is probably wrong: the smallest single edit that makes the failed checks of a component hold.
//!
//! Generalized Fellegi-Holt for one edit: for each figure of the failed checks, the value that would repair them is
//! computed, re-quantized to the figure's own decimals and verified against every check that touches the figure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};

use super::Material;
use super::claim::Claim;
use super::evaluate::{Verdict, evaluate};
use super::expression::in_printed_unit;
use super::operand::{Operand, unit_of};
use crate::record::{At, Cause, Check, Edit, FactKind, Figure, Operation, Relation, Status};

/// Evaluated claims with an index from facts to the claims that use them.
pub(super) struct Evidence<'e, 'a> {
    pub(super) claims: &'e [Claim],
    pub(super) checks: &'e [Check],
    pub(super) material: &'e Material<'a>,
    touching: BTreeMap<usize, Vec<usize>>,
}

impl<'e, 'a> Evidence<'e, 'a> {
    pub(super) fn new(claims: &'e [Claim], checks: &'e [Check], material: &'e Material<'a>) -> Self {
        let mut touching: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, claim) in claims.iter().enumerate() {
            for fact in claim.facts() {
                touching.entry(fact).or_default().push(at);
            }
        }
        Self { claims, checks, material, touching }
    }

    /// Claims and checks that use a fact.
    fn around(&self, fact: usize) -> impl Iterator<Item = (usize, &'e Claim, &'e Check)> {
        let at = self.touching.get(&fact).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|at| Some((*at, self.claims.get(*at)?, self.checks.get(*at)?)))
    }
}

/// A component with more failed checks than this is not a slip; no cause is looked for.
const MOST_CHECKS: usize = 200;

/// Failed checks that one figure accounts for, with its explanations, cheapest first.
pub(super) struct RootCause {
    pub(super) checks: Vec<usize>,
    pub(super) causes: Vec<Cause>,
}

/// One figure with another value, and the failed checks that hold with it.
struct Candidate {
    suspect: usize,
    value: Decimal,
    operation: Operation,
    cost: Decimal,
    repaired: Vec<usize>,
}

/// Splits a component of failed checks into root causes: a figure that repairs all of them, else step by step the figure
/// that repairs most, at least two; what no single figure explains stays together.
pub(super) fn root_causes(component: &[usize], evidence: &Evidence<'_, '_>) -> Vec<RootCause> {
    if component.len() > MOST_CHECKS {
        return vec![RootCause { checks: component.to_vec(), causes: Vec::new() }];
    }
    let mut left: Vec<usize> = component.to_vec();
    let mut found = Vec::new();
    while !left.is_empty() {
        let mut candidates = candidates(&left, evidence);
        candidates.sort_by_key(|one| (Reverse(one.repaired.len()), one.cost, one.suspect));
        let most = candidates.first().map_or(0, |one| one.repaired.len());
        let whole = most == left.len();
        if !whole && most < 2 {
            found.push(RootCause { checks: left, causes: Vec::new() });
            break;
        }
        let repaired = candidates.first().map(|one| one.repaired.clone()).unwrap_or_default();
        let causes = causes(candidates.into_iter().filter(|one| one.repaired == repaired), evidence);
        left.retain(|at| !repaired.contains(at));
        found.push(RootCause { checks: repaired, causes });
    }
    found
}

fn candidates(failed: &[usize], evidence: &Evidence<'_, '_>) -> Vec<Candidate> {
    let claims = failed.iter().filter_map(|at| evidence.claims.get(*at));
    let suspects: BTreeSet<usize> = claims.flat_map(Claim::facts).collect();
    let mut found = Vec::new();
    for suspect in suspects {
        let Some(operand) = evidence.material.operand(suspect) else { continue };
        let mut values: Vec<Decimal> = Vec::new();
        for claim in failed.iter().filter_map(|at| evidence.claims.get(*at)) {
            if let Some(value) =
                required(claim, suspect, evidence.material).and_then(|value| quantized(value, operand.own))
                && value != operand.value
                && !values.contains(&value)
            {
                values.push(value);
            }
        }
        found.extend(values.into_iter().filter_map(|value| candidate(suspect, value, failed, &operand, evidence)));
    }
    found
}

fn candidate(
    suspect: usize,
    value: Decimal,
    failed: &[usize],
    operand: &Operand<'_>,
    evidence: &Evidence<'_, '_>,
) -> Option<Candidate> {
    let repaired = repairs(suspect, value, failed, evidence)?;
    let derived = operand.fact.kind == FactKind::Rate;
    let total = repaired.iter().filter_map(|at| evidence.claims.get(*at)).all(|claim| claim.stated == Some(suspect));
    // A sum can be repaired at every one of its figures: without a slip or a second check nothing is likely.
    let computed_anew = total && (derived || repaired.len() > 1);
    let operation = slip_to(operand, value).or(computed_anew.then_some(Operation::Recomputed))?;
    let satisfied = evidence
        .around(suspect)
        .filter(|(_, claim, check)| holds(check.status) && claim.relation != Relation::Bound)
        .count();
    let cost = cost(operation) + reliability(operand) + Decimal::from(satisfied);
    Some(Candidate { suspect, value, operation, cost, repaired })
}

fn causes(candidates: impl Iterator<Item = Candidate>, evidence: &Evidence<'_, '_>) -> Vec<Cause> {
    let list: Vec<Candidate> = candidates.collect();
    let cheapest = list.iter().map(|one| one.cost).min();
    let ties = list.iter().filter(|one| Some(one.cost) == cheapest).count();
    list.into_iter()
        .take(5)
        .map(|one| Cause {
            edits: vec![edit(one.suspect, one.value, one.operation, evidence.material)],
            cost: Figure(one.cost),
            unique: ties == 1 && Some(one.cost) == cheapest,
            // The finding's main check is taken out where it is known.
            confirmed_by: one
                .repaired
                .iter()
                .filter_map(|at| evidence.checks.get(*at))
                .map(|check| check.id.clone())
                .collect(),
        })
        .collect()
}

fn holds(status: Status) -> bool {
    matches!(status, Status::Consistent | Status::Rounding | Status::Truncation)
}

/// Rounded half away from zero to the last digit that is printed.
fn quantized(value: Decimal, decimals: i32) -> Option<Decimal> {
    let unit = unit_of(decimals);
    let units = value.checked_div(unit)?.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    units.checked_mul(unit)
}

/// The value that one figure must have for one claim to hold.
fn required(claim: &Claim, suspect: usize, material: &Material<'_>) -> Option<Decimal> {
    let verdict: Verdict = evaluate(claim, &|fact| material.operand(fact));
    let value = material.operand(suspect)?.value;
    match claim.relation {
        Relation::Sum | Relation::Difference | Relation::Equal | Relation::WeightSum | Relation::ScoreSum => {
            let delta = verdict.delta?;
            if claim.stated == Some(suspect) {
                return Some(value - delta);
            }
            let term = claim.terms.iter().find(|term| term.fact == Some(suspect))?;
            Some(if term.negative { value - delta } else { value + delta })
        }
        Relation::ShareSum => Some(value + verdict.delta?),
        Relation::Ratio | Relation::Change | Relation::Score if claim.stated == Some(suspect) => verdict.computed,
        Relation::Ratio => {
            let other = |role| claim.terms.iter().find(|term| term.role == role).and_then(|term| term.fact);
            let stated = material.operand(claim.stated?)?;
            let whole = if stated.fact.unit.as_deref() == Some("permille") {
                Decimal::ONE_THOUSAND
            } else {
                Decimal::ONE_HUNDRED
            };
            let rate = stated.value.checked_div(whole)?;
            let (numerator, denominator) =
                (other(crate::record::TermRole::Numerator)?, other(crate::record::TermRole::Denominator)?);
            if numerator == suspect {
                rate.checked_mul(material.operand(denominator)?.value)
            } else {
                material.operand(numerator)?.value.checked_div(rate)
            }
        }
        _ => None,
    }
}

/// The failed checks that use the figure, when all of them hold with the new value and no satisfied check breaks.
fn repairs(suspect: usize, value: Decimal, failed: &[usize], evidence: &Evidence<'_, '_>) -> Option<Vec<usize>> {
    let material = evidence.material;
    let lookup = |fact: usize| {
        let mut operand = material.operand(fact)?;
        if fact == suspect {
            operand.value = value;
            let counted = matches!(operand.fact.kind, FactKind::Count | FactKind::Score | FactKind::Weight);
            operand.exact = value.is_zero() || counted;
        }
        Some(operand)
    };
    let mut repaired = Vec::new();
    for (at, claim, check) in evidence.around(suspect) {
        let status = evaluate(claim, &lookup).status;
        let broken = status == Status::Inconsistent || (holds(check.status) && !holds(status));
        if broken || (failed.contains(&at) && !holds(status)) {
            return None;
        }
        if failed.contains(&at) {
            repaired.push(at);
        }
    }
    (!repaired.is_empty()).then_some(repaired)
}

fn cost(operation: Operation) -> Decimal {
    Decimal::new(
        match operation {
            Operation::Digit | Operation::Transposition | Operation::Sign => 10,
            Operation::DroppedDigit | Operation::DoubledDigit | Operation::DecimalShift => 15,
            Operation::UnitSlip => 20,
            _ => 30,
        },
        1,
    )
}

/// A derived rate is less reliable than a copy in prose, that less than a figure in a table.
fn reliability(operand: &Operand<'_>) -> Decimal {
    let tenths = match (operand.fact.kind, &operand.fact.at) {
        (FactKind::Rate, _) => 0,
        (_, At::Text { .. }) => 5,
        _ if operand.fact.concept.as_deref().is_some_and(|concept| concept.ends_with(".total")) => 7,
        _ => 10,
    };
    Decimal::new(tenths, 1)
}

fn edit(suspect: usize, value: Decimal, operation: Operation, material: &Material<'_>) -> Edit {
    let fact = material.facts.get(suspect);
    let from = fact.and_then(|fact| fact.reported.number.clone());
    let decimals = from.as_deref().and_then(|number| number.split_once('.')).map_or(0, |(_, fraction)| fraction.len());
    let to = fact.map(|fact| {
        let shown = in_printed_unit(value, Some(fact)).trim_end_matches('%').to_owned();
        with_decimals(&shown, decimals)
    });
    Edit { operation, fact: fact.map(|fact| fact.id.clone()), from, to }
}

/// At least as many decimals as the figure is printed with: 500.00 for 400.00.
fn with_decimals(shown: &str, decimals: usize) -> String {
    let there = shown.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let zeros = "0".repeat(decimals.saturating_sub(there));
    if there == 0 && !zeros.is_empty() { format!("{shown}.{zeros}") } else { format!("{shown}{zeros}") }
}

/// True when one slip at one of its figures accounts for a claim that fails. Short figures are a slip apart by chance.
pub(super) fn one_slip(claim: &Claim, material: &Material<'_>) -> bool {
    claim.facts().any(|suspect| {
        let Some(operand) = material.operand(suspect).filter(is_telling) else { return false };
        let value = required(claim, suspect, material).and_then(|value| quantized(value, operand.own));
        value.is_some_and(|value| value != operand.value && slip_to(&operand, value).is_some())
    })
}

/// A figure of so many digits that another one like it is no chance.
pub(super) fn is_telling(operand: &Operand<'_>) -> bool {
    let number = operand.fact.reported.number.as_deref().unwrap_or_default();
    number.chars().filter(char::is_ascii_digit).count() >= 4
}

/// The slip that would turn one printed figure into the other.
pub(super) fn slip(a: &Operand<'_>, b: &Operand<'_>) -> Option<Operation> {
    slip_to(a, b.value)
}

fn slip_to(operand: &Operand<'_>, value: Decimal) -> Option<Operation> {
    let unit = unit_of(operand.own);
    let digits = |value: Decimal| Some(value.abs().checked_div(unit)?.normalize().to_string());
    let (from, to) = (digits(operand.value)?, digits(value)?);
    if value == -operand.value && !value.is_zero() {
        return Some(Operation::Sign);
    }
    if value.is_sign_negative() != operand.value.is_sign_negative() {
        return None;
    }
    if to.contains('.') && !shifted(operand.value, value) {
        return None;
    }
    let (left, right): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if left.len() == right.len() {
        let differing: Vec<usize> = (0..left.len()).filter(|at| left.get(*at) != right.get(*at)).collect();
        match differing.as_slice() {
            [_] => return Some(Operation::Digit),
            [first, second]
                if first + 1 == *second
                    && left.get(*first) == right.get(*second)
                    && left.get(*second) == right.get(*first) =>
            {
                return Some(Operation::Transposition);
            }
            _ => {}
        }
    }
    if shifted(operand.value, value) {
        let ratio = (value / operand.value).normalize();
        let unit_slip = ratio == Decimal::from(10_000) || ratio == Decimal::new(1, 4);
        return Some(if unit_slip { Operation::UnitSlip } else { Operation::DecimalShift });
    }
    if one_more(&left, &right) {
        return Some(Operation::DroppedDigit);
    }
    one_more(&right, &left).then_some(Operation::DoubledDigit)
}

/// One is the other times a power of ten.
fn shifted(a: Decimal, b: Decimal) -> bool {
    let bare = |value: Decimal| value.abs().normalize().to_string().replace('.', "").trim_matches('0').to_owned();
    !a.is_zero() && !b.is_zero() && bare(a) == bare(b) && a.abs() != b.abs()
}

/// `longer` is `shorter` with one digit put in.
fn one_more(shorter: &[char], longer: &[char]) -> bool {
    longer.len() == shorter.len() + 1
        && (0..longer.len())
            .any(|skip| longer.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, c)| c).eq(shorter.iter()))
}
