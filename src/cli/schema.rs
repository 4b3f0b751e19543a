//! `hedui schema`: JSON Schemas of what is written and read.

use clap::{Args, ValueEnum};

use super::{Exit, Failure, Streams};
use crate::config::{config_schema, pipeline_schema, vocabulary_schema};
use crate::record::{LogLine, Record};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Of what.
    #[arg(value_enum)]
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// A canonical record.
    Record,
    /// A line of the reconciliation log.
    Log,
    /// config.yaml.
    Config,
    /// A file of pipelines/.
    Pipeline,
    /// pipelines/vocabulary.yaml.
    Vocabulary,
}

/// Prints the schema.
pub(super) fn schema(args: &SchemaArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let schema = match args.of {
        Of::Record => schemars::schema_for!(Record),
        Of::Log => schemars::schema_for!(LogLine),
        Of::Config => config_schema(),
        Of::Pipeline => pipeline_schema(),
        Of::Vocabulary => vocabulary_schema(),
    };
    serde_json::to_writer_pretty(&mut *streams.out, &schema).map_err(std::io::Error::from)?;
    streams.out.write_all(b"\n")?;
    Ok(Exit::Ok)
}
