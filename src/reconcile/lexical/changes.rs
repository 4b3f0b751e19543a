//! Changes against an earlier time: those of the parts make up that of the whole, and respective lists.

use std::collections::BTreeMap;

use super::list::{compares, is_change};
use super::passage::{LOOK_BACK, Passage};
use super::rates::{falls, likeliest, whole_named, wholes};
use crate::reconcile::Material;
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::{evaluate, holds};
use crate::record::{FactKind, Origin, Relation, Severity, Status, TermRole};

/// What is said about how an amount has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// By this fact; true when it fell.
    By(usize, bool),
    /// 持平.
    Unchanged,
}

/// Words for no change.
const UNCHANGED: [&str; 6] = ["持平", "无变化", "没有变化", "无增减", "未发生变化", "基本一致"];

fn says_unchanged(text: &str) -> bool {
    UNCHANGED.iter().any(|word| text.contains(word))
}

/// Amounts of a passage with what is said about their change, by the amount's fact. 「公车购置费20万元（……），增加5万元」 speaks
/// of what stands in front of the parentheses.
pub(super) fn said(passage: &Passage<'_>, material: &Material<'_>, found: &mut BTreeMap<usize, Said>) {
    // The last amount per depth of parentheses.
    let mut last: Vec<Option<usize>> = vec![None];
    for position in 0..=passage.mentions.len() {
        let end = passage.mentions.get(position).is_none();
        let tail = if end { passage.tail() } else { String::new() };
        let gap = passage.gap(position);
        let text = if end { &tail } else { &gap.text };
        if says_unchanged(text)
            && let Some(amount) = last.last().copied().flatten()
        {
            found.entry(amount).or_insert(Said::Unchanged);
        }
        let Some(mention) = passage.mentions.get(position) else { break };
        if gap.stop {
            last = vec![None];
        }
        for _ in 0..gap.closing {
            if last.len() > 1 {
                last.pop();
            }
        }
        for _ in gap.closing..0 {
            last.push(None);
        }
        if passage.fact(position, material).is_none_or(|fact| fact.kind != FactKind::Money) {
            continue;
        }
        if is_change(&gap.clause) {
            if let Some(amount) = last.last().copied().flatten() {
                found.entry(amount).or_insert(Said::By(mention.fact, falls(&gap.clause)));
            }
        } else if !compares(&gap.clause)
            && !passage.is_base(position)
            && let Some(slot) = last.last_mut()
        {
            *slot = Some(mention.fact);
        }
    }
}

/// The change of a total against those of its parts.
pub(super) fn of_parts(
    total: usize,
    items: &[usize],
    said: &BTreeMap<usize, Said>,
    material: &Material<'_>,
) -> Option<Claim> {
    let Some(Said::By(stated, total_falls)) = said.get(&total).copied() else { return None };
    let mut terms = Vec::new();
    let mut complete = true;
    for item in items {
        match said.get(item) {
            Some(Said::By(change, falls)) => {
                let term = ClaimTerm::fact(*change, TermRole::Addend);
                terms.push(ClaimTerm { negative: *falls != total_falls, ..term });
            }
            Some(Said::Unchanged) => {}
            // Nothing now and nothing said: probably nothing before.
            None => complete &= material.operand(*item).is_some_and(|operand| operand.value.is_zero()),
        }
    }
    if terms.len() < 2 {
        return None;
    }
    sum(stated, terms, complete, material)
}

/// 「增加1.68万元，其中接待减少0.58万元；公车增加2.27万元」: a list of changes under a change.
pub(super) fn lists(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let is_money = |at: usize| passage.fact(at, material).is_some_and(|fact| fact.kind == FactKind::Money);
    let is_change_at = |at: usize| is_money(at) && is_change(&passage.gap(at).clause);
    let mut position = 0;
    while position < passage.mentions.len() {
        let Some(next) = (position + 1..passage.mentions.len()).find(|at| is_money(*at)) else { return };
        let announced = (position + 1..=next).any(|at| passage.gap(at).text.contains("其中"));
        let stopped = (position + 1..=next).any(|at| passage.gap(at).stop);
        if !is_change_at(position) || !is_change_at(next) || !announced || stopped {
            position = next;
            continue;
        }
        let whole_falls = falls(&passage.gap(position).clause);
        let mut terms = Vec::new();
        let mut at = next;
        while at < passage.mentions.len() && (at == next || !passage.gap(at).stop) {
            if is_money(at) && !is_change_at(at) {
                break;
            }
            if let (true, Some(mention)) = (is_change_at(at), passage.mentions.get(at)) {
                let negative = falls(&passage.gap(at).clause) != whole_falls;
                terms.push(ClaimTerm { negative, ..ClaimTerm::fact(mention.fact, TermRole::Addend) });
            }
            at += 1;
        }
        if let (true, Some(stated)) = (terms.len() >= 2, passage.mentions.get(position)) {
            claims.extend(sum(stated.fact, terms, true, material));
        }
        position = at.max(position + 1);
    }
}

/// A sum of changes; what is not complete is claimed only where it closes.
fn sum(stated: usize, terms: Vec<ClaimTerm>, complete: bool, material: &Material<'_>) -> Option<Claim> {
    let claim = Claim::new("change=changes", Origin::Lexical, Relation::Sum, Some(stated), terms);
    let status = evaluate(&claim, &|fact| material.operand(fact)).status;
    let closes = matches!(status, Status::Consistent | Status::Rounding);
    // Parts may have been counted otherwise before.
    (closes || complete).then(|| claim.at_most(Severity::Warning))
}

