//! Years in text: 「2022年度」, 「20 21 年度」, 「2019年决算数」.

/// A year with where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearMatch {
    /// The year.
    pub year: i32,
    /// First character.
    pub start: usize,
    /// One past 年 or 年度.
    pub end: usize,
    /// 年度 follows, not only 年.
    pub fiscal: bool,
    /// A month follows: a date, not a period.
    pub dated: bool,
}

/// All years of a folded text, in order. Spaces within the digits are the printer's.
#[must_use]
pub fn years(chars: &[char]) -> Vec<YearMatch> {
    let mut found = Vec::new();
    if !chars.contains(&'年') {
        return found;
    }
    let mut at = 0;
    while at < chars.len() {
        match year_from(chars, at) {
            Some(year) => {
                at = year.end;
                found.push(year);
            }
            None => at += 1,
        }
    }
    found
}

fn year_from(chars: &[char], start: usize) -> Option<YearMatch> {
    if !chars.get(start)?.is_ascii_digit() {
        return chinese_year(chars, start);
    }
    let before = start.checked_sub(1).and_then(|index| chars.get(index));
    let list_number =
        before == Some(&'.') && start.checked_sub(3).and_then(|i| chars.get(i)).is_none_or(|c| !c.is_ascii_digit());
    if before.is_some_and(|c| c.is_ascii_digit() || (*c == '.' && !list_number)) {
        return None;
    }
    let mut at = start;
    let mut year = 0;
    let mut digits = 0;
    while digits < 4 {
        match chars.get(at)? {
            ' ' if digits > 0 => {}
            c => {
                year = year * 10 + i32::try_from(c.to_digit(10)?).ok()?;
                digits += 1;
            }
        }
        at += 1;
    }
    while chars.get(at) == Some(&' ') {
        at += 1;
    }
    if chars.get(at) != Some(&'年') || !(1980..=2099).contains(&year) {
        return None;
    }
    let fiscal = chars.get(at + 1) == Some(&'度');
    let end = at + 1 + usize::from(fiscal);
    let dated = chars.get(end).is_some_and(char::is_ascii_digit) && chars.iter().skip(end).take(3).any(|c| *c == '月');
    Some(YearMatch { year, start, end, fiscal, dated })
}

/// 二〇二二年度.
fn chinese_year(chars: &[char], start: usize) -> Option<YearMatch> {
    const DIGITS: &str = "〇一二三四五六七八九";
    let digit = |c: &char| {
        let c = if matches!(c, '零' | '○' | 'Ｏ') { '〇' } else { *c };
        DIGITS.chars().position(|digit| digit == c).and_then(|value| i32::try_from(value).ok())
    };
    let mut year = 0;
    for c in chars.get(start..start + 4)? {
        year = year * 10 + digit(c)?;
    }
    if chars.get(start + 4) != Some(&'年') || !(1980..=2099).contains(&year) {
        return None;
    }
    let fiscal = chars.get(start + 5) == Some(&'度');
    Some(YearMatch { year, start, end: start + 5 + usize::from(fiscal), fiscal, dated: false })
}

/// The first date of a folded text as ISO 8601: 2021-04-15, 2021年4月15日, 2021/4/15.
#[must_use]
pub fn date(chars: &[char]) -> Option<String> {
    (0..chars.len()).find_map(|start| date_at(chars, start))
}

fn date_at(chars: &[char], start: usize) -> Option<String> {
    if start.checked_sub(1).and_then(|index| chars.get(index)).is_some_and(char::is_ascii_digit) {
        return None;
    }
    let (year, at) = integer(chars, start, 4)?;
    let (month, at) = integer(chars, separator(chars, at, &['-', '/', '.', '年'])?, 2)?;
    let (day, _) = integer(chars, separator(chars, at, &['-', '/', '.', '月'])?, 2)?;
    let valid = (1980..=2099).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    valid.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn integer(chars: &[char], start: usize, most: usize) -> Option<(u32, usize)> {
    let digits: String = chars.iter().skip(start).take_while(|c| c.is_ascii_digit()).collect();
    (1..=most).contains(&digits.len()).then(|| digits.parse().ok().map(|value| (value, start + digits.len()))).flatten()
}

fn separator(chars: &[char], at: usize, allowed: &[char]) -> Option<usize> {
    chars.get(at).filter(|c| allowed.contains(c)).map(|_| at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::text::fold;
    use super::*;

    #[test]
    fn years_in_text() {
        let check = |text: &str, expected: &[i32]| {
            let got: Vec<i32> = years(&fold(text)).iter().map(|found| found.year).collect();
            assert_eq!(got, expected, "{text}");
        };
        check("石鼓区20 21 年度部门", &[2021]);
        check("3.2022年度单位", &[2022]);
        check("2019年决算数比2018年", &[2019, 2018]);
        check("项目（2020-2023）", &[]);
        check("12345年", &[]);
    }

    #[test]
    fn dates_in_text() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(date(&fold(text)).as_deref(), expected, "{text}");
        check("发布时间:2021-04-15 17:11", Some("2021-04-15"));
        check("2021年4月5日", Some("2021-04-05"));
        check("2021年4月", None);
    }
}
