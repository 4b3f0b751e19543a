//! `hedui explain`: how a file was understood, and why.

use clap::Args;

use super::inputs::Inputs;
use super::{ConversionArgs, Exit, Failure, Streams};
use crate::sink::explanation;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    conversion: ConversionArgs,
}

/// Explains each file; one that gives no record is one line on standard error.
pub(super) fn explain(args: &ExplainArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let catalog = args.conversion.options()?.catalog;
    let inputs = Inputs::find(&args.conversion)?;
    let named = args.conversion.pipeline.as_deref();
    let failed = inputs.each(|path, outcome| match outcome {
        Ok(record) => streams.out.write_all(explanation(&record, named, &catalog).as_bytes()),
        Err(error) => writeln!(streams.err, "{path}: {error}"),
    })?;
    Ok(Exit::of_inputs(failed, inputs.len()))
}
