//! The signals of the daemon.
//!
//! In: signals. Out: what they ask for. What can go wrong: the system does not let us listen.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Fatal;

/// The signals that the process listens to.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    look: Signal,
    reload: Signal,
    /// A reload that was asked for when it could not be done.
    kept_reload: bool,
}

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// End in order: SIGTERM, SIGINT.
    Stop(&'static str),
    /// Look at everything now: SIGUSR1.
    Look,
    /// Read the configuration again: SIGHUP.
    Reload,
}

impl Signals {
    pub(super) fn new() -> Result<Self, Fatal> {
        let listen = |kind| signal(kind).map_err(|error| Fatal(format!("cannot listen for signals: {error}")));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            look: listen(SignalKind::user_defined1())?,
            reload: listen(SignalKind::hangup())?,
            kept_reload: false,
        })
    }

    /// A reload comes too early; it is told of again by [`Self::kept`].
    pub(super) fn keep_reload(&mut self) {
        self.kept_reload = true;
    }

    /// Whether a reload was kept, once.
    pub(super) fn kept(&mut self) -> bool {
        std::mem::take(&mut self.kept_reload)
    }

    pub(super) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Told::Stop("SIGINT"),
            _ = self.look.recv() => Told::Look,
            _ = self.reload.recv() => Told::Reload,
        }
    }
}
