//! `hedui explain`: why a file is where it is, or what it waits for.

use std::path::PathBuf;

use clap::Args;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The file, which need not be there any more.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Looks, and changes nothing.
pub(super) fn explain(args: &ExplainArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let told = daemon::explain(&config, &args.path).map_err(fatal)?;
    if args.format == AnswerFormat::Json {
        streams.answer(&told)?;
        return Ok(Exit::Ok);
    }
    let at = told.at.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
    writeln!(streams.out, "{}: {}{at}; {}", told.path, told.state, told.sentence)?;
    if let (Some(code), Some(message), Some(advice)) = (&told.code, &told.message, &told.advice) {
        writeln!(streams.out, "    {code}: {}；{}\n    {}; {}", message.zh, advice.zh, message.en, advice.en)?;
    }
    Ok(Exit::Ok)
}
