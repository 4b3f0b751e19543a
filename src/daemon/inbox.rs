//! Which files of the inboxes are complete and not answered for.
//!
//! In: marks and deadlines. Out: [`Job`]s. A scan compares folders with the journal ([`Scanner`], on a thread of its
//! own); [`Intake`] remembers what it saw and lets a file pass once it is whole ([`Probe`]) or its size and times have
//! not changed for the quiet window. A file that breaks off is given [`PATIENCE`] windows before that is taken for its
//! end, one that a writer has open waits for as long as it takes. What can go wrong: a folder that cannot be listed is
//! reported and left for the next scan; a file that cannot be read waits longer each time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::SendError;

use super::deliver::Parcel;
use super::journal::{Cost, JournalError, Reader, SourceRow, SourceState, Stamp};
use super::names::{IgnoreRule, is_saved_page, pages_of, show_name};
use super::pool::{Job, Outcome, Work};
use super::ready::{Probe, is_remote, probe};
use super::snapshot::open_below;
use super::watcher::CANARY;
use super::{After, Event, Ground};

/// Files that one look reports at most; the rest is found by the next, so memory does not grow with an inbox. The first
/// look is short, because nothing is converted before it ends; of later ones fewer go through what is known again.
const MAX_FILES: (usize, usize) = (10_000, 50_000);
/// A folder that was marked is looked at again after so long.
const FOLDER_WINDOW: Duration = Duration::from_secs(1);
/// Two looks at a file that is not complete are at least so far apart.
const MIN_LOOK: Duration = Duration::from_millis(50);
/// A look tells what it has seen so often.
const TELL: Duration = Duration::from_millis(500);
/// Files passed over that are handed on, and noted in one transaction.
const IGNORED: usize = 1_000;
/// Longest wait before an unreadable file is tried again.
const MAX_BACK_OFF: Duration = Duration::from_secs(60);
/// Quiet windows that a file which breaks off is given to become whole.
const PATIENCE: u32 = 10;

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Index of the inbox.
    pub(super) inbox: usize,
    /// Path in it.
    pub(super) path: PathBuf,
}

/// By bytes: paths alone are compared part by part, which takes long where there are many.
impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (mine, its) = (self.path.as_os_str().as_encoded_bytes(), other.path.as_os_str().as_encoded_bytes());
        self.inbox.cmp(&other.inbox).then_with(|| mine.cmp(its))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}

/// A file that is not answered for.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) place: Place,
    pub(super) stamp: Stamp,
    pub(super) probe: Probe,
    /// How long it must not change.
    pub(super) window: Duration,
    /// When it was seen.
    pub(super) at: Instant,
}

impl Open {
    /// Whether it would be read now, `now` since 1970; the wall clock tells how old it is to whoever has not watched it.
    pub(super) fn is_ready(&self, now: Duration) -> bool {
        let changed = u64::try_from(self.stamp.mtime.max(self.stamp.ctime)).map(Duration::from_nanos);
        let age = now.saturating_sub(changed.unwrap_or_default());
        match self.probe {
            Probe::Whole => true,
            Probe::Quiet => age >= self.window,
            Probe::Torn => age >= self.window * PATIENCE,
            Probe::Written => false,
        }
    }
}

/// What is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Every inbox as a whole.
    pub(super) everything: bool,
    /// Absolute paths of files and folders that may have changed.
    pub(super) marked: BTreeSet<PathBuf>,
    /// Files whose quiet window has passed.
    pub(super) due: Vec<Place>,
    /// It is not the first look at everything.
    pub(super) later: bool,
}

/// What a look saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The look was at everything.
    pub(super) everything: bool,
    /// There was more than [`MAX_FILES`].
    pub(super) cut: bool,
    /// The look goes on; this is what it has seen since it told last.
    pub(super) partial: bool,
    /// When it told last.
    told: Option<Instant>,
    /// Open files after which it ends.
    most: usize,
    /// Number of open files that it has told.
    count: usize,
    /// Files that a rule passes over, not yet handed on.
    ignored: Vec<Work>,
    /// Files that are not answered for.
    pub(super) open: Vec<Open>,
    /// Files of `due` that are gone or answered for.
    pub(super) closed: Vec<Place>,
    /// Folders that were marked. What is put into a new one before it is watched is found by a second look.
    pub(super) folders: Vec<Place>,
    /// Files that are answered for.
    pub(super) known: usize,
}

