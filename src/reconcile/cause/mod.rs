//! Which figures are probably wrong: the smallest edits that make the failed checks of a component hold.
//!
//! Generalized Fellegi-Holt: for each figure of the failed checks, the value that would repair them is computed, re-quantized to
//! the figure's decimals and verified against every check that touches the figure. Single figures come first, then sets.

mod sets;
mod slip;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

pub(super) use slip::{BOUND, LOOSE, is_telling, one_slip, slip_apart, slipped};
use slip::{Fixed, Meant, possible, scale_of_unit, slip_to, with_values};

use super::Material;
use super::claim::Claim;
use super::evaluate::evaluate;
use super::expression::in_printed_unit;
use super::operand::Operand;
use crate::record::{At, Cause, Check, Edit, FactKind, Figure, Operation, Relation, Status};

/// Evaluated claims with an index from facts to the claims that use them.
pub(super) struct Evidence<'e, 'a> {
    pub(super) claims: &'e [Claim],
    pub(super) checks: &'e [Check],
    pub(super) material: &'e Material<'a>,
    touching: BTreeMap<usize, Vec<usize>>,
    /// Facts by what they say.
    saying: BTreeMap<(FactKind, Decimal), Vec<usize>>,
    /// Figures of failed checks that are carried over from one another, by each of them.
    copies: BTreeMap<usize, Vec<usize>>,
}

impl<'e, 'a> Evidence<'e, 'a> {
    pub(super) fn new(claims: &'e [Claim], checks: &'e [Check], material: &'e Material<'a>) -> Self {
        let mut touching: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, claim) in claims.iter().enumerate() {
            for fact in claim.facts() {
                touching.entry(fact).or_default().push(at);
            }
        }
        let mut saying: BTreeMap<(FactKind, Decimal), Vec<usize>> = BTreeMap::new();
        for (index, fact) in material.facts.iter().enumerate() {
            if let Some(value) = fact.value {
                saying.entry((fact.kind, value.0)).or_default().push(index);
            }
        }
        Self { claims, checks, material, touching, saying, copies: copies(claims, checks) }
    }

    /// A figure and those that are its copies: a wrong one was carried over.
    pub(super) fn carried(&self, fact: usize) -> Vec<usize> {
        let others = self.copies.get(&fact).map(Vec::as_slice).unwrap_or_default();
        std::iter::once(fact).chain(others.iter().copied()).collect()
    }

    /// The satisfied check says only that one figure of failed checks is a copy of another.
    pub(super) fn is_copy(&self, claim: &Claim) -> bool {
        let mut facts = claim.facts();
        match (facts.next(), facts.next(), facts.next()) {
            (Some(one), Some(other), None) => self.copies.get(&one).is_some_and(|copies| copies.contains(&other)),
            _ => false,
        }
    }

    /// Whether the report prints a value somewhere else than in the failed checks.
    fn printed_elsewhere(&self, kind: FactKind, value: Decimal, failed: &[usize]) -> bool {
        let inside = |fact: usize| {
            failed.iter().filter_map(|at| self.claims.get(*at)).any(|claim| claim.facts().any(|other| other == fact))
        };
        let found = self.saying.get(&(kind, value)).into_iter().flatten();
        found.into_iter().any(|fact| {
            !inside(*fact) && self.material.operand(*fact).is_some_and(|operand| is_telling(&operand, BOUND))
        })
    }

    /// Claims and checks that use a fact.
    fn around(&self, fact: usize) -> impl Iterator<Item = (usize, &'e Claim, &'e Check)> {
        let at = self.touching.get(&fact).map(Vec::as_slice).unwrap_or_default();
        at.iter().filter_map(|at| Some((*at, self.claims.get(*at)?, self.checks.get(*at)?)))
    }
}

