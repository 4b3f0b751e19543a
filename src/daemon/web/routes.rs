//! Which question goes where.
//!
//! In: requests. Out: the answer of a route, behind the guard.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use super::guard::guard;
use super::problem::{Problem, ProblemKind};
use super::site::Site;
use super::{assets, document, download, health};

/// Bytes of a form or of a JSON body.
const MAX_BODY: usize = 64 << 10;

/// Everything that is answered.
pub(super) fn router(site: Site) -> Router {
    Router::new()
        .route("/documents/{id}", get(document::document))
        .route("/documents/{id}/original", get(download::original))
        .route("/documents/{id}/record.json", get(download::record_file))
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
