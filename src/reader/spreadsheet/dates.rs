//! Dates and times of workbooks.
//!
//! In: a day number with its fraction and a date format. Out: the shown text. Wrong: negative days and years beyond 9999
//! give nothing; the caller shows the number then.
//!
//! Follows ECMA-376 Part 1, 18.17.4: days count from 1900 with the leap day that year never had, or from 1904; `m` means
//! minutes next to hours or seconds. `[$-804]` names months and days in Chinese, `[$-F800]` and `[$-F400]` are the long date
//! and the time of the user's country, which is China here.

use super::decimal::Decimal;
use super::numerals::Numerals;

/// Letters that only date formats use outside quotes and brackets.
pub(super) fn is_date(section: &str) -> bool {
    tokens(section).iter().any(|token| matches!(token, Token::Field(..) | Token::Elapsed(..)))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A letter and how often it is repeated.
    Field(char, usize),
    Elapsed(char),
    HalfDay(bool),
    /// Digits of a second's fraction.
    Fraction(usize),
    Literal(String),
}

/// Shows a day number in a date format.
pub(super) fn show(value: &Decimal, section: &str, date_1904: bool) -> Option<String> {
    if value.negative {
        return None;
    }
    let mut days: i64 = number(&value.integer())?;
    if date_1904 {
        days += 1462;
    }
    let fraction = value.fraction();
    // 86,400,000 milliseconds a day, rounded.
    let numerator: u128 =
        u128::from(u64::try_from(number(&fraction.iter().copied().take(15).collect::<Vec<_>>())?).ok()?);
    let scale = 10_u128.pow(u32::try_from(fraction.len().min(15)).ok()?);
    let mut milliseconds = u64::try_from((numerator * 86_400_000 * 2 + scale) / (scale * 2)).ok()?;
    let script = Script::of(section);
    let tokens = tokens(script.section.unwrap_or(section));
    if !tokens.iter().any(|token| matches!(token, Token::Fraction(_))) {
        milliseconds = (milliseconds + 500) / 1000 * 1000;
    }
    if milliseconds >= 86_400_000 {
        milliseconds -= 86_400_000;
        days += 1;
    }
    let (year, month, day) = civil(days)?;
    let moment = Moment { days, year, month, day, milliseconds, script };
    Some(moment.write(&tokens))
}

/// What brackets say about a whole section.
#[derive(Debug, Clone, Copy, Default)]
struct Script {
    numerals: Option<Numerals>,
    /// Names of months and days in Chinese.
    chinese: bool,
    /// What stands for a section that leaves the order to the user's country.
    section: Option<&'static str>,
}

impl Script {
    fn of(section: &str) -> Self {
        let mut script = Self::default();
        for bracket in section.split('[').skip(1).filter_map(|rest| rest.split(']').next()) {
            let name = bracket.to_ascii_lowercase();
            script.numerals = script.numerals.or(Numerals::named(&name));
            let Some((_, locale)) = name.strip_prefix('$').and_then(|rest| rest.split_once('-')) else { continue };
            match u32::from_str_radix(locale.split(',').next().unwrap_or_default(), 16) {
                Ok(0xF800) => script.section = Some("yyyy\"年\"m\"月\"d\"日\""),
                Ok(0xF400) => script.section = Some("h:mm:ss"),
                // The low half is the language; what stands before it chooses digits and calendar.
                Ok(locale) => script.chinese |= locale & 0x3FF == 0x04,
                Err(_) => {}
            }
        }
        script
    }
}

/// The day number of a date in ISO 8601, with or without a time behind a `T`. Counted from 1900.
pub(super) fn from_iso(text: &str) -> Option<Decimal> {
    let (date, time) = text.trim().split_once('T').unwrap_or((text.trim(), ""));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1900..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 0000-03-01, see `civil`.
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let since = shifted_year * 365 + shifted_year / 4 - shifted_year / 100
        + shifted_year / 400
        + (153 * shifted_month + 2) / 5
        + day
        - 1;
    let days = since - 693_900 + i64::from(since > 693_959);
    let mut milliseconds = 0_i64;
    let (clock, fraction) = time.trim_end_matches('Z').split_once('.').unwrap_or((time.trim_end_matches('Z'), ""));
    for (part, unit) in clock.split(':').zip([3_600_000, 60_000, 1000]).filter(|(part, _)| !part.is_empty()) {
        milliseconds += part.parse::<i64>().ok().filter(|part| (0..=60).contains(part))? * unit;
    }
    milliseconds += format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    // Ten digits tell milliseconds apart.
    let part = (milliseconds * 10_000_000_000 + 43_200_000) / 86_400_000;
    Decimal::parse(&format!("{}.{:010}", days + part / 10_000_000_000, part % 10_000_000_000))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |all, digit| all.checked_mul(10)?.checked_add(i64::from(*digit)))
}

