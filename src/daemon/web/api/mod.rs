//! The JSON API under `/api/v1`: what the pages show, for programs.
//!
//! In: requests as `openapi.json` describes them. Out: JSON whose shapes are in `shapes`; lists by cursor (`next` is the
//! `after` of the next page), each answer with an ETag (RFC 9110) so that asking again costs little, problems as RFC 9457
//! says. What can go wrong: what each route names.

mod openapi;
mod shapes;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use serde::Serialize;

use super::document::record_bytes;
use super::findings::decision;
use super::guard::put;
use super::problem::{Problem, ProblemKind};
use super::query::{ListQuery, cut};
use super::site::Site;
use super::visitor::encode;
use super::{download, export, overview, quarantine, review, upload};
use shapes::{
    DecisionBody, DecisionList, DocumentItem, DocumentList, FindingItem, FindingList, OverviewBody, QuarantineItem,
    QuarantineList, RetryBody, UploadBody,
};

/// Where all of it is.
pub(super) const ROOT: &str = "/api/v1";
/// Bytes of a record that is sent as an answer; larger ones are downloaded.
const MAX_RECORD: u64 = 64 << 20;

/// Decisions of a finding that are listed, the latest.
const DECISIONS: u32 = 1_000;

/// One route: the router and the description are made of the same list.
struct Route {
    method: &'static str,
    path: &'static str,
    handler: fn() -> MethodRouter<Site>,
}

const ROUTES: [Route; 16] = [
    Route { method: "get", path: "/openapi.json", handler: || get(openapi::openapi) },
    Route { method: "get", path: "/overview", handler: || get(overview) },
    Route { method: "get", path: "/documents", handler: || get(documents) },
    Route { method: "get", path: "/documents/export", handler: || get(export::documents) },
    Route { method: "get", path: "/documents/{id}", handler: || get(document) },
    Route { method: "get", path: "/documents/{id}/original", handler: || get(download::original) },
    Route { method: "get", path: "/documents/{id}/review", handler: || get(review::of_document) },
    Route { method: "get", path: "/units/review", handler: || get(review::of_unit) },
    Route { method: "get", path: "/records/{id}", handler: || get(record) },
    Route { method: "get", path: "/findings", handler: || get(findings) },
    Route { method: "get", path: "/findings/export", handler: || get(export::findings) },
    Route { method: "post", path: "/findings/{record}/{finding}/decision", handler: || post(decide) },
    Route { method: "get", path: "/findings/{record}/{finding}/decisions", handler: || get(decisions) },
    Route { method: "get", path: "/quarantine", handler: || get(quarantine_list) },
    Route { method: "post", path: "/quarantine/{id}/retry", handler: || post(retry) },
    Route { method: "post", path: "/upload", handler: || post(upload_body) },
];

/// All routes.
pub(super) fn routes() -> Router<Site> {
    let add = |router: Router<Site>, route: &Route| router.route(&format!("{ROOT}{}", route.path), (route.handler)());
    ROUTES.iter().fold(Router::new(), add)
}

fn answer(headers: &HeaderMap, bytes: Vec<u8>) -> Response {
    download::tagged(headers, bytes, "application/json")
}

fn json(headers: &HeaderMap, value: &impl Serialize) -> Result<Response, Problem> {
    Ok(answer(headers, serde_json::to_vec(value)?))
}

async fn overview(State(site): State<Site>, headers: HeaderMap) -> Result<Response, Problem> {
    let body = site
        .ask(|ground, reader| {
            let counts = overview::counts(reader)?.into_iter().collect();
            let days = overview::days(ground, reader)?.into_iter().map(Into::into).collect();
            let units = reader.worst("unit", 50)?.into_iter().map(Into::into).collect();
            Ok(OverviewBody { counts, days, units, degraded: ground.gauges.degraded() })
        })
        .await?;
    json(&headers, &body)
}

