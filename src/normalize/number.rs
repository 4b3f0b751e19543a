//! Figures in text and cells: which digits are a figure, with what unit, precision and bound.
//!
//! A figure in running text needs a unit. Years, dates, document numbers, list numbers, ranges, ranks and digits within
//! names are not figures. Numbers are validated by this grammar before they become decimals.

use rust_decimal::Decimal;

use super::numeral::{self, Ratio};
use super::unit::{self, UnitMatch};
use crate::document::{Bound, Quantity, Span, Text, Unit};

/// A figure with where it stands in its (clean) text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The number's characters.
    pub number: Span,
    /// End of the unit, or of the number when there is none.
    pub end: usize,
    /// The number as printed, thousands separators included.
    pub printed: Text,
    /// Its value as printed, without the unit's scale.
    pub value: Decimal,
    /// Digits after the point.
    pub decimals: u32,
    /// The unit behind it.
    pub unit: Option<UnitMatch>,
    /// What the words around it make of it.
    pub bound: Bound,
}

impl Figure {
    /// The figure in base unit; `unit` is the one that holds when none is printed behind the number.
    #[must_use]
    pub fn quantity(&self, unit: &UnitMatch) -> Option<Quantity> {
        let own = self.unit.as_ref().unwrap_or(unit);
        Quantity::scaled(self.value, self.decimals, own.scale, own.unit.clone(), self.bound)
    }
}

/// A number at `start`: optional sign, digits with optional thousands groups, optional decimals.
/// Returns the end and the digits without separators.
fn number_at(chars: &[char], start: usize) -> Option<(usize, String)> {
    let mut at = start;
    let mut digits = String::with_capacity(16);
    if matches!(chars.get(at), Some('-' | '+')) {
        if chars.get(at) == Some(&'-') {
            digits.push('-');
        }
        at += 1;
    }
    let first = at;
    while chars.get(at).is_some_and(char::is_ascii_digit) {
        at += 1;
    }
    if at == first {
        return None;
    }
    digits.extend(chars.get(first..at)?);
    if at - first <= 3 {
        while chars.get(at) == Some(&',') && group_of_three(chars, at + 1) {
            digits.extend(chars.get(at + 1..at + 4)?);
            at += 4;
        }
    }
    if chars.get(at) == Some(&'.') && chars.get(at + 1).is_some_and(char::is_ascii_digit) {
        digits.push('.');
        at += 1;
        while let Some(digit) = chars.get(at).filter(|c| c.is_ascii_digit()) {
            digits.push(*digit);
            at += 1;
        }
    }
    Some((at, digits))
}

fn group_of_three(chars: &[char], at: usize) -> bool {
    (at..at + 3).all(|index| chars.get(index).is_some_and(char::is_ascii_digit))
        && !chars.get(at + 3).is_some_and(char::is_ascii_digit)
}

fn decimal(digits: &str) -> Option<(Decimal, u32)> {
    let value = Decimal::from_str_exact(digits).ok()?;
    let decimals = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    Some((value, u32::try_from(decimals).ok()?))
}

/// Whether a text can hold a figure at all; most cannot.
#[must_use]
pub fn may_hold_figures(chars: &[char]) -> bool {
    chars.iter().any(|c| c.is_ascii_digit() || numeral::begins(*c))
}

/// All figures of a text, in order. `chars` is the folded text.
#[must_use]
pub fn figures(chars: &[char]) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if !c.is_ascii_digit() {
            let spelled = numeral::begins(*c).then(|| spelled_figure(chars, at)).flatten();
            at = spelled.as_ref().map_or(at + 1, |figure| figure.end);
            found.extend(spelled);
            continue;
        }
        let start = signed_start(chars, at);
        let start = glued_list_number(chars, start).unwrap_or(start);
        let Some((end, digits)) = number_at(chars, start) else {
            at += 1;
            continue;
        };
        if let Some((low, high)) = range_at(chars, start, end, &digits) {
            at = high.end;
            found.extend([low, high]);
        } else if let Some(figure) = figure_at(chars, start, end, &digits) {
            at = figure.end.max(end);
            found.push(figure);
        } else {
            at = skip_name(chars, end);
        }
    }
    share_units(&mut found, chars);
    found
}

