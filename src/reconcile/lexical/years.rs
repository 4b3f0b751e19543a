//! Changes between two named years: 「2022年较2021年增加1.5万元，其中公务接待费减少0.5万元，下降9%」 after both years' figures.

use super::changes::is_respective;
use super::list::{CHANGES, compares, is_change};
use super::passage::{LOOK_BACK, Passage};
use super::rates::falls;
use crate::normalize::{fold, period};
use crate::reconcile::Material;
use crate::reconcile::cause::{BOUND, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::evaluate;
use crate::record::{Fact, FactKind, Origin, Relation, Severity, Status, TermRole};

/// The year that is spoken of and the one that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Years {
    current: i32,
    prior: i32,
}

/// Claims of all sentences of a passage that compare two years by name.
pub(super) fn changes(passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let mut years = None;
    for position in 0..passage.mentions.len() {
        let first = passage.sentence_before(position);
        if position == first {
            years = compared(&passage.gap(first).text);
        }
        let Some(years) = years else { continue };
        let Some((difference, prior)) = difference(position, first, years, passage, material, claims) else { continue };
        percent(position + 1, difference, prior, passage, material, claims);
    }
}

/// 「2022年较2021年」, 「2022年度比2021年度」.
fn compared(text: &str) -> Option<Years> {
    let chars = fold(text);
    let found = period::years(&chars);
    let base = found.iter().position(|year| {
        let before = year.start.checked_sub(1).and_then(|at| chars.get(at));
        matches!(before, Some('较' | '比'))
    })?;
    let current = found.get(base.checked_sub(1)?)?.year;
    let prior = found.get(base)?.year;
    (current != prior).then_some(Years { current, prior })
}

/// A change of money whose two years are printed in front of the sentence; gives the change and the prior amount.
fn difference(
    position: usize,
    first: usize,
    years: Years,
    passage: &Passage<'_>,
    material: &Material<'_>,
    claims: &mut Claims,
) -> Option<(usize, usize)> {
    let clause = &passage.gap(position).clause;
    let fact = passage.fact(position, material)?;
    if fact.kind != FactKind::Money || !is_change(clause) || is_respective(clause) {
        return None;
    }
    let stated = passage.mentions.get(position)?.fact;
    let concept = concept_of(&fact.label, first, years, passage, material)?;
    let current = only(&concept, years.current, first, passage, material)?;
    let prior = only(&concept, years.prior, first, passage, material)?;
    let (plus, minus) = if falls(clause) { (prior, current) } else { (current, prior) };
    let terms = vec![ClaimTerm::fact(plus, TermRole::Operand), ClaimTerm::minus(minus, TermRole::Operand)];
    let claim = Claim::new("difference=current-prior", Origin::Lexical, Relation::Difference, Some(stated), terms);
    add(claim, material, claims).then_some((stated, prior))
}

/// 「减少0.5万元，下降9%」.
fn percent(
    position: usize,
    difference: usize,
    prior: usize,
    passage: &Passage<'_>,
    material: &Material<'_>,
    claims: &mut Claims,
) {
    let gap = passage.gap(position);
    let rate = passage.fact(position, material).filter(|fact| fact.concept.as_deref() == Some("rate.change"));
    let (Some(_), Some(mention), false) = (rate, passage.mentions.get(position), gap.stop) else { return };
    let terms = vec![ClaimTerm::fact(difference, TermRole::Difference), ClaimTerm::fact(prior, TermRole::Prior)];
    add(
        Claim::new("change=difference/prior", Origin::Lexical, Relation::Change, Some(mention.fact), terms),
        material,
        claims,
    );
}

/// What the change is one of: named in its clause, or what the passage began with.
fn concept_of(
    label: &str,
    first: usize,
    years: Years,
    passage: &Passage<'_>,
    material: &Material<'_>,
) -> Option<String> {
    let concepts = |year: i32| {
        let year = year.to_string();
        (first.saturating_sub(FAR)..first).filter_map(move |at| {
            let fact = passage.fact(at, material).filter(|fact| fact.period.as_deref() == Some(year.as_str()))?;
            fact.concept.clone()
        })
    };
    let reading = material.lexicon.read(label);
    let Some(named) = reading.concept.and_then(|index| material.lexicon.concept(index)) else {
        return concepts(years.current).next().map(|concept| concept.to_string());
    };
    // A short name counts where the figures in front are called so.
    let known = !reading.weak || concepts(years.current).any(|concept| *concept == *named.id);
    known.then(|| named.id.to_string())
}

/// How many figures back a sentence may speak of.
const FAR: usize = 256;

