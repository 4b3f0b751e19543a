//! Evaluation of a claim: exact decimals, intervals by printed and sibling precision, statuses.
//!
//! A sum holds at the finest precision among its figures or is `rounding` when the rounding of its terms accounts for the gap.
//! A rate is compared by cross-multiplying; one that is cut off instead of rounded is `truncation`.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Material;
use super::claim::{Claim, ClaimTerm};
use super::operand::{Operand, unit_of};
use crate::record::{Figure, Origin, Relation, Status, TermRole};

/// The verdict on one claim.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) status: Status,
    pub(super) computed: Option<Decimal>,
    pub(super) delta: Option<Decimal>,
    pub(super) excess: Option<Decimal>,
    pub(super) reason: Option<&'static str>,
}

impl Verdict {
    /// `delta` is what is stated less `computed`; rounding may account for `slack` of it.
    fn of_gap(computed: Decimal, delta: Decimal, slack: Decimal) -> Self {
        let status = if delta.is_zero() {
            Status::Consistent
        } else if delta.abs() <= slack {
            Status::Rounding
        } else {
            Status::Inconsistent
        };
        let excess = (delta.abs() - slack).max(Decimal::ZERO);
        Self { status, computed: Some(computed), delta: Some(delta), excess: Some(excess), reason: None }
    }

    fn not_checkable(reason: &'static str) -> Self {
        Self { status: Status::NotCheckable, computed: None, delta: None, excess: None, reason: Some(reason) }
    }
}

/// Looks values up by fact index; lets the search for a cause put other values in place.
pub(super) type Lookup<'a> = dyn Fn(usize) -> Option<Operand<'a>> + 'a;

/// The claim holds to the digit or within rounding.
pub(super) fn adds_up(claim: &Claim, material: &Material<'_>) -> bool {
    matches!(evaluate(claim, &|fact| material.operand(fact)).status, Status::Consistent | Status::Rounding)
}

/// The claim holds, if only because its figure was cut off instead of rounded.
pub(super) fn holds(claim: &Claim, material: &Material<'_>) -> bool {
    let status = evaluate(claim, &|fact| material.operand(fact)).status;
    matches!(status, Status::Consistent | Status::Rounding | Status::Truncation)
}

/// Evaluates a claim.
pub(super) fn evaluate(claim: &Claim, operand: &Lookup<'_>) -> Verdict {
    match claim.relation {
        Relation::Sum | Relation::Difference | Relation::WeightSum | Relation::ScoreSum | Relation::Equal => {
            sum(claim, operand)
        }
        Relation::ShareSum => share_sum(claim, operand),
        Relation::Ratio => ratio(claim, operand),
        Relation::Change => change(claim, operand),
        Relation::Score => score(claim, operand),
        Relation::Bound => bound(claim, operand),
    }
    .unwrap_or_else(|| Verdict::not_checkable("absent_value"))
}

fn value_of(term: &ClaimTerm, operand: &Lookup<'_>) -> Option<Decimal> {
    let value = match term.fact {
        Some(fact) => operand(fact)?.value,
        None => term.constant?,
    };
    Some(if term.negative { -value } else { value })
}

fn sum(claim: &Claim, operand: &Lookup<'_>) -> Option<Verdict> {
    let stated = operand(claim.stated?)?;
    let terms: Vec<Operand<'_>> = claim.terms.iter().filter_map(|term| operand(term.fact?)).collect();
    let mut computed = Decimal::ZERO;
    for term in &claim.terms {
        computed = computed.checked_add(value_of(term, operand)?)?;
    }
    let delta = stated.value.checked_sub(computed)?;
    let all = || terms.iter().chain(std::iter::once(&stated));
    let finest = all().map(|one| one.shared.max(one.own)).max()?;
    let rounded = all().filter(|one| !one.exact).count();
    let half = Decimal::new(5, 1);
    let shared_slack = Decimal::from(rounded) * half * unit_of(finest);
    let own_slack: Decimal = all().filter(|one| !one.exact).map(|one| half * unit_of(one.own)).sum();
    let slack = shared_slack.max(own_slack);
    Some(Verdict::of_gap(computed, delta, slack))
}

