//! What is removed when it is old or there is too much of it: in the archive, in quarantine, replaced records, reviews,
//! closed files of the log.
//!
//! In: a configuration. Out: [`Old`] files, oldest first, and their removal. Everything in these folders has been
//! delivered: sources come there after their record or reason and the log lines are durable, and the file of the log
//! that is being written is never among them. A file's age counts from the last time that anything happened to it
//! (its ctime, which moving sets), not from the day that it bears. What can go wrong: a folder that cannot be listed is
//! left for the next time.

use std::collections::BinaryHeap;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::deliver::{Parcel, RESOLVED};
use super::journal::{Journal, Reader};
use super::lock::Lock;
use super::names::show_name;
use super::reviews::REVIEWS;
use super::{Fatal, Ground};
use crate::config::{Config, Keep};
use crate::sink::{Disk, Storage, last_of_file, log_files};

/// Files of one kind that one round finds at most; the rest is found by the next.
const MAX_FOUND: usize = 10_000;
/// Files that delivery is asked to remove at a time, so that documents do not wait for long.
const BATCH: usize = 200;
/// When the wall clock and the monotonic one have gone so far apart, nothing is old by the wall clock.
const MAX_JUMP: Duration = Duration::from_secs(3600);

/// Which rule it falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A source whose record is written.
    Archive,
    /// A source that gave no record, or its reason.
    Quarantine,
    /// A record that was replaced.
    Superseded,
    /// A review of a source that stays in its inbox or came out of a bundle; others lie in the archive.
    Reviews,
    /// A closed file of the reconciliation log.
    Log,
}

/// A file that is to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Old {
    /// Which rule it falls under.
    pub kind: Kind,
    /// The file.
    #[serde(serialize_with = "shown")]
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cleaning {
    /// File by file, oldest first within a kind.
    pub files: Vec<Old>,
    /// The bytes of all.
    pub bytes: u64,
    /// They are gone.
    pub removed: bool,
}

fn shown<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&show_name(path.as_os_str()))
}

/// Removes what the configuration's `retention` says, or with `dry_run` says what that would be.
///
/// # Errors
/// When a daemon runs (it does this by itself), or the journal or a folder cannot be written.
pub fn clean(config: &Config, dry_run: bool) -> Result<Cleaning, Fatal> {
    // Looked at first: a journal is made by the daemon alone.
    drop(Reader::of(config)?);
    let _lock = if dry_run { None } else { Some(Lock::take(&config.state)?) };
    let mut cleaning = Cleaning { removed: !dry_run, ..Cleaning::default() };
    loop {
        let (old, more) = find_old(config, SystemTime::now(), &|| false);
        if !dry_run {
            let path = config.state.join("journal.sqlite3");
            let mut journal = Journal::open(&path, Arc::new(Disk)).map_err(Fatal::journal)?;
            remove_all(config, &Disk, &mut journal, &old);
        }
        // Whatever could not be removed is found again.
        let fresh: Vec<Old> = old.into_iter().filter(|each| dry_run || !each.path.exists()).collect();
        let went_on = !fresh.is_empty();
        cleaning.bytes += fresh.iter().map(|each| each.bytes).sum::<u64>();
        cleaning.files.extend(fresh);
        if dry_run || !more || !went_on {
            return Ok(cleaning);
        }
    }
}

/// Looks now and then, and has delivery remove what is found; ends when the daemon does.
pub(super) fn serve(ground: &Ground, parcels: &tokio::sync::mpsc::Sender<Parcel>) {
    let retention = &ground.config.retention;
    let kinds = [retention.archive, retention.quarantine, retention.superseded, retention.reviews, retention.log];
    if kinds.iter().all(Keep::is_everything) {
        return;
    }
    loop {
        let now = SystemTime::now();
        if ground.has_clock_jumped(now, MAX_JUMP) {
            tracing::warn!("the clock was set; nothing is removed by age until the daemon starts anew");
            return;
        }
        let (old, more) = find_old(&ground.config, now, &|| ground.stop.is_set());
        for batch in old.chunks(BATCH) {
            if ground.stop.is_set() || parcels.blocking_send(Parcel::Remove(batch.to_vec())).is_err() {
                return;
            }
        }
        let pause = if more { Duration::from_secs(1) } else { retention.every };
        if ground.stop.wait(pause) {
            return;
        }
    }
}

