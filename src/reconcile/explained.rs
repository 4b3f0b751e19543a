//! Gaps that the report itself accounts for: 「两笔资金未纳入全年预算数」 with amounts that make up exactly the difference.

use std::collections::BTreeMap;

use super::Material;
use super::claim::Claim;
use crate::document::{BlockId, Text};
use crate::record::{At, Check, FactKind, Relation, Status};
use rust_decimal::Decimal;

/// Words by which a note says that something is left out.
const LEFT_OUT: [&str; 8] = ["未纳入", "不含", "未包含", "不包括", "未包括", "扣除", "未列入", "未计入"];

/// Turns failed sums into `explained` where a note's amounts make up the gap exactly.
pub(super) fn explain_gaps(claims: &[Claim], checks: &mut [Check], material: &Material<'_>) {
    let notes = notes(material);
    for (claim, check) in claims.iter().zip(checks) {
        let sum = matches!(claim.relation, Relation::Sum | Relation::Difference);
        let (true, Status::Inconsistent, Some(delta)) = (sum, check.status, check.delta) else { continue };
        // What is left out makes the stated figure the smaller one.
        if delta.0 > Decimal::ZERO {
            continue;
        }
        let own: Vec<usize> = claim.facts().collect();
        let accounted = notes.iter().find_map(|(block, amounts)| {
            let others: Vec<(usize, Decimal)> =
                amounts.iter().copied().filter(|(fact, _)| !own.contains(fact)).collect();
            subset(&others, delta.0.abs()).map(|facts| (block, facts))
        });
        if let Some((block, facts)) = accounted {
            let ids: Vec<&str> =
                facts.iter().filter_map(|fact| material.facts.get(*fact)).map(|fact| &*fact.id).collect();
            check.status = Status::Explained;
            check.reason = Some(format!("note_in_{block}:{}", ids.join("+")));
        }
    }
}

/// Notes of a document that are looked at: every failure is held against each.
const MOST_NOTES: usize = 64;

/// Blocks with such words, and their amounts.
fn notes(material: &Material<'_>) -> Vec<(Text, Vec<(usize, Decimal)>)> {
    let mut in_blocks: BTreeMap<&str, Vec<(usize, Decimal)>> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate().filter(|(_, fact)| fact.kind == FactKind::Money) {
        if let (At::Text { block, .. }, Some(value)) = (&fact.at, fact.value) {
            in_blocks.entry(block).or_default().push((index, value.0));
        }
    }
    let mut notes = Vec::new();
    for (index, block) in material.document.blocks.iter().enumerate() {
        if notes.len() >= MOST_NOTES {
            break;
        }
        if !LEFT_OUT.iter().any(|word| block.text.contains(word)) {
            continue;
        }
        let id = BlockId(index).label();
        let amounts = in_blocks.remove(&*id).unwrap_or_default();
        notes.push((id, amounts));
    }
    notes
}

/// One to three amounts that add up to `gap`.
fn subset(amounts: &[(usize, Decimal)], gap: Decimal) -> Option<Vec<usize>> {
    let amounts: Vec<_> = amounts.iter().filter(|(_, value)| !value.is_zero()).take(24).collect();
    for (i, (a, x)) in amounts.iter().enumerate() {
        if *x == gap {
            return Some(vec![*a]);
        }
        for (j, (b, y)) in amounts.iter().enumerate().skip(i + 1) {
            if *x + *y == gap {
                return Some(vec![*a, *b]);
            }
            if let Some((c, _)) = amounts.iter().skip(j + 1).find(|(_, z)| *x + *y + *z == gap) {
                return Some(vec![*a, *b, *c]);
            }
        }
    }
    None
}