/// Year, month and day of a day number counted from 1900.
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    match days {
        0 => return Some((1900, 1, 0)),
        60 => return Some((1900, 2, 29)),
        _ => {}
    }
    if days > 2_958_465 {
        return None;
    }
    // Days since 0000-03-01 of the proleptic calendar; day 1 is 1900-01-01.
    let since = days + 693_900 - i64::from(days > 60);
    let era = since / 146_097;
    let of_era = since % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Some((year_of_era + era * 400 + i64::from(month <= 2), month, day))
}

struct Moment {
    days: i64,
    year: i64,
    month: i64,
    day: i64,
    milliseconds: u64,
    script: Script,
}

impl Moment {
    /// Digits of a date in the numerals that its format asks for.
    fn push(&self, digits: &str, out: &mut String) {
        match self.script.numerals {
            Some(numerals) => out.push_str(&numerals.of_date(digits)),
            None => out.push_str(digits),
        }
    }

    fn write(&self, tokens: &[Token]) -> String {
        let seconds = self.milliseconds / 1000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let half = tokens.iter().any(|token| matches!(token, Token::HalfDay(_)));
        let mut out = String::new();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                Token::Literal(text) => out.push_str(text),
                Token::Field('y' | 'e', 1..=2) if *token != Token::Field('e', 1) => {
                    self.push(&format!("{:02}", self.year % 100), &mut out);
                }
                Token::Field('y' | 'e', _) => self.push(&self.year.to_string(), &mut out),
                Token::Field('m', width) if is_minute(tokens, index) => self.push(&padded(minute, *width), &mut out),
                Token::Field('m', width @ (1 | 2)) => self.push(&padded(self.month.unsigned_abs(), *width), &mut out),
                Token::Field('m', width) => out.push_str(&self.month_name(*width)),
                Token::Field('d', width @ (1 | 2)) => self.push(&padded(self.day.unsigned_abs(), *width), &mut out),
                Token::Field('d', width) => out.push_str(&self.weekday_name(*width)),
                Token::Field('a', width) => {
                    if *width >= 4 {
                        out.push_str("星期");
                    }
                    out.push_str(self.weekday_letter());
                }
                Token::Field('h', width) => {
                    let shown = if half { (hour + 11) % 12 + 1 } else { hour };
                    self.push(&padded(shown, *width), &mut out);
                }
                Token::Field('s', width) => self.push(&padded(second, *width), &mut out),
                Token::Field(..) => {}
                Token::Elapsed(unit) => {
                    let all = self.days.unsigned_abs() * 86_400 + seconds;
                    let shown = match unit {
                        'h' => all / 3600,
                        'm' => all / 60,
                        _ => all,
                    };
                    out.push_str(&shown.to_string());
                }
                Token::HalfDay(chinese) => out.push_str(match (chinese, hour < 12) {
                    (true, true) => "上午",
                    (true, false) => "下午",
                    (false, true) => "AM",
                    (false, false) => "PM",
                }),
                Token::Fraction(width) => {
                    let digits = format!(".{:03}", self.milliseconds % 1000);
                    out.extend(digits.chars().take(width + 1));
                }
            }
        }
        out.trim().to_owned()
    }

    fn weekday(&self) -> usize {
        usize::try_from((self.days + 6) % 7).unwrap_or(0)
    }

    fn month_name(&self, width: usize) -> String {
        if self.script.chinese {
            return format!("{}月", Numerals::Plain.of_date(&self.month.to_string()));
        }
        const NAMES: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let name = usize::try_from(self.month - 1).ok().and_then(|index| NAMES.get(index)).copied().unwrap_or_default();
        name.chars()
            .take(if width == 3 {
                3
            } else if width == 5 {
                1
            } else {
                usize::MAX
            })
            .collect()
    }

    fn weekday_name(&self, width: usize) -> String {
        if self.script.chinese {
            return format!("{}{}", if width == 3 { "周" } else { "星期" }, self.weekday_letter());
        }
        const NAMES: [(&str, &str); 7] = [
            ("Sun", "Sunday"),
            ("Mon", "Monday"),
            ("Tue", "Tuesday"),
            ("Wed", "Wednesday"),
            ("Thu", "Thursday"),
            ("Fri", "Friday"),
            ("Sat", "Saturday"),
        ];
        NAMES.get(self.weekday()).map_or("", |name| if width == 3 { name.0 } else { name.1 }).to_owned()
    }

    fn weekday_letter(&self) -> &'static str {
        ["日", "一", "二", "三", "四", "五", "六"].get(self.weekday()).unwrap_or(&"")
    }
}

fn padded(value: u64, width: usize) -> String {
    format!("{value:0width$}", width = width.min(2))
}

/// `m` after hours or before seconds is minutes.
fn is_minute(tokens: &[Token], index: usize) -> bool {
    let is_field = |token: &&Token| !matches!(token, Token::Literal(_));
    let before = tokens.get(..index).and_then(|tokens| tokens.iter().rev().find(is_field));
    let after = tokens.get(index + 1..).and_then(|tokens| tokens.iter().find(is_field));
    matches!(before, Some(Token::Field('h', _) | Token::Elapsed('h'))) || matches!(after, Some(Token::Field('s', _)))
}

