//! The durable order from "converted" to "source put away".
//!
//! In: [`Work`] from the pool. Out: files, journal rows, log lines, and [`Event::Settled`] once they are durable. The
//! order, for a batch of works at a time:
//!
//! 1. plans are written into the journal (`intents`);
//! 2. outputs are written beside their place, flushed, renamed, their folders flushed;
//! 3. one transaction notes what became of the sources and puts the log lines into the outbox;
//!    (and what of them does not agree with other reports of their unit, kin.rs);
//! 4. the log gets the lines that it does not have yet; the journal notes how far it is;
//! 5. replaced records are moved aside, reviews written;
//! 6. sources are put away, and that is noted.
//!
//! A crash between any two leaves either a source that is converted again to the same bytes, or rows that say what is
//! still to be done; [`Delivery::open`] does it. What can go wrong: the disk is full or fails; each step is tried again
//! for as long as that lasts, then the next, so nothing is half done and nothing is lost.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::oneshot;

use super::clock::now_utc;
use super::housekeeping::{Old, remove_all};
use super::journal::{Journal, JournalError, Plan, SourceKey, SourceRow, is_blank, remove};
use super::kin;
use super::names::{file_of, show_path};
use super::plan::{Action, Decision, decide};
use super::pool::{Job, Outcome, Work};
use super::report::Answer;
use super::retry::{Retried, retry_entry};
use super::reviews::{Unsettled, settle_reviews};
use super::shelf::{Shelf, Shelved, is_plain, place_of};
use super::status::has_delivered;
use super::verify::lost_beginning;
use super::{After, Event, Fatal, Ground};
use crate::config::Config;
use crate::record::LogBody;
use crate::sink::{LogWriter, RecordStore, Storage, WriteError, sweep_temporary, sync_folders, write_atomic};

/// Works that share their flushes and transactions.
const BATCH: usize = 32;
/// Outputs that are written and flushed at the same time.
const WRITERS: usize = 8;
/// Where in quarantine entries go whose sources have a better answer by now.
pub(super) const RESOLVED: &str = "resolved";
/// Rows or lines taken from the journal at a time.
const PAGE: u32 = 512;
/// First and longest wait before a failed step is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(if cfg!(test) { 1 } else { 500 }), Duration::from_secs(30));

/// What delivery is asked to do.
#[derive(Debug)]
pub(super) enum Parcel {
    /// Deliver this.
    Work(Box<Work>),
    /// Note these, which rules pass over; no two of the same path.
    Ignored(Vec<Work>),
    /// Try again to put away sources that could not be moved.
    PutAway,
    /// Remove these, which are older than anybody wants to keep.
    Remove(Vec<Old>),
    /// Note what somebody decided; told once that is durable.
    Decide(Box<LogBody>, oneshot::Sender<()>),
    /// Try this entry of quarantine again; told what was done, or why nothing.
    Retry(String, oneshot::Sender<Result<Option<Retried>, Fatal>>),
    /// Show that you are alive.
    Pulse,
}

/// A file that is answered for, or is to be looked at again (`answer` is `None` and `again` is true).
#[derive(Debug)]
pub(super) struct Settled {
    /// `None` for an entry of a bundle.
    pub(super) job: Option<Job>,
    pub(super) again: bool,
    pub(super) answer: Option<Answer>,
}

/// A step that failed and can be tried again.
#[derive(Debug)]
enum Failure {
    Write(WriteError),
    Journal(JournalError),
}

/// Journal, log and records in one hand.
#[derive(Debug)]
pub(super) struct Delivery {
    ground: Arc<Ground>,
    storage: Arc<dyn Storage>,
    journal: Journal,
    log: LogWriter,
    records: RecordStore,
    /// Why the last source that could not be put away could not.
    stuck: Option<String>,
}

