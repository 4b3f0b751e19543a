//! Rates in sentences: shares, completion, execution, and changes against the year before.

use super::changes::{self, is_respective};
use super::execution;
use super::list::{CHANGES, Lists, compares, is_change};
use super::passage::{LOOK_BACK, Passage};
use super::years;
use crate::normalize::key;
use crate::reconcile::Material;
use crate::reconcile::cause::{BOUND, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::{evaluate, holds};
use crate::record::{BoundName, Fact, FactKind, Origin, Phase, Relation, Severity, Status, TermRole};

/// Wholes of one name that a share is held against.
const WHOLES: usize = 8;

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
        Some("rate.execution") => execution::rate(position, &gap.clause, passage, material, claims),
        Some("rate.change") => change(position, &gap.clause, passage, material, claims),
        None if gap.text.chars().filter(|c| !c.is_whitespace()).count() <= 1 && lists.has_shares() => {
            share(position, "", passage, material, lists, claims);
        }
        None if gap.clause == "的" => completion_of_printed_budget(position, passage, material, claims),
        _ => {}
    }
}

pub(super) fn index_of(position: usize, passage: &Passage<'_>) -> Option<usize> {
    passage.mentions.get(position).map(|mention| mention.fact)
}

fn is_amount(fact: &Fact) -> bool {
    matches!(fact.kind, FactKind::Money | FactKind::Count)
}

/// 「占基本支出的91.35%」, 「占96.35%」, 「31.22万元，1.8%」.
fn share(
    position: usize,
    clause: &str,
    passage: &Passage<'_>,
    material: &Material<'_>,
    lists: &mut Lists,
    claims: &mut Claims,
) {
    let Some(before) = subject(position, clause, passage, material) else { return };
    let (Some(rate), Some(part)) = (index_of(position, passage), index_of(before, passage)) else { return };
    if !passage.fact(before, material).is_some_and(is_amount)
        || passage.gap(position).stop
        || is_respective(clause)
        || changes::stretch(position, passage, material).len() > 1
        || !speaks_of(clause, passage.fact(before, material), material)
    {
        return;
    }
    let named = whole_named(clause);
    let listed = lists.whole(part);
    let whole = if named.is_empty() {
        listed
    } else {
        let called = wholes(named, part, passage, position, material);
        likeliest(&called, rate, part, material).or_else(|| listed.filter(|whole| called.first() == Some(whole)))
    };
    let Some(whole) = whole.filter(|whole| *whole != part) else { return };
    let mut claim = Claim::ratio("share=part/whole", Origin::Lexical, rate, part, whole);
    if named.is_empty() && lists.is_doubtful(part) {
        let holds = evaluate(&claim, &|fact| material.operand(fact)).status != Status::Inconsistent;
        if !holds && !one_slip(&claim, BOUND, material) {
            return;
        }
        claim = claim.at_most(Severity::Warning);
    }
    lists.share(rate);
    if let Some(group) = lists.name() {
        claim = claim.in_group(group);
    }
    claims.add(claim);
}

/// The amount that a share is of: the last in front of it, or the last that is called as its clause says (「税收收入66342万元，
/// 增收10304万元，税收收入占财政收入的66.19%」).
fn subject(position: usize, clause: &str, passage: &Passage<'_>, material: &Material<'_>) -> Option<usize> {
    let last = position.checked_sub(1)?;
    if !is_change(&passage.gap(last).clause) {
        return Some(last);
    }
    let (words, _) = clause.rsplit_once('占')?;
    let called = |at: &usize| {
        !is_change(&passage.gap(*at).clause)
            && passage.fact(*at, material).is_some_and(|fact| is_amount(fact) && key(&fact.label).contains(words))
    };
    let from = passage.sentence_before(position).max(position.saturating_sub(LOOK_BACK));
    let plain = |at: &usize| !is_change(&passage.gap(*at).clause) && passage.fact(*at, material).is_some_and(is_amount);
    match words.chars().count() {
        0 => (from..last).rev().find(plain),
        _ => (from..last).rev().find(called),
    }
}

/// 「基本支出占42%」 behind other figures is no share of the one in front of it.
fn speaks_of(clause: &str, part: Option<&Fact>, material: &Material<'_>) -> bool {
    let Some((words, _)) = clause.rsplit_once('占') else { return true };
    let words = words.trim_matches(['约', '所', '各', '共', '总', '均', '仅', '即', '并', '其', '中']);
    let read = material.lexicon.read(words);
    let concept = read.concept.filter(|_| !read.weak).and_then(|index| material.lexicon.concept(index));
    match (part, concept) {
        (Some(part), Some(concept)) => {
            part.concept.as_deref() == Some(&*concept.id) || key(&part.label).contains(words)
        }
        _ => true,
    }
}

