//! Tokens of the XML parts of Office packages.
//!
//! In: the text of a part, or a part while it is inflated. Out: start tags (with their namespace known by URI), ends and text, with entities
//! resolved. Wrong: a DOCTYPE (refused: Office formats forbid it, and it is how entity bombs travel), nesting beyond the
//! limit, an end of file inside an element, mismatched tags.
//!
//! Follows ECMA-376 Parts 1 and 4: the Strict and the Transitional namespaces of one vocabulary count as the same, and
//! a prefix means nothing by itself. UTF-16 parts, which the standard allows, are transcoded once. Of a part that is inflated
//! while it is read no more is held than a window around the token that is read: quick-xml tells where a tag ends, its
//! attributes and entities, and the loop around that is this module's own.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::BytesRef;
use quick_xml::events::attributes::{Attribute, Attributes};
use quick_xml::parser::{ElementParser, Parser};

use super::package::Part;
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
    /// Packages in one text.
    Flat,
    /// OpenDocument.
    OpenDocument,
    /// Anything else.
    Other,
}

impl Ns {
    fn of(uri: &str) -> Self {
        match uri {
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            | "http://purl.oclc.org/ooxml/wordprocessingml/main"
            | "http://schemas.microsoft.com/office/word/2003/wordml" => Self::W,
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
            "http://schemas.microsoft.com/office/2006/xmlPackage" => Self::Flat,
            "urn:oasis:names:tc:opendocument:xmlns:office:1.0" => Self::OpenDocument,
            _ => Self::Other,
        }
    }
}

/// What comes next. Names, attributes and text are asked for with the methods of [`Xml`] until the next token is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// An element of this vocabulary begins; empty elements give a start and an end.
    Start(Ns),
    /// The innermost open element ends.
    End,
    /// Character data, entities resolved. Adjacent pieces may come one by one.
    Text,
    /// The part ends, all elements closed.
    Eof,
}

/// Where the content of the last start tag stands in the window.
#[derive(Debug, Clone, Copy, Default)]
struct Tag {
    start: usize,
    end: usize,
    /// Bytes of the name, and of the prefix with its colon.
    name: usize,
    prefix: usize,
}

/// Where the last text stands.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// In the window as it is.
    Window(usize, usize),
    /// In `resolved`, with its entities and line ends as they are meant.
    Resolved,
}

/// Reader of one part: of a text that is there, or of a stream of which no more than a window is held.
pub(super) struct Xml<'a> {
    window: Cow<'a, str>,
    /// Bytes of the window that have been read.
    at: usize,
    /// Bytes of the part before the window.
    passed: usize,
    stream: Option<Stream<'a>>,
    part: &'a str,
    tag: Tag,
    piece: Piece,
    resolved: String,
    /// The last start tag was that of an empty element, whose end comes next.
    empty: bool,
    depth: usize,
    max_depth: usize,
    /// Names of the open elements, one behind the other, and where each begins.
    names: String,
    opened: Vec<usize>,
    /// Prefix declarations in force: prefix, vocabulary, depth of the element that declares it.
    bindings: Vec<(Box<str>, Ns, usize)>,
    /// Prefixes declared or gone out of force so far.
    rebound: usize,
    seen_root: bool,
}

impl<'a> Xml<'a> {
    /// Reads `text`, the content of the part called `name`.
    pub(super) fn new(text: &'a str, name: &'a str, limits: &Limits) -> Self {
        Self {
            window: Cow::Borrowed(text),
            at: 0,
            passed: 0,
            stream: None,
            part: name,
            tag: Tag::default(),
            piece: Piece::Resolved,
            resolved: String::new(),
            empty: false,
            depth: 0,
            max_depth: limits.element_depth,
            names: String::new(),
            opened: Vec::new(),
            bindings: Vec::new(),
            rebound: 0,
            seen_root: false,
        }
    }

