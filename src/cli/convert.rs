//! `hedui convert`: records of files and folders, to standard output or to a folder.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::inputs::Inputs;
use super::{ConversionArgs, Exit, Failure, Streams};
use crate::record::Record;
use crate::sink::{Disk, render_record, write_atomic};

#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    #[command(flatten)]
    conversion: ConversionArgs,
    /// A folder for the records, each in a file named by its id.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How records are written; by default indented for one input, one record per line for several.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Indented.
    Json,
    /// One record per line.
    Jsonl,
}

/// Converts, and gives 0 also with findings.
pub(super) fn convert(args: &ConvertArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let inputs = Inputs::find(&args.conversion)?;
    let one = inputs.len() == 1 && args.conversion.inputs.iter().all(|input| !input.is_dir());
    let format = args.format.unwrap_or(if one || args.out.is_some() { Format::Json } else { Format::Jsonl });
    let failed = inputs.each(|path, outcome| match outcome {
        Ok(record) => {
            let bytes = render(&record, format)?;
            match &args.out {
                Some(folder) => {
                    let extension = if format == Format::Json { "json" } else { "jsonl" };
                    let file = folder.join(format!("{}.{extension}", record.record_id));
                    write_atomic(&Disk, &file, &bytes, true).map_err(|error| io::Error::other(error.to_string()))
                }
                None => streams.out.write_all(&bytes),
            }
        }
        Err(error) => writeln!(streams.err, "{path}: {error}"),
    })?;
    Ok(Exit::of_inputs(failed, inputs.len()))
}

fn render(record: &Record, format: Format) -> io::Result<Vec<u8>> {
    match format {
        Format::Json => render_record(record).map_err(|error| io::Error::other(error.to_string())),
        Format::Jsonl => {
            let mut bytes = serde_json::to_vec(record)?;
            bytes.push(b'\n');
            Ok(bytes)
        }
    }
}
