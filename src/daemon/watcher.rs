//! Folder events -> "this path may have changed"; nothing else.
//!
//! In: the inboxes. Out: [`Marks`], a bounded set of paths, or the mark that everything is to be looked at. Events are
//! hints: the callback only marks, because one that works loses events; the truth is the scan. What can go wrong: the
//! system has no watches left or does not watch this file system, as those of other machines; then the scans alone find
//! files, more often. Whether events come is not believed but tried: a canary, a file that is made and removed in each
//! inbox, must be heard of; where no file can be made, opening the folder must be.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind, MetadataKind, ModifyKind};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode};
use tokio::sync::Notify;

use super::ready::is_remote;

/// More marked paths than this, and a scan of everything is cheaper.
const MAX_MARKS: usize = 10_000;
/// Name of the file by which events are tried out; no scan sees it.
pub(super) const CANARY: &str = ".hedui-canary";
/// Events of it must have come by then.
const CANARY_WAIT: Duration = Duration::from_secs(2);

/// Paths that may have changed since they were last taken.
#[derive(Debug, Default)]
pub(super) struct Marks {
    set: Mutex<MarkSet>,
    wake: Notify,
    /// The system has no watches left, so not every folder is watched.
    exhausted: AtomicBool,
    /// Inboxes of which an event is awaited, and whether it has come.
    canaries: Mutex<Vec<(PathBuf, bool)>>,
}

/// What is to be looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MarkSet {
    /// Everything, whatever the paths.
    pub(super) everything: bool,
    /// Absolute paths.
    pub(super) paths: BTreeSet<PathBuf>,
}

