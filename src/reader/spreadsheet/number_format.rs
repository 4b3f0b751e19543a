//! Number formats: a stored number as the workbook shows it.
//!
//! In: a decimal and a format code (`#,##0.00`, `0.00%`, `0!.0,"万元"`). Out: the shown text. Codes or values that the
//! grammar below does not cover are shown in General, that is with all their digits.
//!
//! Follows ECMA-376 Part 1, 18.8.30 and 18.8.31, and Excel where the standard is silent: up to four sections, `!` and `\`
//! quote one character, a trailing comma divides by a thousand, a literal may stand between digits (the Chinese habit of
//! `0!.0,` for 万元), `[DBNum1]` and `[DBNum2]` write Chinese numerals (`numerals.rs`). Dates are in `dates.rs`. A section that
//! only numbers below zero come to brings its own sign; `%` on a second line, which no row is high enough to show, divides
//! and is not written (`0.00,,` with it is the habit for 万).

use super::dates;
use super::decimal::{Decimal, ascii};
use super::numerals::Numerals;
use crate::document::Text;

/// A parsed piece of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// `0`, `#` or `?` before the point.
    Integer(char),
    Point,
    /// `0`, `#` or `?` after the point.
    Fraction(char),
    /// Scientific exponent with its least number of digits and whether a plus sign is written.
    Exponent(usize, bool),
    /// The text of the cell.
    Text,
    General,
}

/// One section of a code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Section {
    condition: Option<Condition>,
    pieces: Vec<Piece>,
    percents: i32,
    thousands: bool,
    scale_commas: i32,
    numerals: Option<Numerals>,
    /// Only numbers below zero come here: the sign is the section's own matter.
    own_sign: bool,
    /// Written with `/`: a fraction.
    is_fraction: bool,
    is_date: bool,
    /// Number of [`Piece::Integer`].
    holders: usize,
    /// Number of [`Piece::Fraction`].
    places: usize,
    /// A [`Piece::General`] is among the pieces.
    has_general: bool,
    /// A [`Piece::Text`] is among the pieces.
    has_text: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    operator: String,
    operand: Decimal,
}

/// A format code, parsed once for all cells that use it.
#[derive(Debug, Clone)]
pub(super) struct NumberFormat {
    /// The code as stored.
    pub(super) code: Text,
    /// The sections' texts; none for General.
    texts: Vec<String>,
    sections: Vec<Section>,
}

impl NumberFormat {
    /// Parses a code.
    pub(super) fn new(code: &str) -> Self {
        let texts = if is_general(code) { Vec::new() } else { sections(code) };
        let mut sections: Vec<Section> = texts.iter().map(|text| parse(text)).collect();
        let conditional = sections.iter().any(|section| section.condition.is_some());
        let mut below_zero = false;
        for (at, section) in sections.iter_mut().enumerate() {
            section.own_sign = match &section.condition {
                Some(condition) => condition.is_below_zero(),
                None if conditional => below_zero,
                None => at == 1,
            };
            below_zero |= section.condition.as_ref().is_some_and(Condition::leaves_below_zero);
        }
        Self { code: code.into(), sections, texts }
    }

    /// A text as shown, where the format does more to texts than to show them.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        let section = match self.sections.as_slice() {
            [_, _, _, section, ..] => section,
            [.., section] if section.has_text => section,
            _ => return None,
        };
        let plain = |piece: &Piece| match piece {
            Piece::Text => true,
            Piece::Literal(text) => text.trim().is_empty(),
            _ => false,
        };
        if section.pieces.iter().all(plain) && section.has_text {
            return None;
        }
        let shown = section.pieces.iter().map(|piece| match piece {
            Piece::Literal(literal) => literal.as_str(),
            Piece::Text => text,
            _ => "",
        });
        Some(shown.collect::<String>().trim().to_owned())
    }

    /// Writes a value as shown into an empty text. `date_1904`: the workbook counts days from 1904.
    pub(super) fn push_shown(&self, value: &Decimal, date_1904: bool, out: &mut String) {
        let at = choose(value, &self.sections);
        let found = at.and_then(|at| Some((self.sections.get(at)?, self.texts.get(at)?)));
        let Some((section, text)) = found else { return value.push_plain(out) };
        if section.is_date {
            match dates::show(value, text, date_1904) {
                Some(date) => out.push_str(&date),
                None => value.push_plain(out),
            }
            return;
        }
        write_section(value, section, out);
        // Places for signs and brackets are for a column's looks.
        out.truncate(out.trim_end().len());
        out.drain(..out.len() - out.trim_start().len());
    }
}