/// What is to go, and whether there may be more; nothing once it is to stop.
fn find_old(config: &Config, now: SystemTime, stop: &dyn Fn() -> bool) -> (Vec<Old>, bool) {
    let retention = &config.retention;
    let (mut all, mut more) = (Vec::new(), false);
    let folders = [
        (Kind::Archive, retention.archive, config.archive.clone()),
        (Kind::Quarantine, retention.quarantine, config.quarantine.clone()),
        (Kind::Superseded, retention.superseded, config.output.join("superseded")),
        (Kind::Reviews, retention.reviews, config.output.join(REVIEWS)),
        (Kind::Log, retention.log, config.output.join("reconciliation")),
    ];
    for (kind, keep, folder) in folders.into_iter().filter(|(_, keep, _)| !keep.is_everything()) {
        // The log goes on in its last file, and `hedui verify` finds where it stands there.
        let last = (kind == Kind::Log).then(|| log_files(&config.output).ok()?.pop()).flatten();
        let (found, cut) = oldest(&folder, last.as_deref(), stop);
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let old = found.choose(keep, since_epoch);
        more |= cut && !old.is_empty();
        all.extend(old.into_iter().map(|(path, bytes)| Old { kind, path, bytes }));
    }
    (all, more)
}

/// Files of a folder.
#[derive(Debug, Default)]
struct Found {
    /// Their bytes, of all of them.
    bytes: u64,
    /// The oldest by seconds since 1970 and nanoseconds, with their bytes; the newest of these on top.
    files: BinaryHeap<(i64, i64, PathBuf, u64)>,
}

impl Found {
    fn choose(self, keep: Keep, now: Duration) -> Vec<(PathBuf, u64)> {
        let mut excess = keep.bytes.map_or(0, |most| self.bytes.saturating_sub(most));
        let mut chosen = Vec::new();
        for (seconds, nanos, path, bytes) in self.files.into_sorted_vec() {
            let since = Duration::new(u64::try_from(seconds).unwrap_or(0), u32::try_from(nanos).unwrap_or(0));
            // What comes from the future, by a clock that was wrong, has no age.
            let age = now.saturating_sub(since);
            if excess > 0 || keep.age.is_some_and(|most| age > most) {
                excess = excess.saturating_sub(bytes);
                chosen.push((path, bytes));
            }
        }
        chosen
    }
}

/// The oldest files of a folder and the folders in it, and whether there are more. Names with a dot are work under way.
fn oldest(folder: &Path, but: Option<&str>, stop: &dyn Fn() -> bool) -> (Found, bool) {
    let (mut found, mut cut) = (Found::default(), false);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if stop() {
            return (Found::default(), false);
        }
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.is_file()
                && !name.as_encoded_bytes().starts_with(b".")
                && name.to_str() != but.or(Some(""))
            {
                found.bytes += metadata.len();
                found.files.push((metadata.ctime(), metadata.ctime_nsec(), entry.path(), metadata.len()));
                if found.files.len() > MAX_FOUND {
                    found.files.pop();
                    cut = true;
                }
            }
        }
    }
    (found, cut)
}

