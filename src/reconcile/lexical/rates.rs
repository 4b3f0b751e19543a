//! Rates in sentences: shares, completion, execution, and changes against the year before.

use super::list::{Lists, compares, is_change};
use super::passage::{LOOK_BACK, Passage};
use crate::normalize::key;
use crate::reconcile::Material;
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::record::{Fact, FactKind, Origin, Phase, Relation, Severity, TermRole};

/// How many facts back a name may refer.
const FACTS_BACK: usize = 2_000;

/// What a printed rate claims.
pub(super) fn rate(
    position: usize,
    passage: &Passage<'_>,
    material: &Material<'_>,
    lists: &mut Lists,
    claims: &mut Claims,
) {
    let Some(fact) = passage.fact(position, material) else { return };
    let gap = passage.gap(position);
    match fact.concept.as_deref() {
        Some("rate.share") => share(position, &gap.clause, passage, material, lists, claims),
        Some("rate.execution") => execution(position, &gap.clause, passage, material, claims),
        Some("rate.change") => change(position, &gap.clause, passage, material, claims),
        None if gap.text.chars().filter(|c| !c.is_whitespace()).count() <= 1 && lists.has_shares() => {
            share(position, "", passage, material, lists, claims);
        }
        None if gap.clause == "的" => completion_of_printed_budget(position, passage, material, claims),
        _ => {}
    }
}

fn index_of(position: usize, passage: &Passage<'_>) -> Option<usize> {
    passage.mentions.get(position).map(|mention| mention.fact)
}

fn is_amount(fact: &Fact) -> bool {
    matches!(fact.kind, FactKind::Money | FactKind::Count)
}

/// 「占基本支出的97.05%」, 「占96.35%」, 「27.46万元，1.8%」.
fn share(
    position: usize,
    clause: &str,
    passage: &Passage<'_>,
    material: &Material<'_>,
    lists: &mut Lists,
    claims: &mut Claims,
) {
    let Some(before) = position.checked_sub(1) else { return };
    let (Some(rate), Some(part)) = (index_of(position, passage), index_of(before, passage)) else { return };
    if !passage.fact(before, material).is_some_and(is_amount) || passage.gap(position).stop {
        return;
    }
    let named = clause.rsplit_once('占').map_or("", |(_, rest)| rest);
    let named = named
        .trim_end_matches(['为', '达'])
        .trim_end_matches("比重")
        .trim_end_matches("比例")
        .trim_end_matches(['的', '比']);
    let named = named.trim_end_matches("总额").trim_end_matches("总数");
    let whole =
        if named.is_empty() { lists.whole(part) } else { named_whole(named, part, passage, position, material) };
    let Some(whole) = whole.filter(|whole| *whole != part) else { return };
    lists.share(rate);
    let mut claim = Claim::ratio("share=part/whole", Origin::Lexical, rate, part, whole);
    if let Some(group) = lists.name() {
        claim = claim.in_group(group);
    }
    claims.add(claim);
}

/// The last figure before the part that is called so.
fn named_whole(
    named: &str,
    part: usize,
    passage: &Passage<'_>,
    position: usize,
    material: &Material<'_>,
) -> Option<usize> {
    let part_fact = material.facts.get(part)?;
    let wanted = material.lexicon.read(named);
    let wanted_concept =
        wanted.concept.and_then(|index| material.lexicon.concept(index)).map(|concept| concept.id.as_str());
    let fits = |fact: &Fact| {
        let by_label = named.chars().count() >= 3 && key(&fact.label).contains(named);
        let by_concept = wanted_concept.is_some() && fact.concept.as_deref() == wanted_concept && !wanted.weak;
        fact.kind == part_fact.kind
            && fact.unit == part_fact.unit
            && (by_label || by_concept)
            && fact.scope == part_fact.scope
            && (fact.phase == part_fact.phase || fact.phase.is_none() || part_fact.phase.is_none())
    };
    let here = passage.mentions.get(..position)?.iter().rev().take(LOOK_BACK).map(|mention| mention.fact);
    let earlier = (0..part).rev().take(FACTS_BACK);
    here.chain(earlier).filter(|index| *index != part).find(|index| material.facts.get(*index).is_some_and(&fits))
}

const BUDGETS: [Phase; 3] = [Phase::Budget, Phase::InitialBudget, Phase::AdjustedBudget];

/// 「预算为3.25万元，决算为3.2万元，完成预算的99.5%」, 「执行率为74.36%」.
fn execution(position: usize, clause: &str, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let sentence = passage.sentence_before(position);
    let (Some(rate), Some(stated)) = (index_of(position, passage), passage.fact(position, material)) else { return };
    let sentence = sentence.max(position.saturating_sub(LOOK_BACK));
    let candidates: Vec<usize> =
        passage.mentions.get(sentence..position).unwrap_or_default().iter().map(|mention| mention.fact).collect();
    let last = |phases: &[Phase]| {
        candidates.iter().rev().copied().find(|index| {
            material.facts.get(*index).is_some_and(|fact| {
                fact.kind == FactKind::Money
                    && fact.phase.is_some_and(|phase| phases.contains(&phase))
                    && fact.scope == stated.scope
            })
        })
    };
    let wanted: &[Phase] = if clause.contains("年初") {
        &[Phase::InitialBudget]
    } else if clause.contains("调整") {
        &[Phase::AdjustedBudget]
    } else {
        &BUDGETS
    };
    let denominator = last(wanted).or_else(|| {
        passage.budget_before(sentence, material).filter(|_| candidates.len() == 1 && clause.contains("执行率"))
    });
    let (Some(numerator), Some(denominator)) = (last(&[Phase::Executed]), denominator) else { return };
    claims.add(Claim::ratio("execution=executed/budget", Origin::Lexical, rate, numerator, denominator));
}