/// 「一百二十三人」, 「百分之九十」: a number in words with a unit.
fn spelled_figure(chars: &[char], start: usize) -> Option<Figure> {
    let found = numeral::numeral_at(chars, start)?;
    let unit = match found.ratio {
        Some(Ratio::Percent) => unit::implied(Unit::Percent),
        Some(Ratio::Permille) => unit::implied(Unit::Permille),
        // 二十分 and 十分 are too near to one another.
        None => unit::unit_at(chars, found.end).filter(|unit| unit.unit != Unit::Point)?,
    };
    let bound = bound_around(chars, start, found.end, &unit);
    Some(Figure {
        number: Span { start, end: found.end },
        end: found.end + unit.chars,
        printed: chars.get(start..found.end)?.iter().collect::<String>().into(),
        value: found.value,
        decimals: found.decimals,
        unit: Some(unit),
        bound,
    })
}

/// 「10万元至20万元」, 「5-8%」: the two ends of a range, as bounds. Phases (1-3期), years and ranks are no ranges of figures.
fn range_at(chars: &[char], start: usize, end: usize, digits: &str) -> Option<(Figure, Figure)> {
    if enclosed_in_name(chars, start) || matches!(start.checked_sub(1).and_then(|at| chars.get(at)), Some('第' | '前'))
    {
        return None;
    }
    let own = unit::unit_at(chars, end).filter(measures);
    let at = end + own.as_ref().map_or(0, |unit| unit.chars);
    if !matches!(chars.get(at), Some('-' | '~' | '—' | '至')) {
        return None;
    }
    let from = at + 1 + usize::from(chars.get(at) == Some(&'—') && chars.get(at + 1) == Some(&'—'));
    if !chars.get(from).is_some_and(char::is_ascii_digit) {
        return None;
    }
    let (stop, high_digits) = number_at(chars, from)?;
    let unit = unit::unit_at(chars, stop).filter(measures)?;
    let low_unit = own.unwrap_or_else(|| unit.clone());
    let (low, low_decimals) = decimal(digits)?;
    let (high, high_decimals) = decimal(&high_digits)?;
    let rises = Quantity::scaled(low, low_decimals, low_unit.scale, low_unit.unit.clone(), Bound::AtLeast)?.value()
        < Quantity::scaled(high, high_decimals, unit.scale, unit.unit.clone(), Bound::AtMost)?.value();
    if !rises || low_unit.unit != unit.unit {
        return None;
    }
    let figure = |start: usize, stop: usize, end: usize, value, decimals, unit, bound| {
        let printed = chars.get(start..stop)?.iter().collect::<String>().into();
        Some(Figure { number: Span { start, end: stop }, end, printed, value, decimals, unit: Some(unit), bound })
    };
    let behind = stop + unit.chars;
    Some((
        figure(start, end, at, low, low_decimals, low_unit, Bound::AtLeast)?,
        figure(from, stop, behind, high, high_decimals, unit, Bound::AtMost)?,
    ))
}

/// Units of amounts, shares and people; 名 also ranks.
fn measures(unit: &UnitMatch) -> bool {
    match unit.unit {
        Unit::Cny | Unit::Percent | Unit::Permille => true,
        Unit::Person => !unit.printed.ends_with('名'),
        _ => false,
    }
}

/// Lists such as 「各是6208.15,6311.72万元」 print the unit once: bare numbers directly before a figure take its unit.
fn share_units(found: &mut Vec<Figure>, chars: &[char]) {
    let mut shared = Vec::new();
    for figure in found.iter().filter(|figure| figure.unit.as_ref().is_some_and(|unit| unit.unit == Unit::Cny)) {
        let mut next = figure.number.start;
        while let Some(bare) = bare_before(chars, next) {
            next = bare.number.start;
            shared.push(Figure { unit: figure.unit.clone(), ..bare });
        }
    }
    found.extend(shared);
    found.sort_by_key(|figure| figure.number.start);
    found.dedup_by_key(|figure| figure.number.start);
}

