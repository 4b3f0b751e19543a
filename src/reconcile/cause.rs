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

/// One figure with another value.
struct Candidate {
    suspect: usize,
    value: Decimal,
    operation: Operation,
    cost: Decimal,
    repair: Repair,
}

/// What another value does to the failed checks that use a figure.
struct Repair {
    /// Those that hold with it.
    repaired: Vec<usize>,
    /// How many still fail: another figure of theirs is wrong too.
    left: usize,
    /// Sums and copies hold to the last digit, not only within rounding.
    exact: bool,
}

impl Repair {
    /// Checks gained.
    fn gain(&self) -> usize {
        self.repaired.len().saturating_sub(self.left)
    }
}

/// Figures with the values they were probably meant to have.
type Fixed = BTreeMap<usize, Decimal>;

/// Splits a component of failed checks into root causes: a figure that repairs all of them, else step by step the figure
/// that repairs most, at least two and more than it leaves; what no single figure explains stays together.
pub(super) fn root_causes(component: &[usize], evidence: &Evidence<'_, '_>) -> Vec<RootCause> {
    if component.len() > MOST_CHECKS {
        return vec![RootCause { checks: component.to_vec(), causes: Vec::new() }];
    }
    let mut left: Vec<usize> = component.to_vec();
    let mut found = Vec::new();
    // Later causes are looked for as if the earlier figures had been corrected.
    let mut fixed = Fixed::new();
    while !left.is_empty() {
        let mut candidates = candidates(&left, evidence, &fixed);
        let gains = |one: &Candidate| (Reverse(one.repair.gain()), Reverse(one.repair.repaired.len()));
        candidates.sort_by_key(|one| (gains(one), one.cost, one.suspect));
        let best = candidates.first().map(|one| &one.repair);
        let likely = best.is_some_and(|repair| repair.gain() > 0 && (repair.repaired.len() > 1 || left.len() == 1));
        if !likely {
            found.push(RootCause { checks: left, causes: Vec::new() });
            break;
        }
        let repaired = candidates.first().map(|one| one.repair.repaired.clone()).unwrap_or_default();
        fixed.extend(candidates.first().map(|one| (one.suspect, one.value)));
        let causes = causes(candidates.into_iter().filter(|one| one.repair.repaired == repaired), evidence);
        left.retain(|at| !repaired.contains(at));
        found.push(RootCause { checks: repaired, causes });
    }
    found
}

fn candidates(failed: &[usize], evidence: &Evidence<'_, '_>, fixed: &Fixed) -> Vec<Candidate> {
    let claims = failed.iter().filter_map(|at| evidence.claims.get(*at));
    let suspects: BTreeSet<usize> = claims.flat_map(Claim::facts).collect();
    let mut found = Vec::new();
    for suspect in suspects {
        let Some(operand) = evidence.material.operand(suspect).filter(|_| !fixed.contains_key(&suspect)) else {
            continue;
        };
        let mut values: Vec<Decimal> = Vec::new();
        for claim in failed.iter().filter_map(|at| evidence.claims.get(*at)) {
            for value in possible(claim, suspect, &operand, evidence.material, fixed) {
                if value != operand.value && !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        found.extend(
            values.into_iter().filter_map(|value| candidate(suspect, value, failed, &operand, evidence, fixed)),
        );
    }
    found
}

/// What a figure may have been meant to be for one claim to hold: the value rounded as the figure is printed, or as the other
/// figures of the claim are when it has lost its last digit, or the same digits with the point elsewhere.
fn possible(
    claim: &Claim,
    suspect: usize,
    operand: &Operand<'_>,
    material: &Material<'_>,
    fixed: &Fixed,
) -> Vec<Decimal> {
    let Some(value) = required(claim, suspect, material, fixed) else { return Vec::new() };
    let finest = claim.facts().filter_map(|fact| material.operand(fact)).map(|one| one.own).max();
    let mut found: Vec<Decimal> = quantized(value, operand.own).into_iter().collect();
    if let Some(finest) = finest.filter(|finest| *finest > operand.own && operand.fact.kind != FactKind::Rate) {
        found.extend(quantized(value, finest));
    }
    let near = |shifted: &Decimal| (shifted - value).abs().checked_mul(Decimal::ONE_HUNDRED) <= Some(value.abs());
    found.extend(shifts(operand.value).filter(near));
    found
}

/// The same digits with the point one to four places elsewhere.
fn shifts(value: Decimal) -> impl Iterator<Item = Decimal> {
    (1..=4)
        .map(|places| Decimal::from(10_u32.pow(places)))
        .flat_map(move |factor| [value.checked_div(factor), value.checked_mul(factor)].into_iter().flatten())
}

fn candidate(
    suspect: usize,
    value: Decimal,
    failed: &[usize],
    operand: &Operand<'_>,
    evidence: &Evidence<'_, '_>,
    fixed: &Fixed,
) -> Option<Candidate> {
    let repair = repairs(suspect, value, failed, evidence, fixed)?;
    let repaired = &repair.repaired;
    let derived = operand.fact.kind == FactKind::Rate;
    let total = repaired.iter().filter_map(|at| evidence.claims.get(*at)).all(|claim| claim.stated == Some(suspect));
    // A sum can be repaired at every one of its figures: without a slip or a second check nothing is likely.
    let computed_anew = total && (derived || repaired.len() > 1);
    let operation = slip_to(operand, value).or(computed_anew.then_some(Operation::Recomputed))?;
    let satisfied = evidence
        .around(suspect)
        .filter(|(_, claim, check)| holds(check.status) && claim.relation != Relation::Bound)
        .count();
    let doubt = Decimal::from(satisfied + repair.left + usize::from(!repair.exact));
    let cost = cost(operation) + reliability(operand) + doubt;
    Some(Candidate { suspect, value, operation, cost, repair })
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
                .repair
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
fn required(claim: &Claim, suspect: usize, material: &Material<'_>, fixed: &Fixed) -> Option<Decimal> {
    let verdict: Verdict = evaluate(claim, &|fact| with_values(fact, fixed, material));
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
            let stated = with_values(claim.stated?, fixed, material)?;
            let whole = if stated.fact.unit.as_deref() == Some("permille") {
                Decimal::ONE_THOUSAND
            } else {
                Decimal::ONE_HUNDRED
            };
            let rate = stated.value.checked_div(whole)?;
            let (numerator, denominator) =
                (other(crate::record::TermRole::Numerator)?, other(crate::record::TermRole::Denominator)?);
            if numerator == suspect {
                rate.checked_mul(with_values(denominator, fixed, material)?.value)
            } else {
                with_values(numerator, fixed, material)?.value.checked_div(rate)
            }
        }
        _ => None,
    }
}

/// An operand, with the value it was probably meant to have.
fn with_values<'a>(fact: usize, fixed: &Fixed, material: &Material<'a>) -> Option<Operand<'a>> {
    let mut operand = material.operand(fact)?;
    if let Some(value) = fixed.get(&fact) {
        operand.value = *value;
        let counted = matches!(operand.fact.kind, FactKind::Count | FactKind::Score | FactKind::Weight);
        operand.exact = value.is_zero() || counted;
    }
    Some(operand)
}

