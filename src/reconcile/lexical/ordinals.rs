//! Lists that count their items: 「三批次300项，第一批120项、第二批100项、第三批80项」.

use super::passage::Passage;
use crate::normalize::heading::chinese_ordinal;
use crate::reconcile::Material;
use crate::reconcile::claim::{Claim, Claims};
use crate::record::{FactKind, Origin, Relation, Severity};

/// What comes in numbered instalments.
const INSTALMENTS: [char; 4] = ['批', '期', '轮', '次'];

/// Claims of all complete lists of a passage: a total that says how many instalments it has, then each of them.
pub(super) fn batches(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let kind = |at: usize| passage.fact(at, material).map(|fact| fact.kind);
    let countable = |at: usize| matches!(kind(at), Some(FactKind::Money | FactKind::Count | FactKind::Quantity));
    let sort = |at: usize| passage.fact(at, material).map(|fact| (fact.kind, fact.unit.clone()));
    let mut total: Option<(usize, Announced)> = None;
    let mut items: Vec<usize> = Vec::new();
    for position in 0..passage.mentions.len() {
        let gap = passage.gap(position);
        if gap.stop {
            total = None;
        }
        if !countable(position) {
            continue;
        }
        if let Some(announced) = announced(&gap.clause) {
            total = Some((position, announced));
            items.clear();
            continue;
        }
        let Some((stated, wanted)) = total else { continue };
        let next = u32::try_from(items.len() + 1).unwrap_or(u32::MAX);
        if sort(position) != sort(stated) || ordinal(&gap.clause, wanted.sort) != Some(next) {
            continue;
        }
        items.push(position);
        if next == wanted.number {
            let index = |at: &usize| passage.mentions.get(*at).map(|mention| mention.fact);
            let terms: Vec<usize> = items.iter().filter_map(index).collect();
            if let (Some(stated), true) = (index(&stated), terms.len() >= 2) {
                let claim = Claim::sum("sum.instalments", Origin::Lexical, Relation::Sum, stated, &terms);
                claims.add(claim.at_most(Severity::Warning));
            }
            total = None;
        }
    }
}

/// How many instalments a total has, and what they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Announced {
    number: u32,
    sort: char,
}

/// 「……的三批次」, 「分3期共」.
fn announced(clause: &str) -> Option<Announced> {
    let chars: Vec<char> = clause.chars().collect();
    let at = chars.iter().rposition(|c| INSTALMENTS.contains(c) && *c != '次')?;
    let digits = digits_before(&chars, at);
    let number = number_of(chars.get(digits..at)?)?;
    let ordinal = digits.checked_sub(1).and_then(|before| chars.get(before)) == Some(&'第');
    let behind = chars.get(at + 1..).unwrap_or_default();
    let plain = behind.iter().all(|c| "次共计合为 下达拨付支到位资金安排发放投入使用补助".contains(*c));
    (!ordinal && plain && (2..=12).contains(&number))
        .then(|| Announced { number, sort: chars.get(at).copied().unwrap_or_default() })
}

/// 「第二批」 at the end of a clause.
fn ordinal(clause: &str, sort: char) -> Option<u32> {
    let chars: Vec<char> = clause.chars().collect();
    let at = chars.iter().rposition(|c| *c == sort)?;
    let behind = chars.get(at + 1..).unwrap_or_default();
    let digits = digits_before(&chars, at);
    let counted = digits.checked_sub(1).and_then(|before| chars.get(before)) == Some(&'第');
    let plain = behind.iter().all(|c| matches!(c, '次' | '为' | '有' | '共' | ' '));
    (counted && plain).then(|| number_of(chars.get(digits..at)?)).flatten()
}

fn digits_before(chars: &[char], end: usize) -> usize {
    let digit = |at: usize| chars.get(at).is_some_and(|c| c.is_ascii_digit() || "一二三四五六七八九十两".contains(*c));
    (0..end).rev().take_while(|at| digit(*at)).last().unwrap_or(end)
}

fn number_of(digits: &[char]) -> Option<u32> {
    let text: String = digits.iter().collect();
    match text.as_str() {
        "两" => Some(2),
        digits => digits.parse().ok().or_else(|| chinese_ordinal(digits)),
    }
}
