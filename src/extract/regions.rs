//! Administrative divisions: names and six-digit codes of GB/T 2260, without the statistical zones.
//!
//! `regions.tsv` holds one division a line, sorted by code. 28 county names exist more than once; for these, other names in
//! the document decide, else all candidates are returned.

use std::sync::LazyLock;

use crate::record::{Region, RegionCandidate};

const TABLE: &str = include_str!("regions.tsv");

/// Code and name.
type Division = (&'static str, &'static str);

/// Sorted by code.
static DIVISIONS: LazyLock<Vec<Division>> =
    LazyLock::new(|| TABLE.lines().filter_map(|line| line.split_once('\t')).collect());

/// Indexes of divisions behind the last two characters of their names, sorted by these, then the longest names first, of equal
/// ones by code. Plain numbers, since sorting is most of what making it costs.
static BY_END: LazyLock<Vec<(u64, usize, usize)>> = LazyLock::new(|| {
    let of_name =
        |(index, division): (usize, &Division)| Some((end_of(division.1)?, usize::MAX - division.1.len(), index));
    let mut ends: Vec<(u64, usize, usize)> = DIVISIONS.iter().enumerate().filter_map(of_name).collect();
    ends.sort_unstable();
    ends
});

/// The last two characters as one number.
fn end_of(text: &str) -> Option<u64> {
    let mut chars = text.chars().rev().map(u64::from);
    let last = chars.next()?;
    Some(chars.next()? << 32 | last)
}

/// Divisions whose names end with the last two characters of `text`.
fn ending_like(text: &str) -> impl Iterator<Item = &'static Division> {
    let end = end_of(text);
    let from = BY_END.partition_point(|(other, _, _)| end.is_some_and(|end| *other < end));
    let all = BY_END.get(from..).unwrap_or_default().iter();
    all.take_while(move |(other, _, _)| Some(*other) == end).filter_map(|(_, _, index)| DIVISIONS.get(*index))
}

/// Divisions of this name, by code.
fn named(name: &str) -> Vec<Division> {
    ending_like(name).filter(|(_, other)| *other == name).copied().collect()
}

/// The name of a division by its code, with those above it: 湖南省衡阳市石鼓区.
#[must_use]
pub fn region_name(code: &str) -> Option<String> {
    let found = DIVISIONS.binary_search_by(|(other, _)| (*other).cmp(code)).ok()?;
    DIVISIONS.get(found).map(|(code, name)| full_name(code, name))
}

/// Full name from the province down: 湖南省衡阳市石鼓区.
fn full_name(code: &str, name: &str) -> String {
    let above = |digits: usize| {
        let prefix = code.get(..digits).unwrap_or_default();
        let padded = format!("{prefix:0<6}");
        (padded != code).then(|| DIVISIONS.binary_search_by(|(other, _)| (*other).cmp(padded.as_str())).ok()).flatten()
    };
    let named = |index: Option<usize>| index.and_then(|index| DIVISIONS.get(index)).map_or("", |(_, name)| *name);
    format!("{}{}{}", named(above(2)), named(above(4)), name)
}

/// Characters that names of divisions end with.
const ENDS: [char; 7] = ['省', '市', '区', '县', '旗', '盟', '州'];

/// Names of divisions in a text, in order of appearance: 「衡阳市石鼓区档案局」 -> 衡阳市, 石鼓区.
pub(super) fn names_in(text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut free = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| ENDS.contains(c)) {
        let end = at + c.len_utf8();
        let head = text.get(free..end).unwrap_or_default();
        if let Some((_, name)) = ending_like(head).find(|(_, name)| head.ends_with(name)) {
            found.push(*name);
            free = end;
        }
    }
    found
}

/// The division that `names`, found in one place, speak of together; `context` are names found elsewhere in the document.
pub(super) fn resolve(names: &[&'static str], context: &[&'static str], basis: &str) -> Option<Region> {
    let lowest = *names.iter().max_by_key(|name| level(&named(name)))?;
    let divisions = named(lowest);
    if divisions.is_empty() {
        return None;
    }
    let fits = |others: &[&str]| -> Vec<(&str, &str)> {
        let above: Vec<&str> = others.iter().filter(|name| **name != lowest).copied().collect();
        divisions
            .iter()
            .filter(|(code, name)| {
                let full = full_name(code, name);
                above.iter().any(|other| full.contains(*other))
            })
            .copied()
            .collect()
    };
    let mut chosen = divisions.clone();
    for others in [names, context] {
        let narrowed = fits(others);
        if chosen.len() > 1 && !narrowed.is_empty() {
            chosen = narrowed;
        }
    }
    Some(match chosen.as_slice() {
        [(code, name)] => Region {
            code: Some((*code).to_owned()),
            name: full_name(code, name),
            basis: basis.to_owned(),
            candidates: Vec::new(),
        },
        _ => Region {
            code: None,
            name: lowest.to_owned(),
            basis: basis.to_owned(),
            candidates: chosen
                .iter()
                .map(|(code, name)| RegionCandidate { code: (*code).to_owned(), name: full_name(code, name) })
                .collect(),
        },
    })
}

/// 1 for provinces, 2 for prefectures, 3 for counties.
fn level(divisions: &[(&str, &str)]) -> u8 {
    let code = divisions.first().map_or("", |(code, _)| *code);
    if code.ends_with("0000") {
        1
    } else if code.ends_with("00") {
        2
    } else {
        3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisions_are_named_in_full() {
        let check = |text: &str, expected: &str| {
            let region = resolve(&names_in(text), &[], "entity").map(|region| region.name);
            assert_eq!(region.as_deref(), Some(expected), "{text}");
        };
        check("衡阳市石鼓区档案局", "湖南省衡阳市石鼓区");
        check("岳阳市财政局", "湖南省岳阳市");
        check("北京市东城区教育委员会", "北京市东城区");
        check("积石山保安族东乡族撒拉族自治县水务局", "甘肃省临夏回族自治州积石山保安族东乡族撒拉族自治县");
    }

    #[test]
    fn ambiguous_names_give_candidates() {
        let region = resolve(&names_in("鼓楼区教育局"), &[], "entity").unwrap();
        assert_eq!(region.code, None);
        assert_eq!(region.candidates.len(), 4);
        let region = resolve(&names_in("鼓楼区教育局"), &["南京市"], "entity").unwrap();
        assert_eq!(region.name, "江苏省南京市鼓楼区");
    }
}