/// The only amount of a concept and year in front of the sentence; where it has none of its own, that of its only part.
fn only(concept: &str, year: i32, first: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<usize> {
    let part = |id: &str| id.strip_prefix(concept).is_some_and(|rest| rest.starts_with(['.', '_']));
    amount_of(&|id| id == concept, year, first, passage, material)
        .or_else(|| amount_of(&part, year, first, passage, material))
}

fn amount_of(
    named: &dyn Fn(&str) -> bool,
    year: i32,
    first: usize,
    passage: &Passage<'_>,
    material: &Material<'_>,
) -> Option<usize> {
    let year = year.to_string();
    let mut found = (first.saturating_sub(FAR)..first).filter(|at| {
        passage.fact(*at, material).is_some_and(|fact| {
            fact.kind == FactKind::Money
                && fact.concept.as_deref().is_some_and(named)
                && fact.period.as_deref() == Some(year.as_str())
        })
    });
    let at = found.next().filter(|_| found.next().is_none())?;
    passage.mentions.get(at).map(|mention| mention.fact)
}

/// What the two years stand for may differ (budget and final account), so a claim holds or is one slip away.
fn add(claim: Claim, material: &Material<'_>, claims: &mut Claims) -> bool {
    let meant = meant(claim, material);
    let found = meant.is_some();
    claims.extend(meant);
    found
}

fn meant(claim: Claim, material: &Material<'_>) -> Option<Claim> {
    let claim = claim.at_most(Severity::Warning);
    let holds = evaluate(&claim, &|fact| material.operand(fact)).status != Status::Inconsistent;
    (holds || one_slip(&claim, BOUND, material)).then_some(claim)
}

/// The amounts of this year and of the one before that stand last in front of a figure of its sentence: 「2023年支出800万元，
/// 上年同期788万元」, 「850万元，比上年1000万元」.
fn two_years(position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<(usize, usize)> {
    let from = passage.sentence_before(position).max(position.saturating_sub(LOOK_BACK));
    let amounts = (from..position).rev().filter(|at| !is_change(&passage.gap(*at).clause));
    let mut amounts = amounts.filter(|at| passage.fact(*at, material).is_some_and(is_amount));
    let (last, other) = (amounts.next()?, amounts.next()?);
    let (second, first) = (passage.fact(last, material)?, passage.fact(other, material)?);
    let alike = second.unit == first.unit
        && second.scope == first.scope
        && (second.concept == first.concept || second.concept.is_none() || first.concept.is_none());
    let year = |fact: &Fact| fact.period.as_deref().and_then(|year| year.parse::<i32>().ok()).unwrap_or_default();
    let step = year(second) - year(first);
    let index = |at: usize| passage.mentions.get(at).map(|mention| mention.fact);
    let base = &passage.gap(last).clause;
    let bare = compares(base) && !base.contains("预算");
    match step {
        1 if alike => index(last).zip(index(other)),
        -1 if alike => index(other).zip(index(last)),
        0 if alike && bare => index(other).zip(index(last)),
        _ => None,
    }
}

fn is_amount(fact: &Fact) -> bool {
    matches!(fact.kind, FactKind::Money | FactKind::Count)
}

/// 「2023年收入850万元，上年同期收入1000万元，同比下降15%」.
pub(super) fn rate_of_two(
    position: usize,
    rate: usize,
    passage: &Passage<'_>,
    material: &Material<'_>,
) -> Option<Claim> {
    let (current, prior) = two_years(position, passage, material)?;
    let falling = falls(&passage.gap(position).clause);
    let prior = ClaimTerm { negative: falling, ..ClaimTerm::fact(prior, TermRole::Prior) };
    let terms = vec![ClaimTerm::fact(current, TermRole::Current), prior];
    let claim = Claim::new("change=difference/prior", Origin::Lexical, Relation::Change, Some(rate), terms);
    // 「42562万元，比上年的38888万元增长9.45%」 leaves nothing open.
    let base = &passage.gap(position.checked_sub(1)?).clause;
    let bare = ["比上年", "较上年", "比去年", "较去年"].iter().any(|word| base.trim_end_matches('的') == *word);
    let next = position.checked_sub(2).and_then(|at| passage.mentions.get(at)).is_some_and(|one| one.fact == current);
    if bare && next { Some(claim.at_most(Severity::Warning)) } else { meant(claim, material) }
}

/// 「2022年支出788万元，2023年支出800万元，增加12万元」.
pub(super) fn difference_of_two(position: usize, passage: &Passage<'_>, material: &Material<'_>) -> Option<Claim> {
    // 「其中人员增加20万元」 is the change of something else.
    let clause = &passage.gap(position).clause;
    let said = CHANGES.iter().find_map(|word| clause.strip_suffix(word))?;
    let said = said.trim_end_matches(['净', '共', '总', '各', '均']);
    if !["", "同比", "比上年", "较上年", "比去年", "较去年", "比上年同期", "较上年同期", "相比"].contains(&said)
    {
        return None;
    }
    let (current, prior) = two_years(position, passage, material)?;
    let (stated, fact) = (passage.mentions.get(position)?.fact, passage.fact(position, material)?);
    let (plus, minus) = if falls(&passage.gap(position).clause) { (prior, current) } else { (current, prior) };
    if material.facts.get(plus)?.unit != fact.unit {
        return None;
    }
    let terms = vec![ClaimTerm::fact(plus, TermRole::Operand), ClaimTerm::minus(minus, TermRole::Operand)];
    meant(Claim::new("difference=current-prior", Origin::Lexical, Relation::Difference, Some(stated), terms), material)
}
