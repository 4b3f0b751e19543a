//! Paragraph and character styles, as far as they change what is read.
//!
//! In: `styles.xml`. Out: per style its outline level, list membership, whether it hides its text, whether it is a caption
//! or title; inheritance resolved. Wrong: inheritance cycles are cut after a fixed number of steps.
//!
//! Follows ECMA-376 Part 1, 17.7. Built-in heading and caption styles keep their English names in every language version
//! of Word while their ids are localized ("1", "a3"), so names are looked at, not ids.

use std::collections::BTreeMap;

use super::look::Look;
use super::properties::{Numbered, read_paragraph, read_run};
use crate::error::Result;
use crate::reader::xml::{Ns, Token, Xml};

/// Steps of inheritance that are followed; Word itself allows 11.
const MAX_STEPS: usize = 16;

#[derive(Debug, Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    outline: Option<u8>,
    numbered: Numbered,
    /// Inheritance resolved once all styles are read.
    look: Look,
}

/// All styles of a document.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: BTreeMap<String, Style>,
    default_paragraph: Option<String>,
}

/// What a style's name makes of its paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A heading of this level, from 1.
    Heading(u8),
    /// A caption.
    Caption,
}

impl Styles {
    /// Reads `styles.xml`, or the rest of the element whose start was the last token.
    ///
    /// # Errors
    /// Those of [`Xml::next`].
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Self> {
        let mut all = Self::default();
        let mut current: Option<(String, Style)> = None;
        let outside = xml.depth().checked_sub(1);
        while outside.is_none_or(|outside| xml.depth() > outside) {
            match xml.next()? {
                Token::Start(Ns::W) => match xml.local() {
                    "style" => {
                        all.add(current.take());
                        let id = xml.attr("styleId").unwrap_or_default().into_owned();
                        let default =
                            xml.attr("default").is_some_and(|value| matches!(value.as_ref(), "1" | "true" | "on"));
                        if default && xml.attr("type").as_deref() == Some("paragraph") {
                            all.default_paragraph = Some(id.clone());
                        }
                        current = Some((id, Style::default()));
                    }
                    "name" => {
                        if let Some((_, style)) = &mut current {
                            style.name = xml.attr("val").unwrap_or_default().to_lowercase();
                        }
                    }
                    "basedOn" => {
                        if let Some((_, style)) = &mut current {
                            style.based_on = xml.attr("val").map(std::borrow::Cow::into_owned);
                        }
                    }
                    "pPr" => {
                        let read = read_paragraph(xml)?;
                        if let Some((_, style)) = &mut current {
                            style.outline = read.outline;
                            style.numbered = read.numbered;
                        }
                    }
                    "rPr" => {
                        let read = read_run(xml)?;
                        if let Some((_, style)) = &mut current {
                            style.look = read.look;
                        }
                    }
                    // Formats of table parts (first row, ...) would be taken for the style's own; those of tables say nothing of text.
                    "tblStylePr" | "tblPr" | "trPr" | "tcPr" | "docDefaults" | "latentStyles" => xml.skip()?,
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        all.add(current);
        all.resolve();
        Ok(all)
    }

    /// Gives each style what those say that it is based on.
    fn resolve(&mut self) {
        let looks: Vec<Look> = self
            .styles
            .keys()
            .map(|id| self.chain(Some(id)).fold(Look::default(), |look, (_, style)| look.or(&style.look)))
            .collect();
        self.styles.values_mut().zip(looks).for_each(|(style, look)| style.look = look);
    }

    fn add(&mut self, style: Option<(String, Style)>) {
        if let Some((id, style)) = style {
            self.styles.entry(id).or_insert(style);
        }
    }

    /// The style of a paragraph that names `id`, or the default one.
    pub(super) fn paragraph<'a>(&'a self, id: Option<&'a str>) -> Option<&'a str> {
        id.or(self.default_paragraph.as_deref())
    }

    fn chain<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = (&'a str, &'a Style)> {
        let lookup = |id: &'a str| self.styles.get(id).map(|style| (id, style));
        std::iter::successors(id.and_then(lookup), move |(_, style)| style.based_on.as_deref().and_then(lookup))
            .take(MAX_STEPS)
    }

    /// What the style's name, or that of a style it is based on, says about its paragraphs.
    pub(super) fn role(&self, id: Option<&str>) -> Option<Role> {
        self.chain(id).find_map(|(_, style)| match style.name.as_str() {
            "title" => Some(Role::Heading(1)),
            "caption" => Some(Role::Caption),
            name => {
                let level = name.strip_prefix("heading").or_else(|| name.strip_prefix("标题"))?;
                level.trim().parse().ok().filter(|level| (1..=9).contains(level)).map(Role::Heading)
            }
        })
    }

    /// Outline level (0 to 8; 9 is running text) by inheritance.
    pub(super) fn outline(&self, id: Option<&str>) -> Option<u8> {
        self.chain(id).find_map(|(_, style)| style.outline)
    }

    /// List membership by inheritance, with the id of the style that states it.
    pub(super) fn numbered<'a>(&'a self, id: Option<&'a str>) -> Option<(&'a Numbered, &'a str)> {
        self.chain(id).find(|(_, style)| style.numbered.list.is_some()).map(|(id, style)| (&style.numbered, id))
    }

    /// How text in this style looks.
    pub(super) fn look(&self, id: Option<&str>) -> Option<&Look> {
        self.styles.get(id?).map(|style| &style.look)
    }
}
