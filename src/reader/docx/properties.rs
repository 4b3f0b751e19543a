//! The property elements of paragraphs, runs, rows and cells.
//!
//! In: the XML reader just after the start of `pPr`, `rPr`, `trPr` or `tcPr`. Out: the few properties that decide what is
//! read; the element is consumed to its end. Former properties (`pPrChange`, ...) are passed over.
//!
//! Follows ECMA-376 Part 1, 17.3 and 17.4.

use super::look::{Font, Look, Shift};
use crate::error::Result;
use crate::reader::xml::{Ns, Token, Xml};

/// List membership.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Numbered {
    /// The list instance; `Some("0")` takes the paragraph out of the list of its style.
    pub(super) list: Option<String>,
    /// The level, when it is named.
    pub(super) level: Option<usize>,
}

/// Properties of a paragraph.
#[derive(Debug, Default, Clone)]
pub(super) struct Paragraph {
    pub(super) style: Option<String>,
    pub(super) numbered: Numbered,
    /// 0 to 8 for headings, 9 for running text.
    pub(super) outline: Option<u8>,
    /// The text continues in the next paragraph: the end mark is deleted, or the paragraph is the large first letter of
    /// the next one.
    pub(super) joined: bool,
    /// The end mark is hidden: without text that is shown there is no paragraph.
    pub(super) hidden: bool,
    /// Headers and footers of the section that ends with it: (is a header, relationship id).
    pub(super) pages: Vec<(bool, String)>,
    /// The number as Word 2003 wrote it, and whether there is one at all.
    pub(super) label: Option<String>,
    pub(super) labelled: bool,
}

/// Properties of a run.
#[derive(Debug, Default, Clone)]
pub(super) struct Run {
    pub(super) style: Option<String>,
    pub(super) look: Look,
    /// Deleted by a tracked change of the properties (paragraph marks, rows).
    deleted: bool,
}

/// Properties of a table row.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) before: u32,
    pub(super) after: u32,
    /// A tracked change deletes the row.
    pub(super) deleted: bool,
    /// The row is hidden.
    pub(super) hidden: bool,
}

/// How a cell continues another one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// A cell of its own.
    #[default]
    None,
    /// The first cell of a merged range.
    Restart,
    /// A further cell of a merged range.
    Continue,
}

/// Properties of a table cell.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Cell {
    pub(super) span: u32,
    pub(super) vertical: Merge,
    pub(super) horizontal: Merge,
    /// A tracked change deletes the cell.
    pub(super) deleted: bool,
}

/// Properties met before by their bytes: a document repeats a few of them over and over.
#[derive(Debug)]
pub(super) struct Known<T> {
    /// The latest last.
    entries: Vec<(Box<[u8]>, T)>,
    /// State of the prefixes that the entries were read under.
    rebound: usize,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), rebound: 0 }
    }
}

/// Entries that are kept.
const KNOWN: usize = 8;

impl<T: Clone> Known<T> {
    /// Reads the element whose start was the last token to its end with `read`, or passes over it when its content was read
    /// before.
    pub(super) fn read(&mut self, xml: &mut Xml<'_>, read: impl FnOnce(&mut Xml<'_>) -> Result<T>) -> Result<T> {
        if self.rebound != xml.rebound() {
            self.entries.clear();
            self.rebound = xml.rebound();
        }
        let Some(length) = xml.inside() else { return read(xml) };
        let bytes = xml.ahead(length);
        if let Some((_, found)) = self.entries.iter().rev().find(|(known, _)| **known == *bytes) {
            xml.pass(length);
            let found = found.clone();
            // Only the end tag is left.
            xml.skip()?;
            return Ok(found);
        }
        let bytes = bytes.into();
        let found = read(xml)?;
        if self.rebound == xml.rebound() {
            if self.entries.len() == KNOWN {
                self.entries.remove(0);
            }
            self.entries.push((bytes, found.clone()));
        }
        Ok(found)
    }
}

/// Reads `pPr`.
pub(super) fn read_paragraph(xml: &mut Xml<'_>) -> Result<Paragraph> {
    let mut found = Paragraph::default();
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::W) => match xml.local() {
                "pStyle" => found.style = xml.attr("val").map(std::borrow::Cow::into_owned),
                "numId" => found.numbered.list = xml.attr("val").map(std::borrow::Cow::into_owned),
                "ilvl" => found.numbered.level = xml.number("val"),
                "ilfo" => found.labelled = xml.number::<u32>("val") != Some(0),
                "outlineLvl" => found.outline = xml.number("val"),
                "rPr" => {
                    let mark = read_run(xml)?;
                    found.joined |= mark.deleted;
                    found.hidden = mark.look.vanish == Some(true);
                }
                "framePr" => {
                    found.joined |= xml.attr("dropCap").is_some_and(|kind| matches!(&*kind, "drop" | "margin"));
                }
                "headerReference" | "footerReference" => found.pages.extend(page(xml)),
                "pPrChange" | "tabs" | "sectPrChange" | "hdr" | "ftr" => xml.skip()?,
                _ => {}
            },
            // Word 2003 wrote the number beside the list that it comes from.
            Token::Start(Ns::Other) if xml.local() == "t" => {
                found.label = xml.attr("val").map(std::borrow::Cow::into_owned);
            }
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(found)
}

