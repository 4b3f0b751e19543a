//! Rates of execution in sentences: 「预算为3.25万元，决算为3.2万元，完成预算的99.5%」, 「执行率为74.36%」.
//!
//! In: a printed rate and the amounts of its sentence. Out: at most one claim, what was spent by what was planned. A sentence
//! may name several of both; a budget whose spending is said is used up, and behind a list the rate may be of what was listed.
//! Where it is not certain what is meant, only what holds or is one slip away is claimed.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::passage::{LOOK_BACK, Passage};
use super::rates::{closing, index_of, unstaged};
use crate::reconcile::Material;
use crate::reconcile::cause::{BOUND, one_slip};
use crate::reconcile::claim::{Claim, Claims};
use crate::reconcile::evaluate::evaluate;
use crate::reconcile::operand::unit_of;
use crate::record::{Fact, FactKind, Origin, Phase, Severity, Status};

/// What execution may be measured against, the most usual first.
const BASES: [Phase; 4] = [Phase::Budget, Phase::AdjustedBudget, Phase::InitialBudget, Phase::Arrived];

/// Claims what a printed rate of execution says.
pub(super) fn rate(position: usize, clause: &str, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    if speaks_of_another(clause) {
        return;
    }
    let Some(sentence) = Sentence::new(position, passage, material) else { return };
    let Some(nearest) = sentence.spent.first().copied() else { return };
    let stages = stages_named(clause);
    let ratio = |spent: usize, base: usize| {
        Claim::ratio("execution=executed/budget", Origin::Lexical, sentence.rate, spent, base)
    };
    let holds = |claim: &Claim| evaluate(claim, &|fact| material.operand(fact)).status != Status::Inconsistent;
    let printed = sentence.budgets(&stages, material);
    let bases: Vec<usize> =
        printed.iter().copied().filter(|base| !sentence.is_measured(*base, nearest, material)).collect();
    // Of several pairs the one that fits is meant.
    let pairs = || sentence.spent.iter().flat_map(|spent| bases.iter().map(|base| (*spent, *base)));
    if let Some((spent, base)) = pairs().find(|(spent, base)| holds(&ratio(*spent, *base))) {
        claims.add(ratio(spent, base).at_most(loudness(&bases, material)));
    } else if let Some(base) = unstaged(position, nearest, passage, material).find(|base| holds(&ratio(nearest, *base)))
    {
        // 「预算588万元，其中财政拨款386万元，支出380万元，执行率98.3%」: of what was granted.
        claims.add(ratio(nearest, base).at_most(Severity::Warning));
    } else if sentence.spent.len() > 1 && (is_of_all(clause) || sentence.is_of_sums(&printed, material)) {
        // 「基本支出……，项目支出……，合计执行率98%」 is of no single one.
    } else if sentence.spent.len() > 1 && passage.is_listed(nearest, position) {
        // 「支出90万元，其中甲50万元、乙40万元，执行率90%」: of which of them is not certain.
        let slipped = pairs().find(|(spent, base)| one_slip(&ratio(*spent, *base), BOUND, material));
        claims.extend(slipped.map(|(spent, base)| ratio(spent, base).at_most(loudness(&bases, material))));
    } else if let Some(base) = bases.first() {
        claims.add(ratio(nearest, *base).at_most(loudness(&bases, material)));
    } else if !printed.is_empty() {
        let own = budgets_of(nearest, &stages, material);
        claims.extend(closing(own.into_iter(), |base| ratio(nearest, base), material));
    } else if let Some(base) = sentence.budget_before(clause, passage, material) {
        claims.add(ratio(nearest, base));
    } else {
        let amounts = unstaged(position, nearest, passage, material);
        claims.extend(closing(amounts, |base| ratio(nearest, base), material));
    }
}

/// 合计执行率, 总体执行率.
fn is_of_all(clause: &str) -> bool {
    ["合计", "总体", "整体", "综合", "全年", "年度", "部门", "全部", "总执行率", "总的"]
        .iter()
        .any(|word| clause.contains(word))
}

/// 「上年预算执行率95.20%」, 「高于全市平均执行率87.35%」.
fn speaks_of_another(clause: &str) -> bool {
    const OTHERS: [&str; 9] = ["上年", "去年", "高于", "低于", "全市", "全省", "平均", "目标", "同期"];
    OTHERS.iter().any(|word| clause.contains(word)) || clause.starts_with(['比', '较'])
}

/// Of budgets of several stages it is not certain which is meant.
fn loudness(bases: &[usize], material: &Material<'_>) -> Severity {
    let stages: BTreeSet<Option<Phase>> = bases.iter().map(|base| phase_of(*base, material)).collect();
    if stages.len() == 1 { Severity::Error } else { Severity::Warning }
}

