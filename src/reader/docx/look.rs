//! How text looks, as far as that changes what it says: hidden, struck out, raised, in a font of pictures.
//!
//! In: what a run, its character style and its paragraph style say. Out: what holds for the text; digits that are raised or
//! lowered as characters of their own. Wrong: nothing; what nobody says is not so.
//!
//! Follows ECMA-376 Part 1, 17.3.2 and 17.7.2: what stands nearer to the text counts first.

use super::symbols;

/// What properties say of a run's text; `None` where they say nothing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// Hidden text.
    pub(super) vanish: Option<bool>,
    /// Struck out, with one line or two.
    pub(super) struck: Option<bool>,
    /// Above or below the line.
    pub(super) shift: Option<Shift>,
    /// What its letters are.
    pub(super) font: Option<Font>,
}

/// Where small text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    /// On the line.
    None,
    /// Superscript.
    Up,
    /// Subscript.
    Down,
}

/// What the letters of a font are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Font {
    /// Letters.
    Letters,
    /// Pictures: each letter stands for one, in the font of this name.
    Pictures(String),
}

impl Font {
    /// The font of this name.
    pub(super) fn named(name: &str) -> Self {
        let pictures = name.starts_with("Wingdings") || name == "Webdings" || name == "Symbol";
        if pictures { Self::Pictures(name.to_owned()) } else { Self::Letters }
    }

    /// What the text shows in this font.
    pub(super) fn shown(&self, text: &str) -> Option<String> {
        let Self::Pictures(font) = self else { return None };
        Some(text.chars().map(|letter| symbols::lookup(font, u32::from(letter)).unwrap_or(letter)).collect())
    }
}

impl Look {
    /// What this one says, and where it says nothing, the other.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            vanish: self.vanish.or(other.vanish),
            struck: self.struck.or(other.struck),
            shift: self.shift.or(other.shift),
            font: self.font.clone().or_else(|| other.font.clone()),
        }
    }
}

/// The looks that hold for a text, nearest first.
#[derive(Clone, Copy)]
pub(super) struct Looks<'a>(pub(super) [Option<&'a Look>; 3]);

impl<'a> Looks<'a> {
    fn first<T>(self, say: impl Fn(&'a Look) -> Option<T>) -> Option<T> {
        self.0.into_iter().flatten().find_map(say)
    }

    pub(super) fn hidden(self) -> bool {
        self.first(|look| look.vanish).unwrap_or(false)
    }

    pub(super) fn struck(self) -> bool {
        self.first(|look| look.struck).unwrap_or(false)
    }

    pub(super) fn shift(self) -> Shift {
        self.first(|look| look.shift).unwrap_or(Shift::None)
    }

    pub(super) fn font(self) -> Option<&'a Font> {
        self.first(|look| look.font.as_ref())
    }
}

const RAISED: [char; 13] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', '⁺', '⁻', 'ⁿ'];
const LOWERED: [char; 13] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉', '₊', '₋', 'ₙ'];
const PLAIN: [char; 13] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '-', 'n'];

fn letters(shift: Shift) -> Option<&'static [char; 13]> {
    match shift {
        Shift::None => None,
        Shift::Up => Some(&RAISED),
        Shift::Down => Some(&LOWERED),
    }
}

/// Digits in a mark or an exponent; a figure with more is one that only stands high.
const MOST_DIGITS: usize = 3;

/// The text with its digits as raised or lowered ones, so that they do not join the figure before them; `None` when it has
/// none, or is a figure itself.
pub(super) fn shifted(text: &str, shift: Shift) -> Option<String> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = letters(shift).filter(|_| digits > 0 && digits <= MOST_DIGITS && !text.contains(['.', '%']))?;
    let sign = |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-');
    let place = |letter: char| PLAIN.iter().position(|plain| *plain == letter && sign(letter));
    Some(text.chars().map(|letter| place(letter).and_then(|at| letters.get(at).copied()).unwrap_or(letter)).collect())
}

/// The text as an exponent or an index, when it can be written as one.
pub(super) fn small(text: &str, shift: Shift) -> Option<String> {
    let letters = letters(shift)?;
    let place = |letter: char| PLAIN.iter().position(|plain| *plain == if letter == '−' { '-' } else { letter });
    text.chars().map(|letter| place(letter).and_then(|at| letters.get(at).copied())).collect()
}

/// The text with raised and lowered digits as those on the line.
pub(super) fn on_the_line(text: &str) -> String {
    let place = |letter: char| {
        let all = [&RAISED, &LOWERED];
        all.into_iter().find_map(|letters| letters.iter().position(|small| *small == letter))
    };
    text.chars().map(|letter| place(letter).and_then(|at| PLAIN.get(at).copied()).unwrap_or(letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raised_digits_are_characters_of_their_own() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(shifted(text, Shift::Up).as_deref(), expected);
        check("3", Some("³"));
        check("-12", Some("⁻¹²"));
        check("[1]", Some("[¹]"));
        check("注2", Some("注²"));
        check("th", None);
        check("2023", None);
        check("1.5", None);
        assert_eq!(shifted("2", Shift::Down).as_deref(), Some("₂"));
        assert_eq!(on_the_line("a²₃"), "a23");
        assert_eq!(small("n-1", Shift::Up).as_deref(), Some("ⁿ⁻¹"));
        assert_eq!(small("年", Shift::Up), None);
    }

    #[test]
    fn the_nearest_look_counts() {
        let style = Look { vanish: Some(true), struck: Some(true), ..Look::default() };
        let run = Look { vanish: Some(false), ..Look::default() };
        let looks = Looks([Some(&run), None, Some(&style)]);
        assert!(!looks.hidden() && looks.struck() && looks.shift() == Shift::None);
        assert_eq!(run.or(&style), Look { vanish: Some(false), struck: Some(true), ..Look::default() });
    }
}