/// Figures that one word binds to as many others: 「各减少1267.86、2570.97万元，各下降23.51%、38.28%」.
struct Run {
    from: usize,
    to: usize,
    change: bool,
    falls: bool,
}

/// 「分别」 and 「各」 bind the figures behind them one by one.
pub(super) fn is_respective(clause: &str) -> bool {
    clause.contains("分别") || clause.contains('各')
}

/// Changes of respective lists: amounts, their changes, the rates of these.
pub(super) fn respective(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let runs = runs(passage, material);
    let kind = |run: &Run| passage.fact(run.from, material).map(|fact| fact.kind);
    for window in runs.windows(3) {
        let [amounts, changes, rates] = window else { continue };
        let kinds = (kind(amounts), kind(changes), kind(rates));
        let stopped = (changes.from + 1..rates.to).any(|at| passage.gap(at).stop);
        let fits = kinds == (Some(FactKind::Money), Some(FactKind::Money), Some(FactKind::Rate))
            && !amounts.change
            && changes.change
            && rates.change
            && changes.falls == rates.falls
            && amounts.to == changes.from
            && changes.to == rates.from
            && changes.to - changes.from == amounts.to - amounts.from
            && rates.to - rates.from == amounts.to - amounts.from;
        if !fits || stopped {
            continue;
        }
        for at in 0..amounts.to - amounts.from {
            let fact = |run: &Run| passage.mentions.get(run.from + at).map(|mention| mention.fact);
            let (Some(amount), Some(change), Some(rate)) = (fact(amounts), fact(changes), fact(rates)) else {
                continue;
            };
            let terms = vec![
                ClaimTerm::fact(amount, TermRole::Current),
                ClaimTerm { negative: changes.falls, ..ClaimTerm::fact(change, TermRole::Difference) },
            ];
            let claim = Claim::new("change=difference/prior", Origin::Lexical, Relation::Change, Some(rate), terms);
            claims.add(claim.at_most(Severity::Warning));
        }
    }
}

/// Figures of one sort around a position with nothing but a separator between them: 「18.7%、34.2%和47.1%」.
pub(super) fn stretch(position: usize, passage: &Passage<'_>, material: &Material<'_>) -> std::ops::Range<usize> {
    let kind = |at: usize| passage.fact(at, material).map(|fact| fact.kind);
    let follows = |at: &usize| is_separator(&passage.gap(*at).text) && kind(*at) == kind(at - 1);
    let from = (1..=position).rev().take(LOOK_BACK).take_while(follows).last().map_or(position, |at| at - 1);
    let ahead = (position + 1..passage.mentions.len()).take(LOOK_BACK);
    let to = ahead.take_while(follows).last().unwrap_or(position);
    from..to + 1
}

fn is_separator(between: &str) -> bool {
    matches!(between.trim(), "," | "、" | "/" | "和" | "及" | "与" | "以及")
}

/// 「货物、工程、服务分别为72、2、58万元，占采购总额的54.5%、1.5%和43.9%」: each amount has its share. Where most of them hold, one
/// that does not is a mistake.
pub(super) fn shares(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let mut from = 0;
    while from < passage.mentions.len() {
        let rates = stretch(from, passage, material);
        from = rates.end;
        let is_share =
            passage.fact(rates.start, material).is_some_and(|fact| fact.concept.as_deref() == Some("rate.share"));
        let Some(last) = rates.start.checked_sub(1).filter(|_| is_share && rates.len() >= 2) else { continue };
        let amounts = stretch(last, passage, material);
        if amounts.len() != rates.len() || passage.gap(rates.start).stop {
            continue;
        }
        let fact = |at: usize| passage.mentions.get(at).map(|mention| mention.fact);
        let pairs: Vec<(usize, usize)> =
            amounts.clone().zip(rates.clone()).filter_map(|(amount, rate)| fact(amount).zip(fact(rate))).collect();
        let Some((part, rate)) = pairs.first().copied() else { continue };
        let named = whole_named(&passage.gap(rates.start).clause);
        let whole = if named.is_empty() {
            amounts.start.checked_sub(1).and_then(fact)
        } else {
            likeliest(&wholes(named, part, passage, amounts.start, material), rate, part, material)
        };
        let Some(whole) = whole else { continue };
        let share =
            |(part, rate): &(usize, usize)| Claim::ratio("share=part/whole", Origin::Lexical, *rate, *part, whole);
        let held = pairs.iter().filter(|pair| holds(&share(pair), material)).count();
        if held * 2 >= pairs.len() {
            claims.extend(pairs.iter().map(share));
        }
    }
}

/// Stretches of two and more figures with nothing but a separator between them, behind a word that distributes them.
fn runs(passage: &Passage<'_>, material: &Material<'_>) -> Vec<Run> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < passage.mentions.len() {
        let clause = &passage.gap(from).clause;
        let kind = |at: usize| passage.fact(at, material).map(|fact| fact.kind);
        let goes_on = |at: usize| is_separator(&passage.gap(at).text) && kind(at) == kind(from);
        let to = (from + 1..passage.mentions.len()).find(|at| !goes_on(*at)).unwrap_or(passage.mentions.len());
        if is_respective(clause) && to - from >= 2 {
            found.push(Run { from, to, change: is_change(clause), falls: falls(clause) });
        }
        from = to;
    }
    found
}
