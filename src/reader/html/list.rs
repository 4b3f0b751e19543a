//! Labels of numbered lists, which a browser writes in front of their items.
//!
//! In: what the attributes of a list and its items say. Out: the label of each item in its turn. Nothing can go wrong: kinds of
//! labels that are not known are numbers, as in a browser.
//!
//! Follows the HTML standard, 4.4.5 to 4.4.8, and CSS Counter Styles 3. Observed: pages that hide the labels by a style sheet
//! and print the numbers themselves; an item that begins with a number of its own gets no other.

use crate::reader::docx::numerals;

/// How the items of a list are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Decimal,
    LowerLetter,
    UpperLetter,
    LowerRoman,
    UpperRoman,
    /// 一、二、三.
    Chinese,
    None,
}

impl Style {
    /// All of them; the index is the code under which an element keeps one.
    const ALL: [Self; 7] = [
        Self::Decimal,
        Self::LowerLetter,
        Self::UpperLetter,
        Self::LowerRoman,
        Self::UpperRoman,
        Self::Chinese,
        Self::None,
    ];

    /// The style with this code.
    pub(super) fn of_code(code: u16) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Decimal)
    }

    /// A small number that stands for it.
    pub(super) fn code(self) -> u16 {
        Self::ALL.iter().position(|style| *style == self).and_then(|code| u16::try_from(code).ok()).unwrap_or(0)
    }

    /// What the attribute `type` of a list says.
    pub(super) fn of_type(value: &str) -> Option<Self> {
        match value.trim() {
            "1" => Some(Self::Decimal),
            "a" => Some(Self::LowerLetter),
            "A" => Some(Self::UpperLetter),
            "i" => Some(Self::LowerRoman),
            "I" => Some(Self::UpperRoman),
            _ => None,
        }
    }

    /// What a style attribute says.
    pub(super) fn of_css(style: &str) -> Option<Self> {
        let style = style.to_ascii_lowercase();
        let rule = style
            .split(';')
            .filter_map(|rule| rule.split_once(':'))
            .find(|(name, _)| matches!(name.trim(), "list-style-type" | "list-style"))?;
        rule.1.split_ascii_whitespace().find_map(|word| match word {
            "none" | "disc" | "circle" | "square" => Some(Self::None),
            "decimal" => Some(Self::Decimal),
            "lower-alpha" | "lower-latin" => Some(Self::LowerLetter),
            "upper-alpha" | "upper-latin" => Some(Self::UpperLetter),
            "lower-roman" => Some(Self::LowerRoman),
            "upper-roman" => Some(Self::UpperRoman),
            "cjk-ideographic" | "simp-chinese-informal" | "trad-chinese-informal" => Some(Self::Chinese),
            _ => None,
        })
    }
}

/// A list that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    /// How its items are numbered; nothing for a list of dots.
    style: Option<Style>,
    next: i64,
}

impl List {
    /// A list without numbers.
    pub(super) fn dotted() -> Self {
        Self { style: None, next: 1 }
    }

    /// A list whose first item has the number `start`.
    pub(super) fn numbered(style: Style, start: u16) -> Self {
        Self { style: Some(style), next: i64::from(start) }
    }

    /// The label of the next item, which may state its own number.
    pub(super) fn label(&mut self, own: Option<u16>) -> Option<String> {
        let style = self.style?;
        let number = own.map_or(self.next, i64::from);
        self.next = number.saturating_add(1);
        let (format, end) = match style {
            Style::Decimal => ("decimal", ". "),
            Style::LowerLetter => ("lowerLetter", ". "),
            Style::UpperLetter => ("upperLetter", ". "),
            Style::LowerRoman => ("lowerRoman", ". "),
            Style::UpperRoman => ("upperRoman", ". "),
            Style::Chinese => ("chineseCounting", "、"),
            Style::None => return None,
        };
        let mut label = String::new();
        numerals::write(&mut label, number, format);
        label.push_str(end);
        Some(label)
    }
}

/// A text that brings a number of its own: 「1.」, 「（一）」, 「一、」, 「①」.
pub(super) fn is_numbered(text: &str) -> bool {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if rest.len() < text.len() {
        // 12.5 is a figure.
        let mut after = rest.chars();
        let mark = after.next().is_some_and(|mark| matches!(mark, '.' | '．' | '、' | ')' | '）'));
        return mark && !after.next().is_some_and(|next| next.is_ascii_digit());
    }
    let spelled = text.trim_start_matches(|letter: char| "一二三四五六七八九十".contains(letter));
    (spelled.len() < text.len() && spelled.starts_with('、')) || text.starts_with(['（', '(', '①', '②', '③', '④', '⑤'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_count_on() {
        let mut list = List::numbered(Style::Chinese, 3);
        assert_eq!(list.label(None).as_deref(), Some("三、"));
        assert_eq!(list.label(Some(11)).as_deref(), Some("十一、"));
        assert_eq!(list.label(None).as_deref(), Some("十二、"));
        assert_eq!(List::numbered(Style::LowerRoman, 4).label(None).as_deref(), Some("iv. "));
        assert_eq!(List::dotted().label(None), None);
        assert_eq!(List::numbered(Style::None, 1).label(None), None);
        for style in Style::ALL {
            assert_eq!(Style::of_code(style.code()), style);
        }
    }

    #[test]
    fn own_numbers_are_known() {
        let check = |text: &str, expected: bool| assert_eq!(is_numbered(text), expected, "{text}");
        check("1.基本情况", true);
        check("（一）基本情况", true);
        check("十二、基本情况", true);
        check("12.5万元", false);
        check("2023年度", false);
        check("一次性补助", false);
        assert_eq!(Style::of_css("color:red; list-style: none inside"), Some(Style::None));
        assert_eq!(Style::of_css("list-style-type:upper-roman"), Some(Style::UpperRoman));
        assert_eq!(Style::of_css("list-style-image:none"), None);
    }
}
