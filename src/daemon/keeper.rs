//! Keeps one converting process: starts it, asks it, ends it when it takes too long, starts another when it has died.
//!
//! In: a document's bytes and hints. Out: a record or error, or a [`Fault`]: the process did not come to an answer. Every
//! wait ends: at the deadline, at the process's end, or when the daemon stops.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Ground;
use super::journal::Cost;
use super::wire::{Answer, EntryAnswer, Greeting, LENGTH_BYTES, Question, Reply, length_of};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::pipeline::Hints;
use crate::record::Record;

/// The running program, also when its file was replaced meanwhile.
const PROGRAM: &str = "/proc/self/exe";
/// A process that has not greeted by then is taken for dead.
const START: Duration = Duration::from_secs(20);
/// How often a wait looks whether the daemon is to stop.
const TICK: Duration = Duration::from_millis(250);
/// What a conversion may still take when the daemon stops.
const STOP_GRACE: Duration = Duration::from_secs(20);
/// After so many documents a process makes room for a fresh one, so that memory it holds on to is given back.
const DOCUMENTS: u32 = 1_000;
/// After a document larger than this as well.
const LARGE_BYTES: usize = 4 << 20;
/// Of what a process says when it dies, as much is kept.
const LAST_WORDS: u64 = 2_000;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// The process died or could not be started; what is known of it.
    Died(String),
    /// The daemon is to stop.
    Stopping,
}

/// One process, or none at the moment.
#[derive(Debug)]
pub(super) struct Keeper {
    ground: Arc<Ground>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    served: u32,
}

/// What came of a document.
#[derive(Debug)]
pub(super) enum Converted {
    /// One record.
    Record(Box<Record>),
    /// It was a bundle; what came of each entry.
    Bundle(Vec<EntryAnswer>),
}

/// Why an exchange ended before its answer.
enum Broken {
    /// The deadline has passed.
    Late,
    /// The answer is larger than allowed.
    Large,
    /// The daemon is to stop.
    Stopping,
    /// The pipe has ended.
    Dead(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Dead(error)
    }
}

impl Keeper {
    /// Keeps a process; it is started with the first document.
    pub(super) fn new(ground: Arc<Ground>) -> Self {
        Self { ground, running: None }
    }

    /// Converts one document, and says what that cost, also when it came to nothing.
    pub(super) fn convert(
        &mut self,
        hints: Hints,
        bytes: &[u8],
        cost: &mut Cost,
    ) -> std::result::Result<Result<Converted>, Fault> {
        let start = Instant::now();
        let outcome = self.ask(hints, bytes, cost);
        cost.wall_ms.get_or_insert(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
        outcome
    }

    fn ask(&mut self, hints: Hints, bytes: &[u8], cost: &mut Cost) -> std::result::Result<Result<Converted>, Fault> {
        let ground = Arc::clone(&self.ground);
        let limits = &ground.config.limits;
        let question = serde_json::to_vec(&Question::from(hints)).map_err(|error| Fault::Died(error.to_string()))?;
        let mut running = match self.running.take() {
            Some(running) => running,
            None => start(&ground)?,
        };
        let wait = Wait::of(&ground, Duration::from_secs(limits.seconds));
        let frames = [&length_of(question.len())[..], &question, &length_of(bytes.len()), bytes];
        let answer = running.converse(&frames, &wait, limits, cost);
        match answer {
            Ok(answer) => {
                running.served += 1;
                if running.served < DOCUMENTS && bytes.len() < LARGE_BYTES {
                    self.running = Some(running);
                }
                Ok(answer)
            }
            Err(Broken::Late) => {
                ground.gauges.count_fault();
                Ok(Err(Error::limit("seconds", limits.seconds)))
            }
            Err(Broken::Large) => Ok(Err(Error::limit("record_bytes", limits.record_bytes))),
            Err(Broken::Stopping) => Err(Fault::Stopping),
            Err(Broken::Dead(error)) => {
                ground.gauges.count_fault();
                let end = running.autopsy();
                if end.contains("memory allocation of") {
                    return Ok(Err(Error::limit("memory_bytes", limits.memory_bytes)));
                }
                Err(Fault::Died(format!("{error}; {end}")))
            }
        }
    }
}

/// Starts a process and waits until it is ready.
fn start(ground: &Ground) -> std::result::Result<Running, Fault> {
    let failed = |error: io::Error| Fault::Died(format!("a converting process could not be started: {error}"));
    let mut command = Command::new(PROGRAM);
    // A group of its own: Ctrl-C is for the daemon, which lets conversions end.
    command.arg0("hedui").arg("worker").env_clear().current_dir("/").process_group(0);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed(io::Error::other("no pipes")));
    };
    let mut running = Running { child, input, output, served: 0 };
    rustix::io::ioctl_fionbio(&running.input, true).map_err(|error| failed(error.into()))?;
    rustix::io::ioctl_fionbio(&running.output, true).map_err(|error| failed(error.into()))?;
    let frames = [&length_of(ground.setup.len())[..], &ground.setup];
    let greeting = match running.exchange(&frames, &Wait::of(ground, START), 1 << 20) {
        Ok(greeting) => greeting,
        Err(Broken::Stopping) => return Err(Fault::Stopping),
        Err(Broken::Dead(error)) => return Err(Fault::Died(format!("{error}; {}", running.autopsy()))),
        Err(Broken::Late | Broken::Large) => return Err(Fault::Died("it does not begin".to_owned())),
    };
    let greeting: Greeting = serde_json::from_slice(&greeting).map_err(|error| failed(error.into()))?;
    ground.sandbox.get_or_init(|| {
        let sandbox = greeting.sandbox.join(" ");
        if greeting.sandbox.len() < 4 {
            tracing::warn!(sandbox, "this kernel does not have all that keeps conversions from files and networks");
        } else {
            tracing::debug!(sandbox, "conversions are kept from files and networks");
        }
        sandbox
    });
    Ok(running)
}

