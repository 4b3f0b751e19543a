//! A paragraph while it is being read.
//!
//! In: text that stands on the line or off it. Out: the paragraph's text, in which digits off the line join no figure. Wrong:
//! nothing.

use super::look::{self, Shift};
use super::properties::{Paragraph, Run};
use super::table::Boxes;
use crate::reader::collector::is_blank;
use crate::reader::raised::is_unit_letter;

/// A paragraph that is being read.
#[derive(Debug, Default)]
pub(super) struct OpenParagraph {
    pub(super) text: String,
    pub(super) properties: Paragraph,
    pub(super) run: Run,
    /// Boxes of form fields.
    pub(super) boxes: Boxes,
    /// Where its block goes: text boxes within it come after it.
    pub(super) at: usize,
    /// Where its text goes when it stands in a cell.
    pub(super) cell_at: usize,
    /// Text that stands on the line, and text that does not: where all is raised, nothing is.
    pub(super) level: bool,
    pub(super) shifted: bool,
    /// Digits behind a letter that the text ends with: where they stand, and as raised ones.
    pub(super) off_line: Option<(usize, String)>,
}

impl OpenParagraph {
    /// Appends text that stands on the line or off it.
    pub(super) fn put(&mut self, text: &str, shift: Shift) {
        let off = self.off_line.take();
        let Some(shifted) = look::shifted(text, shift) else {
            self.level |= shift == Shift::None && !is_blank(text);
            // The digit of "m2" would join this figure.
            if let Some((at, shifted)) = off.filter(|_| text.starts_with(|letter: char| letter.is_ascii_digit())) {
                self.text.truncate(at);
                self.text.push_str(&shifted);
                self.shifted = true;
            }
            self.text.push_str(text);
            return;
        };
        if self.text.ends_with(is_unit_letter) {
            self.off_line = Some((self.text.len(), shifted));
            self.text.push_str(text);
        } else {
            self.shifted = true;
            self.text.push_str(&shifted);
        }
    }
}
