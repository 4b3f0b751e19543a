//! The page of one unit: its reports, what does not agree between them, what it has corrected, and what can be sent to it.
//!
//! In: the unit's name. Out: the page. What can go wrong: no current report is of that unit.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::super::Ground;
use super::super::journal::{IssueFilter, IssueState, Properties, Reader, ReportFilter};
use super::documents::{DocumentRow, document_row};
use super::findings::{IssueView, issue_view};
use super::frame::{Frame, Place, page_of};
use super::problem::{Problem, ProblemKind};
use super::site::Site;
use super::visitor::{Visitor, encode};
use crate::record::FindingCode;

/// Reports that the page lists.
const REPORTS: u32 = 100;
/// Findings of each sort that the page lists.
const ISSUES: u32 = 100;
/// Decisions of a finding that are shown.
const TRAIL: u32 = 10;

/// Which unit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UnitQuery {
    /// Its name, in full.
    unit: String,
}

#[derive(Template)]
#[template(path = "unit.html")]
struct UnitPage {
    f: Frame,
    /// The name, as addresses have it.
    encoded: String,
    rows: Vec<DocumentRow>,
    more: bool,
    across: Vec<IssueView>,
    resolved: Vec<IssueView>,
}

impl UnitPage {
    fn icon(&self, severity: &crate::record::Severity) -> &'static str {
        super::draw::icon(*severity)
    }
}

/// One unit.
pub(super) async fn unit(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Query(query): Query<UnitQuery>,
) -> Result<Response, Problem> {
    site.ask(move |ground, reader| page_of(&page(ground, reader, &visitor, query.unit.trim())?)).await
}

/// Where a unit's page is.
pub(super) fn address(unit: &str) -> String {
    format!("/unit?unit={}", encode(unit))
}

fn page(ground: &Ground, reader: &Reader, visitor: &Visitor, unit: &str) -> Result<UnitPage, Problem> {
    let properties = Properties { unit: Some(unit.to_owned()), ..Properties::default() };
    let filter = ReportFilter { properties: properties.clone(), ..ReportFilter::default() };
    let mut listed = reader.reports(&filter, None, REPORTS + 1)?;
    if unit.is_empty() || listed.is_empty() {
        return Err(ProblemKind::NotFound.told("told.unit"));
    }
    let more = listed.len() > REPORTS as usize;
    listed.truncate(REPORTS as usize);
    listed.sort_by_key(|row| std::cmp::Reverse((row.properties.year, row.number)));
    let views = |code: Option<FindingCode>, state: IssueState| -> Result<Vec<IssueView>, Problem> {
        let filter = IssueFilter {
            state: Some(state),
            code: code.map(|code| code.label().to_owned()),
            properties: properties.clone(),
            ..IssueFilter::default()
        };
        let mut views = Vec::new();
        for issue in reader.issues(&filter, None, ISSUES)? {
            let trail = reader.decisions(&issue.report, &issue.fingerprint, TRAIL)?;
            views.extend(issue_view(ground, issue, trail, visitor.language));
        }
        Ok(views)
    };
    let mut across = Vec::new();
    for code in [FindingCode::HistoryMismatch, FindingCode::SetMismatch] {
        for state in [IssueState::Open, IssueState::Accepted, IssueState::Explained] {
            across.extend(views(Some(code), state)?);
        }
    }
    Ok(UnitPage {
        f: Frame::titled(Place::Documents, visitor, unit.to_owned()),
        encoded: encode(unit),
        rows: listed.into_iter().map(|row| document_row(ground, row, visitor.language)).collect(),
        more,
        across,
        resolved: views(None, IssueState::Fixed)?,
    })
}
