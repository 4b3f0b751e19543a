//! The queue of findings, and what people decide of them.
//!
//! In: a query; a verdict with a note and a name. Out: the page; a line of the log and a row of the journal, written by
//! delivery like everything else, so that it survives whatever happens. What can go wrong: there is no such finding any
//! more, or the disk keeps delivery waiting.

use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::super::Ground;
use super::super::deliver::Parcel;
use super::super::journal::{Decided, Issue, IssueFilter, IssueState, Reader};
use super::documents::{Choice, exports};
use super::frame::{Frame, Place, page_of};
use super::guard::{add, put};
use super::problem::{Problem, ProblemKind};
use super::query::{ListQuery, cut};
use super::site::Site;
use super::visitor::{Visitor, encode};
use super::words::Language;
use crate::record::{FindingCode, LogBody, Severity, Verdict};
use crate::sink::local_time;

/// Findings of a page.
const PAGE: u32 = 30;
/// Findings that are counted by a filter.
const MAX_COUNT: u32 = 1_001;
/// Decisions of a finding that are shown.
const TRAIL: u32 = 20;
/// Characters of a note, and of a name.
const MAX_NOTE: usize = 2_000;
const MAX_NAME: usize = 60;
/// How long a decision may take until it is durable.
const DURABLE: Duration = Duration::from_secs(15);

/// One decision as a page shows it.
pub(super) struct TrailRow {
    pub(super) what: &'static str,
    pub(super) note: String,
    pub(super) who: String,
    pub(super) at: String,
}

/// What a finding's form needs.
pub(super) struct DecisionView {
    pub(super) record: String,
    pub(super) finding: String,
    pub(super) state: &'static str,
    pub(super) word: &'static str,
    pub(super) is_open: bool,
    pub(super) trail: Vec<TrailRow>,
}

/// One finding of the queue.
pub(super) struct IssueView {
    pub(super) severity: Severity,
    pub(super) meaning: String,
    pub(super) message: String,
    pub(super) unit: String,
    pub(super) year: String,
    pub(super) title: String,
    pub(super) link: String,
    pub(super) against: Option<String>,
    pub(super) at: String,
    pub(super) decision: DecisionView,
}

