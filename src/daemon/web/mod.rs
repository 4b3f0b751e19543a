//! The dashboard and its JSON API: pages made here, on the server, that work without script.
//!
//! In: requests. Out: pages, JSON, files as attachments; decisions of people go to delivery, uploads into inboxes. It has
//! a thread and an event loop of its own and reads the journal through connections of its own, so that nothing a
//! browser does holds up watching or delivery. What can go wrong: the address is taken; a request, which is answered
//! with a problem (RFC 9457). The only home of axum, hyper and askama.
//!
//! - `serve`: connections, bounded in number, size and time. `guard`: who may ask what from where.
//! - `site`: what every answer is made from. `routes`: which question goes where, and the OpenAPI description of it.
//! - `words`: every text of the pages, in both languages.

mod api;
mod assets;
mod document;
mod documents;
mod download;
mod draw;
mod events;
mod export;
mod findings;
mod frame;
mod guard;
mod health;
mod html;
mod login;
mod overview;
mod plot;
mod problem;
mod quarantine;
mod query;
mod review;
mod routes;
mod rules;
mod serve;
mod site;
mod unit;
mod upload;
mod visitor;
mod words;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::deliver::Parcel;
use super::gauges::Gauges;
use super::{Fatal, Ground};
use crate::config::Web as Options;
use site::Site;

/// What requests under way get when the daemon ends.
const GRACE: Duration = Duration::from_secs(2);

/// Who answers.
#[derive(Debug)]
pub(super) struct Web {
    site: Site,
    listening: Option<Listening>,
}

#[derive(Debug)]
struct Listening {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Web {
    /// Answers once it listens; until [`Web::show`] with nothing but its health.
    pub(super) fn new(gauges: &Arc<Gauges>) -> Self {
        Self { site: Site::new(gauges), listening: None }
    }

    /// Listens here and nowhere else from now on. An address that nobody asked for may be taken.
    pub(super) fn listen(&mut self, options: &Options) -> Result<(), Fatal> {
        self.site.guard_with(options);
        if self.listening.as_ref().map(|listening| listening.address) == options.listen {
            return Ok(());
        }
        self.listening = None;
        let Some(address) = options.listen else { return Ok(()) };
        match TcpListener::bind(address) {
            Ok(listener) => {
                self.listening = Some(Listening::start(listener, address, self.site.clone())?);
                Ok(())
            }
            Err(error) if options.asked_for => Err(Fatal(format!("cannot listen at {address}: {error}"))),
            Err(error) => {
                tracing::warn!(%address, %error, "no dashboard: name another address, or `off`, as `web.listen`");
                Ok(())
            }
        }
    }

    /// From now on pages show this ground; what people decide goes to this delivery.
    pub(super) fn show(&self, ground: &Arc<Ground>, parcels: mpsc::WeakSender<Parcel>) {
        if self.site.stage().is_err() {
            upload::sweep(ground.config.inboxes.iter().map(|inbox| inbox.path.as_path()));
        }
        self.site.show(ground, parcels);
    }
}

impl Listening {
    fn start(listener: TcpListener, address: SocketAddr, site: Site) -> Result<Self, Fatal> {
        let failed = |error| Fatal(format!("cannot listen at {address}: {error}"));
        listener.set_nonblocking(true).map_err(failed)?;
        let at = listener.local_addr().unwrap_or(address);
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(site::BLOCKING_THREADS)
            .thread_name("web-work")
            .build()
            .map_err(failed)?;
        let serve = move || {
            runtime.block_on(async {
                match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => serve::serve(listener, site, stopped).await,
                    Err(error) => tracing::error!(%error, "nobody can open the dashboard"),
                }
            });
            runtime.shutdown_timeout(GRACE);
        };
        let thread = thread::Builder::new().name("web".to_owned()).spawn(serve).map_err(Fatal::thread)?;
        tracing::info!(%at, page = %format!("http://{at}/"), "answers browsers, /healthz, /readyz and /metrics");
        Ok(Self { address, stop, thread: Some(thread) })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // A thread that has ended does not listen.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
