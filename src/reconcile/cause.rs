//! Which figure is probably wrong: the smallest single edit that makes all failed checks of a component hold.
//!
//! Generalized Fellegi-Holt for one edit: for each figure of the failed checks, the value that would repair them is
//! computed, re-quantized to the figure's own decimals and verified against every check that touches the figure.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::Material;
use super::claim::Claim;
use super::evaluate::{Verdict, evaluate};
use super::expression::in_printed_unit;
use super::operand::{Operand, unit_of};
use crate::record::{At, Cause, Check, Edit, FactKind, Figure, Operation, Relation, Status};

/// Explanations for the failed checks `failed` (indexes), cheapest first.
pub(super) fn explain(failed: &[usize], claims: &[Claim], checks: &[Check], material: &Material<'_>) -> Vec<Cause> {
    let suspects: BTreeSet<usize> = failed.iter().filter_map(|at| claims.get(*at)).flat_map(facts_of).collect();
    let mut found: Vec<(Decimal, usize, Decimal, Operation, Vec<String>)> = Vec::new();
    for suspect in suspects {
        let Some(operand) = material.operand(suspect) else { continue };
        let mut values: Vec<Decimal> = Vec::new();
        for claim in failed.iter().filter_map(|at| claims.get(*at)) {
            if let Some(value) = required(claim, suspect, material).map(|value| {
                value.round_dp_with_strategy(decimals(&operand), rust_decimal::RoundingStrategy::MidpointAwayFromZero)
            }) && !values.contains(&value)
            {
                values.push(value);
            }
        }
        for value in values.into_iter().filter(|value| *value != operand.value) {
            if let Some(confirmed) = repairs(suspect, value, failed, claims, checks, material) {
                let operation = slip_to(&operand, value).unwrap_or(Operation::Recomputed);
                let cost = cost(operation) + reliability(&operand) + Decimal::from(satisfied(suspect, claims, checks));
                found.push((cost, suspect, value, operation, confirmed));
            }
        }
    }
    found.sort_by_key(|found| (found.0, found.1));
    let cheapest = found.first().map(|(cost, ..)| *cost);
    let ties = found.iter().filter(|(cost, ..)| Some(*cost) == cheapest).count();
    found
        .into_iter()
        .take(5)
        .map(|(cost, suspect, value, operation, confirmed)| Cause {
            edits: vec![edit(suspect, value, operation, material)],
            cost: Figure(cost),
            unique: ties == 1 && Some(cost) == cheapest,
            confirmed_by: confirmed,
        })
        .collect()
}

fn facts_of(claim: &Claim) -> Vec<usize> {
    claim.terms.iter().filter_map(|term| term.fact).chain(claim.stated).collect()
}

fn decimals(operand: &Operand<'_>) -> u32 {
    u32::try_from(operand.own.max(0)).unwrap_or(0)
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
            let rate = material.operand(claim.stated?)?.value / Decimal::ONE_HUNDRED;
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

/// All failed checks hold with the new value and no satisfied one breaks; returns the checks beyond the first that confirm it.
fn repairs(
    suspect: usize,
    value: Decimal,
    failed: &[usize],
    claims: &[Claim],
    checks: &[Check],
    material: &Material<'_>,
) -> Option<Vec<String>> {
    let lookup = |fact: usize| {
        let mut operand = material.operand(fact)?;
        if fact == suspect {
            operand.value = value;
            operand.exact = operand.exact && !value.is_zero()
                || matches!(operand.fact.kind, FactKind::Count | FactKind::Score | FactKind::Weight);
        }
        Some(operand)
    };
    let mut confirmed = Vec::new();
    for (at, (claim, check)) in claims.iter().zip(checks).enumerate() {
        if !facts_of(claim).contains(&suspect) {
            if failed.contains(&at) {
                return None;
            }
            continue;
        }
        let status = evaluate(claim, &lookup).status;
        if matches!(status, Status::Inconsistent) {
            return None;
        }
        if failed.contains(&at) || check.status == Status::Inconsistent {
            confirmed.push(check.id.clone());
        }
    }
    confirmed.remove(0);
    Some(confirmed)
}

/// Checks that hold now and use the figure: the more, the less likely it is wrong.
fn satisfied(suspect: usize, claims: &[Claim], checks: &[Check]) -> usize {
    claims
        .iter()
        .zip(checks)
        .filter(|(claim, check)| {
            matches!(check.status, Status::Consistent | Status::Rounding | Status::Truncation)
                && facts_of(claim).contains(&suspect)
        })
        .count()
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
    Edit {
        operation,
        fact: fact.map(|fact| fact.id.clone()),
        from,
        to: fact.map(|fact| in_printed_unit(value, Some(fact)).trim_end_matches('%').to_owned()),
    }
}

/// The slip that would turn one printed figure into the other.
pub(super) fn slip(a: &Operand<'_>, b: &Operand<'_>) -> Option<Operation> {
    slip_to(a, b.value)
}

fn slip_to(operand: &Operand<'_>, value: Decimal) -> Option<Operation> {
    let unit = unit_of(operand.own);
    let digits = |value: Decimal| (value.abs() / unit).normalize().to_string();
    let (from, to) = (digits(operand.value), digits(value));
    if value == -operand.value && !value.is_zero() {
        return Some(Operation::Sign);
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