impl Marks {
    /// Marks paths.
    pub(super) fn add(&self, paths: impl IntoIterator<Item = PathBuf>) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        if !set.everything {
            set.paths.extend(paths);
            if set.paths.len() > MAX_MARKS {
                *set = MarkSet { everything: true, paths: BTreeSet::new() };
            }
        }
        self.wake.notify_one();
    }

    /// Marks everything.
    pub(super) fn add_everything(&self) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = MarkSet { everything: true, paths: BTreeSet::new() };
        self.wake.notify_one();
    }

    /// Takes what is marked.
    pub(super) fn take(&self) -> MarkSet {
        std::mem::take(&mut *self.set.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An event has come: the canary's, or any of an inbox whose canary is out.
    fn hear(&self, path: &Path) {
        let mut canaries = self.canaries.lock().unwrap_or_else(PoisonError::into_inner);
        let inbox = canaries.iter_mut().find(|(inbox, _)| path == inbox || path.parent() == Some(inbox));
        if let Some((_, heard)) = inbox {
            *heard = true;
        }
    }

    fn await_canary(&self, inbox: &Path) {
        let mut canaries = self.canaries.lock().unwrap_or_else(PoisonError::into_inner);
        canaries.retain(|(other, _)| other != inbox);
        canaries.push((inbox.to_owned(), false));
    }

    /// The canary of this inbox is not awaited any more; true when it was heard of.
    fn end_canary(&self, inbox: &Path) -> bool {
        let mut canaries = self.canaries.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = canaries.iter().any(|(other, heard)| other == inbox && *heard);
        canaries.retain(|(other, _)| other != inbox);
        heard
    }

    /// Waits until something is marked.
    pub(super) async fn marked(&self) {
        self.wake.notified().await;
    }
}

/// Watches on folders; they end when this is dropped.
pub(super) struct Watcher {
    inner: Option<Box<dyn notify::Watcher + Send>>,
    watched: Vec<Watched>,
    marks: Arc<Marks>,
}

struct Watched {
    path: PathBuf,
    recursive: bool,
    /// Device and inode of the folder that is watched, `None` when it is not.
    identity: Option<(u64, u64)>,
    /// It was said that it cannot be watched.
    complained: bool,
    /// When its canary must have been heard of.
    canary: Option<Instant>,
    /// It is watched, and no event comes.
    silent: bool,
}

impl Watcher {
    /// Prepares watches on folders; [`Self::refresh`] sets them.
    pub(super) fn new<'a>(folders: impl Iterator<Item = (&'a Path, bool)>, marks: &Arc<Marks>) -> Self {
        let told = Arc::clone(marks);
        // What lies behind a link is no part of the inbox.
        let plain = notify::Config::default().with_follow_symlinks(false);
        let inner: notify::Result<RecommendedWatcher> = notify::Watcher::new(move |event| mark(&told, event), plain);
        if let Err(error) = &inner {
            let advice = "sysctl fs.inotify.max_user_instances is the limit, if it is one";
            tracing::warn!(%error, advice, "folders cannot be watched; they are scanned instead");
        }
        Self::on(inner.ok().map(|inner| Box::new(inner) as Box<_>), folders, marks)
    }

    fn on<'a>(
        inner: Option<Box<dyn notify::Watcher + Send>>,
        folders: impl Iterator<Item = (&'a Path, bool)>,
        marks: &Arc<Marks>,
    ) -> Self {
        let watched = folders.map(|(path, recursive)| Watched {
            path: path.to_owned(),
            recursive,
            identity: None,
            complained: false,
            canary: None,
            silent: false,
        });
        Self { inner, watched: watched.collect(), marks: Arc::clone(marks) }
    }

    /// Watches what exists and is not watched, also a folder that was removed and created anew, and sends canaries. True
    /// when every folder is watched now.
    pub(super) fn refresh(&mut self) -> bool {
        let Some(inner) = &mut self.inner else { return false };
        let exhausted = self.marks.exhausted.swap(false, Ordering::Relaxed);
        let mut all = true;
        for folder in &mut self.watched {
            let now = folder.path.metadata().ok().map(|found| (found.dev(), found.ino()));
            if is_remote(&folder.path) {
                // What others do there gives no events here.
                if folder.identity.take().is_some() {
                    let _ = inner.unwatch(&folder.path);
                }
            } else if folder.identity != now || now.is_none() || (exhausted && folder.recursive) {
                let another = folder.identity.take() != now;
                if another {
                    // The watch went with the folder; an error says just that.
                    let _ = inner.unwatch(&folder.path);
                }
                folder.watch(&mut **inner, now, another.then_some(&self.marks));
            }
            all &= folder.identity.is_some() && !folder.silent;
        }
        all && !self.marks.exhausted.load(Ordering::Relaxed)
    }

    /// When the next canary must have been heard of.
    pub(super) fn canary_due(&self) -> Option<Instant> {
        self.watched.iter().filter_map(|folder| folder.canary).min()
    }

    /// Looks after canaries whose time is over. False when one was not heard of: events do not come.
    pub(super) fn look_after_canaries(&mut self, now: Instant) -> bool {
        let mut all = true;
        for folder in self.watched.iter_mut().filter(|folder| folder.canary.is_some_and(|due| due <= now)) {
            folder.canary = None;
            folder.silent = !self.marks.end_canary(&folder.path);
            all &= !folder.silent;
            let folder_name = folder.path.display();
            if folder.silent {
                tracing::warn!(folder = %folder_name, "no events come from this folder; it is scanned instead");
            } else {
                tracing::debug!(folder = %folder_name, "events come from this folder");
            }
        }
        all
    }
}

impl Watched {
    /// Watches it; events of a folder that was not watched before are tried out.
    fn watch(&mut self, inner: &mut dyn notify::Watcher, identity: Option<(u64, u64)>, marks: Option<&Arc<Marks>>) {
        let mode = if self.recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        let folder = self.path.display();
        match inner.watch(&self.path, mode) {
            Ok(()) => {
                self.identity = identity;
                self.complained = false;
                if let Some(marks) = marks {
                    self.silent = false;
                    marks.await_canary(&self.path);
                    send_canary(&self.path);
                    self.canary = Some(Instant::now() + CANARY_WAIT);
                }
            }
            Err(_) if self.complained => {}
            Err(error) => {
                self.complained = true;
                if matches!(error.kind, ErrorKind::MaxFilesWatch) {
                    say_exhausted(&self.path);
                } else {
                    tracing::warn!(%folder, %error, "the folder cannot be watched; it is scanned instead");
                }
            }
        }
    }
}

/// Does something in the folder that gives an event.
fn send_canary(folder: &Path) {
    let path = folder.join(CANARY);
    match fs::File::create(&path) {
        Ok(_) => drop(fs::remove_file(&path)),
        // Not ours to write to: opening it gives an event as well.
        Err(_) => drop(fs::read_dir(folder)),
    }
}

fn say_exhausted(folder: &Path) {
    let folder = folder.display();
    let advice = "raise sysctl fs.inotify.max_user_watches";
    tracing::warn!(%folder, advice, "the system has no watches left; folders are scanned instead");
}

