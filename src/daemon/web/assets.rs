//! Style, script and icon, compiled in. Their addresses carry a hash of their content, so browsers keep them for good.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::guard::put;
use super::problem::ProblemKind;
use crate::record::sha256_hex;

/// Name, type, content.
const ASSETS: [(&str, &str, &str); 3] = [
    ("style.css", "text/css; charset=utf-8", include_str!("assets/style.css")),
    ("page.js", "text/javascript; charset=utf-8", include_str!("assets/page.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

static HASHES: LazyLock<[String; 3]> = LazyLock::new(|| {
    ASSETS.map(|(_, _, content)| sha256_hex(content.as_bytes()).get(..12).unwrap_or_default().to_owned())
});

/// Where browsers find an asset.
pub(super) fn address(name: &str) -> String {
    let found = ASSETS.iter().zip(HASHES.iter()).find(|((each, _, _), _)| *each == name);
    let hash = found.map_or("", |(_, hash)| hash.as_str());
    format!("/assets/{name}?v={hash}")
}

/// An asset.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let Some((_, kind, content)) = ASSETS.iter().find(|(each, _, _)| *each == name) else {
        return ProblemKind::NotFound.because("no such asset").into_response();
    };
    let mut response = Response::new(Body::from(*content));
    put(&mut response, CONTENT_TYPE, kind);
    put(&mut response, CACHE_CONTROL, "public, max-age=31536000, immutable");
    response
}
