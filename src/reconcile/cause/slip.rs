//! Slips of the pen: a digit, two exchanged, one lost or doubled, the point or the unit elsewhere, the sign.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use super::super::Material;
use super::super::claim::Claim;
use super::super::evaluate::{Verdict, evaluate};
use super::super::operand::{Operand, unit_of};
use super::holds;
use crate::normalize::unit::scale_of;
use crate::record::{Fact, FactKind, Operation, Relation, TermRole};

/// A value that a figure may have been meant to have, with the place of its last digit (as in `Operand::own`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Meant {
    pub(super) value: Decimal,
    pub(super) own: i32,
}

/// Figures with the values they were probably meant to have.
pub(super) type Fixed = BTreeMap<usize, Meant>;

/// An operand, with the value it was probably meant to have.
pub(super) fn with_values<'a>(fact: usize, fixed: &Fixed, material: &Material<'a>) -> Option<Operand<'a>> {
    let mut operand = material.operand(fact)?;
    if let Some(meant) = fixed.get(&fact) {
        operand.value = meant.value;
        operand.own = meant.own;
        let counted = matches!(operand.fact.kind, FactKind::Count | FactKind::Score | FactKind::Weight);
        operand.exact = meant.value.is_zero() || counted;
    }
    Some(operand)
}

/// What a figure may have been meant to be for one claim to hold: the value rounded as the figure is printed, with a digit more
/// or less, as the other figures of the claim are, or the same digits with the point elsewhere.
pub(super) fn possible(
    claim: &Claim,
    suspect: usize,
    operand: &Operand<'_>,
    material: &Material<'_>,
    fixed: &Fixed,
) -> Vec<Meant> {
    let Some(value) = required(claim, suspect, material, fixed) else { return Vec::new() };
    let scale = scale_of_unit(operand.fact);
    let finest = claim.facts().filter_map(|fact| material.operand(fact)).map(|one| one.own).max();
    let finest = finest.filter(|finest| *finest > operand.own && operand.fact.kind != FactKind::Rate);
    let places = [Some(operand.own), finest, Some(operand.own - 1), Some(operand.own + 1)];
    let mut found: Vec<Meant> = Vec::new();
    for own in places.into_iter().flatten().filter(|own| own + scale >= 0) {
        if let Some(value) = quantized(value, own).filter(|value| found.iter().all(|one| one.value != *value)) {
            found.push(Meant { value, own });
        }
    }
    let near = |shifted: &Meant| {
        (shifted.value - value).abs().checked_mul(Decimal::ONE_HUNDRED) <= Some(value.abs())
            && found.iter().all(|one| one.value != shifted.value)
    };
    let shifts: Vec<Meant> = shifts(operand, scale).filter(near).collect();
    found.extend(shifts);
    found
}

/// The same digits with the point one to four places elsewhere.
fn shifts(operand: &Operand<'_>, scale: i32) -> impl Iterator<Item = Meant> {
    let (value, own) = (operand.value, operand.own);
    (1..=4_i32).flat_map(move |places| {
        let factor = Decimal::from(10_u32.pow(places.unsigned_abs()));
        let smaller = value.checked_div(factor).map(|value| Meant { value, own: own + places });
        let larger = value.checked_mul(factor).map(|value| Meant { value, own: (own - places).max(-scale) });
        [smaller, larger].into_iter().flatten()
    })
}

/// Rounded half away from zero to the last digit that is printed.
fn quantized(value: Decimal, decimals: i32) -> Option<Decimal> {
    let unit = unit_of(decimals);
    let units = value.checked_div(unit)?.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    units.checked_mul(unit)
}

/// The value that one figure must have for one claim to hold.
fn required(claim: &Claim, suspect: usize, material: &Material<'_>, fixed: &Fixed) -> Option<Decimal> {
    let verdict: Verdict = evaluate(claim, &|fact| with_values(fact, fixed, material));
    let value = material.operand(suspect)?.value;
    match claim.relation {
        Relation::Sum | Relation::Difference | Relation::Equal | Relation::WeightSum | Relation::ScoreSum => {
            let delta = verdict.delta?;
            if claim.stated == Some(suspect) {
                return Some(value - delta);
            }
            let term = claim.terms.iter().find(|term| term.fact == Some(suspect))?;
            Some(if term.negative { value - delta } else { value + delta })
        }
        Relation::ShareSum => Some(value + verdict.delta?),
        Relation::Ratio | Relation::Change | Relation::Score if claim.stated == Some(suspect) => verdict.computed,
        Relation::Ratio => {
            let other = |role| claim.terms.iter().find(|term| term.role == role).and_then(|term| term.fact);
            let stated = with_values(claim.stated?, fixed, material)?;
            let whole = if stated.fact.unit.as_deref() == Some("permille") {
                Decimal::ONE_THOUSAND
            } else {
                Decimal::ONE_HUNDRED
            };
            let rate = stated.value.checked_div(whole)?;
            let (numerator, denominator) = (other(TermRole::Numerator)?, other(TermRole::Denominator)?);
            if numerator == suspect {
                rate.checked_mul(with_values(denominator, fixed, material)?.value)
            } else {
                with_values(numerator, fixed, material)?.value.checked_div(rate)
            }
        }
        Relation::Change => change_term(claim, suspect, material, fixed),
        _ => None,
    }
}