/// 「占基本支出的比重为」 names 基本支出.
pub(super) fn whole_named(clause: &str) -> &str {
    let named = clause.rsplit_once('占').map_or("", |(_, rest)| rest);
    let named = named
        .trim_end_matches(['为', '达'])
        .trim_end_matches("比重")
        .trim_end_matches("比例")
        .trim_end_matches(['的', '比']);
    named.trim_end_matches("总额").trim_end_matches("总数").trim_end_matches("总量")
}

/// The figures in front of the part that are called so, the last first.
pub(super) fn wholes(
    named: &str,
    part: usize,
    passage: &Passage<'_>,
    position: usize,
    material: &Material<'_>,
) -> Vec<usize> {
    let Some(part_fact) = material.facts.get(part) else { return Vec::new() };
    let wanted = material.lexicon.read(named);
    let wanted_concept = wanted.concept.and_then(|index| material.lexicon.concept(index)).map(|concept| &*concept.id);
    let fits = |fact: &Fact| {
        let by_label = named.chars().count() >= 3 && key(&fact.label).contains(named);
        let by_concept = wanted_concept.is_some() && fact.concept.as_deref() == wanted_concept && !wanted.weak;
        fact.kind == part_fact.kind
            && fact.unit == part_fact.unit
            && (by_label || by_concept)
            && fact.scope == part_fact.scope
            && (fact.phase == part_fact.phase || fact.phase.is_none() || part_fact.phase.is_none())
    };
    let here =
        passage.mentions.get(..position).unwrap_or_default().iter().rev().take(LOOK_BACK).map(|mention| mention.fact);
    let earlier = (0..part).rev().take(FACTS_BACK);
    let called = here.chain(earlier).filter(|index| *index != part && material.facts.get(*index).is_some_and(&fits));
    called.take(WHOLES).collect()
}

/// Of several wholes the last that the share fits, else the last that the part is not larger than.
pub(super) fn likeliest(wholes: &[usize], rate: usize, part: usize, material: &Material<'_>) -> Option<usize> {
    let share = |whole: usize| Claim::ratio("", Origin::Lexical, rate, part, whole);
    let value = |index: usize| material.operand(index).map(|operand| operand.value);
    let fits = wholes.iter().copied().find(|whole| holds(&share(*whole), material));
    fits.or_else(|| wholes.first().copied().filter(|whole| value(part) <= value(*whole)))
}

/// Amounts of the passage before a figure whose stage is not said: 「项目资金为127万元，……实际支出94.44万元，执行率为74.36%」.
pub(super) fn unstaged(
    position: usize,
    spent: usize,
    passage: &Passage<'_>,
    material: &Material<'_>,
) -> impl Iterator<Item = usize> + Clone {
    let scope = material.facts.get(spent).and_then(|fact| fact.scope.clone());
    let fits = |at: &usize| {
        let clause = &passage.gap(*at).clause;
        let plain = !is_change(clause) && !compares(clause) && !passage.is_base(*at);
        plain
            && passage
                .fact(*at, material)
                .is_some_and(|fact| fact.kind == FactKind::Money && fact.phase.is_none() && fact.scope == scope)
    };
    let found: Vec<usize> = (position.saturating_sub(8)..position)
        .rev()
        .filter(fits)
        .filter_map(|at| index_of(at, passage))
        .filter(|index| *index < spent)
        .collect();
    found.into_iter()
}

/// The claim on the first of several amounts that makes it hold, else on the first that one slip sets right.
pub(super) fn closing(
    amounts: impl Iterator<Item = usize> + Clone,
    claim: impl Fn(usize) -> Claim,
    material: &Material<'_>,
) -> Option<Claim> {
    if let Some(amount) = amounts.clone().find(|amount| holds(&claim(*amount), material)) {
        return Some(claim(amount));
    }
    let mut amounts = amounts;
    let slipped = amounts.find(|amount| one_slip(&claim(*amount), BOUND, material))?;
    Some(claim(slipped).at_most(Severity::Warning))
}

/// 「收入累计21008万元，完成年初预算数52000万元的40.4%」.
fn completion_of_printed_budget(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let (Some(budget), Some(done)) = (position.checked_sub(1), position.checked_sub(2)) else { return };
    let completes = passage.names_base(budget);
    let amounts =
        [budget, done].iter().all(|at| passage.fact(*at, material).is_some_and(|fact| fact.kind == FactKind::Money));
    if let (true, true, Some(rate), Some(numerator), Some(denominator)) =
        (completes, amounts, index_of(position, passage), index_of(done, passage), index_of(budget, passage))
    {
        claims.add(Claim::ratio("completion=done/budget", Origin::Lexical, rate, numerator, denominator));
    }
}

