//! `/healthz`, `/readyz` and `/metrics`.
//!
//! In: the daemon's numbers. Out: a few lines of text each. Why something is wrong is told to whoever has the secret,
//! where there is one. Nothing can go wrong here.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::site::Site;
use super::visitor::Visitor;

/// All is well, or what is not.
pub(super) async fn healthz(State(site): State<Site>, Extension(visitor): Extension<Visitor>) -> Response {
    match site.gauges().degraded() {
        None => text(StatusCode::OK, "ok\n".to_owned()),
        Some(why) if visitor.signed_in || !site.asks_for_token() => {
            text(StatusCode::SERVICE_UNAVAILABLE, format!("degraded: {why}\n"))
        }
        Some(_) => text(StatusCode::SERVICE_UNAVAILABLE, "degraded\n".to_owned()),
    }
}

/// Every inbox was looked at.
pub(super) async fn readyz(State(site): State<Site>) -> Response {
    if site.gauges().is_ready() {
        text(StatusCode::OK, "ready\n".to_owned())
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, "the first look at the inboxes is not done\n".to_owned())
    }
}

/// Prometheus, text format 0.0.4.
pub(super) async fn metrics(State(site): State<Site>) -> Response {
    text(StatusCode::OK, site.gauges().metrics())
}

fn text(status: StatusCode, body: String) -> Response {
    let mut response = (status, body).into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
