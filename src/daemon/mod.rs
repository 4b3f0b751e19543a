//! The daemon: watches inboxes, converts what is complete, delivers it durably, says what became of it.
//!
//! In: a [`Config`]. Out: files, and [`Notice`]s for whoever listens. The only home of tokio, notify and signals.
//! What can go wrong: one source (quarantine), the disk (tried again for as long as it lasts), or what it cannot run
//! without ([`Fatal`]: the process ends with a message and its service manager starts it again).
//!
//! The dashboard (web/) has a thread of its own and asks the journal, never the loop.
//!
//! One loop handles one closed set of `Event`s; it never blocks. Around it stand a thread that looks at folders
//! (inbox.rs), threads that convert (pool.rs) and one thread that delivers (deliver.rs); the queues between them are
//! bounded, and the loop alone never waits for room in one, so they cannot wait for each other in a circle.

mod bundle;
mod clock;
mod compare;
mod deliver;
mod event_loop;
mod explain;
mod gauges;
mod ground;
mod housekeeping;
mod inbox;
mod journal;
mod keeper;
mod kin;
mod lease;
mod lock;
mod names;
mod plan;
mod pool;
mod ready;
mod rebuild;
mod recall;
mod report;
mod reprocess;
mod retry;
mod reviews;
mod room;
mod sandbox;
mod service;
mod shelf;
mod signals;
mod snapshot;
mod start;
mod status;
mod stock;
mod verify;
mod watcher;
mod web;
mod wire;
mod worker;

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::Mode;

pub use clock::now_utc;
pub use compare::{Changes, FactChange};
pub use explain::{Explanation, explain};
pub use housekeeping::{Cleaning, Kind, Old, clean};
pub use lock::Holder;
pub use names::{IgnoreRule, is_saved_page, show_name};
pub use pool::{STACK_BYTES, contain, convert_stamped, quiet_contained_panics};
pub use rebuild::{Rebuilt, rebuild_journal};
pub use report::{Answer, Notice, Refused, Summary, Verdict};
pub use reprocess::{Outcome as Renewal, Renewed, Reprocess, reprocess};
pub use retry::{Retried, Retries, Which, retry};
pub use reviews::beside_unit;
pub use status::{Status, Trouble, Waiting, status};
pub use verify::{Depth, Verification, verify};
pub use worker::serve_worker;

use crate::config::{After, Config};
use crate::sink::WriteError;
use deliver::Settled;
use event_loop::{End, Loop};
use gauges::Gauges;
use ground::Ground;
use inbox::Seen;
use journal::JournalError;
use lock::Lock;
use pool::Job;
use signals::Signals;
use web::Web;

/// Everything that can happen.
#[derive(Debug)]
enum Event {
    /// Paths were marked.
    Marked,
    /// A quiet window has passed.
    Due,
    /// The time of a canary is over.
    Canary,
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
    /// The service manager is to be told that all is well, and delivery asked whether it is.
    Pulse,
    /// The configuration is to be read again.
    Reload,
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

/// Runs the daemon until a signal ends it, or with `once` until everything that was there is answered for. SIGHUP goes
/// over to the configuration as it is then, when that is valid.
///
/// # Errors
/// When it cannot begin: folders, journal, another daemon on the same state folder.
pub fn run(config: Config, once: bool, listener: &mut dyn FnMut(Notice)) -> Result<(), Fatal> {
    make_folders(&config)?;
    let mut lock = Lock::take(&config.state)?;
    lease::ignore_lease_breaks();
    let gauges = Arc::new(Gauges::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fatal(format!("cannot start the event loop: {error}")))?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        let mut web = Web::new(&gauges);
        if !once {
            web.listen(&config.web)?;
        }
        let mut config = config;
        loop {
            let ground = Arc::new(Ground::new(config, once, Arc::clone(&gauges)));
            let Some(delivery) = start::open(&ground, &mut signals, &mut lock).await? else {
                listener(Notice::Stopped { answered: 0, records: 0, quarantined: 0 });
                return Ok(());
            };
            let running = Loop::start(&ground, delivery, listener)?;
            web.show(&ground, running.parcels());
            match running.serve(&mut signals, &mut lock).await? {
                End::Stop => return Ok(()),
                End::Reload(next) => config = *next,
            }
            if let Err(error) = web.listen(&config.web) {
                tracing::error!(%error, "nobody can open the dashboard");
            }
        }
    })
}

/// Creates what is missing. From here on new files have the rights that the configuration leaves them.
fn make_folders(config: &Config) -> Result<(), Fatal> {
    if let Some(mask) = config.umask {
        rustix::process::umask(Mode::from_raw_mode(mask));
    }
    let inboxes = config.inboxes.iter().map(|inbox| &inbox.path);
    for folder in inboxes.chain([&config.output, &config.archive, &config.quarantine, &config.state]) {
        fs::create_dir_all(folder).map_err(Fatal::io("create the folder", folder))?;
    }
    for folder in [&config.output, &config.archive, &config.quarantine] {
        give_to_group(config, folder).map_err(Fatal::io("give to the group of the configuration", folder))?;
    }
    Ok(())
}

/// The group may look into the folder and passes on to what is made in it.
const GROUP_RIGHTS: u32 = 0o2050;

/// The folder belongs to the group, and so does what is made in it.
fn give_to_group(config: &Config, folder: &Path) -> io::Result<()> {
    let Some(group) = config.group else { return Ok(()) };
    let found = fs::metadata(folder)?;
    // What is right already needs no system call that a hardened service does not have.
    if found.gid() != group {
        std::os::unix::fs::chown(folder, None, Some(group))?;
    }
    let mut rights = found.permissions();
    if rights.mode() & GROUP_RIGHTS != GROUP_RIGHTS {
        rights.set_mode(rights.mode() | GROUP_RIGHTS);
        fs::set_permissions(folder, rights)?;
    }
    Ok(())
}