/// Shares add up to 100, each within half of its last digit.
fn share_sum(claim: &Claim, operand: &Lookup<'_>) -> Option<Verdict> {
    let hundred = Decimal::ONE_HUNDRED;
    let mut total = Decimal::ZERO;
    let mut slack = Decimal::ZERO;
    for term in claim.terms.iter().filter(|term| term.fact.is_some()) {
        let share = operand(term.fact?)?;
        total += share.value;
        if !share.exact {
            slack += Decimal::new(5, 1) * unit_of(share.own);
        }
    }
    let delta = hundred - total;
    Some(Verdict::of_gap(total, delta, slack))
}

fn by_role<'a>(claim: &Claim, role: TermRole, operand: &Lookup<'a>) -> Option<Operand<'a>> {
    claim.terms.iter().find(|term| term.role == role).and_then(|term| operand(term.fact?))
}

fn ratio(claim: &Claim, operand: &Lookup<'_>) -> Option<Verdict> {
    let stated = operand(claim.stated?)?;
    let numerator = by_role(claim, TermRole::Numerator, operand)?;
    let denominator = by_role(claim, TermRole::Denominator, operand)?;
    Some(rate(&stated, &Range::new(&numerator), &Range::new(&denominator)))
}

/// What an operand may stand for.
struct Range {
    low: Decimal,
    value: Decimal,
    high: Decimal,
}

impl Range {
    fn new(operand: &Operand<'_>) -> Self {
        // Amounts in 亿元 are too coarse to be taken as they stand; all others are, rates are not widened until they fit.
        let half =
            if operand.exact || !operand.coarse() { Decimal::ZERO } else { Decimal::new(5, 1) * unit_of(operand.own) };
        Self { low: operand.value - half, value: operand.value, high: operand.value + half }
    }

    /// What is left of a minus b.
    fn less(a: &Self, b: &Self) -> Self {
        Self { low: a.low - b.high, value: a.value - b.value, high: a.high - b.low }
    }
}

/// Compares a printed percentage with part / whole. No division decides.
fn rate(stated: &Operand<'_>, part: &Range, whole: &Range) -> Verdict {
    if !matches!(stated.fact.unit.as_deref(), Some("percent" | "permille")) {
        return Verdict::not_checkable("unit_unclear");
    }
    if whole.value.is_zero() {
        return Verdict::not_checkable("zero_base");
    }
    if whole.value.is_sign_negative() || whole.low <= Decimal::ZERO {
        return Verdict::not_checkable("base_not_positive");
    }
    let scale =
        if stated.fact.unit.as_deref() == Some("permille") { Decimal::ONE_THOUSAND } else { Decimal::ONE_HUNDRED };
    let unit = unit_of(stated.own);
    let half = unit * Decimal::new(5, 1);
    let scaled = part.value * scale;
    let between = |low: Decimal, high: Decimal| low * whole.value <= scaled && scaled <= high * whole.value;
    let cut = stated.value * whole.value <= scaled && scaled < (stated.value + unit) * whole.value;
    let meets = part.low * scale <= (stated.value + half) * whole.high
        && part.high * scale >= (stated.value - half) * whole.low;
    let status = if between(stated.value - half, stated.value + half) {
        Status::Consistent
    } else if cut {
        Status::Truncation
    } else if meets || rounded_twice(stated, scaled / whole.value) {
        Status::Rounding
    } else {
        Status::Inconsistent
    };
    let computed = (scaled / whole.value).round_dp(6);
    let delta = stated.value - computed;
    let excess = if status == Status::Inconsistent { (delta.abs() - half).max(Decimal::ZERO) } else { Decimal::ZERO };
    Verdict { status, computed: Some(computed), delta: Some(delta), excess: Some(excess), reason: None }
}

