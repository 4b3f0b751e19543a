//! What the service manager is told: READY, RELOADING, STOPPING, WATCHDOG (sd_notify(3)).
//!
//! In: states. Out: datagrams to `$NOTIFY_SOCKET`, or nothing where there is none. What can go wrong: nobody listens,
//! which is no reason to stop.

use std::time::Duration;

use sd_notify::{NotifyState, notify, watchdog_enabled};

/// How often delivery shows that it is alive when nobody asks for it.
const UNASKED: Duration = Duration::from_secs(10);

/// Tells.
pub(super) fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = notify(states) {
        tracing::debug!(%error, "the service manager does not listen");
    }
}

/// Tells that another configuration is gone over to. The time tells this from an earlier reload.
pub(super) fn tell_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// How often the watchdog is fed: three times within its time.
pub(super) fn watchdog_interval() -> Duration {
    watchdog_enabled().map_or(UNASKED, |time| (time / 3).clamp(Duration::from_millis(50), UNASKED))
}
