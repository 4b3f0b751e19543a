//! The command line: one file per command.
//!
//! In: arguments. Out: data on standard output, everything else on standard error, an [`Exit`] code. What can go wrong:
//! wrong usage (2), an invalid configuration (3), inputs that give no record (4 and 5), a daemon that cannot go on (6).
//! A reader that closes the pipe early ends the command quietly.

mod check;
mod clean;
mod convert;
mod explain;
mod facts;
mod inputs;
mod meaning;
mod rebuild_journal;
mod report;
mod reprocess;
mod retry;
mod run;
mod schema;
mod status;
mod validate_config;
mod verify;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::config::{Config, ConfigError, load, load_catalog, unknown_rule};
use crate::daemon::{self, quiet_contained_panics};
use crate::limits::Limits;
use crate::pipeline::{Catalog, Options};
use crate::reconcile::{RuleLevel, RuleLevels};

/// The configuration that is read when none is named.
const DEFAULT_CONFIG: &str = "config.yaml";

/// Reads Chinese budget-performance reports, writes canonical JSON records, says where figures disagree.
#[derive(Debug, Parser)]
#[command(name = "hedui", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch the inboxes of the configuration and convert what is dropped there (the default).
    Run(run::RunArgs),
    /// Convert files and folders once; records to standard output or to a folder.
    Convert(convert::ConvertArgs),
    /// Say where the figures of files and folders disagree.
    Check(check::CheckArgs),
    /// Show every fact beside the words that it was read from.
    Facts(facts::FactsArgs),
    /// Print a JSON Schema.
    Schema(schema::SchemaArgs),
    /// Say whether a configuration is valid, and where it is not.
    ValidateConfig(validate_config::ValidateConfigArgs),
    /// Convert documents for a daemon, over pipes.
    #[command(hide = true)]
    Worker,
    /// Say what the daemon has done and has still to do.
    Status(status::StatusArgs),
    /// Say what a code means, or why a file is where it is and what it waits for.
    Explain(explain::ExplainArgs),
    /// Put quarantined sources back, so that they are tried again.
    Retry(retry::RetryArgs),
    /// Say whether records, log, archive and quarantine are what the journal says.
    Verify(verify::VerifyArgs),
    /// Convert anew what an older version or other pipelines have converted, and say what changes.
    Reprocess(reprocess::ReprocessArgs),
    /// Write what a unit is told about its figures, as a page, a Word letter or a workbook.
    Report(report::ReportArgs),
    /// Remove what is older, or more, than the configuration keeps.
    Clean(clean::CleanArgs),
    /// Make a damaged journal anew from records, quarantine and log.
    RebuildJournal(rebuild_journal::RebuildJournalArgs),
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well; for `convert` also with findings.
    Ok,
    /// `check` found something at or above `--fail-on`; `verify` found something that does not fit.
    Findings,
    /// The arguments make no sense.
    Usage,
    /// The configuration is invalid.
    Config,
    /// Some inputs gave no record.
    SomeFailed,
    /// No input gave a record.
    AllFailed,
    /// The daemon cannot go on, or results cannot be written.
    Fatal,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Config => ConfigError::EXIT_CODE,
            Exit::SomeFailed => 4,
            Exit::AllFailed => 5,
            Exit::Fatal => 6,
        })
    }
}

impl Exit {
    /// The code of a command that went through inputs.
    fn of_inputs(failed: usize, all: usize) -> Self {
        match failed {
            0 => Self::Ok,
            _ if failed >= all => Self::AllFailed,
            _ => Self::SomeFailed,
        }
    }
}

/// Why a command ended before its end.
#[derive(Debug)]
enum Failure {
    Config(ConfigError),
    /// Something was said that fits on one line.
    Said(Exit, String),
    Write(io::Error),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// The two streams of a command.
struct Streams<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl Streams<'_> {
    /// Writes an answer as one JSON object.
    fn answer(&mut self, answer: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self.out, answer)?;
        writeln!(self.out)
    }
}

/// How a command that answers a question writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AnswerFormat {
    /// For people.
    Human,
    /// One JSON object.
    Json,
}

/// What a command says when the daemon's folders do not answer.
#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn fatal(fatal: daemon::Fatal) -> Failure {
    Failure::Said(Exit::Fatal, fatal.to_string())
}