/// A number with decimals whose only neighbour up to `end` is one separator.
fn bare_before(chars: &[char], end: usize) -> Option<Figure> {
    let separator = end.checked_sub(1)?;
    if !matches!(chars.get(separator), Some(',' | '、' | '/')) {
        return None;
    }
    let mut start = separator;
    while start > 0 && chars.get(start - 1).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
        start -= 1;
    }
    let (stop, digits) = number_at(chars, start)?;
    if stop != separator || !digits.contains('.') || enclosed_in_name(chars, start) {
        return None;
    }
    let (value, decimals) = decimal(&digits)?;
    Some(Figure {
        number: Span { start, end: stop },
        end: stop,
        printed: digits.into(),
        value,
        decimals,
        unit: None,
        bound: Bound::Exact,
    })
}

/// A minus sign belongs to the number when nothing that could be a range or a name stands before it.
fn signed_start(chars: &[char], digit: usize) -> usize {
    let Some(sign) = digit.checked_sub(1) else { return digit };
    if chars.get(sign) != Some(&'-') {
        return digit;
    }
    match sign.checked_sub(1).and_then(|before| chars.get(before)) {
        None => sign,
        // 「5%-8%」 and 「10万元-20万元」 are ranges.
        Some(c) if c.is_ascii_alphanumeric() || matches!(c, ')' | '-' | '%' | '‰' | '元') => digit,
        Some(_) => sign,
    }
}

/// 「3.2022年度」 is list number 3 before the year 2022.
fn glued_list_number(chars: &[char], start: usize) -> Option<usize> {
    let mut at = start;
    while chars.get(at).is_some_and(char::is_ascii_digit) {
        at += 1;
    }
    let begins_clause =
        start.checked_sub(1).and_then(|before| chars.get(before)).is_none_or(|c| is_break(*c) || *c == ' ');
    let year = at + 1;
    let is_year = chars.get(at) == Some(&'.')
        && at - start <= 2
        && year_at(chars, year).is_some()
        && chars.get(skip_spaces(chars, year + 4)) == Some(&'年');
    (begins_clause && is_year).then_some(year)
}

fn skip_spaces(chars: &[char], at: usize) -> usize {
    let mut at = at;
    while chars.get(at) == Some(&' ') {
        at += 1;
    }
    at
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '。' | ';' | ',' | ':' | '、' | '!' | '?')
}

/// Where a number's marks of notes end: 12.5³万元, 12.5[³]万元, 12.5③万元. Raised digits behind 10 are its power, and then it is
/// another number than its digits say.
fn behind_marks(chars: &[char], end: usize, digits: &str) -> usize {
    let raised = |at: usize| {
        let run = chars.iter().skip(at);
        run.take_while(|c| matches!(c, '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁺' | '⁻' | '⁽' | '⁾' | '₀'..='₉')).count()
    };
    match chars.get(end) {
        Some('①'..='⑳') => end + 1,
        Some('[' | '(') => match raised(end + 1) {
            run if run > 0 && matches!(chars.get(end + 1 + run), Some(']' | ')')) => end + run + 2,
            _ => end,
        },
        Some(_) if digits != "10" => end + raised(end),
        _ => end,
    }
}

/// Four digits that can be a year, at `at`, not followed by a fifth digit.
fn year_at(chars: &[char], at: usize) -> Option<i32> {
    let digits: String = chars.get(at..at + 4)?.iter().collect();
    if !digits.chars().all(|c| c.is_ascii_digit()) || chars.get(at + 4).is_some_and(char::is_ascii_digit) {
        return None;
    }
    digits.parse().ok().filter(|year| (1980..=2099).contains(year))
}

fn figure_at(chars: &[char], start: usize, end: usize, digits: &str) -> Option<Figure> {
    if enclosed_in_name(chars, start) || ordinal_or_document_number(chars, start, end) {
        return None;
    }
    let (value, decimals) = decimal(digits)?;
    let after = skip_spaces(chars, behind_marks(chars, end, digits));
    let unit = unit::unit_at(chars, after).or_else(|| unit::scale_alone(chars, after))?;
    if end - start == 4 && &*unit.printed == "年" {
        return None;
    }
    let bound = bound_around(chars, start, after, &unit);
    Some(Figure {
        number: Span { start, end },
        end: after + unit.chars,
        printed: chars.get(start..end)?.iter().collect::<String>().into(),
        value,
        decimals,
        bound,
        unit: Some(unit),
    })
}

