//! Two figures of different reports: whether they may be the same, and whether a slip of the pen sets them apart.
//!
//! In: facts. Out: yes or no, by the same intervals and slips that checks within a report go by. A fact without a figure is
//! nobody's equal and nobody's slip.

use rust_decimal::Decimal;

use super::cause::{LOOSE, slip_apart};
use super::operand::{Operand, unit_of};
use crate::record::Fact;

/// The intervals of the two meet, at the digits printed or known, whichever are fewer.
#[must_use]
pub fn may_be_the_same(one: &Fact, other: &Fact) -> bool {
    let (Some(one), Some(other)) = (Operand::new(one), Operand::new(other)) else { return false };
    (one.value - other.value).abs() <= slack(&one) + slack(&other)
}

/// One slip of the pen turns one into the other, and they are too long for that to be chance.
#[must_use]
pub fn one_slip_apart(one: &Fact, other: &Fact) -> bool {
    let (Some(one), Some(other)) = (Operand::new(one), Operand::new(other)) else { return false };
    slip_apart(&one, &other, LOOSE)
}

/// Half of the last digit; amounts in 亿元 are cut off as often as rounded.
fn slack(operand: &Operand<'_>) -> Decimal {
    let digit = unit_of(operand.own.min(operand.shared));
    match () {
        () if operand.exact => Decimal::ZERO,
        () if operand.coarse() => digit,
        () => digit * Decimal::new(5, 1),
    }
}
