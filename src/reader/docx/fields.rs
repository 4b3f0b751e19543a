//! Fields: code and result, and the few codes that are shown without a result.
//!
//! In: where fields begin, change from code to result and end, with the text of their codes. Out: whether text is code, and
//! what `EQ`, `SYMBOL` and `MACROBUTTON` print. Wrong: a code that its paragraph leaves open is none from there on: what
//! follows is the report's text.
//!
//! Follows ECMA-376 Part 1, 17.16. Observed: circled numbers and ticked boxes are drawn with `EQ \o\ac(□,√)`.

use super::look::{Shift, small};
use super::symbols;

/// Bytes of a code that are kept.
const MOST_CODE: usize = 2_000;
/// Brackets within brackets of an equation.
const MOST_LEVELS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    Result,
    /// Its code went on past its paragraph.
    Lapsed,
}

#[derive(Debug)]
struct Field {
    state: State,
    code: String,
    /// Open paragraphs where it began.
    paragraphs: usize,
    /// Pieces of text before its result.
    pieces: usize,
}

/// The open fields.
#[derive(Debug, Default)]
pub(super) struct Fields {
    open: Vec<Field>,
    /// How many of them are in their code.
    codes: usize,
}

impl Fields {
    /// True where text is part of a code.
    pub(super) fn in_code(&self) -> bool {
        self.codes > 0
    }

    /// How many codes are around the text.
    pub(super) fn codes(&mut self) -> &mut usize {
        &mut self.codes
    }

    /// A field begins within so many open paragraphs.
    pub(super) fn begin(&mut self, paragraphs: usize) {
        self.codes += 1;
        self.open.push(Field { state: State::Code, code: String::new(), paragraphs, pieces: 0 });
    }

    /// The result of the innermost field begins.
    pub(super) fn separate(&mut self, pieces: usize) {
        if let Some(field) = self.open.last_mut() {
            self.codes -= usize::from(field.state == State::Code);
            field.state = State::Result;
            field.pieces = pieces;
        }
    }

    /// The innermost field ends. Returns what it prints when it has no result.
    pub(super) fn end(&mut self, pieces: usize) -> Option<String> {
        let field = self.open.pop()?;
        self.codes -= usize::from(field.state == State::Code);
        let shown = field.state == State::Result && field.pieces != pieces;
        if shown { None } else { printed(&field.code) }
    }

    /// Takes a piece of a code; false when the innermost field has none open.
    pub(super) fn takes_code(&self) -> bool {
        self.open.last().is_some_and(|field| field.state == State::Code)
    }

    /// A piece of the innermost field's code.
    pub(super) fn add_code(&mut self, text: &str) {
        if let Some(field) = self.open.last_mut().filter(|field| field.code.len() + text.len() <= MOST_CODE) {
            field.code.push_str(text);
        }
    }

    /// A paragraph ends that so many are open with.
    pub(super) fn end_paragraph(&mut self, paragraphs: usize) {
        if self.codes == 0 {
            return;
        }
        for field in self.open.iter_mut().filter(|field| field.paragraphs >= paragraphs && field.state == State::Code) {
            field.state = State::Lapsed;
            self.codes -= 1;
        }
    }

    /// Fields that never ended.
    pub(super) fn unended(&self) -> u32 {
        u32::try_from(self.open.iter().filter(|field| field.state == State::Lapsed).count()).unwrap_or(u32::MAX)
    }
}

