//! Texts of Excel packages: plain, in runs, shared between cells.
//!
//! In: `sharedStrings.xml`, or the `is` of a cell. Out: the characters without phonetic hints. Wrong: what is wrong with the XML.
//!
//! Follows ECMA-376 Part 1, 18.4. Characters that XML cannot hold are written as `_x000D_`; white space at the ends of a
//! text counts only where it says so.

use std::fmt::Write as _;

use crate::document::Text;
use crate::error::Result;
use crate::reader::xml::{Token, Xml};

/// Reads the shared texts in order.
///
/// # Errors
/// Those of [`Xml::next`].
pub(super) fn read_shared(xml: &mut Xml<'_>) -> Result<Vec<Text>> {
    let mut all = Vec::new();
    let mut text = String::new();
    loop {
        match xml.next()? {
            Token::Start(_) if xml.local() == "si" => {
                text.clear();
                read_rich(xml, &mut text)?;
                all.push(Text::from(text.as_str()));
            }
            Token::Eof => return Ok(all),
            _ => {}
        }
    }
}

/// Appends the text of the element whose start was the last token: its `t`, or those of its runs.
///
/// # Errors
/// Those of [`Xml::next`].
pub(super) fn read_rich(xml: &mut Xml<'_>, out: &mut String) -> Result<()> {
    let outside = xml.depth().saturating_sub(1);
    let mut piece = String::new();
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "t" => {
                    let keep = xml.attr("space").as_deref() == Some("preserve");
                    piece.clear();
                    xml.text_into(&mut piece)?;
                    push_unescaped(if keep { &piece } else { piece.trim_matches([' ', '\t', '\r', '\n']) }, out);
                }
                "rPh" | "phoneticPr" | "rPr" | "extLst" => xml.skip()?,
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(())
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
        let found: Vec<&str> = found.iter().map(AsRef::as_ref).collect();
        assert_eq!(found, ["甲", "乙 丙", "", "a\rb_x000D_c\u{1F600}_xyz_"]);
    }
}
