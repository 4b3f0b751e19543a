//! Folder events -> "this path may have changed"; nothing else.
//!
//! In: the inboxes. Out: [`Marks`], a bounded set of paths, or the mark that everything is to be looked at. Events are
//! hints: the callback only marks, because one that works loses events; the truth is the scan. What can go wrong: the
//! system has no watches left or does not watch this file system, as those of other machines; then the scans alone find
//! files, more often.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind, MetadataKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use super::ready::is_remote;

/// More marked paths than this, and a scan of everything is cheaper.
const MAX_MARKS: usize = 10_000;

/// Paths that may have changed since they were last taken.
#[derive(Debug, Default)]
pub(super) struct Marks {
    set: Mutex<MarkSet>,
    wake: Notify,
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

    /// Waits until something is marked.
    pub(super) async fn marked(&self) {
        self.wake.notified().await;
    }
}

/// Watches on folders; they end when this is dropped.
pub(super) struct Watcher {
    inner: Option<RecommendedWatcher>,
    watched: Vec<Watched>,
}

struct Watched {
    path: PathBuf,
    recursive: bool,
    /// Device and inode of the folder that is watched, `None` when it is not.
    identity: Option<(u64, u64)>,
    /// It was said that it cannot be watched.
    complained: bool,
}

impl Watcher {
    /// Prepares watches on folders; [`Self::refresh`] sets them.
    pub(super) fn new<'a>(folders: impl Iterator<Item = (&'a Path, bool)>, marks: &Arc<Marks>) -> Self {
        let marks = Arc::clone(marks);
        let inner = notify::recommended_watcher(move |event| mark(&marks, event));
        if let Err(error) = &inner {
            tracing::warn!(%error, "folders cannot be watched; they are scanned instead");
        }
        let watched = folders.map(|(path, recursive)| Watched {
            path: path.to_owned(),
            recursive,
            identity: None,
            complained: false,
        });
        Self { inner: inner.ok(), watched: watched.collect() }
    }

    /// Watches what exists and is not watched, also a folder that was removed and created anew. True when every folder
    /// is watched now.
    pub(super) fn refresh(&mut self) -> bool {
        let Some(inner) = &mut self.inner else { return false };
        let mut all = true;
        for folder in &mut self.watched {
            let now = folder.path.metadata().ok().map(|found| (found.dev(), found.ino()));
            if is_remote(&folder.path) {
                // What others do there gives no events here.
                if folder.identity.take().is_some() {
                    let _ = inner.unwatch(&folder.path);
                }
            } else if folder.identity != now || now.is_none() {
                if folder.identity.take().is_some() {
                    // The watch went with the folder; an error says just that.
                    let _ = inner.unwatch(&folder.path);
                }
                let mode = if folder.recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
                match inner.watch(&folder.path, mode) {
                    Ok(()) => {
                        folder.identity = now;
                        folder.complained = false;
                    }
                    Err(_) if folder.complained => {}
                    Err(error) => {
                        folder.complained = true;
                        let folder = folder.path.display();
                        tracing::warn!(%folder, %error, "the folder cannot be watched; it is scanned instead");
                    }
                }
            }
            all &= folder.identity.is_some();
        }
        all
    }
}

fn mark(marks: &Marks, event: notify::Result<notify::Event>) {
    match event {
        // Before any look at paths: such an event has none.
        Ok(event) if event.need_rescan() => marks.add_everything(),
        Ok(event) if is_news(&event.kind) => marks.add(event.paths),
        Ok(_) => {}
        Err(_) => marks.add_everything(),
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
}
