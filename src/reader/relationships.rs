//! Relationships of package parts: which part leads to which.
//!
//! In: the XML of a relationships part. Out: its relationships within the package. Wrong: what is wrong with the XML.
//!
//! Follows ECMA-376 Part 2, 6.5: targets are relative to the part that they belong to; kinds are told by the last step of
//! their address, which is the same in Strict and Transitional files.

use super::package::resolve;
use super::xml::{Token, Xml};
use crate::error::Result;

/// A relationship of a part.
#[derive(Debug)]
pub(super) struct Relationship {
    pub(super) id: String,
    /// Last step of its type: `styles`, `worksheet`, ...
    pub(super) kind: String,
    /// The part that it leads to.
    pub(super) target: String,
}

/// Reads the relationships of the part `base`.
///
/// # Errors
/// Those of [`Xml::next`].
pub(super) fn read(xml: &mut Xml<'_>, base: &str) -> Result<Vec<Relationship>> {
    let mut all = Vec::new();
    loop {
        match xml.next()? {
            Token::Start(_) if xml.local() == "Relationship" => {
                let external = xml.attr("TargetMode").as_deref() == Some("External");
                if let (Some(id), Some(kind), Some(target), false) =
                    (xml.attr("Id"), xml.attr("Type"), xml.attr("Target"), external)
                {
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    all.push(Relationship { id: id.into_owned(), kind, target: resolve(base, &target) });
                }
            }
            Token::Eof => return Ok(all),
            _ => {}
        }
    }
}
