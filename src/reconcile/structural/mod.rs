//! Relations in the shape of tables: rates and points beside their amounts, totals of rows and of codes, totals of points.

mod account;
mod codes;
mod compared;
mod points;
mod rows;
mod sums;

use std::collections::BTreeMap;

use super::Material;
use super::claim::{Claim, ClaimTerm, Claims};
use crate::record::{At, Fact, FactKind, Origin, Phase, Relation, TermRole};

/// Facts of a table by their cell.
pub(super) type Cells = BTreeMap<(u32, u32), usize>;

/// Claims of all tables by their labels.
pub(super) fn claims(material: &Material<'_>, claims: &mut Claims) {
    let by_table = whole_cells(material);
    let mut before = None;
    for table in &material.document.tables {
        let Some(cells) = by_table.get(&*table.id.label()) else { continue };
        rates_in_rows(cells, material, claims);
        points::claims(table, cells, before, material, claims);
        rows::claims(table, cells, material, claims);
        account::claims(cells, material, claims);
        compared::claims(cells, material, claims);
        codes::claims(table, cells, material, claims);
        before = Some(cells);
    }
}

/// How the rules of sums begin that only the shape gives.
pub(super) const SHAPE: &str = "shape.";

/// Sums in the shape of all tables, whatever their lines are called.
pub(super) fn sums_of_shape(material: &Material<'_>, claims: &mut Claims) {
    for cells in whole_cells(material).values() {
        sums::claims(cells, material, claims);
    }
}

/// Figures that fill their cell, by table and cell.
pub(super) fn whole_cells<'a>(material: &Material<'a>) -> BTreeMap<&'a str, Cells> {
    let mut by_table: BTreeMap<&str, Cells> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate() {
        if let At::Cell { table, row, col, start: None, .. } = &fact.at
            && fact.value.is_some()
        {
            by_table.entry(table).or_default().insert((*row, *col), index);
        }
    }
    by_table
}

/// Facts of one concept in one table.
fn concept_facts(cells: &Cells, id: &str, material: &Material<'_>) -> Vec<((u32, u32), usize)> {
    let called = |index: usize| material.facts.get(index).is_some_and(|fact| fact.concept.as_deref() == Some(id));
    cells.iter().filter(|(_, index)| called(**index)).map(|(place, index)| (*place, *index)).collect()
}

/// 执行率, 到位率, 控制率 and the points for execution, beside the figures of the same year that they come from.
fn rates_in_rows(cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    let mut rows: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for ((row, _), index) in cells {
        rows.entry(*row).or_default().push(*index);
    }
    for members in rows.values() {
        let row = RowFacts { members, material };
        let budget = |of| {
            [Phase::Budget, Phase::AdjustedBudget, Phase::InitialBudget].iter().find_map(|phase| row.money(*phase, of))
        };
        if let Some(rate) = row.concept("rate.execution")
            && let (Some(executed), Some(budget)) = (row.money(Phase::Executed, rate), budget(rate))
        {
            claims.add(Claim::ratio("rate.execution=executed/budget", Origin::Structural, rate, executed, budget));
        }
        if let Some(rate) = row.concept("rate.arrival")
            && let (Some(arrived), Some(budget)) = (row.money(Phase::Arrived, rate), budget(rate))
        {
            claims.add(Claim::ratio("rate.arrival=arrived/budget", Origin::Structural, rate, arrived, budget));
        }
        if let (Some(rate), Some(staff), Some(quota)) =
            (row.concept("staff.control_rate"), row.concept("staff.in_post"), row.concept("staff.quota"))
        {
            claims.add(Claim::ratio("staff.control_rate=in_post/quota", Origin::Structural, rate, staff, quota));
        }
        if let (Some(score), Some(rate), Some(weight)) =
            (row.concept("score.execution"), row.concept("rate.execution"), row.concept("weight.execution"))
        {
            let terms = vec![ClaimTerm::fact(rate, TermRole::Rate), ClaimTerm::fact(weight, TermRole::Weight)];
            claims.add(Claim::new(
                "score.execution=rate*weight",
                Origin::Structural,
                Relation::Score,
                Some(score),
                terms,
            ));
        }
    }
}

/// The facts of one row.
struct RowFacts<'r, 'a> {
    members: &'r [usize],
    material: &'r Material<'a>,
}

impl RowFacts<'_, '_> {
    fn find(&self, test: impl Fn(&Fact) -> bool) -> Option<usize> {
        let mut found = self.members.iter().copied().filter(|index| self.material.facts.get(*index).is_some_and(&test));
        let first = found.next()?;
        // Of two that fit it is not certain which is meant.
        found.next().is_none().then_some(first)
    }

    fn concept(&self, id: &str) -> Option<usize> {
        self.find(|fact| fact.concept.as_deref() == Some(id))
    }

    /// The amount of a stage in the year that the rate speaks of.
    fn money(&self, phase: Phase, rate: usize) -> Option<usize> {
        let period = &self.material.facts.get(rate)?.period;
        self.find(|fact| fact.kind == FactKind::Money && fact.phase == Some(phase) && fact.period == *period)
    }
}
