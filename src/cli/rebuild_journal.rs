//! `hedui rebuild-journal`: a journal made anew from records, quarantine and log.

use std::path::PathBuf;

use clap::Args;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon;

#[derive(Debug, Args)]
pub(super) struct RebuildJournalArgs {
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Makes it anew; the daemon must not run.
pub(super) fn rebuild_journal(args: &RebuildJournalArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let rebuilt = daemon::rebuild_journal(&config).map_err(fatal)?;
    if args.format == AnswerFormat::Json {
        streams.answer(&rebuilt)?;
        return Ok(Exit::Ok);
    }
    for file in &rebuilt.unreadable {
        writeln!(streams.out, "{file}: no record of this version; left out")?;
    }
    writeln!(
        streams.out,
        "{} records, {} superseded, {} in quarantine; the log has {} lines, {} more are to be written",
        rebuilt.records, rebuilt.superseded, rebuilt.quarantined, rebuilt.log_lines, rebuilt.lines_added
    )?;
    if rebuilt.decisions > 0 {
        let (all, rescued) = (rebuilt.decisions, rebuilt.decisions_rescued);
        writeln!(streams.out, "{all} decisions of people hold, {rescued} of them known from the old journal alone")?;
    }
    if let Some(aside) = &rebuilt.aside {
        writeln!(streams.out, "the old journal is now {}", aside.display())?;
    }
    Ok(Exit::Ok)
}
