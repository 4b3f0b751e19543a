//! The numbers of workbooks as decimal digits.
//!
//! In: a number written out, as XLSX, ODS and SpreadsheetML have it; of the doubles that XLS and XLSB store calamine prints
//! the shortest digits that are theirs. Out: its decimal digits, at most 15 of them, as a string or as digits to format.
//! Wrong: what is no number, infinities and NaN give nothing.
//!
//! Follows what Excel shows and computes with: 15 significant digits. 0.1 + 0.2 is stored as 0.30000000000000004 and is
//! 0.3 here.

use std::fmt::{self, Write};

/// Digits that Excel keeps.
const SIGNIFICANT: usize = 15;

/// A decimal number as sign, digits and the place of its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    /// Below zero.
    pub(super) negative: bool,
    /// The first one is not 0, nor is the last one; none for zero.
    digits: Digits,
    /// The value is 0.DIGITS times ten to the power of this.
    pub(super) exponent: i32,
}

impl Decimal {
    const ZERO: Self = Self { negative: false, digits: Digits::NONE, exponent: 0 };

    /// A number written out (`-12.50`, `1E-05`) at 15 significant digits, without passing through a float.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let power: i32 = power.parse().ok()?;
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = integer.bytes().chain(fraction.bytes());
        if integer.len() + fraction.len() == 0 || !all.clone().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let zeros = all.clone().take_while(|byte| *byte == b'0').count();
        let mut digits = Digits::NONE;
        all.skip(zeros).for_each(|byte| digits.push(byte - b'0'));
        if digits.is_empty() {
            return Some(Self::ZERO);
        }
        let exponent =
            i32::try_from(integer.len()).ok()?.checked_sub(i32::try_from(zeros).ok()?)?.checked_add(power)?;
        let places = i32::try_from(SIGNIFICANT).ok()?.checked_sub(exponent)?;
        // Rounding counts places after the point: move the point so that there are exactly 15 digits before it.
        let all = Self { negative, digits, exponent };
        Some(if digits.len() > SIGNIFICANT {
            all.shifted(places).rounded(0).shifted(places.checked_neg()?)
        } else {
            all.tidied()
        })
    }

    /// True for zero.
    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The same number above zero.
    pub(super) fn absolute(self) -> Self {
        Self { negative: false, ..self }
    }

    /// Compares what stands behind the sign.
    pub(super) fn compare_size(&self, other: &Self) -> std::cmp::Ordering {
        self.exponent.cmp(&other.exponent).then_with(|| self.digits.as_slice().cmp(other.digits.as_slice()))
    }

    /// Number of digits before the point; 0 when there are none.
    pub(super) fn integer_len(&self) -> usize {
        usize::try_from(self.exponent).unwrap_or(0)
    }

    /// A digit before the point, the first one has index 0.
    pub(super) fn integer_digit(&self, index: usize) -> u8 {
        self.digits.as_slice().get(index).copied().unwrap_or(0)
    }

    /// Number of digits after the point, without trailing zeros.
    pub(super) fn fraction_len(&self) -> usize {
        let digits = i64::try_from(self.digits.len()).unwrap_or(0);
        if self.is_zero() { 0 } else { usize::try_from(digits - i64::from(self.exponent)).unwrap_or(0) }
    }

    /// A digit after the point, the first one has index 0; 0 beyond the last.
    pub(super) fn fraction_digit(&self, index: usize) -> u8 {
        let at = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(i64::from(self.exponent));
        usize::try_from(at).map_or(0, |at| self.integer_digit(at))
    }

    /// The digits before the point; empty when there are none.
    pub(super) fn integer(&self) -> Vec<u8> {
        (0..self.integer_len()).map(|index| self.integer_digit(index)).collect()
    }

    /// The digits after the point, without trailing zeros.
    pub(super) fn fraction(&self) -> Vec<u8> {
        (0..self.fraction_len()).map(|index| self.fraction_digit(index)).collect()
    }

    /// The same number with its point moved; positive multiplies.
    pub(super) fn shifted(mut self, places: i32) -> Self {
        self.exponent = if self.is_zero() { 0 } else { self.exponent.saturating_add(places) };
        self
    }

    /// Rounded half away from zero to so many digits after the point.
    pub(super) fn rounded(mut self, places: usize) -> Self {
        let keep = i64::from(self.exponent) + i64::try_from(places).unwrap_or(i64::MAX / 2);
        let Ok(keep) = usize::try_from(keep) else { return Self::ZERO };
        let up = self.digits.as_slice().get(keep).is_some_and(|digit| *digit >= 5);
        self.digits.truncate(keep);
        if up && self.digits.increment() {
            self.exponent += 1;
        }
        self.tidied()
    }

    /// Without trailing zeros, zero without a sign.
    fn tidied(mut self) -> Self {
        self.digits.trim_zeros();
        if self.digits.is_empty() { Self::ZERO } else { self }
    }

    /// Plain notation; powers of ten that no report prints stay scientific.
    pub(super) fn plain(&self) -> String {
        let mut out = String::new();
        self.push_plain(&mut out);
        out
    }

    /// Appends what [`plain`](Self::plain) gives.
    pub(super) fn push_plain(&self, out: &mut String) {
        if self.negative {
            out.push('-');
        }
        if self.exponent.abs() > 40 {
            for (index, digit) in self.digits.as_slice().iter().enumerate() {
                if index == 1 {
                    out.push('.');
                }
                out.push(ascii(*digit));
            }
            // Writing to a String cannot fail.
            let _ = write!(out, "E{}", self.exponent - 1);
            return;
        }
        if self.integer_len() == 0 {
            out.push('0');
        }
        out.extend((0..self.integer_len()).map(|index| ascii(self.integer_digit(index))));
        if self.fraction_len() > 0 {
            out.push('.');
        }
        out.extend((0..self.fraction_len()).map(|index| ascii(self.fraction_digit(index))));
    }
}