/// 「收入累计24627万元，完成年初预算数60999万元的40.4%」.
fn completion_of_printed_budget(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let (Some(budget), Some(done)) = (position.checked_sub(1), position.checked_sub(2)) else { return };
    let completes = passage.gap(budget).clause.contains("完成");
    let amounts =
        [budget, done].iter().all(|at| passage.fact(*at, material).is_some_and(|fact| fact.kind == FactKind::Money));
    if let (true, true, Some(rate), Some(numerator), Some(denominator)) =
        (completes, amounts, index_of(position, passage), index_of(done, passage), index_of(budget, passage))
    {
        claims.add(Claim::ratio("completion=done/budget", Origin::Lexical, rate, numerator, denominator));
    }
}

fn falls(clause: &str) -> bool {
    ["减少", "下降", "降低", "减收", "减支", "压减"].iter().any(|word| clause.contains(word))
}

/// 「……4.01万元……与上年相比减少0.45万元，减少10.1%」: percent from the amount and the difference or the prior amount.
fn change(position: usize, clause: &str, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let Some(before) = position.checked_sub(1).filter(|_| !passage.gap(position).stop) else { return };
    let (Some(rate), Some(first)) = (index_of(position, passage), passage.fact(before, material)) else { return };
    if first.kind != FactKind::Money && first.kind != FactKind::Count {
        return;
    }
    let falling = falls(clause);
    let clause_before = &passage.gap(before).clause;
    if !is_change(clause_before) {
        return;
    }
    let current = amount_before(before, passage, material).or_else(|| amount_called(first, before, passage, material));
    let (Some(difference), Some(current)) = (index_of(before, passage), current) else { return };
    let term = |fact: usize, role: TermRole| ClaimTerm { negative: falling, ..ClaimTerm::fact(fact, role) };
    let terms = vec![ClaimTerm::fact(current, TermRole::Current), term(difference, TermRole::Difference)];
    let claim = Claim::new("change=difference/prior", Origin::Lexical, Relation::Change, Some(rate), terms);
    // The base is a figure of another year that is not printed: scope may have changed.
    claims.add(claim.at_most(Severity::Warning));
}

/// 「公务接待费比上年减少0.32万元」: the amount of this year that was called so earlier in the report.
fn amount_called(change: &Fact, position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<usize> {
    let label = material.lexicon.read(&change.label);
    let concept = label.concept.filter(|_| !label.weak).and_then(|index| material.lexicon.concept(index))?;
    let limit = index_of(position, passage)?;
    (0..limit).rev().take(FACTS_BACK).find(|index| {
        material.facts.get(*index).is_some_and(|fact| {
            fact.concept.as_deref() == Some(concept.id.as_str())
                && fact.phase == Some(Phase::Executed)
                && fact.scope == change.scope
                && fact.period == change.period
        })
    })
}

/// The amount that a change speaks of: the last one of the sentence that is neither a change nor a base, skipping rates
/// that belong to it.
fn amount_before(position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<usize> {
    (passage.sentence_before(position)..position).rev().take(6).find_map(|at| {
        let fact = passage.fact(at, material)?;
        let clause = &passage.gap(at).clause;
        (is_amount(fact) && !is_change(clause) && !compares(clause) && !passage.is_base(at))
            .then(|| index_of(at, passage))
            .flatten()
    })
}

/// 「431万元，比上年433万元减少2万元」: difference = current - prior.
pub(super) fn difference(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let clause = &passage.gap(position).clause;
    let Some(before) = position.checked_sub(1).filter(|_| is_change(clause) && !passage.gap(position).stop) else {
        return;
    };
    let (Some(prior), Some(stated)) = (passage.fact(before, material), passage.fact(position, material)) else {
        return;
    };
    if !compares(&passage.gap(before).clause) || prior.unit != stated.unit || prior.kind != stated.kind {
        return;
    }
    let (Some(current), Some(prior), Some(stated)) =
        (amount_before(before, passage, material), index_of(before, passage), index_of(position, passage))
    else {
        return;
    };
    let (plus, minus) = if falls(clause) { (prior, current) } else { (current, prior) };
    let terms = vec![ClaimTerm::fact(plus, TermRole::Operand), ClaimTerm::minus(minus, TermRole::Operand)];
    claims.add(Claim::new("difference=current-prior", Origin::Lexical, Relation::Difference, Some(stated), terms));
}
