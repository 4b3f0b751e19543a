//! `hedui validate-config`: whether a configuration is valid, and where it is not.

use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure, Streams, config_path};
use crate::config::load;

#[derive(Debug, Args)]
pub(super) struct ValidateConfigArgs {
    /// The configuration; by default `config.yaml`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The same, as other commands name it.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
}

/// Reads the configuration and does nothing with it.
pub(super) fn validate_config(args: &ValidateConfigArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let path = config_path(args.file.as_deref().or(args.config.as_deref()));
    let config = load(path)?;
    let pipelines: Vec<&str> = config.catalog.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    let (inboxes, pipelines) = (config.inboxes.len(), pipelines.join(", "));
    writeln!(streams.out, "{}: valid; inboxes: {inboxes}; pipelines: {pipelines}", path.display())?;
    Ok(Exit::Ok)
}
