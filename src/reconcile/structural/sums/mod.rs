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

use super::Cells;
use crate::reconcile::Material;
use crate::reconcile::claim::{Claim, Claims};
use crate::reconcile::evaluate::evaluate;
use crate::record::{Origin, Relation, Severity, Status};
use grid::{Axis, announces_total};
use reading::Reading;

/// Claims of one table.
pub(super) fn claims(cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    if cells.len() < 3 {
        return;
    }
    let [by_column, by_row] = grid::axes(cells, material);
    for (axis, rule) in [(by_column, "shape.row=parts"), (by_row, "shape.column=parts")] {
        for reading in choice::readings(&axis) {
            claims.extend(printed(&axis, &reading, rule).filter(|claim| holds(claim, material)));
        }
    }
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

fn holds(claim: &Claim, material: &Material<'_>) -> bool {
    matches!(evaluate(claim, &|fact| material.operand(fact)).status, Status::Consistent | Status::Rounding)
}