    /// Reads the part called `name` while it is being inflated.
    ///
    /// # Errors
    /// Those of [`Part::inflate`].
    pub(super) fn of_part(part: Part<'a>, name: &'a str, limits: &Limits) -> Result<Self> {
        let mut xml = Self::new("", name, limits);
        let mut window = String::new();
        xml.stream = Stream::open(part, &mut window)?;
        xml.window = Cow::Owned(window);
        Ok(xml)
    }

    /// True when the part is without content.
    pub(super) fn is_empty(&self) -> bool {
        self.passed == 0 && self.window.is_empty() && self.stream.is_none()
    }

    /// True when bytes without a character were replaced so far.
    pub(super) fn replaced(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.replaced)
    }

    /// What is to be reported in place of `error`: damage of the container is the cause of damage of the text in it.
    pub(super) fn cause(&mut self, error: Error) -> Error {
        if !matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Truncated) {
            return error;
        }
        loop {
            self.at = self.window.len();
            match self.more() {
                Ok(true) => {}
                Ok(false) => return error,
                Err(cause) => return cause,
            }
        }
    }

    /// Number of open elements.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Name of the element that has just begun, without prefix.
    pub(super) fn local(&self) -> &str {
        self.window.get(self.tag.start + self.tag.prefix..self.tag.start + self.tag.name).unwrap_or_default()
    }

    /// Character data that have just been read.
    pub(super) fn piece(&self) -> &str {
        match self.piece {
            Piece::Window(start, end) => self.window.get(start..end).unwrap_or_default(),
            Piece::Resolved => &self.resolved,
        }
    }

    /// Value of the attribute with this local name, whatever its prefix; the attributes asked for here have names of
    /// their own within their element.
    pub(super) fn attr(&self, local: &str) -> Option<Cow<'_, str>> {
        self.attributes()
            .find(|attribute| attribute.key.local_name().into_inner() == local)
            .map(|attribute| unescape(attribute.value))
    }

    /// Value of the attribute with this local name and any prefix, for the places where prefixes tell two attributes
    /// apart (`id` and `r:id`).
    pub(super) fn prefixed_attr(&self, local: &str) -> Option<Cow<'_, str>> {
        self.attributes()
            .find(|attribute| attribute.key.prefix().is_some() && attribute.key.local_name().into_inner() == local)
            .map(|attribute| unescape(attribute.value))
    }

    /// Names and values of the attributes without prefix, entities in values as they stand: for those that are a word or a number.
    pub(super) fn raw_attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes().filter_map(|attribute| match attribute.value {
            Cow::Borrowed(value) => Some((attribute.key.into_inner(), value)),
            Cow::Owned(_) => None,
        })
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

    fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        let content = self.window.get(self.tag.start..self.tag.end).unwrap_or_default();
        let mut attributes = Attributes::new(content, self.tag.name);
        attributes.with_checks(false);
        attributes.flatten()
    }

    /// The next token.
    ///
    /// # Errors
    /// `malformed`, `truncated`, `doctype-forbidden`, `limit-exceeded` (`element_depth`), and those of inflating.
    pub(super) fn next(&mut self) -> Result<Token> {
        // What was asked of the last token is no longer there: the window may have gone on.
        self.tag = Tag::default();
        self.piece = Piece::Resolved;
        self.resolved.clear();
        if self.empty {
            self.empty = false;
            self.close();
            return Ok(Token::End);
        }
        loop {
            let (first, second) = (self.rest().first().copied(), self.rest().get(1).copied());
            let found = match (first, second) {
                (None | Some(b'<'), None) if self.more()? => continue,
                (None, _) if self.depth > 0 || !self.seen_root => {
                    let detail = ("XML 未写完", "the XML ends inside an element");
                    return Err(Error::new(ErrorKind::Truncated, detail).at(self.part));
                }
                (None, _) => return Ok(Token::Eof),
                (Some(b'<'), Some(b'/')) => self.end_tag()?,
                (Some(b'<'), Some(b'!')) => self.declaration()?,
                (Some(b'<'), Some(b'?')) => {
                    self.length_to(2, b"?>")?;
                    None
                }
                (Some(b'<'), Some(_)) => Some(self.start_tag()?),
                (Some(b'<'), None) => return Err(self.fault(ErrorKind::Truncated)),
                _ => self.text_piece()?,
            };
            if let Some(token) = found {
                return Ok(token);
            }
        }
    }

    /// How many bytes stand between the start tag that was the last token and its end tag, when that is near and no element
    /// whose name begins the same stands between.
    pub(super) fn inside(&self) -> Option<usize> {
        self.end_within(1_024)
    }

    fn end_within(&self, near: usize) -> Option<usize> {
        if self.empty || self.tag.name == 0 {
            return None;
        }
        let name = self.window.as_bytes().get(self.tag.start..self.tag.start + self.tag.name)?;
        let rest = self.ahead(near);
        let mut from = 0;
        // Fewer tags than levels that are left cannot nest too deep.
        for _ in self.depth..self.max_depth {
            let at = from + memchr(b'<', rest.get(from..)?)?;
            let inner = rest.get(at + 1..)?;
            // Comments and the like may hold what looks like an end tag.
            if inner.starts_with(name) || matches!(inner.first(), Some(b'!' | b'?')) {
                return None;
            }
            let end = inner.strip_prefix(b"/").and_then(|end| end.strip_prefix(name));
            if end.is_some_and(|end| end.first() == Some(&b'>')) {
                return Some(at);
            }
            from = at + 1;
        }
        None
    }

    /// The bytes that come next, as far as the window reaches.
    pub(super) fn ahead(&self, length: usize) -> &[u8] {
        let rest = self.rest();
        rest.get(..length).unwrap_or(rest)
    }

    /// Passes over as many bytes as [`inside`](Self::inside) has just found; the next token is the end of their element.
    /// For bytes that were read before under the same prefixes: nothing in them is looked at.
    pub(super) fn pass(&mut self, length: usize) {
        self.at += length;
    }

    /// How often prefixes have been declared or gone out of force: while it stays the same, the same name means the same.
    pub(super) fn rebound(&self) -> usize {
        self.rebound
    }

    /// Passes over the rest of the element whose start was the last token. Where its end is in sight, what stands before it is
    /// not looked at.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub(super) fn skip(&mut self) -> Result<()> {
        if let Some(length) = self.end_within(usize::MAX) {
            self.pass(length);
        }
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if self.next()? == Token::Eof {
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
        let mut text = String::new();
        self.text_into(&mut text)?;
        Ok(text)
    }

    /// Appends the character data of the element whose start was the last token, children included.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub(super) fn text_into(&mut self, text: &mut String) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            match self.next()? {
                Token::Text => text.push_str(self.piece()),
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    // The window

    fn rest(&self) -> &[u8] {
        self.window.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Moves the window on: what has been read goes, more comes behind what has not. False at the end of the part.
    fn more(&mut self) -> Result<bool> {
        let Some(stream) = &mut self.stream else { return Ok(false) };
        let window = self.window.to_mut();
        window.drain(..self.at);
        self.passed += self.at;
        self.at = 0;
        // A token longer than the window is looked through anew each time: each time twice as long, so that this stays linear.
        let wanted = window.len().saturating_mul(2).max(1);
        while window.len() < wanted {
            if !stream.fill(window)? {
                return Ok(window.len() > wanted / 2);
            }
        }
        Ok(true)
    }

    /// Bytes up to and with the next `end` that is at least `from` bytes away; the window is moved past them.
    fn length_to(&mut self, from: usize, end: &[u8]) -> Result<usize> {
        loop {
            let found = self.rest().get(from..).and_then(|rest| find(rest, end));
            if let Some(found) = found {
                self.at += from + found + end.len();
                return Ok(from + found + end.len());
            }
            if !self.more()? {
                return Err(self.fault(ErrorKind::Truncated));
            }
        }
    }

    // Tokens

    fn text_piece(&mut self) -> Result<Option<Token>> {
        let length = loop {
            if let Some(length) = memchr(b'<', self.rest()) {
                break length;
            }
            if !self.more()? {
                break self.rest().len();
            }
        };
        let (start, end) = (self.at, self.at + length);
        self.at = end;
        if self.depth == 0 {
            return Ok(None);
        }
        self.piece = Piece::Window(start, end);
        let raw = self.window.get(start..end).unwrap_or_default();
        if memchr2(b'&', b'\r', raw.as_bytes()).is_some() {
            resolve(raw, &mut self.resolved);
            self.piece = Piece::Resolved;
        }
        Ok(Some(Token::Text))
    }

    /// Comments and character data; a DOCTYPE is refused.
    fn declaration(&mut self) -> Result<Option<Token>> {
        const CDATA: &[u8] = b"<![CDATA[";
        while self.rest().len() < CDATA.len() && self.more()? {}
        let rest = self.rest();
        if rest.starts_with(b"<!--") {
            self.length_to(4, b"-->")?;
            return Ok(None);
        }
        if rest.starts_with(CDATA) {
            let length = self.length_to(CDATA.len(), b"]]>")?;
            self.piece = Piece::Window(self.at - length + CDATA.len(), self.at - 3);
            return Ok(Some(Token::Text).filter(|_| self.depth > 0));
        }
        if rest.get(2..9).is_some_and(|word| word.eq_ignore_ascii_case(b"DOCTYPE")) {
            return Err(Error::new(ErrorKind::Doctype, "").at(self.part));
        }
        Err(self.fault(if rest.len() < CDATA.len() { ErrorKind::Truncated } else { ErrorKind::Malformed }))
    }

    /// Bytes between the `<` that comes next and its `>`.
    fn tag_length(&mut self) -> Result<usize> {
        loop {
            let content = self.rest().get(1..).unwrap_or_default();
            if let Some(length) = ElementParser::default().feed(content) {
                return Ok(length);
            }
            if !self.more()? {
                return Err(self.fault(ErrorKind::Truncated));
            }
        }
    }

    /// Remembers that an element is open, whose name has `length` bytes from `start` on.
    fn open(&mut self, start: usize, length: usize) {
        self.depth += 1;
        self.opened.push(self.names.len());
        self.names.push_str(self.window.get(start..start + length).unwrap_or_default());
    }

    fn start_tag(&mut self) -> Result<Token> {
        let length = self.tag_length()?;
        let start = self.at + 1;
        let mut end = start + length;
        self.at = end + 1;
        let content = self.window.as_bytes().get(start..end).unwrap_or_default();
        self.empty = content.last() == Some(&b'/');
        end -= usize::from(self.empty);
        let content = self.window.get(start..end).unwrap_or_default();
        // Names are short: a plain scan is the quickest.
        let name = content.bytes().position(is_space).unwrap_or(content.len());
        let prefix = content.bytes().take(name).position(|byte| byte == b':').map_or(0, |colon| colon + 1);
        self.tag = Tag { start, end, name, prefix };
        self.seen_root = true;
        if self.depth >= self.max_depth {
            return Err(Error::limit("element_depth", self.max_depth).at(self.part));
        }
        // A search for the word itself would look at every byte of every tag.
        let attributes = content.as_bytes().get(name..).unwrap_or_default();
        if memchr_iter(b'x', attributes).any(|at| attributes.get(at..at + 5) == Some(b"xmlns")) {
            self.declare();
        }
        self.open(start, name);
        let prefix = self.window.get(start..start + prefix.saturating_sub(1)).unwrap_or_default();
        // Comparing empty texts can be slow: the C library reads at an address where nothing is.
        let is_it = |known: &str| known.len() == prefix.len() && (prefix.is_empty() || known == prefix);
        let ns = self.bindings.iter().rev().find(|binding| is_it(&binding.0)).map_or(Ns::Other, |binding| binding.1);
        Ok(Token::Start(ns))
    }

    fn end_tag(&mut self) -> Result<Option<Token>> {
        let start = self.length_to(2, b">")?;
        let name = self.window.as_bytes().get(self.at - start + 2..self.at - 1).unwrap_or_default();
        let opened = self.opened.last().and_then(|at| self.names.as_bytes().get(*at..));
        if opened != Some(name.trim_ascii_end()) {
            return Err(self.fault(ErrorKind::Malformed));
        }
        self.close();
        Ok(Some(Token::End))
    }

    fn declare(&mut self) {
        let content = self.window.get(self.tag.start..self.tag.end).unwrap_or_default();
        let mut attributes = Attributes::new(content, self.tag.name);
        for attribute in attributes.with_checks(false).flatten() {
            let key = attribute.key.into_inner();
            let prefix = match key.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) => prefix,
                    None => continue,
                },
                None => continue,
            };
            self.bindings.push((prefix.into(), Ns::of(attribute.value.trim()), self.depth + 1));
            self.rebound += 1;
        }
        // The prefix of the main vocabulary is looked up far more often than the others: bring it to the end.
        if self.depth == 0 {
            self.bindings.sort_by_key(|binding| matches!(binding.1, Ns::W | Ns::Sheet));
        }
    }

    fn close(&mut self) {
        while self.bindings.last().is_some_and(|binding| binding.2 >= self.depth) {
            self.bindings.pop();
            self.rebound += 1;
        }
        if let Some(start) = self.opened.pop() {
            self.names.truncate(start);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn fault(&self, kind: ErrorKind) -> Error {
        let at = self.passed + self.at;
        let detail = Bilingual {
            zh: format!("XML 在第 {at} 字节处有误"),
            en: format!("the XML is not well-formed at byte {at}"),
        };
        Error::new(kind, detail).at(self.part)
    }
}

/// A part that is inflated and decoded piece by piece.
struct Stream<'a> {
    part: Part<'a>,
    decoder: encoding_rs::Decoder,
    chunk: Vec<u8>,
    replaced: bool,
    ended: bool,
}