/// A header or footer that a section refers to: (is a header, relationship id).
pub(super) fn page(xml: &Xml<'_>) -> Option<(bool, String)> {
    Some((xml.local() == "headerReference", xml.prefixed_attr("id")?.into_owned()))
}

/// Reads `rPr`.
pub(super) fn read_run(xml: &mut Xml<'_>) -> Result<Run> {
    let mut found = Run::default();
    let look = &mut found.look;
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::W) => match xml.local() {
                "rStyle" => found.style = xml.attr("val").map(std::borrow::Cow::into_owned),
                "vanish" => look.vanish = Some(xml.switch()),
                "strike" | "dstrike" => look.struck = Some(xml.switch() || look.struck == Some(true)),
                "vertAlign" => look.shift = xml.attr("val").map(|value| shift(&value)),
                "rFonts" => look.font = xml.attr("ascii").or_else(|| xml.attr("hAnsi")).map(|name| Font::named(&name)),
                "del" | "moveFrom" => found.deleted = true,
                "rPrChange" => xml.skip()?,
                _ => {}
            },
            // How Word 2003 tracked changes.
            Token::Start(Ns::Other) if xml.local() == "annotation" => {
                found.deleted |= xml.attr("type").as_deref() == Some("Word.Deletion");
                xml.skip()?;
            }
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(found)
}

fn shift(value: &str) -> Shift {
    match value {
        "superscript" => Shift::Up,
        "subscript" => Shift::Down,
        _ => Shift::None,
    }
}

/// Reads `trPr`.
pub(super) fn read_row(xml: &mut Xml<'_>) -> Result<Row> {
    let mut found = Row::default();
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::W) => match xml.local() {
                "gridBefore" => found.before = xml.number("val").unwrap_or(0),
                "gridAfter" => found.after = xml.number("val").unwrap_or(0),
                "del" => found.deleted = true,
                "hidden" => found.hidden = xml.switch(),
                "trPrChange" => xml.skip()?,
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(found)
}

/// Reads `tcPr`.
pub(super) fn read_cell(xml: &mut Xml<'_>) -> Result<Cell> {
    let mut found = Cell { span: 1, ..Cell::default() };
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(Ns::W) => match xml.local() {
                "gridSpan" => found.span = xml.number("val").unwrap_or(1).max(1),
                "vMerge" | "vmerge" => found.vertical = merge(xml.attr("val").as_deref()),
                "hMerge" | "hmerge" => found.horizontal = merge(xml.attr("val").as_deref()),
                "cellDel" => found.deleted = true,
                "tcPrChange" => xml.skip()?,
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(found)
}

/// A merge element without value continues.
fn merge(value: Option<&str>) -> Merge {
    if value == Some("restart") { Merge::Restart } else { Merge::Continue }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    /// Whether each run of the text is hidden, read with what is known from those before.
    fn hidden(runs: &str) -> Vec<Option<bool>> {
        let text = format!("<w:p xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>{runs}</w:p>");
        let limits = Limits::default();
        let mut xml = Xml::new(&text, "part", &limits);
        let mut known = Known::default();
        let mut found = Vec::new();
        loop {
            match xml.next().unwrap() {
                Token::Start(_) if xml.local() == "rPr" => {
                    found.push(known.read(&mut xml, read_run).unwrap().look.vanish);
                }
                Token::Eof => return found,
                _ => {}
            }
        }
    }

    #[test]
    fn the_same_bytes_mean_the_same() {
        let shown = "<w:rPr><w:b/></w:rPr>";
        let vanished = "<w:rPr><w:vanish/></w:rPr>";
        let runs = [shown, vanished, shown, vanished, "<w:rPr/>", vanished].concat();
        assert_eq!(hidden(&runs), [None, Some(true), None, Some(true), None, Some(true)]);
    }

    #[test]
    fn what_only_looks_like_an_end_is_none() {
        let commented = "<w:rPr><!-- </w:rPr> --><w:vanish/></w:rPr>";
        let shown = "<w:rPr><!-- </w:rPr> --></w:rPr>";
        let changed = "<w:rPr><w:rPrChange><w:rPr><w:b/></w:rPr></w:rPrChange><w:vanish/></w:rPr>";
        let runs = [commented, shown, changed, changed].concat();
        assert_eq!(hidden(&runs), [Some(true), None, Some(true), Some(true)]);
    }

    #[test]
    fn other_prefixes_are_read_anew() {
        let other = "<w:r xmlns:w='urn:other'><w:rPr><w:vanish/></w:rPr></w:r>";
        let own = "<w:rPr><w:vanish/></w:rPr>";
        assert_eq!(hidden(&[own, other, own].concat()), [Some(true), None, Some(true)]);
    }
}
