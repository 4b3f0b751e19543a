//! Numbers written in Chinese: 一百二十三, 壹万贰仟, 廿三, 三点五, 百分之九十.
//!
//! In: folded characters. Out: where the numeral ends and its value. What is no number by the grammar (二三十, 百余, 一百二) is
//! none here either: such words are estimates or names. A 万 or 亿 at the very end is left to the unit behind it, as
//! in 三万元, so that the figure keeps the precision it was written with.

use rust_decimal::Decimal;

/// A numeral that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numeral {
    /// One past its last character.
    pub end: usize,
    /// What it says.
    pub value: Decimal,
    /// Digits behind 点.
    pub decimals: u32,
    /// 百分之 or 千分之 stands in front.
    pub ratio: Option<Ratio>,
}

/// What a share in words is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ratio {
    /// 百分之.
    Percent,
    /// 千分之.
    Permille,
}

/// Whether a numeral can begin with this character.
pub(super) fn begins(c: char) -> bool {
    digit(c).is_some() || matches!(c, '十' | '拾' | '廿' | '卅' | '百' | '千')
}

/// The numeral that begins at `start`; one character alone is a word (一个, 两级, 十分), not a figure.
pub(super) fn numeral_at(chars: &[char], start: usize) -> Option<Numeral> {
    let goes_on = start.checked_sub(1).and_then(|before| chars.get(before)).is_some_and(|c| {
        begins(*c) || c.is_ascii_digit() || matches!(c, '第' | '万' | '亿' | '点' | '数' | '几' | '每' | '.' | '之')
    });
    if goes_on {
        return None;
    }
    let ratio = [("百分之", Ratio::Percent), ("千分之", Ratio::Permille)]
        .into_iter()
        .find(|(words, _)| words.chars().enumerate().all(|(at, c)| chars.get(start + at) == Some(&c)));
    if let Some((_, ratio)) = ratio {
        let from = start + 3;
        if chars.get(from) == Some(&'百') {
            return Some(Numeral { end: from + 1, value: Decimal::ONE_HUNDRED, decimals: 0, ratio: Some(ratio) });
        }
        let (end, value, decimals) = number(chars, from)?;
        return Some(Numeral { end, value, decimals, ratio: Some(ratio) });
    }
    let (end, value, decimals) = number(chars, start)?;
    (end - start >= 2).then_some(Numeral { end, value, decimals, ratio: None })
}

/// Sections of up to four digits joined by 亿 and 万, then 点 with digits.
fn number(chars: &[char], start: usize) -> Option<(usize, Decimal, u32)> {
    let mut total = 0_u64;
    let mut at = start;
    let mut last_power = u32::MAX;
    let mut behind_power = false;
    loop {
        let Some((end, value)) = section(chars, at, behind_power) else {
            if behind_power {
                break;
            }
            return None;
        };
        at = end;
        let power = match chars.get(at) {
            Some('万') => 4,
            Some('亿') => 8,
            _ => 0,
        };
        let next = chars.get(at + 1).copied();
        let inner = power > 0 && power < last_power && next.is_some_and(|c| begins(c) && !matches!(c, '百' | '千'));
        if !inner {
            // Behind a larger power the last one belongs to the number: 一亿三百万.
            let closing = power > 0 && power < last_power && behind_power;
            total += if closing { value * 10_u64.pow(power) } else { value };
            at += usize::from(closing);
            break;
        }
        total += value * 10_u64.pow(power);
        last_power = power;
        behind_power = true;
        at += 1;
    }
    let (end, fraction) = fraction(chars, at);
    if fraction.is_empty() {
        return Some((at, Decimal::from(total), 0));
    }
    let value = Decimal::from_str_exact(&format!("{total}.{fraction}")).ok()?;
    Some((end, value, u32::try_from(fraction.len()).ok()?))
}

/// 三点五: digits behind 点.
fn fraction(chars: &[char], at: usize) -> (usize, String) {
    if chars.get(at) != Some(&'点') {
        return (at, String::new());
    }
    let digits: String =
        chars.iter().skip(at + 1).map_while(|c| digit(*c)).filter_map(|value| char::from_digit(value, 10)).collect();
    (at + 1 + digits.len(), digits)
}

/// A number below 10,000. Each digit but the last is followed by its power, powers fall, 零 stands where one is left out.
fn section(chars: &[char], start: usize, continued: bool) -> Option<(usize, u64)> {
    let mut at = start;
    let mut value = 0_u64;
    let mut power_before = 10_000_u64;
    let mut gap = false;
    while let Some(c) = chars.get(at).copied() {
        if matches!(c, '零' | '〇') && (at > start || continued) {
            gap = true;
            at += 1;
            continue;
        }
        if matches!(c, '廿' | '卅') && power_before > 10 {
            value += if c == '廿' { 20 } else { 30 };
            power_before = 10;
            at += 1;
            continue;
        }
        let (digit, width) = match digit(c) {
            Some(digit) => (u64::from(digit), 1),
            // 十二 has no digit in front of its power.
            None if at == start && matches!(c, '十' | '拾') => (1, 0),
            None => break,
        };
        let Some(power) = chars.get(at + width).and_then(|c| power(*c)) else {
            // 一百二 and 二三十 leave open what they mean; 一百零二 does not.
            let adjacent = chars.get(at + 1).is_some_and(|c| self::digit(*c).is_some());
            if digit == 0 || adjacent || (power_before > 10 && power_before < 10_000 && !gap) {
                return None;
            }
            return Some((at + 1, value + digit));
        };
        if power >= power_before || digit == 0 {
            return None;
        }
        value += digit * power;
        power_before = power;
        gap = false;
        at += width + 1;
    }
    (at > start && value > 0 && !gap).then_some((at, value))
}

fn digit(c: char) -> Option<u32> {
    Some(match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '两' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn power(c: char) -> Option<u64> {
    match c {
        '十' | '拾' => Some(10),
        '百' | '佰' => Some(100),
        '千' | '仟' => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words() {
        let check = |text: &str, expected: Option<(&str, usize)>| {
            let chars: Vec<char> = text.chars().collect();
            let got = numeral_at(&chars, 0).map(|found| (found.value.to_string(), found.end));
            assert_eq!(got, expected.map(|(value, end)| (value.to_owned(), end)), "{text}");
        };
        check("一百二十三人", Some(("123", 5)));
        check("十二万元", Some(("12", 2)));
        check("壹万贰仟元", Some(("12000", 4)));
        check("三万五千六百元", Some(("35600", 6)));
        check("一亿零三百万元", Some(("103000000", 6)));
        check("一亿零三十元", Some(("100000030", 5)));
        check("廿三名", Some(("23", 2)));
        check("三点五万元", Some(("3.5", 3)));
        check("一百零二项", Some(("102", 4)));
        check("百分之九十八点五", Some(("98.5", 8)));
        check("百分之百", Some(("100", 4)));
        check("一百二", None);
        check("二三十人", None);
        check("百余人", None);
        check("一个", None);
        check("十分", None);
        check("千万", None);
        check("二〇二二年", None);
        check("一二三", None);
    }
}
