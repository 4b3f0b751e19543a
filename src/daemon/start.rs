//! The start, for as long as it takes: journal and results are opened on a thread of their own, so that signals are heard
//! and whoever asks is told how far it is.
//!
//! In: what every part knows. Out: a [`Delivery`] that has finished what an earlier run left, or that the daemon is to end.
//! What can go wrong: what can go wrong with opening. A start that is ended at any moment is made good by the next one.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sd_notify::NotifyState as State;
use tokio::sync::oneshot;

use super::deliver::Delivery;
use super::lock::Lock;
use super::signals::{Signals, Told};
use super::{Fatal, Ground, service};
use crate::sink::Disk;

/// How often it is looked how far the start is.
const TICK: Duration = Duration::from_millis(250);
/// How often that is told to the log and to the service manager, which waits for so long again and a little more.
const TELL: Duration = Duration::from_secs(10);
/// How much longer the service manager is to wait, in microseconds.
const PATIENCE: u32 = 60_000_000;
/// What is under way may take so long to end in order; then the process ends all the same.
const GRACE: Duration = Duration::from_secs(5);

/// Opens everything. `None` when a signal has ended it before.
pub(super) async fn open(
    ground: &Arc<Ground>,
    signals: &mut Signals,
    lock: &mut Lock,
) -> Result<Option<Delivery>, Fatal> {
    let (sender, mut opened) = oneshot::channel();
    let mine = Arc::clone(ground);
    let open = move || {
        // Nobody listens any more when the daemon has ended meanwhile.
        let _ = sender.send(Delivery::open(&mine, Arc::new(Disk)));
    };
    thread::Builder::new().name("open".to_owned()).spawn(open).map_err(Fatal::thread)?;
    let (mut told, mut has_told) = (Instant::now(), false);
    loop {
        tokio::select! {
            biased;
            delivery = &mut opened => {
                lock.note_doing(None);
                if has_told {
                    service::tell(&[State::Status("")]);
                }
                return match delivery {
                    Ok(Err(_)) if ground.stop.is_set() => Ok(None),
                    Ok(Ok(_)) if ground.stop.is_set() => Ok(None),
                    Ok(delivery) => delivery.map(Some),
                    Err(_) => Err(Fatal::thread_ended()),
                };
            }
            signal = signals.next() => match signal {
                Told::Stop(signal) if ground.stop.is_set() => {
                    return Err(Fatal(format!("a second {signal} ended it at once")));
                }
                Told::Stop(signal) => {
                    tracing::info!(signal, "stopping before the start was over; the next one goes on from there");
                    service::tell(&[State::Stopping]);
                    ground.stop.set();
                }
                // Everything is looked at in a moment.
                Told::Look => {}
                Told::Reload => signals.keep_reload(),
            },
            () = tokio::time::sleep(TICK) => {}
        }
        if ground.stop.since().is_some_and(|since| since >= GRACE) {
            return Ok(None);
        }
        lock.note_doing(ground.gauges.doing());
        if told.elapsed() >= TELL && !ground.stop.is_set() {
            (told, has_told) = (Instant::now(), true);
            let doing = ground.gauges.doing().unwrap_or_default();
            tracing::info!(doing, "still starting");
            service::tell(&[State::ExtendTimeoutUsec(PATIENCE), State::Status(&doing), State::Watchdog]);
        }
    }
}
