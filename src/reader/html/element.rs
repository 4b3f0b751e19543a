//! What is kept of an element: its name, and what its attributes mean for the walk.
//!
//! In: name and attributes. Out: sixteen bytes. Attributes that decide whether an element is shown are judged here and
//! forgotten: pages repeat a style of a hundred bytes in every cell.
//!
//! Follows the HTML standard for spans (4.9.11) and what government pages and Word exports write.

use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

/// Columns that a cell may span by the standard.
const MAX_COLSPAN: u32 = 1000;
/// Rows that a cell may span by the standard.
const MAX_ROWSPAN: u32 = 65_534;

/// What the walk does with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Goes on within the line.
    Inline,
    /// Begins and ends a paragraph.
    Block,
    Heading(u8),
    Item,
    List,
    Caption,
    Table,
    Group,
    Row,
    Cell,
    Preformatted,
    Break,
    /// Neither it nor what is in it is shown as text.
    Skip,
    Title,
    Input,
}

/// Yes or no about an element, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Flags(u16);

impl Flags {
    /// Kept from the reader of the page.
    const HIDDEN: u16 = 1;
    /// Navigation that says so itself.
    const NAVIGATION: u16 = 1 << 1;
    /// A header cell stands in it.
    const HEADER_WITHIN: u16 = 1 << 2;
    const CHECKBOX: u16 = 1 << 3;
    const RADIO: u16 = 1 << 4;
    const CHECKED: u16 = 1 << 5;
    /// Attributes that were there: a second `body` adds only what the first one has not.
    const CLASS: u16 = 1 << 6;
    const ID: u16 = 1 << 7;
    const ROLE: u16 = 1 << 8;
    const STYLE: u16 = 1 << 9;
    const SVG: u16 = 1 << 10;
    const MATHML: u16 = 1 << 11;
    /// Shows what stands in another file.
    const ELSEWHERE: u16 = 1 << 12;

    fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    fn set(&mut self, flag: u16) {
        self.0 |= flag;
    }

    /// Sets a flag; false when it was set before.
    fn first(&mut self, flag: u16) -> bool {
        let first = !self.has(flag);
        self.set(flag);
        first
    }
}

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: LocalName,
    flags: Flags,
    /// What its name makes of it.
    pub(super) role: Role,
    /// Columns that a cell spans, 1 to 1000.
    pub(super) cols: u16,
    /// Rows that a cell spans, at most 65534; 0 reaches to the end of the row group.
    pub(super) rows: u16,
}

impl Element {
    /// An element as the parser makes it.
    pub(super) fn new(name: QualName, attributes: &[Attribute]) -> Self {
        let mut flags = Flags::default();
        match name.ns {
            ns!(svg) => flags.set(Flags::SVG),
            ns!(mathml) => flags.set(Flags::MATHML),
            _ => {}
        }
        if matches!(name.local, local_name!("nav") | local_name!("footer")) {
            flags.set(Flags::NAVIGATION);
        }
        if matches!(
            name.local,
            local_name!("frame") | local_name!("iframe") | local_name!("object") | local_name!("embed")
        ) {
            flags.set(Flags::ELSEWHERE);
        }
        let mut element = Self { role: role_of(&name.local), name: name.local, flags, cols: 1, rows: 1 };
        element.take(attributes);
        element
    }

    /// Takes over attributes of names that were not there before.
    pub(super) fn take(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            let value = &*attribute.value;
            let flags = &mut self.flags;
            let meaning = match attribute.name.local {
                local_name!("class") if flags.first(Flags::CLASS) && is_navigation_name(value) => Flags::NAVIGATION,
                local_name!("id") if flags.first(Flags::ID) && is_navigation_name(value) => Flags::NAVIGATION,
                local_name!("role") if flags.first(Flags::ROLE) && is_navigation_role(value) => Flags::NAVIGATION,
                local_name!("style") if flags.first(Flags::STYLE) && hides(value) => Flags::HIDDEN,
                local_name!("hidden") => Flags::HIDDEN,
                local_name!("width") | local_name!("height") if flags.has(Flags::ELSEWHERE) && is_a_dot(value) => {
                    Flags::HIDDEN
                }
                local_name!("checked") => Flags::CHECKED,
                local_name!("type") if value.eq_ignore_ascii_case("checkbox") => Flags::CHECKBOX,
                local_name!("type") if value.eq_ignore_ascii_case("radio") => Flags::RADIO,
                local_name!("colspan") => {
                    self.cols = narrow(span(value).unwrap_or(1).clamp(1, MAX_COLSPAN));
                    0
                }
                local_name!("rowspan") => {
                    self.rows = narrow(span(value).unwrap_or(1).min(MAX_ROWSPAN));
                    0
                }
                _ => 0,
            };
            flags.set(meaning);
        }
    }

    /// Attribute or style keep it from the reader of the page.
    pub(super) fn is_hidden(&self) -> bool {
        self.flags.has(Flags::HIDDEN)
    }

    /// Shows what stands in another file: a frame, an object of a program.
    pub(super) fn shows_elsewhere(&self) -> bool {
        self.flags.has(Flags::ELSEWHERE)
    }

    /// Navigation that says so itself.
    pub(super) fn is_called_navigation(&self) -> bool {
        self.flags.has(Flags::NAVIGATION)
    }

    /// A header cell stands somewhere in it.
    pub(super) fn holds_header(&self) -> bool {
        self.flags.has(Flags::HEADER_WITHIN)
    }

    /// Notes that a header cell stands in it; false when that was known.
    pub(super) fn note_header(&mut self) -> bool {
        self.flags.first(Flags::HEADER_WITHIN)
    }

    /// Its vocabulary.
    pub(super) fn namespace(&self) -> &'static Namespace {
        static HTML: Namespace = ns!(html);
        static SVG: Namespace = ns!(svg);
        static MATHML: Namespace = ns!(mathml);
        if self.flags.has(Flags::SVG) {
            &SVG
        } else if self.flags.has(Flags::MATHML) {
            &MATHML
        } else {
            &HTML
        }
    }

    /// The state of a check box or radio button; other controls are no part of a report.
    pub(super) fn mark(&self) -> Option<&'static str> {
        let checked = self.flags.has(Flags::CHECKED);
        if self.flags.has(Flags::CHECKBOX) {
            return Some(if checked { "☑" } else { "□" });
        }
        self.flags.has(Flags::RADIO).then_some(if checked { "●" } else { "○" })
    }
}

