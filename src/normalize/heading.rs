//! Section structure of running text: which paragraphs are headings, and what stands under them.
//!
//! Few real reports use heading styles; their outline is in the numbering 一、 （一） 1. （1） and in short lines without a full
//! stop. A numbered sentence is not a heading.

use super::text::fold_char;

/// Numbering styles, outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Numbering {
    /// 一、
    Chinese,
    /// （一）
    ChineseInParentheses,
    /// 1、 1. 1．
    Arabic,
    /// （1） 1)
    ArabicInParentheses,
    /// ① 指标1:
    Circled,
}

impl Numbering {
    /// Heading level that the style stands for.
    #[must_use]
    pub fn level(self) -> u8 {
        match self {
            Self::Chinese => 1,
            Self::ChineseInParentheses => 2,
            Self::Arabic => 3,
            Self::ArabicInParentheses => 4,
            Self::Circled => 5,
        }
    }
}

/// A leading list or heading number: its style, its ordinal, and how many characters it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enumerator {
    /// Style of the number.
    pub numbering: Numbering,
    /// The ordinal.
    pub ordinal: u32,
    /// Characters with the separator.
    pub chars: usize,
}

/// The enumerator at the beginning of a folded text.
#[must_use]
pub fn enumerator(chars: &[char]) -> Option<Enumerator> {
    let lead = chars.iter().take_while(|c| c.is_whitespace()).count();
    let chars = chars.get(lead..)?;
    let mut found = parenthesized(chars).or_else(|| plain(chars)).or_else(|| circled(chars))?;
    found.chars += lead;
    Some(found)
}

fn parenthesized(chars: &[char]) -> Option<Enumerator> {
    if chars.first() != Some(&'(') {
        return None;
    }
    let close = chars.iter().take(6).position(|c| *c == ')')?;
    let inner: String = chars.get(1..close)?.iter().collect();
    let inner = inner.trim();
    if let Some(ordinal) = chinese_ordinal(inner) {
        return Some(Enumerator { numbering: Numbering::ChineseInParentheses, ordinal, chars: close + 1 });
    }
    let ordinal = inner.parse().ok().filter(|ordinal| *ordinal < 100)?;
    Some(Enumerator { numbering: Numbering::ArabicInParentheses, ordinal, chars: close + 1 })
}

fn plain(chars: &[char]) -> Option<Enumerator> {
    let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    if (1..=2).contains(&digits) {
        let ordinal = chars.get(..digits)?.iter().collect::<String>().parse().ok()?;
        let mut end = digits;
        while matches!(chars.get(end), Some('.' | '、' | ')' | ',')) && end < digits + 2 {
            end += 1;
        }
        let number_goes_on = chars.get(digits) == Some(&'.')
            && chars.get(end).is_some_and(char::is_ascii_digit)
            && !year_follows(chars, end);
        let comma = chars.get(digits) == Some(&',');
        return (end > digits && !number_goes_on && !comma).then_some(Enumerator {
            numbering: Numbering::Arabic,
            ordinal,
            chars: end,
        });
    }
    let numerals = chars.iter().take_while(|c| "一二三四五六七八九十".contains(**c)).count();
    if numerals > 0 && matches!(chars.get(numerals), Some('、' | '.')) {
        let ordinal = chinese_ordinal(&chars.get(..numerals)?.iter().collect::<String>())?;
        return Some(Enumerator { numbering: Numbering::Chinese, ordinal, chars: numerals + 1 });
    }
    None
}

fn year_follows(chars: &[char], at: usize) -> bool {
    chars.get(at..at + 4).is_some_and(|year| year.iter().all(char::is_ascii_digit)) && chars.get(at + 4) == Some(&'年')
}

fn circled(chars: &[char]) -> Option<Enumerator> {
    let first = *chars.first()?;
    let ordinal = "①②③④⑤⑥⑦⑧⑨⑩".chars().position(|c| c == first)?;
    Some(Enumerator { numbering: Numbering::Circled, ordinal: u32::try_from(ordinal).ok()? + 1, chars: 1 })
}

/// 一 to 九十九.
#[must_use]
pub fn chinese_ordinal(text: &str) -> Option<u32> {
    const DIGITS: &str = "一二三四五六七八九";
    let value = |c: char| DIGITS.chars().position(|digit| digit == c).and_then(|index| u32::try_from(index + 1).ok());
    match text.split_once('十') {
        None => {
            let mut chars = text.chars();
            let first = chars.next().and_then(value)?;
            chars.next().is_none().then_some(first)
        }
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { tens.chars().next().and_then(value)? };
            let ones = if ones.is_empty() { 0 } else { ones.chars().next().and_then(value)? };
            Some(tens * 10 + ones)
        }
    }
}

/// The level of a numbered or marked line that heads what follows; `None` for running text.
#[must_use]
pub fn heading_level(text: &str) -> Option<u8> {
    let chars: Vec<char> = text.chars().map(fold_char).collect();
    let last = chars.last()?;
    let short = chars.len() <= 60 && !matches!(last, '。' | ';' | ',' | ':' | '、') && !text.contains('\n');
    if !short {
        return None;
    }
    let head: String = chars.iter().take(3).collect();
    if head.starts_with("附件") || head.starts_with("附表") {
        return Some(1);
    }
    let enumerator = enumerator(&chars)?;
    let has_figure = !super::number::figures(&chars).is_empty();
    (!has_figure && chars.iter().filter(|c| matches!(c, ',' | ';' | '。')).count() <= 1)
        .then_some(enumerator.numbering.level())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_front_of_lines() {
        let check = |text: &str, expected: Option<(Numbering, u32)>| {
            let chars: Vec<char> = text.chars().map(fold_char).collect();
            assert_eq!(enumerator(&chars).map(|found| (found.numbering, found.ordinal)), expected, "{text}");
        };
        check("一、基本情况", Some((Numbering::Chinese, 1)));
        check("十二、其他", Some((Numbering::Chinese, 12)));
        check("（二）项目支出", Some((Numbering::ChineseInParentheses, 2)));
        check("1．主要职能", Some((Numbering::Arabic, 1)));
        check("2..其他", Some((Numbering::Arabic, 2)));
        check("3.2022年度", Some((Numbering::Arabic, 3)));
        check("1.5万元", None);
        check("（10）其他", Some((Numbering::ArabicInParentheses, 10)));
        check("一般公共预算", None);
    }

    #[test]
    fn headings_are_short_and_do_not_end() {
        assert_eq!(heading_level("一、部门概况"), Some(1));
        assert_eq!(heading_level("（一）基本支出"), Some(2));
        assert_eq!(heading_level("1.2022年预算资金588.3万元。"), None);
        assert_eq!(heading_level("5.预备费项目支出10万元"), None);
        assert_eq!(heading_level("附件1"), Some(1));
    }
}