/// How long something may take.
struct Wait<'a> {
    ground: &'a Ground,
    time: Duration,
    deadline: Instant,
}

impl<'a> Wait<'a> {
    fn of(ground: &'a Ground, time: Duration) -> Self {
        Self { ground, time, deadline: Instant::now() + time }
    }

    /// As long once more.
    fn again(&self) -> Self {
        Self::of(self.ground, self.time)
    }

    /// Waits until a pipe can be used.
    fn until(&self, pipe: BorrowedFd<'_>, what: PollFlags) -> std::result::Result<(), Broken> {
        loop {
            let now = Instant::now();
            if now >= self.deadline {
                return Err(Broken::Late);
            }
            if self.ground.stop.since().is_some_and(|stopping| stopping >= STOP_GRACE) {
                return Err(Broken::Stopping);
            }
            let tick = (self.deadline - now).min(TICK);
            let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(tick.subsec_nanos()) };
            match poll(&mut [PollFd::from_borrowed_fd(pipe, what)], Some(&tick)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                // Also when the other side has ended: reading and writing say so.
                Ok(_) => return Ok(()),
                Err(error) => return Err(Broken::Dead(error.into())),
            }
        }
    }
}

impl Running {
    /// Sends a document and reads what came of it; each entry of a bundle has as much time as a document.
    fn converse(
        &mut self,
        frames: &[&[u8]],
        wait: &Wait<'_>,
        limits: &Limits,
        cost: &mut Cost,
    ) -> std::result::Result<Result<Converted>, Broken> {
        let parse = |error: serde_json::Error| Broken::Dead(io::Error::other(format!("a wrong answer: {error}")));
        let limit = limits.record_bytes;
        let Reply { time, answer } = serde_json::from_slice(&self.exchange(frames, wait, limit)?).map_err(parse)?;
        let entries = match answer {
            Answer::Bundle { entries } => entries,
            answer => {
                *cost = Cost { wall_ms: Some(time.wall_ms), cpu_ms: Some(time.cpu_ms), ..*cost };
                return Ok(Result::from(answer).map(Converted::Record));
            }
        };
        let mut answers = Vec::new();
        for _ in 0..entries {
            let answer = self.exchange(&[], &wait.again(), limit)?;
            let mut answer: EntryAnswer = serde_json::from_slice(&answer).map_err(parse)?;
            if answer.bytes_follow {
                answer.kept = Some(self.exchange(&[], &wait.again(), limits.input_bytes)?);
            }
            answers.push(answer);
        }
        Ok(Ok(Converted::Bundle(answers)))
    }

    /// Sends frames and reads one.
    fn exchange(&mut self, frames: &[&[u8]], wait: &Wait<'_>, limit: u64) -> std::result::Result<Vec<u8>, Broken> {
        for frame in frames {
            self.send(frame, wait)?;
        }
        let mut length = [0; LENGTH_BYTES];
        self.receive(&mut length, wait)?;
        let length = u64::from_le_bytes(length);
        if length > limit {
            return Err(Broken::Large);
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.receive(&mut bytes, wait)?;
        Ok(bytes)
    }

    fn send(&mut self, mut bytes: &[u8], wait: &Wait<'_>) -> std::result::Result<(), Broken> {
        while !bytes.is_empty() {
            match self.input.write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait.until(self.input.as_fd(), PollFlags::OUT)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn receive(&mut self, mut bytes: &mut [u8], wait: &Wait<'_>) -> std::result::Result<(), Broken> {
        while !bytes.is_empty() {
            match self.output.read(bytes) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(count) => bytes = bytes.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait.until(self.output.as_fd(), PollFlags::IN)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// How it ended and what it said last.
    fn autopsy(&mut self) -> String {
        // One that closed its pipe and lives is of no use any more.
        let _ = self.child.kill();
        let end = match self.child.wait() {
            Ok(status) => match status.signal() {
                Some(signal) => format!("ended by signal {signal}"),
                None => status.to_string(),
            },
            Err(error) => error.to_string(),
        };
        let mut words = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            // It has ended, so its end of the pipe has too.
            let _ = stderr.take(LAST_WORDS).read_to_end(&mut words);
        }
        let words = String::from_utf8_lossy(&words);
        let words: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if words.is_empty() { end } else { format!("{end}: {}", words.join(" ")) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whatever it is caught in.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
