//! The floats of workbooks as decimal strings: the only place where a figure is a float.
//!
//! In: the double that calamine hands over. Out: its decimal digits, at most 15 of them, as a string or as digits to
//! format. Wrong: infinities and NaN, which no workbook can store, give nothing.
//!
//! Follows what Excel shows and computes with: 15 significant digits. 0.1 + 0.2 is stored as 0.30000000000000004 and is
//! 0.3 here.

/// Digits that Excel keeps.
const SIGNIFICANT: usize = 15;

/// A decimal number as sign, digits and the place of its point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    /// Below zero.
    pub(super) negative: bool,
    /// Digits 0 to 9, the first one not 0; empty for zero.
    pub(super) digits: Vec<u8>,
    /// The value is 0.DIGITS times ten to the power of this.
    pub(super) exponent: i32,
}

impl Decimal {
    /// A double at 15 significant digits.
    pub(super) fn from_double(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        // The shortest text that gives the same double is its decimal when that has no more than 15 digits.
        let mut text = format!("{value:e}");
        let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
        if digits > SIGNIFICANT {
            text = format!("{value:.14e}");
        }
        let (mantissa, exponent) = text.split_once('e')?;
        let negative = mantissa.starts_with('-');
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let exponent = if digits.is_empty() { 0 } else { exponent.parse::<i32>().ok()? + 1 };
        Some(Self { negative: negative && !digits.is_empty(), digits, exponent })
    }

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
        let mut digits: Vec<u8> = all.skip(zeros).map(|byte| byte - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let exponent =
            i32::try_from(integer.len()).ok()?.checked_sub(i32::try_from(zeros).ok()?)?.checked_add(power)?;
        let all = Self { negative, digits, exponent };
        let places = i32::try_from(SIGNIFICANT).ok()?.checked_sub(exponent)?;
        // Rounding counts places after the point: move the point so that there are exactly 15 digits before it.
        Some(if all.digits.len() > 15 { all.shifted(places).rounded(0).shifted(places.checked_neg()?) } else { all })
    }

    /// True for zero.
    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The digits before the point; empty when there are none.
    pub(super) fn integer(&self) -> Vec<u8> {
        let length = usize::try_from(self.exponent).unwrap_or(0);
        let mut digits: Vec<u8> = self.digits.iter().copied().take(length).collect();
        digits.resize(if self.is_zero() { 0 } else { length }, 0);
        digits
    }

    /// The digits after the point, without trailing zeros.
    pub(super) fn fraction(&self) -> Vec<u8> {
        let zeros = usize::try_from(-self.exponent).unwrap_or(0);
        let skip = usize::try_from(self.exponent).unwrap_or(0);
        if self.is_zero() {
            return Vec::new();
        }
        std::iter::repeat_n(0, zeros).chain(self.digits.iter().copied().skip(skip)).collect()
    }

    /// The same number with its point moved; positive multiplies.
    pub(super) fn shifted(mut self, places: i32) -> Self {
        self.exponent = if self.is_zero() { 0 } else { self.exponent.saturating_add(places) };
        self
    }

    /// Rounded half away from zero to so many digits after the point.
    pub(super) fn rounded(mut self, places: usize) -> Self {
        let keep = i64::from(self.exponent) + i64::try_from(places).unwrap_or(i64::MAX / 2);
        if keep < 0 {
            return Self { negative: false, digits: Vec::new(), exponent: 0 };
        }
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        let up = self.digits.get(keep).is_some_and(|digit| *digit >= 5);
        self.digits.truncate(keep);
        if up {
            let mut carry = true;
            for digit in self.digits.iter_mut().rev() {
                if *digit < 9 {
                    *digit += 1;
                    carry = false;
                    break;
                }
                *digit = 0;
            }
            if carry {
                self.digits.insert(0, 1);
                self.exponent += 1;
            }
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            (self.negative, self.exponent) = (false, 0);
        }
        self
    }

    /// Plain notation; powers of ten that no report prints stay scientific.
    pub(super) fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.exponent.abs() > 40 {
            let mut digits = text_of(&self.digits);
            if digits.len() > 1 {
                digits.insert(1, '.');
            }
            return format!("{sign}{digits}E{}", self.exponent - 1);
        }
        let (integer, fraction) = (text_of(&self.integer()), text_of(&self.fraction()));
        let integer = if integer.is_empty() { "0" } else { &integer };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{integer}{point}{fraction}")
    }
}

/// Digits as characters.
pub(super) fn text_of(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit.min(&9))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_have_fifteen_digits() {
        let check = |value: f64, expected: &str| {
            assert_eq!(Decimal::from_double(value).unwrap().plain(), expected);
        };
        check(0.1 + 0.2, "0.3");
        check(3518.64, "3518.64");
        check(-0.0, "0");
        check(-1.5, "-1.5");
        check(1e15, "1000000000000000");
        check(0.000_012_34, "0.00001234");
        check(123_456_789_012_345_680.0, "123456789012346000");
        check(1e100, "1E100");
        check(100.0, "100");
        assert_eq!(Decimal::from_double(f64::NAN), None);
    }

    #[test]
    fn written_numbers_are_read_exactly() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Decimal::parse(text).map(|decimal| decimal.plain()).as_deref(), expected, "{text}");
        };
        check("3518.64", Some("3518.64"));
        check("-0012.50", Some("-12.5"));
        check("1.5E-05", Some("0.000015"));
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
        let check = |value: f64, places: usize, expected: &str| {
            assert_eq!(Decimal::from_double(value).unwrap().rounded(places).plain(), expected);
        };
        check(0.745, 2, "0.75");
        check(-0.745, 2, "-0.75");
        check(9.999, 2, "10");
        check(0.004, 2, "0");
        check(0.5, 0, "1");
        check(1234.5, 0, "1235");
        check(0.0004, 2, "0");
    }
}
