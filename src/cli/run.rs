//! `hedui run`: the daemon. On a terminal it says one readable line per document, as a service JSON events.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tracing::level_filters::LevelFilter;

use super::{Exit, Failure, config_path, is_terminal};
use crate::config::{Config, LogFormat, LogLevel, load};
use crate::daemon::{self, Answer, Notice, Summary, Verdict};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Handle what is there, then end.
    #[arg(long)]
    once: bool,
}

/// Runs until a signal comes.
pub(super) fn run(args: &RunArgs) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let human = match config.log.format {
        LogFormat::Auto => is_terminal(),
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    start_tracing(&config, human);
    let base = std::env::current_dir().unwrap_or_default();
    let mut tell = |notice: Notice| if human { tell_people(&notice, &base) } else { tell_programs(&notice) };
    match daemon::run(config, args.once, &mut tell) {
        Ok(()) => Ok(Exit::Ok),
        Err(fatal) => Err(Failure::Said(Exit::Fatal, fatal.to_string())),
    }
}

fn start_tracing(config: &Config, human: bool) {
    let level = match config.log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    // An earlier subscriber (a test's) stays.
    let _ = if human {
        builder.without_time().with_target(false).with_ansi(false).try_init()
    } else {
        builder.json().flatten_event(true).with_target(false).try_init()
    };
}

/// One line, or a few for a document that could not be converted.
fn tell_people(notice: &Notice, base: &Path) {
    let text = match notice {
        Notice::Started { inboxes, output, quarantine } => {
            let list: Vec<String> =
                inboxes.iter().map(|(name, path)| format!("{name} ({})", show(path, base))).collect();
            format!(
                "hedui {}\n  inboxes     {}\n  records     {}\n  log         {}\n  quarantine  {}",
                env!("CARGO_PKG_VERSION"),
                list.join(", "),
                show(&output.join("records"), base),
                show(&output.join("reconciliation"), base),
                show(quarantine, base)
            )
        }
        Notice::Watching { inboxes, waiting, known } => format!(
            "watching {} ({waiting} to convert, {known} already answered for); stop with Ctrl-C",
            count(*inboxes, "folder")
        ),
        Notice::Answered(answer) => match answer_line(answer, base) {
            Some(line) => line,
            None => return,
        },
        Notice::Stopped { answered, records, quarantined } => {
            format!("stopped: {answered} answered for, {records} records, {quarantined} in quarantine")
        }
    };
    // Without a terminal there is nobody to tell; the results stand in the folders.
    let _ = writeln!(io::stderr(), "{text}");
}

fn answer_line(answer: &Answer, base: &Path) -> Option<String> {
    let source = format!("{}/{}", answer.inbox, answer.path);
    Some(match &answer.verdict {
        Verdict::Done(summary) => done_line(&source, summary, base),
        Verdict::Duplicate { of } => format!("= {source}  duplicate of {of}"),
        Verdict::Quarantined { refusal, same_as, reason } => {
            let again = same_as.as_ref().map(|first| format!(" (same content as {first})")).unwrap_or_default();
            format!(
                "! {source}  {}: {}{again}\n    {}; {}\n    {}",
                refusal.code,
                refusal.message.zh,
                refusal.message.en,
                refusal.advice.en,
                show(reason, base)
            )
        }
        Verdict::Bundle { entries } => format!("+ {source}  {}", count(*entries, "document")),
        Verdict::Ignored { .. } => return None,
    })
}

fn done_line(source: &str, summary: &Summary, base: &Path) -> String {
    let found =
        [(summary.findings.error, "error"), (summary.findings.warning, "warning"), (summary.findings.info, "info")];
    let found: Vec<String> = found.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
    let found = if found.is_empty() { "no findings".to_owned() } else { found.join(", ") };
    let mark = if summary.findings.error > 0 { "x" } else { "+" };
    let replaces = summary.supersedes.as_ref().map(|old| format!("  replaces {old}")).unwrap_or_default();
    format!(
        "{mark} {source}  {}  {}, {}  {found}  -> {}{replaces}",
        summary.kind.as_deref().unwrap_or("unknown kind"),
        count(summary.facts, "fact"),
        count(summary.checks, "check"),
        show(&summary.file, base)
    )
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A path as a person in this folder would write it.
fn show(path: &Path, base: &Path) -> String {
    path.strip_prefix(base).unwrap_or(path).display().to_string()
}

fn tell_programs(notice: &Notice) {
    match notice {
        Notice::Started { inboxes, output, quarantine } => {
            let inboxes: Vec<String> =
                inboxes.iter().map(|(name, path)| format!("{name}={}", path.display())).collect();
            tracing::info!(
                version = env!("CARGO_PKG_VERSION"),
                inboxes = inboxes.join(", "),
                output = %output.display(),
                quarantine = %quarantine.display(),
                "started"
            );
        }
        Notice::Watching { inboxes, waiting, known } => tracing::info!(inboxes, waiting, known, "watching"),
        Notice::Answered(answer) => tell_answer(answer),
        Notice::Stopped { answered, records, quarantined } => {
            tracing::info!(answered, records, quarantined, "stopped");
        }
    }
}

fn tell_answer(answer: &Answer) {
    let (inbox, path) = (&answer.inbox, &answer.path);
    match &answer.verdict {
        Verdict::Done(summary) => tracing::info!(
            inbox,
            path,
            record_id = summary.record_id,
            kind = summary.kind,
            fiscal_year = summary.fiscal_year,
            facts = summary.facts,
            indicators = summary.indicators,
            checks = summary.checks,
            errors = summary.findings.error,
            warnings = summary.findings.warning,
            infos = summary.findings.info,
            supersedes = summary.supersedes,
            duration_ms = summary.duration_ms,
            record = %summary.file.display(),
            "done"
        ),
        Verdict::Duplicate { of } => tracing::info!(inbox, path, of, "duplicate"),
        Verdict::Quarantined { refusal, same_as, reason } => tracing::warn!(
            inbox,
            path,
            code = refusal.code,
            reason = refusal.message.en,
            advice = refusal.advice.en,
            same_as,
            entry = %reason.display(),
            "quarantined"
        ),
        Verdict::Bundle { entries } => tracing::info!(inbox, path, entries, "bundle"),
        Verdict::Ignored { rule } => tracing::debug!(inbox, path, rule, "ignored"),
    }
}