/// Two figures of failed checks of which a satisfied one says that they are the same: a section with a single item, a total
/// with a single part.
fn copies(claims: &[Claim], checks: &[Check]) -> BTreeMap<usize, Vec<usize>> {
    let of = |status: fn(Status) -> bool| claims.iter().zip(checks).filter(move |(_, check)| status(check.status));
    let failing: BTreeSet<usize> =
        of(|status| status == Status::Inconsistent).flat_map(|(claim, _)| claim.facts()).collect();
    let mut linked: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (claim, _) in of(|status| status == Status::Consistent) {
        let same = matches!(claim.relation, Relation::Sum | Relation::Equal) && claim.terms.len() == 1;
        if let (true, Some(stated), Some(part)) =
            (same, claim.stated, claim.terms.first().filter(|term| !term.negative).and_then(|term| term.fact))
            && failing.contains(&stated)
            && failing.contains(&part)
        {
            linked.entry(stated).or_default().insert(part);
            linked.entry(part).or_default().insert(stated);
        }
    }
    let reach = |from: usize| {
        let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
        while let Some(at) = open.pop() {
            let next = linked.get(&at).into_iter().flatten().copied().filter(|next| seen.insert(*next));
            open.extend(next.collect::<Vec<_>>());
            if seen.len() > MOST_COPIES {
                return Vec::new();
            }
        }
        seen.remove(&from);
        seen.into_iter().collect()
    };
    linked.keys().map(|fact| (*fact, reach(*fact))).collect()
}

/// Figures that are copies of one.
const MOST_COPIES: usize = 8;

/// A component with more failed checks than this is not a slip; no cause is looked for.
const MOST_CHECKS: usize = 200;

/// Failed checks that one figure accounts for, with its explanations, cheapest first.
pub(super) struct RootCause {
    pub(super) checks: Vec<usize>,
    pub(super) causes: Vec<Cause>,
    /// The search for a cause ended at one of its bounds, not because there is none.
    pub(super) cut_short: bool,
}

/// One figure with another value.
#[derive(Clone)]
struct Candidate {
    suspect: usize,
    meant: Meant,
    operation: Operation,
    cost: Decimal,
    repair: Repair,
}

/// What another value does to the failed checks that use a figure.
#[derive(Clone)]
struct Repair {
    /// Those that hold with it.
    repaired: Vec<usize>,
    /// How many still fail: another figure of theirs is wrong too.
    left: usize,
    /// Sums and copies hold to the last digit, not only within rounding.
    exact: bool,
    /// Satisfied checks that speak for the printed value, less those that the other value makes exact.
    doubt: i64,
}

impl Repair {
    /// Checks gained.
    fn gain(&self) -> usize {
        self.repaired.len().saturating_sub(self.left)
    }
}

/// Splits a component of failed checks into root causes: a figure that repairs all of them, else step by step the figure
/// that repairs most, at least two and more than it leaves; for the rest the smallest set of figures is looked for, and what
/// none explains stays together.
pub(super) fn root_causes(component: &[usize], evidence: &Evidence<'_, '_>) -> Vec<RootCause> {
    let long = |at: &usize| evidence.claims.get(*at).is_some_and(|claim| claim.terms.len() > slip::MOST_TERMS);
    if component.len() > MOST_CHECKS || component.iter().any(long) {
        return vec![RootCause { checks: component.to_vec(), causes: Vec::new(), cut_short: true }];
    }
    let mut left: Vec<usize> = component.to_vec();
    let mut found = Vec::new();
    // Later causes are looked for as if the earlier figures had been corrected.
    let mut fixed = Fixed::new();
    while !left.is_empty() {
        let mut candidates = candidates(&left, evidence, &fixed, true);
        let gains = |one: &Candidate| (Reverse(one.repair.gain()), Reverse(one.repair.repaired.len()));
        candidates.sort_by_key(|one| (gains(one), one.cost, one.suspect));
        let best = candidates.first().map(|one| &one.repair);
        let likely = best.is_some_and(|repair| repair.gain() > 0 && (repair.repaired.len() > 1 || left.len() == 1));
        if !likely {
            found.extend(sets::root_causes(left, evidence, &fixed));
            break;
        }
        let repaired = candidates.first().map(|one| one.repair.repaired.clone()).unwrap_or_default();
        if let Some(one) = candidates.first() {
            fixed.extend(evidence.carried(one.suspect).into_iter().map(|fact| (fact, one.meant)));
        }
        let causes = causes(candidates.into_iter().filter(|one| one.repair.repaired == repaired), evidence);
        left.retain(|at| !repaired.contains(at));
        found.push(RootCause { checks: repaired, causes, cut_short: false });
    }
    found
}

