//! `hedui facts`: every fact of files and folders beside its quote, for going through a report row by row.

use clap::{Args, ValueEnum};

use super::inputs::Inputs;
use super::{ConversionArgs, Exit, Failure, Streams};
use crate::sink::{TableFormat, fact_table};

#[derive(Debug, Args)]
pub(super) struct FactsArgs {
    #[command(flatten)]
    conversion: ConversionArgs,
    /// How the table is written.
    #[arg(long, value_enum, default_value_t = Format::Tsv)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One fact per line, columns separated by tabs.
    Tsv,
    /// A Markdown table.
    Markdown,
}

/// Writes a table for each input; with several inputs each stands below its path.
pub(super) fn facts(args: &FactsArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let inputs = Inputs::find(&args.conversion)?;
    let several = inputs.len() > 1;
    let format = match args.format {
        Format::Tsv => TableFormat::Tsv,
        Format::Markdown => TableFormat::Markdown,
    };
    let failed = inputs.each(|path, outcome| match outcome {
        Ok(record) => {
            if several {
                writeln!(streams.out, "# {path}")?;
            }
            streams.out.write_all(fact_table(&record, format).as_bytes())
        }
        Err(error) => writeln!(streams.err, "{path}: {error}"),
    })?;
    Ok(Exit::of_inputs(failed, inputs.len()))
}
