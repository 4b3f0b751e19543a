//! Decoded text that is not HTML: plain text dumps of reports, and separated values.
//!
//! In: decoded text. Out: what syntax it is; paragraphs and tables. Wrong: nothing but limits.
//!
//! Observed: `.txt` extractions of Word reports print one line per paragraph and one line per table cell, each cell behind
//! a tab (`dump.rs`); saved web pages print every cell as a paragraph (`flattened.rs`). Extraction tools leak bookmarks as
//! `[bookmark: _GoBack]`; they are no text of the report.

mod columns;
mod csv;
mod dump;
mod flattened;
mod spans;
mod wrapped;

use std::borrow::Cow;

pub(super) use csv::read as read_csv;
pub(super) use flattened::rebuild as rebuild_flattened;

use super::chrome;
use super::collector::Collector;
use super::flat::{self, Root};
use crate::error::Result;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// HTML.
    Html,
    /// Values separated by this character.
    Csv(char),
    /// Anything else that people read.
    Plain,
    /// Excel 2003 XML.
    SpreadsheetMl,
    /// WordprocessingML in one text.
    WordXml,
    /// A package in one text.
    Package,
    /// OpenDocument in one text.
    OpenDocument,
    /// XML of another vocabulary.
    Xml,
    /// A web archive.
    Mhtml,
}

/// Looks at the beginning of a text.
pub(super) fn syntax(text: &str) -> Syntax {
    let start = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{FEFF}');
    match flat::root(start) {
        Some(Root::Workbook) => return Syntax::SpreadsheetMl,
        Some(Root::Word) => return Syntax::WordXml,
        Some(Root::Package) => return Syntax::Package,
        Some(Root::OpenDocument) => return Syntax::OpenDocument,
        Some(Root::Other) | None => {}
    }
    let mut end = start.len().min(4096);
    while !start.is_char_boundary(end) {
        end -= 1;
    }
    let head = start.get(..end).unwrap_or_default().to_ascii_lowercase();
    if head.contains("urn:schemas-microsoft-com:office:spreadsheet")
        && (head.contains("<workbook") || head.contains(":workbook"))
        && !head.contains("<html")
    {
        return Syntax::SpreadsheetMl;
    }
    let is_mail = head.starts_with("mime-version:") || head.starts_with("from:") || head.starts_with("content-type:");
    if is_mail && head.contains("content-type:") {
        return Syntax::Mhtml;
    }
    if is_html(&head) {
        return Syntax::Html;
    }
    if head.starts_with("<?xml") {
        return if head.contains("<html") { Syntax::Html } else { Syntax::Xml };
    }
    csv::separator(text).map_or(Syntax::Plain, Syntax::Csv)
}

/// A page or fragment: it begins with a tag or comment that HTML knows, or has one of its structural tags early on.
fn is_html(head: &str) -> bool {
    const OPENERS: [&str; 30] = [
        "!doctype html",
        "html",
        "head",
        "body",
        "table",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "div",
        "p",
        "span",
        "h1",
        "h2",
        "h3",
        "ul",
        "ol",
        "meta",
        "title",
        "style",
        "script",
        "font",
        "center",
        "br",
        "b",
        "a",
        "section",
        "article",
        "!--",
    ];
    if let Some(rest) = head.strip_prefix('<') {
        let opens = OPENERS.iter().any(|name| {
            rest.strip_prefix(name).is_some_and(|after| {
                *name == "!--" || after.starts_with(|next: char| next.is_whitespace() || matches!(next, '>' | '/'))
            })
        });
        if opens {
            return true;
        }
    }
    if ["<!doctype html", "</p>", "</div>", "</td>", "</table>"].iter().any(|tag| head.contains(tag)) {
        return true;
    }
    // A text may speak of a tag; a page has one after the other.
    let whole = |tag: &str| {
        let rest = head.match_indices(tag).filter_map(|(at, _)| head.get(at + tag.len()..));
        rest.filter(|rest| rest.starts_with(['>', ' ', '\t', '\r', '\n']))
            .filter(|rest| {
                rest.find(['<', '>']).is_some_and(|end| rest.get(end..).is_some_and(|end| end.starts_with('>')))
            })
            .count()
    };
    ["<html", "<body", "<table", "<tr", "<td", "<p", "<div"].iter().map(|tag| whole(tag)).sum::<usize>() > 1
}

/// Reads plain text into `out`.
///
/// # Errors
/// `limit-exceeded`.
pub(super) fn read_plain(text: &str, out: &mut Collector<'_>) -> Result<()> {
    let text = without_bookmarks(text);
    if dump::has_tables(&text) {
        dump::read(&text, out)?;
    } else {
        columns::read(&wrapped::joined(&text), out)?;
    }
    chrome::set_apart(&mut out.blocks, &[]);
    rebuild_flattened(out)
}

/// The text without leaked bookmarks.
fn without_bookmarks(text: &str) -> Cow<'_, str> {
    const MARK: &str = "[bookmark: ";
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        clean.push_str(before);
        match after.split_once(']') {
            Some((name, after)) if name.len() <= 80 && !name.contains('\n') => rest = after,
            _ => {
                clean.push_str(MARK);
                rest = after;
            }
        }
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntaxes_are_told_apart() {
        let check = |text: &str, expected: Syntax| assert_eq!(syntax(text), expected, "{text}");
        check("\u{feff}\n <TABLE><tr>", Syntax::Html);
        check("<!-- x --><p>a</p>", Syntax::Html);
        check("<td>a</td>", Syntax::Html);
        check("<ss:Workbook xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'>", Syntax::SpreadsheetMl);
        check("<指标> 完成", Syntax::Plain);
        check("本页说明 <table 标签\n支出12.5万元", Syntax::Plain);
        check("用 <table> 画表", Syntax::Plain);
        check("甲<table border=1><tr><td>乙", Syntax::Html);
        check("<?xml version='1.0'?><a/>", Syntax::Xml);
        check("<?xml version='1.0'?><html><p/></html>", Syntax::Html);
        check("a,b\n1,2\n", Syntax::Csv(','));
        check("a\tb\n1\t2\n", Syntax::Csv('\t'));
        check("2022年度，部门\n二、其他", Syntax::Plain);
        check("MIME-Version: 1.0\nContent-Type: multipart/related", Syntax::Mhtml);
    }

    #[test]
    fn bookmarks_are_dropped() {
        assert_eq!(without_bookmarks("a[bookmark: _GoBack]b [bookmark: x"), "ab [bookmark: x");
    }
}
