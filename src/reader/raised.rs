//! Raised characters, which change what the ones before them say.
//!
//! In: a text that is printed higher than its line. Out: the same with digits and signs as the characters that Unicode has for
//! raised ones, so that 12.5 with note 3 is 12.5³ and not 12.53, and the square of a metre m². Nothing can go wrong.
//!
//! Observed: a raised text that nothing stands before marks nothing; whole cells are raised by mistake. Long ones are text.

/// Characters of a mark or power at most.
const MOST: usize = 8;

/// Appends a raised text.
pub(super) fn push_raised(text: &str, out: &mut String) {
    let marks = out.chars().next_back().is_some_and(|before| !before.is_whitespace());
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
        check("m", "2", "m²");
        check("100", "①", "100①");
        check("", "12.5", "12.5");
        check("支出 ", "1", "支出 1");
        check("注", "2023年度预算公开", "注2023年度预算公开");
    }
}
