//! Documents that are one XML text instead of a ZIP package.
//!
//! In: decoded text whose root says what it is. Out: flat OPC as a package of its parts, which the usual readers read.
//! Wrong: a part that does not end (`truncated`), a document type declaration.
//!
//! Follows the flat form of ECMA-376 packages that Word saves as "Word XML document": `pkg:package` with a `pkg:part` each,
//! whose XML stands in `pkg:xmlData` as it is. Binary parts are media and left out.

use std::borrow::Cow;

use super::package::Package;
use super::xml::{Ns, Token, Xml};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// What an XML text is by its root element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// A package in one text.
    Package,
    /// WordprocessingML by itself: Word 2003, or a part that somebody took out.
    Word,
    /// A workbook of Excel 2003.
    Workbook,
    /// OpenDocument in one text.
    OpenDocument,
    /// Anything else.
    Other,
}

/// The root of a text; `None` when it does not begin as XML does.
pub(super) fn root(text: &str) -> Option<Root> {
    let text = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{FEFF}');
    if !text.starts_with('<') {
        return None;
    }
    let limits = Limits::default();
    let mut xml = Xml::new(text, "", &limits);
    let Ok(Token::Start(ns)) = xml.next() else { return None };
    Some(match (ns, xml.local()) {
        (Ns::Flat, "package") => Root::Package,
        (Ns::W, "wordDocument" | "document") => Root::Word,
        (Ns::Excel2003, "Workbook") => Root::Workbook,
        (Ns::OpenDocument, "document") => Root::OpenDocument,
        _ => Root::Other,
    })
}

/// The name of the root as it stands, for messages.
pub(super) fn root_name(text: &str) -> &str {
    let name = |at: usize| {
        let rest = text.get(at + 1..)?;
        let end = rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/'))?;
        rest.get(..end.min(80)).filter(|_| !rest.starts_with(['?', '!', '/']))
    };
    text.match_indices('<').take(20).find_map(|(at, _)| name(at)).unwrap_or_default()
}

/// The parts of a flat package.
///
/// # Errors
/// `truncated`, `doctype-forbidden`, `limit-exceeded` (`zip_entries`).
pub(super) fn package<'a>(text: &'a str, limits: &'a Limits) -> Result<Package<'a>> {
    let start = text.find("package").and_then(|at| text.get(..at)?.rfind('<')).unwrap_or(0);
    if text.get(..start).is_some_and(|head| head.contains("<!DOCTYPE")) {
        return Err(Error::new(ErrorKind::Doctype, ""));
    }
    let root = tag(text.get(start..).unwrap_or_default());
    let prefix = root.get(1..).and_then(|tag| tag.find("package").and_then(|at| tag.get(..at))).unwrap_or_default();
    let (part_mark, data_mark) = (format!("<{prefix}part"), format!("<{prefix}xmlData"));
    let end_mark = format!("</{prefix}xmlData");
    let mut parts = Vec::new();
    let mut rest = text.get(start + root.len()..).unwrap_or_default();
    while let Some(at) = rest.find(&part_mark) {
        if parts.len() == limits.zip_entries {
            return Err(Error::limit("zip_entries", limits.zip_entries));
        }
        rest = rest.get(at..).unwrap_or_default();
        let head = tag(rest);
        rest = rest.get(head.len()..).unwrap_or_default();
        let next = rest.find(&part_mark).unwrap_or(usize::MAX);
        let Some(at) = rest.find(&data_mark).filter(|at| *at < next) else { continue };
        let data = rest.get(at..).unwrap_or_default();
        let data = data.get(tag(data).len()..).unwrap_or_default();
        let cut = || Error::new(ErrorKind::Truncated, ("XML 未写完", "the XML ends inside an element"));
        let end = data.find(&end_mark).ok_or_else(cut)?;
        if let Some(name) = attribute(head, &format!("{prefix}name")) {
            parts.push((name.to_owned(), with_namespaces(data.get(..end).unwrap_or_default(), root)));
        }
        rest = data.get(end..).unwrap_or_default();
    }
    Ok(Package::flat(parts, limits))
}

