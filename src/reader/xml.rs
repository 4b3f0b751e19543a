//! Tokens of the XML parts of Office packages.
//!
//! In: one inflated part as bytes. Out: start tags (with their namespace known by URI), ends and text, with entities
//! resolved. Wrong: a DOCTYPE (refused: Office formats forbid it, and it is how entity bombs travel), nesting beyond the
//! limit, an end of file inside an element, mismatched tags.
//!
//! Follows ECMA-376 Parts 1 and 4: the Strict and the Transitional namespaces of one vocabulary count as the same, and
//! a prefix means nothing by itself. UTF-16 parts, which the standard allows, are transcoded once.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::{Bilingual, Error, ErrorKind, Result};
use crate::limits::Limits;

/// The vocabularies that the readers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ns {
    /// WordprocessingML.
    W,
    /// Word 2010 extensions (check boxes).
    W14,
    /// References to relationships (`r:id`).
    R,
    /// Package relationships parts.
    Rels,
    /// Markup compatibility (`AlternateContent`).
    Mc,
    /// Office math.
    Math,
    /// SpreadsheetML.
    Sheet,
    /// Excel 2003 XML.
    Excel2003,
    /// Anything else.
    Other,
}

impl Ns {
    fn of(uri: &str) -> Self {
        match uri {
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            | "http://purl.oclc.org/ooxml/wordprocessingml/main" => Self::W,
            "http://schemas.microsoft.com/office/word/2010/wordml" => Self::W14,
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
            | "http://purl.oclc.org/ooxml/officeDocument/relationships" => Self::R,
            "http://schemas.openxmlformats.org/package/2006/relationships" => Self::Rels,
            "http://schemas.openxmlformats.org/markup-compatibility/2006" => Self::Mc,
            "http://schemas.openxmlformats.org/officeDocument/2006/math"
            | "http://purl.oclc.org/ooxml/officeDocument/math" => Self::Math,
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
            | "http://purl.oclc.org/ooxml/spreadsheetml/main" => Self::Sheet,
            "urn:schemas-microsoft-com:office:spreadsheet" => Self::Excel2003,
            _ => Self::Other,
        }
    }
}

/// A start tag.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    /// Vocabulary of the element.
    pub(super) ns: Ns,
    start: BytesStart<'a>,
    /// Where the name begins behind its prefix.
    local: usize,
}

impl Tag<'_> {
    /// Name without prefix.
    pub(super) fn local(&self) -> &str {
        self.start.name().into_inner().get(self.local..).unwrap_or_default()
    }

    /// Value of the attribute with this local name, whatever its prefix; the attributes asked for here have names of
    /// their own within their element.
    pub(super) fn attr(&self, local: &str) -> Option<Cow<'_, str>> {
        self.start
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.local_name().into_inner() == local)
            .map(|attribute| unescape(attribute.value))
    }

    /// Value of the attribute with exactly this qualified name, for the places where prefixes tell two attributes
    /// apart (`id` and `r:id`).
    pub(super) fn prefixed_attr(&self, local: &str) -> Option<Cow<'_, str>> {
        self.start
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.prefix().is_some() && attribute.key.local_name().into_inner() == local)
            .map(|attribute| unescape(attribute.value))
    }

    /// An attribute that is a number.
    pub(super) fn number<T: std::str::FromStr>(&self, local: &str) -> Option<T> {
        self.attr(local)?.trim().parse().ok()
    }

    /// The value of `val` as a switch: present without value or anything but a word for "no" is on.
    pub(super) fn switch(&self) -> bool {
        match self.attr("val") {
            Some(value) => !matches!(value.as_ref(), "0" | "false" | "off" | "none"),
            None => true,
        }
    }
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// An element begins; empty elements give a start and an end.
    Start(Tag<'a>),
    /// The innermost open element ends.
    End,
    /// Character data, entities resolved. Adjacent pieces may come one by one.
    Text(Cow<'a, str>),
    /// The part ends, all elements closed.
    Eof,
}

/// Reader of one part.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    part: &'a str,
    /// Bytes of the whole part.
    length: usize,
    depth: usize,
    max_depth: usize,
    /// Prefix declarations in force: prefix, vocabulary, depth of the element that declares it.
    bindings: Vec<(Box<str>, Ns, usize)>,
    /// Prefixes declared or gone out of force so far.
    rebound: usize,
    seen_root: bool,
}