/// Looks at inboxes.
pub(super) struct Scanner {
    ground: Arc<Ground>,
    reader: Reader,
    parcels: Sender<Parcel>,
    events: Sender<Event>,
}

impl Scanner {
    /// A scanner; files that a rule passes over go straight to delivery, what a long look has seen so far is told.
    pub(super) fn new(ground: Arc<Ground>, reader: Reader, parcels: Sender<Parcel>, events: Sender<Event>) -> Self {
        Self { ground, reader, parcels, events }
    }

    /// Looks once.
    pub(super) fn look(&self, look: &Look) -> Seen {
        let most = if look.later { MAX_FILES.1 } else { MAX_FILES.0 };
        let mut seen = Seen { everything: look.everything, told: Some(Instant::now()), most, ..Seen::default() };
        for place in &look.due {
            let before = seen.open.len();
            self.look_at(place, &mut seen);
            if !seen.open.iter().skip(before).any(|open| open.place == *place) {
                seen.closed.push(place.clone());
            }
        }
        if look.everything {
            for (inbox, of) in self.ground.config.inboxes.iter().enumerate() {
                if let Some(remote) = self.ground.remote.get(inbox) {
                    remote.store(is_remote(&of.path), Ordering::Relaxed);
                }
                self.walk(inbox, Path::new(""), &mut seen);
            }
        } else {
            for path in &look.marked {
                let Some(place) = self.place_of(path) else { continue };
                self.look_at(&place, &mut seen);
                if !place.path.as_os_str().is_empty() && path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
                    seen.folders.push(place);
                }
            }
        }
        self.hand_on_ignored(&mut seen);
        seen
    }

    /// Tells what was seen so far, so that the first file of a million does not wait for the last.
    fn tell(&self, seen: &mut Seen) {
        seen.count += seen.open.len();
        seen.told = Some(Instant::now());
        let so_far = Seen { partial: true, open: std::mem::take(&mut seen.open), ..Seen::default() };
        if let Err(SendError(Event::Looked(so_far))) = self.events.blocking_send(Event::Looked(so_far)) {
            // Nobody listens: it is told at the end.
            seen.count -= so_far.open.len();
            seen.open = so_far.open;
        }
    }

    fn hand_on_ignored(&self, seen: &mut Seen) {
        if !seen.ignored.is_empty() {
            // Delivery outlives the scanner.
            let _ = self.parcels.blocking_send(Parcel::Ignored(std::mem::take(&mut seen.ignored)));
        }
    }

    /// The inbox that a marked path belongs to.
    fn place_of(&self, path: &Path) -> Option<Place> {
        let inboxes = self.ground.config.inboxes.iter().enumerate();
        let below = inboxes.filter_map(|(index, inbox)| Some((index, inbox, path.strip_prefix(&inbox.path).ok()?)));
        let (index, inbox, rest) = below.min_by_key(|(_, _, rest)| rest.as_os_str().len())?;
        let depth = rest.components().count().saturating_sub(1);
        inbox.reaches(depth).then(|| Place { inbox: index, path: rest.to_owned() })
    }

    /// Looks at a file, or at all files of a folder. Errors are left to the next scan.
    fn look_at(&self, place: &Place, seen: &mut Seen) {
        let Some(inbox) = self.ground.config.inboxes.get(place.inbox) else { return };
        let mut folder = PathBuf::new();
        for component in place.path.parent().unwrap_or(Path::new("")).components() {
            let of_page = self.ground.is_of_page(&self.reader, place.inbox, &folder, component.as_os_str());
            folder.push(component);
            let is_link = |found: fs::Metadata| found.file_type().is_symlink();
            if inbox.path.join(&folder).symlink_metadata().is_ok_and(is_link) {
                return;
            }
            if of_page || inbox.rule_of(&folder, true).is_some() {
                return;
            }
        }
        let Ok(found) = inbox.path.join(&place.path).symlink_metadata() else { return };
        self.consider(place, &found, seen);
    }

    fn consider(&self, place: &Place, found: &fs::Metadata, seen: &mut Seen) {
        let Some(inbox) = self.ground.config.inboxes.get(place.inbox) else { return };
        let name = place.path.file_name().unwrap_or_default();
        if name == CANARY {
            return;
        }
        let kind = found.file_type();
        if kind.is_dir() {
            let folder = place.path.parent().unwrap_or(Path::new(""));
            let top = place.path.as_os_str().is_empty();
            let of_page = || self.ground.is_of_page(&self.reader, place.inbox, folder, name);
            let ignored = !top && (inbox.rule_of(&place.path, true).is_some() || of_page());
            if !ignored && inbox.reaches(place.path.components().count()) {
                self.walk(place.inbox, &place.path, seen);
            }
            return;
        }
        let rule = if kind.is_symlink() {
            Some(IgnoreRule::Symlink)
        } else if kind.is_file() {
            inbox.rule_of(&place.path, false)
        } else {
            Some(IgnoreRule::NotAFile)
        };
        let stamp = Stamp::of(found);
        let outcome = match rule {
            Some(rule) => self.note_ignored(place, rule, stamp, seen),
            None => self.compare(place, stamp, seen),
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "the journal does not answer; the next scan asks again");
        }
    }

    fn walk(&self, inbox: usize, folder: &Path, seen: &mut Seen) {
        let Some(root) = self.ground.config.inboxes.get(inbox).map(|inbox| &inbox.path) else { return };
        let entries = match fs::read_dir(root.join(folder)) {
            Ok(entries) => entries,
            // Said once by the watcher for an inbox; within one, what was seen a moment ago may be gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                let folder = show_name(root.join(folder).as_os_str());
                tracing::warn!(folder, %error, "the folder cannot be listed; the next scan tries again");
                return;
            }
        };
        for entry in entries.flatten() {
            if seen.count + seen.open.len() >= seen.most || self.ground.stop.is_set() {
                seen.cut = true;
                return;
            }
            if !seen.open.is_empty() && seen.told.is_some_and(|told| told.elapsed() > TELL) {
                self.tell(seen);
            }
            let place = Place { inbox, path: folder.join(entry.file_name()) };
            // Of the link itself, not of what it leads to.
            if let Ok(found) = entry.metadata() {
                self.consider(&place, &found, seen);
            }
        }
    }

    fn compare(&self, place: &Place, stamp: Stamp, seen: &mut Seen) -> Result<(), JournalError> {
        let row = self.reader.source(&self.ground.source_key(place.inbox, &place.path))?;
        if row.is_some_and(|row| self.ground.is_answered(place.inbox, &row, stamp)) {
            seen.known += 1;
        } else {
            let (probe, window) = (self.probe(place), self.ground.quiet_window(place.inbox));
            seen.open.push(Open { place: place.clone(), stamp, probe, window, at: Instant::now() });
        }
        Ok(())
    }

    /// What cannot be opened is left to the one who reads it, and to what he says.
    fn probe(&self, place: &Place) -> Probe {
        let Some(inbox) = self.ground.config.inboxes.get(place.inbox) else { return Probe::Quiet };
        let Ok(file) = open_below(&inbox.path, &place.path) else { return Probe::Quiet };
        match file.metadata() {
            Ok(found) if found.is_file() => probe(&file, &found, self.ground.asks_for_leases(place.inbox)),
            _ => Probe::Quiet,
        }
    }

    fn note_ignored(&self, place: &Place, rule: IgnoreRule, stamp: Stamp, seen: &mut Seen) -> Result<(), JournalError> {
        let row = self.reader.source(&self.ground.source_key(place.inbox, &place.path))?;
        if row.is_some_and(|row| row.state == SourceState::Ignored && row.rule.as_deref() == Some(rule.name())) {
            return Ok(());
        }
        let job = Job { inbox: place.inbox, path: place.path.clone(), stamp, tries: 0 };
        let received_at = super::clock::now_utc();
        let work = Work {
            job,
            received_at,
            stamp,
            sha256: None,
            of_bundle: false,
            kept: None,
            cost: Cost::default(),
            outcome: Outcome::Ignored(rule.name()),
        };
        seen.ignored.push(work);
        if seen.ignored.len() >= IGNORED {
            self.hand_on_ignored(seen);
        }
        Ok(())
    }
}

