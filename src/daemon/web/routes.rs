//! Which question goes where.
//!
//! In: requests. Out: the answer of a route, behind the guard.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::guard::guard;
use super::problem::{Problem, ProblemKind};
use super::site::Site;
use super::{
    api, assets, document, documents, download, events, export, findings, health, login, overview, quarantine, review,
    rules, unit, upload,
};

/// Bytes of a form or of a JSON body.
const MAX_BODY: usize = 64 << 10;

/// Everything that is answered.
pub(super) fn router(site: Site) -> Router {
    let uploads = Router::new()
        .route("/upload", get(upload::form).post(upload::post))
        // Each file is bounded as it comes.
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/", get(overview::overview))
        .route("/documents", get(documents::documents))
        .route("/documents/export", get(export::documents))
        .route("/documents/{id}", get(document::document))
        .route("/documents/{id}/review", get(review::of_document))
        .route("/documents/{id}/original", get(download::original))
        .route("/documents/{id}/record.json", get(download::record_file))
        .route("/findings", get(findings::findings))
        .route("/unit", get(unit::unit))
        .route("/unit/review", get(review::of_unit))
        .route("/findings/export", get(export::findings))
        .route("/findings/decide", post(findings::decide))
        .route("/quarantine", get(quarantine::quarantine))
        .route("/quarantine/{id}/original", get(download::original))
        .route("/quarantine/{id}/retry", post(quarantine::put_back))
        .route("/rules", get(rules::rules))
        .route("/events", get(events::events))
        .route("/login", get(login::form).post(login::post))
        .route("/logout", post(login::logout))
        .merge(uploads)
        .merge(api::routes())
        .route("/assets/{name}", get(assets::asset))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_here)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(site.clone(), guard))
        .with_state(site)
}

async fn nowhere() -> Problem {
    ProblemKind::NotFound.into()
}

async fn not_here() -> Problem {
    ProblemKind::NotAllowed.into()
}