/// The tag that a text begins with.
fn tag(text: &str) -> &str {
    let mut quote = None;
    for (at, letter) in text.bytes().enumerate() {
        match (quote, letter) {
            (None, b'"' | b'\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, b'>') => return text.get(..=at).unwrap_or_default(),
            _ => {}
        }
    }
    text
}

/// An attribute of a tag, by its name with prefix.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    attributes(tag).find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let (before, after) = rest.split_once('=')?;
        let name = before.rsplit(|letter: char| letter.is_whitespace()).find(|word| !word.is_empty())?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = after.get(1..)?.split_once(quote)?;
        rest = behind;
        Some((name, value))
    })
}

/// The XML of a part, with the prefixes that only the root of the whole declares.
fn with_namespaces<'a>(part: &'a str, root: &str) -> Cow<'a, str> {
    let part = part.trim_start();
    let own = tag(part);
    let missing: Vec<String> = attributes(root)
        .filter(|(name, _)| name.starts_with("xmlns:") && attribute(own, name).is_none())
        .map(|(name, value)| format!(" {name}=\"{value}\""))
        .collect();
    let name = own.find(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/'));
    let name = name.filter(|at| *at > 1 && own.starts_with('<'));
    match name.and_then(|at| Some((part.get(..at)?, part.get(at..)?))) {
        Some((name, rest)) if !missing.is_empty() => Cow::Owned(format!("{name}{}{rest}", missing.concat())),
        _ => Cow::Borrowed(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: &str = r#"<?xml version="1.0"?><p:package xmlns:p="http://schemas.microsoft.com/office/2006/xmlPackage" xmlns:w="urn:w">
        <p:part p:name="/word/media/a.png"><p:binaryData>AA==</p:binaryData></p:part>
        <p:part p:name="/word/document.xml" p:contentType='x>y'><p:xmlData> <w:document a="1"><w:body/></w:document></p:xmlData></p:part>
        <p:part p:name="/word/styles.xml"><p:xmlData><w:styles xmlns:w="urn:other"/></p:xmlData></p:part></p:package>"#;

    #[test]
    fn parts_stand_by_themselves() {
        let limits = Limits::default();
        assert_eq!(root(FLAT), Some(Root::Package));
        let mut package = package(FLAT, &limits).unwrap();
        let mut read = |name: &str| package.read(name).unwrap().map(|bytes| String::from_utf8(bytes).unwrap());
        let document = read("word/document.xml").unwrap();
        assert!(document.starts_with("<w:document xmlns:p=") && document.contains("xmlns:w=\"urn:w\" a=\"1\""));
        assert!(read("word/styles.xml").unwrap().contains("xmlns:w=\"urn:other\"/>"));
        assert_eq!(read("word/media/a.png"), None);
    }

    #[test]
    fn cuts_are_told() {
        let limits = Limits::default();
        let cut = FLAT.split_once("</w:document>").unwrap().0;
        assert_eq!(package(cut, &limits).err().unwrap().kind(), ErrorKind::Truncated);
        let typed = FLAT.replace("<p:package", "<!DOCTYPE p><p:package");
        assert_eq!(package(&typed, &limits).err().unwrap().kind(), ErrorKind::Doctype);
    }

    #[test]
    fn roots_say_what_a_text_is() {
        let check = |text: &str, expected: Option<Root>| assert_eq!(root(text), expected, "{text}");
        check("<w:wordDocument xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'/>", Some(Root::Word));
        check("<!-- x --><s:Workbook xmlns:s='urn:schemas-microsoft-com:office:spreadsheet'/>", Some(Root::Workbook));
        check("<o:document xmlns:o='urn:oasis:names:tc:opendocument:xmlns:office:1.0'/>", Some(Root::OpenDocument));
        check("<a/>", Some(Root::Other));
        check("甲", None);
        assert_eq!(root_name("<?xml version='1.0'?><!-- x --><uof:UOF xmlns:uof='x'>"), "uof:UOF");
    }
}
