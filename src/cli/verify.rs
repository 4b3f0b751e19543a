//! `hedui verify`: whether records and log are what the journal says.

use std::path::PathBuf;

use clap::Args;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon;

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Compares, and gives 1 when something does not fit.
pub(super) fn verify(args: &VerifyArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let found = daemon::verify(&config).map_err(fatal)?;
    match args.format {
        AnswerFormat::Json => streams.answer(&found)?,
        AnswerFormat::Human => {
            for complaint in &found.complaints {
                writeln!(streams.out, "{complaint}")?;
            }
            writeln!(
                streams.out,
                "{} records ({} compared by hash), {} log lines in {} files, {} sources to be moved: {}",
                found.records,
                found.compared,
                found.log_lines,
                found.log_files,
                found.unsettled,
                if found.complaints.is_empty() { "all as written" } else { "see above" }
            )?;
        }
    }
    Ok(if found.complaints.is_empty() { Exit::Ok } else { Exit::Findings })
}
