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

use super::super::journal::{Reader, SourceKey};
use super::super::names::{show_path, unshow_name};
use super::super::{Ground, recall};
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
pub(super) async fn original(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (path, name, sha256) = site.ask(move |ground, reader| whereabouts(ground, reader, &id)).await?;
    let etag = etag_of(&sha256);
    if has(&headers, &etag) {
        return Ok(unmodified(&etag));
    }
    let mut response = file(&site, path, &name).await?;
    put(&mut response, ETAG, &etag);
    Ok(response)
}

/// Where an original lies, its name, and the hash of its content.
fn whereabouts(ground: &Ground, reader: &Reader, id: &str) -> Result<(PathBuf, String, String), Problem> {
    let known = reader.document(id)?.ok_or_else(|| ProblemKind::NotFound.told("told.record"))?;
    let mut rows = reader.sources_of(id)?;
    rows.extend(reader.source_of_entry(id)?);
    // The latest content of a path may be another, which gave no record.
    rows.retain(|row| known.sha256.is_none() || row.sha256 == known.sha256);
    for row in rows {
        if let Some(found) = recall::find(&ground.config, reader, &row)? {
            let shown = show_path(&found.file.key.path);
            let name = shown.rsplit('/').next().unwrap_or("original").to_owned();
            return Ok((found.place, name, found.file.sha256.unwrap_or_default()));
        }
    }
    // A record that was replaced is no path's answer any more; its source is known by what it is.
    let gone = || ProblemKind::NotFound.told("told.original_gone");
    let (sha256, listed) = (known.sha256.ok_or_else(gone)?, reader.report(id)?.ok_or_else(gone)?);
    let key = SourceKey { inbox: listed.properties.inbox.unwrap_or_default(), path: unshow_name(&listed.source) };
    let place = recall::archived(&ground.config, &key, &sha256).ok_or_else(gone)?;
    let name = listed.source.rsplit('/').next().unwrap_or("original").to_owned();
    Ok((place, name, sha256))
}

/// A record's JSON.
pub(super) async fn record_file(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let name = format!("{id}.json");
    let bytes = site.ask(move |ground, reader| Ok(record_bytes(ground, reader, &id, 64 << 20)?.0)).await?;
    Ok(packed(&headers, bytes, "application/json", &name))
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
    let etag = etag_of(&sha256_hex(&bytes));
    if has(headers, &etag) {
        return unmodified(&etag);
    }
    let mut response = Response::new(Body::from(bytes));
    put(&mut response, CONTENT_TYPE, kind);
    put(&mut response, ETAG, &etag);
    response
}

fn etag_of(sha256: &str) -> String {
    format!("\"{}\"", sha256.get(..32).unwrap_or_default())
}

/// Whoever asks has what bears this tag; `*` is whatever there is (RFC 9110, 13.1.2).
fn has(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn unmodified(etag: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    put(&mut response, ETAG, etag);
    response
}

/// A file that was made here, with its ETag.
pub(super) fn packed(headers: &HeaderMap, bytes: Vec<u8>, kind: &str, name: &str) -> Response {
    let mut response = tagged(headers, bytes, kind);
    if response.status() != StatusCode::NOT_MODIFIED {
        attach(&mut response, kind, name);
    }
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
