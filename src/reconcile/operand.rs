//! Facts as operands: value, precision, and what may be done with them.

use rust_decimal::Decimal;

use crate::normalize::unit::scale_of;
use crate::record::{At, BoundName, Fact, FactKind};

/// A fact with a value, ready for arithmetic.
#[derive(Debug, Clone)]
pub(super) struct Operand<'a> {
    pub(super) fact: &'a Fact,
    pub(super) value: Decimal,
    /// Digits printed, in base unit (3518.64 万元: -2).
    pub(super) own: i32,
    /// Digits known with the siblings' help.
    pub(super) shared: i32,
    /// Counts, scores and weights are exact; so is zero.
    pub(super) exact: bool,
}

impl<'a> Operand<'a> {
    /// `None` for facts without a figure.
    pub(super) fn new(fact: &'a Fact) -> Option<Self> {
        let value = fact.value?.0;
        let shared = fact.decimals?;
        let exact = value.is_zero() || matches!(fact.kind, FactKind::Count | FactKind::Score | FactKind::Weight);
        Some(Self { fact, value, own: own_decimals(fact).unwrap_or(shared), shared, exact })
    }

    /// 约, 以上 and the like: such a figure never makes an error.
    pub(super) fn approximate(&self) -> bool {
        self.fact.bound != BoundName::Exact
    }

    /// Amounts in 亿元 with few decimals are too coarse to be taken as they stand.
    pub(super) fn coarse(&self) -> bool {
        self.fact.reported.unit.as_deref().is_some_and(|unit| unit.contains('亿'))
    }
}

/// Digits printed behind the point, less the power of ten of the unit.
fn own_decimals(fact: &Fact) -> Option<i32> {
    let printed = fact.reported.number.as_deref()?;
    let digits =
        printed.split_once('.').map_or(0, |(_, fraction)| fraction.chars().filter(char::is_ascii_digit).count());
    let unit = fact.reported.unit.as_deref().unwrap_or_default();
    Some(i32::try_from(digits).ok()? - i32::try_from(scale_of(unit)).ok()?)
}

/// 10^-decimals: the unit of the last known digit.
pub(super) fn unit_of(decimals: i32) -> Decimal {
    let ten = Decimal::from(10);
    let mut unit = Decimal::ONE;
    for _ in 0..decimals.unsigned_abs().min(20) {
        unit = if decimals > 0 { unit / ten } else { unit * ten };
    }
    unit
}

/// The record id of the block or table a fact stands in.
pub(super) fn home(at: &At) -> &str {
    match at {
        At::Cell { table, .. } => table,
        At::Text { block, .. } | At::Block { block } => block,
        At::Part { name } => name,
        At::Document => "",
    }
}