/// The clause speaks of less.
pub(super) fn falls(clause: &str) -> bool {
    ["减少", "下降", "降低", "减收", "减支", "压减"].iter().any(|word| clause.contains(word))
}

/// 「……4.01万元……与上年相比减少0.45万元，减少10.1%」: percent from the amount and the difference or the prior amount.
fn change(position: usize, clause: &str, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let Some(before) = position.checked_sub(1).filter(|_| !passage.gap(position).stop) else { return };
    let (Some(rate), Some(first)) = (index_of(position, passage), passage.fact(before, material)) else { return };
    if (first.kind != FactKind::Money && first.kind != FactKind::Count) || is_respective(clause) {
        return;
    }
    let falling = falls(clause);
    let clause_before = &passage.gap(before).clause;
    // 「同口径增长12.3%」 is of amounts that are not printed.
    if ["口径", "可比", "剔除", "扣除", "自然", "不含"].iter().any(|word| clause.contains(word)) {
        return;
    }
    if !is_change(clause_before) {
        claims.extend(years::rate_of_two(position, rate, passage, material));
        return;
    }
    let Some(difference) = index_of(before, passage) else { return };
    let term = |fact: usize, role: TermRole| ClaimTerm { negative: falling, ..ClaimTerm::fact(fact, role) };
    let claim = |current: usize| {
        let terms = vec![ClaimTerm::fact(current, TermRole::Current), term(difference, TermRole::Difference)];
        Claim::new("change=difference/prior", Origin::Lexical, Relation::Change, Some(rate), terms)
    };
    // The base is a figure of another year that is not printed: scope may have changed.
    let claim = |current: usize| claim(current).at_most(Severity::Warning);
    let mut amounts = amounts_before(before, passage, material);
    // 「支出500万元，其中基本支出比上年增加30万元」: the clause may name what has changed.
    let named = material.lexicon.read(&first.label);
    let named = named.concept.filter(|_| !named.weak).and_then(|index| material.lexicon.concept(index));
    if let Some(named) = named {
        let is_named = |fact: &Fact| fact.concept.as_deref() == Some(&*named.id);
        amounts.retain(|index| material.facts.get(*index).is_some_and(is_named));
    }
    let exact = |index: &usize| material.facts.get(*index).is_some_and(|fact| fact.bound == BoundName::Exact);
    if amounts.first().is_some_and(|nearest| !exact(nearest)) {
        return;
    }
    let mut by_words = false;
    if amounts.is_empty() {
        let called = amount_called(first, before, passage, material);
        by_words = called.is_none();
        amounts.extend(
            called
                .or_else(|| amount_labelled(clause_before, before, passage, material))
                .or_else(|| amount_of_sentence_before(clause_before, before, passage, material)),
        );
    }
    // The change of a total may stand behind its parts: of several amounts the one that fits is meant, else nothing is said.
    let fits =
        |current: &usize| evaluate(&claim(*current), &|fact| material.operand(fact)).status != Status::Inconsistent;
    let spent: Vec<usize> = amounts
        .iter()
        .copied()
        .filter(|index| material.facts.get(*index).is_some_and(|fact| fact.phase == Some(Phase::Executed)))
        .collect();
    let only = match (amounts.as_slice(), spent.as_slice()) {
        ([only], _) | (_, [only]) if !by_words => Some(*only),
        _ => None,
    };
    // 「增长21.9%，主要是甲增收4.9亿元，增长46.3%」: the part's own amount is not printed.
    let of_part = clause_before.contains("主要")
        || amounts.first().is_some_and(|nearest| names_other(clause_before, *nearest, material));
    let only = only.filter(|_| !of_part);
    let slips = |current: &usize| !of_part && one_slip(&claim(*current), BOUND, material);
    let chosen = amounts.iter().copied().find(fits).or(only).or_else(|| amounts.iter().copied().find(slips));
    claims.extend(chosen.map(claim));
}

/// 「土地税实现35亿元，增收6.3亿元，……，土增税增收4.9亿元」: the clause of a change names something that the amount is not called.
fn names_other(clause: &str, amount: usize, material: &Material<'_>) -> bool {
    let Some(mut words) = CHANGES.iter().find_map(|word| clause.strip_suffix(word)) else { return false };
    const TIMES: [&str; 12] =
        ["同比", "比上年", "较上年", "比去年", "较去年", "上年", "去年", "相比", "同期", "净", "共", "实际"];
    while let Some(rest) = TIMES.iter().find_map(|time| words.strip_suffix(time)) {
        words = rest;
    }
    let Some(fact) = material.facts.get(amount) else { return false };
    let label = key(&fact.label);
    let concept = material.lexicon.read(words).concept.and_then(|index| material.lexicon.concept(index));
    if concept.is_some_and(|concept| Some(&*concept.id) == fact.concept.as_deref()) {
        return false;
    }
    let plain = words.chars().all(|c| !c.is_ascii_digit()) && !words.contains(['比', '较', '与']);
    plain && words.chars().count() >= 3 && !label.is_empty() && !label.contains(words) && !words.contains(&label)
}