fn mark(marks: &Marks, event: notify::Result<notify::Event>) {
    match event {
        // Before any look at paths: such an event has none.
        Ok(event) if event.need_rescan() => marks.add_everything(),
        Ok(event) => {
            event.paths.iter().for_each(|path| marks.hear(path));
            let ours = |path: &PathBuf| path.file_name() == Some(OsStr::new(CANARY));
            if is_news(&event.kind) && !event.paths.iter().all(ours) {
                marks.add(event.paths);
            }
        }
        Err(error) => {
            // A folder that was made within an inbox, and cannot be watched.
            if matches!(error.kind, ErrorKind::MaxFilesWatch) && !marks.exhausted.swap(true, Ordering::Relaxed) {
                say_exhausted(error.paths.first().map_or(Path::new(""), PathBuf::as_path));
            }
            marks.add_everything();
        }
    }
}

/// Reading a file is no news, least of all our own reading.
fn is_news(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(access) => matches!(access, AccessKind::Close(AccessMode::Write)),
        EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_marks_become_everything() {
        let marks = Marks::default();
        marks.add((0..MAX_MARKS).map(|number| PathBuf::from(number.to_string())));
        assert_eq!(marks.take().paths.len(), MAX_MARKS);
        marks.add((0..=MAX_MARKS).map(|number| PathBuf::from(number.to_string())));
        marks.add([PathBuf::from("one more")]);
        assert_eq!(marks.take(), MarkSet { everything: true, paths: BTreeSet::new() });
        assert_eq!(marks.take(), MarkSet::default());
    }

    #[test]
    fn a_rescan_event_without_paths_marks_everything() {
        let marks = Marks::default();
        mark(&marks, Ok(notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)));
        assert!(marks.take().everything);
        mark(&marks, Ok(notify::Event::new(EventKind::Access(AccessKind::Read)).add_path("a".into())));
        assert_eq!(marks.take(), MarkSet::default());
    }

    /// A watcher of a system that lets everything be watched and tells nothing.
    #[test]
    fn a_canary_that_is_not_heard_of_means_scanning() {
        let folder = tempfile::tempdir().unwrap();
        let marks = Arc::new(Marks::default());
        let deaf = Some(Box::new(notify::NullWatcher) as Box<_>);
        let mut watcher = Watcher::on(deaf, [(folder.path(), true)].into_iter(), &marks);
        assert!(watcher.refresh(), "nothing speaks against it yet");
        let due = watcher.canary_due().unwrap();
        assert!(!watcher.look_after_canaries(due) && watcher.canary_due().is_none());
        assert!(!watcher.refresh() && !folder.path().join(CANARY).exists());

        // Another folder in its place is tried anew, and this time an event comes.
        fs::rename(folder.path(), folder.path().with_extension("old")).unwrap();
        fs::create_dir(folder.path()).unwrap();
        assert!(watcher.refresh());
        let event = notify::Event::new(EventKind::Create(notify::event::CreateKind::File));
        mark(&marks, Ok(event.add_path(folder.path().join(CANARY))));
        assert!(watcher.look_after_canaries(watcher.canary_due().unwrap()) && watcher.refresh());
        assert_eq!(marks.take(), MarkSet::default(), "the canary is no news");
        fs::remove_dir(folder.path().with_extension("old")).unwrap();
    }

    #[test]
    fn events_come_here() {
        let folder = tempfile::tempdir().unwrap();
        let marks = Arc::new(Marks::default());
        let mut watcher = Watcher::new([(folder.path(), true)].into_iter(), &marks);
        if is_remote(folder.path()) || !watcher.refresh() {
            eprintln!("skipped: {} cannot be watched", folder.path().display());
            return;
        }
        let heard = || marks.canaries.lock().unwrap().iter().all(|(_, heard)| *heard);
        let end = Instant::now() + Duration::from_secs(60);
        while !heard() && Instant::now() < end {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        assert!(watcher.look_after_canaries(watcher.canary_due().unwrap()));
    }

    #[test]
    fn no_watches_left_means_scanning() {
        let marks = Marks::default();
        mark(&marks, Err(notify::Error::new(ErrorKind::MaxFilesWatch).add_path("a".into())));
        assert!(marks.exhausted.load(Ordering::Relaxed) && marks.take().everything);
    }
}
