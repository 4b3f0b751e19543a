//! The loop that handles every [`Event`], and the threads around it.
//!
//! In: events. Out: work for the threads, notices for the listener, and how it ended. It never blocks: what it hands out
//! it only tries to hand out. What can go wrong: a thread ends by a bug, which is fatal.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sd_notify::NotifyState as State;
use tokio::sync::mpsc;

use super::deliver::{Delivery, Parcel, Settled};
use super::ground::Ground;
use super::inbox::{Intake, Look, Scanner, Seen};
use super::journal::Reader;
use super::lock::Lock;
use super::names::show_name;
use super::pool::{Job, Pool};
use super::report::{Notice, Verdict};
use super::room::Room;
use super::service;
use super::signals::{Signals, Told};
use super::watcher::{Marks, Watcher};
use super::{Event, Fatal, housekeeping};
use crate::config::{Config, load};

/// Places in the queues to delivery and to the loop.
const QUEUE: usize = 32;
/// With fewer files than this at hand, what a look left out is looked for.
const LOW_WATER: usize = 2_000;
/// How often folders that cannot be watched are scanned, when that is more often than configured.
const UNWATCHED_RESCAN: Duration = Duration::from_secs(5);

/// How serving ends.
#[derive(Debug)]
pub(super) enum End {
    /// The daemon ends.
    Stop,
    /// It goes on with this.
    Reload(Box<Config>),
}

/// The event loop's own state.
pub(super) struct Loop<'a> {
    ground: Arc<Ground>,
    listener: &'a mut dyn FnMut(Notice),
    events: mpsc::Receiver<Event>,
    parcels: mpsc::Sender<Parcel>,
    looks: std::sync::mpsc::SyncSender<Look>,
    pool: Pool,
    threads: Vec<JoinHandle<()>>,
    /// May end before the daemon does.
    keeping: Vec<JoinHandle<()>>,
    room: Room,
    marks: Arc<Marks>,
    watcher: Watcher,
    intake: Intake,
    /// A look is under way.
    looking: bool,
    /// The next look is at everything.
    rescan: bool,
    /// The last look at everything ended before the end.
    cut: bool,
    /// The first look at everything is done.
    watching: bool,
    tally: Tally,
    /// How far delivery had moved at the last pulse.
    pulses: u64,
}

#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    records: usize,
    quarantined: usize,
}