fn is_general(code: &str) -> bool {
    let code = code.trim();
    code.is_empty() || code.eq_ignore_ascii_case("general") || code == "G/通用格式" || code == "@"
}

/// Splits a code at the semicolons outside quotes and brackets.
fn sections(code: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = code.chars();
    let mut quoted = false;
    let mut bracket = false;
    while let Some(letter) = letters.next() {
        let last = parts.len() - 1;
        match letter {
            ';' if !quoted && !bracket => {
                parts.push(String::new());
                continue;
            }
            '"' if !bracket => quoted = !quoted,
            '[' if !quoted => bracket = true,
            ']' if !quoted => bracket = false,
            '\\' | '!' | '_' | '*' if !quoted && !bracket => {
                if let Some(part) = parts.get_mut(last) {
                    part.push(letter);
                    part.extend(letters.next());
                }
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.get_mut(last) {
            part.push(letter);
        }
    }
    parts
}

/// Index of the section that applies.
fn choose(value: &Decimal, sections: &[Section]) -> Option<usize> {
    let numeric = sections.len().min(3);
    if sections.iter().any(|section| section.condition.is_some()) {
        let found = (0..numeric).find(|index| {
            sections
                .get(*index)
                .is_some_and(|section| section.condition.as_ref().is_none_or(|condition| condition.holds(value)))
        });
        return found;
    }
    Some(match numeric {
        0 => return None,
        1 => 0,
        2 => usize::from(value.negative),
        _ if value.is_zero() => 2,
        _ => usize::from(value.negative),
    })
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let operator: String = text.chars().take_while(|letter| "<>=".contains(*letter)).collect();
        let operand = Decimal::parse(text.get(operator.len()..)?)?;
        (!operator.is_empty()).then_some(Self { operator, operand })
    }

    fn holds(&self, value: &Decimal) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let order = compare(value, &self.operand);
        match self.operator.as_str() {
            "<" => order == Less,
            "<=" => order != Greater,
            ">" => order == Greater,
            ">=" => order != Less,
            "=" => order == Equal,
            "<>" => order != Equal,
            _ => false,
        }
    }

    /// No number above zero meets it.
    fn is_below_zero(&self) -> bool {
        let below = self.operand.negative;
        match self.operator.as_str() {
            "<" | "<=" => below || self.operand.is_zero(),
            "=" => below,
            _ => false,
        }
    }

    /// Every number above zero meets it: what is left for the sections behind it is not.
    fn leaves_below_zero(&self) -> bool {
        matches!(self.operator.as_str(), ">" | ">=") && (self.operand.negative || self.operand.is_zero())
    }
}

fn compare(left: &Decimal, right: &Decimal) -> std::cmp::Ordering {
    let sign = |value: &Decimal| {
        if value.is_zero() {
            0
        } else if value.negative {
            -1
        } else {
            1
        }
    };
    let size = || left.compare_size(right);
    sign(left).cmp(&sign(right)).then_with(|| match sign(left) {
        0 => std::cmp::Ordering::Equal,
        1 => size(),
        _ => size().reverse(),
    })
}

fn parse(text: &str) -> Section {
    let mut section = Section { is_date: dates::is_date(text), ..Section::default() };
    let mut letters = text.chars().peekable();
    let mut after_point = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' => section.literal(&letters.by_ref().take_while(|next| *next != '"').collect::<String>()),
            '\\' | '!' => {
                if let Some(next) = letters.next() {
                    section.literal(next.encode_utf8(&mut [0; 4]));
                }
            }
            '_' => {
                letters.next();
                section.literal(" ");
            }
            '*' => {
                letters.next();
            }
            '[' => section.bracket(&letters.by_ref().take_while(|next| *next != ']').collect::<String>()),
            '0' | '#' | '?' if after_point => section.pieces.push(Piece::Fraction(letter)),
            '0' | '#' | '?' => section.pieces.push(Piece::Integer(letter)),
            '.' if !after_point => {
                after_point = true;
                section.pieces.push(Piece::Point);
            }
            ',' => section.comma(letters.peek().copied()),
            '%' => {
                section.percents += 1;
                section.literal("%");
            }
            'E' | 'e' if matches!(letters.peek(), Some('+' | '-')) => {
                let plus = letters.next() == Some('+');
                let mut width = 0;
                while letters.next_if(|next| matches!(next, '0' | '#' | '?')).is_some() {
                    width += 1;
                }
                section.pieces.push(Piece::Exponent(width, plus));
            }
            '@' => section.pieces.push(Piece::Text),
            '\n' if letters.clone().all(|next| next == '%' || next.is_whitespace()) => {
                section.percents += i32::try_from(letters.by_ref().filter(|next| *next == '%').count()).unwrap_or(0);
            }
            '/' => section.is_fraction = true,
            'G' | 'g' if starts_general(letters.clone().collect::<String>().as_str()) => {
                let length = if letters.peek() == Some(&'/') { "/通用格式" } else { "eneral" }.chars().count();
                letters.by_ref().take(length).for_each(drop);
                section.pieces.push(Piece::General);
            }
            other => section.literal(other.encode_utf8(&mut [0; 4])),
        }
    }
    section.counted()
}

