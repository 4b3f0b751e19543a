//! Whether there is room on the disks that the daemon writes to.
//!
//! In: a configuration. Out: what is short, in a sentence, or nothing. What can go wrong: a folder that cannot be asked,
//! as one that is just being made; then nothing is short.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::Config;

/// Disks are asked at most so often.
const INTERVAL: Duration = Duration::from_millis(500);
/// While room is short they are asked again after so long.
pub(super) const SHORT_INTERVAL: Duration = Duration::from_secs(1);

/// What was found when the disks were asked last.
#[derive(Debug, Default)]
pub(super) struct Room {
    asked: Option<Instant>,
    short: Option<String>,
}

impl Room {
    /// What is short; asks the disks when that was long ago. The second value says that it has changed.
    pub(super) fn short(&mut self, config: &Config) -> (Option<&str>, bool) {
        let mut changed = false;
        if self.asked.is_none_or(|asked| asked.elapsed() >= INTERVAL) {
            let found = short_of(config);
            changed = found.is_some() != self.short.is_some();
            self.short = found;
            self.asked = Some(Instant::now());
        }
        (self.short.as_deref(), changed)
    }

    /// When the disks are to be asked again though nothing else happens.
    pub(super) fn next(&self) -> Option<Instant> {
        self.asked.filter(|_| self.short.is_some()).map(|asked| asked + SHORT_INTERVAL)
    }
}

/// The first disk with less room than wanted.
pub(super) fn short_of(config: &Config) -> Option<String> {
    let wanted = config.min_free_bytes;
    let folders = [&config.output, &config.archive, &config.quarantine, &config.state];
    folders.into_iter().find_map(|folder| {
        let free = free_bytes(folder).filter(|free| *free < wanted)?;
        Some(format!(
            "{free} bytes are free on the disk of {}, {wanted} are wanted (`min_free_bytes`); nothing new is taken in",
            folder.display()
        ))
    })
}

/// What the daemon may still write there.
fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_are_asked() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).is_some_and(|free| free > 0));
        assert_eq!(free_bytes(&folder.path().join("none")), None);
    }
}
