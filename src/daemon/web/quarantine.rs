//! Quarantine: what gave no record, why, and what to do about it.
//!
//! In: a page's cursor; an entry to try again. Out: the page; the source goes the usual way once more. What can go wrong:
//! something else stands at the source's place by now, which is said.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};

use super::super::deliver::Parcel;
use super::super::journal::QuarantineEntry;
use super::super::names::show_path;
use super::super::recall;
use super::super::retry::{self, Retried};
use super::document::bytes_text;
use super::findings::deliver;
use super::frame::{Frame, Place, page_of};
use super::guard::put;
use super::problem::{Problem, ProblemKind};
use super::query::{ListQuery, cut};
use super::site::Site;
use super::visitor::{Visitor, encode, parameter};
use crate::sink::local_time;

/// What trying again comes to.
struct Outcome {
    /// In the address of the page that tells of it, and in the API. Nothing else in an address is told.
    code: &'static str,
    /// What it is called where it is done.
    what: &'static str,
    word: &'static str,
    again: bool,
}

const fn outcome(code: &'static str, what: &'static str, word: &'static str, again: bool) -> Outcome {
    Outcome { code, what, word, again }
}

const OUTCOMES: [Outcome; 8] = [
    outcome("put-back", recall::PUT_BACK, "retry.put_back", true),
    outcome("where-it-lies", retry::WHERE_IT_LIES, "retry.where_it_lies", true),
    outcome("with-bundle", retry::WITH_BUNDLE, "retry.with_bundle", true),
    outcome("name-taken", recall::NAME_TAKEN, "retry.name_taken", false),
    outcome("no-inbox", recall::NO_INBOX, "retry.no_inbox", false),
    outcome("other-content", retry::OTHER_CONTENT, "retry.other_content", false),
    outcome("bundle-gone", retry::BUNDLE_GONE, "retry.bundle_gone", false),
    outcome("source-gone", retry::SOURCE_GONE, "retry.source_gone", false),
];

/// The code and the word of what was done.
fn outcome_of(retried: &Retried) -> (&'static str, &'static str) {
    OUTCOMES
        .iter()
        .find(|outcome| outcome.what == retried.what)
        .map_or(("other", "told.see_log"), |outcome| (outcome.code, outcome.word))
}

/// Why an entry was not tried again.
pub(super) fn refused(retried: &Retried) -> Problem {
    ProblemKind::Conflict.told(outcome_of(retried).1)
}

/// One entry as a page shows it.
pub(super) struct EntryView {
    id: String,
    source: String,
    size: String,
    at: String,
    code: String,
    message: String,
    advice: String,
}

#[derive(Template)]
#[template(path = "quarantine.html")]
struct QuarantinePage {
    f: Frame,
    entries: Vec<EntryView>,
    next: Option<String>,
    /// What came of trying again: whether it is, and what was done or why nothing.
    done: Option<(bool, &'static str)>,
}

/// The list.
pub(super) async fn quarantine(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let f = Frame::at(Place::Quarantine, &visitor);
    let (limit, before) = (query.limit()?, query.before_entry()?);
    site.ask(move |ground, reader| {
        let before = before.as_ref().map(|(at, id)| (at.as_str(), id.as_str()));
        let mut rows = reader.quarantine(before, limit + 1)?;
        let next = cut(&mut rows, limit, cursor).map(|cursor| f.with("after", &encode(&cursor)));
        let view = |row: QuarantineEntry| {
            let (source, size) = match &row.source {
                Some((inbox, path, size)) => (format!("{inbox}/{}", show_path(path)), bytes_text(*size)),
                None => (row.entry.clone(), String::new()),
            };
            let text = |message: &crate::record::Message| visitor.language.begin(message);
            EntryView {
                source,
                size,
                at: local_time(&row.at, ground.config.zone_minutes),
                code: row.refusal.as_ref().map(|refusal| refusal.code.clone()).unwrap_or_default(),
                message: row.refusal.as_ref().map(|refusal| text(&refusal.message)).unwrap_or_default(),
                advice: row.refusal.as_ref().map(|refusal| text(&refusal.advice)).unwrap_or_default(),
                id: row.entry,
            }
        };
        let asked = parameter(&visitor.target, "again");
        let known = OUTCOMES.iter().find(|outcome| Some(outcome.code) == asked.as_deref());
        let done = known.map(|outcome| (outcome.again, f.w(outcome.word)));
        page_of(&QuarantinePage { entries: rows.into_iter().map(view).collect(), next, done, f: f.clone() })
    })
    .await
}

/// Where the page after an entry begins.
pub(super) fn cursor(row: &QuarantineEntry) -> String {
    format!("{}_{}", row.at, row.entry)
}

/// Tries an entry again and goes back to the list.
pub(super) async fn put_back(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Problem> {
    let retried = try_again(&site, id).await?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    put(&mut response, LOCATION, &format!("/quarantine?again={}", outcome_of(&retried).0));
    Ok(response)
}

/// Has delivery put an entry back.
pub(super) async fn try_again(site: &Site, id: String) -> Result<Retried, Problem> {
    let wanted = id.clone();
    let known =
        site.ask(move |_, reader| Ok(reader.document(&wanted)?.is_some_and(|row| row.refusal.is_some()))).await?;
    if !known {
        return Err(ProblemKind::NotFound.told("told.entry"));
    }
    let retried = deliver(site, |done| Parcel::Retry(id, done)).await??;
    retried.ok_or_else(|| ProblemKind::Conflict.told("told.put_back_before"))
}
