//! Connections: accepted, bounded, ended.
//!
//! In: a listening socket. Out: HTTP/1.1 conversations (RFC 9112) with the routes. Connections are bounded in number and
//! in time, heads of requests in bytes and in time; bodies are bounded by the routes. Who is too slow is hung up on.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::routes::router;
use super::site::Site;

/// Connections at the same time; more of them wait.
const MAX_CONNECTIONS: usize = 64;
/// Bytes of a request's head.
const MAX_HEAD: usize = 32 << 10;
/// Fields of a request's head.
const MAX_HEADERS: usize = 64;
/// Time for a request's head, and for a connection that says nothing.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// A connection's whole life; browsers open another.
const MAX_LIFE: Duration = Duration::from_secs(15 * 60);
/// What requests under way get when the daemon ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Answers until told to stop.
pub(super) async fn serve(listener: TcpListener, site: Site, mut stopped: watch::Receiver<bool>) {
    let service = TowerToHyperService::new(router(site));
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let (service, stopped) = (service.clone(), stopped.clone());
        connections.spawn(async move {
            converse(stream, service, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    let end = async { while connections.join_next().await.is_some() {} };
    // Whoever has not ended by then is cut off.
    let _ = tokio::time::timeout(LAST_WORDS, end).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(_) => {
            // Out of descriptors: the next one may find one.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn converse(stream: TcpStream, service: TowerToHyperService<axum::Router>, mut stopped: watch::Receiver<bool>) {
    // Small answers go out at once; where that cannot be had they go out later.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        // Who went away, or spoke no HTTP, needs no answer.
        _ = tokio::time::timeout(MAX_LIFE, connection.as_mut()) => true,
        _ = stopped.wait_for(|stop| *stop) => false,
    };
    if !ended {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(LAST_WORDS, connection).await;
    }
}
