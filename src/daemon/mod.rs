//! The daemon: watches inboxes, converts what is complete, delivers it durably, says what became of it.
//!
//! In: a [`Config`]. Out: files, and [`Notice`]s for whoever listens. The only home of tokio, notify and signals.
//! What can go wrong: one source (quarantine), the disk (tried again for as long as it lasts), or what it cannot run
//! without ([`Fatal`]: the process ends with a message and its service manager starts it again).
//!
//! One loop handles one closed set of `Event`s; it never blocks. Around it stand a thread that looks at folders
//! (inbox.rs), threads that convert (pool.rs) and one thread that delivers (deliver.rs); the queues between them are
//! bounded, and the loop alone never waits for room in one, so they cannot wait for each other in a circle.

mod clock;
mod deliver;
mod explain;
mod inbox;
mod journal;
mod keeper;
mod lease;
mod lock;
mod names;
mod plan;
mod pool;
mod ready;
mod report;
mod retry;
mod sandbox;
mod shelf;
mod snapshot;
mod status;
mod verify;
mod watcher;
mod wire;
mod worker;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

pub use clock::now_utc;
pub use explain::{Explanation, explain};
pub use lock::Holder;
pub use names::{IgnoreRule, is_saved_page, show_name};
pub use pool::{STACK_BYTES, convert_stamped, quiet_contained_panics};
pub use report::{Answer, Notice, Refused, Summary, Verdict};
pub use retry::{Retried, Retries, Which, retry};
pub use status::{Status, status};
pub use verify::{Verification, verify};
pub use worker::serve_worker;

use crate::config::{After, Config, conversion_key};
use crate::pipeline::Options;
use crate::record::sha256_hex;
use crate::sink::{Disk, Storage, WriteError};
use deliver::{Delivery, Parcel, Settled};
use inbox::{Intake, Look, Scanner, Seen};
use journal::{JournalError, Reader};
use lock::Lock;
use pool::{Job, Pool};
use ready::is_remote;
use watcher::{Marks, Watcher};
use wire::Setup;

/// Places in the queues to delivery and to the loop.
const QUEUE: usize = 32;
/// With fewer files than this at hand, what a look left out is looked for.
const LOW_WATER: usize = 2_000;
/// How often folders that cannot be watched are scanned, when that is more often than configured.
const UNWATCHED_RESCAN: Duration = Duration::from_secs(5);

/// Everything that can happen.
#[derive(Debug)]
enum Event {
    /// Paths were marked.
    Marked,
    /// A quiet window has passed.
    Due,
    /// It is time to look at everything.
    Rescan,
    /// A look is done.
    Looked(Seen),
    /// A file changed or went while it was read.
    Elusive(Job),
    /// A file could not be read; it may pass.
    Unreadable(Job, String),
    /// Files are answered for, durably.
    Settled(Vec<Settled>),
    /// The process is to end.
    Stop(&'static str),
}

/// Why the daemon cannot go on.
#[derive(Debug)]
pub struct Fatal(String);

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fatal {}

impl Fatal {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |error| Self(format!("cannot {doing} {path}: {error}"))
    }

    // `map_err` hands its error over.
    #[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
    fn journal(error: JournalError) -> Self {
        Self(error.to_string())
    }

    #[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
    fn write(error: WriteError) -> Self {
        Self(error.to_string())
    }

    fn thread_ended() -> Self {
        Self("a thread ended by a bug; please report the message before this one".to_owned())
    }

    #[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
    fn thread(error: io::Error) -> Self {
        Self(format!("cannot start a thread: {error}"))
    }
}

/// What every part knows.
#[derive(Debug)]
struct Ground {
    config: Config,
    options: Options,
    /// Per inbox, the versions that decide whether a content is known.
    keys: Vec<String>,
    /// Version of the tool and limits: a failure holds for these only.
    attempt: String,
    /// What every converting process is told first.
    setup: Vec<u8>,
    /// What keeps converting processes from files and networks, once one has run.
    sandbox: OnceLock<String>,
    /// Per inbox: its files can change without this machine knowing. Looked up with every scan, for things are mounted late.
    remote: Vec<AtomicBool>,
    /// Handle what is there, then end.
    once: bool,
    stop: StopFlag,
}

impl Ground {
    fn new(config: Config, once: bool) -> Self {
        let options = Options { limits: config.limits.clone(), catalog: config.catalog.clone() };
        let key = |inbox: &crate::config::Inbox| conversion_key(&config.catalog, inbox.pipeline.as_deref());
        let keys = config.inboxes.iter().map(key).collect();
        let remote = config.inboxes.iter().map(|inbox| AtomicBool::new(is_remote(&inbox.path))).collect();
        let limits = sha256_hex(format!("{:?}", config.limits).as_bytes());
        let attempt = format!("{} {}", env!("CARGO_PKG_VERSION"), limits.get(..16).unwrap_or_default());
        let setup = Setup { texts: config.catalog_texts.clone(), limits: config.limits.clone() };
        // Texts and numbers; a process that is told nothing ends, and says so.
        let setup = serde_json::to_vec(&setup).unwrap_or_default();
        let (sandbox, stop) = (OnceLock::new(), StopFlag::default());
        Self { config, options, keys, attempt, setup, sandbox, remote, once, stop }
    }

