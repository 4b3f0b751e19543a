//! Draws a record as the document it was: blocks in their order, tables with their spans, figures that are spoken of
//! marked where they stand.
//!
//! In: a [`Record`]. Out: [`Html`], bounded in size: of long tables the first rows and those with marks. Texts of the
//! document are texts here and nothing else. Nothing can go wrong; a place that the record does not have is left out.

mod equation;
mod finding;
mod marks;
mod story;
mod table;

pub(super) use finding::{CheckLine, FindingView, check_lines, findings};
pub(super) use marks::Marks;
pub(super) use story::blocks;

use std::collections::BTreeMap;

use marks::Mark;

use super::html::Html;
use super::words::Language;
use crate::record::Record;
use crate::vocabulary::Concept;

/// What is drawn, for whom.
#[derive(Clone, Copy)]
pub(super) struct Drawing<'a> {
    pub(super) record: &'a Record,
    pub(super) marks: &'a Marks<'a>,
    pub(super) language: Language,
    /// What figures are called.
    pub(super) names: &'a Names<'a>,
}

/// Concepts by their id.
pub(super) type Names<'a> = BTreeMap<&'a str, &'a Concept>;

/// A stretch of a text that a fact stands in: first and one past the last code point.
type Stretch<'a> = (usize, usize, &'a Mark<'a>);

impl Drawing<'_> {
    /// A text in which figures are marked. Stretches that overlap an earlier one are left out.
    fn text(&self, html: &mut Html, text: &str, mut stretches: Vec<Stretch<'_>>) {
        stretches.sort_by_key(|(start, end, mark)| (*start, *end, mark.fact.id.clone()));
        let chars: Vec<char> = text.chars().collect();
        let part = |from: usize, to: usize| chars.get(from..to).unwrap_or_default().iter().collect::<String>();
        let mut done = 0;
        for (start, end, mark) in stretches {
            if start < done || end > chars.len() || start >= end {
                continue;
            }
            html.text(&part(done, start));
            self.figure(html, &part(start, end), mark);
            done = end;
        }
        html.text(&part(done, chars.len()));
    }

    /// A figure with its anchor. One that is wrong has a flag that leads to the finding.
    fn figure(&self, html: &mut Html, text: &str, mark: &Mark<'_>) {
        let class = match (mark.is_wrong, mark.is_operand) {
            (true, _) => format!("fig wrong {}", mark.severity.label()),
            (false, true) => "fig operand".to_owned(),
            (false, false) => "fig".to_owned(),
        };
        let mut attributes = vec![("id", &*mark.fact.id), ("class", class.as_str())];
        let concept = mark.fact.concept.as_deref().and_then(|id| self.names.get(id));
        if let Some(concept) = concept {
            let name = match self.language {
                Language::Zh => &concept.zh,
                Language::En => &concept.en,
            };
            attributes.push(("title", name));
        }
        // A flag stays on the line of its figure.
        if mark.is_wrong {
            html.open("span", &[("class", "marked")]);
        }
        html.open("span", &attributes).text(text).close("span");
        if let Some(finding) = mark.findings.first().filter(|_| mark.is_wrong) {
            let flag = format!("flag {}", mark.severity.label());
            let word = self.language.word(mark.flag());
            html.open("a", &[("class", &flag), ("href", &format!("#{finding}"))]);
            html.leaf("span", &[("class", "icon"), ("aria-hidden", "true")], icon(mark.severity));
            html.text(word).close("a");
        }
        if mark.is_wrong {
            html.close("span");
        }
    }
}

/// The shape that stands for a severity, so that colour is not the only sign.
pub(super) fn icon(severity: crate::record::Severity) -> &'static str {
    match severity {
        crate::record::Severity::Error => "✗",
        crate::record::Severity::Warning => "▲",
        crate::record::Severity::Info => "ⓘ",
    }
}