/// A state with its number.
pub(super) struct Tab {
    pub(super) link: String,
    pub(super) text: &'static str,
    pub(super) count: String,
    pub(super) here: bool,
}

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsPage {
    f: Frame,
    query: ListQuery,
    /// Addresses of the list as a file.
    exports: [(&'static str, String); 2],
    state: &'static str,
    tabs: Vec<Tab>,
    /// The same list without filters, when there are some.
    clear: Option<String>,
    /// Filters that have no field here.
    kept: Vec<(&'static str, String)>,
    severities: Vec<Choice>,
    codes: Vec<Choice>,
    issues: Vec<IssueView>,
    next: Option<String>,
}

impl FindingsPage {
    fn icon(&self, severity: &Severity) -> &'static str {
        super::draw::icon(*severity)
    }
}

/// The queue.
pub(super) async fn findings(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    site.ask(move |ground, reader| page_of(&page(ground, reader, &visitor, query)?)).await
}

fn page(ground: &Ground, reader: &Reader, visitor: &Visitor, query: ListQuery) -> Result<FindingsPage, Problem> {
    let f = Frame::at(Place::Findings, visitor);
    let mut filter = query.issues()?;
    let state = *filter.state.get_or_insert(IssueState::Open);
    let mut rows = reader.issues(&filter, query.before()?, PAGE + 1)?;
    let next = cut(&mut rows, PAGE, |row| row.number.to_string()).map(|cursor| f.with("after", &cursor));
    let mut tabs = Vec::new();
    for each in IssueState::ALL {
        tabs.push(Tab {
            link: f.with_kept("state", each.label(), &["after"]),
            text: f.w(state_word(each)),
            count: count(reader, &filter, each)?,
            here: each == state,
        });
    }
    let filtered = filter != IssueFilter { state: Some(state), ..IssueFilter::default() };
    let severity = |each: Severity| Choice {
        value: each.label().to_owned(),
        text: f.severity(each.label()).to_owned(),
        chosen: each.label() == query.severity,
    };
    let code = |each: FindingCode| Choice {
        value: each.label().to_owned(),
        text: visitor.language.begin(&each.meaning()),
        chosen: each.label() == query.code,
    };
    let kept = [("region", query.region.clone()), ("kind", query.kind.clone()), ("inbox", query.inbox.clone())];
    let mut issues = Vec::new();
    for row in rows {
        let trail = reader.decisions(&row.report, &row.fingerprint, TRAIL)?;
        issues.extend(issue_view(ground, row, trail, visitor.language));
    }
    Ok(FindingsPage {
        tabs,
        clear: filtered.then(|| format!("/findings?state={}", state.label())),
        severities: [Severity::Error, Severity::Warning, Severity::Info].map(severity).into(),
        codes: FindingCode::ALL.map(code).into(),
        state: state.label(),
        exports: exports(&f, "/findings/export", Some(("state", state.label()))),
        issues,
        next,
        kept: kept.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        query,
        f,
    })
}

/// How many findings a tab has, by the filters of the page; many are not counted to the end.
fn count(reader: &Reader, filter: &IssueFilter, state: IssueState) -> Result<String, Problem> {
    let of_state = IssueFilter { state: Some(state), ..filter.clone() };
    if of_state == (IssueFilter { state: Some(state), ..IssueFilter::default() }) {
        let counts = reader.tallies("state", 8)?;
        let found = counts.iter().find(|tally| tally.value == state.label());
        return Ok(found.map_or(0, |tally| tally.reports).to_string());
    }
    let count = reader.count_issues(&of_state, MAX_COUNT)?;
    Ok(if count < u64::from(MAX_COUNT) { count.to_string() } else { format!("{}+", MAX_COUNT - 1) })
}

pub(super) fn issue_view(ground: &Ground, issue: Issue, trail: Vec<Decided>, language: Language) -> Option<IssueView> {
    let decision = decision_view(ground, &issue, trail, language)?;
    let LogBody::Finding { record_id, source, entity, fiscal_year, finding, severity, code, message, against, .. } =
        issue.line
    else {
        return None;
    };
    // A finding about two reports stands in no record; it is shown with the later one.
    let place = if against.is_some() { String::new() } else { format!("#{finding}") };
    Some(IssueView {
        severity,
        meaning: language.begin(&code.meaning()),
        message: language.choose(&message).to_owned(),
        unit: entity.unwrap_or_default(),
        year: fiscal_year.map(|year| year.to_string()).unwrap_or_default(),
        title: issue.title.unwrap_or(source),
        link: format!("/documents/{record_id}{place}"),
        against: against.map(|against| format!("/documents/{}", against.record_id)),
        at: local_time(&issue.at, ground.config.zone_minutes),
        decision,
    })
}

/// State and trail of a finding.
pub(super) fn decision_view(
    ground: &Ground,
    issue: &Issue,
    trail: Vec<Decided>,
    language: Language,
) -> Option<DecisionView> {
    let LogBody::Finding { record_id, finding, .. } = &issue.line else { return None };
    let row = |each: Decided| TrailRow {
        what: language.word(verdict_word(&each.verdict)),
        note: each.note,
        who: each.who,
        at: local_time(&each.at, ground.config.zone_minutes),
    };
    Some(DecisionView {
        record: record_id.clone(),
        finding: finding.clone(),
        state: issue.state.label(),
        word: language.word(state_word(issue.state)),
        is_open: issue.state == IssueState::Open,
        trail: trail.into_iter().map(row).collect(),
    })
}

pub(super) fn state_word(state: IssueState) -> &'static str {
    match state {
        IssueState::Open => "state.open",
        IssueState::Accepted => "state.accepted",
        IssueState::Explained => "state.explained",
        IssueState::Fixed => "state.fixed",
    }
}

fn verdict_word(verdict: &str) -> &'static str {
    match verdict {
        "accepted" => "state.accepted",
        "explained" => "state.explained",
        "fixed" => "state.fixed",
        _ => "state.reopened",
    }
}

