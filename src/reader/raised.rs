//! Raised characters, which change what the ones before them say, and figures that are struck out.
//!
//! In: a text that is printed higher than its line. Out: the same with digits and signs as the characters that Unicode has for
//! raised ones, so that 12.5 with note 3 is 12.5³ and not 12.53. Nothing can go wrong.
//!
//! Observed: a raised text that nothing stands before marks nothing; whole cells are raised by mistake. Long ones are text.
//! Behind Latin letters digits join no figure and stay as they are: `m2`.

/// Characters of a mark or power at most.
const MOST: usize = 8;

/// Appends a raised text.
pub(super) fn push_raised(text: &str, out: &mut String) {
    let marks = out.chars().next_back().is_some_and(|before| !before.is_whitespace() && !is_unit_letter(before));
    if !marks || text.chars().count() > MOST {
        out.push_str(text);
        return;
    }
    out.extend(text.chars().map(raised));
}

fn raised(letter: char) -> char {
    match letter {
        '0' | '０' => '⁰',
        '1' | '１' => '¹',
        '2' | '２' => '²',
        '3' | '３' => '³',
        '4' | '４' => '⁴',
        '5' | '５' => '⁵',
        '6' | '６' => '⁶',
        '7' | '７' => '⁷',
        '8' | '８' => '⁸',
        '9' | '９' => '⁹',
        '+' => '⁺',
        '-' | '−' => '⁻',
        other => other,
    }
}

/// Letters that digits off the line make a sign with, as `m2` and `CO2`, which is no figure.
pub(super) fn is_unit_letter(letter: char) -> bool {
    letter.is_alphabetic()
        && !matches!(letter, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a text holds a figure; signs with letters hold none.
pub(super) fn is_figure(text: &str) -> bool {
    text.contains(|letter: char| letter.is_numeric() && !is_hanzi(letter)) && !text.contains(is_unit_letter)
}

fn is_hanzi(letter: char) -> bool {
    matches!(letter, '\u{3007}' | '\u{3400}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stay_apart_from_figures() {
        let check = |before: &str, text: &str, expected: &str| {
            let mut out = before.to_owned();
            push_raised(text, &mut out);
            assert_eq!(out, expected);
        };
        check("12.5", "3", "12.5³");
        check("10", "-4", "10⁻⁴");
        check("12.5", "[3]", "12.5[³]");
        check("12.5", "(3)", "12.5(³)");
        check("m", "2", "m2");
        check("支出", "1", "支出¹");
        check("100", "①", "100①");
        check("", "12.5", "12.5");
        check("支出 ", "1", "支出 1");
        check("注", "2023年度预算公开", "注2023年度预算公开");
    }

    #[test]
    fn figures_are_told_from_words() {
        for text in ["8.5", "支出8.5万元", "８"] {
            assert!(is_figure(text), "{text}");
        }
        for text in ["不符合", "Cell 1", "一项"] {
            assert!(!is_figure(text), "{text}");
        }
    }
}