impl<'a> Xml<'a> {
    /// Reads `text`, the content of the part called `part`.
    pub(super) fn new(text: &'a str, part: &'a str, limits: &Limits) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self {
            reader,
            part,
            length: text.len(),
            depth: 0,
            max_depth: limits.element_depth,
            bindings: Vec::new(),
            rebound: 0,
            seen_root: false,
        }
    }

    /// Number of open elements.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The next token.
    ///
    /// # Errors
    /// `malformed`, `truncated`, `doctype-forbidden`, `limit-exceeded` (`element_depth`).
    pub(super) fn next(&mut self) -> Result<Token<'a>> {
        loop {
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.fault(&error)),
            };
            match event {
                Event::Start(start) | Event::Empty(start) => return self.open(start),
                Event::End(_) => {
                    self.close();
                    return Ok(Token::End);
                }
                Event::Text(text) if self.depth > 0 => return Ok(Token::Text(normal_lines(text.into_inner()))),
                Event::CData(text) => return Ok(Token::Text(text.into_inner())),
                Event::GeneralRef(name) => {
                    let known = match name.resolve_char_ref() {
                        Ok(Some(letter)) => Some(Cow::Owned(letter.to_string())),
                        _ => quick_xml::escape::resolve_predefined_entity(&name).map(Cow::Borrowed),
                    };
                    return Ok(Token::Text(known.unwrap_or_else(|| Cow::Owned(format!("&{};", &*name)))));
                }
                Event::DocType(_) => return Err(Error::new(ErrorKind::Doctype, "").at(self.part)),
                Event::Eof if self.depth > 0 || !self.seen_root => {
                    return Err(Error::new(ErrorKind::Truncated, ("XML 未写完", "the XML ends inside an element"))
                        .at(self.part));
                }
                Event::Eof => return Ok(Token::Eof),
                _ => {}
            }
        }
    }

    /// The bytes between the start tag `tag`, which was the last token, and its end tag, when that is near and no element
    /// whose name begins the same stands between.
    pub(super) fn inside(&self, tag: &Tag<'_>) -> Option<&'a [u8]> {
        const NEAR: usize = 1_024;
        let name = tag.start.name().into_inner().as_bytes();
        let rest: &'a [u8] = self.reader.get_ref();
        let rest = rest.get(..NEAR).unwrap_or(rest);
        let mut from = 0;
        loop {
            let at = from + rest.get(from..)?.iter().position(|byte| *byte == b'<')?;
            let inner = rest.get(at + 1..)?;
            // Comments and the like may hold what looks like an end tag.
            if inner.starts_with(name) || matches!(inner.first(), Some(b'!' | b'?')) {
                return None;
            }
            let end = inner.strip_prefix(b"/").and_then(|end| end.strip_prefix(name));
            if end.is_some_and(|end| end.first() == Some(&b'>')) {
                return rest.get(..at);
            }
            from = at + 1;
        }
    }

    /// Passes over the bytes that [`inside`](Self::inside) has just returned; the next token is the end of their element.
    /// For bytes that were read before under the same prefixes: nothing in them is looked at.
    pub(super) fn pass(&mut self, inside: &[u8]) {
        let rest: &'a [u8] = self.reader.get_ref();
        *self.reader.get_mut() = rest.get(inside.len()..).unwrap_or_default();
    }

    /// How often prefixes have been declared or gone out of force: while it stays the same, the same name means the same.
    pub(super) fn rebound(&self) -> usize {
        self.rebound
    }

    /// Passes over the rest of the element whose start was the last token.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub(super) fn skip(&mut self) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if matches!(self.next()?, Token::Eof) {
                break;
            }
        }
        Ok(())
    }

    /// The character data of the element whose start was the last token, children included.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub(super) fn text(&mut self) -> Result<String> {
        let outside = self.depth.saturating_sub(1);
        let mut text = String::new();
        while self.depth > outside {
            match self.next()? {
                Token::Text(piece) => text.push_str(&piece),
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(text)
    }

    fn open(&mut self, start: BytesStart<'a>) -> Result<Token<'a>> {
        self.seen_root = true;
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(Error::limit("element_depth", self.max_depth).at(self.part));
        }
        if start.attributes_raw().contains("xmlns") {
            self.declare(&start);
        }
        let name = start.name().into_inner();
        // Prefixes are short: a plain scan is the quickest.
        let (prefix, local) = match name.bytes().position(|byte| byte == b':') {
            Some(colon) => (name.get(..colon).unwrap_or_default(), colon + 1),
            None => ("", 0),
        };
        let ns =
            self.bindings.iter().rev().find(|binding| &*binding.0 == prefix).map_or(Ns::Other, |binding| binding.1);
        Ok(Token::Start(Tag { ns, start, local }))
    }

    fn declare(&mut self, start: &BytesStart<'_>) {
        for attribute in start.attributes().with_checks(false).flatten() {
            let key = attribute.key.into_inner();
            let prefix = match key.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) => prefix,
                    None => continue,
                },
                None => continue,
            };
            self.bindings.push((prefix.into(), Ns::of(attribute.value.trim()), self.depth));
            self.rebound += 1;
        }
        // The prefix of the main vocabulary is looked up far more often than the others: bring it to the end.
        if self.depth == 1 {
            self.bindings.sort_by_key(|binding| matches!(binding.1, Ns::W | Ns::Sheet));
        }
    }

    fn close(&mut self) {
        while self.bindings.last().is_some_and(|binding| binding.2 >= self.depth) {
            self.bindings.pop();
            self.rebound += 1;
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn fault(&self, error: &quick_xml::Error) -> Error {
        let kind = match error {
            quick_xml::Error::Syntax(_) => ErrorKind::Truncated,
            quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::MissingEndTag(_)) => ErrorKind::Truncated,
            _ => ErrorKind::Malformed,
        };
        let at = self.length - self.reader.get_ref().len().min(self.length);
        let detail = Bilingual {
            zh: format!("XML 在第 {at} 字节处有误"),
            en: format!("the XML is not well-formed at byte {at}"),
        };
        Error::new(kind, detail).at(self.part)
    }
}

