//! Files for people and programs: originals and records, always as attachments.
//!
//! In: an id. Out: the file's bytes, a piece at a time. An original is found by its content's hash where it was put; it
//! never opens in the browser, whatever it is. What can go wrong: it is gone.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::super::names::show_path;
use super::super::recall;
use super::document::record_bytes;
use super::guard::put;
use super::problem::{Problem, ProblemKind};
use super::site::{Site, Turn};
use super::visitor::encode;
use crate::record::sha256_hex;

/// Bytes of a piece.
const PIECE: usize = 64 << 10;
/// Pieces that wait for a slow reader.
const PIECES: usize = 4;
/// Nothing that is sent as a file may run, load or frame anything, were it opened all the same.
const INERT: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The source of a record or of an entry of quarantine, as it came.
pub(super) async fn original(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Problem> {
    let (path, name) = site
        .ask(move |ground, reader| {
            let gone = || ProblemKind::NotFound.because("the original is no longer where it was put");
            let mut rows = reader.sources_of(&id)?;
            // A record that was replaced is no path's answer any more.
            rows.extend(reader.source_of_entry(&id)?);
            for row in rows {
                if let Some(found) = recall::find(&ground.config, reader, &row)? {
                    let shown = show_path(&found.file.key.path);
                    let name = shown.rsplit('/').next().unwrap_or("original").to_owned();
                    return Ok((found.place, name));
                }
            }
            Err(gone())
        })
        .await?;
    file(&site, path, &name).await
}

/// A record's JSON.
pub(super) async fn record_file(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Problem> {
    let name = format!("{id}.json");
    let bytes = site.ask(move |ground, reader| Ok(record_bytes(ground, reader, &id, 64 << 20)?.0)).await?;
    let mut response = Response::new(Body::from(bytes));
    attach(&mut response, "application/json", &name);
    Ok(response)
}

/// Sends a file, as fast as it is taken.
async fn file(site: &Site, path: PathBuf, name: &str) -> Result<Response, Problem> {
    let place = site.turn(Turn::Download).await?;
    let (pieces, taken) = mpsc::channel::<std::io::Result<Bytes>>(PIECES);
    let (told, length) = tokio::sync::oneshot::channel();
    tokio::task::spawn_blocking(move || {
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let mut file = match opened {
            Ok((length, file)) => {
                // Whoever asked may have gone.
                let _ = told.send(Some(length));
                file
            }
            Err(_) => {
                let _ = told.send(None);
                return;
            }
        };
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece);
            let sent = match read {
                Ok(0) => break,
                Ok(count) => pieces.blocking_send(Ok(Bytes::copy_from_slice(piece.get(..count).unwrap_or_default()))),
                Err(error) => pieces.blocking_send(Err(error)),
            };
            if sent.is_err() {
                break;
            }
        }
        drop(place);
    });
    let length = length.await.ok().flatten().ok_or(ProblemKind::NotFound)?;
    let pieces = futures_util::stream::unfold(taken, |mut taken| async move { Some((taken.recv().await?, taken)) });
    let mut response = Response::new(Body::from_stream(pieces));
    attach(&mut response, "application/octet-stream", name);
    put(&mut response, CONTENT_LENGTH, &length.to_string());
    Ok(response)
}

/// An answer with its ETag, or 304 when whoever asks has it.
pub(super) fn tagged(headers: &HeaderMap, bytes: Vec<u8>, kind: &str) -> Response {
    let etag = format!("\"{}\"", sha256_hex(&bytes).get(..32).unwrap_or_default());
    let has = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let has = has.is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if has {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(bytes));
        put(&mut response, CONTENT_TYPE, kind);
        response
    };
    put(&mut response, ETAG, &etag);
    response
}

/// A file that was made here, with its ETag.
pub(super) fn packed(headers: &HeaderMap, bytes: Vec<u8>, kind: &str, name: &str) -> Response {
    let mut response = tagged(headers, bytes, kind);
    attach(&mut response, kind, name);
    response
}

/// Makes of an answer a file that is saved under a name, RFC 6266.
pub(super) fn attach(response: &mut Response, kind: &str, name: &str) {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' }).collect();
    put(response, CONTENT_TYPE, kind);
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", encode(name));
    put(response, CONTENT_DISPOSITION, &value);
    put(response, CONTENT_SECURITY_POLICY, INERT);
}