/// The current, prior or differing amount of a change in percent: rate = difference / prior.
fn change_term(claim: &Claim, suspect: usize, material: &Material<'_>, fixed: &Fixed) -> Option<Decimal> {
    let falls = claim.terms.iter().any(|term| term.negative);
    let amount = |role| claim.terms.iter().find(|term| term.role == role).and_then(|term| term.fact);
    let value = |fact: Option<usize>| Some(with_values(fact?, fixed, material)?.value);
    let (current, prior, difference) =
        (amount(TermRole::Current), amount(TermRole::Prior), amount(TermRole::Difference));
    let printed = with_values(claim.stated?, fixed, material)?.value.checked_div(Decimal::ONE_HUNDRED)?;
    let rate = if falls { -printed } else { printed };
    let growth = Decimal::ONE.checked_add(rate)?;
    let is = |fact: Option<usize>| fact == Some(suspect);
    match (current, prior, difference) {
        (_, Some(_), Some(_)) if is(difference) => value(prior)?.checked_mul(printed),
        (_, Some(_), Some(_)) if is(prior) => value(difference)?.checked_div(printed),
        (Some(_), None, Some(_)) if is(difference) => value(current)?.checked_mul(printed)?.checked_div(growth),
        (Some(_), None, Some(_)) if is(current) => value(difference)?.checked_mul(growth)?.checked_div(printed),
        (Some(_), Some(_), None) if is(current) => value(prior)?.checked_mul(growth),
        (Some(_), Some(_), None) if is(prior) => value(current)?.checked_div(growth),
        _ => None,
    }
}

/// True when one slip at one of its figures accounts for a claim that fails. Short figures are a slip apart by chance, so the
/// value that the figure was meant to have, or for sums the largest of them, must be telling.
pub(in crate::reconcile) fn one_slip(claim: &Claim, digits: usize, material: &Material<'_>) -> bool {
    let adds = !matches!(claim.relation, Relation::Ratio | Relation::Change | Relation::Score);
    // Every figure is tried: of very many some would be a slip away.
    if claim.terms.len() > MOST_TERMS {
        return false;
    }
    let values = || claim.facts().filter_map(|fact| material.operand(fact)).map(|operand| operand.value);
    let told = if adds { Told::ByAll(common_digits(values())) } else { Told::ByMeant };
    claim.facts().any(|suspect| {
        let Some(operand) = material.operand(suspect) else { return false };
        let repairs = |meant: &Meant| {
            meant.value != operand.value
                && slip_to(&operand, *meant)
                    .filter(|slip| *slip != Operation::Sign || operand.value.is_sign_negative())
                    .is_some_and(|slip| told.is_no_chance(&operand, *meant, slip, digits))
                && holds(evaluate(claim, &|fact| with_values(fact, &Fixed::from([(suspect, *meant)]), material)).status)
        };
        possible(claim, suspect, &operand, material, &Fixed::new()).iter().any(repairs)
    })
}

/// Terms of a sum in which a slip is looked for.
pub(super) const MOST_TERMS: usize = 300;

/// Digits of the largest figure, without the zeros that all of them end with: 300.00, 80.00 and 60.00 are counted in tens,
/// and among thirty of these many sums are a slip apart by chance.
fn common_digits(values: impl Iterator<Item = Decimal>) -> usize {
    let values: Vec<Decimal> = values.filter(|value| !value.is_zero()).map(|value| value.abs()).collect();
    let Some(largest) = values.iter().max().copied() else { return 0 };
    let places = values.iter().map(|value| decimal_places(*value)).max().unwrap_or_default();
    let Some(counted) = largest.checked_div(unit_of(places)) else { return usize::MAX };
    counted.trunc().normalize().to_string().chars().count()
}

/// Places behind the point up to the last digit other than zero; below zero for whole tens.
fn decimal_places(value: Decimal) -> i32 {
    let value = value.normalize();
    if value.scale() > 0 {
        return i32::try_from(value.scale()).unwrap_or_default();
    }
    let zeros = value.to_string().chars().rev().take_while(|c| *c == '0').count();
    -i32::try_from(zeros).unwrap_or_default()
}

/// Digits of a figure that is no chance where nothing else ties it to the others.
pub(in crate::reconcile) const LOOSE: usize = 4;
/// Digits of one in a sentence that says what it is to the others.
pub(in crate::reconcile) const BOUND: usize = 3;

/// A figure of so many digits that another one like it is no chance.
pub(in crate::reconcile) fn is_telling(operand: &Operand<'_>, digits: usize) -> bool {
    printed(operand.value, operand.own, scale_of_unit(operand.fact))
        .is_some_and(|shown| telling_digits(&shown) >= digits)
}

