//! Word documents.
//!
//! In: an open package whose main part is WordprocessingML. Out: its blocks and tables: the body first, then the notes it
//! refers to, then headers and footers. Wrong: a damaged main part is an error; damaged or missing side parts (styles,
//! numbering, notes, headers) are passed over with a warning.
//!
//! Follows ECMA-376 Parts 1 to 4 (Transitional and Strict). Pictures and other media are never touched.

mod numbering;
mod numerals;
mod properties;
mod story;
mod styles;
mod symbols;
mod table;

use std::collections::BTreeSet;

use super::collector::Collector;
use super::package::{Package, relationships_of, resolve};
use super::xml::{self, Token, Xml};
use crate::document::{BlockKind, Location, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use numbering::Numbering;
use story::Story;
use styles::Styles;

/// What the stories of one document share.
#[derive(Default)]
struct Shared {
    styles: Styles,
    numbering: Numbering,
    /// Notes that the text refers to: (is an endnote, id).
    notes: BTreeSet<(bool, String)>,
    /// Headers and footers of the sections: (is a header, relationship id).
    pages: Vec<(bool, String)>,
}

/// A relationship of the main part.
struct Relationship {
    id: String,
    kind: String,
    target: String,
}

/// Reads the document whose main part is `main` into `out`.
///
/// # Errors
/// `truncated`, `malformed`, `doctype-forbidden`, `encrypted`, `limit-exceeded`.
pub(super) fn read(package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<()> {
    let relationships = read_relationships(package, main, out)?;
    let part_of = |kind: &str| relationships.iter().find(|part| part.kind == kind).map(|part| part.target.as_str());
    let mut shared = Shared::default();
    if let Some(part) = part_of("styles") {
        shared.styles =
            side_part(package, part, out, |text, out| Styles::read(text, part, out.limits))?.unwrap_or_default();
    }
    if let Some(part) = part_of("numbering") {
        shared.numbering =
            side_part(package, part, out, |text, out| Numbering::read(text, part, out.limits))?.unwrap_or_default();
    }
    let bytes =
        package.read(main)?.ok_or_else(|| Error::new(ErrorKind::Malformed, "the main part is missing").at(main))?;
    if bytes.is_empty() {
        return Err(Error::new(ErrorKind::Malformed, "the main part is empty").at(main));
    }
    let (text, replaced) = xml::decode(&bytes);
    if replaced {
        out.warn(WarningKind::ReplacedBytes, Location::Part(main.to_owned()));
    }
    let mut body = Xml::new(&text, main, out.limits);
    Story::read(&mut body, main, BlockKind::Paragraph, &mut shared, out)?;
    drop(text);
    drop(bytes);
    for (kind, wanted) in [("footnotes", false), ("endnotes", true)] {
        if let Some(part) = part_of(kind)
            && shared.notes.iter().any(|(endnote, _)| *endnote == wanted)
        {
            read_story(package, part, BlockKind::Note, &mut shared, out)?;
        }
    }
    let mut seen = BTreeSet::new();
    for (is_header, id) in std::mem::take(&mut shared.pages) {
        let Some(part) = relationships.iter().find(|part| part.id == id) else { continue };
        if seen.insert(part.target.clone()) {
            let kind = if is_header { BlockKind::Header } else { BlockKind::Footer };
            read_story(package, &part.target, kind, &mut shared, out)?;
        }
    }
    Ok(())
}

fn read_story(
    package: &mut Package<'_>,
    part: &str,
    kind: BlockKind,
    shared: &mut Shared,
    out: &mut Collector<'_>,
) -> Result<()> {
    side_part(package, part, out, |text, out| {
        let mut xml = Xml::new(text, part, out.limits);
        Story::read(&mut xml, part, kind, shared, out)
    })?;
    Ok(())
}

/// Reads a part that the document can do without. What it costs is limited as for any part; what is wrong with it is a
/// warning.
fn side_part<T>(
    package: &mut Package<'_>,
    part: &str,
    out: &mut Collector<'_>,
    read: impl FnOnce(&str, &mut Collector<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let result = match package.read(part) {
        Ok(Some(bytes)) => read(&xml::decode(&bytes).0, out),
        Ok(None) => {
            out.warn(WarningKind::MissingPart(part.to_owned()), Location::Part(part.to_owned()));
            return Ok(None);
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Truncated) => {
            out.warn(WarningKind::UnreadablePart(part.to_owned()), Location::Part(part.to_owned()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Relationships of the main part; without the part that lists them, the names that Word itself uses.
fn read_relationships(package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<Vec<Relationship>> {
    let part = relationships_of(main);
    let listed = side_part(package, &part, out, |text, out| {
        let mut xml = Xml::new(text, &part, out.limits);
        let mut all = Vec::new();
        loop {
            match xml.next()? {
                Token::Start(tag) if tag.local() == "Relationship" => {
                    let external = tag.attr("TargetMode").as_deref() == Some("External");
                    if let (Some(id), Some(kind), Some(target), false) =
                        (tag.attr("Id"), tag.attr("Type"), tag.attr("Target"), external)
                    {
                        let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                        all.push(Relationship { id: id.into_owned(), kind, target: resolve(main, &target) });
                    }
                }
                Token::Eof => return Ok(all),
                _ => {}
            }
        }
    })?;
    if let Some(listed) = listed {
        return Ok(listed);
    }
    let usual = ["styles", "numbering", "footnotes", "endnotes"].map(|kind| Relationship {
        id: String::new(),
        kind: kind.to_owned(),
        target: resolve(main, &format!("{kind}.xml")),
    });
    Ok(usual.into_iter().filter(|part| package.has(&part.target)).collect())
}
