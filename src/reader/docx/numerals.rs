//! Counting words: a list counter in one of Word's number formats.
//!
//! In: a counter and the format's name in ECMA-376 (`chineseCounting`). Out: the characters that Word prints. Formats
//! that reports never use fall back to decimal digits, as do values outside a format's range.
//!
//! Follows ECMA-376 Part 1, 17.18.59 (ST_NumberFormat) and what Word prints for Chinese lists.

use std::fmt::Write;

const PLAIN: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
const FORMAL: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
const BRANCHES: &str = "子丑寅卯辰巳午未申酉戌亥";

/// Writes `value` in `format` at the end of `out`.
pub(in crate::reader) fn write(out: &mut String, value: i64, format: &str) {
    let before = out.len();
    let written = match format {
        "none" => Some(()),
        "decimalZero" => pad(out, value, 2),
        "lowerLetter" => letters(out, value, 'a'),
        "upperLetter" => letters(out, value, 'A'),
        "lowerRoman" => roman(out, value).map(|()| lower_from(out, before)),
        "upperRoman" => roman(out, value),
        "ordinal" => ordinal(out, value),
        "chineseCounting"
        | "chineseCountingThousand"
        | "japaneseCounting"
        | "taiwaneseCounting"
        | "taiwaneseCountingThousand" => counting(out, value, &PLAIN, ['十', '百', '千', '万'], false),
        "chineseLegalSimplified" => counting(out, value, &FORMAL, ['拾', '佰', '仟', '万'], true),
        "ideographLegalTraditional" => {
            let formal = ['零', '壹', '貳', '參', '肆', '伍', '陸', '柒', '捌', '玖'];
            counting(out, value, &formal, ['拾', '佰', '仟', '萬'], true)
        }
        "japaneseDigitalTenThousand" | "taiwaneseDigital" | "ideographDigital" => digits(out, value, &PLAIN),
        "ideographTraditional" => nth(out, value, STEMS),
        "ideographZodiac" => nth(out, value, BRANCHES),
        "decimalFullWidth" | "decimalFullWidth2" => {
            let wide = ['０', '１', '２', '３', '４', '５', '６', '７', '８', '９'];
            digits(out, value, &wide)
        }
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => circled(out, value),
        "decimalEnclosedParen" => from_block(out, value, '⑴', 20),
        "decimalEnclosedFullstop" => from_block(out, value, '⒈', 20),
        "numberInDash" => write!(out, "- {value} -").ok(),
        "ideographEnclosedCircle" => from_block(out, value, '㊀', 10),
        _ => custom(out, value, format),
    };
    if written.is_none() {
        out.truncate(before);
        // Writing to a String cannot fail.
        let _ = write!(out, "{value}");
    }
}

fn pad(out: &mut String, value: i64, width: usize) -> Option<()> {
    write!(out, "{value:0width$}").ok()
}

/// `custom 001, 002, ...`: the width of the sample is the least width.
fn custom(out: &mut String, value: i64, format: &str) -> Option<()> {
    let sample = format.strip_prefix("custom ")?;
    let width = sample.chars().take_while(char::is_ascii_digit).count();
    pad(out, value, width)
}

/// a ... z, aa, bb, ...: Word repeats the letter.
fn letters(out: &mut String, value: i64, first: char) -> Option<()> {
    let index = u32::try_from(value).ok()?.checked_sub(1)?;
    let letter = char::from_u32(u32::from(first) + index % 26)?;
    let times = index / 26 + 1;
    (times <= 30).then(|| (0..times).for_each(|_| out.push(letter)))
}

fn roman(out: &mut String, value: i64) -> Option<()> {
    const STEPS: [(i64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = (1..4000).contains(&value).then_some(value)?;
    for (step, sign) in STEPS {
        while rest >= step {
            out.push_str(sign);
            rest -= step;
        }
    }
    Some(())
}

fn lower_from(out: &mut String, start: usize) {
    let tail = out.split_off(start).to_lowercase();
    out.push_str(&tail);
}

fn ordinal(out: &mut String, value: i64) -> Option<()> {
    let suffix = match (value % 10, value % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    write!(out, "{value}{suffix}").ok()
}

/// 一百零五: digits with their powers, one zero for a gap; 十 to 十九 without a leading 一 unless formal.
fn counting(out: &mut String, value: i64, digits: &[char; 10], powers: [char; 4], formal: bool) -> Option<()> {
    let value = u32::try_from(value).ok().filter(|value| *value < 100_000)?;
    if value == 0 {
        out.push(if formal { '零' } else { '〇' });
        return Some(());
    }
    let [ten, hundred, thousand, myriad] = powers;
    let places = [(10_000, Some(myriad)), (1000, Some(thousand)), (100, Some(hundred)), (10, Some(ten)), (1, None)];
    let mut begun = false;
    let mut gap = false;
    for (place, power) in places {
        let digit = value / place % 10;
        if digit == 0 {
            gap = begun;
            continue;
        }
        if gap {
            out.push('零');
            gap = false;
        }
        if formal || begun || place != 10 || digit != 1 {
            out.push(*digits.get(digit as usize)?);
        }
        begun = true;
        out.extend(power);
    }
    Some(())
}

fn digits(out: &mut String, value: i64, digits: &[char; 10]) -> Option<()> {
    for letter in value.to_string().chars() {
        out.push(*digits.get(letter.to_digit(10)? as usize)?);
    }
    Some(())
}

fn nth(out: &mut String, value: i64, letters: &str) -> Option<()> {
    let index = usize::try_from(value).ok()?.checked_sub(1)?;
    out.push(letters.chars().nth(index)?);
    Some(())
}

fn circled(out: &mut String, value: i64) -> Option<()> {
    let (first, offset) = match value {
        1..=20 => ('①', value - 1),
        21..=35 => ('㉑', value - 21),
        36..=50 => ('㊱', value - 36),
        _ => return None,
    };
    out.push(char::from_u32(u32::from(first) + u32::try_from(offset).ok()?)?);
    Some(())
}

fn from_block(out: &mut String, value: i64, first: char, count: i64) -> Option<()> {
    if !(1..=count).contains(&value) {
        return None;
    }
    out.push(char::from_u32(u32::from(first) + u32::try_from(value - 1).ok()?)?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_print_what_word_prints() {
        let check = |value: i64, format: &str, expected: &str| {
            let mut out = String::new();
            write(&mut out, value, format);
            assert_eq!(out, expected, "{value} {format}");
        };
        check(1, "chineseCounting", "一");
        check(10, "chineseCounting", "十");
        check(11, "chineseCountingThousand", "十一");
        check(20, "japaneseCounting", "二十");
        check(21, "chineseCountingThousand", "二十一");
        check(105, "chineseCountingThousand", "一百零五");
        check(1010, "chineseCountingThousand", "一千零一十");
        check(12, "chineseLegalSimplified", "壹拾贰");
        check(3, "ideographTraditional", "丙");
        check(11, "ideographTraditional", "11");
        check(2, "ideographZodiac", "丑");
        check(15, "decimalEnclosedCircle", "⑮");
        check(21, "decimalEnclosedCircle", "㉑");
        check(3, "decimalFullWidth", "３");
        check(4, "lowerRoman", "iv");
        check(28, "upperLetter", "BB");
        check(7, "decimalZero", "07");
        check(7, "custom 001, 002, 003, ...", "007");
        check(22, "ordinal", "22nd");
        check(9, "anythingElse", "9");
        check(0, "lowerLetter", "0");
    }
}