impl Ground {
    /// A folder that a browser saved with a page, also when the page has gone to the archive.
    pub(super) fn is_of_page(&self, reader: &Reader, inbox: usize, folder: &Path, name: &OsStr) -> bool {
        let Some(of) = self.config.inboxes.get(inbox) else { return false };
        let known = |page: &OsString| {
            let row = reader.source(&self.source_key(inbox, &folder.join(page)));
            row.is_ok_and(|row| row.is_some_and(|row| row.state != SourceState::Ignored))
        };
        is_saved_page(&of.path.join(folder), name) || pages_of(name).iter().any(known)
    }

    /// The file that lies there is the one the journal speaks of.
    pub(super) fn is_answered(&self, inbox: usize, row: &SourceRow, stamp: Stamp) -> bool {
        let holds = row.state != SourceState::Quarantined || row.attempt == self.attempt;
        let after = self.config.inboxes.get(inbox).map(|inbox| inbox.after).unwrap_or_default();
        // What was moved away and is here again was dropped again; what could not be moved yet is on the journal's list.
        let stays = after == After::Keep || !row.settled;
        row.state != SourceState::Ignored && row.stamp == stamp && row.conversion == self.key(inbox) && holds && stays
    }
}

/// Files between "seen" and "answered for".
#[derive(Debug)]
pub(super) struct Intake {
    /// Nobody waits for files that are being written: the next run finds them.
    once: bool,
    waiting: BTreeMap<Place, Waiting>,
    timeline: BTreeSet<(Instant, Place)>,
    ready: VecDeque<Job>,
    /// Ready or under way.
    busy: BTreeMap<Place, Busy>,
    /// Bytes that are under way, and as many as may be. A larger file goes alone.
    bytes: u64,
    most_bytes: u64,
}