/// Options of every command that converts by itself.
#[derive(Debug, Args)]
struct ConversionArgs {
    /// Files and folders; folders are gone through with all folders in them.
    #[arg(required = true, value_name = "FILE|DIR")]
    inputs: Vec<PathBuf>,
    /// The pipeline to use instead of choosing by content.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// A configuration whose limits and pipelines hold; without it the built-in ones.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How loud a rule may be: off, info, warning or error; may be given several times.
    #[arg(long = "rule", value_name = "ID=LEVEL")]
    rules: Vec<String>,
}

impl ConversionArgs {
    fn options(&self) -> Result<(Options, RuleLevels), Failure> {
        let (options, mut levels) = match &self.config {
            Some(path) => {
                let Config { limits, catalog, levels, .. } = load(path)?;
                (Options { limits, catalog }, levels)
            }
            None => (Options { limits: Limits::default(), catalog: load_catalog(None)? }, RuleLevels::new()),
        };
        for text in &self.rules {
            let (rule, level) = rule_level(text, &options.catalog).map_err(|said| Failure::Said(Exit::Usage, said))?;
            levels.insert(rule, level);
        }
        if let Some(wanted) = &self.pipeline
            && !options.catalog.pipelines.iter().any(|pipeline| &pipeline.name == wanted)
        {
            let names: Vec<&str> = options.catalog.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
            let message = format!("there is no pipeline `{wanted}`; known are {}", names.join(", "));
            return Err(Failure::Said(Exit::Usage, message));
        }
        Ok((options, levels))
    }
}

/// `ID=LEVEL`. An id may have equals signs itself.
fn rule_level(text: &str, catalog: &Catalog) -> Result<(String, RuleLevel), String> {
    let (rule, level) = text.rsplit_once('=').ok_or_else(|| format!("`{text}` is not ID=LEVEL"))?;
    let level = match level {
        "off" => RuleLevel::Off,
        "info" => RuleLevel::Info,
        "warning" => RuleLevel::Warning,
        "error" => RuleLevel::Error,
        other => return Err(format!("`{other}` is no level; use off, info, warning or error")),
    };
    match unknown_rule(rule, catalog) {
        Some(complaint) => Err(complaint),
        None => Ok((rule.to_owned(), level)),
    }
}

/// Parses arguments, runs the command, says what went wrong.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    quiet_contained_panics();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is left to tell when the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok };
        }
    };
    let mut err = io::stderr();
    let mut streams = Streams { out: &mut io::BufWriter::new(io::stdout()), err: &mut err };
    let outcome = match cli.command {
        None => run::run(&cli.run),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Convert(args)) => convert::convert(&args, &mut streams),
        Some(Command::Check(args)) => check::check(&args, &mut streams),
        Some(Command::Facts(args)) => facts::facts(&args, &mut streams),
        Some(Command::Schema(args)) => schema::schema(&args, &mut streams),
        Some(Command::ValidateConfig(args)) => validate_config::validate_config(&args, &mut streams),
        Some(Command::Worker) => daemon::serve_worker().map(|()| Exit::Ok).map_err(Failure::from),
        Some(Command::Status(args)) => status::status(&args, &mut streams),
        Some(Command::Explain(args)) => explain::explain(&args, &mut streams),
        Some(Command::Retry(args)) => retry::retry(&args, &mut streams),
        Some(Command::Verify(args)) => verify::verify(&args, &mut streams),
        Some(Command::Reprocess(args)) => reprocess::reprocess(&args, &mut streams),
        Some(Command::Report(args)) => report::report(&args, &mut streams),
        Some(Command::Clean(args)) => clean::clean(&args, &mut streams),
        Some(Command::RebuildJournal(args)) => rebuild_journal::rebuild_journal(&args, &mut streams),
    };
    let outcome = outcome.and_then(|exit| streams.out.flush().map(|()| exit).map_err(Failure::from));
    outcome.unwrap_or_else(|failure| tell(&failure, streams.err))
}

/// Says what went wrong, and gives the code for it.
fn tell(failure: &Failure, err: &mut dyn Write) -> Exit {
    let (exit, text) = match failure {
        Failure::Config(error) => (Exit::Config, error.to_string()),
        Failure::Said(exit, message) => (*exit, format!("hedui: {message}")),
        Failure::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Ok,
        Failure::Write(error) => (Exit::Fatal, format!("hedui: cannot write the results: {error}")),
    };
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(err, "{text}");
    exit
}

/// The configuration that is named, else that of the folder.
fn config_path(named: Option<&Path>) -> &Path {
    named.unwrap_or(Path::new(DEFAULT_CONFIG))
}

fn is_terminal() -> bool {
    io::stderr().is_terminal()
}
