//! Equations as a person would write them, with the figures as printed.

use rust_decimal::Decimal;

use super::Material;
use super::claim::{Claim, ClaimTerm};
use super::evaluate::Verdict;
use crate::normalize::unit::scale_of;
use crate::record::{Fact, FactKind, Relation, Status, TermRole};

/// 「1204.31 + 2314.33 = 3518.64 ≠ 3512.64（万元）」.
pub(super) fn expression(claim: &Claim, verdict: &Verdict, material: &Material<'_>) -> String {
    let stated = claim.stated.and_then(|fact| material.facts.get(fact));
    let holds = !matches!(verdict.status, Status::Inconsistent | Status::Explained);
    let sign = if holds { "=" } else { "≠" };
    match claim.relation {
        Relation::Ratio | Relation::Change | Relation::Score => rate(claim, verdict, material, stated),
        Relation::Bound => {
            let whole = claim.terms.first().map(|term| beside(term, material, stated)).unwrap_or_default();
            format!("{} {} {}{}", shown(stated), if holds { "≤" } else { ">" }, whole, unit_note(stated))
        }
        Relation::Equal => {
            let other = claim.terms.first().map(|term| beside(term, material, stated)).unwrap_or_default();
            format!("{} {sign} {other}{}", shown(stated), unit_note(stated))
        }
        _ => {
            let terms = joined(&claim.terms, material, stated);
            let computed = computed(claim, verdict, material, stated);
            let stated_text = stated.map_or_else(|| "100%".to_owned(), |fact| shown(Some(fact)));
            if verdict.status == Status::Consistent {
                format!("{terms} = {stated_text}{}", unit_note(stated))
            } else {
                format!("{terms} = {computed} {} {stated_text}{}", if holds { "≈" } else { "≠" }, unit_note(stated))
            }
        }
    }
}

fn rate(claim: &Claim, verdict: &Verdict, material: &Material<'_>, stated: Option<&Fact>) -> String {
    let by = |role: TermRole| claim.terms.iter().find(|term| term.role == role).map(|term| printed(term, material));
    let formula = match claim.relation {
        Relation::Ratio => format!(
            "{} ÷ {}",
            by(TermRole::Numerator).unwrap_or_default(),
            by(TermRole::Denominator).unwrap_or_default()
        ),
        Relation::Score => {
            format!("{} × {}", by(TermRole::Weight).unwrap_or_default(), by(TermRole::Rate).unwrap_or_default())
        }
        _ => {
            let step = by(TermRole::Difference);
            let base = by(TermRole::Prior);
            let falls = claim.terms.iter().any(|term| term.negative);
            match (step, base, by(TermRole::Current)) {
                (Some(step), Some(base), _) => format!("{step} ÷ {base}"),
                (Some(step), None, Some(now)) => format!("{step} ÷ ({now} {} {step})", if falls { "+" } else { "-" }),
                (None, Some(base), Some(now)) => format!("{now} ÷ {base} - 1"),
                _ => String::new(),
            }
        }
    };
    let percent = if claim.relation == Relation::Score { "" } else { "%" };
    match (verdict.status, verdict.computed) {
        (Status::NotCheckable, _) | (_, None) => format!("{formula} ~ {}", shown(stated)),
        (Status::Consistent, _) => format!("{formula} = {}", shown(stated)),
        (Status::Inconsistent, Some(computed)) => {
            format!("{formula} = {}{percent} ≠ {}", computed.round_dp(4).normalize(), shown(stated))
        }
        (_, Some(computed)) => format!("{formula} = {}{percent} ≈ {}", computed.round_dp(4).normalize(), shown(stated)),
    }
}

fn joined(terms: &[ClaimTerm], material: &Material<'_>, stated: Option<&Fact>) -> String {
    let mut text = String::new();
    for (index, term) in terms.iter().filter(|term| term.role != TermRole::Whole).enumerate() {
        match (index, term.negative) {
            (0, false) => {}
            (0, true) => text.push('-'),
            (_, false) => text.push_str(" + "),
            (_, true) => text.push_str(" - "),
        }
        text.push_str(&beside(term, material, stated));
    }
    text
}

/// As printed, with its unit where the figure beside it has another one.
fn beside(term: &ClaimTerm, material: &Material<'_>, stated: Option<&Fact>) -> String {
    let unit = |fact: &Fact| fact.reported.unit.clone().filter(|_| fact.kind == FactKind::Money);
    let own = term.fact.and_then(|fact| material.facts.get(fact)).and_then(unit);
    let number = printed(term, material);
    match (own, stated.and_then(unit)) {
        (Some(own), Some(other)) if own != other => format!("{number}{own}"),
        _ => number,
    }
}

fn printed(term: &ClaimTerm, material: &Material<'_>) -> String {
    match term.fact.and_then(|fact| material.facts.get(fact)) {
        Some(fact) => shown(Some(fact)),
        None => term.constant.map(|value| value.to_string()).unwrap_or_default(),
    }
}

/// The number as printed, with % for rates.
pub(super) fn shown(fact: Option<&Fact>) -> String {
    let Some(fact) = fact else { return String::new() };
    let number = fact.reported.number.as_deref().unwrap_or_default();
    match fact.unit.as_deref() {
        Some("percent") => format!("{number}%"),
        Some("permille") => format!("{number}‰"),
        _ => number.to_owned(),
    }
}

/// What the terms give, in the unit the stated figure is printed in.
fn computed(claim: &Claim, verdict: &Verdict, material: &Material<'_>, stated: Option<&Fact>) -> String {
    let Some(value) = verdict.computed else { return String::new() };
    let reference = stated.or_else(|| claim.terms.first().and_then(|term| material.facts.get(term.fact?)));
    in_printed_unit(value, reference)
}

/// A value in base unit, shown in the unit of `fact`.
pub(super) fn in_printed_unit(value: Decimal, fact: Option<&Fact>) -> String {
    let percent = fact.is_some_and(|fact| fact.unit.as_deref() == Some("percent"));
    let unit = fact.and_then(|fact| fact.reported.unit.as_deref()).unwrap_or_default();
    let mut shown = (value / Decimal::from(10_u64.pow(scale_of(unit)))).normalize();
    if percent {
        return format!("{}%", shown.round_dp(4).normalize());
    }
    // As many digits behind the point as the figure that it stands beside.
    let digits =
        fact.and_then(|fact| fact.reported.number.as_deref()?.split_once('.')).map_or(0, |(_, digits)| digits.len());
    shown.rescale(shown.scale().max(u32::try_from(digits).unwrap_or(0)));
    shown.to_string()
}

fn unit_note(stated: Option<&Fact>) -> String {
    match stated.and_then(|fact| fact.reported.unit.as_deref()) {
        Some("%" | "‰" | "") | None => String::new(),
        Some(unit) => format!("（{unit}）"),
    }
}