/// `alone`: the figure is to account for its failures without others.
fn candidates(failed: &[usize], evidence: &Evidence<'_, '_>, fixed: &Fixed, alone: bool) -> Vec<Candidate> {
    let claims = failed.iter().filter_map(|at| evidence.claims.get(*at));
    let suspects: BTreeSet<usize> = claims.flat_map(Claim::facts).collect();
    let mut found = Vec::new();
    let first =
        |suspect: &usize| evidence.carried(*suspect).iter().all(|other| other >= suspect || !suspects.contains(other));
    for suspect in suspects.iter().copied().filter(first) {
        let Some(operand) = evidence.material.operand(suspect).filter(|_| !fixed.contains_key(&suspect)) else {
            continue;
        };
        let mut values: Vec<Meant> = Vec::new();
        let carried = evidence.carried(suspect);
        let pairs = failed.iter().filter_map(|at| evidence.claims.get(*at)).flat_map(|claim| {
            carried.iter().filter(|copy| claim.facts().any(|fact| fact == **copy)).map(move |copy| (claim, *copy))
        });
        for (claim, copy) in pairs {
            for meant in possible(claim, copy, &operand, evidence.material, fixed) {
                if meant.value != operand.value && values.iter().all(|one| one.value != meant.value) {
                    values.push(meant);
                }
            }
        }
        found.extend(
            values.into_iter().filter_map(|meant| candidate(suspect, meant, failed, &operand, evidence, fixed, alone)),
        );
    }
    found
}

fn candidate(
    suspect: usize,
    meant: Meant,
    failed: &[usize],
    operand: &Operand<'_>,
    evidence: &Evidence<'_, '_>,
    fixed: &Fixed,
    alone: bool,
) -> Option<Candidate> {
    let repair = repairs(suspect, meant, failed, evidence, fixed)?;
    let derived = operand.fact.kind == FactKind::Rate;
    let repaired = repair.repaired.iter().filter_map(|at| evidence.claims.get(*at));
    let total = repaired.filter(|claim| !is_bound(claim)).any(|claim| claim.stated == Some(suspect));
    // A sum can be repaired at every one of its figures: without a slip or a second check nothing is likely.
    // A rate is computed to its printed digits, a total is as fine as its parts.
    let as_computed = if derived { meant.own == operand.own } else { repair.exact };
    let computed_anew = total && as_computed && (derived || !alone || repair.repaired.len() > 1);
    let operation = slip_to(operand, meant).or(computed_anew.then_some(Operation::Recomputed))?;
    let copied = i64::from(evidence.printed_elsewhere(operand.fact.kind, meant.value, failed));
    let left = i64::try_from(repair.left).unwrap_or(i64::MAX);
    let doubt = Decimal::from(repair.doubt + left + i64::from(!repair.exact) - copied);
    let cost = cost(operation) + reliability(operand) + doubt + oddity(operand, meant);
    Some(Candidate { suspect, meant, operation, cost, repair })
}

/// 100 % is rarely a slip, and a figure is rarely meant to end with a zero behind the point.
fn oddity(operand: &Operand<'_>, meant: Meant) -> Decimal {
    let whole = operand.fact.kind == FactKind::Rate && operand.value == Decimal::ONE_HUNDRED;
    let decimals = u32::try_from(meant.own + scale_of_unit(operand.fact)).unwrap_or(0);
    let printed = (meant.value / Decimal::from(10_u64.pow(scale_of_unit(operand.fact).unsigned_abs()))).normalize();
    let padded = printed.scale() < decimals;
    Decimal::from(u32::from(whole)) + if padded { Decimal::new(5, 1) } else { Decimal::ZERO }
}

