//! The same figure in two places: narrative against form, and parts of an entity against the whole.

use std::collections::{BTreeMap, BTreeSet};

use super::Material;
use super::cause::{BOUND, LOOSE, one_slip, slip_apart, slipped};
use super::claim::{Claim, ClaimTerm, Claims};
use super::operand::{home, unit_of};
use crate::document::Text;
use crate::normalize::key;
use crate::record::{At, Fact, FactKind, Figure, Origin, Phase, Relation, Severity, TermRole};

/// Claims of equality.
pub(super) fn claims(material: &Material<'_>, claims: &mut Claims) {
    same_meaning(material, claims);
    same_words(material, claims);
    parts_of_entity(material, claims);
}

type Meaning<'a> = (&'a str, Phase, &'a str, Option<&'a str>);

/// Same concept, phase, period and scope: each later fact against the preferred one. Different values are claimed to be
/// equal only where a slip of the pen would account for the difference; otherwise they may well speak of different things.
fn same_meaning(material: &Material<'_>, claims: &mut Claims) {
    let mut groups: BTreeMap<Meaning<'_>, Vec<usize>> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate() {
        let comparable = fact.kind == FactKind::Money && fact.value.is_some();
        if let (true, Some(concept), Some(phase), Some(period)) = (comparable, &fact.concept, fact.phase, &fact.period)
        {
            let (concept, stage) = meaning(concept, phase);
            groups.entry((concept, stage, period, fact.scope.as_deref())).or_default().push(index);
        }
    }
    for members in groups.values() {
        let members = unambiguous(members, material);
        let value = |index: usize| material.facts.get(index).and_then(|fact| fact.value);
        let mut said: BTreeMap<Option<Figure>, usize> = BTreeMap::new();
        for index in &members {
            *said.entry(value(*index)).or_default() += 1;
        }
        let places = |index: usize| said.get(&value(index)).copied().unwrap_or_default();
        let phases: BTreeSet<Option<Phase>> = members.iter().map(|index| phase_of(*index, material)).collect();
        for phase in phases {
            let staged: Vec<usize> =
                members.iter().copied().filter(|index| phase_of(*index, material) == phase).collect();
            let Some(anchor) = anchor(&staged, &places, material) else { continue };
            let agreeing = places(anchor);
            let others = staged.iter().copied().filter(|index| *index != anchor);
            for other in
                others.filter(|other| value(*other) == value(anchor) || !carries_over(*other, anchor, material))
            {
                claims.extend(equality("equal.same_meaning", other, anchor, agreeing, material));
            }
        }
    }
}

/// 支出总计 holds what is carried over to the next year, 本年支出合计 does not.
fn carries_over(one: usize, other: usize, material: &Material<'_>) -> bool {
    let is_grand = |index: usize| {
        material.facts.get(index).is_some_and(|fact| {
            fact.label.contains("总计") || fact.label_path.iter().any(|label| label.contains("总计"))
        })
    };
    is_grand(one) != is_grand(other)
}

fn phase_of(index: usize, material: &Material<'_>) -> Option<Phase> {
    material.facts.get(index).and_then(|fact| fact.phase)
}

/// What the others are held against: the preferred figure, unless so many places agree on another one that it is the odd one.
fn anchor(members: &[usize], places: &dyn Fn(usize) -> usize, material: &Material<'_>) -> Option<usize> {
    let preferred = members.iter().copied().find(|index| material.facts.get(*index).is_some_and(|fact| fact.preferred));
    let first = preferred.or(members.first().copied())?;
    let most = members.iter().copied().max_by_key(|index| (places(*index), std::cmp::Reverse(*index)))?;
    Some(if places(most) >= AGREEING && places(first) < places(most) { most } else { first })
}

/// Without the figures of places that say several different things under one name: instalments, items of a list.
fn unambiguous(members: &[usize], material: &Material<'_>) -> Vec<usize> {
    let mut said: BTreeMap<(&str, Option<Phase>), BTreeSet<Figure>> = BTreeMap::new();
    let facts = || members.iter().filter_map(|index| Some((*index, material.facts.get(*index)?)));
    for (_, fact) in facts() {
        said.entry((home(&fact.at), fact.phase)).or_default().extend(fact.value);
    }
    facts()
        .filter(|(_, fact)| said.get(&(home(&fact.at), fact.phase)).is_some_and(|values| values.len() == 1))
        .map(|(index, _)| index)
        .collect()
}

/// All funds, spent or to be spent, are one figure under several names. A budget of the year and one of its beginning are
/// not held against each other, but where they are the same they speak for each other.
fn meaning(concept: &str, phase: Phase) -> (&str, Phase) {
    match (concept, phase) {
        ("funds.total" | "project.funds" | "expenditure.total", Phase::InitialBudget) => {
            ("expenditure.total", Phase::Budget)
        }
        ("funds.total" | "project.funds", phase) => ("expenditure.total", phase),
        other => other,
    }
}

