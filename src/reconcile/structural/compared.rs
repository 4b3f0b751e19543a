//! Columns that compare the years of a row (增减额, 增减率) and that say what share a row has of the total (占比).
//!
//! In: tables whose rows have amounts of two years beside their difference and its rate, or an amount beside its share. Out: a
//! difference, a change or a share per row. Forms compare other things under the same words, so a column is read so only where
//! at least half of its rows hold; a single row must hold or be one slip away.

use std::collections::BTreeMap;

use super::Cells;
use crate::normalize::key;
use crate::reconcile::Material;
use crate::reconcile::cause::{BOUND, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::{evaluate, holds};
use crate::record::{Fact, FactKind, Origin, Relation, TermRole};

/// The figures of a row, by column.
type Rows = BTreeMap<u32, Vec<(u32, usize)>>;

/// Claims of one table.
pub(super) fn claims(cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    let mut rows: Rows = BTreeMap::new();
    for ((row, column), index) in cells {
        rows.entry(*row).or_default().push((*column, *index));
    }
    let (mut differences, mut changes) = (Vec::new(), Vec::new());
    for row in rows.values() {
        let Some((prior, current)) = years(row, material) else { continue };
        for (_, index) in row {
            let Some(fact) = material.facts.get(*index) else { continue };
            if is_difference(fact) {
                let terms =
                    vec![ClaimTerm::fact(current, TermRole::Operand), ClaimTerm::minus(prior, TermRole::Operand)];
                let rule = "column.difference=current-prior";
                differences.push(Claim::new(rule, Origin::Structural, Relation::Difference, Some(*index), terms));
            } else if fact.concept.as_deref() == Some("rate.change") {
                let terms = vec![ClaimTerm::fact(current, TermRole::Current), ClaimTerm::fact(prior, TermRole::Prior)];
                let rule = "column.change=difference/prior";
                changes.push(Claim::new(rule, Origin::Structural, Relation::Change, Some(*index), terms));
            }
        }
    }
    for column in [differences, changes, shares(&rows, material)] {
        claims.extend(believed(column, material));
    }
}

/// What holds, and what one slip accounts for, of a column that mostly holds. A part's share may be of its own group, and a
/// decrease may be printed without its sign.
fn believed(column: Vec<Claim>, material: &Material<'_>) -> Vec<Claim> {
    let held = column.iter().filter(|claim| holds(claim, material)).count();
    if column.len() > 1 && held * 2 < column.len() {
        return Vec::new();
    }
    let unsigned = |claim: &Claim| {
        let stated = claim.stated.and_then(|fact| material.operand(fact)).map(|operand| operand.value);
        let gap = evaluate(claim, &|fact| material.operand(fact)).computed.zip(stated);
        gap.is_some_and(|(computed, stated)| computed.is_sign_negative() && stated.is_sign_positive())
    };
    let meant = |claim: &Claim| holds(claim, material) || (!unsigned(claim) && one_slip(claim, BOUND, material));
    column.into_iter().filter(meant).collect()
}

/// The amounts of the last two years of a row, if it has no other of these years.
fn years(row: &[(u32, usize)], material: &Material<'_>) -> Option<(usize, usize)> {
    let mut amounts: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (_, index) in row {
        let fact = material.facts.get(*index)?;
        let amount = fact.kind == FactKind::Money && !is_difference(fact);
        if let Some(year) = fact.period.as_deref().and_then(|year| year.parse::<i32>().ok()).filter(|_| amount) {
            amounts.entry(year).or_default().push(*index);
        }
    }
    let (current, now) = amounts.pop_last()?;
    let (prior, before) = amounts.pop_last()?;
    let ([now], [before]) = (now.as_slice(), before.as_slice()) else { return None };
    let phase = |index: usize| material.facts.get(index).map(|fact| fact.phase);
    (current == prior + 1 && phase(*now) == phase(*before)).then_some((*before, *now))
}

/// 增减额, 比上年增减.
fn is_difference(fact: &Fact) -> bool {
    let label = fact.column_path.last().map(|label| key(label)).unwrap_or_default();
    fact.kind == FactKind::Money
        && ["增减", "增加额", "增长额", "变动额", "差额"].iter().any(|word| label.contains(word))
}

/// 占比 beside an amount, with the total's amount in the same column.
fn shares(rows: &Rows, material: &Material<'_>) -> Vec<Claim> {
    let fact = |index: usize| material.facts.get(index);
    let is_total = |row: &[(u32, usize)]| {
        let label = row.first().and_then(|(_, index)| fact(*index)).and_then(|fact| fact.label_path.last());
        label.is_some_and(|label| matches!(&*key(label), "合计" | "总计"))
    };
    let mut totals = rows.values().filter(|row| is_total(row));
    let (Some(total), None) = (totals.next(), totals.next()) else { return Vec::new() };
    let share = |row: &Vec<(u32, usize)>| {
        let (column, rate) = row
            .iter()
            .find(|(_, index)| fact(*index).is_some_and(|fact| fact.concept.as_deref() == Some("rate.share")))?;
        let money =
            |(at, index): &&(u32, usize)| at < column && fact(*index).is_some_and(|fact| fact.kind == FactKind::Money);
        let (at, part) = row.iter().rev().find(money)?;
        let (_, whole) = total.iter().find(|(column, _)| column == at)?;
        (part != whole).then(|| Claim::ratio("column.share=part/total", Origin::Structural, *rate, *part, *whole))
    };
    rows.values().filter_map(share).collect()
}
