//! Relations that sentences state: sums announced by 其中, shares, completion rates, changes, remainders, parts of a whole.
//!
//! A passage is walked figure by figure; the words between two figures decide what the second is to the first. The last
//! mentioned total is the context. What the grammar does not know makes no claim.

mod changes;
mod execution;
mod frame;
mod functions;
mod list;
mod named;
mod ordinals;
mod passage;
mod rates;
mod totals;
mod years;

use super::Material;
use rust_decimal::Decimal;

use super::cause::{LOOSE, one_slip};
use super::claim::{Claim, ClaimTerm, Claims};
use super::evaluate::{adds_up, evaluate};
use crate::record::{Fact, FactKind, Origin, Phase, Relation, Severity, Status, TermRole};
use functions::Functions;
use list::Lists;
pub(super) use passage::Passage;
use passage::passages;

/// All claims of all passages.
pub(super) fn claims(material: &Material<'_>, claims: &mut Claims) {
    let mut lists = Lists::default();
    let mut functions = Functions::default();
    for passage in passages(material) {
        functions.take(&passage, material, claims);
        lists.enter(&passage, material, claims);
        walk(&passage, material, &mut lists, claims);
    }
    lists.close_all(material, claims);
    lists.changes_under_sums(material, claims);
    functions.claims(material, claims);
}

/// One passage from its first figure to its last.
fn walk(passage: &Passage<'_>, material: &Material<'_>, lists: &mut Lists, claims: &mut Claims) {
    for (position, mention) in passage.mentions.iter().enumerate() {
        let Some(fact) = material.facts.get(mention.fact) else { continue };
        let gap = passage.gap(position);
        lists.before(gap, (position, mention.fact), material, claims);
        match fact.kind {
            FactKind::Rate => rates::rate(position, passage, material, lists, claims),
            FactKind::Money | FactKind::Count => {
                remainder(position, passage, material, claims);
                within_budget(position, passage, material, claims);
                named::against_budget(position, passage, material, claims);
                rates::difference(position, passage, material, claims);
                totals::behind_parts(position, passage, material, claims);
                totals::adjusted(position, passage, material, claims);
                lists.take(position, passage, material);
            }
            FactKind::Score => lists.take(position, passage, material),
            _ => {}
        }
    }
    named::rates(passage, material, claims);
    changes::lists(passage, material, claims);
    changes::respective(passage, material, claims);
    changes::shares(passage, material, claims);
    years::changes(passage, material, claims);
    ordinals::batches(passage, material, claims);
    satisfaction(passage, material, claims);
    breakdown(passage, material, claims);
    lists.leave(passage, material, claims);
}

/// 「满意占95%，基本满意占5%，不满意占0%」: the answers of a survey add up to 100.
fn satisfaction(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let answers = |at: usize| {
        passage
            .fact(at, material)
            .filter(|fact| fact.concept.as_deref() == Some("rate.satisfaction") && fact.label.contains('占'))
    };
    let mut run: Vec<usize> = Vec::new();
    for position in 0..=passage.mentions.len() {
        let goes_on = answers(position).is_some() && (run.is_empty() || !passage.gap(position).stop);
        if let (true, Some(mention)) = (goes_on, passage.mentions.get(position)) {
            run.push(mention.fact);
            continue;
        }
        if run.len() >= 3 {
            let shares = run.iter().map(|share| ClaimTerm::fact(*share, TermRole::Addend));
            let terms = shares.chain([ClaimTerm::constant(Decimal::ONE_HUNDRED, TermRole::Whole)]).collect();
            claims.add(
                Claim::new("satisfaction=100", Origin::Lexical, Relation::ShareSum, None, terms)
                    .at_most(Severity::Warning),
            );
        }
        run.clear();
    }
}

/// A paragraph about one named project whose amounts make up exactly what was spent on it elsewhere.
fn breakdown(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let named = |fact: &Fact| fact.label_path.first().filter(|_| fact.label_path.len() > 1).cloned();
    // A contract's total is no payment of this year.
    let paid =
        |fact: &Fact| fact.kind == FactKind::Money && !fact.label.contains('总') && !fact.label.contains("合同金额");
    let facts = passage.mentions.iter().map(|mention| mention.fact);
    let parts: Vec<usize> = facts.filter(|index| material.facts.get(*index).is_some_and(paid)).collect();
    let Some(name) = parts.first().and_then(|first| named(material.facts.get(*first)?)) else { return };
    if parts.len() == 2 {
        return;
    }
    let relation = if parts.len() == 1 { Relation::Equal } else { Relation::Sum };
    let totals = material.of_scope(&name).iter().copied().filter(|total| {
        let spent = |fact: &Fact| fact.kind == FactKind::Money && fact.phase == Some(Phase::Executed);
        material.facts.get(*total).is_some_and(spent) && !parts.contains(total)
    });
    let claim = |total: usize| Claim::sum("project=breakdown", Origin::Discovered, relation, total, &parts);
    let closes = |total: &usize| {
        let status = evaluate(&claim(*total), &|fact| material.operand(fact)).status;
        status == Status::Consistent || (status == Status::Rounding && parts.len() > 2)
    };
    let slips = |total: &usize| one_slip(&claim(*total), LOOSE, material);
    if let Some(total) = totals.clone().find(closes) {
        claims.add(claim(total));
    } else if let Some(total) = totals.clone().find(slips) {
        claims.add(claim(total).at_most(Severity::Warning));
    }
}

