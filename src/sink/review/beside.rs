//! What a review tells that stands in no record of it: findings about two reports, and findings of a filing that a later one
//! replaced and mended.
//!
//! In: lines of the log. Out: [`Line`]s in words and figures, in the order of their reports. A line that is none of a
//! finding is left out.

use rust_decimal::Decimal;

use super::place::plain;
use super::words::{self, Language};
use crate::record::{Figure, FindingCode, LogBody, Severity};

/// The unit of money.
pub(super) const YUAN: &str = "元";

/// A finding that stands in no record of a review.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The line of the log that tells of it.
    pub line: LogBody,
    /// A later filing does not have it any more.
    pub fixed: bool,
}

/// The same as a review has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) fixed: bool,
    pub(super) severity: Severity,
    pub(super) code: FindingCode,
    /// What does not agree.
    pub(super) message: String,
    /// What is stated, what it should be by the other figures or reports, and the difference.
    pub(super) amounts: [Option<Decimal>; 3],
    pub(super) unit: String,
    /// The file that has it.
    pub(super) source: String,
    /// The file that it does not agree with; empty for a finding of one report.
    pub(super) other: String,
    pub(super) fingerprint: String,
    year: Option<i32>,
}

/// All of them, those that matter most first, then by year and file.
pub(super) fn lines(beside: &[Beside], language: Language) -> Vec<Line> {
    let mut lines: Vec<Line> = beside.iter().filter_map(|each| Line::of(each, language)).collect();
    let order = |line: &Line| (std::cmp::Reverse(line.severity), line.year, line.source.clone(), line.message.clone());
    lines.sort_by_key(order);
    lines
}

impl Line {
    fn of(beside: &Beside, language: Language) -> Option<Self> {
        let LogBody::Finding { source, fiscal_year, severity, code, message, stated, computed, delta, .. } =
            &beside.line
        else {
            return None;
        };
        let LogBody::Finding { unit, fingerprint, against, .. } = &beside.line else { return None };
        let value = |figure: &Option<Figure>| figure.map(|figure| figure.0);
        Some(Self {
            fixed: beside.fixed,
            severity: *severity,
            code: *code,
            message: plain(words::message(language, message)),
            amounts: [value(stated), value(computed), value(delta)],
            unit: match unit.as_deref().unwrap_or_default() {
                "CNY" => YUAN.to_owned(),
                "percent" => "%".to_owned(),
                "permille" => "‰".to_owned(),
                printed => plain(printed),
            },
            source: plain(source),
            other: against.as_ref().map(|against| plain(&against.source)).unwrap_or_default(),
            fingerprint: plain(fingerprint),
            year: *fiscal_year,
        })
    }

    /// The message with the file that it is about.
    pub(super) fn sentence(&self, language: Language) -> String {
        let said = self.message.trim_end_matches(['。', '.']);
        match language {
            Language::Zh => {
                format!("【{}】{said}（文件：{}）。", words::severity(language, self.severity), self.source)
            }
            Language::En => format!("[{}] {said} (file: {}).", words::severity(language, self.severity), self.source),
        }
    }
}