impl Delivery {
    /// Opens everything and finishes what an earlier run left undone.
    pub(super) fn open(ground: &Arc<Ground>, storage: Arc<dyn Storage>) -> Result<Self, Fatal> {
        let config = &ground.config;
        ground.gauges.set_doing("opening the journal");
        let journal = open_journal(ground, &storage)?;
        ground.gauges.set_doing("looking at what the last run left");
        let records = RecordStore::new(&config.output, Arc::clone(&storage));
        let swept = records.sweep().map_err(Fatal::write)?
            + sweep_temporary(&*storage, &config.quarantine).map_err(Fatal::write)?;
        let shelf = Shelf { storage: &*storage, root: &config.archive };
        let swept = swept + usize::from(shelf.sweep().map_err(Fatal::io("clear", &config.archive))?);
        if swept > 0 {
            tracing::info!(files = swept, "removed files that were half written when the last run ended");
        }
        let head = journal.log_head().map_err(Fatal::journal)?;
        if let Some(lost) = lost_beginning(config, journal.log_first().map_err(Fatal::journal)?, head.seq)? {
            tracing::warn!(lost, "the reconciliation log is not whole");
        }
        let log = LogWriter::open(&config.output, Arc::clone(&storage), config.rotate_bytes, head);
        let log = log.map_err(Fatal::write)?.in_zone(config.zone_minutes);
        let mut delivery = Self { ground: Arc::clone(ground), storage, journal, log, records, stuck: None };
        delivery.journal.logged(delivery.log.head()).map_err(Fatal::journal)?;
        delivery.note_old()?;
        ground.gauges.set_doing("finishing what the last run began");
        delivery.replay().map_err(Fatal::failure)?;
        delivery.warn_of_lost_records()?;
        delivery.finish().map_err(Fatal::failure)?;
        delivery.put_away_all().map_err(Fatal::failure)?;
        Ok(delivery)
    }

    /// What this version notes and an earlier one did not: once, for as long as that takes, unless the daemon is to stop.
    fn note_old(&mut self) -> Result<(), Fatal> {
        let ground = Arc::clone(&self.ground);
        let go_on = |what: &str, done: usize, all: usize| {
            ground.gauges.set_doing(&format!("{what}: {done} of {all}"));
            !ground.stop.is_set()
        };
        let noting = |done, all| go_on("noting what the records of an earlier version say", done, all);
        let listing = |done, all| go_on("listing what the journal of an earlier version has", done, all);
        let noted = kin::note_old_records(&mut self.journal, &ground.config.output, &noting).map_err(Fatal::journal)?;
        // What was done is noted, and the next start goes on from there.
        if noted && self.journal.list_old(&listing).map_err(Fatal::journal)? {
            return Ok(());
        }
        Err(Fatal("the start was ended before everything was noted".to_owned()))
    }

    /// Delivers until no more can come.
    pub(super) fn serve(mut self, mut parcels: Receiver<Parcel>, events: &Sender<Event>) {
        let mut queue = VecDeque::new();
        while let Some(parcel) = queue.pop_front().or_else(|| parcels.blocking_recv()) {
            self.ground.gauges.beat();
            let Some(mut work) = self.take_other(parcel, events) else { continue };
            if let Outcome::Bundle(entries, _) = &mut work.outcome
                && !entries.is_empty()
            {
                // The bundle itself comes last: when it is answered for, so is everything in it.
                let entries = std::mem::take(entries);
                queue.push_front(Parcel::Work(work));
                entries.into_iter().rev().for_each(|entry| queue.push_front(Parcel::Work(Box::new(entry))));
                continue;
            }
            let mut batch = Batch::with(*work, &self.ground);
            while batch.works.len() < BATCH
                && let Some(parcel) = queue.pop_front().or_else(|| parcels.try_recv().ok())
            {
                match parcel {
                    Parcel::Work(work) if work.is_single() && batch.is_apart(&work, &self.ground) => {
                        batch.push(*work, &self.ground);
                    }
                    other => {
                        queue.push_front(other);
                        break;
                    }
                }
            }
            let settled = self.deliver(batch.works);
            // The loop outlives this thread.
            let _ = events.blocking_send(Event::Settled(settled));
        }
    }

    /// Does what a parcel asks for, unless it is work.
    fn take_other(&mut self, parcel: Parcel, events: &Sender<Event>) -> Option<Box<Work>> {
        match parcel {
            Parcel::Work(work) => return Some(work),
            Parcel::Pulse => {}
            Parcel::Ignored(works) => {
                let settled = self.deliver(works);
                let _ = events.blocking_send(Event::Settled(settled));
            }
            Parcel::Remove(old) => remove_all(&self.ground.config, &*self.storage, &mut self.journal, &old),
            Parcel::PutAway => {
                if let Err(failure) = self.put_away_all() {
                    tracing::warn!(error = %failure, "sources could not be put away");
                }
            }
            Parcel::Decide(decision, done) => {
                let ground = Arc::clone(&self.ground);
                let at = now_utc();
                let noted = persist(&ground, || Ok(self.journal.decide(&decision, &at)?));
                if noted.and_then(|()| persist(&ground, || self.finish())).is_some() {
                    // Whoever asked may not wait any more.
                    let _ = done.send(());
                    ground.gauges.tell_change();
                }
            }
            Parcel::Retry(entry, done) => {
                let outcome = retry_entry(&self.ground.config, &mut self.journal, &entry);
                let _ = done.send(outcome);
                self.ground.gauges.tell_change();
            }
        }
        None
    }

