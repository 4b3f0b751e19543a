//! `hedui reprocess`: converts anew what an older version or other pipelines have converted, and says what changes.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::{AnswerFormat, Exit, Failure, Streams, config_path, fatal};
use crate::config::load;
use crate::daemon::{self, Changes, Renewal, Reprocess};

/// Facts of one record that are shown to people; the rest is counted.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(super) struct ReprocessArgs {
    /// Say what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Every record, also those that this version made with the pipelines of now.
    #[arg(long)]
    all: bool,
    /// The configuration; by default `config.yaml`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Human)]
    format: AnswerFormat,
}

/// Compares, has records replaced, and gives 4 or 5 when some or all of them could not be made anew.
pub(super) fn reprocess(args: &ReprocessArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let config = load(config_path(args.config.as_deref()))?;
    let done = daemon::reprocess(&config, args.dry_run, args.all).map_err(fatal)?;
    match args.format {
        AnswerFormat::Json => streams.answer(&done)?,
        AnswerFormat::Human => {
            for line in lines(&done) {
                writeln!(streams.out, "{line}")?;
            }
        }
    }
    Ok(Exit::of_inputs(count(&done, Renewal::Refused) + count(&done, Renewal::Missing), done.documents.len()))
}

fn count(done: &Reprocess, outcome: Renewal) -> usize {
    done.documents.iter().filter(|renewed| renewed.outcome == outcome).count()
}

fn lines(done: &Reprocess) -> Vec<String> {
    let mut lines = Vec::new();
    for renewed in done.documents.iter().filter(|renewed| renewed.outcome != Renewal::Same) {
        lines.push(format!("{}  {}: {}", renewed.record_id, renewed.source, renewed.what));
        lines.extend(renewed.changes.iter().flat_map(changes));
    }
    let [same, changed, refused, missing] =
        [Renewal::Same, Renewal::Changed, Renewal::Refused, Renewal::Missing].map(|outcome| count(done, outcome));
    lines.push(format!(
        "{} current records, {} of another version: {same} the same, {changed} different, {refused} refused now, \
         {missing} without source",
        done.current,
        done.documents.len()
    ));
    lines.push(
        match (done.dry_run, changed, done.woken) {
            (_, 0, _) => "nothing is to be replaced",
            (true, ..) => "nothing was changed; the same without --dry-run replaces them",
            (false, _, true) => "the daemon replaces them now",
            (false, _, false) => "the daemon does not run; they are replaced when it starts",
        }
        .to_owned(),
    );
    lines
}

fn changes(changes: &Changes) -> Vec<String> {
    let mut lines = Vec::new();
    for fact in changes.facts.iter().take(SHOWN) {
        let fields: Vec<String> =
            fact.fields.iter().map(|(key, (old, new))| format!("{key} {} -> {}", show(old), show(new))).collect();
        let mark = match fact.what {
            "added" => '+',
            "removed" => '-',
            _ => '~',
        };
        lines.push(format!("    {mark} fact {} {} {}  {}", fact.place, fact.label, fact.text, fields.join(", ")));
    }
    if changes.facts.len() > SHOWN {
        lines.push(format!("    ... and {} more facts; --format json has all", changes.facts.len() - SHOWN));
    }
    lines.extend(changes.findings_added.iter().map(|finding| format!("    + finding {finding}")));
    lines.extend(changes.findings_removed.iter().map(|finding| format!("    - finding {finding}")));
    for (key, (old, new)) in &changes.document {
        lines.push(format!("    ~ document {key} {} -> {}", show(old), show(new)));
    }
    for (what, (old, new)) in
        [("checks", changes.checks), ("indicators", changes.indicators), ("warnings", changes.warnings)]
    {
        if old != new {
            lines.push(format!("    ~ {what} {old} -> {new}"));
        }
    }
    if lines.is_empty() {
        lines.push("    ~ blocks, tables or the words of checks only".to_owned());
    }
    lines
}

fn show(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