impl<'a> Stream<'a> {
    /// Inflated bytes that are decoded at a time.
    const CHUNK: usize = 64 << 10;
    /// Those of a part that should be short.
    const LEAST: usize = 1 << 10;

    /// Reads the first piece of `part` into `window`; `None` when there is nothing in it.
    fn open(mut part: Part<'a>, window: &mut String) -> Result<Option<Self>> {
        // One byte more than the part should have, so that its end is seen at once; a claim only, more is read where there is more.
        let wanted = part.declared().saturating_add(1).clamp(Self::LEAST, Self::CHUNK);
        let mut chunk = vec![0; wanted];
        let count = part.inflate(&mut chunk)?;
        let first = chunk.get(..count).unwrap_or_default();
        if first.is_empty() {
            return Ok(None);
        }
        let mut stream = Self {
            part,
            decoder: encoding_of(first).new_decoder(),
            ended: count < chunk.len(),
            chunk,
            replaced: false,
        };
        stream.decode(count, window);
        Ok(Some(stream))
    }

    /// Appends the next piece; false at the end of the part.
    fn fill(&mut self, window: &mut String) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let count = self.part.inflate(&mut self.chunk)?;
        self.ended = count < self.chunk.len();
        self.decode(count, window);
        Ok(true)
    }

    fn decode(&mut self, count: usize, window: &mut String) {
        let bytes = self.chunk.get(..count).unwrap_or_default();
        window.reserve(self.decoder.max_utf8_buffer_length(count).unwrap_or(count));
        // With the memory that the decoder asks for, it takes all bytes at once.
        self.replaced |= self.decoder.decode_to_string(bytes, window, self.ended).2;
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where `end`, which is at most three bytes long, stands in `bytes`.
fn find(bytes: &[u8], end: &[u8]) -> Option<usize> {
    let last = *end.last()?;
    memchr_iter(last, bytes)
        .find_map(|at| (at + 1).checked_sub(end.len()).filter(|start| bytes.get(*start..=at) == Some(end)))
}

/// Appends character data with entities and line ends (XML 1.0, 2.11) as they are meant; what is no entity stays.
fn resolve(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some((text, after)) = memchr(b'&', rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
        push_lines(text, out);
        rest = entity(after, out).unwrap_or_else(|| {
            out.push('&');
            after.get(1..).unwrap_or_default()
        });
    }
    push_lines(rest, out);
}

/// Appends what the entity at the beginning of `text` stands for; gives what comes behind it.
fn entity<'t>(text: &'t str, out: &mut String) -> Option<&'t str> {
    /// Longer ones are no entities: one per name would be looked for to the end of the text.
    const LONGEST: usize = 64;
    let near = text.as_bytes().get(..text.len().min(LONGEST))?;
    let (name, rest) = text.split_at_checked(memchr(b';', near)?)?;
    let name = name.get(1..)?;
    match BytesRef::new(name).resolve_char_ref().ok().flatten() {
        Some(letter) => out.push(letter),
        None => out.push_str(resolve_predefined_entity(name)?),
    }
    rest.get(1..)
}

