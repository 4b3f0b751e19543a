//! The conversions: a bounded set of threads that each take a snapshot, have it converted by a process of their own
//! (keeper.rs, worker.rs) and hand on what came of it.
//!
//! In: paths of complete files. Out: [`Work`] for delivery, [`Event`] for files that are to be looked at again. What can
//! go wrong: whatever a document does to the converter. A panic is contained and becomes an `internal` error; time and
//! memory have limits of that name; a process that dies for no such reason is tried again [`CRASHES`] times in all.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::io::Errno;
use tokio::sync::mpsc::Sender;

use super::clock::now_utc;
use super::deliver::Parcel;
use super::journal::{Cost, DocumentRow, DocumentState, Reader, SourceKey, Stamp};
use super::keeper::{Converted, Fault, Keeper};
use super::names::{IgnoreRule, path_within, show_name};
use super::recall::is_intact;
use super::snapshot::{Snapshot, take_snapshot};
use super::wire::{Answer, EntryAnswer};
use super::{Event, Fatal, Ground};
use crate::error::{Bilingual, Error, ErrorKind, Result};
use crate::pipeline::{Hints, Options, convert};
use crate::record::Record;

/// Stack of a converting thread in bytes: documents nest, and readers follow them.
pub const STACK_BYTES: usize = 32 << 20;
/// A file that cannot be read is tried this often before it goes to quarantine.
const TRIES: u32 = 5;

/// A document whose process dies is tried this often before it goes to quarantine.
const CRASHES: u32 = 3;

/// One complete file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// Index of the inbox.
    pub(super) inbox: usize,
    /// Path in it.
    pub(super) path: PathBuf,
    /// What it was when it was judged to be complete.
    pub(super) stamp: Stamp,
    /// How often it could not be read before.
    pub(super) tries: u32,
}

/// What came of one file, to be delivered.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) job: Job,
    pub(super) received_at: String,
    pub(super) stamp: Stamp,
    pub(super) sha256: Option<String>,
    /// It is an entry of a bundle, not a file of its own.
    pub(super) of_bundle: bool,
    /// Bytes of an entry of a bundle that gave no record.
    pub(super) kept: Option<Vec<u8>>,
    pub(super) cost: Cost,
    pub(super) outcome: Outcome,
}

impl Work {
    /// It is not a bundle whose entries are still to be handed on.
    pub(super) fn is_single(&self) -> bool {
        !matches!(&self.outcome, Outcome::Bundle(entries, _) if !entries.is_empty())
    }
}

/// How it came out.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A record, its `run` stamped but for what it supersedes.
    Converted(Box<Record>),
    /// A bundle: its entries, each with an outcome of its own, until they are handed on, and their number.
    Bundle(Vec<Work>, usize),
    /// No record comes out of it.
    Refused(Error),
    /// The journal knows this content.
    Known,
    /// A rule passes it over.
    Ignored(&'static str),
}