    fn key(&self, inbox: usize) -> &str {
        self.keys.get(inbox).map_or("", String::as_str)
    }

    fn is_remote(&self, inbox: usize) -> bool {
        self.remote.get(inbox).is_some_and(|remote| remote.load(Ordering::Relaxed))
    }

    /// The kernel knows every writer of local files only.
    fn asks_for_leases(&self, inbox: usize) -> bool {
        self.config.leases && !self.is_remote(inbox)
    }

    /// How long a file of this inbox must not change before it counts as complete.
    fn quiet_window(&self, inbox: usize) -> Duration {
        if self.is_remote(inbox) { self.config.network_quiet_window } else { self.config.quiet_window }
    }

    fn journal_path(&self) -> PathBuf {
        self.config.state.join("journal.sqlite3")
    }
}

/// Set once, when the process is to end.
#[derive(Debug, Default)]
struct StopFlag {
    /// Since when.
    set: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl StopFlag {
    fn is_set(&self) -> bool {
        self.since().is_some()
    }

    /// For how long it has been set.
    fn since(&self) -> Option<Duration> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since.elapsed())
    }

    fn set(&self) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        self.changed.notify_all();
    }

    /// Waits; true when the process is to end.
    fn wait(&self, pause: Duration) -> bool {
        let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(set, pause, |set| set.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }
}

/// Runs the daemon until a signal ends it, or with `once` until everything that was there is answered for.
///
/// # Errors
/// When it cannot begin: folders, journal, another daemon on the same state folder.
pub fn run(config: Config, once: bool, listener: &mut dyn FnMut(Notice)) -> Result<(), Fatal> {
    let lock = prepare_folders(&config)?;
    lease::ignore_lease_breaks();
    let ground = Arc::new(Ground::new(config, once));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fatal(format!("cannot start the event loop: {error}")))?;
    runtime.block_on(async { Loop::start(&ground, lock, listener)?.serve().await })
}

/// Creates what is missing and takes the lock that keeps a second daemon off the same state.
fn prepare_folders(config: &Config) -> Result<Lock, Fatal> {
    let inboxes = config.inboxes.iter().map(|inbox| &inbox.path);
    for folder in inboxes.chain([&config.output, &config.archive, &config.quarantine, &config.state]) {
        fs::create_dir_all(folder).map_err(Fatal::io("create the folder", folder))?;
    }
    Lock::take(&config.state)
}

/// The event loop's own state.
struct Loop<'a> {
    ground: Arc<Ground>,
    lock: Lock,
    listener: &'a mut dyn FnMut(Notice),
    events: mpsc::Receiver<Event>,
    parcels: mpsc::Sender<Parcel>,
    looks: std::sync::mpsc::SyncSender<Look>,
    pool: Pool,
    threads: Vec<JoinHandle<()>>,
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
}

#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    records: usize,
    quarantined: usize,
}

