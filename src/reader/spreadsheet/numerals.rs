//! Digits and numbers as Chinese Excel writes them with `[DBNum1]` (一百二十), `[DBNum2]` (壹佰贰拾) and `[DBNum3]` (１２０).
//!
//! In: decimal digits. Out: text. Nothing can go wrong.
//!
//! Follows ECMA-376 Part 1, 18.8.31 (`DBNum`), and Excel: 10 is 一十 as a number and 十 within a date.

/// The digits that a format asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numerals {
    /// 一二三.
    Plain,
    /// 壹贰叁, as on bills.
    Formal,
    /// １２３.
    FullWidth,
}

const PLAIN: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
const FORMAL: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const FULL_WIDTH: [char; 10] = ['０', '１', '２', '３', '４', '５', '６', '７', '８', '９'];

impl Numerals {
    /// The one that a bracket of a format names: `dbnum1` to `dbnum3`, in small letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "dbnum1" => Some(Self::Plain),
            "dbnum2" => Some(Self::Formal),
            "dbnum3" => Some(Self::FullWidth),
            _ => None,
        }
    }

    fn digits(self) -> [char; 10] {
        match self {
            Self::Plain => PLAIN,
            Self::Formal => FORMAL,
            Self::FullWidth => FULL_WIDTH,
        }
    }

    /// One digit, 0 to 9.
    pub(super) fn digit(self, digit: u8) -> char {
        self.digits().get(usize::from(digit)).copied().unwrap_or('0')
    }

    /// A whole number; no digits are zero.
    pub(super) fn number(self, digits: &[u8]) -> String {
        if digits.iter().all(|digit| *digit == 0) {
            return self.digit(0).to_string();
        }
        let powers = match self {
            Self::FullWidth => return digits.iter().map(|digit| self.digit(*digit)).collect(),
            Self::Formal => ["", "拾", "佰", "仟"],
            Self::Plain => ["", "十", "百", "千"],
        };
        let groups = ["", "万", "亿", "万亿"];
        let mut out = String::new();
        let (mut gap, mut group_used) = (false, false);
        for (index, digit) in digits.iter().enumerate() {
            let right = digits.len() - 1 - index;
            if *digit == 0 {
                gap = true;
            } else {
                if gap && !out.is_empty() {
                    out.push('零');
                }
                gap = false;
                out.push(self.digit(*digit));
                out.push_str(powers.get(right % 4).copied().unwrap_or_default());
                group_used = true;
            }
            if right.is_multiple_of(4) {
                if group_used {
                    out.push_str(groups.get(right / 4).copied().unwrap_or_default());
                }
                group_used = false;
            }
        }
        out
    }

    /// Replaces the digits of a date: a year digit by digit, all else as a number (十二月三十一日).
    pub(super) fn of_date(self, shown: &str) -> String {
        let digits: Vec<u8> = shown.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        if digits.len() > 2 {
            return digits.iter().map(|digit| self.digit(*digit)).collect();
        }
        let number = self.number(digits.strip_prefix(&[0]).unwrap_or(&digits));
        match number.strip_prefix("一十") {
            Some(rest) => format!("十{rest}"),
            None => number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled() {
        let check = |digits: &[u8], numerals: Numerals, expected: &str| {
            assert_eq!(numerals.number(digits), expected, "{digits:?}");
        };
        check(&[1, 2, 0, 5], Numerals::Plain, "一千二百零五");
        check(&[1, 2, 0, 0, 0], Numerals::Formal, "壹万贰仟");
        check(&[1, 0], Numerals::Plain, "一十");
        check(&[2, 0], Numerals::FullWidth, "２０");
        check(&[], Numerals::Formal, "零");
        assert_eq!(Numerals::Plain.of_date("2022"), "二〇二二");
        assert_eq!(Numerals::Plain.of_date("12"), "十二");
        assert_eq!(Numerals::Plain.of_date("05"), "五");
        assert_eq!(Numerals::Formal.of_date("31"), "叁拾壹");
    }
}