/// Zeros at the end of a whole number say nothing.
fn telling_digits(shown: &[char]) -> usize {
    let zeros = if shown.contains(&'.') { 0 } else { shown.iter().rev().take_while(|c| **c == '0').count() };
    shown.iter().filter(|c| c.is_ascii_digit()).count() - zeros
}

/// What says that a figure one slip away is no chance.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// The digits of the figure that was meant.
    ByMeant,
    /// So many digits of all figures together.
    ByAll(usize),
}

impl Told {
    /// Among the figures with as many digits few are one digit away, and fewer still have their digits exchanged, doubled or
    /// the point elsewhere: one digit less will do for these.
    fn is_no_chance(self, operand: &Operand<'_>, meant: Meant, slip: Operation, digits: usize) -> bool {
        let found = match self {
            Self::ByAll(found) => found,
            Self::ByMeant => match printed(meant.value, meant.own, scale_of_unit(operand.fact)) {
                Some(shown) => telling_digits(&shown),
                None => return false,
            },
        };
        let rare = !matches!(slip, Operation::Digit | Operation::DroppedDigit);
        found + usize::from(rare) >= digits
    }
}

/// Two figures one slip apart that are no chance.
pub(in crate::reconcile) fn slip_apart(a: &Operand<'_>, b: &Operand<'_>, digits: usize) -> bool {
    let meant = |one: &Operand<'_>| Meant { value: one.value, own: one.own };
    let told = Told::ByAll(common_digits([a.value, b.value].into_iter()));
    let telling = |from: &Operand<'_>, to: &Operand<'_>| {
        slip_to(from, meant(to)).is_some_and(|slip| told.is_no_chance(from, meant(to), slip, digits))
    };
    telling(a, b) && telling(b, a)
}

/// Whether one slip would turn one printed figure into the other.
pub(in crate::reconcile) fn slipped(a: &Operand<'_>, b: &Operand<'_>) -> bool {
    slip_to(a, Meant { value: b.value, own: b.own }).is_some()
}

/// Power of ten of the printed unit.
pub(super) fn scale_of_unit(fact: &Fact) -> i32 {
    i32::try_from(scale_of(fact.reported.unit.as_deref().unwrap_or_default())).unwrap_or(0)
}

/// A value as it would be printed in the figure's unit, without its sign.
fn printed(value: Decimal, own: i32, scale: i32) -> Option<Vec<char>> {
    let mut shown = value.abs().checked_mul(unit_of(scale))?.normalize();
    let decimals = u32::try_from(own + scale).ok().filter(|decimals| shown.scale() <= *decimals)?;
    shown.rescale(decimals);
    Some(shown.to_string().chars().collect())
}

/// The slip that would turn a printed figure into another value.
pub(super) fn slip_to(operand: &Operand<'_>, meant: Meant) -> Option<Operation> {
    if meant.value == -operand.value && !meant.value.is_zero() {
        return Some(Operation::Sign);
    }
    if meant.value.is_sign_negative() != operand.value.is_sign_negative() {
        return None;
    }
    let scale = scale_of_unit(operand.fact);
    let from = printed(operand.value, operand.own, scale)?;
    let to = printed(meant.value, meant.own, scale)?;
    if meant.own == operand.own && from.len() == to.len() {
        let digits = |text: &[char]| -> Vec<char> { text.iter().copied().filter(char::is_ascii_digit).collect() };
        let (left, right) = (digits(&from), digits(&to));
        let differing: Vec<usize> = (0..left.len()).filter(|at| left.get(*at) != right.get(*at)).collect();
        match differing.as_slice() {
            [_] => return Some(Operation::Digit),
            [first, second]
                if first + 1 == *second
                    && left.get(*first) == right.get(*second)
                    && left.get(*second) == right.get(*first) =>
            {
                return Some(Operation::Transposition);
            }
            _ => {}
        }
    }
    if shifted(operand.value, meant.value) {
        let ratio = (meant.value / operand.value).normalize();
        let unit_slip = ratio == Decimal::from(10_000) || ratio == Decimal::new(1, 4);
        return Some(if unit_slip { Operation::UnitSlip } else { Operation::DecimalShift });
    }
    if one_more(&from, &to) {
        return Some(Operation::DroppedDigit);
    }
    one_more(&to, &from).then_some(Operation::DoubledDigit)
}

/// One is the other times a power of ten.
fn shifted(a: Decimal, b: Decimal) -> bool {
    let bare = |value: Decimal| value.abs().normalize().to_string().replace('.', "").trim_matches('0').to_owned();
    !a.is_zero() && !b.is_zero() && bare(a) == bare(b) && a.abs() != b.abs()
}

/// `longer` is `shorter` with one digit put in.
fn one_more(shorter: &[char], longer: &[char]) -> bool {
    longer.len() == shorter.len() + 1
        && (0..longer.len())
            .any(|skip| longer.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, c)| c).eq(shorter.iter()))
}