async fn documents(
    State(site): State<Site>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let (filter, before, limit) = (query.reports()?, query.before()?, query.limit()?);
    let mut rows = site.ask(move |_, reader| Ok(reader.reports(&filter, before, limit + 1)?)).await?;
    let next = cut(&mut rows, limit, |row| row.number.to_string());
    json(&headers, &DocumentList { items: rows.into_iter().map(Into::into).collect(), next })
}

async fn document(State(site): State<Site>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Problem> {
    let row = site.ask(move |_, reader| Ok(reader.report(&id)?)).await?;
    let item: DocumentItem = row.ok_or_else(|| ProblemKind::NotFound.told("told.record"))?.into();
    json(&headers, &item)
}

async fn record(State(site): State<Site>, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Problem> {
    let bytes = site.ask(move |ground, reader| Ok(record_bytes(ground, reader, &id, MAX_RECORD)?.0)).await?;
    Ok(answer(&headers, bytes))
}

async fn findings(
    State(site): State<Site>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let (filter, before, limit) = (query.issues()?, query.before()?, query.limit()?);
    let mut rows = site.ask(move |_, reader| Ok(reader.issues(&filter, before, limit + 1)?)).await?;
    let next = cut(&mut rows, limit, |row| row.number.to_string());
    json(&headers, &FindingList { items: rows.into_iter().filter_map(FindingItem::of).collect(), next })
}

async fn decisions(
    State(site): State<Site>,
    Path((record, finding)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let list = site.ask(move |_, reader| {
        let issue = reader.issue(&record, &finding)?.ok_or_else(|| ProblemKind::NotFound.told("told.finding_gone"))?;
        let decided = reader.decisions(&issue.report, &issue.fingerprint, DECISIONS)?;
        let items = decided.into_iter().map(Into::into).collect();
        Ok(DecisionList { report: issue.report, fingerprint: issue.fingerprint, items })
    });
    json(&headers, &list.await?)
}

async fn decide(
    State(site): State<Site>,
    Path((record, finding)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(ProblemKind::Invalid.told("told.json"));
    }
    let body: DecisionBody = serde_json::from_slice(&body).map_err(|error| ProblemKind::Invalid.because(error))?;
    decision(&site, record.clone(), finding.clone(), body.verdict, body.note, body.who).await?;
    let issue = site.ask(move |_, reader| Ok(reader.issue(&record, &finding)?)).await?;
    let item = issue.and_then(FindingItem::of).ok_or(ProblemKind::NotFound)?;
    json(&HeaderMap::new(), &item)
}

async fn quarantine_list(
    State(site): State<Site>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let (before, limit) = (query.before_entry()?, query.limit()?);
    let mut rows = site
        .ask(move |_, reader| {
            let before = before.as_ref().map(|(at, id)| (at.as_str(), id.as_str()));
            Ok(reader.quarantine(before, limit + 1)?)
        })
        .await?;
    let next = cut(&mut rows, limit, quarantine::cursor);
    json(&headers, &QuarantineList { items: rows.into_iter().map(QuarantineItem::of).collect(), next })
}

async fn retry(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Problem> {
    let retried = quarantine::try_again(&site, id).await?;
    if !retried.again {
        return Err(quarantine::refused(&retried));
    }
    json(&HeaderMap::new(), &RetryBody { id: retried.id, path: retried.path, what: retried.what })
}

async fn upload_body(
    State(site): State<Site>,
    Query(wanted): Query<shapes::UploadQuery>,
    body: Body,
) -> Result<Response, Problem> {
    let uploaded = upload::receive_body(&site, &wanted.inbox, &wanted.name, body).await?;
    let place = format!("/documents?text={}", encode(&uploaded.name));
    let body = UploadBody { inbox: uploaded.inbox, name: uploaded.name, size_bytes: uploaded.size };
    let mut response = json(&HeaderMap::new(), &body)?;
    *response.status_mut() = StatusCode::CREATED;
    put(&mut response, LOCATION, &place);
    Ok(response)
}
