//! Documents within a document: the parts that `altChunk` puts into the text.
//!
//! In: where each chunk stands and the relationship that leads to it. Out: its blocks and tables at that place. Wrong: a
//! chunk that is missing, damaged or of a format that is not read is passed over with a warning; what it costs counts
//! against the limits of the whole.
//!
//! Follows ECMA-376 Part 1, 17.17.2.1. Observed: pages and web archives that other programs put in for Word to convert.

use crate::document::{Location, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::reader::collector::Collector;
use crate::reader::detect::{self, Kind, Packaged};
use crate::reader::package::Package;
use crate::reader::relationships::Relationship;

/// Documents within documents that are followed.
const MOST_LEVELS: usize = 4;
/// Chunks of one document that are read.
const MOST_CHUNKS: usize = 1_000;

/// A chunk's place among the blocks and the relationship that leads to it.
pub(super) type Chunk = (usize, String);

/// Puts the chunks of a story where they stand. `level` counts the documents around this one.
///
/// # Errors
/// `limit-exceeded`, `doctype-forbidden`.
pub(super) fn insert(
    package: &mut Package<'_>,
    chunks: &[Chunk],
    relationships: &[Relationship],
    level: usize,
    out: &mut Collector<'_>,
) -> Result<()> {
    let mut rest = std::mem::take(&mut out.blocks).into_iter();
    let mut done = Vec::new();
    let mut taken = 0;
    for (number, (at, id)) in chunks.iter().enumerate() {
        done.extend(rest.by_ref().take(at.saturating_sub(taken)));
        taken = *at;
        if number == MOST_CHUNKS {
            out.warn(WarningKind::Dropped("altChunk".to_owned()), Location::Document);
            break;
        }
        // A chunk is read by itself: what its reader does with the blocks is no matter of those around it.
        let part = relationships.iter().find(|part| part.id == *id).map(|part| part.target.as_str());
        insert_one(package, part.unwrap_or(id), level, out)?;
        done.append(&mut out.blocks);
        if done.len() > out.limits.blocks {
            return Err(Error::limit("blocks", out.limits.blocks));
        }
    }
    done.extend(rest);
    out.blocks = done;
    Ok(())
}

fn insert_one(package: &mut Package<'_>, part: &str, level: usize, out: &mut Collector<'_>) -> Result<()> {
    let place = Location::Part(part.to_owned());
    let result = match package.read(part) {
        Ok(Some(bytes)) => read(&bytes, package, level, out),
        Ok(None) => {
            out.warn(WarningKind::MissingPart(part.to_owned()), place);
            return Ok(());
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::LimitExceeded | ErrorKind::Doctype) => Err(error.at(part)),
        Err(_) => {
            out.warn(WarningKind::UnreadablePart(part.to_owned()), place);
            Ok(())
        }
    }
}

fn read(bytes: &[u8], package: &mut Package<'_>, level: usize, out: &mut Collector<'_>) -> Result<()> {
    match detect::detect(bytes)? {
        Kind::Text => crate::reader::read_text(bytes, out, &mut None).map(|_| ()),
        Kind::Zip if level < MOST_LEVELS => {
            let limits = Limits { total_bytes: package.allowance(), ..out.limits.clone() };
            let mut inner = Package::open(bytes, &limits)?;
            let result = match detect::packaged(&mut inner, &limits)? {
                Packaged::Docx(main) => super::read_level(&mut inner, &main, level + 1, out),
                _ => {
                    out.warn(WarningKind::Dropped("altChunk".to_owned()), Location::Document);
                    Ok(())
                }
            };
            package.charge(&inner);
            result
        }
        Kind::Zip | Kind::Xls => {
            out.warn(WarningKind::Dropped("altChunk".to_owned()), Location::Document);
            Ok(())
        }
    }
}