/// So many places that say the same are not wrong by chance.
const AGREEING: usize = 3;

/// `agreeing`: in how many places the anchor's value stands.
fn equality(rule: &str, stated: usize, anchor: usize, agreeing: usize, material: &Material<'_>) -> Option<Claim> {
    let (a, b) = (material.facts.get(stated)?, material.facts.get(anchor)?);
    if home(&a.at) == home(&b.at) && is_cell(a) && is_cell(b) {
        return None;
    }
    let (left, right) = (material.operand(stated)?, material.operand(anchor)?);
    let same = left.value == right.value
        || (left.value - right.value).abs() <= unit_of(left.own.min(right.own)) / rust_decimal::Decimal::TWO;
    // Short round figures are one slip apart by chance, and so are figures of parts of the year.
    let plain = |fact: &Fact| material.lexicon.read(&fact.label).residue.is_empty() || is_cell(fact);
    let meant = match agreeing {
        0 | 1 => slip_apart(&left, &right, LOOSE),
        2 => slip_apart(&left, &right, BOUND),
        _ => slipped(&left, &right),
    };
    if !(same || meant && plain(a) && plain(b) && !told_otherwise(stated, anchor, material)) {
        return None;
    }
    let terms = vec![ClaimTerm::fact(anchor, TermRole::Operand)];
    let claim = Claim::new(rule, Origin::Lexical, Relation::Equal, Some(stated), terms);
    Some(if same { claim } else { claim.at_most(Severity::Warning) })
}

/// The report says why the two differ: they stand for other days of the year, or what they differ by is printed beside them
/// (「含追加30万元」).
fn told_otherwise(one: usize, other: usize, material: &Material<'_>) -> bool {
    let (first, second) = (as_of(one, material), as_of(other, material));
    if first.is_some() && second.is_some() && first != second {
        return true;
    }
    let value = |index: usize| material.operand(index).map(|operand| operand.value);
    let Some(gap) = value(one).zip(value(other)).map(|(one, other)| (one - other).abs()) else { return false };
    let place = |index: usize| material.facts.get(index).map(|fact| home(&fact.at));
    let beside = |index: usize| {
        (index.saturating_sub(BESIDE)..=index + BESIDE)
            .any(|near| near != index && place(near) == place(index) && value(near) == Some(gap))
    };
    !gap.is_zero() && (beside(one) || beside(other))
}

/// How many figures away a remark may stand.
const BESIDE: usize = 3;

/// Characters of a sentence that are looked at in front of a figure.
const SENTENCE: usize = 200;

/// 「截至11月底」 in front of a figure in its sentence.
fn as_of(index: usize, material: &Material<'_>) -> Option<String> {
    let (chars, start) = material.running_text(index)?;
    let before = chars.get(start.saturating_sub(SENTENCE)..start)?;
    let from = before.iter().rposition(|c| matches!(c, '。' | '\n')).map_or(0, |at| at + 1);
    let sentence: String = before.get(from..)?.iter().collect();
    let (_, day) = ["截至", "截止"].iter().find_map(|word| sentence.rsplit_once(word))?;
    Some(day.chars().take_while(|c| !matches!(c, ',' | '底' | '末' | '日')).collect())
}

fn is_cell(fact: &Fact) -> bool {
    matches!(fact.at, At::Cell { .. })
}