/// Digits right behind a Latin letter, a plus sign between digits, or another number's point belong to a name.
fn enclosed_in_name(chars: &[char], start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|index| chars.get(index)).copied();
    match before {
        Some(c) if c.is_ascii_alphabetic() || c == '.' || c == '_' => true,
        Some('+' | '-' | '~' | '至' | '—') => {
            start.checked_sub(2).and_then(|index| chars.get(index)).is_some_and(char::is_ascii_digit)
        }
        _ => false,
    }
}

/// 第14名, 〔2018〕26号, 1-3期, 2020-2023, +5.
fn ordinal_or_document_number(chars: &[char], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|index| chars.get(index)).copied();
    let after = chars.get(end).copied();
    if matches!(before, Some('第' | ']' | '[')) || matches!(after, Some('+')) {
        return true;
    }
    matches!(after, Some('-' | '~')) && chars.get(end + 1).is_some_and(char::is_ascii_digit)
}

/// Past the Latin letters that make digits a name (5G, 500MB).
fn skip_name(chars: &[char], end: usize) -> usize {
    let mut at = end;
    while chars.get(at).is_some_and(char::is_ascii_alphanumeric) {
        at += 1;
    }
    at.max(end)
}

fn bound_around(chars: &[char], start: usize, after: usize, unit: &UnitMatch) -> Bound {
    if let Some(bound) = unit.bound {
        return bound;
    }
    let behind: String = chars.iter().skip(after + unit.chars).take(3).collect();
    let found = BEHIND.iter().find(|(word, _)| behind.starts_with(word));
    // 内 alone also begins 内部 and 内容.
    let within = behind.starts_with('内') && !behind.starts_with("内部") && !behind.starts_with("内容");
    match found {
        Some((_, bound)) => *bound,
        None if within => Bound::AtMost,
        None => bound_before(chars, start),
    }
}

const BEHIND: [(&str, Bound); 5] = [
    ("以上", Bound::AtLeast),
    ("左右", Bound::About),
    ("以下", Bound::AtMost),
    ("以内", Bound::AtMost),
    ("之内", Bound::AtMost),
];

const BEFORE: [(&str, Bound); 32] = [
    ("不到", Bound::Under),
    ("至少", Bound::AtLeast),
    ("最少", Bound::AtLeast),
    ("最低", Bound::AtLeast),
    ("最高", Bound::AtMost),
    ("最多", Bound::AtMost),
    ("低于", Bound::Under),
    ("少于", Bound::Under),
    ("大于", Bound::Over),
    ("高于", Bound::Over),
    ("多于", Bound::Over),
    ("不低于", Bound::AtLeast),
    ("不少于", Bound::AtLeast),
    ("大于等于", Bound::AtLeast),
    ("≥", Bound::AtLeast),
    ("》", Bound::AtLeast),
    (">=", Bound::AtLeast),
    ("不超过", Bound::AtMost),
    ("不高于", Bound::AtMost),
    ("≤", Bound::AtMost),
    ("《", Bound::AtMost),
    ("<=", Bound::AtMost),
    ("约", Bound::About),
    ("约为", Bound::About),
    ("接近", Bound::About),
    ("突破", Bound::AtLeast),
    ("超过", Bound::Over),
    ("超", Bound::Over),
    (">", Bound::Over),
    ("近", Bound::Under),
    ("不足", Bound::Under),
    ("<", Bound::Under),
];

fn bound_before(chars: &[char], start: usize) -> Bound {
    let from = start.saturating_sub(5);
    let text: String = chars.get(from..start).unwrap_or_default().iter().filter(|c| **c != ' ').collect();
    // Longer words first: 不低于 before 低于. 约, 近 and 超 also end words that mean something else.
    let longest = BEFORE.iter().filter(|(word, _)| text.ends_with(word)).max_by_key(|(word, _)| word.len());
    longest.filter(|(word, _)| !within_word(&text, word)).map_or(Bound::Exact, |(_, bound)| *bound)
}

/// 节约, 合约, 附近.
fn within_word(text: &str, word: &str) -> bool {
    let before = text.strip_suffix(word).and_then(|head| head.chars().next_back());
    matches!(word, "约" | "约为" | "近" | "超") && before.is_some_and(|c| "节合公条预制简特附最临接高".contains(c))
}