    /// Carries a batch through all steps.
    fn deliver(&mut self, works: Vec<Work>) -> Vec<Settled> {
        let ground = Arc::clone(&self.ground);
        let mut rows = Vec::new();
        let mut actions = Vec::new();
        let mut settled = Vec::new();
        for work in works {
            let Some(decision) = persist(&ground, || Ok(decide(&ground, &self.journal, &work)?)) else { continue };
            let mut answer = None;
            let again = matches!(decision, Decision::LookAgain);
            match decision {
                Decision::LookAgain => {}
                Decision::Unchanged(row) => rows.push(*row),
                Decision::Act(action) => {
                    answer = Some(Answer {
                        inbox: action.plan.source.key.inbox.clone(),
                        path: show_path(&action.plan.source.key.path),
                        verdict: action.verdict.clone(),
                    });
                    actions.push(*action);
                }
            }
            settled.push(Settled { job: (!work.of_bundle).then_some(work.job), again, answer });
        }
        if self.carry_out(&ground, &actions, rows).is_none() {
            // Stopping while the disk fails: the journal and the inboxes still know everything.
            settled.iter_mut().for_each(|each| each.answer = None);
        }
        settled
    }

    /// Steps 1 to 6. `None` when the daemon is to stop while a step keeps failing.
    fn carry_out(&mut self, ground: &Ground, actions: &[Action], rows: Vec<SourceRow>) -> Option<()> {
        let with_output: Vec<&Plan> = actions.iter().map(|each| &each.plan).filter(|p| p.output.is_some()).collect();
        let mut intents = Vec::new().into_iter();
        if !with_output.is_empty() {
            intents = persist(ground, || Ok(self.journal.intend(&with_output)?))?.into_iter();
        }
        self.write_outputs(ground, actions)?;
        let folders = with_output.iter().filter_map(|plan| as_path(&plan.output.as_ref()?.0).parent());
        let folders: BTreeSet<PathBuf> = folders.map(Path::to_owned).collect();
        persist(ground, || Ok(sync_folders(&*self.storage, &folders)?))?;
        let touched: Vec<Plan> = rows.into_iter().map(touch).collect();
        let plans = touched.iter().chain(actions.iter().map(|each| &each.plan));
        let plans: Vec<_> = plans.map(|plan| (plan, plan.output.as_ref().and_then(|_| intents.next()))).collect();
        let at = now_utc();
        persist(ground, || Ok(self.journal.carry_out(&plans, &at, &|key| is_alive(ground, key))?))?;
        persist(ground, || self.finish())?;
        let sources: Vec<&SourceRow> = plans.iter().map(|(plan, _)| &plan.source).filter(|row| !row.settled).collect();
        persist(ground, || self.put_away(&sources))
    }

    /// Step 2 but for the folders. Flushing is what takes time, and disks flush several files at once.
    fn write_outputs(&self, ground: &Ground, actions: &[Action]) -> Option<()> {
        let storage = &*self.storage;
        let write = |action: &Action| {
            let output = action.plan.output.as_ref().map(|(path, _)| (as_path(path), &action.bytes));
            let aside = action.aside.as_ref().map(|(path, bytes)| (path.as_path(), bytes));
            aside
                .into_iter()
                .chain(output)
                .try_for_each(|(path, bytes)| persist(ground, || Ok(write_atomic(storage, path, bytes, false)?)))
        };
        thread::scope(|scope| {
            let share = actions.len().div_ceil(WRITERS).max(1);
            let mut shares = actions.chunks(share);
            let mine = shares.next();
            let others: Vec<_> = shares.map(|share| scope.spawn(move || share.iter().try_for_each(write))).collect();
            let written = mine.map_or(Some(()), |share| share.iter().try_for_each(write));
            // A writer that ended by a bug has written nothing that counts.
            others.into_iter().fold(written, |all, other| all.and(other.join().unwrap_or(None)))
        })
    }