/// A digit as a character.
pub(super) fn ascii(digit: u8) -> char {
    char::from(b'0' + digit.min(9))
}

/// Digits 0 to 9 in place: those that Excel keeps and the one that tells how to round.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Digits {
    /// Zeros beyond `length`, so that equal digits are equal values.
    bytes: [u8; SIGNIFICANT + 1],
    length: u8,
}

impl Digits {
    const NONE: Self = Self { bytes: [0; SIGNIFICANT + 1], length: 0 };

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or(&self.bytes)
    }

    fn len(&self) -> usize {
        usize::from(self.length)
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds a digit; those that have no place change nothing that is kept.
    fn push(&mut self, digit: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
            *place = digit;
            self.length += 1;
        }
    }

    fn truncate(&mut self, length: usize) {
        if length < self.len() {
            self.bytes.iter_mut().skip(length).for_each(|digit| *digit = 0);
            self.length = u8::try_from(length).unwrap_or(self.length);
        }
    }

    fn trim_zeros(&mut self) {
        while self.as_slice().last() == Some(&0) {
            self.length -= 1;
        }
    }

    /// Adds one to the last digit; true when that carried beyond the first one, which leaves a single 1.
    fn increment(&mut self) -> bool {
        let length = self.len();
        for digit in self.bytes.iter_mut().take(length).rev() {
            if *digit < 9 {
                *digit += 1;
                return false;
            }
            *digit = 0;
        }
        *self = Self::NONE;
        self.push(1);
        true
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_numbers_are_read_exactly() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Decimal::parse(text).map(|decimal| decimal.plain()).as_deref(), expected, "{text}");
        };
        check("3518.64", Some("3518.64"));
        check("-0012.50", Some("-12.5"));
        check("1.5E-05", Some("0.000015"));
        check("-0", Some("0"));
        check("1E100", Some("1E100"));
        check("NaN", None);
        check("inf", None);
        check("0.30000000000000004", Some("0.3"));
        check("12345678901234567", Some("12345678901234600"));
        check("0.00", Some("0"));
        check(".5", Some("0.5"));
        check("", None);
        check("1e", None);
        check("12a", None);
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        let check = |text: &str, places: usize, expected: &str| {
            assert_eq!(Decimal::parse(text).unwrap().rounded(places).plain(), expected);
        };
        check("0.745", 2, "0.75");
        check("-0.745", 2, "-0.75");
        check("9.999", 2, "10");
        check("0.004", 2, "0");
        check("0.5", 0, "1");
        check("1234.5", 0, "1235");
        check("0.0004", 2, "0");
    }
}