/// What becomes of the failed checks that use the figure; `None` when a satisfied check breaks or none is repaired.
fn repairs(
    suspect: usize,
    value: Decimal,
    failed: &[usize],
    evidence: &Evidence<'_, '_>,
    fixed: &Fixed,
) -> Option<Repair> {
    let mut after = fixed.clone();
    after.insert(suspect, value);
    let mut repair = Repair { repaired: Vec::new(), left: 0, exact: true };
    for (at, claim, check) in evidence.around(suspect) {
        let verdict = evaluate(claim, &|fact| with_values(fact, &after, evidence.material));
        let fails = failed.contains(&at);
        let broken =
            (verdict.status == Status::Inconsistent && !fails) || (holds(check.status) && !holds(verdict.status));
        if broken {
            return None;
        }
        if fails && holds(verdict.status) {
            let adds_up = matches!(claim.relation, Relation::Sum | Relation::Difference | Relation::Equal);
            repair.exact &= !adds_up || verdict.delta.is_none_or(|delta| delta.is_zero());
            repair.repaired.push(at);
        } else if fails {
            repair.left += 1;
        }
    }
    (!repair.repaired.is_empty()).then_some(repair)
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

/// True when one slip at one of its figures accounts for a claim that fails. Short figures are a slip apart by chance: the
/// figure must have so many digits.
pub(super) fn one_slip(claim: &Claim, digits: usize, material: &Material<'_>) -> bool {
    claim.facts().any(|suspect| {
        let Some(operand) = material.operand(suspect).filter(|operand| is_telling(operand, digits)) else {
            return false;
        };
        let repairs = |value: &Decimal| {
            *value != operand.value
                && slip_to(&operand, *value).is_some()
                && holds(evaluate(claim, &|fact| with_values(fact, &Fixed::from([(suspect, *value)]), material)).status)
        };
        possible(claim, suspect, &operand, material, &Fixed::new()).iter().any(repairs)
    })
}

/// Digits of a figure that is no chance where nothing else ties it to the others.
pub(super) const LOOSE: usize = 4;
/// Digits of one in a sentence that says what it is to the others.
pub(super) const BOUND: usize = 3;

/// A figure of so many digits that another one like it is no chance.
pub(super) fn is_telling(operand: &Operand<'_>, digits: usize) -> bool {
    let number = operand.fact.reported.number.as_deref().unwrap_or_default();
    number.chars().filter(char::is_ascii_digit).count() >= digits
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
        // Digits beyond those that are printed: the last one is missing.
        let (left, right): (Vec<char>, Vec<char>) = (from.chars().collect(), to.replace('.', "").chars().collect());
        return one_more(&left, &right).then_some(Operation::DroppedDigit);
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
