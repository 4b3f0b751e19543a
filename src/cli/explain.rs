//! `hedui explain`: what a code means, or why a file is where it is, what it waits for, and how it was understood.

use std::path::{Path, PathBuf};

use clap::Args;

use super::inputs::Inputs;
use super::meaning::{known, meaning};
use super::{AnswerFormat, ConversionArgs, DEFAULT_CONFIG, Exit, Failure, Streams, fatal};
use crate::config::{load, suggestion};
use crate::daemon;
use crate::pipeline::Options;
use crate::sink::explanation;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A code of an error, warning, finding or rule; or a file: what became of it is told also when it is not there any more.
    #[arg(value_name = "CODE|FILE")]
    path: PathBuf,
    /// The configuration; by default `config.yaml`, where there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The pipeline to use instead of choosing by content.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// How the answer is written; as JSON it tells the state alone.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Looks, and changes nothing.
pub(super) fn explain(args: &ExplainArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let default = Path::new(DEFAULT_CONFIG);
    let config = args.config.clone().or_else(|| default.exists().then(|| default.to_owned()));
    if !args.path.exists()
        && let Some(code) = args.path.to_str().filter(|code| !code.contains(std::path::MAIN_SEPARATOR))
    {
        let conversion =
            ConversionArgs { inputs: Vec::new(), pipeline: None, config: config.clone(), rules: Vec::new() };
        let catalog = conversion.options()?.0.catalog;
        if let Some(text) = meaning(code, &catalog) {
            streams.out.write_all(text.as_bytes())?;
            return Ok(Exit::Ok);
        }
        let hint = suggestion(code, &known(&catalog));
        let no_path = !code.contains('.') && config.as_deref().is_some_and(|config| !is_known_path(args, config));
        if config.is_none() || !hint.is_empty() || no_path {
            return Err(Failure::Said(Exit::Usage, format!("`{code}` is neither a file nor a code{hint}")));
        }
    }
    let with_state = config.is_some() || args.format == AnswerFormat::Json;
    if with_state {
        match state(args, config.as_deref().unwrap_or(default), streams) {
            // Where no daemon has run yet, the file can still be looked at.
            Err(Failure::Said(_, why)) if args.config.is_none() && args.path.is_file() => {
                writeln!(streams.err, "hedui: {why}")?;
            }
            outcome => outcome?,
        }
    }
    if args.format == AnswerFormat::Json || (with_state && !args.path.is_file()) {
        return Ok(Exit::Ok);
    }
    let conversion =
        ConversionArgs { inputs: vec![args.path.clone()], pipeline: args.pipeline.clone(), config, rules: Vec::new() };
    let (Options { catalog, .. }, levels) = conversion.options()?;
    let inputs = Inputs::find(&conversion)?;
    let named = args.pipeline.as_deref();
    let failed = inputs.each(|path, outcome| match outcome {
        Ok(record) => streams.out.write_all(explanation(&record, named, &catalog, &levels).as_bytes()),
        Err(error) => writeln!(streams.err, "{path}: {error}"),
    })?;
    Ok(Exit::of_inputs(failed, inputs.len()))
}

/// The journal knows something of the path, also when nothing lies there. One that does not answer is no proof.
fn is_known_path(args: &ExplainArgs, config: &Path) -> bool {
    let told = load(config).ok().and_then(|config| daemon::explain(&config, &args.path).ok());
    told.is_none_or(|told| !matches!(told.state, "missing" | "outside"))
}

/// What the journal and the inboxes say of the file.
fn state(args: &ExplainArgs, config: &Path, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let told = daemon::explain(&load(config)?, &args.path).map_err(fatal)?;
    if args.format == AnswerFormat::Json {
        return Ok(streams.answer(&told)?);
    }
    let at = told.at.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
    writeln!(streams.out, "{}: {}{at}; {}", told.path, told.state, told.sentence)?;
    if let Some(wall) = told.wall_ms {
        let cpu = told.cpu_ms.map(|cpu| format!(", {cpu} ms of a processor")).unwrap_or_default();
        writeln!(streams.out, "    its conversion took {wall} ms{cpu}")?;
    }
    if let (Some(code), Some(message), Some(advice)) = (&told.code, &told.message, &told.advice) {
        writeln!(streams.out, "    {code}: {}；{}\n    {}; {}", message.zh, advice.zh, message.en, advice.en)?;
    }
    Ok(())
}