/// 「剩余18.42万元」 = budget - executed of the same sentence, and 「剩余金额中的7.66万元……11.3万元」 = its parts.
fn remainder(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let Some(fact) = passage.fact(position, material) else { return };
    if fact.phase != Some(Phase::Balance) {
        return;
    }
    let sentence = passage.sentence_before(position);
    let last = |wanted: &[Phase]| {
        passage.mentions.get(sentence..position)?.iter().rev().map(|mention| mention.fact).find(|index| {
            material.facts.get(*index).is_some_and(|fact| {
                fact.kind == FactKind::Money && fact.phase.is_some_and(|phase| wanted.contains(&phase))
            })
        })
    };
    let Some(stated) = passage.mentions.get(position).map(|mention| mention.fact) else { return };
    let budget = last(&[Phase::Budget, Phase::InitialBudget, Phase::AdjustedBudget, Phase::Arrived])
        .or_else(|| passage.budget_before(sentence, material));
    let claim = |budget: usize, spent: usize| {
        let terms = vec![ClaimTerm::fact(budget, TermRole::Operand), ClaimTerm::minus(spent, TermRole::Operand)];
        Claim::new("balance=budget-executed", Origin::Lexical, Relation::Difference, Some(stated), terms)
    };
    match (budget, last(&[Phase::Executed])) {
        // What is left at the end of the year may come from the years before.
        (Some(budget), Some(spent)) if speaks_of_years(fact) => {
            let claim = claim(budget, spent).at_most(Severity::Warning);
            claims.extend(Some(claim).filter(|claim| adds_up(claim, material) || one_slip(claim, LOOSE, material)));
        }
        (Some(budget), Some(spent)) => claims.add(claim(budget, spent)),
        (None, Some(spent)) => {
            let income = |index: &usize| {
                material
                    .facts
                    .get(*index)
                    .and_then(|fact| fact.concept.as_deref())
                    .is_some_and(|id| id.starts_with("income."))
            };
            let sentence = passage.mentions.get(sentence..position).unwrap_or_default();
            let incomes = sentence.iter().rev().map(|mention| mention.fact).filter(income);
            let amounts = rates::unstaged(position, spent, passage, material).chain(incomes);
            claims.extend(rates::closing(amounts, |budget| claim(budget, spent), material));
        }
        _ => {}
    }
    let parts: Vec<usize> = passage
        .mentions
        .iter()
        .skip(position + 1)
        .map(|mention| mention.fact)
        .take_while(|index| {
            material
                .facts
                .get(*index)
                .is_some_and(|fact| matches!(fact.concept.as_deref(), Some("funds.returned" | "funds.carried_over")))
        })
        .collect();
    let claim = Claim::sum("balance=returned+carried", Origin::Lexical, Relation::Sum, stated, &parts);
    if parts.len() >= 2 && (adds_up(&claim, material) || one_slip(&claim, LOOSE, material)) {
        claims.add(claim);
    }
}

/// 年末结转和结余, 使用结余: not only what is left of this budget.
fn speaks_of_years(balance: &Fact) -> bool {
    ["年末", "年初", "使用", "累计", "上年", "结转"].iter().any(|word| balance.label.contains(word))
}

/// 「财政投入资金170万元，实际支出88.15万元」: spent at most what was given.
fn within_budget(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let Some(before) = position.checked_sub(1).filter(|before| *before >= passage.sentence_before(position)) else {
        return;
    };
    let (Some(given), Some(spent)) = (passage.fact(before, material), passage.fact(position, material)) else { return };
    let put_in = ["投入", "安排", "下达", "拨付"].iter().any(|word| given.label.contains(word));
    let comparable = given.kind == FactKind::Money && spent.kind == FactKind::Money && given.scope == spent.scope;
    if put_in
        && comparable
        && spent.phase == Some(Phase::Executed)
        && spent.label.contains("实际支出")
        && let (Some(part), Some(whole)) = (passage.mentions.get(position), passage.mentions.get(before))
    {
        let terms = vec![ClaimTerm::fact(whole.fact, TermRole::Whole)];
        // Spending more than was given is a fact about the year, not a slip of the pen.
        claims.add(
            Claim::new("executed<=given", Origin::Lexical, Relation::Bound, Some(part.fact), terms)
                .at_most(Severity::Info),
        );
    }
}
