//! What stands on a sheet beside its cells: shapes with text, pictures, charts, comments, and the lines that are printed above
//! and below each page.
//!
//! In: the parts that a sheet of an Excel package leads to, or the codes of a page's header. Out: text boxes, headers and footers
//! as blocks; what has no text is counted. Wrong: what is wrong with the XML; a part that is missing is passed over.
//!
//! Follows ECMA-376 Part 1, 20.5 (drawings), 18.7 (comments) and 18.3.1.46 (`&C` and the other codes of headers). Observed: the
//! unit of a table (单位：万元) in a text box or in the page's header, and its title there as well.

use crate::document::{BlockKind, Location, WarningKind};
use crate::error::Result;
use crate::reader::collector::Collector;
use crate::reader::package::Package;
use crate::reader::xml::{Token, Xml};

use super::xlsx::targets;

/// A header or footer as a sheet stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Below the page, not above it.
    pub(super) below: bool,
    /// With its codes.
    pub(super) codes: String,
}

/// Adds the headers, or with `below` the footers, of a sheet's pages.
///
/// # Errors
/// Those of [`Collector::push`].
pub(super) fn push_lines(lines: &[Line], below: bool, out: &mut Collector<'_>) -> Result<()> {
    let kind = if below { BlockKind::Footer } else { BlockKind::Header };
    let mut seen: Vec<String> = Vec::new();
    for line in lines.iter().filter(|line| line.below == below) {
        for text in texts(&line.codes) {
            // First and even pages mostly repeat what the others have.
            if !seen.contains(&text) {
                out.push_text(kind, None, text.clone())?;
                seen.push(text);
            }
        }
    }
    Ok(())
}

/// Texts of the left, middle and right part of a header; those that number or date pages say nothing of the report.
fn texts(codes: &str) -> Vec<String> {
    let mut parts: Vec<(char, String, bool)> = Vec::new();
    let mut letters = codes.chars().peekable();
    let mut current = ('C', String::new(), false);
    while let Some(letter) = letters.next() {
        if letter != '&' {
            current.1.push(letter);
            continue;
        }
        match letters.next() {
            Some(part @ ('L' | 'C' | 'R')) => parts.push(std::mem::replace(&mut current, (part, String::new(), false))),
            Some('&') => current.1.push('&'),
            // A font, a colour, a size: what they say stands in quotes, letters and digits behind the sign.
            Some('"') => letters.by_ref().take_while(|letter| *letter != '"').for_each(drop),
            Some('K') => letters.by_ref().take(6).for_each(drop),
            Some('P' | 'N' | 'D' | 'T' | 'F' | 'A' | 'Z') => current.2 = true,
            Some(digit) if digit.is_ascii_digit() => while letters.next_if(char::is_ascii_digit).is_some() {},
            _ => {}
        }
    }
    parts.push(current);
    let order = |part: char| "LCR".find(part);
    parts.sort_by_key(|(part, ..)| order(*part));
    parts
        .into_iter()
        .filter(|(_, _, fields)| !fields)
        .map(|(_, text, _)| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

/// Reads the shapes on the sheet in `part`, and counts what else lies on it.
///
/// # Errors
/// Those of [`Package::part`], [`Xml::next`] and [`Collector::push`].
pub(super) fn read(package: &mut Package<'_>, part: &str, sheet: &str, out: &mut Collector<'_>) -> Result<()> {
    let mut lost = Lost::default();
    for related in targets(package, part, out.limits)? {
        let is_drawing = related.kind == "drawing";
        if !is_drawing && related.kind != "comments" {
            continue;
        }
        let Some(stream) = package.part(&related.target)? else { continue };
        let mut xml = Xml::of_part(stream, &related.target, out.limits)?;
        let read =
            if is_drawing { read_drawing(&mut xml, &mut lost, out) } else { count_comments(&mut xml, &mut lost) };
        read.map_err(|error| xml.cause(error))?;
    }
    for (what, count) in [("picture", lost.pictures), ("chart", lost.charts), ("comment", lost.comments)] {
        out.warn_times(WarningKind::Dropped(what.to_owned()), Location::Part(sheet.to_owned()), count);
    }
    Ok(())
}

/// What has no text of the sheet's own, counted.
#[derive(Default)]
struct Lost {
    pictures: u32,
    charts: u32,
    comments: u32,
}

fn read_drawing(xml: &mut Xml<'_>, lost: &mut Lost, out: &mut Collector<'_>) -> Result<()> {
    loop {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "sp" => {
                    let text = shape_text(xml)?;
                    out.push_text(BlockKind::TextBox, None, text)?;
                }
                "pic" => {
                    lost.pictures = lost.pictures.saturating_add(1);
                    xml.skip()?;
                }
                "graphicFrame" => {
                    lost.charts = lost.charts.saturating_add(1);
                    xml.skip()?;
                }
                "Fallback" => xml.skip()?,
                _ => {}
            },
            Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The paragraphs of the shape whose start was the last token.
fn shape_text(xml: &mut Xml<'_>) -> Result<String> {
    let outside = xml.depth().saturating_sub(1);
    let mut text = String::new();
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "t" => xml.text_into(&mut text)?,
                "p" | "br" if !text.is_empty() => text.push('\n'),
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(text)
}

fn count_comments(xml: &mut Xml<'_>, lost: &mut Lost) -> Result<()> {
    loop {
        match xml.next()? {
            Token::Start(_) if xml.local() == "comment" => lost.comments = lost.comments.saturating_add(1),
            Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn headers_are_read_without_their_codes() {
        let check = |codes: &str, expected: &[&str]| assert_eq!(texts(codes), expected, "{codes}");
        check("&C青禾县水务局2023年度收支表&R单位：万元", &["青禾县水务局2023年度收支表", "单位：万元"]);
        check("&R单位：万元&L&\"宋体,加粗\"&14附件1", &["附件1", "单位：万元"]);
        check("第 &P 页，共 &N 页", &[]);
        check("&C&D", &[]);
        check("&K000000甲&&乙", &["甲&乙"]);
        check("", &[]);
    }

    #[test]
    fn shapes_have_their_text_and_pictures_are_counted() {
        let drawing = "<d:wsDr xmlns:d='x' xmlns:a='y'><d:sp><a:p><a:r><a:t>单位：</a:t></a:r><a:r><a:t>万元</a:t></a:r></a:p>\
                       <a:p><a:t>注</a:t></a:p></d:sp><d:pic/><d:graphicFrame/></d:wsDr>";
        let limits = Limits::default();
        let (mut out, mut lost) = (Collector::new(&limits), Lost::default());
        read_drawing(&mut Xml::new(drawing, "drawing", &limits), &mut lost, &mut out).unwrap();
        assert_eq!((lost.pictures, lost.charts), (1, 1));
        let (document, _) = out.finish();
        assert_eq!(document.blocks[0].text, "单位：万元\n注");
    }
}
