//! Word of changes for pages that are open: server-sent events (HTML Living Standard, 9.2).
//!
//! In: the daemon's count of changes. Out: at most one event a second, which says that there is something and not what;
//! the page asks for itself again. What can go wrong: too many pages are open at the same time.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;

use super::problem::Problem;
use super::site::{Site, Turn};

/// Shortest time between two events.
const PAUSE: Duration = Duration::from_secs(1);
/// A stream says that it is there so often.
const ALIVE: Duration = Duration::from_secs(20);

/// A stream of changes.
pub(super) async fn events(State(site): State<Site>) -> Result<Response, Problem> {
    let place = site.turn(Turn::Stream).await?;
    let changes = site.gauges().changes();
    let stream = unfold((changes, place, true), |(mut changes, place, first)| async move {
        if !first {
            tokio::time::sleep(PAUSE).await;
            changes.changed().await.ok()?;
        }
        let count = *changes.borrow_and_update();
        let event = Event::default().event(if first { "hello" } else { "change" }).data(count.to_string());
        Some((Ok::<_, Infallible>(event), (changes, place, false)))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}