/// The threads.
#[derive(Debug)]
pub(super) struct Pool {
    /// `None` once closed.
    jobs: Option<mpsc::SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts the threads.
    pub(super) fn start(
        ground: &Arc<Ground>,
        parcels: &Sender<Parcel>,
        events: &Sender<Event>,
    ) -> std::result::Result<Self, Fatal> {
        let (jobs, queue) = mpsc::sync_channel(ground.config.workers * 2);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::new();
        for number in 0..ground.config.workers {
            let mut hand = Hand {
                keeper: Keeper::new(Arc::clone(ground)),
                reader: Reader::open(&ground.journal_path()).map_err(Fatal::journal)?,
                ground: Arc::clone(ground),
                parcels: parcels.clone(),
                events: events.clone(),
            };
            let queue = Arc::clone(&queue);
            let builder = thread::Builder::new().name(format!("convert-{number}"));
            threads.push(builder.spawn(move || hand.serve(&queue)).map_err(Fatal::thread)?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Hands out a file, or gives it back when all hands are full.
    pub(super) fn submit(&self, job: Job) -> std::result::Result<(), Job> {
        let Some(jobs) = &self.jobs else { return Err(job) };
        jobs.try_send(job).map_err(|error| match error {
            mpsc::TrySendError::Full(job) | mpsc::TrySendError::Disconnected(job) => job,
        })
    }

    /// Lets the threads end once they have finished what is under way.
    pub(super) fn close(&mut self) -> Vec<JoinHandle<()>> {
        self.jobs = None;
        std::mem::take(&mut self.threads)
    }

    /// A thread has ended that should not have.
    pub(super) fn has_ended(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }
}

/// One thread's tools.
struct Hand {
    keeper: Keeper,
    ground: Arc<Ground>,
    reader: Reader,
    parcels: Sender<Parcel>,
    events: Sender<Event>,
}

impl Hand {
    fn serve(&mut self, queue: &Mutex<mpsc::Receiver<Job>>) {
        loop {
            let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = job else { return };
            if self.ground.stop.is_set() {
                continue;
            }
            // Both receivers live until this thread has ended.
            match self.handle(&job) {
                Ok(Some(work)) => drop(self.parcels.blocking_send(Parcel::Work(Box::new(work)))),
                Ok(None) => drop(self.events.blocking_send(Event::Elusive(job))),
                Err(error) => drop(self.events.blocking_send(Event::Unreadable(job, error.to_string()))),
            }
        }
    }

    /// `None` when the file is to be looked at again.
    fn handle(&mut self, job: &Job) -> std::io::Result<Option<Work>> {
        let ground = Arc::clone(&self.ground);
        let Some(inbox) = ground.config.inboxes.get(job.inbox) else { return Ok(None) };
        let received_at = now_utc();
        let limit = self.ground.config.limits.input_bytes;
        let mut cost = Cost::default();
        let work = |sha256, stamp, cost, outcome| {
            Ok(Some(Work {
                job: job.clone(),
                received_at: received_at.clone(),
                stamp,
                sha256,
                of_bundle: false,
                kept: None,
                cost,
                outcome,
            }))
        };
        match take_snapshot(&inbox.path, &job.path, limit, self.ground.asks_for_leases(job.inbox)) {
            // Whoever wrote to it since may not be done.
            Ok(Snapshot::Whole { stamp, .. } | Snapshot::TooLarge { stamp, .. }) if stamp != job.stamp => Ok(None),
            Ok(Snapshot::Whole { bytes, sha256, stamp }) => {
                let outcome = if self.is_known(job, &sha256) {
                    Outcome::Known
                } else {
                    match self.convert(job, &received_at, &bytes, &mut cost) {
                        Ok(Ok(Converted::Record(record))) => Outcome::Converted(record),
                        Ok(Ok(Converted::Bundle(answers))) => self.bundle(job, &received_at, stamp, answers),
                        Ok(Err(error)) => Outcome::Refused(error),
                        Err(Fault::Stopping) => return Ok(None),
                        Err(Fault::Died(end)) if job.tries + 1 >= CRASHES => Outcome::Refused(died(&end)),
                        Err(Fault::Died(end)) => return Err(std::io::Error::other(died(&end).message().en)),
                    }
                };
                work(Some(sha256), stamp, cost, outcome)
            }
            Ok(Snapshot::TooLarge { sha256, stamp }) => {
                work(Some(sha256), stamp, cost, Outcome::Refused(Error::limit("input_bytes", limit)))
            }
            Ok(Snapshot::Changed | Snapshot::Gone) => Ok(None),
            Err(error) if job.tries + 1 >= TRIES && (is_lasting(&error) || self.ground.once) => {
                let stamp = std::fs::symlink_metadata(inbox.path.join(&job.path)).map(|found| Stamp::of(&found))?;
                work(None, stamp, cost, Outcome::Refused(Error::new(ErrorKind::Unreadable, error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    /// A hint that saves a conversion; delivery decides. A journal that does not answer is no reason to stop here.
    fn is_known(&self, job: &Job, sha256: &str) -> bool {
        let content = self.reader.content(sha256, self.ground.key(job.inbox), &self.ground.attempt);
        let stands =
            |found: DocumentRow| found.state != DocumentState::Current || is_intact(&self.ground.config, &found);
        content.is_ok_and(|found| found.is_some_and(stands))
    }

    fn convert(
        &mut self,
        job: &Job,
        received_at: &str,
        bytes: &[u8],
        cost: &mut Cost,
    ) -> std::result::Result<Result<Converted>, Fault> {
        let hints = self.ground.hints(job.inbox, &job.path);
        let mut outcome = self.keeper.convert(hints, bytes, cost)?;
        if let Ok(Converted::Record(record)) = &mut outcome {
            record.run.received_at = Some(received_at.to_owned());
        }
        Ok(outcome)
    }

    /// The works of a bundle's entries. When none gives a record, the bundle itself is what cannot be converted.
    fn bundle(&self, job: &Job, received_at: &str, stamp: Stamp, answers: Vec<EntryAnswer>) -> Outcome {
        if !answers.iter().any(|entry| matches!(entry.answer, Answer::Record(_))) {
            if let Some(error) = common_refusal(&answers) {
                return Outcome::Refused(error);
            }
            let detail = ("ZIP，其中没有可转换的文件", "a ZIP archive without a file that can be converted");
            return Outcome::Refused(Error::new(ErrorKind::Archive, detail));
        }
        let work = |entry: EntryAnswer| {
            let path = path_within(&job.path, &entry.name);
            let is_link = matches!(entry.answer, Answer::Link);
            let outcome = match Result::from(entry.answer) {
                _ if is_link => Outcome::Ignored(IgnoreRule::Symlink.name()),
                Ok(mut record) => {
                    record.run.received_at = Some(received_at.to_owned());
                    Outcome::Converted(record)
                }
                Err(error) => Outcome::Refused(error),
            };
            let stamp = Stamp { size: entry.size, ..stamp };
            Work {
                job: Job { path, stamp, ..job.clone() },
                received_at: received_at.to_owned(),
                stamp,
                sha256: entry.sha256,
                of_bundle: true,
                kept: entry.kept,
                cost: Cost { wall_ms: Some(entry.time.wall_ms), cpu_ms: Some(entry.time.cpu_ms), ..Cost::default() },
                outcome,
            }
        };
        let count = answers.iter().filter(|entry| !matches!(entry.answer, Answer::Link)).count();
        Outcome::Bundle(answers.into_iter().map(work).collect(), count)
    }
}

/// Why nothing came out of a bundle, where every document in it says the same and unpacking would not help.
fn common_refusal(answers: &[EntryAnswer]) -> Option<Error> {
    let mut codes = answers.iter().filter_map(|entry| match &entry.answer {
        Answer::Refused { code, detail, .. } => Some((entry, code, detail)),
        _ => None,
    });
    let (first, code, detail) = codes.next()?;
    let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == code)?;
    let lasting = [ErrorKind::LimitExceeded, ErrorKind::Encrypted, ErrorKind::Malformed, ErrorKind::Truncated];
    // What could not even be taken out has no hash.
    let helpless = first.sha256.is_none() || lasting.contains(&kind);
    let detail = Bilingual { zh: detail.zh.clone(), en: detail.en.clone() };
    (helpless && codes.all(|(_, other, _)| other == code)).then(|| Error::new(kind, detail).at(first.name.clone()))
}

impl Ground {
    /// What a conversion is told of a file.
    pub(super) fn hints(&self, inbox: usize, path: &Path) -> Hints {
        let inbox = self.config.inboxes.get(inbox);
        Hints {
            name: path.file_name().map(show_name).unwrap_or_default(),
            path: show_name(path.as_os_str()),
            inbox: inbox.map(|inbox| inbox.name.clone()),
            container: None,
            pipeline: inbox.and_then(|inbox| inbox.pipeline.clone()),
            levels: inbox.map(|inbox| inbox.levels.clone()).unwrap_or_default(),
        }
    }

    /// Which file of which inbox.
    pub(super) fn source_key(&self, inbox: usize, path: &Path) -> SourceKey {
        use std::os::unix::ffi::OsStrExt as _;
        let name = self.config.inboxes.get(inbox).map(|inbox| inbox.name.clone()).unwrap_or_default();
        SourceKey { inbox: name, path: path.as_os_str().as_bytes().to_vec() }
    }
}

/// A process that ended without an answer.
pub(super) fn died(end: &str) -> Error {
    let en = format!("the converting process died: {end}");
    Error::new(ErrorKind::Internal, Bilingual { zh: format!("转换进程意外终止：{end}"), en })
}

/// Refusals that do not pass by themselves. Others (a full table, a failing disk) are waited for.
fn is_lasting(error: &std::io::Error) -> bool {
    [Errno::ACCESS, Errno::PERM].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Converts and stamps when that was and how long it took. A panic becomes an `internal` error with its place.
///
/// # Errors
/// Those of [`convert`], and `internal` for a panic.
pub fn convert_stamped(bytes: &[u8], hints: &Hints, options: &Options) -> Result<Record> {
    let start = Instant::now();
    let mut record = contain(|| convert(bytes, hints, options))?;
    record.run.converted_at = Some(now_utc());
    record.run.duration_ms = Some(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
    Ok(record)
}

thread_local! {
    /// Set while a panic on this thread is contained: what the hook saw of it.
    static CONTAINED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs something that must not take the process with it.
///
/// # Errors
/// Its own, and `internal` when it panics.
pub fn contain<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    CONTAINED.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    let place = CONTAINED.take().unwrap_or_default();
    outcome.unwrap_or_else(|payload| {
        let detail = format!("panic: {}{place}", panic_text(&*payload));
        Err(Error::new(ErrorKind::Internal, detail))
    })
}

/// Keeps contained panics off the terminal; their place goes into the error instead. Other panics are shown as ever.
pub fn quiet_contained_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let contained = CONTAINED.with_borrow_mut(|place| {
            let contained = place.is_some();
            if let (Some(place), Some(at)) = (place.as_mut(), info.location()) {
                *place = format!(" at {}:{}", at.file(), at.line());
            }
            contained
        });
        if !contained {
            usual(info);
        }
    }));
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error() {
        quiet_contained_panics();
        let error = contain::<()>(|| panic!("the sky fell")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.to_string().contains("the sky fell at src/daemon/pool.rs:"), "{error}");
        assert_eq!(contain(|| Ok(1)), Ok(1));
    }
}
