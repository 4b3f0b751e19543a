//! Documents within a document: the parts that `altChunk` puts into the text.
//!
//! In: where each chunk stands and the relationship that leads to it. Out: its blocks and tables at that place. Wrong: a
//! chunk that is missing, damaged or of a format that is not read is passed over with a warning; what it costs counts
//! against the limits of the whole.
//!
//! Follows ECMA-376 Part 1, 17.17.2.1. Observed: pages and web archives that other programs put in for Word to convert.

use super::Relationship;
use crate::document::{Location, WarningKind};
use crate::error::{ErrorKind, Result};
use crate::limits::Limits;
use crate::reader::collector::Collector;
use crate::reader::detect::{self, Kind, Packaged};
use crate::reader::package::Package;

/// Documents within documents that are followed.
const MOST_LEVELS: usize = 4;

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
    // From the last to the first, so that the places of the others stay what they are.
    for (at, id) in chunks.iter().rev() {
        let Some(part) = relationships.iter().find(|part| part.id == *id) else {
            out.warn(WarningKind::MissingPart(id.clone()), Location::Document);
            continue;
        };
        let Some(bytes) = package.read(&part.target)? else {
            out.warn(WarningKind::MissingPart(part.target.clone()), Location::Part(part.target.clone()));
            continue;
        };
        let after = out.blocks.split_off((*at).min(out.blocks.len()));
        let result = read(&bytes, package, level, out);
        out.blocks.extend(after);
        match result {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::LimitExceeded | ErrorKind::Doctype) => {
                return Err(error.at(&*part.target));
            }
            Err(_) => {
                let place = Location::Part(part.target.clone());
                out.warn(WarningKind::UnreadablePart(part.target.clone()), place);
            }
        }
    }
    Ok(())
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
