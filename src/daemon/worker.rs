//! A converting process: documents in over one pipe, records out over the other, nothing else.
//!
//! In: frames of wire.rs on standard input. Out: frames on standard output. The process is bound (sandbox.rs) before it
//! sees a document, and ends when its input does. What can go wrong: whatever a document does to it; the daemon sees it
//! end or takes too long, and starts another.

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::bundle::Bundle;
use super::names::within;
use super::pool::{STACK_BYTES, convert_stamped};
use super::sandbox;
use super::wire::{Answer, EntryAnswer, Greeting, Question, Reply, Setup, Time, read_frame, write_frame};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::pipeline::{Hints, Options};
use crate::record::{Container, sha256_hex};

/// Bytes of a bundle's entries that may be kept for quarantine; beyond that they are in their bundle alone.
const KEPT_BYTES: u64 = 64 << 20;

/// Runs one on standard input and output until the input ends.
///
/// # Errors
/// When the daemon does not keep to the protocol, or has ended.
pub fn serve_worker() -> io::Result<()> {
    let Some(setup) = read_frame(&mut io::stdin())? else { return Ok(()) };
    let Setup { texts, limits } = serde_json::from_slice(&setup)?;
    let catalog = texts.catalog().map_err(io::Error::other)?;
    let sandbox = sandbox::enter(&limits);
    let options = Options { limits, catalog };
    // Bound first: what a thread inherits cannot be given to it later.
    let converter = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
        let mut output = io::stdout().lock();
        write_frame(&mut output, &serde_json::to_vec(&Greeting { sandbox })?)?;
        serve(&mut io::stdin().lock(), &mut output, &options)
    })?;
    converter.join().unwrap_or_else(|_| Err(io::Error::other("the converting thread ended")))
}

/// Answers until the input ends.
fn serve(input: &mut impl Read, output: &mut impl Write, options: &Options) -> io::Result<()> {
    while let Some(question) = read_frame(input)? {
        let hints: Hints = serde_json::from_slice::<Question>(&question)?.into();
        let bytes = read_frame(input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (time, outcome) = timed(|| convert_stamped(&bytes, &hints, options));
        let is_archive = outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Archive);
        if is_archive && bytes.starts_with(b"PK") && !is_damaged_package(&bytes, &options.limits) {
            serve_bundle(output, &bytes, &hints, options)?;
        } else {
            reply(output, time, Answer::from(outcome))?;
        }
    }
    Ok(())
}

fn reply(output: &mut impl Write, time: Time, answer: Answer) -> io::Result<()> {
    write_frame(output, &serde_json::to_vec(&Reply { time, answer })?)
}

/// Runs something, and says how long it took.
fn timed<T>(run: impl FnOnce() -> T) -> (Time, T) {
    let cpu = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        Duration::try_from(now).unwrap_or_default()
    };
    let (start, cpu_start) = (Instant::now(), cpu());
    let outcome = run();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    (Time { wall_ms: millis(start.elapsed()), cpu_ms: millis(cpu().saturating_sub(cpu_start)) }, outcome)
}

fn is_damaged_package(bytes: &[u8], limits: &Limits) -> bool {
    Bundle::open(bytes, limits).is_ok_and(|bundle| bundle.is_package())
}

/// Answers for every entry. An archive that cannot be opened, or has none, is answered for as a whole.
fn serve_bundle(output: &mut impl Write, bytes: &[u8], hints: &Hints, options: &Options) -> io::Result<()> {
    let opened = Bundle::open(bytes, &options.limits).and_then(|mut bundle| Ok((bundle.entries()?, bundle)));
    let (entries, mut bundle) = match opened {
        Ok((entries, bundle)) if !entries.is_empty() => (entries, bundle),
        Ok(_) => {
            let error = Error::new(ErrorKind::Archive, ("ZIP，其中没有文件", "a ZIP archive without files"));
            return reply(output, Time::default(), Answer::from(Err(error)));
        }
        Err(error) => return reply(output, Time::default(), Answer::from(Err(error))),
    };
    reply(output, Time::default(), Answer::Bundle { entries: entries.len() })?;
    let mut allowance = KEPT_BYTES;
    for entry in entries {
        if entry.is_link {
            let (time, answer) = (Time::default(), Answer::Link);
            let answer =
                EntryAnswer { name: entry.name, size: 0, sha256: None, time, bytes_follow: false, kept: None, answer };
            write_frame(output, &serde_json::to_vec(&answer)?)?;
            continue;
        }
        let read = bundle.read(&entry);
        let (size, sha256) = read.as_ref().map_or((0, None), |bytes| (bytes.len() as u64, Some(sha256_hex(bytes))));
        let hints = Hints {
            name: entry.name.rsplit('/').next().unwrap_or_default().to_owned(),
            path: within(&hints.path, &entry.name),
            container: Some(Container { archive: hints.name.clone(), entry: entry.name.clone() }),
            ..hints.clone()
        };
        let (time, answer) = timed(|| match &read {
            Ok(bytes) => Answer::from(convert_stamped(bytes, &hints, options)),
            Err(error) => Answer::from(Err(error.clone())),
        });
        let bytes_follow = matches!(answer, Answer::Refused { .. }) && read.is_ok() && size <= allowance;
        let answer = EntryAnswer { name: entry.name, size, sha256, time, bytes_follow, kept: None, answer };
        write_frame(output, &serde_json::to_vec(&answer)?)?;
        if let Some(bytes) = read.ok().filter(|_| bytes_follow) {
            allowance -= size;
            write_frame(output, &bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_catalog;
    use crate::record::Record;

    #[test]
    fn records_come_over_the_pipe_as_they_are() {
        let options = Options { limits: Limits::default(), catalog: load_catalog(None).unwrap() };
        let mut input = Vec::new();
        let samples: Vec<_> = std::fs::read_dir("samples").unwrap().map(|entry| entry.unwrap().path()).collect();
        let hints = |name: &str| Hints { name: name.to_owned(), path: name.to_owned(), ..Hints::default() };
        for path in &samples {
            let question = Question::from(hints(&path.to_string_lossy()));
            write_frame(&mut input, &serde_json::to_vec(&question).unwrap()).unwrap();
            write_frame(&mut input, &std::fs::read(path).unwrap()).unwrap();
        }
        let mut output = Vec::new();
        serve(&mut &input[..], &mut output, &options).unwrap();
        let mut output = &output[..];
        for path in &samples {
            let reply: Reply = serde_json::from_slice(&read_frame(&mut output).unwrap().unwrap()).unwrap();
            let mut record: Record = *Result::from(reply.answer).unwrap();
            let bytes = std::fs::read(path).unwrap();
            let expected = crate::pipeline::convert(&bytes, &hints(&path.to_string_lossy()), &options).unwrap();
            record.run = expected.run.clone();
            assert_eq!(serde_json::to_string(&record).unwrap(), serde_json::to_string(&expected).unwrap());
        }
    }
}