/// 「公务接待费比上年减少0.32万元」: the amount of this year that was called so earlier in the report.
fn amount_called(change: &Fact, position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<usize> {
    let label = material.lexicon.read(&change.label);
    let concept = label.concept.filter(|_| !label.weak).and_then(|index| material.lexicon.concept(index))?;
    let limit = index_of(position, passage)?;
    (0..limit).rev().take(FACTS_BACK).find(|index| {
        material.facts.get(*index).is_some_and(|fact| {
            fact.concept.as_deref() == Some(&*concept.id)
                && fact.phase == Some(Phase::Executed)
                && fact.scope == change.scope
                && fact.period == change.period
        })
    })
}

/// 「收、支总计均为1256.99万元。与上年相比，收、支总计各增加15.58万元」: the amount of the passage that has these words.
fn amount_labelled(clause: &str, position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<usize> {
    let words =
        CHANGES.iter().find_map(|word| clause.strip_suffix(word))?.trim_end_matches(['各', '均', '共', '总', '都']);
    let words = words.trim_end_matches("分别");
    (words.chars().count() >= 3).then_some(())?;
    let called = |at: &usize| {
        let clause = &passage.gap(*at).clause;
        !is_change(clause) && clause.contains(words) && passage.fact(*at, material).is_some_and(is_amount)
    };
    (0..position).rev().take(LOOK_BACK).find(called).and_then(|at| index_of(at, passage))
}

/// 「本年收入792万元。同比增加189万元」: the only amount of the sentence in front.
fn amount_of_sentence_before(
    clause: &str,
    position: usize,
    passage: &Passage<'_>,
    material: &Material<'_>,
) -> Option<usize> {
    let bare = ["同比", "比上年", "较上年", "与上年", "比去年", "较去年"].iter().any(|word| clause.starts_with(word));
    let first = passage.sentence_before(position);
    let before = first.checked_sub(1).filter(|_| bare && first == position)?;
    let amounts: Vec<usize> =
        (passage.sentence_before(before)..first).filter(|at| is_plain(*at, passage, material)).collect();
    let [only] = amounts.as_slice() else { return None };
    index_of(*only, passage)
}

/// An amount that is neither a change nor a base.
fn is_plain(at: usize, passage: &Passage<'_>, material: &Material<'_>) -> bool {
    let clause = &passage.gap(at).clause;
    !is_change(clause) && !compares(clause) && !passage.is_base(at) && passage.fact(at, material).is_some_and(is_amount)
}

/// The amounts of the sentence that a change may speak of, the nearest first: those behind the last semicolon, if any are.
fn amounts_before(position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Vec<usize> {
    let from = passage.sentence_before(position).max(position.saturating_sub(8));
    let plain = |at: &usize| is_plain(*at, passage, material);
    let nearest = (from..=position).rev().find(|at| passage.gap(*at).semicolon).unwrap_or(from);
    let from = if (nearest..position).any(|at| plain(&at)) { nearest } else { from };
    (from..position).rev().filter(plain).filter_map(|at| index_of(at, passage)).collect()
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
    // 「比上年增加12万元，其中基本支出增加20万元」: the figure before is a change itself.
    if !compares(&passage.gap(before).clause) {
        claims.extend(years::difference_of_two(position, passage, material));
        return;
    }
    if is_change(&passage.gap(before).clause) || prior.unit != stated.unit || prior.kind != stated.kind {
        return;
    }
    let (Some(prior), Some(stated)) = (index_of(before, passage), index_of(position, passage)) else { return };
    let falling = falls(clause);
    let claim = |current: usize| {
        let (plus, minus) = if falling { (prior, current) } else { (current, prior) };
        let terms = vec![ClaimTerm::fact(plus, TermRole::Operand), ClaimTerm::minus(minus, TermRole::Operand)];
        Claim::new("difference=current-prior", Origin::Lexical, Relation::Difference, Some(stated), terms)
    };
    // Behind a list the whole may have changed or its last item.
    match amounts_before(before, passage, material).as_slice() {
        [] => {}
        [nearest, ..] if !passage.is_listed(*nearest, before) => claims.add(claim(*nearest)),
        amounts => claims.extend(closing(amounts.iter().copied(), claim, material)),
    }
}