    /// Results that were removed by hand are not made again by themselves: the journal says that they were delivered.
    fn warn_of_lost_records(&self) -> Result<(), Fatal> {
        let records = self.journal.current_records().map_err(Fatal::journal)?;
        if records > 0 && !self.ground.config.output.join("records").exists() {
            let state = self.ground.config.state.display();
            tracing::warn!(records, %state, "the records folder is gone; to convert everything anew, remove the state folder too");
        }
        Ok(())
    }

    /// Plans of an earlier run: those whose output is there are carried out, the others forgotten.
    fn replay(&mut self) -> Result<(), Failure> {
        let ground = Arc::clone(&self.ground);
        for (id, plan) in self.journal.intents()? {
            let written = plan.output.as_ref().is_some_and(|(path, sha256)| {
                super::snapshot::hash_file(as_path(path)).is_ok_and(|found| &found == sha256)
            });
            if written {
                self.journal.carry_out(&[(&plan, Some(id))], &now_utc(), &|key| is_alive(&ground, key))?;
            } else {
                self.journal.forget_intent(id)?;
            }
        }
        Ok(())
    }

    /// Steps 4 and 5: whatever the journal says is still to be done.
    fn finish(&mut self) -> Result<(), Failure> {
        kin::compare(&mut self.journal, &self.ground.config)?;
        loop {
            let lines = self.journal.outbox(PAGE)?;
            if lines.is_empty() {
                break;
            }
            self.log.append(&lines)?;
            self.journal.logged(self.log.head())?;
        }
        let retired = self.journal.retired()?;
        if !retired.is_empty() {
            retired.iter().try_for_each(|place| self.records.supersede(place))?;
            self.journal.forget_retired(&retired)?;
        }
        let stale = self.journal.stale()?;
        if !stale.is_empty() {
            self.move_aside(&stale)?;
            self.journal.forget_stale(&stale)?;
        }
        let ground = Arc::clone(&self.ground);
        Ok(settle_reviews(&mut self.journal, &ground.config, &*self.storage)?)
    }

    /// Files of quarantine that nobody has to look at any more. One that is not there was moved, or put back, before.
    fn move_aside(&self, paths: &[Vec<u8>]) -> Result<(), Failure> {
        let quarantine = &self.ground.config.quarantine;
        let folder = quarantine.join(RESOLVED);
        self.storage.make_folder(&folder).map_err(WriteError::on("create the folder", &folder))?;
        for path in paths.iter().map(|path| as_path(path)) {
            if let Some(name) = path.file_name().filter(|_| path.symlink_metadata().is_ok()) {
                self.storage.rename(path, &folder.join(name)).map_err(WriteError::on("move aside", path))?;
            }
        }
        Ok(sync_folders(&*self.storage, &BTreeSet::from([quarantine.clone(), folder]))?)
    }

    /// Step 6 for everything that is not where it should be.
    fn put_away_all(&mut self) -> Result<(), Failure> {
        let mut after = SourceKey { inbox: String::new(), path: Vec::new() };
        self.stuck = None;
        loop {
            let rows = self.journal.unsettled(&after, PAGE)?;
            let Some(last) = rows.last() else {
                self.ground.gauges.set_stuck(self.stuck.take());
                return Ok(());
            };
            after = last.key.clone();
            self.put_away(&rows.iter().collect::<Vec<_>>())?;
        }
    }

    /// The folder that a place lies in.
    fn shelf_of(&self, to: &Path) -> Shelf<'_> {
        let Config { archive, quarantine, .. } = &self.ground.config;
        Shelf { storage: &*self.storage, root: if to.starts_with(archive) { archive } else { quarantine } }
    }

    /// Step 6. A source that cannot be moved stays on the journal's list and does not hold up the others.
    fn put_away(&mut self, rows: &[&SourceRow]) -> Result<(), Failure> {
        let mut folders = BTreeSet::new();
        let mut done = Vec::new();
        for row in rows {
            let Some(inbox) = self.ground.config.inboxes.iter().find(|inbox| inbox.name == row.key.inbox) else {
                continue;
            };
            let (Some(shelf), from) = (&row.shelf, inbox.path.join(as_path(&row.key.path))) else { continue };
            let to = as_path(&shelf.path);
            let onto = self.shelf_of(to);
            let outcome = if shelf.copy {
                onto.copy(&from, to, row.sha256.as_deref())
            } else {
                onto.take(&from, to, row.stamp, row.sha256.as_deref())
            };
            match outcome {
                Ok(Shelved::At(to)) => {
                    // The folder it left is not flushed: a source that reappears there is a duplicate, and goes again.
                    folders.extend(to.ancestors().skip(1).take(2).map(Path::to_owned));
                    done.push((row.key.clone(), Some(to.into_os_string().into_vec())));
                }
                // Put away before a crash, or taken away by somebody.
                Ok(Shelved::Gone | Shelved::Changed) => {
                    let place = match &row.sha256 {
                        Some(sha256) => place_of(to, sha256),
                        None => is_plain(to).then(|| to.to_owned()),
                    };
                    done.push((row.key.clone(), place.map(|place| place.into_os_string().into_vec())));
                }
                Err(error) => {
                    let path = show_path(&row.key.path);
                    tracing::warn!(inbox = row.key.inbox, path, %error, "the source cannot be put away yet");
                    let stuck = format!("sources cannot be put away, as {path}: {error}");
                    self.ground.gauges.set_stuck(Some(stuck.clone()));
                    self.stuck = Some(stuck);
                }
            }
        }
        sync_folders(&*self.storage, &folders)?;
        if !done.is_empty() {
            self.journal.settle(&done)?;
        }
        Ok(())
    }
}