fn push_lines(text: &str, out: &mut String) {
    if text.contains('\r') {
        out.push_str(&text.replace("\r\n", "\n").replace('\r', "\n"));
    } else {
        out.push_str(text);
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

/// The bytes of a part as text: UTF-8 borrowed, UTF-16 and declared single encodings transcoded. Returns whether bytes
/// without a character had to be replaced.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let (text, _, replaced) = encoding_of(bytes).decode(bytes);
    (text, replaced)
}

/// The encoding that a part begins in.
fn encoding_of(bytes: &[u8]) -> &'static encoding_rs::Encoding {
    match bytes {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => declared(bytes).unwrap_or(encoding_rs::UTF_8),
    }
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
        shown(Xml::new(text, "part", &limits))
    }

    fn shown(mut xml: Xml<'_>) -> Result<String> {
        let mut out = String::new();
        loop {
            match xml.next()? {
                Token::Start(ns) => out.push_str(&format!("<{ns:?} {}>", xml.local())),
                Token::End => out.push_str("</>"),
                Token::Text => out.push_str(xml.piece()),
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

    #[test]
    fn entities_and_line_ends_are_resolved() {
        let text = "<a>1\r\n2&lt;3&#x4E00;&nbsp;&amp 4 & 5&;<![CDATA[<&lt;]]><!-- <b> -->\r</a>";
        assert_eq!(names(text).unwrap(), "<Other a>1\n2<3一&nbsp;&amp 4 & 5&;<&lt;\n</>");
    }

    /// Reads `text` as a part of a package, which comes in pieces.
    fn streamed(text: &[u8]) -> Result<String> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file("part", zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, text).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let limits = Limits::default();
        let mut package = crate::reader::package::Package::open(&bytes, &limits).unwrap();
        let part = package.part("part").unwrap().unwrap();
        shown(Xml::of_part(part, "part", &limits)?)
    }

    #[test]
    fn a_window_shows_what_the_whole_shows() {
        let mut text = String::from("\u{feff}<?xml version='1.0'?><a xmlns='urn:a'>");
        for number in 0..20_000 {
            let long = "核".repeat(number % 37);
            text.push_str(&format!("<b c='{long}>'>{number}&#65;{long}</b><!-- {long} --><d/><![CDATA[<]]>&amp;\r\n"));
        }
        // One token that no window holds.
        text.push_str(&format!("<e>{}</e></a>", "对".repeat(100_000)));
        let limits = Limits::default();
        let whole = shown(Xml::new(text.trim_start_matches('\u{feff}'), "part", &limits)).unwrap();
        assert_eq!(streamed(text.as_bytes()).unwrap(), whole);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(streamed(&wide).unwrap(), whole);
        let cut = text.get(..text.len() - 404).unwrap();
        assert_eq!(streamed(cut.as_bytes()).unwrap_err().kind(), ErrorKind::Truncated);
    }
}