impl<'a> Loop<'a> {
    fn start(ground: &Arc<Ground>, lock: Lock, listener: &'a mut dyn FnMut(Notice)) -> Result<Self, Fatal> {
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let delivery = Delivery::open(ground, storage)?;
        let (events_in, events) = mpsc::channel(QUEUE);
        let (parcels, parcels_out) = mpsc::channel(QUEUE);
        let (looks, looks_out) = std::sync::mpsc::sync_channel::<Look>(1);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Fatal::thread)
        };
        let pool = Pool::start(ground, &parcels, &events_in)?;
        let reader = Reader::open(&ground.journal_path()).map_err(Fatal::journal)?;
        let scanner = Scanner::new(Arc::clone(ground), reader, parcels.clone());
        let events_of_scanner = events_in.clone();
        let scan = move || {
            while let Ok(look) = looks_out.recv() {
                // The loop listens for as long as this thread lives.
                let _ = events_of_scanner.blocking_send(Event::Looked(scanner.look(&look)));
            }
        };
        let deliver = move || delivery.serve(parcels_out, &events_in);
        let threads = vec![spawn("scan", Box::new(scan))?, spawn("deliver", Box::new(deliver))?];
        let marks = Arc::new(Marks::default());
        let inboxes = ground.config.inboxes.iter().map(|inbox| (inbox.path.as_path(), inbox.recursive));
        let watcher = Watcher::new(inboxes, &marks);
        let intake = Intake::new(ground.once);
        Ok(Self {
            ground: Arc::clone(ground),
            lock,
            listener,
            events,
            parcels,
            looks,
            pool,
            threads,
            marks,
            watcher,
            intake,
            looking: false,
            rescan: true,
            cut: false,
            watching: false,
            tally: Tally::default(),
        })
    }

    async fn serve(mut self) -> Result<(), Fatal> {
        let mut signals = Signals::new()?;
        (self.listener)(Notice::Started {
            inboxes: self.ground.config.inboxes.iter().map(|each| (each.name.clone(), each.path.clone())).collect(),
            output: self.ground.config.output.clone(),
            quarantine: self.ground.config.quarantine.clone(),
        });
        // Watches first, the scan after them: what comes in between is seen by both rather than by none.
        let mut next_rescan = Instant::now() + self.rescan_interval();
        loop {
            self.hand_out();
            if self.ground.once && self.watching && !self.looking && !self.rescan && !self.cut && self.intake.is_idle()
            {
                break;
            }
            let event = self.next_event(&mut signals, next_rescan).await;
            match event {
                Event::Marked | Event::Due => {}
                Event::Rescan => {
                    self.check_threads()?;
                    if let Some(sandbox) = self.ground.sandbox.get() {
                        self.lock.note_sandbox(sandbox);
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
                Event::Stop(signal) => {
                    tracing::info!(signal, "stopping; what is under way is finished");
                    break;
                }
            }
        }
        self.stop(&mut signals).await
    }

    async fn next_event(&mut self, signals: &mut Signals, next_rescan: Instant) -> Event {
        let due = self.intake.next_due().filter(|_| !self.looking);
        let due = due.unwrap_or(next_rescan).min(next_rescan);
        tokio::select! {
            biased;
            told = signals.next() => match told {
                Told::Stop(signal) => Event::Stop(signal),
                Told::Look => Event::Rescan,
            },
            Some(event) = self.events.recv() => event,
            () = self.marks.marked(), if !self.looking => Event::Marked,
            () = tokio::time::sleep_until(due.into()) => {
                if Instant::now() >= next_rescan { Event::Rescan } else { Event::Due }
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
        // What a look left out is found once most of what it saw is answered for.
        self.rescan |= self.cut && self.intake.len() < LOW_WATER;
        if !self.looking {
            let due = self.intake.take_due(Instant::now());
            let marks = self.marks.take();
            let everything = std::mem::take(&mut self.rescan) || marks.everything;
            if everything || !marks.paths.is_empty() || !due.is_empty() {
                let look = Look { everything, marked: marks.paths, due };
                // One look at a time, so there is always room for it.
                self.looking = self.looks.try_send(look).is_ok();
            }
        }
        while let Some(job) = self.intake.next_job() {
            if let Err(job) = self.pool.submit(job) {
                self.intake.put_back(job);
                break;
            }
        }
    }

    fn looked(&mut self, seen: Seen) {
        self.looking = false;
        let first = seen.everything && !self.watching;
        let known = seen.known;
        // A look at everything finds what others left out, unless it was cut itself.
        self.cut = seen.cut || (self.cut && !seen.everything);
        self.intake.note(seen);
        if first {
            self.watching = true;
            let inboxes = self.ground.config.inboxes.len();
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
            self.intake.settle(each.job, each.again);
            let Some(answer) = each.answer else { continue };
            if !matches!(answer.verdict, Verdict::Ignored { .. }) {
                self.tally.answered += 1;
            }
            self.tally.records += usize::from(matches!(answer.verdict, Verdict::Done(_)));
            self.tally.quarantined += usize::from(matches!(answer.verdict, Verdict::Quarantined { .. }));
            (self.listener)(Notice::Answered(answer));
        }
    }

    /// Ends the threads in the order of the data, and tells what they still answer for.
    async fn stop(mut self, signals: &mut Signals) -> Result<(), Fatal> {
        self.ground.stop.set();
        // What only these senders keep open ends now: the scanner, the pool, and after them delivery.
        self.looks = std::sync::mpsc::sync_channel(1).0;
        self.parcels = mpsc::channel(1).0;
        self.threads.extend(self.pool.close());
        loop {
            let event = tokio::select! {
                biased;
                told = signals.next() => match told {
                    Told::Stop(signal) => return Err(Fatal(format!("a second {signal} ended it at once"))),
                    Told::Look => continue,
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
        (self.listener)(Notice::Stopped { answered, records, quarantined });
        Ok(())
    }

    /// A thread that has ended before the daemon is a bug, and nothing would ever be answered for.
    fn check_threads(&self) -> Result<(), Fatal> {
        let ended = self.threads.iter().any(JoinHandle::is_finished) || self.pool.has_ended();
        if ended { Err(Fatal::thread_ended()) } else { Ok(()) }
    }
}

/// The signals that the process listens to.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    look: Signal,
}

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// End in order: SIGTERM, SIGINT.
    Stop(&'static str),
    /// Look at everything now: SIGUSR1.
    Look,
}

impl Signals {
    fn new() -> Result<Self, Fatal> {
        let listen = |kind| signal(kind).map_err(|error| Fatal(format!("cannot listen for signals: {error}")));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            look: listen(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Told::Stop("SIGINT"),
            _ = self.look.recv() => Told::Look,
        }
    }
}