/// Resolves entities of an attribute value.
fn unescape(raw: Cow<'_, str>) -> Cow<'_, str> {
    if !raw.contains('&') {
        return raw;
    }
    match quick_xml::escape::unescape(&raw) {
        Ok(text) => Cow::Owned(text.into_owned()),
        Err(_) => raw,
    }
}

/// Line ends as XML 1.0, 2.11 has them.
fn normal_lines(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text }
}

/// The bytes of a part as text: UTF-8 borrowed, UTF-16 and declared single encodings transcoded. Returns whether bytes
/// without a character had to be replaced.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let encoding = match bytes {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => declared(bytes).unwrap_or(encoding_rs::UTF_8),
    };
    let (text, _, replaced) = encoding.decode(bytes);
    (text, replaced)
}

/// The encoding an XML declaration names, when it is neither UTF-8 nor impossible here.
fn declared(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = bytes.get(..bytes.len().min(200))?;
    let head = head.strip_prefix(b"<?xml")?;
    let end = head.iter().position(|&byte| byte == b'>')?;
    let head = std::str::from_utf8(head.get(..end)?).ok()?;
    let (_, rest) = head.split_once("encoding")?;
    let label = rest.trim_start_matches([' ', '=', '"', '\'']).split(['"', '\'']).next()?;
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
    let utf16 = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
    (!utf16).then_some(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<String> {
        let limits = Limits { element_depth: 5, ..Limits::default() };
        let mut xml = Xml::new(text, "part", &limits);
        let mut out = String::new();
        loop {
            match xml.next()? {
                Token::Start(tag) => out.push_str(&format!("<{:?} {}>", tag.ns, tag.local())),
                Token::End => out.push_str("</>"),
                Token::Text(text) => out.push_str(&text),
                Token::Eof => return Ok(out),
            }
        }
    }

    #[test]
    fn vocabularies_are_known_by_uri() {
        let strict = "<x:a xmlns:x='http://purl.oclc.org/ooxml/wordprocessingml/main'><x:t>1&amp;&#50;</x:t><y/></x:a>";
        assert_eq!(names(strict).unwrap(), "<W a><W t>1&2</><Other y></></>");
    }

    #[test]
    fn faults_have_their_kind() {
        let check = |text: &str, kind: ErrorKind| assert_eq!(names(text).unwrap_err().kind(), kind, "{text}");
        check("<a><b></b>", ErrorKind::Truncated);
        check("<a><b>", ErrorKind::Truncated);
        check("<a><b x='1", ErrorKind::Truncated);
        check("", ErrorKind::Truncated);
        check("<a></b>", ErrorKind::Malformed);
        check("<!DOCTYPE a><a/>", ErrorKind::Doctype);
        check("<a><a><a><a><a><a/></a></a></a></a></a>", ErrorKind::LimitExceeded);
    }

    #[test]
    fn parts_in_utf16_are_transcoded() {
        let bytes: Vec<u8> = "\u{feff}<a>核</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&bytes).0, "<a>核</a>");
    }
}
