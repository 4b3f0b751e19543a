//! Units as they are printed behind figures, in headers and in unit lines.

use crate::document::{Bound, Text, Unit};

/// A printed unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitMatch {
    /// The base unit it is counted in.
    pub unit: Unit,
    /// Power of ten from the printed to the base unit (万元: 4).
    pub scale: u32,
    /// As printed, a scale word included.
    pub printed: Text,
    /// Characters it takes.
    pub chars: usize,
    /// 余 or 多 within it make the figure a bound.
    pub bound: Option<Bound>,
}

/// Scale words in front of a counting unit, longest first.
const SCALES: [(&str, u32); 5] = [("万亿", 12), ("亿", 8), ("百万", 6), ("万", 4), ("千", 3)];

/// Power of ten of a printed unit: 4 for 万元 and 余万件, 0 for 元 and 千瓦时.
#[must_use]
pub fn scale_of(printed: &str) -> u32 {
    let mut letters = printed.chars();
    if letters.next().is_none() || letters.next().is_none() {
        return 0;
    }
    let chars: Vec<char> = printed.chars().collect();
    unit_at(&chars, 0).map_or(0, |unit| unit.scale)
}

/// Counting units. The second field lists characters that, when they follow, make the unit part of a longer word.
const COUNTERS: [(&str, &str); 49] = [
    ("个工作日", ""),
    ("个自然日", ""),
    ("个小时", ""),
    ("人次", ""),
    ("户次", ""),
    ("批次", ""),
    ("人", "才民事大员口均社力工类体文际物生"),
    ("名", "单义称录胜优额"),
    ("件", "套事"),
    ("项", "目"),
    ("个", "性人体百月"),
    ("家", "庭属乡"),
    ("户", "口籍外"),
    ("台", "账阶湾"),
    ("套", "餐"),
    ("次", "日年要"),
    ("批", "复准次"),
    ("条", "件例"),
    ("张", ""),
    ("笔", "试记"),
    ("份", ""),
    ("处", "理置长罚"),
    ("所", "有属以"),
    ("座", "谈"),
    ("辆", ""),
    ("篇", ""),
    ("期", "间末初"),
    ("场", "所地"),
    ("种", "植类"),
    ("部", "门分"),
    ("本", "级年次"),
    ("例", "如"),
    ("册", ""),
    ("间", ""),
    ("亩", ""),
    ("公里", ""),
    ("千米", ""),
    ("平方米", ""),
    ("㎡", ""),
    ("m²", ""),
    ("m³", ""),
    ("km²", ""),
    ("立方米", ""),
    ("吨", ""),
    ("公斤", ""),
    ("千瓦时", ""),
    ("工作日", ""),
    ("宗", "旨教"),
    ("起", "到来草"),
];

/// Counters of things that come whole, beside 人, 名, 件, 项 and 个.
const WHOLE: [&str; 27] = [
    "人次", "户次", "批次", "家", "户", "台", "套", "次", "批", "条", "张", "笔", "份", "处", "所", "座", "辆", "篇",
    "期", "场", "种", "部", "本", "例", "册", "间", "起",
];

/// The counter stands behind whole numbers: three and a half of these there are not.
#[must_use]
pub fn counts_things(counter: &str) -> bool {
    WHOLE.contains(&counter)
}

/// The unit that starts at `at` of a folded text.
#[must_use]
pub fn unit_at(chars: &[char], at: usize) -> Option<UnitMatch> {
    let first = *chars.get(at)?;
    match first {
        '%' => return Some(simple(Unit::Percent, "%")),
        '‰' => return Some(simple(Unit::Permille, "‰")),
        _ => {}
    }
    let rest = chars.get(at..)?;
    if let Some(word) = ["个百分点", "百分点"].into_iter().find(|word| begins(rest, word)) {
        return Some(UnitMatch { unit: Unit::Other("百分点".into()), ..simple(Unit::Percent, word) });
    }
    let (lead, mut bound) = match first {
        '余' | '多' => (1, Some(Bound::Over)),
        _ => (0, None),
    };
    let body = rest.get(lead..)?;
    let (scale_word, mut scale) = SCALES.into_iter().find(|(word, _)| begins(body, word)).unwrap_or(("", 0));
    let mut skip = scale_word.chars().count();
    if skip > 0 && matches!(body.get(skip), Some('余' | '多')) {
        skip += 1;
        bound = Some(Bound::Over);
    }
    // 千瓦时 and 千米 begin like a scale word.
    let scaled = base_unit(body.get(skip..)?, lead + skip == 0);
    if scaled.is_none() {
        (skip, scale) = (0, 0);
    }
    let (unit, length) = scaled.or_else(|| base_unit(body, lead == 0))?;
    let chars = lead + skip + length;
    Some(UnitMatch { unit, scale, printed: rest.iter().take(chars).collect::<String>().into(), chars, bound })
}