/// Removes files, once it is noted that they and entries of quarantine go, and folders that are empty now. A file
/// that cannot be removed is left for the next time.
pub(super) fn remove_all(config: &Config, storage: &dyn Storage, journal: &mut Journal, old: &[Old]) {
    // Before they go, so that a crash leaves nothing that `hedui verify` misses for no reason.
    let put_away = old.iter().filter(|each| matches!(each.kind, Kind::Archive | Kind::Quarantine));
    let places: Vec<&Path> = put_away.map(|each| each.path.as_path()).collect();
    let resolved = config.quarantine.join(RESOLVED);
    let entries = old.iter().filter(|each| each.kind == Kind::Quarantine && !each.path.starts_with(&resolved));
    let entries: Vec<String> = entries.filter_map(|each| entry_of(&each.path)).collect();
    if let Err(error) = journal.forget_places(&places).and_then(|()| journal.forget_entries(&entries)) {
        tracing::warn!(%error, "what is old stays, for its removal could not be noted");
        return;
    }
    let (mut files, mut bytes) = (0, 0);
    for each in old {
        // As above: a log whose beginning is missing for no reason.
        if each.kind == Kind::Log
            && let Some(last) = last_of_file(&each.path)
            && let Err(error) = journal.note_log_first(last + 1)
        {
            tracing::warn!(%error, "a file of the log stays, for its removal could not be noted");
            continue;
        }
        match storage.remove(&each.path) {
            Ok(()) => {
                files += 1;
                bytes += each.bytes;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let path = show_name(each.path.as_os_str());
                tracing::warn!(path, %error, "what is old cannot be removed");
                continue;
            }
        }
        match each.kind {
            Kind::Archive => remove_empty(&each.path, &config.archive),
            Kind::Reviews => remove_empty(&each.path, &config.output.join(REVIEWS)),
            Kind::Quarantine | Kind::Superseded | Kind::Log => {}
        }
    }
    if files > 0 {
        tracing::info!(files, bytes, "removed what the retention does not keep");
    }
}

/// The entry of quarantine that a file is the reason of.
fn entry_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.strip_suffix(".reason.json")?.to_owned())
}

/// The folders above a removed file that are empty, but for the root and the inboxes' own in it.
fn remove_empty(path: &Path, root: &Path) {
    let parents = path.ancestors().skip(1);
    for folder in
        parents.take_while(|folder| folder.parent().is_some_and(|above| above != root && above.starts_with(root)))
    {
        let removed: io::Result<()> = fs::remove_dir(folder);
        if removed.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_only_what_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["1", "2", "3", "4"] {
            let path = folder.path().join("a").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "12345").unwrap();
            // ctime has the granularity of the kernel's tick.
            std::thread::park_timeout(Duration::from_millis(20));
        }
        fs::write(folder.path().join(".under-way"), "12345").unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let chosen = |keep: Keep, now| -> Vec<String> {
            let (found, cut) = oldest(folder.path(), Some("1"), &|| false);
            assert!(!cut && found.bytes == 15);
            let name = |(path, _): (PathBuf, u64)| path.file_name().unwrap().to_str().unwrap().to_owned();
            found.choose(keep, now).into_iter().map(name).collect()
        };
        assert_eq!(chosen(Keep { age: None, bytes: Some(11) }, now), ["2"]);
        assert_eq!(chosen(Keep { age: None, bytes: Some(15) }, now), [""; 0]);
        assert_eq!(chosen(Keep { age: None, bytes: Some(0) }, now), ["2", "3", "4"]);
        assert_eq!(chosen(Keep { age: Some(Duration::from_secs(60)), bytes: None }, now), [""; 0]);
        let later = now + Duration::from_secs(61);
        assert_eq!(chosen(Keep { age: Some(Duration::from_secs(60)), bytes: None }, later), ["2", "3", "4"]);
        // A clock that was set back makes nothing old.
        assert_eq!(chosen(Keep { age: Some(Duration::ZERO), bytes: None }, Duration::from_secs(9)), [""; 0]);
    }

    #[test]
    fn empty_folders_go_up_to_the_inboxes() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("in/abc/2/a.txt");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        remove_empty(&path, root.path());
        assert!(root.path().join("in").exists() && !root.path().join("in/abc").exists());
    }
}
