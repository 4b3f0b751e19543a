//! The lock that keeps a second daemon off the same state, and what the one that holds it says of itself.
//!
//! In: the state folder. Out: a [`Lock`], or whether somebody holds it and who. What can go wrong: somebody else has it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::Fatal;
use super::clock::now_utc;

/// How long the lock is waited for before another daemon is taken to run.
const PATIENCE: Duration = Duration::from_secs(2);

/// Held until dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    holder: Holder,
}

/// The daemon that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: i32,
    /// Its version.
    pub version: String,
    /// When it began (RFC 3339, UTC).
    pub since: String,
    /// What keeps its conversions from files and networks; empty before the first.
    pub sandbox: String,
    /// What it is at before it begins to watch, when that takes long.
    #[serde(default)]
    pub doing: Option<String>,
}

impl Lock {
    /// Takes the lock.
    pub(super) fn take(state: &Path) -> Result<Self, Fatal> {
        let path = path_of(state);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(Fatal::io("open", &path))?;
        // A daemon that was killed a moment ago may not be gone yet.
        let (sender, taken) = std::sync::mpsc::sync_channel(1);
        thread::spawn(move || {
            let locked = flock(&file, FlockOperation::LockExclusive);
            // Nobody listens any more when the lock comes too late; it is given back then.
            let _ = sender.send(locked.map(|()| file));
        });
        let file = taken.recv_timeout(PATIENCE).ok().and_then(Result::ok);
        let file =
            file.ok_or_else(|| Fatal(format!("another hedui runs with the state folder {}", state.display())))?;
        let holder = Holder {
            pid: rustix::process::getpid().as_raw_nonzero().get(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            since: now_utc(),
            sandbox: String::new(),
            doing: None,
        };
        let lock = Self { file, holder };
        lock.write(&lock.holder).map_err(Fatal::io("write", &path))?;
        Ok(lock)
    }

    /// Notes what keeps conversions from files and networks. Nothing depends on it, so a full disk is no reason to stop.
    pub(super) fn note_sandbox(&mut self, sandbox: &str) {
        if self.holder.sandbox != sandbox {
            sandbox.clone_into(&mut self.holder.sandbox);
            let _ = self.write(&self.holder);
        }
    }

    /// Notes what the start is at.
    pub(super) fn note_doing(&mut self, doing: Option<String>) {
        if self.holder.doing != doing {
            self.holder.doing = doing;
            let _ = self.write(&self.holder);
        }
    }

    fn write(&self, holder: &Holder) -> std::io::Result<()> {
        use std::os::unix::fs::FileExt;
        let mut text = serde_json::to_vec(holder)?;
        text.write_all(b"\n")?;
        self.file.write_all_at(&text, 0)?;
        self.file.set_len(text.len() as u64)
    }
}

/// The daemon that runs on this state, if one does.
pub(super) fn holder(state: &Path) -> Option<Holder> {
    let path = path_of(state);
    let file = File::open(&path).ok()?;
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        return None;
    }
    serde_json::from_str(&fs::read_to_string(&path).ok()?).ok()
}

/// Asks the daemon that runs to look at its inboxes now. True when there is one.
pub(super) fn wake(state: &Path) -> bool {
    let pid = holder(state).and_then(|holder| Pid::from_raw(holder.pid));
    pid.is_some_and(|pid| kill_process(pid, Signal::USR1).is_ok())
}

fn path_of(state: &Path) -> PathBuf {
    state.join("lock")
}
