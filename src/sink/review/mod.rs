//! Review reports: what a report's unit is told about figures that do not agree, as a page, a Word letter or a workbook.
//!
//! In: records, all of one document or the current ones of one unit. Out: the bytes of a file that stands for itself. The
//! same records give the same bytes: whatever date a format asks for is the record's own. What can go wrong: the library
//! that packs the file, as `internal`.
//!
//! [`Letter`](content::Letter) says once, in words, what every form shows; the forms only lay it out. Texts of the
//! document are data in all of them: escaped in pages, never a formula in workbooks, without control characters anywhere.

mod annotated;
mod beside;
mod content;
mod extract;
mod html;
mod letter;
mod paper;
mod place;
mod words;
mod workbook;

use std::path::Path;

use schemars::JsonSchema;

pub use beside::Beside;
pub(super) use place::plain;
pub use words::Language;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::record::Record;
use content::Letter;

/// What stands between a source's name and the extension of its review.
const MARK: &str = "核对";
/// Bytes of a review's name: a name has 255 at most, and a file that is being written has a longer one.
const NAME_BYTES: usize = 240;

/// The forms of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ReviewFormat {
    /// One page that needs nothing else.
    Html,
    /// A letter for Word.
    Docx,
    /// A workbook.
    Xlsx,
}

impl ReviewFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Html, Self::Docx, Self::Xlsx];

    /// The name in options, which is the extension too.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.label() == name)
    }

    /// The media type, for whoever hands a review out over HTTP.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// In which language a review is, and how much it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewOptions {
    /// The language of what is said; documents keep their own words.
    pub language: Language,
    /// Rows of a sheet.
    pub rows: usize,
    /// Comments of a Word file.
    pub comments: usize,
}

impl ReviewOptions {
    /// As much as the limits allow.
    #[must_use]
    pub fn new(language: Language, limits: &Limits) -> Self {
        Self { language, rows: limits.review_rows, comments: limits.review_comments }
    }
}

/// The review of one document, or of several of one unit with what stands beside their records.
///
/// # Errors
/// `internal` when the file cannot be packed.
pub fn review(records: &[&Record], beside: &[Beside], format: ReviewFormat, options: ReviewOptions) -> Result<Vec<u8>> {
    let letter = Letter::of(records, beside, options);
    match format {
        ReviewFormat::Html => Ok(html::page(&letter).into_bytes()),
        ReviewFormat::Docx => letter::document(&letter),
        ReviewFormat::Xlsx => workbook::workbook(&letter),
    }
}

/// A Word copy of a document's text and tables with comments at the figures that do not agree.
///
/// # Errors
/// `internal` when the file cannot be packed.
pub fn annotated_copy(record: &Record, options: ReviewOptions) -> Result<Vec<u8>> {
    annotated::document(&Letter::of(&[record], &[], options))
}

/// The name of the review of a source: `<name>.核对.<ext>`, shortened where that is too long. `name` is shown text.
#[must_use]
pub fn review_name(name: &str, format: ReviewFormat) -> String {
    marked_name(name, MARK, format.label())
}

/// The name of the annotated copy of a source: `<name>.批注.docx`.
#[must_use]
pub fn annotated_name(name: &str) -> String {
    marked_name(name, "批注", "docx")
}

fn marked_name(name: &str, mark: &str, extension: &str) -> String {
    let end = format!(".{mark}.{extension}");
    // Only the last component counts, whatever somebody wrote into a record.
    let name = Path::new(name).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut kept = String::new();
    for c in name.chars().filter(|c| !c.is_control()) {
        if kept.len() + c.len_utf8() + end.len() > NAME_BYTES {
            break;
        }
        kept.push(c);
    }
    let kept = kept.trim_start_matches('.');
    format!("{}{end}", if kept.is_empty() { "report" } else { kept })
}

/// A library could not pack the file.
pub(super) fn unpackable(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, format!("the review cannot be packed: {error}"))
}

/// The day, `YYYY-MM-DD`, and the moment that a review bears: those of the conversion.
fn moment(records: &[&Record]) -> String {
    let moments = records.iter().filter_map(|record| record.run.converted_at.clone());
    let is_moment = |at: &String| {
        let fits = |c: char| c.is_ascii_digit() || "-:.TZ+".contains(c);
        (20..=40).contains(&at.len()) && at.chars().all(fits)
    };
    moments.filter(is_moment).max().unwrap_or_else(|| "2000-01-01T00:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_single_components_that_fit() {
        for (name, expected) in [
            ("a.docx", "a.docx.核对.html"),
            ("x/../../b.txt", "b.txt.核对.html"),
            ("..", "report.核对.html"),
            (".hidden\n", "hidden.核对.html"),
            ("", "report.核对.html"),
        ] {
            assert_eq!(review_name(name, ReviewFormat::Html), expected);
        }
        let long = review_name(&"报".repeat(90), ReviewFormat::Xlsx);
        assert!(long.len() <= NAME_BYTES && long.ends_with("报.核对.xlsx"), "{long}");
        for format in ReviewFormat::ALL {
            assert_eq!(ReviewFormat::named(format.label()), Some(format));
        }
    }
}
