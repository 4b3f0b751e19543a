//! Accounts of income and expenditure: 本年收入合计, the balances of other years, 总计, on either side of one table.
//!
//! In: a table with a column of amounts that names a total of the year and a grand total. Out: the total of the year as the
//! sum of the items above it, the grand total as that total and what stands between, and the two grand totals as equal. What
//! is a part of an item (其中) may be printed among the items, so the reading that holds is taken; where none does, one that
//! is a slip away from holding.

use std::collections::BTreeMap;

use super::Cells;
use crate::normalize::heading::enumerator;
use crate::normalize::{fold, key};
use crate::reconcile::Material;
use crate::reconcile::cause::{LOOSE, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::adds_up;
use crate::record::{Fact, FactKind, Origin, Relation, TermRole};

/// What a row is in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// 一、财政拨款收入.
    Item,
    /// A part of the item above: 其中：…….
    Part,
    /// 本年收入合计.
    OfYear,
    /// 总计.
    Grand,
}

/// Claims of one table.
pub(super) fn claims(cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    let mut columns: BTreeMap<u32, Vec<(u32, usize, Line)>> = BTreeMap::new();
    for ((row, column), index) in cells {
        if let Some(line) = material.facts.get(*index).filter(|fact| fact.kind == FactKind::Money).and_then(line) {
            columns.entry(*column).or_default().push((*row, *index, line));
        }
    }
    let mut grand: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for column in columns.into_values() {
        let at = |wanted: Line| column.iter().position(|(_, _, line)| *line == wanted);
        let (Some(year), Some(last)) = (at(Line::OfYear), at(Line::Grand)) else { continue };
        let (Some(above), Some(between)) = (column.get(..year), column.get(year + 1..last)) else { continue };
        let index = |at: usize| column.get(at).map(|(_, index, _)| *index);
        let (Some(of_year), Some(total)) = (index(year), index(last)) else { continue };
        claims.extend(sum("account.year=items", of_year, None, above, material));
        claims.extend(sum("account.total=year+balances", total, Some(of_year), between, material));
        if let Some((row, _, _)) = column.get(last) {
            grand.entry(*row).or_default().push(total);
        }
    }
    for totals in grand.values() {
        if let [income, spent, ..] = totals.as_slice() {
            let terms = vec![ClaimTerm::fact(*income, TermRole::Operand)];
            let claim =
                Claim::new("account.income=expenditure", Origin::Structural, Relation::Equal, Some(*spent), terms);
            claims.extend(Some(claim).filter(|claim| believed(claim, material)));
        }
    }
}

fn line(fact: &Fact) -> Option<Line> {
    let label = fact.label_path.last()?;
    let name = key(label);
    let of_year = ["本年收入合计", "本年支出合计", "本年收入", "本年支出"].iter().any(|word| *word == name);
    Some(match () {
        () if of_year => Line::OfYear,
        () if name.ends_with("总计") => Line::Grand,
        () if name.starts_with("其中") => Line::Part,
        () => Line::Item,
    })
}

/// The items with or without those that have no number of their own below 其中, with the first that is `always` added.
fn sum(
    rule: &str,
    stated: usize,
    always: Option<usize>,
    lines: &[(u32, usize, Line)],
    material: &Material<'_>,
) -> Option<Claim> {
    let items = |fits: &dyn Fn(usize, Line) -> bool| -> Vec<usize> {
        let found = lines.iter().filter(|(_, index, line)| fits(*index, *line)).map(|(_, index, _)| *index);
        always.into_iter().chain(found).collect()
    };
    let numbered = |index: usize| {
        let label = material.facts.get(index).and_then(|fact| fact.label_path.last());
        label.is_some_and(|label| enumerator(&fold(label)).is_some())
    };
    let readings = [
        items(&|_, line| line == Line::Item),
        items(&|index, line| line == Line::Item && numbered(index)),
        items(&|_, _| true),
    ];
    let claim = |parts: &Vec<usize>| {
        let relation = if parts.len() == 1 { Relation::Equal } else { Relation::Sum };
        (!parts.is_empty()).then(|| Claim::sum(rule, Origin::Structural, relation, stated, parts))
    };
    let claims = || readings.iter().filter_map(claim);
    let holding = claims().find(|claim| adds_up(claim, material));
    holding.or_else(|| claims().find(|claim| one_slip(claim, LOOSE, material)))
}

fn believed(claim: &Claim, material: &Material<'_>) -> bool {
    adds_up(claim, material) || one_slip(claim, LOOSE, material)
}
