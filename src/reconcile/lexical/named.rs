//! Rates that are named after what they count, and amounts held against a budget.
//!
//! 「发放问卷600份，回收588份，回收率98%」, 「预算10.44万元，实际支出9.09万元，控制率87.07%，较预算节约1.35万元」. The words do not say
//! what the base is, so a claim is made only where it holds, or where one slip of the pen accounts for the gap.

use super::passage::{LOOK_BACK, Passage};
use super::rates::closing;
use crate::reconcile::Material;
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::record::{Fact, FactKind, Origin, Phase, Relation, Severity, TermRole};

/// Words in front of 率 that name a sort of rate that other rules know, or nothing that was counted.
const OTHERS: [&str; 8] = ["执行", "支出", "到位", "增长", "增减", "满意", "占比", "比"];

/// 「办结617件，办结率99.52%」: what is counted under the same word through what was counted before it; and rates of control.
pub(super) fn rates(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    for position in 1..passage.mentions.len() {
        let Some(rate) = passage.fact(position, material).filter(|fact| fact.kind == FactKind::Rate) else { continue };
        let clause = passage.gap(position).clause.trim_end_matches(['为', '达', '到', '是']);
        let claim = match clause.strip_suffix('率') {
            Some(name) if name.ends_with("控制") => control(position, rate, passage, material),
            Some(name) if rate.concept.is_none() => counted(position, name, passage, material),
            _ => None,
        };
        claims.extend(claim.map(|claim| claim.at_most(Severity::Warning)));
    }
}

fn counted(position: usize, name: &str, passage: &Passage<'_>, material: &Material<'_>) -> Option<Claim> {
    let letters: Vec<char> = name.chars().collect();
    let word: String = letters.get(letters.len().checked_sub(2)?..)?.iter().collect();
    if OTHERS.iter().any(|other| name.ends_with(other)) {
        return None;
    }
    let from = passage.sentence_before(position).max(position.saturating_sub(LOOK_BACK));
    let counts = |fact: &Fact| matches!(fact.kind, FactKind::Count | FactKind::Quantity | FactKind::Money);
    let part = (from..position)
        .rev()
        .find(|at| passage.gap(*at).clause.contains(&word) && passage.fact(*at, material).is_some_and(counts))?;
    let (numerator, fact) = (passage.mentions.get(part)?.fact, passage.fact(part, material)?);
    let whole = |at: &usize| {
        passage.fact(*at, material).is_some_and(|other| {
            (other.kind, &other.unit, &other.reported.unit) == (fact.kind, &fact.unit, &fact.reported.unit)
                && other.value > fact.value
        })
    };
    let wholes: Vec<usize> =
        (from..part).rev().filter(whole).filter_map(|at| Some(passage.mentions.get(at)?.fact)).collect();
    let stated = passage.mentions.get(position)?.fact;
    let claim = |whole: usize| Claim::ratio("rate=named/before", Origin::Lexical, stated, numerator, whole);
    closing(wholes.into_iter(), claim, material)
}

/// 「预算10.44万元，实际支出9.09万元，控制率87.07%」.
fn control(position: usize, rate: &Fact, passage: &Passage<'_>, material: &Material<'_>) -> Option<Claim> {
    let (budget, spent) = budget_and_spent(position, rate, passage, material)?;
    let stated = passage.mentions.get(position)?.fact;
    let claim = |budget: usize| Claim::ratio("execution=executed/budget", Origin::Lexical, stated, spent, budget);
    closing(std::iter::once(budget), claim, material)
}

/// 「较预算节约1.35万元」, 「比年初预算减少30万元」: the budget less what was spent, or the other way round.
pub(super) fn against_budget(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let clause = &passage.gap(position).clause;
    let less = ["节约", "节省", "减少", "下降", "结余"].iter().any(|word| clause.ends_with(word));
    let more = ["增加", "超支", "超出", "增长"].iter().any(|word| clause.ends_with(word));
    let held = clause.contains("预算") && clause.contains(['较', '比']);
    let Some(fact) = passage.fact(position, material).filter(|fact| fact.kind == FactKind::Money) else { return };
    let (true, true, Some(stated)) = (held, less || more, passage.mentions.get(position).map(|mention| mention.fact))
    else {
        return;
    };
    let Some((budget, spent)) = budget_and_spent(position, fact, passage, material) else { return };
    let (plus, minus) = if less { (budget, spent) } else { (spent, budget) };
    let claim = |plus: usize| {
        let terms = vec![ClaimTerm::fact(plus, TermRole::Operand), ClaimTerm::minus(minus, TermRole::Operand)];
        Claim::new("difference=budget-executed", Origin::Lexical, Relation::Difference, Some(stated), terms)
    };
    claims.extend(closing(std::iter::once(plus), claim, material).map(|claim| claim.at_most(Severity::Warning)));
}

/// The last budget and the last amount spent of the sentence before a figure, of the same part and concept.
fn budget_and_spent(
    position: usize,
    of: &Fact,
    passage: &Passage<'_>,
    material: &Material<'_>,
) -> Option<(usize, usize)> {
    let from = passage.sentence_before(position).max(position.saturating_sub(LOOK_BACK));
    let last = |wanted: &[Phase], concept: Option<&Fact>| {
        passage.mentions.get(from..position)?.iter().rev().map(|mention| mention.fact).find(|index| {
            material.facts.get(*index).is_some_and(|fact| {
                fact.kind == FactKind::Money
                    && fact.scope == of.scope
                    && fact.phase.is_some_and(|phase| wanted.contains(&phase))
                    && concept.is_none_or(|other| {
                        (fact.concept.is_none() || fact.concept == other.concept) && fact.period == other.period
                    })
            })
        })
    };
    let spent = last(&[Phase::Executed], None)?;
    let budget = last(&[Phase::Budget, Phase::InitialBudget, Phase::AdjustedBudget], material.facts.get(spent))?;
    Some((budget, spent))
}