/// What a field prints by its code alone; `None` where that is nothing.
pub(super) fn printed(code: &str) -> Option<String> {
    let code = code.trim();
    let (name, rest) = code.split_once(char::is_whitespace).or_else(|| {
        // `EQ\o\ac(...)` without a space.
        let at = code.find('\\')?;
        Some((code.get(..at)?, code.get(at..)?))
    })?;
    let text = match name.to_ascii_uppercase().as_str() {
        "EQ" => equation(rest.trim(), 0),
        "SYMBOL" => symbol(rest)?.to_string(),
        "MACROBUTTON" | "GOTOBUTTON" => rest.trim_start().split_once(char::is_whitespace)?.1.trim().to_owned(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// `SYMBOL 254 \f "Wingdings"`.
fn symbol(code: &str) -> Option<char> {
    let mut words = code.split_whitespace();
    let number = words.next()?;
    let number = match number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    let font = code.split_once("\\f").map_or("", |(_, rest)| rest.trim_start());
    let font = match font.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => font.split_whitespace().next().unwrap_or_default(),
    };
    symbols::lookup(font, number).or_else(|| char::from_u32(number).filter(|letter| !letter.is_control()))
}

/// An equation in one line.
fn equation(code: &str, level: usize) -> String {
    let mut text = String::new();
    let mut rest = code;
    while let Some(at) = rest.find('\\') {
        text.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        // A mark before a bracket or a comma takes it for what it is.
        if let Some(letter) = after.chars().next().filter(|letter| !letter.is_ascii_alphabetic()) {
            text.push(letter);
            rest = after.get(letter.len_utf8()..).unwrap_or_default();
            continue;
        }
        let end = after.find(['(', '（']).unwrap_or(after.len());
        let switch = after.get(..end).unwrap_or_default();
        let Some((inside, behind)) = after.get(end..).and_then(bracket).filter(|_| level < MOST_LEVELS) else {
            text.push_str(after);
            return text;
        };
        let parts: Vec<String> = split(inside).into_iter().map(|part| equation(part.trim(), level + 1)).collect();
        text.push_str(&drawn(switch, &parts));
        rest = behind;
    }
    text.push_str(rest);
    text
}

/// The inside of the bracket that a text begins with, and what follows it.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let first = text.chars().next()?.len_utf8();
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '（' => depth += 1,
            ')' | '）' if depth == 1 => return Some((text.get(first..at)?, text.get(at + letter.len_utf8()..)?)),
            ')' | '）' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// The arguments of a bracket.
fn split(inside: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    inside
        .split(|letter| {
            depth += i32::from(matches!(letter, '(' | '（')) - i32::from(matches!(letter, ')' | '）'));
            depth == 0 && matches!(letter, ',' | ';' | '，')
        })
        .collect()
}

fn drawn(switch: &str, parts: &[String]) -> String {
    let kind = switch.trim_start().chars().next().map(|letter| letter.to_ascii_lowercase());
    match (kind, parts) {
        (Some('o'), [frame, inner, ..]) => overlaid(frame, inner),
        (Some('f'), [above, below, ..]) => format!("{}/{}", operand(above), operand(below)),
        (Some('r'), [inner]) => format!("√{}", operand(inner)),
        (Some('r'), [degree, inner, ..]) => {
            format!("{}√{}", small(degree, Shift::Up).unwrap_or_else(|| degree.clone()), operand(inner))
        }
        (Some('s'), [inner]) if switch.contains("do") => {
            small(inner, Shift::Down).unwrap_or_else(|| format!("_{}", operand(inner)))
        }
        (Some('s'), [inner]) => small(inner, Shift::Up).unwrap_or_else(|| format!("^{}", operand(inner))),
        (Some('b'), parts) => format!("({})", parts.join(",")),
        (Some('l'), parts) => parts.join(","),
        (Some('d'), _) => String::new(),
        (_, parts) => parts.join(" "),
    }
}

/// One sign drawn over another: ticks in boxes and numbers in circles.
fn overlaid(frame: &str, inner: &str) -> String {
    let number = inner.parse::<u32>().ok().filter(|number| (1..=20).contains(number));
    match (frame, inner) {
        ("□" | "☐" | "囗" | "口", "√" | "✓" | "✔" | "V" | "v") | ("√" | "✓" | "✔", "□" | "☐") => {
            "☑".to_owned()
        }
        ("□" | "☐" | "囗" | "口", "×" | "X" | "x" | "✗") => "☒".to_owned(),
        ("○" | "〇" | "◯", _) => match number.and_then(|number| char::from_u32(u32::from('①') + number - 1)) {
            Some(circled) => circled.to_string(),
            None => format!("({inner})"),
        },
        _ => format!("{frame}{inner}"),
    }
}

/// What stands above or below a line, in brackets where it is a calculation itself.
pub(super) fn operand(text: &str) -> String {
    let simple = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | ',' | '%' | '％' | '_');
    if text.chars().all(simple) || bracket(text).is_some_and(|(_, behind)| behind.is_empty() && text.starts_with('(')) {
        return text.to_owned();
    }
    format!("({text})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_without_results_are_printed() {
        let check = |code: &str, expected: Option<&str>| assert_eq!(printed(code).as_deref(), expected, "{code}");
        check(" eq \\o\\ac(□,√)", Some("☑"));
        check("EQ \\o\\ac(○,12)", Some("⑫"));
        check("EQ \\o\\ac(○,甲)", Some("(甲)"));
        check("eq\\o(√,□)", Some("☑"));
        check("EQ \\f(12,34)", Some("12/34"));
        check("EQ 率=\\f(a+b,\\r(3,8))×100%", Some("率=(a+b)/(³√8)×100%"));
        check("EQ 10\\s\\up5(4)", Some("10⁴"));
        check("EQ \\b(1\\,2)", Some("(1,2)"));
        check("EQ \\f(12", Some("f(12"));
        check("SYMBOL 254 \\f \"Wingdings\" \\s 12", Some("☑"));
        check("SYMBOL 9745 \\u", Some("☑"));
        check("MACROBUTTON NoMacro 松溪县林业局", Some("松溪县林业局"));
        check("PAGE", None);
        check("TOC \\o", None);
    }

    #[test]
    fn deep_equations_end() {
        let deep = format!("EQ {}{}", "\\f(".repeat(500), ")".repeat(500));
        assert!(printed(&deep).is_some());
    }
}