/// A decision as a form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DecisionForm {
    record: String,
    finding: String,
    verdict: String,
    note: String,
    who: String,
    /// Where the form stood.
    back: String,
}

/// Takes a decision and goes back to where it was made.
pub(super) async fn decide(State(site): State<Site>, Form(form): Form<DecisionForm>) -> Result<Response, Problem> {
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.label() == form.verdict);
    let verdict = verdict.ok_or_else(|| ProblemKind::Invalid.told("told.verdict"))?;
    decision(&site, form.record, form.finding, verdict, form.note, form.who.clone()).await?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    put(&mut response, LOCATION, local(&form.back, "/findings"));
    let name = format!("hedui-name={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", encode(form.who.trim()));
    add(&mut response, SET_COOKIE, &name);
    Ok(response)
}

/// A place of this site, or another.
pub(super) fn local<'a>(target: &'a str, other: &'a str) -> &'a str {
    let here = target.starts_with('/') && !target.starts_with("//") && !target.contains(['\\', '\r', '\n', '\t']);
    if here { target } else { other }
}

/// Has a decision noted, and waits until it is durable.
pub(super) async fn decision(
    site: &Site,
    record: String,
    finding: String,
    verdict: Verdict,
    note: String,
    who: String,
) -> Result<(), Problem> {
    let (note, who) = (note.trim().to_owned(), who.trim().to_owned());
    if who.is_empty() || who.chars().count() > MAX_NAME {
        return Err(ProblemKind::Invalid.told_of("told.who", MAX_NAME));
    }
    if note.chars().count() > MAX_NOTE {
        return Err(ProblemKind::Invalid.told_of("told.note_long", MAX_NOTE));
    }
    if verdict == Verdict::Explained && note.is_empty() {
        return Err(ProblemKind::Invalid.told("told.note_missing"));
    }
    let issue = site.ask(move |_, reader| Ok(reader.issue(&record, &finding)?)).await?;
    let issue = issue.ok_or_else(|| ProblemKind::NotFound.told("told.finding_gone"))?;
    let LogBody::Finding { record_id, source, entity, fiscal_year, finding, .. } = issue.line else {
        return Err(ProblemKind::NotFound.into());
    };
    let Issue { report, fingerprint, .. } = issue;
    let body =
        LogBody::Decision { record_id, source, entity, fiscal_year, finding, report, fingerprint, verdict, note, who };
    deliver(site, |done| Parcel::Decide(Box::new(body), done)).await
}

/// Gives delivery a parcel, and waits for its answer.
pub(super) async fn deliver<T>(site: &Site, parcel: impl FnOnce(oneshot::Sender<T>) -> Parcel) -> Result<T, Problem> {
    let parcels = site.stage()?.parcels.upgrade().ok_or(ProblemKind::NotReady)?;
    let (done, answer) = oneshot::channel();
    let parcel = parcel(done);
    let exchange = async {
        parcels.send(parcel).await.ok()?;
        // Whoever holds one keeps delivery from ending.
        drop(parcels);
        answer.await.ok()
    };
    match timeout(DURABLE, exchange).await {
        Ok(answer) => answer.ok_or_else(|| ProblemKind::NotReady.into()),
        Err(_) => Err(ProblemKind::Busy.told("told.waits_for_disk")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_this_site_are_gone_back_to() {
        assert_eq!(local("/findings?state=open#n1", "/"), "/findings?state=open#n1");
        for target in ["//evil.example", "http://evil.example", "", "/\\evil.example", "/a\r\nb"] {
            assert_eq!(local(target, "/"), "/", "{target}");
        }
    }
}