fn starts_general(rest: &str) -> bool {
    rest.starts_with("/通用格式") || rest.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("eneral"))
}

impl Section {
    /// With what is asked of its pieces for every cell.
    fn counted(mut self) -> Self {
        let count = |wanted: fn(&Piece) -> bool| self.pieces.iter().filter(|piece| wanted(piece)).count();
        let (holders, places) =
            (count(|piece| matches!(piece, Piece::Integer(_))), count(|piece| matches!(piece, Piece::Fraction(_))));
        (self.has_general, self.has_text) = (self.pieces.contains(&Piece::General), self.pieces.contains(&Piece::Text));
        (self.holders, self.places) = (holders, places);
        self
    }

    fn literal(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Literal(existing)) => existing.push_str(text),
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    /// A comma between digits groups them, after the last one it divides by a thousand.
    fn comma(&mut self, next: Option<char>) {
        let begun = self.pieces.iter().any(|piece| matches!(piece, Piece::Integer(_) | Piece::Fraction(_)));
        match next {
            _ if !begun => self.literal(","),
            Some('0' | '#' | '?') => self.thousands = true,
            _ => self.scale_commas += 1,
        }
    }

    fn bracket(&mut self, content: &str) {
        if let Some(currency) = content.strip_prefix('$') {
            let symbol = currency.split('-').next().unwrap_or_default();
            if !symbol.is_empty() {
                self.literal(symbol);
            }
            return;
        }
        match content.to_ascii_lowercase().as_str() {
            name if name.starts_with("dbnum") => self.numerals = Numerals::named(name),
            // A colour behind a condition does not take it away.
            _ => self.condition = Condition::parse(content).or(self.condition.take()),
        }
    }
}

fn write_section(value: &Decimal, section: &Section, out: &mut String) {
    let places = section.places;
    if section.is_fraction || section.has_text {
        return value.push_plain(out);
    }
    let is_scientific = section.pieces.iter().any(|piece| matches!(piece, Piece::Exponent(..)));
    let mut scaled = value.shifted(2 * section.percents - 3 * section.scale_commas);
    let mut power = 0;
    if is_scientific && !scaled.is_zero() {
        (scaled, power) = with_power(scaled, section);
    }
    let is_general = section.has_general || (section.numerals.is_some() && section.pieces.is_empty());
    if !is_general {
        scaled = scaled.rounded(places);
    }
    // Rounding to zero takes the sign away, as in Excel.
    if scaled.negative && !section.own_sign {
        out.push('-');
    }
    let mut writer =
        Writer { value: scaled.absolute(), section, seen_integer: 0, seen_fraction: 0, begun: false, run: 0 };
    for (at, piece) in section.pieces.iter().enumerate() {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Integer(kind) => {
                let ends = !matches!(section.pieces.get(at + 1), Some(Piece::Integer(_)));
                writer.integer(out, *kind, ends);
            }
            Piece::Point => {
                writer.rest_of_integer(out);
                if places > 0 {
                    out.push('.');
                }
            }
            Piece::Fraction(kind) => writer.fraction(out, *kind),
            Piece::Exponent(width, plus) => {
                let sign = if power < 0 {
                    "-"
                } else if *plus {
                    "+"
                } else {
                    ""
                };
                out.push_str(&format!("E{sign}{:0width$}", power.abs()));
            }
            Piece::General => writer.general(out),
            Piece::Text => {}
        }
    }
    if section.pieces.is_empty() && is_general {
        writer.general(out);
    }
}