impl<'a> Loop<'a> {
    /// Starts the threads.
    pub(super) fn start(
        ground: &Arc<Ground>,
        delivery: Delivery,
        listener: &'a mut dyn FnMut(Notice),
    ) -> Result<Self, Fatal> {
        let (events_in, events) = mpsc::channel(QUEUE);
        let (parcels, parcels_out) = mpsc::channel(QUEUE);
        let (looks, looks_out) = std::sync::mpsc::sync_channel::<Look>(1);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Fatal::thread)
        };
        let pool = Pool::start(ground, &parcels, &events_in)?;
        let reader = Reader::open(&ground.journal_path()).map_err(Fatal::journal)?;
        let scanner = Scanner::new(Arc::clone(ground), reader, parcels.clone(), events_in.clone());
        let events_of_scanner = events_in.clone();
        let scan = move || {
            while let Ok(look) = looks_out.recv() {
                // The loop listens for as long as this thread lives.
                let _ = events_of_scanner.blocking_send(Event::Looked(scanner.look(&look)));
            }
        };
        let deliver = move || delivery.serve(parcels_out, &events_in);
        let threads = vec![spawn("scan", Box::new(scan))?, spawn("deliver", Box::new(deliver))?];
        let mut keeping = Vec::new();
        if !ground.once {
            let (ground, parcels) = (Arc::clone(ground), parcels.clone());
            keeping.push(spawn("housekeeping", Box::new(move || housekeeping::serve(&ground, &parcels)))?);
        }
        ground.gauges.set_needed(&ground.config);
        let marks = Arc::new(Marks::default());
        let inboxes = ground.config.inboxes.iter().map(|inbox| (inbox.path.as_path(), inbox.is_recursive()));
        let watcher = Watcher::new(inboxes, &marks);
        let intake = Intake::new(ground.once, ground.config.queue_bytes);
        Ok(Self {
            ground: Arc::clone(ground),
            listener,
            events,
            parcels,
            looks,
            pool,
            threads,
            keeping,
            room: Room::default(),
            marks,
            watcher,
            intake,
            looking: false,
            rescan: true,
            cut: false,
            watching: false,
            tally: Tally::default(),
            pulses: 0,
        })
    }

    /// For whoever has something to deliver; weak, so that delivery can end.
    pub(super) fn parcels(&self) -> mpsc::WeakSender<Parcel> {
        self.parcels.downgrade()
    }

    /// Handles events until the daemon is to end, or to go on with another configuration.
    pub(super) async fn serve(mut self, signals: &mut Signals, lock: &mut Lock) -> Result<End, Fatal> {
        (self.listener)(Notice::Started {
            inboxes: self.ground.config.inboxes.iter().map(|each| (each.name.clone(), each.path.clone())).collect(),
            output: self.ground.config.output.clone(),
            quarantine: self.ground.config.quarantine.clone(),
        });
        // Watches first, the scan after them: what comes in between is seen by both rather than by none.
        let mut next_rescan = Instant::now() + self.rescan_interval();
        let mut next_pulse = Instant::now();
        let mut end = End::Stop;
        loop {
            self.hand_out();
            if self.ground.once && self.watching && !self.looking && !self.rescan && !self.cut && self.intake.is_idle()
            {
                break;
            }
            if self.ground.once && self.room.next().is_some() {
                // Nobody waits for room with `--once`.
                return Err(Fatal(self.ground.gauges.degraded().unwrap_or_default()));
            }
            let kept = signals.kept();
            let event = if kept { Event::Reload } else { self.next_event(signals, next_rescan, next_pulse).await };
            match event {
                Event::Marked | Event::Due => {}
                Event::Canary => {
                    if !self.watcher.look_after_canaries(Instant::now()) {
                        next_rescan = next_rescan.min(Instant::now() + UNWATCHED_RESCAN);
                    }
                }
                Event::Rescan => {
                    self.check_threads()?;
                    if let Some(sandbox) = self.ground.sandbox.get() {
                        lock.note_sandbox(sandbox);
                    }
                    next_rescan = Instant::now() + self.rescan_interval();
                    self.rescan = true;
                    // A full queue means that delivery is at work; the next rescan asks again.
                    let _ = self.parcels.try_send(Parcel::PutAway);
                }
                Event::Looked(seen) => self.looked(seen),
                Event::Elusive(job) => self.intake.settle(job, true),
                Event::Unreadable(job, error) => self.unreadable(job, &error),
                Event::Settled(settled) => self.settled(settled),
                Event::Pulse => next_pulse = Instant::now() + self.pulse(),
                Event::Reload => {
                    if let Some(config) = self.reload() {
                        end = End::Reload(Box::new(config));
                        break;
                    }
                }
                Event::Stop(signal) => {
                    tracing::info!(signal, "stopping; what is under way is finished");
                    break;
                }
            }
        }
        if !matches!(end, End::Reload(_)) {
            service::tell(&[State::Stopping]);
        }
        self.stop(signals, end).await
    }

    /// Tells the service manager that delivery moves, and asks delivery to. Gives the time until the next.
    fn pulse(&mut self) -> Duration {
        let gauges = &self.ground.gauges;
        // A full queue moves by itself.
        let _ = self.parcels.try_send(Parcel::Pulse);
        let now = gauges.pulses();
        if now != self.pulses || !self.watching {
            self.pulses = now;
            service::tell(&[State::Watchdog]);
        }
        gauges.set_waiting(self.intake.len(), self.intake.bytes());
        service::watchdog_interval()
    }

    /// The configuration as it is now, when it is valid and can be gone over to.
    fn reload(&self) -> Option<Config> {
        let old = &self.ground.config;
        let config = match load(&old.file) {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%error, "the configuration is not valid; the one before holds");
                return None;
            }
        };
        if config.state != old.state {
            tracing::error!("another state folder needs a restart; the configuration before holds");
            return None;
        }
        if config.output != old.output {
            let (from, to) = (old.output.display(), config.output.display());
            tracing::error!(%from, %to, "another `output` needs a restart, with the records and the log moved; the configuration before holds");
            return None;
        }
        if let Some(address) = config.web.listen.filter(|_| config.web.listen != old.web.listen)
            && let Err(error) = std::net::TcpListener::bind(address)
        {
            tracing::error!(%address, %error, "`web.listen` cannot be gone over to; the configuration before holds");
            return None;
        }
        if let Err(error) = super::make_folders(&config) {
            tracing::error!(%error, "the configuration cannot be gone over to; the one before holds");
            return None;
        }
        tracing::info!(file = %old.file.display(), "the configuration is read again; what is under way is finished first");
        service::tell_reloading();
        Some(config)
    }

    async fn next_event(&mut self, signals: &mut Signals, next_rescan: Instant, next_pulse: Instant) -> Event {
        let due = self.intake.next_due().filter(|_| !self.looking);
        let canary = self.watcher.canary_due();
        let others = [due, canary, self.room.next()].into_iter().flatten().min();
        let due = others.unwrap_or(next_rescan).min(next_rescan).min(next_pulse);
        tokio::select! {
            biased;
            told = signals.next() => match told {
                Told::Stop(signal) => Event::Stop(signal),
                Told::Look => Event::Rescan,
                Told::Reload => Event::Reload,
            },
            Some(event) = self.events.recv() => event,
            () = self.marks.marked(), if !self.looking => Event::Marked,
            () = tokio::time::sleep_until(due.into()) => {
                let now = Instant::now();
                if now >= next_rescan {
                    Event::Rescan
                } else if now >= next_pulse {
                    Event::Pulse
                } else if canary.is_some_and(|canary| now >= canary) {
                    Event::Canary
                } else {
                    Event::Due
                }
            }
        }
    }

    /// Watches what is there; where that is not possible, scans come more often.
    fn rescan_interval(&mut self) -> Duration {
        let configured = self.ground.config.rescan_interval;
        if self.watcher.refresh() { configured } else { configured.min(UNWATCHED_RESCAN) }
    }

    /// Gives work to whoever is free: a look to the scanner, complete files to the pool.
    fn hand_out(&mut self) {
        if self.room.next().is_some() {
            // It may be there again, also when nothing waits for it.
            self.has_room();
        }
        // What a look left out is found once most of what it saw is answered for.
        self.rescan |= self.cut && self.intake.len() < LOW_WATER;
        if !self.looking {
            let due = self.intake.take_due(Instant::now());
            let marks = self.marks.take();
            let everything = std::mem::take(&mut self.rescan) || marks.everything;
            if everything || !marks.paths.is_empty() || !due.is_empty() {
                let look = Look { everything, marked: marks.paths, due, later: self.watching };
                // One look at a time, so there is always room for it.
                self.looking = self.looks.try_send(look).is_ok();
            }
        }
        while self.intake.has_ready()
            && self.has_room()
            && let Some(job) = self.intake.next_job()
        {
            if let Err(job) = self.pool.submit(job) {
                self.intake.put_back(job);
                break;
            }
        }
    }

    /// There is room for results; said when that changes.
    fn has_room(&mut self) -> bool {
        let (short, changed) = self.room.short(&self.ground.config);
        if changed {
            self.ground.gauges.set_short(short.map(str::to_owned));
            match short {
                Some(short) => tracing::error!(short, "degraded: too little room"),
                None => tracing::info!("there is room again; intake goes on"),
            }
        }
        short.is_none()
    }

    fn looked(&mut self, seen: Seen) {
        if seen.partial {
            return self.intake.note(seen);
        }
        self.looking = false;
        let first = seen.everything && !self.watching;
        let known = seen.known;
        // A look at everything finds what others left out, unless it was cut itself.
        self.cut = seen.cut || (self.cut && !seen.everything);
        self.intake.note(seen);
        if first {
            self.watching = true;
            let inboxes = self.ground.config.inboxes.len();
            self.ground.gauges.set_ready();
            service::tell(&[State::Ready]);
            (self.listener)(Notice::Watching { inboxes, waiting: self.intake.len(), known });
        }
    }

    fn unreadable(&mut self, job: Job, error: &str) {
        let path = show_name(job.path.as_os_str());
        let pause = self.intake.back_off(job);
        tracing::warn!(path, error, retry_in_s = pause.as_secs(), "the file cannot be read yet");
    }

    fn settled(&mut self, settled: Vec<Settled>) {
        for each in settled {
            // An entry of a bundle is no file that anybody waits for.
            if let Some(job) = each.job {
                self.intake.settle(job, each.again);
            }
            let Some(answer) = each.answer else { continue };
            self.ground.gauges.count(&answer.verdict);
            if !matches!(answer.verdict, Verdict::Ignored { .. } | Verdict::Bundle { .. }) {
                self.tally.answered += 1;
            }
            self.tally.records += usize::from(matches!(answer.verdict, Verdict::Done(_)));
            self.tally.quarantined += usize::from(matches!(answer.verdict, Verdict::Quarantined { .. }));
            (self.listener)(Notice::Answered(answer));
        }
    }

    /// Ends the threads in the order of the data, and tells what they still answer for.
    async fn stop(mut self, signals: &mut Signals, end: End) -> Result<End, Fatal> {
        self.ground.stop.set();
        // What only these senders keep open ends now: the scanner, the pool, and after them delivery.
        self.looks = std::sync::mpsc::sync_channel(1).0;
        self.parcels = mpsc::channel(1).0;
        self.threads.extend(self.pool.close());
        self.threads.append(&mut self.keeping);
        loop {
            let event = tokio::select! {
                biased;
                told = signals.next() => match told {
                    Told::Stop(signal) => return Err(Fatal(format!("a second {signal} ended it at once"))),
                    Told::Look | Told::Reload => continue,
                },
                event = self.events.recv() => event,
            };
            match event {
                Some(Event::Settled(settled)) => self.settled(settled),
                Some(_) => {}
                None => break,
            }
        }
        for thread in std::mem::take(&mut self.threads) {
            thread.join().map_err(|_| Fatal::thread_ended())?;
        }
        let Tally { answered, records, quarantined } = self.tally;
        if matches!(end, End::Stop) {
            (self.listener)(Notice::Stopped { answered, records, quarantined });
        }
        Ok(end)
    }

    /// A thread that has ended before the daemon is a bug, and nothing would ever be answered for.
    fn check_threads(&self) -> Result<(), Fatal> {
        let ended = self.threads.iter().any(JoinHandle::is_finished) || self.pool.has_ended();
        if ended { Err(Fatal::thread_ended()) } else { Ok(()) }
    }
}