/// What a whole cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellContent {
    /// Nothing.
    Empty,
    /// A mark that nothing is there: -, —, /, 无.
    Absent,
    /// One figure and nothing else but its unit and bound.
    Figure(Figure),
    /// A date or year.
    Date,
    /// Anything else.
    Text,
}

/// Classifies the folded text of a cell.
#[must_use]
pub fn cell_content(chars: &[char]) -> CellContent {
    let text = || chars.iter().filter(|c| !c.is_whitespace());
    let is = |word: &str| text().copied().eq(word.chars());
    if text().next().is_none() {
        return CellContent::Empty;
    }
    if text().all(|c| matches!(c, '-' | '—' | '/' | '\\' | '_' | '…' | '*')) || is("无") || is("不适用") {
        return CellContent::Absent;
    }
    if let Some(figure) = whole_figure(chars).or_else(|| accounting_negative(chars, false)) {
        return CellContent::Figure(figure);
    }
    if text().all(|c| c.is_ascii_digit() || matches!(c, '年' | '月' | '日' | '-' | '/' | '.' | ':' | '度')) {
        // 2022年 heads a column or a row more often than it answers a question.
        let year: String = text().collect();
        let year = year.trim_end_matches('度').strip_suffix('年').filter(|year| year.len() == 4);
        return if year.is_some() { CellContent::Text } else { CellContent::Date };
    }
    CellContent::Text
}

/// The cell's only figure: spaces inside the number are the printer's, a unit and a bound may stand around it.
fn whole_figure(chars: &[char]) -> Option<Figure> {
    let first = chars.iter().position(char::is_ascii_digit)?;
    // Most cells are a number and nothing else.
    if let Some((end, digits)) =
        number_at(chars, 0).filter(|(end, _)| *end == chars.len() && first <= 1 && chars.first() != Some(&'+'))
    {
        let (value, decimals) = decimal(&digits)?;
        let printed = if digits.len() == chars.len() { digits.into() } else { chars.iter().collect::<String>().into() };
        let number = Span { start: 0, end };
        return Some(Figure { number, end, printed, value, decimals, unit: None, bound: Bound::Exact });
    }
    let start = signed_start(chars, first);
    let lead: String = chars.get(..start)?.iter().filter(|c| !c.is_whitespace()).collect();
    // △ and ▲ mark amounts below zero, as a minus in front of the currency does.
    let below = |lead: &'_ str| lead.starts_with("-¥") || lead.starts_with("-￥");
    let (lead, negative) =
        if below(lead.as_str()) { (lead.get(1..).unwrap_or_default(), true) } else { (lead.as_str(), false) };
    let lead = lead.trim_start_matches(['¥', '￥']);
    let (lead, negative) = lead.strip_prefix(['△', '▲']).map_or((lead, negative), |rest| (rest, true));
    let bound = if lead.is_empty() { Bound::Exact } else { BEFORE.iter().find(|(word, _)| *word == lead)?.1 };
    let mut end = start;
    let mut last_digit = start;
    while let Some(c) = chars.get(end).filter(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | ',' | '-' | '+')) {
        if c.is_ascii_digit() {
            last_digit = end + 1;
        }
        end += 1;
    }
    if !spaces_group(chars.get(start..last_digit)?) {
        return None;
    }
    let compact: Vec<char> = chars.get(start..last_digit)?.iter().copied().filter(|c| *c != ' ').collect();
    let (length, digits) = number_at(&compact, 0)?;
    if length != compact.len() {
        return None;
    }
    let (value, decimals) = decimal(&digits)?;
    let value = if negative { -value } else { value };
    let after = skip_whitespace(chars, behind_marks(chars, last_digit, &digits));
    let number = Span { start, end: last_digit };
    let printed: Text = chars.get(start..last_digit)?.iter().collect::<String>().into();
    if after >= chars.len() {
        return Some(Figure { number, end: last_digit, printed, value, decimals, unit: None, bound });
    }
    let unit = unit::unit_at(chars, after)?;
    let rest: String = chars.iter().skip(after + unit.chars).filter(|c| !c.is_whitespace()).collect();
    let bound = match rest.as_str() {
        "" => unit.bound.unwrap_or(bound),
        "内" => Bound::AtMost,
        rest => BEHIND.iter().find(|(word, _)| *word == rest)?.1,
    };
    Some(Figure { number, end: after + unit.chars, printed, value, decimals, unit: Some(unit), bound })
}