/// A sentence that is printed twice (in the narrative and in the form) has the same figures: same words, same value. A value
/// that is one slip away from the only other one of these words is claimed to be equal too.
fn same_words(material: &Material<'_>, claims: &mut Claims) {
    let mut seen: BTreeMap<Words<'_>, Vec<usize>> = BTreeMap::new();
    // 完成预算的99.5% and 占95% are said of many things in the same words.
    let generic = |fact: &Fact| {
        matches!(fact.concept.as_deref(), Some("rate.execution" | "rate.change")) || fact.label.starts_with('占')
    };
    for (index, fact) in material.facts.iter().enumerate().filter(|(_, fact)| !generic(fact)) {
        let in_text = matches!(fact.at, At::Text { .. } | At::Cell { start: Some(_), .. });
        if !in_text || fact.value.is_none() || (fact.concept.is_some() && fact.kind != FactKind::Rate) {
            continue;
        }
        let words = key(&fact.label);
        if words.chars().count() >= 3 {
            let unit = fact.reported.unit.clone().unwrap_or_default();
            seen.entry((words, unit, fact.scope.as_deref())).or_default().push(index);
        }
    }
    for members in seen.values() {
        let place = |index: usize| material.facts.get(index).map_or("", |fact| home(&fact.at));
        let value = |index: usize| material.facts.get(index).and_then(|fact| fact.value);
        let mut firsts: BTreeMap<Option<Figure>, usize> = BTreeMap::new();
        for (at, index) in members.iter().copied().enumerate() {
            let same = firsts.get(&value(index)).copied();
            let only = (members.len() == 2).then(|| members.first().copied()).flatten().filter(|first| *first != index);
            let near = members.get(at.saturating_sub(MOST_COPIES)..at).unwrap_or_default();
            let copied = || near.iter().copied().find(|other| miscopied(*other, index, material));
            let meant = same.or_else(|| only.filter(|first| told_apart(*first, index, material))).or_else(copied);
            match meant {
                Some(first) if place(first) != place(index) => {
                    let terms = vec![ClaimTerm::fact(first, TermRole::Operand)];
                    claims.add(
                        Claim::new("equal.same_words", Origin::Lexical, Relation::Equal, Some(index), terms)
                            .at_most(Severity::Warning),
                    );
                }
                Some(_) => {}
                None => {
                    firsts.insert(value(index), index);
                }
            }
        }
    }
}

/// How many characters in front of a figure must be the same for its sentence to be a copy.
const COPIED: usize = 16;

/// Figures of the same words that one is held against.
const MOST_COPIES: usize = 32;

/// The same sentence in two places, with figures one slip apart.
fn miscopied(first: usize, second: usize, material: &Material<'_>) -> bool {
    let before = |index: usize| {
        let (chars, start) = material.running_text(index)?;
        chars.get(start.checked_sub(COPIED)?..start)
    };
    let (Some(left), Some(right)) = (before(first), before(second)) else { return false };
    let (Some(a), Some(b)) = (material.operand(first), material.operand(second)) else { return false };
    // One unit of the last digit is no slip that tells.
    left == right && slipped(&a, &b) && (a.value - b.value).abs() > unit_of(a.own.min(b.own))
}

/// The words in front of a figure, its unit, and the part it speaks of.
type Words<'a> = (String, Text, Option<&'a str>);

/// Two telling figures one slip apart.
fn told_apart(first: usize, second: usize, material: &Material<'_>) -> bool {
    if told_otherwise(first, second, material) {
        return false;
    }
    let (Some(first), Some(second)) = (material.operand(first), material.operand(second)) else { return false };
    slip_apart(&first, &second, LOOSE)
}

/// 局机关 + 中心 = the whole, where it adds up exactly. What does not add up may lack a part, so nothing is claimed then.
fn parts_of_entity(material: &Material<'_>, claims: &mut Claims) {
    let mut parts: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate() {
        // Parts that are rows of a table are its own totals' business.
        let in_text = !matches!(fact.at, At::Cell { start: None, .. });
        let executed = in_text && fact.kind == FactKind::Money && fact.phase == Some(Phase::Executed);
        if let (true, Some(concept), Some(scope), Some(period)) = (executed, &fact.concept, &fact.scope, &fact.period) {
            parts.entry((concept, period)).or_default().entry(scope).or_insert(index);
        }
    }
    for ((concept, period), scopes) in parts {
        let projects = concept == "expenditure.project";
        if !(2..=if projects { 60 } else { 6 }).contains(&scopes.len()) {
            continue;
        }
        let terms: Vec<usize> = scopes.into_values().collect();
        let total: rust_decimal::Decimal =
            terms.iter().filter_map(|term| material.operand(*term)).map(|operand| operand.value).sum();
        let names: &[&str] =
            if concept == "expenditure.total" { &["expenditure.total", "funds.total"] } else { &[concept] };
        let whole = |holds: &dyn Fn(usize) -> bool| {
            material.facts.iter().enumerate().position(|(index, fact)| {
                fact.concept.as_deref().is_some_and(|concept| names.contains(&concept))
                    && fact.scope.is_none()
                    && fact.period.as_deref() == Some(period)
                    && fact.phase.is_none_or(|phase| phase == Phase::Executed)
                    && fact.value.is_some()
                    && !total.is_zero()
                    && holds(index)
            })
        };
        let claim =
            |whole: usize| Claim::sum("whole=parts_of_entity", Origin::Discovered, Relation::Sum, whole, &terms);
        let equals = |index: usize| material.operand(index).is_some_and(|operand| operand.value == total);
        if let Some(whole) = whole(&equals) {
            claims.add(claim(whole));
        } else if let (true, Some(whole)) =
            (projects && terms.len() > 2, whole(&|index| one_slip(&claim(index), LOOSE, material)))
        {
            claims.add(claim(whole).at_most(Severity::Warning));
        }
    }
}
