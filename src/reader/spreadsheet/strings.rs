//! Texts of Excel packages: plain, in runs, shared between cells.
//!
//! In: `sharedStrings.xml`, or the `is` of a cell. Out: the characters without phonetic hints; raised ones apart from those that
//! they mark, struck-out ones left out and counted. Wrong: what is wrong with the XML.
//!
//! Follows ECMA-376 Part 1, 18.4. Characters that XML cannot hold are written as `_x000D_`; white space at the ends of a
//! text counts only where it says so.

use std::fmt::Write as _;

use crate::document::Text;
use crate::error::Result;
use crate::reader::raised::{is_figure, push_raised};
use crate::reader::xml::{Token, Xml};

/// The texts that cells share.
#[derive(Debug, Default)]
pub(super) struct Strings {
    /// In order.
    pub(super) all: Vec<Text>,
    /// Pieces of them that are struck out and left out.
    pub(super) struck: u32,
}

/// Reads the shared texts.
///
/// # Errors
/// Those of [`Xml::next`].
pub(super) fn read_shared(xml: &mut Xml<'_>) -> Result<Strings> {
    let mut strings = Strings::default();
    let mut text = String::new();
    loop {
        match xml.next()? {
            Token::Start(_) if xml.local() == "si" => {
                text.clear();
                strings.struck = strings.struck.saturating_add(read_rich(xml, &mut text)?);
                strings.all.push(Text::from(text.as_str()));
            }
            Token::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// How a run stands on its line.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    raised: bool,
    struck: bool,
}

/// Appends the text of the element whose start was the last token: its `t`, or those of its runs. Gives the number of figures that
/// are struck out, which are left out.
///
/// # Errors
/// Those of [`Xml::next`].
pub(super) fn read_rich(xml: &mut Xml<'_>, out: &mut String) -> Result<u32> {
    let outside = xml.depth().saturating_sub(1);
    let (mut piece, mut unescaped) = (String::new(), String::new());
    let (mut run, mut struck) = (Run::default(), 0_u32);
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "t" => {
                    let keep = xml.attr("space").as_deref() == Some("preserve");
                    piece.clear();
                    xml.text_into(&mut piece)?;
                    let text = if keep { &piece } else { piece.trim_matches([' ', '\t', '\r', '\n']) };
                    if run.struck && is_figure(text) {
                        struck = struck.saturating_add(u32::from(!text.trim().is_empty()));
                    } else if run.raised {
                        unescaped.clear();
                        push_unescaped(text, &mut unescaped);
                        push_raised(&unescaped, out);
                    } else {
                        push_unescaped(text, out);
                    }
                }
                "r" => run = Run::default(),
                "rPr" => {}
                "vertAlign" => run.raised = xml.attr("val").as_deref() == Some("superscript"),
                "strike" => run.struck = xml.switch(),
                "rPh" | "phoneticPr" | "extLst" => xml.skip()?,
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(struck)
}

/// Appends a text in which `_x000D_` stands for a character.
pub(super) fn push_unescaped(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        if let Some((letter, after)) = escaped(escape) {
            out.push(letter);
            rest = after;
        } else {
            // Writing to a String cannot fail.
            let _ = out.write_str("_x");
            rest = escape.get(2..).unwrap_or_default();
        }
    }
    out.push_str(rest);
}

/// The character that an escape at the beginning of `text` stands for, two of them for one beyond the first plane, and what
/// comes after.
fn escaped(text: &str) -> Option<(char, &str)> {
    let (first, after) = escaped_unit(text)?;
    if let Some(letter) = char::from_u32(u32::from(first)) {
        return Some((letter, after));
    }
    let (second, after) = escaped_unit(after)?;
    char::decode_utf16([first, second]).next()?.ok().map(|letter| (letter, after))
}

fn escaped_unit(text: &str) -> Option<(u16, &str)> {
    let digits = text.strip_prefix("_x")?.get(..4)?;
    let after = text.get(6..)?.strip_prefix('_')?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    Some((u16::from_str_radix(digits, 16).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn texts_are_joined_without_hints() {
        let xml = "<sst><si><t> 甲 </t></si><si><r><rPr><b/></rPr><t xml:space='preserve'>乙 </t></r><r><t>丙</t></r>\
                   <rPh sb='0' eb='1'><t>bing</t></rPh></si><si/><si><t>a_x000D_b_x005F_x000D_c_xD83D__xDE00__xyz_</t></si></sst>";
        let found = read_shared(&mut Xml::new(xml, "part", &Limits::default())).unwrap();
        let found: Vec<&str> = found.all.iter().map(AsRef::as_ref).collect();
        assert_eq!(found, ["甲", "乙 丙", "", "a\rb_x000D_c\u{1F600}_xyz_"]);
    }

    #[test]
    fn raised_and_struck_runs_are_told_apart() {
        let run = |properties: &str, text: &str| format!("<r><rPr>{properties}<b/></rPr><t>{text}</t></r>");
        let raised = "<vertAlign val='superscript'/>";
        let check = |runs: String, expected: &str, struck: u32| {
            let mut out = String::new();
            let xml = format!("<is>{runs}</is>");
            let mut xml = Xml::new(&xml, "part", &Limits::default());
            xml.next().unwrap();
            assert_eq!((read_rich(&mut xml, &mut out).unwrap(), out.as_str()), (struck, expected), "{runs}");
        };
        check(run("", "12.5") + &run(raised, "3") + &run("", "万元"), "12.5³万元", 0);
        check(run("", "m") + &run(raised, "2"), "m2", 0);
        check(run("", "12.5") + &run(raised, "[3]"), "12.5[³]", 0);
        check(run(raised, "12.5"), "12.5", 0);
        check(run("<strike/>", "8.5") + &run("", "9.5"), "9.5", 1);
        check(run("<strike val='0'/>", "8.5"), "8.5", 0);
        check(run("<vertAlign val='subscript'/>", "2"), "2", 0);
    }
}