/// What a cell says whose stored value is the number `raw`: the sign of it holds where the number format shows none (a colour
/// alone, brackets), and a number in words is one (壹佰贰拾元整).
#[must_use]
pub fn of_stored(content: CellContent, chars: &[char], raw: &str) -> CellContent {
    let Some((value, _)) = decimal(raw) else { return content };
    let below = value < Decimal::ZERO;
    let figure = match content {
        CellContent::Figure(figure) => figure,
        CellContent::Text => {
            let bracketed = || accounting_negative(chars, true).filter(|_| below);
            match bracketed().or_else(|| whole_spelled(chars)) {
                Some(figure) => figure,
                None => return CellContent::Text,
            }
        }
        other => return other,
    };
    let value = if below && figure.value > Decimal::ZERO { -figure.value } else { figure.value };
    CellContent::Figure(Figure { value, ..figure })
}

/// A number in words with or without a unit, and nothing else but a minus before and 整 behind it.
fn whole_spelled(chars: &[char]) -> Option<Figure> {
    let start = usize::from(chars.first() == Some(&'-'));
    let figure = match spelled_figure(chars, start) {
        Some(figure) => figure,
        None => {
            let found = numeral::numeral_at(chars, start).filter(|found| found.ratio.is_none())?;
            let number = Span { start, end: found.end };
            let printed = chars.get(start..found.end)?.iter().collect::<String>().into();
            let (value, decimals) = (found.value, found.decimals);
            Figure { number, end: found.end, printed, value, decimals, unit: None, bound: Bound::Exact }
        }
    };
    matches!(chars.get(figure.end..)?, [] | ['整' | '正']).then_some(figure)
}

/// (1,234.50), as accountants print amounts below zero; (12) without a point or a group may be a list number, unless it is
/// `known` to be below zero.
fn accounting_negative(chars: &[char], known: bool) -> Option<Figure> {
    let open = chars.iter().position(|c| !c.is_whitespace()).filter(|at| chars.get(*at) == Some(&'('))?;
    let close = chars.iter().rposition(|c| !c.is_whitespace()).filter(|at| chars.get(*at) == Some(&')'))?;
    let (end, digits) = number_at(chars, open + 1).filter(|(end, _)| *end == close)?;
    let printed: String = chars.get(open..=close)?.iter().collect();
    if digits.starts_with('-') || !(known || printed.contains([',', '.'])) {
        return None;
    }
    let (value, decimals) = decimal(&digits)?;
    let number = Span { start: open + 1, end };
    let bound = Bound::Exact;
    Some(Figure { number, end: close + 1, printed: printed.into(), value: -value, decimals, unit: None, bound })
}

/// A space within a number stands beside the point or in front of a group of three: 3 518.64, not 500 30.
fn spaces_group(number: &[char]) -> bool {
    number.iter().enumerate().filter(|(_, c)| **c == ' ').all(|(at, _)| {
        let beside = |index: Option<usize>| {
            index.and_then(|index| number.get(index)).is_some_and(|c| matches!(c, '.' | ' ' | '-' | '+'))
        };
        let digits = number.iter().skip(at + 1).take_while(|c| c.is_ascii_digit()).count();
        let before = number.iter().take(at).rev().take_while(|c| c.is_ascii_digit()).count();
        beside(at.checked_sub(1)) || beside(Some(at + 1)) || (digits == 3 && before <= 3)
    })
}

