//! `hedui retry`: puts quarantined sources back, so that they are tried again.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon::{self, Which, show_name};

#[derive(Debug, Args)]
pub(super) struct RetryArgs {
    /// Ids of entries, or the paths their sources came from.
    #[arg(value_name = "ID|PATH", required_unless_present = "all")]
    wanted: Vec<OsString>,
    /// Every entry.
    #[arg(long, conflicts_with = "wanted")]
    all: bool,
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Puts back, and gives 4 or 5 when some or all that were named could not be.
pub(super) fn retry(args: &RetryArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let wanted: Vec<Which> =
        if args.all { vec![Which::All] } else { args.wanted.iter().map(|name| Which::One(show_name(name))).collect() };
    let done = daemon::retry(&config, &wanted).map_err(fatal)?;
    if args.format == AnswerFormat::Json {
        streams.answer(&done)?;
    } else {
        for entry in &done.entries {
            writeln!(streams.out, "{}  {}: {}", entry.id, entry.path, entry.what)?;
        }
        let after = match (done.entries.iter().any(|entry| entry.again), done.woken) {
            (false, _) => "nothing to try again",
            (true, true) => "the daemon looks now",
            (true, false) => "the daemon does not run; they are tried when it starts",
        };
        writeln!(streams.out, "{after}")?;
    }
    if done.entries.is_empty() && !args.all {
        return Err(Failure::Said(Exit::AllFailed, "quarantine has no such entry".to_owned()));
    }
    let failed = done.entries.iter().filter(|entry| !entry.again).count();
    Ok(Exit::of_inputs(failed, done.entries.len()))
}