fn is_bound(claim: &Claim) -> bool {
    claim.relation == Relation::Bound
}

fn causes(candidates: impl Iterator<Item = Candidate>, evidence: &Evidence<'_, '_>) -> Vec<Cause> {
    let list: Vec<Candidate> = candidates.collect();
    let cheapest = list.iter().map(|one| one.cost).min();
    let ties = list.iter().filter(|one| Some(one.cost) == cheapest).count();
    let certain = list.first().is_some_and(|first| stands_out(first, &list));
    list.into_iter()
        .take(5)
        .map(|one| Cause {
            edits: edits(&one, evidence),
            cost: Figure(one.cost),
            unique: certain && ties == 1 && Some(one.cost) == cheapest,
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

/// One check alone can be repaired at any of its figures: only a slip of the pen that no other figure comes near to tells.
fn stands_out(first: &Candidate, all: &[Candidate]) -> bool {
    let near = |other: &&Candidate| other.suspect != first.suspect && other.cost < first.cost + Decimal::ONE;
    first.repair.repaired.len() > 1
        || (first.operation != Operation::Recomputed && all.iter().filter(near).count() == 0)
}

fn holds(status: Status) -> bool {
    matches!(status, Status::Consistent | Status::Rounding | Status::Truncation)
}

/// What becomes of the failed checks that use the figure; `None` when a satisfied check breaks or none is repaired.
fn repairs(
    suspect: usize,
    meant: Meant,
    failed: &[usize],
    evidence: &Evidence<'_, '_>,
    fixed: &Fixed,
) -> Option<Repair> {
    let mut after = fixed.clone();
    let carried = evidence.carried(suspect);
    after.extend(carried.iter().map(|copy| (*copy, meant)));
    let mut repair = Repair { repaired: Vec::new(), left: 0, exact: true, doubt: 0 };
    let mut around: Vec<(usize, &Claim, &Check)> = carried.iter().flat_map(|copy| evidence.around(*copy)).collect();
    around.sort_by_key(|(at, ..)| *at);
    around.dedup_by_key(|(at, ..)| *at);
    for (at, claim, check) in around {
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
        } else if !is_bound(claim) {
            repair.doubt += match (check.status, verdict.status) {
                (Status::Rounding | Status::Truncation, Status::Consistent) => -1,
                (Status::Consistent, _) => 1,
                _ => 0,
            };
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

/// The figure and its copies, each with what it should be.
fn edits(one: &Candidate, evidence: &Evidence<'_, '_>) -> Vec<Edit> {
    let carried = evidence.carried(one.suspect);
    carried.into_iter().map(|fact| edit(fact, one.meant, one.operation, evidence.material)).collect()
}

fn edit(suspect: usize, meant: Meant, operation: Operation, material: &Material<'_>) -> Edit {
    let fact = material.facts.get(suspect);
    let from = fact.and_then(|fact| fact.reported.number.clone());
    let to = fact.map(|fact| {
        let shown = in_printed_unit(meant.value, Some(fact)).trim_end_matches('%').to_owned();
        let decimals = meant.own + scale_of_unit(fact);
        with_decimals(&shown, usize::try_from(decimals).unwrap_or(0))
    });
    Edit { operation, fact: fact.map(|fact| fact.id.clone()), from, to }
}

/// At least so many decimals: 500.00 for 400.00.
fn with_decimals(shown: &str, decimals: usize) -> String {
    let there = shown.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let zeros = "0".repeat(decimals.saturating_sub(there));
    if there == 0 && !zeros.is_empty() { format!("{shown}.{zeros}") } else { format!("{shown}{zeros}") }
}
