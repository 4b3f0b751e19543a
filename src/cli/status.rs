//! `hedui status`: what the daemon has done and has still to do.

use std::path::PathBuf;

use clap::Args;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon::{self, Status};

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Looks, and changes nothing.
pub(super) fn status(args: &StatusArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let status = daemon::status(&config).map_err(fatal)?;
    match args.format {
        AnswerFormat::Json => streams.answer(&status)?,
        AnswerFormat::Human => writeln!(streams.out, "{}", lines(&status).join("\n"))?,
    }
    Ok(if status.trouble.is_some() { Exit::Fatal } else { Exit::Ok })
}

fn lines(status: &Status) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(status.trouble.as_ref().map(|trouble| format!("{:<12}{}", trouble.code, trouble.message)));
    lines.push(match &status.daemon {
        Some(daemon) => format!("daemon      runs since {} (process {}, {})", daemon.since, daemon.pid, daemon.version),
        // Its lock lies in the state folder.
        None if status.gone.is_some() => "daemon      does not run, or its folders are gone".to_owned(),
        None => "daemon      does not run".to_owned(),
    });
    let doing = status.daemon.as_ref().and_then(|daemon| daemon.doing.as_ref());
    lines.extend(doing.map(|doing| format!("starting    {doing}")));
    if let Some(daemon) = status.daemon.as_ref().filter(|daemon| !daemon.sandbox.is_empty()) {
        lines.push(format!("sandbox     {}", daemon.sandbox));
    }
    for (inbox, states) in &status.inboxes {
        let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let states = if states.is_empty() { "nothing yet".to_owned() } else { states.join(", ") };
        lines.push(format!("inbox       {inbox}: {states}"));
    }
    for (inbox, waiting) in status.waiting.iter().filter(|(_, waiting)| waiting.ready + waiting.not_ready > 0) {
        let (more, running) = (if status.more_waiting { " or more" } else { "" }, status.daemon.is_some());
        let ready = if running { "complete and to be converted" } else { "complete, for when the daemon runs" };
        lines.push(format!(
            "waiting     {inbox}: {} {ready}, {} not complete yet{more}",
            waiting.ready, waiting.not_ready
        ));
    }
    lines.push(format!("records     {} current, {} superseded", status.current, status.superseded));
    let codes: Vec<String> = status.quarantined.iter().map(|(code, count)| format!("{count} {code}")).collect();
    if !codes.is_empty() {
        lines.push(format!("quarantine  {}", codes.join(", ")));
    }
    if status.unsettled + status.unlogged > 0 {
        lines.push(format!("to do       {} sources to move, {} log lines to write", status.unsettled, status.unlogged));
    }
    lines.extend(status.gone.as_ref().map(|gone| format!("folders     {gone}")));
    lines.extend(status.short.as_ref().map(|short| format!("room        {short}")));
    lines
}
