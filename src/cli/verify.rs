//! `hedui verify`: whether records, log, archive and quarantine are what the journal says.

use std::path::PathBuf;

use clap::Args;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon::{self, Depth};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Compare sources in archive and quarantine by hash too, not by presence and size alone.
    #[arg(long)]
    full: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Compares, and gives 1 when something does not fit.
pub(super) fn verify(args: &VerifyArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let depth = if args.full { Depth::Full } else { Depth::Presence };
    let found = daemon::verify(&config, depth).map_err(fatal)?;
    match args.format {
        AnswerFormat::Json => streams.answer(&found)?,
        AnswerFormat::Human => {
            for complaint in &found.complaints {
                writeln!(streams.out, "{complaint}")?;
            }
            writeln!(
                streams.out,
                "{} records ({} compared by hash), {} log lines in {} files, {} sources put away ({} compared by hash), \
                 {} entries of quarantine, {} sources to be moved: {}",
                found.records,
                found.compared,
                found.log_lines,
                found.log_files,
                found.sources,
                found.sources_compared,
                found.entries,
                found.unsettled,
                if found.complaints.is_empty() { "all as written" } else { "see above" }
            )?;
        }
    }
    Ok(if found.complaints.is_empty() { Exit::Ok } else { Exit::Findings })
}