fn tokens(section: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut letters = section.chars().peekable();
    while let Some(letter) = letters.next() {
        let lower = letter.to_ascii_lowercase();
        match lower {
            '"' => found.push(Token::Literal(letters.by_ref().take_while(|next| *next != '"').collect())),
            '\\' | '!' => found.extend(letters.next().map(|next| Token::Literal(next.to_string()))),
            '_' | '*' => drop(letters.next()),
            '[' => {
                let content: String = letters.by_ref().take_while(|next| *next != ']').collect();
                let content = content.to_ascii_lowercase();
                if let Some(unit @ ('h' | 'm' | 's')) =
                    content.chars().next().filter(|first| content.chars().all(|next| next == *first))
                {
                    found.push(Token::Elapsed(unit));
                }
            }
            'a' if rest_is(&letters, "m/pm") => {
                letters.by_ref().take(4).for_each(drop);
                found.push(Token::HalfDay(false));
            }
            '上' if rest_is(&letters, "午/下午") => {
                letters.by_ref().take(4).for_each(drop);
                found.push(Token::HalfDay(true));
            }
            'g' if rest_is(&letters, "eneral") => return Vec::new(),
            'g' if rest_is(&letters, "/通用格式") => return Vec::new(),
            // An exponent, not a year of an era.
            'e' if matches!(letters.peek(), Some('+' | '-')) => return Vec::new(),
            'y' | 'm' | 'd' | 'h' | 's' | 'a' | 'e' => {
                let mut width = 1;
                while letters.next_if(|next| next.to_ascii_lowercase() == lower).is_some() {
                    width += 1;
                }
                found.push(Token::Field(lower, width));
            }
            '.' if letters.peek() == Some(&'0')
                && matches!(found.last(), Some(Token::Field('s', _) | Token::Elapsed('s'))) =>
            {
                let mut width = 0;
                while letters.next_if_eq(&'0').is_some() {
                    width += 1;
                }
                found.push(Token::Fraction(width));
            }
            // A place for a digit: no date.
            '0' | '#' | '?' => return Vec::new(),
            '@' => {}
            _ => found.push(Token::Literal(letter.to_string())),
        }
    }
    found
}

fn rest_is(letters: &std::iter::Peekable<std::str::Chars<'_>>, wanted: &str) -> bool {
    letters.clone().zip(wanted.chars()).filter(|(found, wanted)| found.to_lowercase().eq(wanted.to_lowercase())).count()
        == wanted.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_shown_as_dates() {
        let check = |value: &str, code: &str, expected: &str| {
            assert!(is_date(code), "{code}");
            assert_eq!(show(&Decimal::parse(value).unwrap(), code, false).as_deref(), Some(expected), "{code}");
        };
        check("1.0", "yyyy-mm-dd", "1900-01-01");
        check("59.0", "yyyy-mm-dd", "1900-02-28");
        check("60.0", "yyyy-mm-dd", "1900-02-29");
        check("61.0", "yyyy-mm-dd", "1900-03-01");
        check("44926.0", "yyyy\"年\"m\"月\"", "2022年12月");
        check("44926.75", "yyyy/m/d h:mm", "2022/12/31 18:00");
        check("44926.75", "h:mm AM/PM", "6:00 PM");
        check("1.5", "[h]:mm:ss", "36:00:00");
        check("44926.0", "aaaa", "星期六");
        check("44926.0", "d-mmm-yy", "31-Dec-22");
        check("44926.0", "[DBNum1][$-804]yyyy\"年\"m\"月\"d\"日\"", "二〇二二年十二月三十一日");
        check("44926.0", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "2022年12月31日");
        check("44926.0", "[$-804]mmmm dddd", "十二月 星期六");
        check("44926.0", "[$-409]mmmm", "December");
        assert!(!is_date("0.00E+00"));
        assert!(!is_date("[Red]0.0"));
        assert!(!is_date("General"));
        let shifted = show(&Decimal::parse("0").unwrap(), "yyyy-m-d", true);
        assert_eq!(shifted.as_deref(), Some("1904-1-1"));
    }

    #[test]
    fn iso_dates_are_day_numbers() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(from_iso(text).map(|number| number.plain()).as_deref(), expected, "{text}");
        };
        check("2022-12-31", Some("44926"));
        check("2022-12-31T18:00:00.000", Some("44926.75"));
        check("1900-01-01", Some("1"));
        check("1900-03-01T00:00:00Z", Some("61"));
        check("2022-13-01", None);
        check("12:30", None);
        for days in [59_i64, 61, 1000, 36_585, 45_000, 73_050] {
            let (year, month, day) = civil(days).unwrap();
            check(&format!("{year:04}-{month:02}-{day:02}"), Some(&days.to_string()));
        }
    }
}