/// Opens the journal, or makes the first. One whose making was broken off counts as none, unless there are results that
/// it should know.
fn open_journal(ground: &Ground, storage: &Arc<dyn Storage>) -> Result<Journal, Fatal> {
    let path = ground.journal_path();
    if is_blank(&path) && !has_delivered(&ground.config) {
        tracing::info!(path = %path.display(), "an empty journal, as a first start leaves it that is broken off, is made anew");
        remove(&path).map_err(Fatal::journal)?;
    }
    Journal::open(&path, Arc::clone(storage)).map_err(Fatal::journal)
}

/// Works that can share their steps: no content and no path twice, because each decision rests on those before.
struct Batch {
    works: Vec<Work>,
    contents: BTreeSet<String>,
    keys: BTreeSet<SourceKey>,
}

impl Batch {
    fn with(work: Work, ground: &Ground) -> Self {
        let mut batch = Self { works: Vec::new(), contents: BTreeSet::new(), keys: BTreeSet::new() };
        batch.push(work, ground);
        batch
    }

    fn is_apart(&self, work: &Work, ground: &Ground) -> bool {
        let known = work.sha256.as_ref().is_some_and(|sha256| self.contents.contains(sha256));
        !known && !self.keys.contains(&ground.source_key(work.job.inbox, &work.job.path))
    }

    fn push(&mut self, work: Work, ground: &Ground) {
        self.contents.extend(work.sha256.clone());
        self.keys.insert(ground.source_key(work.job.inbox, &work.job.path));
        self.works.push(work);
    }
}

/// Tries a step until it succeeds. `None` when the daemon is to stop meanwhile.
fn persist<T>(ground: &Ground, mut step: impl FnMut() -> Result<T, Failure>) -> Option<T> {
    let mut wait = RETRY.0;
    loop {
        match step() {
            Ok(value) => {
                ground.gauges.set_degraded(None);
                return Some(value);
            }
            Err(failure) => {
                // Failing for as long as the disk does is being alive.
                ground.gauges.beat();
                ground.gauges.set_degraded(Some(failure.to_string()));
                tracing::error!(error = %failure, retry_in_ms = wait.as_millis(), "degraded: a step of delivery failed");
                if ground.stop.wait(wait) {
                    return None;
                }
                wait = (wait * 2).min(RETRY.1);
            }
        }
    }
}

/// A plan that only brings a row up to date.
fn touch(source: SourceRow) -> Plan {
    Plan { output: None, source, document: None, replaces: None, resolves: None, lines: Vec::new(), review: None }
}

/// A path of an inbox that keeps its files counts while the file is there; what was archived counts for good.
fn is_alive(ground: &Ground, key: &SourceKey) -> bool {
    let inbox = ground.config.inboxes.iter().find(|inbox| inbox.name == key.inbox && inbox.after == After::Keep);
    inbox.is_none_or(|inbox| inbox.path.join(as_path(file_of(&key.path))).symlink_metadata().is_ok())
}

pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

impl From<Unsettled> for Failure {
    fn from(error: Unsettled) -> Self {
        match error {
            Unsettled::Write(error) => Self::Write(error),
            Unsettled::Journal(error) => Self::Journal(error),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Write(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl Fatal {
    fn failure(failure: Failure) -> Self {
        match failure {
            Failure::Write(error) => Self::write(error),
            Failure::Journal(error) => Self::journal(error),
        }
    }
}

#[cfg(test)]
mod tests;
