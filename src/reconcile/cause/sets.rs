//! Sets of figures that together account for failures that none of them explains alone: a total that is out of date in two
//! columns, two slips in one sum.
//!
//! A set must be overdetermined: it repairs more independent checks than it has figures. Bounds follow from sums and do not
//! count.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::slip::{Fixed, with_values};
use super::{Candidate, Evidence, RootCause, candidates, edits, holds, is_bound};
use crate::reconcile::evaluate::evaluate;
use crate::record::{Cause, FactKind, Figure, Operation};

/// Figures of a set.
const MOST_EDITS: usize = 3;
/// Components with more checks are left alone.
const MOST_CHECKS: usize = 40;
/// Candidates that are followed at each step.
const BREADTH: usize = 8;
/// Sets that are looked at.
const MOST_SETS: usize = 400;

/// The cheapest smallest set, each of its figures with the failures that are its own; all failures together when there is none.
pub(super) fn root_causes(failed: Vec<usize>, evidence: &Evidence<'_, '_>, fixed: &Fixed) -> Vec<RootCause> {
    let mut search = Search { failed: &failed, evidence, best: Vec::new(), looked_at: 0 };
    if (3..=MOST_CHECKS).contains(&failed.len()) {
        for edits in 2..=MOST_EDITS {
            search.deepen(&failed, &mut fixed.clone(), &mut Vec::new(), edits);
            if !search.best.is_empty() {
                break;
            }
        }
    }
    let looked_at = search.looked_at;
    let cheapest = search.best.iter().map(|set| set.cost).min();
    let mut best = search.best.into_iter().filter(|set| Some(set.cost) == cheapest);
    match (best.next(), best.next()) {
        (Some(set), None) => set.split(failed, evidence),
        (set, _) => {
            let cut_short = set.is_none() && (failed.len() > MOST_CHECKS || looked_at >= MOST_SETS);
            vec![RootCause { checks: failed, causes: Vec::new(), cut_short }]
        }
    }
}

/// A set that repairs all failures.
struct Set {
    edits: Vec<Candidate>,
    cost: Decimal,
}

struct Search<'s, 'e, 'a> {
    failed: &'s [usize],
    evidence: &'s Evidence<'e, 'a>,
    best: Vec<Set>,
    looked_at: usize,
}

impl Search<'_, '_, '_> {
    fn deepen(&mut self, left: &[usize], fixed: &mut Fixed, chosen: &mut Vec<Candidate>, edits: usize) {
        if left.is_empty() {
            self.keep(chosen, fixed);
            return;
        }
        if chosen.len() == edits || self.looked_at >= MOST_SETS {
            return;
        }
        self.looked_at += 1;
        let mut found = candidates(left, self.evidence, fixed, false);
        found.sort_by_key(|one| (one.cost, one.suspect, one.meant));
        for one in found.into_iter().take(BREADTH) {
            let carried = self.evidence.carried(one.suspect);
            fixed.extend(carried.iter().map(|fact| (*fact, one.meant)));
            let still: Vec<usize> = left.iter().copied().filter(|at| !self.repaired(*at, fixed)).collect();
            chosen.push(one);
            self.deepen(&still, fixed, chosen, edits);
            chosen.pop();
            fixed.retain(|fact, _| !carried.contains(fact));
        }
    }

    fn repaired(&self, at: usize, fixed: &Fixed) -> bool {
        self.evidence.claims.get(at).is_some_and(|claim| {
            holds(evaluate(claim, &|fact| with_values(fact, fixed, self.evidence.material)).status)
        })
    }

    fn keep(&mut self, chosen: &[Candidate], fixed: &Fixed) {
        let independent =
            self.failed.iter().filter_map(|at| self.evidence.claims.get(*at)).filter(|claim| !is_bound(claim));
        let suspects: BTreeSet<usize> = chosen.iter().map(|one| one.suspect).collect();
        let known = |set: &Set| set.edits.iter().map(|one| one.suspect).collect::<BTreeSet<_>>() == suspects;
        let all_hold = self.failed.iter().all(|at| self.repaired(*at, fixed));
        if independent.count() <= chosen.len() || !all_hold || self.best.iter().any(known) {
            return;
        }
        let cost = chosen.iter().map(|one| one.cost).sum();
        self.best.push(Set { edits: chosen.to_vec(), cost });
    }
}

impl Set {
    /// One root cause for each figure. A failure that two of them share goes to the first. Rates of one list that are all
    /// computed wrongly have one cause: another base.
    fn split(self, failed: Vec<usize>, evidence: &Evidence<'_, '_>) -> Vec<RootCause> {
        if self.edits.iter().all(|one| one.operation == Operation::Recomputed && is_rate(one.suspect, evidence)) {
            let ids = failed.iter().filter_map(|at| evidence.checks.get(*at)).map(|check| check.id.clone());
            let cause = Cause {
                edits: self.edits.iter().flat_map(|one| edits(one, evidence)).collect(),
                cost: Figure(self.cost),
                unique: true,
                confirmed_by: ids.collect(),
            };
            return vec![RootCause { checks: failed, causes: vec![cause], cut_short: false }];
        }
        let mut left = failed;
        let mut found = Vec::new();
        for one in self.edits {
            let touches = |at: &usize| {
                let carried = evidence.carried(one.suspect);
                evidence.claims.get(*at).is_some_and(|claim| claim.facts().any(|fact| carried.contains(&fact)))
            };
            let (checks, rest): (Vec<usize>, Vec<usize>) = left.into_iter().partition(touches);
            left = rest;
            let ids = checks.iter().filter_map(|at| evidence.checks.get(*at)).map(|check| check.id.clone());
            let cause = Cause {
                edits: edits(&one, evidence),
                cost: Figure(one.cost),
                unique: true,
                confirmed_by: ids.collect(),
            };
            if !checks.is_empty() {
                found.push(RootCause { checks, causes: vec![cause], cut_short: false });
            }
        }
        found
    }
}

fn is_rate(suspect: usize, evidence: &Evidence<'_, '_>) -> bool {
    evidence.material.facts.get(suspect).is_some_and(|fact| fact.kind == FactKind::Rate)
}
