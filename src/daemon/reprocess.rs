//! Converts anew what an older version or other pipelines have converted: `hedui reprocess`.
//!
//! In: a configuration. Out: a [`Reprocess`]: record by record what would be different. Sources are looked for in the
//! archive and the inboxes and converted by a process of their own; the record that comes out is compared with the one
//! that stands. Where it is the same, that is noted; where it differs, and this is no dry run, the source goes back into
//! its inbox and the usual way from there, so that the record is replaced as durably as ever. A source that would give
//! no record now is left alone. What can go wrong: the journal, or the disk; the same call can be made again.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use serde::Serialize;

use super::compare::Changes;
use super::deliver::as_path;
use super::journal::{Cost, DocumentRow, DocumentState, Journal, Reader, SourceKey, SourceRow, SourceState};
use super::keeper::{Converted, Fault, Keeper};
use super::lock::wake;
use super::names::{file_of, show_path};
use super::recall::{bring_back, file_row, find, inbox_of, is_intact};
use super::wire::Answer;
use super::{Fatal, Ground};
use crate::config::Config;
use crate::error::{Error, Result as Conversion};
use crate::record::Record;
use crate::sink::Disk;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reprocess {
    /// Records that are current.
    pub current: usize,
    /// Those that another version or other pipelines made, each with what became of it.
    pub documents: Vec<Renewed>,
    /// Nothing was changed.
    pub dry_run: bool,
    /// The daemon runs and looks now.
    pub woken: bool,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Renewed {
    /// Its id.
    pub record_id: String,
    /// Its source, escaped for display, with the inbox before it.
    pub source: String,
    /// What would be different.
    pub outcome: Outcome,
    /// In a sentence.
    pub what: String,
    /// Facts and findings, where they differ.
    pub changes: Option<Changes>,
}

/// What a conversion gives now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The same record.
    Same,
    /// Another record.
    Changed,
    /// None.
    Refused,
    /// The source is nowhere to be found.
    Missing,
}

/// Looks at every current record that is of another version (or at `all`), and has those replaced that differ unless it
/// is a `dry_run`.
///
/// # Errors
/// When there is no journal, or journal or folders cannot be read or written.
pub fn reprocess(config: &Config, dry_run: bool, all: bool) -> Result<Reprocess, Fatal> {
    let reader = Reader::of(config)?;
    let ground = Arc::new(Ground::new(config.clone(), true, Arc::default()));
    let mut found = Reprocess { dry_run, ..Reprocess::default() };
    let mut documents = Vec::new();
    let each = |document: DocumentRow| {
        found.current += 1;
        let version = document.attempt.split(' ').next();
        if all || version != Some(env!("CARGO_PKG_VERSION")) || !holds(&ground, &document) {
            documents.push(document);
        }
    };
    reader.each_document(DocumentState::Current, each).map_err(Fatal::journal)?;
    // Documents of one file, as a bundle, together: it is converted once.
    let mut files: BTreeMap<SourceKey, Vec<(DocumentRow, SourceRow)>> = BTreeMap::new();
    for document in documents {
        let Some(row) = main_source(&reader, &document)? else { continue };
        files.entry(file_row(&reader, &row)?.key).or_default().push((document, row));
    }
    let mut again =
        Again { config, reader: &reader, keeper: Keeper::new(Arc::clone(&ground)), ground: &ground, journal: None };
    if !dry_run {
        let path = ground.journal_path();
        again.journal = Some(Journal::open(&path, Arc::new(Disk)).map_err(Fatal::journal)?);
    }
    for group in files.into_values() {
        found.documents.extend(again.file(group)?);
    }
    let asked = |renewed: &Renewed| renewed.outcome == Outcome::Changed;
    found.woken = !dry_run && found.documents.iter().any(asked) && wake(&config.state);
    Ok(found)
}

/// It was made with the pipelines that an inbox has now.
fn holds(ground: &Ground, document: &DocumentRow) -> bool {
    ground.keys.contains(&document.conversion)
}

/// The path that gave the record, else one that has the same content.
fn main_source(reader: &Reader, document: &DocumentRow) -> Result<Option<SourceRow>, Fatal> {
    let rows = reader.sources_of(&document.entry).map_err(Fatal::journal)?;
    let done = rows.iter().position(|row| row.state == SourceState::Done);
    Ok(rows.into_iter().nth(done.unwrap_or(0)))
}

struct Again<'a> {
    config: &'a Config,
    reader: &'a Reader,
    keeper: Keeper,
    ground: &'a Ground,
    /// `None` for a dry run.
    journal: Option<Journal>,
}