/// A file that is ready or under way.
#[derive(Debug, Default)]
struct Busy {
    /// Something happened to it meanwhile.
    touched: bool,
    /// Its bytes, once it is under way.
    bytes: u64,
}

#[derive(Debug)]
struct Waiting {
    stamp: Option<Stamp>,
    /// When that stamp was seen first.
    since: Instant,
    due: Instant,
    /// After a failure: however often the file is seen, it is not tried again before this.
    not_before: Option<Instant>,
    tries: u32,
}

impl Waiting {
    /// To be looked at when the time comes, whatever it is then.
    fn until(due: Instant, tries: u32) -> Self {
        Self { stamp: None, since: due, due, not_before: None, tries }
    }
}

impl Intake {
    /// An intake that lets so many bytes pass at a time. With `once`, files that a writer does not let go of are left
    /// for another run.
    pub(super) fn new(once: bool, most_bytes: u64) -> Self {
        Self {
            once,
            bytes: 0,
            most_bytes,
            waiting: BTreeMap::new(),
            timeline: BTreeSet::new(),
            ready: VecDeque::new(),
            busy: BTreeMap::new(),
        }
    }

    /// Takes in what a look saw.
    pub(super) fn note(&mut self, seen: Seen) {
        for place in seen.closed {
            self.drop_waiting(&place);
        }
        for place in seen.folders {
            self.drop_waiting(&place);
            self.wait(place, Waiting::until(Instant::now() + FOLDER_WINDOW, 0));
        }
        for open in seen.open {
            self.note_open(open);
        }
    }

    fn note_open(&mut self, open: Open) {
        if let Some(busy) = self.busy.get_mut(&open.place) {
            busy.touched = true;
            return;
        }
        let before = self.drop_waiting(&open.place);
        let tries = before.as_ref().map_or(0, |before| before.tries);
        let not_before = before.as_ref().and_then(|before| before.not_before);
        let known = before.filter(|before| before.stamp == Some(open.stamp));
        let since = known.as_ref().map_or(open.at, |known| known.since);
        let due = known.map_or_else(|| (open.at + open.window).max(not_before.unwrap_or(open.at)), |known| known.due);
        let patience_ends = since + open.window * PATIENCE;
        let passes = match open.probe {
            Probe::Whole => not_before.is_none_or(|time| time <= open.at),
            Probe::Quiet => due <= open.at,
            Probe::Torn => due <= open.at && patience_ends <= open.at,
            Probe::Written => false,
        };
        let Open { place, stamp, window, at, .. } = open;
        if passes {
            self.busy.insert(place.clone(), Busy::default());
            self.ready.push_back(Job { inbox: place.inbox, path: place.path, stamp, tries });
        } else if self.once && open.probe == Probe::Written && patience_ends <= at {
            let path = show_name(place.path.as_os_str());
            tracing::warn!(path, "somebody has this file open for writing; it is left for the next run");
        } else {
            // Who waits on is looked at again after one more window.
            let due = if due <= at { at + window.max(MIN_LOOK) } else { due };
            self.wait(place, Waiting { stamp: Some(stamp), since, due, not_before, tries });
        }
    }