/// 44.4495 is 44.45 and then 44.5. Only an excuse: what fails without it is divided, nothing else.
fn rounded_twice(stated: &Operand<'_>, exact: Decimal) -> bool {
    let round =
        |value: Decimal, places: u32| value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    u32::try_from(stated.own).is_ok_and(|own| round(round(exact, own + 1), own) == stated.value)
}

/// A change in percent: from current and difference, or current and prior. Differences are printed without sign; the term's
/// sign says which way it goes.
fn change(claim: &Claim, operand: &Lookup<'_>) -> Option<Verdict> {
    let stated = operand(claim.stated?)?;
    let falls = claim.terms.iter().any(|term| term.negative);
    let current = by_role(claim, TermRole::Current, operand);
    let prior = by_role(claim, TermRole::Prior, operand);
    let difference = by_role(claim, TermRole::Difference, operand);
    let range = |one: &Operand<'_>| Range::new(one);
    let (part, whole) = match (&current, &difference, &prior) {
        (_, Some(difference), Some(prior)) => (range(difference), range(prior)),
        (Some(current), Some(difference), None) => {
            let (now, step) = (range(current), range(difference));
            let before = if falls {
                Range { low: now.low + step.low, value: now.value + step.value, high: now.high + step.high }
            } else {
                Range::less(&now, &step)
            };
            (step, before)
        }
        (Some(current), None, Some(prior)) => {
            let (now, before) = (range(current), range(prior));
            let step = if falls { Range::less(&before, &now) } else { Range::less(&now, &before) };
            (step, before)
        }
        _ => return None,
    };
    Some(rate(&stated, &part, &whole))
}

/// Points = weight x min(rate, 100 %), at the precision of the points.
fn score(claim: &Claim, operand: &Lookup<'_>) -> Option<Verdict> {
    let stated = operand(claim.stated?)?;
    let rate = by_role(claim, TermRole::Rate, operand)?;
    let weight = by_role(claim, TermRole::Weight, operand)?;
    let whole =
        if rate.fact.unit.as_deref() == Some("permille") { Decimal::ONE_THOUSAND } else { Decimal::ONE_HUNDRED };
    let over = rate.value > whole;
    let computed = weight.value * rate.value.min(whole) / whole;
    let delta = stated.value - computed;
    let slack = Decimal::new(5, 1) * (unit_of(stated.own) + weight.value * unit_of(rate.own) / whole);
    let (status, reason) = match () {
        () if delta.is_zero() => (Status::Consistent, None),
        () if delta.abs() <= slack => (Status::Rounding, None),
        () if claim.origin == Origin::Declared => (Status::Inconsistent, None),
        () if over => (Status::NotCheckable, Some("rate_over_100")),
        // Forms give points by steps as often as in proportion; a pipeline that declares it knows.
        () => (Status::NotCheckable, Some("score_formula_not_stated")),
    };
    Some(Verdict {
        status,
        computed: Some(computed.normalize()),
        delta: Some(delta.normalize()),
        excess: Some((delta.abs() - slack).max(Decimal::ZERO).normalize()),
        reason,
    })
}

/// part <= whole.
fn bound(claim: &Claim, operand: &Lookup<'_>) -> Option<Verdict> {
    let part = operand(claim.stated?)?;
    let whole = by_role(claim, TermRole::Whole, operand)?;
    let half = |one: &Operand<'_>| if one.exact { Decimal::ZERO } else { Decimal::new(5, 1) * unit_of(one.own) };
    let over = part.value - whole.value;
    let slack = half(&part) + half(&whole);
    let status = if over <= Decimal::ZERO {
        Status::Consistent
    } else if over <= slack {
        Status::Rounding
    } else {
        Status::Inconsistent
    };
    Some(Verdict {
        status,
        computed: Some(whole.value),
        delta: Some(over),
        excess: Some((over - slack).max(Decimal::ZERO)),
        reason: None,
    })
}

/// A decimal as a figure.
pub(super) fn figure(value: Option<Decimal>) -> Option<Figure> {
    value.map(Figure)
}
