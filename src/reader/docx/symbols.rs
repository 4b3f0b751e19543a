//! Characters of picture fonts: what a tick in Wingdings is in Unicode.
//!
//! In: a font name and a character code (the private-use form U+F0xx counts as xx). Out: the Unicode character of the same
//! picture. Codes that are not listed give nothing.
//!
//! Observed: forms mark choices with Wingdings 2 "R" and "£" or Wingdings FE and A8, and Word writes them either as
//! `w:sym` or as letters in that font.

/// The character that looks like `code` in `font`.
pub(super) fn lookup(font: &str, code: u32) -> Option<char> {
    let code = if (0xF000..=0xF0FF).contains(&code) { code - 0xF000 } else { code };
    let found = match font {
        "Wingdings" => match code {
            0x6C => '●',
            0x6E => '■',
            0x6F | 0x70 | 0xA8 => '□',
            0x71 | 0x72 => '❑',
            0x75 => '◆',
            0x76 => '❖',
            0x77 => '⬥',
            0x9F => '•',
            0xA1 => '○',
            0xA7 => '▪',
            0xAB => '★',
            0xD8 => '➢',
            0xDF => '←',
            0xE0 => '→',
            0xE1 => '↑',
            0xE2 => '↓',
            0xFB => '✗',
            0xFC => '✓',
            0xFD => '☒',
            0xFE => '☑',
            0x28 => '☎',
            0x4A => '☺',
            0x81..=0x89 => circled(code - 0x81)?,
            0x8A => '⑩',
            _ => return None,
        },
        "Wingdings 2" => match code {
            0x4F => '✗',
            0x50 => '✓',
            0x51 | 0x53 | 0x54 => '☒',
            0x52 => '☑',
            0x30 | 0x2A | 0xA3 => '□',
            0x96 => '●',
            0x97 | 0x98 => '●',
            0xA2 => '■',
            0x6A..=0x72 => circled(code - 0x6A)?,
            _ => return None,
        },
        "Wingdings 3" => match code {
            0x22 => '→',
            0x7D => '▶',
            _ => return None,
        },
        "Webdings" => match code {
            0x61 => '✓',
            0x63 => '□',
            0x67 => '■',
            0x72 => '✗',
            _ => return None,
        },
        "Symbol" => symbol(code)?,
        _ => return None,
    };
    Some(found)
}

fn circled(offset: u32) -> Option<char> {
    char::from_u32(u32::from('①') + offset)
}

/// Adobe's Symbol encoding: Greek letters and the signs that occur in formulas.
fn symbol(code: u32) -> Option<char> {
    const CAPITALS: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
    const SMALL: &str = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
    let found = match code {
        0x41..=0x5A => CAPITALS.chars().nth(code as usize - 0x41)?,
        0x61..=0x7A => SMALL.chars().nth(code as usize - 0x61)?,
        0x20..=0x21
        | 0x23
        | 0x25..=0x26
        | 0x28..=0x29
        | 0x2B..=0x2C
        | 0x2E..=0x3F
        | 0x5B
        | 0x5D
        | 0x5F
        | 0x7B..=0x7D => char::from_u32(code)?,
        0x2D => '−',
        0xA3 => '≤',
        0xB3 => '≥',
        0xB0 => '°',
        0xB1 => '±',
        0xB4 => '×',
        0xB8 => '÷',
        0xB9 => '≠',
        0xBB => '≈',
        0xB7 => '•',
        0xA5 => '∞',
        0xAC => '←',
        0xAD => '↑',
        0xAE => '→',
        0xAF => '↓',
        0xC5 => '⊕',
        0xD6 => '√',
        0xE5 => '∑',
        _ => return None,
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_boxes_are_known() {
        let check = |font: &str, code: u32, expected: Option<char>| assert_eq!(lookup(font, code), expected);
        check("Wingdings", 0xF0FE, Some('☑'));
        check("Wingdings", 0xA8, Some('□'));
        check("Wingdings 2", u32::from('R'), Some('☑'));
        check("Wingdings 2", 0xF0A3, Some('□'));
        check("Symbol", 0x61, Some('α'));
        check("Symbol", 0xF0B3, Some('≥'));
        check("Wingdings", 0x21, None);
        check("宋体", 0x52, None);
    }
}
