//! Sums in a table's own shape: lines that are the sum of other lines, whatever they are called.
//!
//! In: the numbers of one table. Out: one claim per printed sum of a believed reading. A reading is believed when the numbers
//! of many crosses, or long numbers of few, bear it out (`reading`); its candidates are runs beside a total (`runs`) and
//! pairs near it (`pairs`), from the details to the totals of totals (`choice`). Labels that announce a total lower the
//! evidence asked for, nothing else: a table of an unknown form in an unknown language is read the same way.

mod choice;
mod grid;
mod pairs;
mod reading;
mod runs;

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::Cells;
use crate::reconcile::Material;
use crate::reconcile::cause::{LOOSE, one_slip};
use crate::reconcile::claim::{Claim, Claims};
use crate::reconcile::evaluate::{adds_up, evaluate};
use crate::record::{Origin, Relation, Severity};
use choice::CERTAIN;
use grid::{Axis, announces_total};
use reading::Reading;

/// A reading may fail in one of so many crosses and still be certain.
const SELDOM: usize = 10;
/// Failures of one table that are looked into, and parts of their sums: the search for a slip tries every figure.
const MOST_FAILURES: usize = 20;
const LONGEST_FAILURE: usize = 100;

/// Claims of one table.
pub(super) fn claims(cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    if cells.len() < 3 {
        return;
    }
    let [by_column, by_row] = grid::axes(cells, material);
    for (axis, rule) in [(by_column, "shape.row=parts"), (by_row, "shape.column=parts")] {
        let (mut held, mut broken) = (BTreeSet::new(), Vec::new());
        for reading in choice::readings(&axis) {
            let (holding, failing): (Vec<Claim>, Vec<Claim>) =
                printed(&axis, &reading, rule).partition(|claim| adds_up(claim, material));
            held.extend(holding.iter().filter_map(|claim| claim.stated));
            claims.extend(holding);
            if tells_mistakes(&reading, announces_total(axis.names(reading.total))) {
                broken.extend(failing);
            }
        }
        // Of two readings of one total the one that holds is right.
        broken.retain(|claim| claim.stated.is_some_and(|stated| !held.contains(&stated)));
        broken.retain(|claim| claim.terms.len() <= LONGEST_FAILURE);
        claims.extend(broken.into_iter().take(MOST_FAILURES).filter(|claim| is_mistake(claim, material)));
    }
}

/// So certain a reading that a cross in which it fails is a mistake: it fails once, or once in so many, and the label says
/// total or the evidence is beyond doubt.
fn tells_mistakes(reading: &Reading, announced: bool) -> bool {
    // Copies bear out what a line is, though they are no evidence of a sum.
    let seldom = reading.fails <= 1.max((reading.holds + reading.trivial) / SELDOM) && reading.holds >= 2;
    seldom && reading.bits >= if announced { CERTAIN / 2 } else { CERTAIN }
}

/// One claim per cross in which the total and a part are printed.
fn printed<'a>(axis: &'a Axis, reading: &'a Reading, rule: &'a str) -> impl Iterator<Item = Claim> + 'a {
    let announced = announces_total(axis.names(reading.total));
    let origin = if announced { Origin::Structural } else { Origin::Discovered };
    axis.line(reading.total).iter().filter_map(move |total| {
        let part = |line: &u32| {
            let line = axis.line(*line);
            let at = line.binary_search_by_key(&total.at, |entry| entry.at).ok()?;
            line.get(at).map(|entry| (entry.fact, entry.sort))
        };
        let parts: Vec<(usize, u32)> = reading.parts.iter().filter_map(part).collect();
        let same = parts.iter().all(|(_, sort)| *sort == total.sort);
        let facts: Vec<usize> = parts.iter().map(|(fact, _)| *fact).collect();
        (same && !facts.is_empty())
            .then(|| Claim::sum(rule, origin, Relation::Sum, total.fact, &facts).at_most(Severity::Warning))
    })
}

/// One slip accounts for the gap and neither rounding nor cutting off does. A row of equal figures is a heading.
fn is_mistake(claim: &Claim, material: &Material<'_>) -> bool {
    let verdict = evaluate(claim, &|fact| material.operand(fact));
    let (Some(delta), Some(excess)) = (verdict.delta, verdict.excess) else { return false };
    let value = |fact: usize| material.operand(fact).map(|operand| operand.value);
    let values: BTreeSet<Option<Decimal>> = claim.facts().map(value).collect();
    // What goes beyond the slack is more than the slack: figures that are cut off are off by up to a whole last digit each.
    excess + excess > delta.abs() && values.len() > 1 && one_slip(claim, LOOSE, material)
}
