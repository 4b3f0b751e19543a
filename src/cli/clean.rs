//! `hedui clean`: removes what is older, or more, than the configuration keeps.

use std::path::PathBuf;

use clap::Args;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon;

#[derive(Debug, Args)]
pub(super) struct CleanArgs {
    /// Say what would go, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Removes. A daemon that runs does so by itself, so this is refused then.
pub(super) fn clean(args: &CleanArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let cleaning = daemon::clean(&config, args.dry_run).map_err(fatal)?;
    if args.format == AnswerFormat::Json {
        streams.answer(&cleaning)?;
        return Ok(Exit::Ok);
    }
    for old in &cleaning.files {
        writeln!(streams.out, "{}", daemon::show_name(old.path.as_os_str()))?;
    }
    let verb = if cleaning.removed { "removed" } else { "would be removed" };
    writeln!(streams.out, "{} files, {} bytes {verb}", cleaning.files.len(), cleaning.bytes)?;
    Ok(Exit::Ok)
}
