//! `hedui report`: reviews of files and records, to standard output, a file or a folder.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::inputs::{Inputs, records_below};
use super::{ConversionArgs, Exit, Failure, Streams, config_path};
use crate::across::{Digest, of_all};
use crate::config::{Config, load, suggestion};
use crate::daemon::{beside_unit, contain};
use crate::error::Result as Outcome;
use crate::record::Record;
use crate::sink::{
    Beside, Disk, Language, ReviewFormat, ReviewOptions, annotated_copy, annotated_name, review, review_name,
    write_atomic,
};

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Reports, which are converted first, records (.json), and folders of both.
    #[arg(value_name = "FILE|RECORD.json|DIR", required_unless_present = "unit")]
    inputs: Vec<PathBuf>,
    /// One review of all current records of this unit, from the output folder of the configuration.
    #[arg(long, value_name = "NAME", conflicts_with = "inputs")]
    unit: Option<String>,
    /// The form of the review.
    #[arg(long, value_enum, default_value_t = Form::Html)]
    format: Form,
    /// The language of the review.
    #[arg(long, value_enum, default_value_t = Tongue::Zh)]
    lang: Tongue,
    /// A file for the review; a folder (or a name with / at its end) for one review of each input.
    #[arg(long, value_name = "PATH|DIR")]
    out: Option<PathBuf>,
    /// The pipeline to use instead of choosing by content.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// A configuration: its limits and pipelines hold; with --unit its output folder, by default that of `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How loud a rule may be in reports that are converted: off, info, warning or error; may be given several times.
    #[arg(long = "rule", value_name = "ID=LEVEL", conflicts_with = "unit")]
    rules: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A page that needs nothing else.
    Html,
    /// A letter for Word.
    Docx,
    /// A workbook.
    Xlsx,
    /// A Word copy of the document with comments at the figures that do not agree.
    Annotated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tongue {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Form {
    fn make(self, records: &[&Record], beside: &[Beside], options: ReviewOptions) -> Outcome<Vec<u8>> {
        let format = match self {
            Self::Html => ReviewFormat::Html,
            Self::Docx => ReviewFormat::Docx,
            Self::Xlsx => ReviewFormat::Xlsx,
            Self::Annotated => {
                let [record] = records else { return Ok(Vec::new()) };
                return contain(|| annotated_copy(record, options));
            }
        };
        contain(|| review(records, beside, format, options))
    }

    fn name(self, source: &str) -> String {
        match self {
            Self::Html => review_name(source, ReviewFormat::Html),
            Self::Docx => review_name(source, ReviewFormat::Docx),
            Self::Xlsx => review_name(source, ReviewFormat::Xlsx),
            Self::Annotated => annotated_name(source),
        }
    }
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Zh => Self::Zh,
            Tongue::En => Self::En,
        }
    }
}

/// Writes reviews, and gives 0 also with findings.
pub(super) fn report(args: &ReportArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let folder = args.out.as_deref().filter(|out| out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/"));
    if args.out.is_none() && args.format != Form::Html && io::stdout().is_terminal() {
        let message = "a Word or Excel file is nothing for a terminal; name a file or folder with --out";
        return Err(Failure::Said(Exit::Usage, message.to_owned()));
    }
    match &args.unit {
        Some(unit) => of_unit(args, unit, folder, streams),
        None => of_inputs(args, folder, streams),
    }
}

fn of_inputs(args: &ReportArgs, folder: Option<&Path>, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let conversion = ConversionArgs {
        inputs: args.inputs.clone(),
        pipeline: args.pipeline.clone(),
        config: args.config.clone(),
        rules: args.rules.clone(),
    };
    let inputs = Inputs::find(&conversion)?.with_records();
    if inputs.len() > 1 && folder.is_none() {
        let message = "several inputs give several reviews; name a folder for them, as --out reviews/";
        return Err(Failure::Said(Exit::Usage, message.to_owned()));
    }
    let mut names = BTreeSet::new();
    let mut unmade = 0;
    let options = ReviewOptions::new(args.lang.into(), inputs.limits());
    let failed = inputs.each(|path, outcome| {
        let made = outcome.and_then(|record| Ok((args.format.make(&[&record], &[], options)?, record)));
        match made {
            Ok((bytes, record)) => {
                let mut name = args.format.name(&record.source.name);
                if !names.insert(name.clone()) {
                    // Sources of one name from several folders.
                    name = args.format.name(&format!("{}-{}", record.record_id, record.source.name));
                }
                put(&bytes, &name, args, folder, streams)
            }
            Err(error) => {
                unmade += 1;
                writeln!(streams.err, "{path}: {error}")
            }
        }
    })?;
    Ok(Exit::of_inputs(failed.max(unmade), inputs.len()))
}

/// One review of whatever the output folder has of a unit.
fn of_unit(args: &ReportArgs, unit: &str, folder: Option<&Path>, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    if args.format == Form::Annotated {
        let message = "an annotated copy is of one document; name its file or record instead of --unit";
        return Err(Failure::Said(Exit::Usage, message.to_owned()));
    }
    let config = load(config_path(args.config.as_deref()))?;
    let mut records = Vec::new();
    let mut others: BTreeSet<String> = BTreeSet::new();
    let mut unread = 0;
    records_below(&config.output.join("records"), config.limits.record_bytes, |path, outcome| {
        match outcome {
            Ok(record) => match record.document.entity.name.as_deref() {
                Some(name) if name == unit => records.push(record),
                Some(name) => drop(others.insert(name.to_owned())),
                None => {}
            },
            Err(error) => {
                unread += 1;
                writeln!(streams.err, "{path}: {error}")?;
            }
        }
        Ok(())
    })?;
    if records.is_empty() {
        let known: Vec<&String> = others.iter().collect();
        let hint = suggestion(unit, &known);
        let message =
            format!("no current record is of the unit `{unit}`{hint}; its name must be as the records have it");
        return Err(Failure::Said(Exit::AllFailed, message));
    }
    let all: Vec<&Record> = records.iter().collect();
    let beside = beside_of(&config, unit, &all)?;
    let bytes = args.format.make(&all, &beside, ReviewOptions::new(args.lang.into(), &config.limits));
    let bytes = bytes.map_err(|error| Failure::Said(Exit::AllFailed, error.to_string()))?;
    put(&bytes, &args.format.name(unit), args, folder, streams)?;
    Ok(if unread == 0 { Exit::Ok } else { Exit::SomeFailed })
}

/// What stands beside a unit's records: as the journal knows it, else what the records themselves say of each other.
fn beside_of(config: &Config, unit: &str, records: &[&Record]) -> Result<Vec<Beside>, Failure> {
    let known = beside_unit(config, unit).map_err(|error| Failure::Said(Exit::AllFailed, error.to_string()))?;
    Ok(known.unwrap_or_else(|| {
        let digests: Vec<Digest> = records.iter().map(|record| Digest::of(record)).collect();
        of_all(&digests, &config.levels).into_iter().map(|line| Beside { line, fixed: false }).collect()
    }))
}

/// To the folder under its name, to the file that is named, or to standard output.
fn put(
    bytes: &[u8],
    name: &str,
    args: &ReportArgs,
    folder: Option<&Path>,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let file = match (folder, &args.out) {
        (Some(folder), _) => folder.join(name),
        (None, Some(file)) => file.clone(),
        (None, None) => return streams.out.write_all(bytes),
    };
    write_atomic(&Disk, &file, bytes, true).map_err(|error| io::Error::other(error.to_string()))?;
    writeln!(streams.err, "{}", file.display())
}