    /// Files whose quiet window has passed; they are to be looked at once more.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Place> {
        let mut due = Vec::new();
        while self.timeline.first().is_some_and(|(time, _)| *time <= now)
            && let Some((_, place)) = self.timeline.pop_first()
        {
            due.push(place);
        }
        due
    }

    /// When the next file is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.timeline.first().map(|(due, _)| *due)
    }

    /// The next file to be converted, when there is room for its bytes.
    pub(super) fn next_job(&mut self) -> Option<Job> {
        let size = self.ready.front()?.stamp.size;
        if self.bytes > 0 && self.bytes.saturating_add(size) > self.most_bytes {
            return None;
        }
        let job = self.ready.pop_front()?;
        let place = Place { inbox: job.inbox, path: job.path.clone() };
        self.busy.entry(place).or_default().bytes = size;
        self.bytes = self.bytes.saturating_add(size);
        Some(job)
    }

    /// No hand was free for it.
    pub(super) fn put_back(&mut self, job: Job) {
        let place = Place { inbox: job.inbox, path: job.path.clone() };
        if let Some(busy) = self.busy.get_mut(&place) {
            self.bytes = self.bytes.saturating_sub(std::mem::take(&mut busy.bytes));
        }
        self.ready.push_front(job);
    }

    /// Bytes that are under way.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Something is ready.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// It is not under way any more; what is known of it.
    fn end(&mut self, place: &Place) -> Busy {
        let busy = self.busy.remove(place).unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(busy.bytes);
        busy
    }

    /// A file was answered for, or changed while it was read (`again`).
    pub(super) fn settle(&mut self, job: Job, again: bool) {
        let place = Place { inbox: job.inbox, path: job.path };
        let touched = self.end(&place).touched;
        if again || touched {
            self.wait(place, Waiting::until(Instant::now(), job.tries));
        }
    }

    /// A file could not be read; it waits longer each time.
    pub(super) fn back_off(&mut self, job: Job) -> Duration {
        let place = Place { inbox: job.inbox, path: job.path };
        let pause = Duration::from_secs(1 << job.tries.min(6)).min(MAX_BACK_OFF);
        // Files that failed together are not all tried again at the same moment.
        let mut hasher = DefaultHasher::new();
        (&place.path, job.tries).hash(&mut hasher);
        let pause = pause + pause * u32::try_from(hasher.finish() % 25).unwrap_or(0) / 100;
        self.end(&place);
        let due = Instant::now() + pause;
        self.wait(place, Waiting { not_before: Some(due), ..Waiting::until(due, job.tries.saturating_add(1)) });
        pause
    }

    /// Nothing waits and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.ready.is_empty() && self.busy.is_empty()
    }

    /// Files that wait or are under way.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.busy.len()
    }

    fn wait(&mut self, place: Place, waiting: Waiting) {
        self.timeline.insert((waiting.due, place.clone()));
        self.waiting.insert(place, waiting);
    }

    fn drop_waiting(&mut self, place: &Place) -> Option<Waiting> {
        let waiting = self.waiting.remove(place)?;
        self.timeline.remove(&(waiting.due, place.clone()));
        Some(waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Place {
        Place { inbox: 0, path: name.into() }
    }

    fn open(name: &str, size: u64, at: Instant, probe: Probe) -> Seen {
        let stamp = Stamp { size, mtime: 1, ctime: 1 };
        let open = Open { place: place(name), stamp, probe, window: Duration::from_secs(2), at };
        Seen { open: vec![open], ..Seen::default() }
    }

    #[test]
    fn a_file_passes_after_the_quiet_window_only() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut intake = Intake::new(false, u64::MAX);
        intake.note(open("a", 1, at(0), Probe::Quiet));
        intake.note(open("a", 1, at(1), Probe::Quiet));
        assert!(intake.take_due(at(1)).is_empty() && intake.next_job().is_none());
        assert_eq!(intake.take_due(at(2)), [place("a")]);
        intake.note(open("a", 2, at(2), Probe::Quiet));
        assert!(intake.next_job().is_none(), "it grew: the window begins anew");
        assert_eq!(intake.next_due(), Some(at(4)));
        assert_eq!(intake.take_due(at(4)), [place("a")]);
        intake.note(open("a", 2, at(4), Probe::Quiet));
        let job = intake.next_job().unwrap();
        intake.note(open("a", 3, at(5), Probe::Whole));
        assert!(!intake.is_idle() && intake.next_job().is_none(), "one at a time");
        intake.settle(job, false);
        assert_eq!(intake.take_due(Instant::now()), [place("a")], "looked at again, for it changed meanwhile");
        intake.note(Seen { closed: vec![place("a")], ..Seen::default() });
        assert!(intake.is_idle());
    }

    #[test]
    fn whole_files_do_not_wait_torn_ones_wait_longer_written_ones_for_good() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut intake = Intake::new(false, u64::MAX);
        intake.note(open("whole", 1, at(0), Probe::Whole));
        assert_eq!(intake.next_job().unwrap().path, PathBuf::from("whole"));
        for second in (0..20).step_by(2) {
            intake.note(open("torn", 1, at(second), Probe::Torn));
            assert!(intake.next_job().is_none(), "{second}");
        }
        intake.note(open("torn", 1, at(20), Probe::Torn));
        assert_eq!(intake.next_job().unwrap().path, PathBuf::from("torn"));
        intake.note(open("written", 1, at(0), Probe::Quiet));
        for second in (2..200).step_by(2) {
            intake.note(open("written", 1, at(second), Probe::Written));
            assert!(intake.next_job().is_none(), "{second}");
        }
        let mut once = Intake::new(true, u64::MAX);
        once.note(open("written", 1, at(0), Probe::Written));
        assert!(!once.is_idle());
        once.note(open("written", 1, at(20), Probe::Written));
        assert!(once.is_idle(), "left for another run");
    }

    #[test]
    fn unreadable_files_wait_longer_each_time() {
        let mut intake = Intake::new(false, u64::MAX);
        for (tries, seconds) in (0..).zip([1, 2, 4, 8, 16, 32, 60, 60, 60]) {
            let pause = intake.back_off(Job { inbox: 0, path: "a".into(), stamp: Stamp::default(), tries });
            let (least, most) = (Duration::from_secs(seconds), Duration::from_millis(seconds * 1_250));
            assert!((least..most).contains(&pause), "{tries}: {pause:?}");
        }
        let due = intake.next_due();
        intake.note(open("a", 1, Instant::now(), Probe::Whole));
        assert_eq!(intake.next_due(), due, "being seen does not shorten the wait");
    }

    #[test]
    fn no_more_bytes_are_under_way_than_allowed() {
        let mut intake = Intake::new(false, 10);
        let now = Instant::now();
        for (name, size) in [("a", 4), ("b", 6), ("c", 1), ("large", 99), ("d", 1)] {
            intake.note(open(name, size, now, Probe::Whole));
        }
        let (a, b) = (intake.next_job().unwrap(), intake.next_job().unwrap());
        assert!(intake.next_job().is_none() && intake.bytes() == 10);
        intake.put_back(b);
        assert_eq!((intake.bytes(), intake.next_job().unwrap().path), (4, PathBuf::from("b")));
        intake.settle(a, false);
        let c = intake.next_job().unwrap();
        assert!(intake.next_job().is_none(), "a large one goes alone");
        let b = Job { inbox: 0, path: "b".into(), stamp: Stamp::default(), tries: 0 };
        intake.back_off(b);
        intake.settle(c, false);
        let large = intake.next_job().unwrap();
        assert!(intake.next_job().is_none() && intake.bytes() == 99);
        intake.settle(large, false);
        assert!(intake.next_job().is_some());
    }
}