impl Again<'_> {
    /// The documents of one file.
    fn file(&mut self, documents: Vec<(DocumentRow, SourceRow)>) -> Result<Vec<Renewed>, Fatal> {
        let Some((_, first)) = documents.first() else { return Ok(Vec::new()) };
        let Some(found) = find(self.config, self.reader, first)? else {
            let missing = |(document, row): (DocumentRow, SourceRow)| {
                renewed(
                    &document,
                    &row,
                    Outcome::Missing,
                    "its source is neither in the archive nor in the inbox",
                    None,
                )
            };
            return Ok(documents.into_iter().map(missing).collect());
        };
        let bytes = fs::read(&found.place).map_err(Fatal::io("read", &found.place))?;
        let inbox = inbox_of(self.config, first).map_or(0, |(number, _)| number);
        let hints = self.ground.hints(inbox, as_path(&found.file.key.path));
        let converted = match self.keeper.convert(hints, &bytes, &mut Cost::default()) {
            Ok(converted) => converted,
            Err(Fault::Died(end)) => Err(super::pool::died(&end)),
            Err(Fault::Stopping) => return Ok(Vec::new()),
        };
        let mut results = answers(converted);
        let mut all = Vec::new();
        for (document, row) in documents {
            let result = results.remove(within(&row).unwrap_or_default());
            all.push(self.document(&document, &row, result)?);
        }
        Ok(all)
    }

    fn document(
        &mut self,
        document: &DocumentRow,
        row: &SourceRow,
        result: Option<Conversion<Box<Record>>>,
    ) -> Result<Renewed, Fatal> {
        let now = match result {
            None => return Ok(renewed(document, row, Outcome::Missing, "its bundle does not have it any more", None)),
            Some(Err(error)) => {
                let what = format!("{error}; the record stays as it is");
                return Ok(renewed(document, row, Outcome::Refused, &what, None));
            }
            Some(Ok(now)) => now,
        };
        if !is_intact(self.config, document) {
            return self.replace(document, row, "its record is missing or not what was written", None);
        }
        let place = self.config.output.join(&document.place);
        let before: Option<Record> = fs::read(&place).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let Some(before) = before else {
            return self.replace(document, row, "its record cannot be read", None);
        };
        if before.content_hash != now.content_hash || before.record_id != now.record_id {
            return self.replace(document, row, "the record differs", Some(Changes::between(&before, &now)));
        }
        if let (Some(journal), Some((number, _))) = (&mut self.journal, inbox_of(self.config, row)) {
            let confirmed = DocumentRow {
                conversion: self.ground.key(number).to_owned(),
                attempt: self.ground.attempt.clone(),
                versions: self.ground.versions(&now),
                ..document.clone()
            };
            journal.confirm(&confirmed).map_err(Fatal::journal)?;
        }
        Ok(renewed(document, row, Outcome::Same, "the record is the same", None))
    }

    /// Every path that has this content goes the usual way again.
    fn replace(
        &mut self,
        document: &DocumentRow,
        row: &SourceRow,
        why: &str,
        changes: Option<Changes>,
    ) -> Result<Renewed, Fatal> {
        let mut what = why.to_owned();
        if let Some(journal) = &mut self.journal {
            journal.forget_conversion(&document.entry).map_err(Fatal::journal)?;
            for other in self.reader.sources_of(&document.entry).map_err(Fatal::journal)? {
                let Some(found) = find(self.config, self.reader, &other)? else { continue };
                let outcome = bring_back(self.config, journal, &found)?;
                let (Ok(said) | Err(said)) = outcome;
                what = format!("{why}; {}: {said}", show_path(&found.file.key.path));
            }
        }
        Ok(renewed(document, row, Outcome::Changed, &what, changes))
    }
}

/// Path of an entry in its bundle; `None` for a file of its own.
fn within(row: &SourceRow) -> Option<&str> {
    let file = file_of(&row.key.path);
    row.key.path.get(file.len() + 2..).and_then(|name| std::str::from_utf8(name).ok())
}

/// What came of a file, by the path in its bundle.
fn answers(converted: Conversion<Converted>) -> Answers {
    match converted {
        Ok(Converted::Record(record)) => Answers::One(Some(Ok(record))),
        Err(error) => Answers::One(Some(Err(error))),
        Ok(Converted::Bundle(entries)) => {
            Answers::Many(entries.into_iter().map(|entry| (entry.name, entry.answer)).collect())
        }
    }
}

enum Answers {
    One(Option<Conversion<Box<Record>>>),
    Many(BTreeMap<String, Answer>),
}

impl Answers {
    fn remove(&mut self, name: &str) -> Option<Conversion<Box<Record>>> {
        match self {
            Self::One(answer) => answer.take(),
            Self::Many(answers) => answers.remove(name).map(Result::<Box<Record>, Error>::from),
        }
    }
}

fn renewed(document: &DocumentRow, row: &SourceRow, outcome: Outcome, what: &str, changes: Option<Changes>) -> Renewed {
    Renewed {
        record_id: document.entry.clone(),
        source: format!("{}/{}", row.key.inbox, show_path(&row.key.path)),
        outcome,
        what: what.to_owned(),
        changes,
    }
}
