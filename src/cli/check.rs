//! `hedui check`: findings of files and folders, nothing else. Reports that are given together are also held against each
//! other, where they are of one unit.

use clap::{Args, ValueEnum};

use super::inputs::Inputs;
use super::{ConversionArgs, Exit, Failure, Streams};
use crate::across::{Digest, of_all};
use crate::record::LogBody;
use crate::record::Severity;
use crate::sink::{SarifLog, finding_lines, human_across, human_findings};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    conversion: ConversionArgs,
    /// Exit with 1 when there is a finding of this severity or above.
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// One finding per line.
    Jsonl,
    /// One SARIF 2.1.0 log for all.
    Sarif,
}

/// Checks. Findings come before failed inputs in the exit code, unless all inputs failed.
pub(super) fn check(args: &CheckArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let inputs = Inputs::find(&args.conversion)?;
    let mut found = false;
    let mut sarif = SarifLog::default();
    let mut digests = Vec::new();
    let failed = inputs.each(|path, outcome| {
        let record = match outcome {
            Ok(record) => record,
            Err(error) => return writeln!(streams.err, "{path}: {error}"),
        };
        digests.push(Digest::of(&record));
        found |= record.findings.iter().any(|finding| args.fail_on.counts(finding.severity));
        match args.format {
            Format::Human => streams.out.write_all(human_findings(&record).as_bytes()),
            Format::Jsonl => print_lines(&finding_lines(&record), streams),
            Format::Sarif => {
                finding_lines(&record).iter().for_each(|line| sarif.add(line));
                Ok(())
            }
        }
    })?;
    let across = of_all(&digests, inputs.levels());
    found |=
        across.iter().any(|line| matches!(line, LogBody::Finding { severity, .. } if args.fail_on.counts(*severity)));
    match args.format {
        Format::Human => streams.out.write_all(human_across(&across).as_bytes())?,
        Format::Jsonl => print_lines(&across, streams)?,
        Format::Sarif => across.iter().for_each(|line| sarif.add(line)),
    }
    if args.format == Format::Sarif {
        serde_json::to_writer_pretty(&mut *streams.out, &sarif.finish()).map_err(std::io::Error::from)?;
        streams.out.write_all(b"\n")?;
    }
    Ok(match Exit::of_inputs(failed, inputs.len()) {
        Exit::Ok | Exit::SomeFailed if found => Exit::Findings,
        other => other,
    })
}

fn print_lines(lines: &[LogBody], streams: &mut Streams<'_>) -> std::io::Result<()> {
    lines.iter().try_for_each(|line| {
        serde_json::to_writer(&mut *streams.out, line)?;
        streams.out.write_all(b"\n")
    })
}

impl FailOn {
    fn counts(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Never => false,
        }
    }
}