fn skip_whitespace(chars: &[char], at: usize) -> usize {
    let mut at = at;
    while chars.get(at).is_some_and(|c| c.is_whitespace()) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::text::fold;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        figures(&fold(text))
            .iter()
            .map(|figure| format!("{}|{}", figure.printed, figure.unit.as_ref().map_or("", |unit| &*unit.printed)))
            .collect()
    }

    #[test]
    fn figures_in_text_need_a_unit_and_are_no_names() {
        let check = |text: &str, expected: &[&str]| assert_eq!(found(text), expected, "{text}");
        check("2022年总支出3512.64万元，其中", &["3512.64|万元"]);
        check("3.2022年度支出471.3万元", &["471.3|万元"]);
        check("会议纪要〔2018〕26号23文件", &[]);
        check("长政办发【2010】26号", &[]);
        check("外包服务（2020-2023）项目支出61.38万元", &["61.38|万元"]);
        check("“12345”热线、5G、500MB、第14名、1-3期", &[]);
        check("通过808人才引进1名", &["1|名"]);
        check("“1+5”文件", &[]);
        check("15分钟政务服务圈", &[]);
        check("支出12.5³万元、8[¹]万元、6（¹）万元和7②万元", &["12.5|万元", "8|万元", "6|万元", "7|万元"]);
        check("面积10⁴平方米", &[]);
        check("9,412.08万元", &["9,412.08|万元"]);
        check("投诉率为0.02 ‰", &["0.02|‰"]);
        check("汇聚办件173.26余万件", &["173.26|余万件"]);
        check("收、支总计各是6208.15,6311.72万元", &["6208.15|万元", "6311.72|万元"]);
        check("2021年1月1日到2021年12月31日", &[]);
        check("自评结果为100分。", &["100|分"]);
        check("发布时间:2021-04-15 17:11", &[]);
        check("1.工资福利支出185.6万元", &["185.6|万元"]);
        check("共二十三人，占百分之四十五", &["二十三|人", "百分之四十五|"]);
        check("三个一批、十分满意、第三十二条", &[]);
        check("10-20万元", &["10|万元", "20|万元"]);
        check("10%-15%", &["10|%", "15|%"]);
        check("三期工程1-3期、2020-2023年", &[]);
        check("时限由20个工作日压缩", &["20|个工作日"]);
        check("支出120万，结余3亿。", &["120|万", "3|亿"]);
        check("人均3万，", &["3|万"]);
        check("5万吨位", &["5|万吨"]);
    }

    #[test]
    fn cells_hold_one_figure_or_none() {
        let check = |text: &str, expected: Option<(&str, u32)>| {
            let got = match cell_content(&fold(text)) {
                CellContent::Figure(figure) => Some((figure.value.to_string(), figure.decimals)),
                _ => None,
            };
            assert_eq!(got, expected.map(|(value, decimals)| (value.to_owned(), decimals)), "{text}");
        };
        check("3518.64", Some(("3518.64", 2)));
        check("3 518.64", Some(("3518.64", 2)));
        check("100.96%", Some(("100.96", 2)));
        check("1,234,567.80", Some(("1234567.80", 2)));
        check("-12.5", Some(("-12.5", 1)));
        check("△12.5", Some(("-12.5", 1)));
        check("-¥12.5", Some(("-12.5", 1)));
        check("(1,234.50)", Some(("-1234.50", 2)));
        check("(12)", None);
        check("》10万件", Some(("10", 0)));
        check("600人次", Some(("600", 0)));
        check("2021年1月7日", None);
        check("按合同约定", None);
        check("-", None);
        check("100①", Some(("100", 0)));
        check("100³", Some(("100", 0)));
        check("10⁴", None);
    }

    #[test]
    fn stored_values_say_what_is_not_shown() {
        let check = |text: &str, raw: &str, expected: Option<(&str, &str)>| {
            let chars = fold(text);
            let got = match of_stored(cell_content(&chars), &chars, raw) {
                CellContent::Figure(figure) => Some((
                    figure.value.to_string(),
                    figure.unit.map_or_else(String::new, |unit| unit.printed.to_string()),
                )),
                _ => None,
            };
            let expected = expected.map(|(value, unit)| (value.to_owned(), unit.to_owned()));
            assert_eq!(got, expected, "{text}");
        };
        check("5.00", "-5", Some(("-5.00", "")));
        check("-5.00", "-5", Some(("-5.00", "")));
        check("(5)", "-5", Some(("-5", "")));
        check("(5)", "5", None);
        check("12.50万元", "-125000", Some(("-12.50", "万元")));
        check("0.00", "-0.001", Some(("0.00", "")));
        check("一百二十万元", "120", Some(("120", "万元")));
        check("壹佰贰拾元整", "120", Some(("120", "元")));
        check("-一百二十", "-120", Some(("-120", "")));
        check("一百二十", "甲", None);
        check("亏", "-1", None);
    }
}