fn phase_of(index: usize, material: &Material<'_>) -> Option<Phase> {
    material.facts.get(index).and_then(|fact| fact.phase)
}

/// 「完成年初预算的」 says which budget; else any may be meant.
fn stages_named(clause: &str) -> Vec<Phase> {
    let named = [("年初", Phase::InitialBudget), ("调整", Phase::AdjustedBudget), ("到位", Phase::Arrived)];
    let phase = named.into_iter().find(|(word, _)| clause.contains(word)).map(|(_, phase)| phase);
    phase.map_or_else(|| BASES.to_vec(), |phase| vec![phase])
}

/// What stands before a rate in its sentence.
struct Sentence {
    rate: usize,
    /// Position of its first figure.
    from: usize,
    /// All figures, as they stand.
    figures: Vec<usize>,
    /// Amounts of money of the part that the rate speaks of, the nearest first.
    amounts: Vec<usize>,
    /// Those that were spent.
    spent: Vec<usize>,
}

impl Sentence {
    fn new(position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<Self> {
        let (rate, stated) = (index_of(position, passage)?, passage.fact(position, material)?);
        let first = passage.sentence_before(position);
        let from = first.max(position.saturating_sub(LOOK_BACK));
        let figures: Vec<usize> = (from..position).filter_map(|at| index_of(at, passage)).collect();
        let of_part = |fact: &Fact| fact.kind == FactKind::Money && fact.scope == stated.scope;
        let amounts = figures.iter().rev().copied().filter(|index| material.facts.get(*index).is_some_and(of_part));
        let amounts: Vec<usize> = amounts.collect();
        let spent = amounts.iter().copied().filter(|index| is_spent(*index, material)).collect();
        Some(Self { rate, from, figures, amounts, spent })
    }

    /// All that was spent by all budgets gives the rate.
    fn is_of_sums(&self, bases: &[usize], material: &Material<'_>) -> bool {
        let sum = |amounts: &[usize]| -> Decimal {
            amounts.iter().filter_map(|amount| material.operand(*amount)).map(|operand| operand.value).sum()
        };
        let Some(rate) = material.operand(self.rate) else { return false };
        let gap = sum(&self.spent) * Decimal::ONE_HUNDRED - rate.value * sum(bases);
        bases.len() > 1 && gap.abs() <= unit_of(rate.own) * sum(bases)
    }

    /// The budgets of each stage, the last first.
    fn budgets(&self, stages: &[Phase], material: &Material<'_>) -> Vec<usize> {
        let of = |phase: &Phase| {
            let phase = *phase;
            let staged = move |index: &usize| phase_of(*index, material) == Some(phase);
            self.amounts.iter().copied().filter(staged)
        };
        stages.iter().flat_map(of).collect()
    }

    /// 「三公经费预算30万元，决算24万元，其中：公务接待费决算4万元，完成预算的80%」: what was spent of this budget is said, and the
    /// amount is of something else.
    fn is_measured(&self, base: usize, spent: usize, material: &Material<'_>) -> bool {
        let concept = |index: usize| material.facts.get(index).and_then(|fact| fact.concept.as_deref());
        let between = || self.figures.iter().copied().filter(|index| (base + 1..spent).contains(index));
        let rated = |index: usize| material.facts.get(index).is_some_and(|fact| fact.kind == FactKind::Rate);
        let other = concept(base) != concept(spent) || (concept(base).is_none() && between().any(rated));
        other && between().any(|index| is_spent(index, material) && concept(index) == concept(base))
    }

    /// 「……支出90万元。执行率90%」: the budget stands in an earlier sentence.
    fn budget_before(&self, clause: &str, passage: &Passage<'_>, material: &Material<'_>) -> Option<usize> {
        let alone = self.figures.len() == 1 && clause.contains("执行率");
        passage.budget_before(self.from, material).filter(|_| alone)
    }
}

fn is_spent(index: usize, material: &Material<'_>) -> bool {
    phase_of(index, material) == Some(Phase::Executed)
}

/// Budgets of what an amount was spent on, wherever they are printed.
fn budgets_of(spent: usize, stages: &[Phase], material: &Material<'_>) -> Vec<usize> {
    let Some(spent) = material.facts.get(spent) else { return Vec::new() };
    let fits = |index: &usize| {
        material.facts.get(*index).is_some_and(|fact| {
            fact.kind == FactKind::Money
                && fact.phase.is_some_and(|phase| stages.contains(&phase) || phase == Phase::Budget)
                && fact.scope == spent.scope
                && fact.period == spent.period
        })
    };
    let known = spent.concept.as_deref().map(|concept| material.of_concept(concept)).unwrap_or_default();
    known.iter().copied().filter(fits).collect()
}