/// A number other than zero as mantissa and power of ten; the power goes in steps of as many as there are places before the point.
fn with_power(value: Decimal, section: &Section) -> (Decimal, i32) {
    let step = i32::try_from(section.holders.max(1)).unwrap_or(1);
    let power_of = |value: &Decimal| (value.exponent - 1).div_euclid(step) * step;
    let mut power = power_of(&value);
    let mut mantissa = value.shifted(-power).rounded(section.places);
    // Rounding may have made one digit more.
    let carried = power_of(&mantissa);
    if carried > 0 {
        power += carried;
        mantissa = mantissa.shifted(-carried);
    }
    (mantissa, power)
}

/// Hands out digits to the places of a section.
struct Writer<'s> {
    /// Without its sign.
    value: Decimal,
    section: &'s Section,
    seen_integer: usize,
    seen_fraction: usize,
    /// A digit of the integer has been written.
    begun: bool,
    /// Places of the integer that stand next to one another, before this one.
    run: usize,
}

impl Writer<'_> {
    /// One place of the integer; the first one takes all digits that have no place of their own. `ends`: what comes next is no
    /// place of the integer.
    fn integer(&mut self, out: &mut String, kind: char, ends: bool) {
        let places_left = self.section.holders - self.seen_integer;
        self.seen_integer += 1;
        self.run += 1;
        let length = self.value.integer_len();
        if let Some(numerals) = self.section.numerals.filter(|numerals| *numerals != Numerals::FullWidth) {
            // Places next to one another are one number in words: 壹拾贰元叁角.
            if ends {
                let run = std::mem::take(&mut self.run);
                let end = (length + 1).saturating_sub(places_left);
                let from = if run == self.seen_integer { 0 } else { (length + 1).saturating_sub(places_left + run) };
                let digits: Vec<u8> = (from..end).map(|index| self.value.integer_digit(index)).collect();
                if kind == '0' || !digits.is_empty() {
                    out.push_str(&numerals.number(&digits));
                }
            }
            return;
        }
        let first = self.seen_integer == 1;
        let from = if first { 0 } else { length.saturating_sub(places_left) };
        let to = (length + 1).saturating_sub(places_left).max(from).min(length);
        if length < places_left {
            match kind {
                '0' => {
                    out.push(self.digit(0));
                    self.begun = true;
                    self.separator(out, places_left - 1);
                }
                '?' => out.push(' '),
                _ => {}
            }
            return;
        }
        for index in from..to {
            out.push(self.digit(self.value.integer_digit(index)));
            self.begun = true;
            self.separator(out, length - 1 - index);
        }
    }

    /// All digits that there are.
    fn general(&self, out: &mut String) {
        let Some(numerals) = self.section.numerals else { return self.value.push_plain(out) };
        out.push_str(&numerals.number(&self.value.integer()));
        let fraction = self.value.fraction();
        if !fraction.is_empty() {
            out.push('.');
            out.extend(fraction.iter().map(|digit| numerals.digit(*digit)));
        }
    }

    /// Digits before the point when no place stands there (`.00`).
    fn rest_of_integer(&self, out: &mut String) {
        if self.section.holders == 0 {
            out.extend((0..self.value.integer_len()).map(|index| ascii(self.value.integer_digit(index))));
        }
    }

    fn separator(&self, out: &mut String, digits_to_the_right: usize) {
        if self.section.thousands && self.begun && digits_to_the_right > 0 && digits_to_the_right.is_multiple_of(3) {
            out.push(',');
        }
    }

    fn fraction(&mut self, out: &mut String, kind: char) {
        let index = self.seen_fraction;
        let digit = (index < self.value.fraction_len()).then(|| self.value.fraction_digit(index));
        self.seen_fraction += 1;
        match (digit, kind) {
            (Some(digit), _) => out.push(self.digit(digit)),
            (None, '0') => out.push(self.digit(0)),
            (None, '?') => out.push(' '),
            _ => {}
        }
    }

    fn digit(&self, digit: u8) -> char {
        self.section.numerals.map_or_else(|| ascii(digit), |numerals| numerals.digit(digit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_excel_shows_them() {
        let check = |value: &str, code: &str, expected: &str| {
            let value = Decimal::parse(value).unwrap();
            let mut shown = String::new();
            NumberFormat::new(code).push_shown(&value, false, &mut shown);
            assert_eq!(shown, expected, "{value:?} {code}");
        };
        check("3518.64", "General", "3518.64");
        check("3518.64", "0.00_ ", "3518.64");
        check("0.7436", "0.00%", "74.36%");
        check("0.7436", "0%", "74%");
        check("1.0096", "0.0%", "101.0%");
        check("1234567.891", "#,##0.00", "1,234,567.89");
        check("0.5", "#,##0", "1");
        check("12.0", "#,##0", "12");
        check("0.0", "#", "");
        check("5.0", "000", "005");
        check("1234.0", "0,000", "1,234");
        check("12.0", "0,000", "0,012");
        check("22644200.0", "0!.0,\"万元\"", "2264.4万元");
        check("22644200.0", "0.00,,", "22.64");
        check("-1234.5", "#,##0.00;[Red](#,##0.00)", "(1,234.50)");
        check("-1234.5", "#,##0.00", "-1,234.50");
        check("0.0", "_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ", "-");
        check("1234.5", "_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ", "1,234.50");
        check("-1234.5", "_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ", "-1,234.50");
        check("123.0", "[DBNum1][$-804]General", "一百二十三");
        check("123.5", "[DBNum1]", "一百二十三.五");
        check("1205.0", "[DBNum1]0", "一千二百零五");
        check("12000.0", "[DBNum2]0", "壹万贰仟");
        check("20.5", "[DBNum3]0.0", "２０.５");
        check("1234.5", "[$¥-804]#,##0.00", "¥1,234.50");
        check("12345.0", "0.00E+00", "1.23E+04");
        check("12345.0", "##0.0E+0", "12.3E+3");
        check("999999.0", "##0.0E+0", "1.0E+6");
        check("0.00012", "0.0E+00", "1.2E-04");
        check("0.5", "# ?/?", "0.5");
        check("150.0", "[>100]\"高\"0;[<=100]\"低\"0", "高150");
        check("3.0", "0\"人\"", "3人");
        check("-0.001", "0.00", "0.00");
        check("9.5", "0.0#", "9.5");
        check("12345678.0", "0.00,,\n%", "1234.57");
        check("120.0", "[DBNum2][$-804]G/通用格式\"元整\"", "壹佰贰拾元整");
        check("-120.5", "[DBNum1]General\"万元\"", "-一百二十.五万元");
        check("45.0", "[DBNum2]0\"角\"0\"分\"", "肆角伍分");
        check("12305.0", "[DBNum2]0\"元\"0\"角\"0\"分\"", "壹佰贰拾叁元零角伍分");
        check("5.0", "[DBNum2]00", "伍");
        check("0.0", "[DBNum1]", "〇");
        check("45000.0", "yyyy/m/d", "2023/3/15");
        check("45000.0", "yyyy\"年\"m\"月\"d\"日\"", "2023年3月15日");
    }

    #[test]
    fn signs_are_written_once() {
        let check = |value: &str, code: &str, expected: &str| {
            let mut shown = String::new();
            NumberFormat::new(code).push_shown(&Decimal::parse(value).unwrap(), false, &mut shown);
            assert_eq!(shown, expected, "{value} {code}");
        };
        check("-12.5", "[>=10000]0!.0,\"万元\";[<0]\\-0.00;0", "-12.50");
        check("-5", "[<0]\"亏\"0.00;0.00", "亏5.00");
        check("-5", "[>0]0.00;(0.00)", "(5.00)");
        // These sections are for other numbers as well.
        check("-12.5", "[=0]\"无\";0.00", "-12.50");
        check("-5", "[>=10000]0!.0,\"万元\";0.00\"元\"", "-5.00元");
        check("-5", "[<100]0.0;0", "-5.0");
        check("-5", "0.00_ ;[Red]0.00", "5.00");
    }

    #[test]
    fn texts_have_a_section_too() {
        let check = |code: &str, expected: Option<&str>| {
            assert_eq!(NumberFormat::new(code).text("甲 ").as_deref(), expected, "{code}");
        };
        check("0;0;0;@\"万元\"", Some("甲 万元"));
        check("\"约\"@", Some("约甲"));
        check(";;;", Some(""));
        check("0.00", None);
        check("@", None);
        check("_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ", None);
    }
}