/// 「支出120万，」: a scale word where a unit is left out. What is counted must come from the words around it.
#[must_use]
pub fn scale_alone(chars: &[char], at: usize) -> Option<UnitMatch> {
    let (scale, skip) = match (chars.get(at)?, chars.get(at + 1)) {
        ('万', Some('余' | '多')) => (4, 2),
        ('亿', Some('余' | '多')) => (8, 2),
        ('万', _) => (4, 1),
        ('亿', _) => (8, 1),
        _ => return None,
    };
    let ends = chars.get(at + skip).is_none_or(|c| {
        matches!(c, ',' | '。' | ';' | '、' | ')' | '(' | '\n' | ' ' | '已' | '用' | '全' | '和' | '及')
    });
    let printed: String = chars.get(at..at + skip)?.iter().collect();
    let bound = (skip == 2).then_some(Bound::Over);
    ends.then(|| UnitMatch { unit: Unit::Other(Text::default()), scale, printed: printed.into(), chars: skip, bound })
}

fn begins(text: &[char], word: &str) -> bool {
    let mut text = text.iter();
    word.chars().all(|c| text.next() == Some(&c))
}

fn base_unit(text: &[char], unscaled: bool) -> Option<(Unit, usize)> {
    let first = *text.first()?;
    if first == '元' {
        return Some((Unit::Cny, 1));
    }
    if unscaled && first == '分' {
        let word = text.get(1).is_some_and(|c| "钟别为管公类级局期析布之解支".contains(*c));
        return (!word).then_some((Unit::Point, 1));
    }
    let (counter, _) = COUNTERS.into_iter().find(|(counter, follow)| {
        begins(text, counter) && !text.get(counter.chars().count()).is_some_and(|c| follow.contains(*c))
    })?;
    let unit = match counter {
        "人" | "名" => Unit::Person,
        "件" | "项" | "个" => Unit::Item,
        other => Unit::Other(other.into()),
    };
    Some((unit, counter.chars().count()))
}

fn simple(unit: Unit, printed: &str) -> UnitMatch {
    UnitMatch { unit, scale: 0, printed: printed.into(), chars: printed.chars().count(), bound: None }
}

/// The unit that a header, caption or label names: 「全年预算数（万元）」, 「单位：元」, 「到位率（%）」.
/// `key` is a squeezed, folded text.
#[must_use]
pub fn unit_in_label(key: &str) -> Option<UnitMatch> {
    if !key.contains(['(', '[', ':']) {
        return None;
    }
    let chars: Vec<char> = key.chars().collect();
    if let Some(at) = find(&chars, "单位:") {
        return unit_word(&chars, at + 3).or_else(|| unit_word(&chars, at + 6));
    }
    chars.iter().enumerate().filter(|(_, c)| matches!(c, '(' | '[')).find_map(|(at, _)| {
        let unit = unit_word(&chars, at + 1)?;
        chars.get(at + 1 + unit.chars).filter(|c| matches!(c, ')' | ']')).map(|_| unit)
    })
}

fn unit_word(chars: &[char], at: usize) -> Option<UnitMatch> {
    let skipped = if chars.get(at..).is_some_and(|rest| begins(rest, "人民币")) { 3 } else { 0 };
    let mut unit = unit_at(chars, at + skipped)?;
    unit.chars += skipped;
    Some(unit)
}

fn find(chars: &[char], word: &str) -> Option<usize> {
    let word: Vec<char> = word.chars().collect();
    chars.windows(word.len()).position(|window| window == word)
}

/// A unit by what kind of figure it is, where none is printed: percent for rates, points for scores.
#[must_use]
pub fn implied(unit: Unit) -> UnitMatch {
    UnitMatch { unit, scale: 0, printed: Text::default(), chars: 0, bound: None }
}

#[cfg(test)]
mod tests {
    use super::super::text::{fold, key};
    use super::*;

    #[test]
    fn units_behind_figures() {
        let check = |text: &str, expected: Option<(&str, u32, &str)>| {
            let got = unit_at(&fold(text), 0)
                .map(|unit| (unit.unit.label().to_string(), unit.scale, unit.printed.to_string()));
            assert_eq!(
                got,
                expected.map(|(label, scale, printed)| (label.to_owned(), scale, printed.to_owned())),
                "{text}"
            );
        };
        check("万元，", Some(("CNY", 4, "万元")));
        check("亿元", Some(("CNY", 8, "亿元")));
        check("元", Some(("CNY", 0, "元")));
        check("千瓦时", Some(("千瓦时", 0, "千瓦时")));
        check("万千瓦时", Some(("千瓦时", 4, "万千瓦时")));
        check("千米", Some(("千米", 0, "千米")));
        check("千元", Some(("CNY", 3, "千元")));
        check("余万件", Some(("item", 4, "余万件")));
        check("人才引进", None);
        check("人次", Some(("人次", 0, "人次")));
        check("分钟", None);
        check("m²", Some(("m²", 0, "m²")));
        check("分。", Some(("point", 0, "分")));
        check("％", Some(("percent", 0, "%")));
        check("项目", None);
    }

    #[test]
    fn units_in_labels() {
        let check = |text: &str, expected: Option<(&str, u32)>| {
            let got = unit_in_label(&key(text)).map(|unit| (unit.unit.label().to_string(), unit.scale));
            assert_eq!(got, expected.map(|(label, scale)| (label.to_owned(), scale)), "{text}");
        };
        check("整体资金 （万元）", Some(("CNY", 4)));
        check("资金安排使用情况（单位：万元）", Some(("CNY", 4)));
        check("到位率（%）", Some(("percent", 0)));
        check("金额单位：元", Some(("CNY", 0)));
        check("财政供养人员情况(人)", Some(("person", 0)));
        check("因公出国（境）费", None);
    }
}
