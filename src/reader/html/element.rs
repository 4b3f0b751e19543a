//! What is kept of an element: its name, and what its attributes mean for the walk.
//!
//! In: name and attributes. Out: sixteen bytes. Attributes that decide whether an element is shown are judged here and
//! forgotten: pages repeat a style of a hundred bytes in every cell.
//!
//! Follows the HTML standard for spans (4.9.11) and what government pages and Word exports write.

use super::list::Style;
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
    /// A control of a form that shows a state or holds a text.
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
    /// A header cell or a cell with a figure stands in it.
    const DATA_WITHIN: u16 = 1 << 2;
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
    const HREF: u16 = 1 << 13;
    /// Printed higher than the line.
    const RAISED: u16 = 1 << 14;
    /// Struck out: no longer valid.
    const STRUCK: u16 = 1 << 15;

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
    /// Columns that a cell spans, 1 to 1000; for lists the first number.
    pub(super) cols: u16,
    /// Rows that a cell spans, at most 65534; 0 reaches to the end of the row group. For lists the code of their style, for their
    /// items the number that they state, 0 for none.
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
            local_name!("frame")
                | local_name!("iframe")
                | local_name!("object")
                | local_name!("embed")
                | local_name!("img")
        ) {
            flags.set(Flags::ELSEWHERE);
        }
        match name.local {
            local_name!("sup") => flags.set(Flags::RAISED),
            local_name!("s") | local_name!("strike") | local_name!("del") => flags.set(Flags::STRUCK),
            _ => {}
        }
        let rows = u16::from(!matches!(name.local, local_name!("ol") | local_name!("li")));
        let mut element = Self { role: role_of(&name.local), name: name.local, flags, cols: 1, rows };
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
                local_name!("style") if flags.first(Flags::STYLE) => {
                    if self.name == local_name!("ol")
                        && let Some(style) = Style::of_css(value)
                    {
                        self.rows = style.code();
                    }
                    look(value)
                }
                local_name!("hidden") => Flags::HIDDEN,
                local_name!("href") => Flags::HREF,
                local_name!("width") | local_name!("height")
                    if flags.has(Flags::ELSEWHERE) && is_a_dot(value, self.name == local_name!("img")) =>
                {
                    Flags::HIDDEN
                }
                local_name!("checked") | local_name!("selected") => Flags::CHECKED,
                local_name!("type") if self.name == local_name!("ol") => {
                    // A style says more than the old attribute.
                    if let Some(style) = Style::of_type(value).filter(|_| self.rows == 0) {
                        self.rows = style.code();
                    }
                    0
                }
                local_name!("start") if self.name == local_name!("ol") => {
                    self.cols = span(value).map_or(1, narrow);
                    0
                }
                local_name!("value") if self.name == local_name!("li") => {
                    self.rows = span(value).map_or(0, narrow);
                    0
                }
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

    /// It has an address to go to.
    pub(super) fn leads_elsewhere(&self) -> bool {
        self.flags.has(Flags::HREF)
    }

    /// Navigation that says so itself.
    pub(super) fn is_called_navigation(&self) -> bool {
        self.flags.has(Flags::NAVIGATION)
    }

    /// A header cell, or one with a figure, stands somewhere in it.
    pub(super) fn holds_data(&self) -> bool {
        self.flags.has(Flags::DATA_WITHIN)
    }

    /// Notes that a header cell, or one with a figure, stands in it; false when that was known.
    pub(super) fn note_data(&mut self) -> bool {
        self.flags.first(Flags::DATA_WITHIN)
    }

    /// Printed higher than the line.
    pub(super) fn is_raised(&self) -> bool {
        self.flags.has(Flags::RAISED)
    }

    /// Struck out: what is in it no longer holds.
    pub(super) fn is_struck(&self) -> bool {
        self.flags.has(Flags::STRUCK)
    }

    /// Part of a formula.
    pub(super) fn is_math(&self) -> bool {
        self.flags.has(Flags::MATHML)
    }

    /// An option that is chosen.
    pub(super) fn is_chosen(&self) -> bool {
        self.flags.has(Flags::CHECKED)
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

/// Words of style attributes that change what is read; most style attributes have none of them.
const TELLING: [&[u8]; 5] = [b"display", b"visibility", b"mso-hide", b"line-through", b"super"];

/// What a style attribute does to its element.
fn look(style: &str) -> u16 {
    let bytes = style.as_bytes();
    let tells = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        TELLING.iter().any(|word| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))
    };
    let first = |byte: &u8| matches!(byte | 0x20, b'd' | b'v' | b'm' | b'l' | b's');
    if !bytes.iter().enumerate().any(|(at, byte)| first(byte) && tells(at)) {
        return 0;
    }
    let style: String =
        style.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_lowercase()).collect();
    style.split(';').fold(0, |flags, rule| {
        flags
            | match rule.trim_end_matches("!important") {
                "display:none" | "visibility:hidden" | "mso-hide:all" => Flags::HIDDEN,
                "vertical-align:super" => Flags::RAISED,
                rule if rule.starts_with("text-decoration") && rule.contains("line-through") => Flags::STRUCK,
                _ => 0,
            }
    })
}

/// A frame of no size counts visits, and a picture of the size of a letter is an icon; they show nothing.
fn is_a_dot(size: &str, picture: bool) -> bool {
    let most = if picture { 64 } else { 1 };
    size.trim().trim_end_matches("px").parse::<u32>().is_ok_and(|size| size <= most)
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
        "input" | "textarea" | "select" => Role::Input,
        "script" | "style" | "noscript" | "template" | "option" | "button" | "svg" | "img" | "annotation"
        | "annotation-xml" | "iframe" | "frame" | "object" | "embed" | "canvas" | "audio" | "video" | "noframes"
        | "datalist" | "rp" | "rt" | "colgroup" | "col" => Role::Skip,
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
    fn styles_change_what_is_read() {
        let check = |style: &str, expected: u16| assert_eq!(look(style), expected, "{style}");
        check("DISPLAY: none", Flags::HIDDEN);
        check("color:red;vertical-align: super", Flags::RAISED);
        check("text-decoration: line-through", Flags::STRUCK);
        check("text-decoration-line:underline line-through", Flags::STRUCK);
        check("display:block;line-height:2", 0);
        check("", 0);
    }

    #[test]
    fn elements_are_small() {
        // A page has millions of them.
        assert!(size_of::<Element>() <= 16, "{}", size_of::<Element>());
    }
}