fn narrow(span: u32) -> u16 {
    u16::try_from(span).unwrap_or(u16::MAX)
}

/// A non-negative integer by the standard's lenient rules: leading spaces, digits, anything after them.
fn span(value: &str) -> Option<u32> {
    let value = value.trim_start();
    let value = value.strip_prefix('+').unwrap_or(value);
    let end = value.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(value.len());
    let digits = value.get(..end).filter(|digits| !digits.is_empty())?;
    Some(digits.parse().unwrap_or(u32::MAX))
}

fn is_navigation_name(value: &str) -> bool {
    const NAMES: [&str; 4] = ["nav", "navbar", "navigation", "footer"];
    value.split_ascii_whitespace().any(|token| NAMES.iter().any(|known| token.eq_ignore_ascii_case(known)))
}

fn is_navigation_role(value: &str) -> bool {
    matches!(value, "navigation" | "contentinfo" | "search")
}

/// Properties that can hide an element.
const HIDING: [&[u8]; 3] = [b"display", b"visibility", b"mso-hide"];

fn hides(style: &str) -> bool {
    // Most style attributes name none of the properties that hide.
    if !HIDING.iter().any(|word| style.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))) {
        return false;
    }
    let style: String =
        style.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_lowercase()).collect();
    style.split(';').any(|rule| {
        matches!(rule.trim_end_matches("!important"), "display:none" | "visibility:hidden" | "mso-hide:all")
    })
}

/// A frame of no size counts visits; it shows nothing.
fn is_a_dot(size: &str) -> bool {
    matches!(size.trim().trim_end_matches("px"), "0" | "1")
}

fn role_of(name: &LocalName) -> Role {
    match &**name {
        "table" => Role::Table,
        "thead" | "tbody" | "tfoot" => Role::Group,
        "tr" => Role::Row,
        "td" | "th" => Role::Cell,
        "caption" | "figcaption" => Role::Caption,
        "h1" => Role::Heading(1),
        "h2" => Role::Heading(2),
        "h3" => Role::Heading(3),
        "h4" => Role::Heading(4),
        "h5" => Role::Heading(5),
        "h6" => Role::Heading(6),
        "li" => Role::Item,
        "ul" | "ol" | "menu" | "dir" => Role::List,
        "br" => Role::Break,
        "pre" | "listing" | "plaintext" | "xmp" => Role::Preformatted,
        "title" => Role::Title,
        "input" => Role::Input,
        "script" | "style" | "noscript" | "template" | "select" | "option" | "button" | "textarea" | "svg"
        | "iframe" | "frame" | "object" | "embed" | "canvas" | "audio" | "video" | "noframes" | "datalist" | "rp"
        | "rt" | "colgroup" | "col" => Role::Skip,
        "p" | "div" | "section" | "article" | "main" | "aside" | "header" | "hgroup" | "address" | "blockquote"
        | "center" | "dl" | "dt" | "dd" | "fieldset" | "legend" | "figure" | "form" | "hr" | "details" | "summary"
        | "body" | "html" | "head" | "dialog" | "search" | "optgroup" | "nav" | "footer" => Role::Block,
        _ => Role::Inline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_leniently() {
        let check = |value: &str, expected: Option<u32>| assert_eq!(span(value), expected, "{value}");
        check("2", Some(2));
        check(" 3px", Some(3));
        check("+4", Some(4));
        check("0", Some(0));
        check("-1", None);
        check("", None);
        check("99999999999", Some(u32::MAX));
    }

    #[test]
    fn elements_are_small() {
        // A page has millions of them.
        assert!(size_of::<Element>() <= 16, "{}", size_of::<Element>());
    }
}
