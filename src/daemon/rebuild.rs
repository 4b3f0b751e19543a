//! A journal made anew from what lies in the folders: `hedui rebuild-journal`, for one that is damaged.
//!
//! In: a configuration. Out: a journal that knows every record, replaced record and entry of quarantine, what people
//! decided, and where the log stands; log lines that a crash kept from being written are written after all. The damaged file is put aside, not
//! removed. Sources that stay in their inboxes are read again and found to be known. What can go wrong: a daemon runs, or
//! a folder cannot be read; nothing is changed then.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::clock::now_utc;
use super::deliver::as_path;
use super::journal::{
    BESIDE, Cost, DocumentRow, DocumentState, Journal, PlannedReview, Refusal, Shelf, SourceKey, SourceRow,
    SourceState, Stamp, remove, rescue, with_suffix,
};
use super::lock::Lock;
use super::names::{file_of, show_name, unshow_name};
use super::retry::reasons;
use super::reviews::standing;
use super::shelf::is_plain;
use super::snapshot::hash_file;
use super::{After, Fatal, Ground};
use crate::config::Config;
use crate::record::{LogBody, LogLine, Record};
use crate::sink::{
    Disk, LogHead, LogWriter, Reason, RecordStore, Storage, document_lines, first_of_log, log_files, source_file,
};

/// Documents that are written down in one transaction.
const BATCH: usize = 200;
/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Records that are current.
    pub records: usize,
    /// Records that were replaced.
    pub superseded: usize,
    /// Entries of quarantine.
    pub quarantined: usize,
    /// The last line of the log.
    pub log_lines: u64,
    /// Lines that the log lacked.
    pub lines_added: usize,
    /// What people decided of findings and is known again.
    pub decisions: usize,
    /// Of these, what the log does not say, and only the old journal knew.
    pub decisions_rescued: usize,
    /// Files that are no records or reasons of this version, and are left out.
    pub unreadable: Vec<String>,
    /// Where the old journal is now.
    pub aside: Option<PathBuf>,
}

/// Makes the journal anew.
///
/// # Errors
/// When a daemon runs, or a folder cannot be read or written.
pub fn rebuild_journal(config: &Config) -> Result<Rebuilt, Fatal> {
    fs::create_dir_all(&config.state).map_err(Fatal::io("create the folder", &config.state))?;
    let _lock = Lock::take(&config.state)?;
    let fresh = config.state.join("journal.new");
    remove(&fresh).map_err(Fatal::journal)?;
    let mut journal = Journal::open(&fresh, Arc::new(Disk)).map_err(Fatal::journal)?;
    let log = LogWriter::open(&config.output, Arc::new(Disk), config.rotate_bytes, LogHead::default());
    let head = log.map_err(Fatal::write)?.head().clone();
    journal.restore_log(&head).map_err(Fatal::journal)?;
    // What was removed before is not known any more.
    let first = first_of_log(&config.output).map_err(Fatal::write)?;
    journal.note_log_first(first.unwrap_or(1)).map_err(Fatal::journal)?;
    let mut found = Gathered {
        ground: Ground::new(config.clone(), true, Arc::default()),
        rebuilt: Rebuilt { log_lines: head.seq, ..Rebuilt::default() },
        told: told(config)?,
        documents: Vec::new(),
        sources: BTreeMap::new(),
        lines: Vec::new(),
        noted: Vec::new(),
        bundles: BTreeSet::new(),
        reviews: Vec::new(),
    };
    found.records(config)?;
    found.quarantine(config)?;
    found.bundles(config);
    let decided = found.decisions(&config.state.join("journal.sqlite3"));
    let Gathered { mut rebuilt, documents, sources, lines, noted, told, reviews, .. } = found;
    let at = now_utc();
    rebuilt.lines_added = lines.len() + decided.unsaid.len();
    for batch in documents.chunks(BATCH) {
        journal.restore(batch, &[], &[], &at).map_err(Fatal::journal)?;
    }
    let sources: Vec<SourceRow> = sources.into_values().collect();
    for batch in sources.chunks(BATCH) {
        journal.restore(&[], batch, &[], &at).map_err(Fatal::journal)?;
    }
    // What people decided comes first: each finding asks for it when it is noted.
    for batch in decided.said.chunks(BATCH).chain(noted.chunks(BATCH)) {
        journal.note_told(batch).map_err(Fatal::journal)?;
    }
    note_across(&mut journal, config, told.across, &documents)?;
    journal.restore(&[], &[], &lines, &at).map_err(Fatal::journal)?;
    for (at, decision) in decided.unsaid {
        journal.restore(&[], &[], &[decision], &at).map_err(Fatal::journal)?;
    }
    for batch in reviews.chunks(BATCH) {
        journal.restore_reviews(batch).map_err(Fatal::journal)?;
    }
    journal.all_noted().map_err(Fatal::journal)?;
    // Listed as it was noted; a second time would count each day twice.
    journal.all_listed().map_err(Fatal::journal)?;
    // Its last connection: everything is in the one file now.
    drop(journal);
    keep_owner(&fresh, &config.state).map_err(Fatal::io("give to its owner", &fresh))?;
    rebuilt.aside = put_in_place(&fresh, &config.state)?;
    Ok(rebuilt)
}

/// What the log says of several reports: findings between reports that are current or were filed again, and new filings
/// with what they mended.
fn note_across(
    journal: &mut Journal,
    config: &Config,
    across: Vec<(String, LogBody)>,
    documents: &[DocumentRow],
) -> Result<(), Fatal> {
    let current = documents.iter().filter(|row| row.state == DocumentState::Current);
    let mut known: BTreeSet<&str> = current.map(|row| row.entry.as_str()).collect();
    let pair = |(_, body): &(String, LogBody)| match body {
        LogBody::Refiled { record_id, before, .. } => Some((record_id.clone(), before.clone())),
        _ => None,
    };
    let pairs: Vec<(String, String)> = across.iter().filter_map(pair).collect();
    let replaced: BTreeSet<&str> =
        pairs.iter().map(|(_, before)| before.as_str()).filter(|before| !known.contains(before)).collect();
    let filings = filings_told(config, &replaced)?;
    for batch in filings.chunks(BATCH) {
        journal.note_told(batch).map_err(Fatal::journal)?;
    }
    known.extend(&replaced);
    let holds = |body: &LogBody| match body {
        LogBody::Finding { record_id, against: Some(against), .. } => {
            known.contains(record_id.as_str()) && known.contains(against.record_id.as_str())
        }
        LogBody::Refiled { record_id, .. } => known.contains(record_id.as_str()),
        _ => false,
    };
    let told: Vec<_> = across.into_iter().filter(|(_, body)| holds(body)).map(|(at, body)| (at, vec![body])).collect();
    told.chunks(BATCH).try_for_each(|batch| journal.note_told(batch)).map_err(Fatal::journal)?;
    pairs.chunks(BATCH).try_for_each(|batch| journal.restore_filings(batch, &replaced)).map_err(Fatal::journal)
}

/// What the log said of filings that were replaced: each with its own findings, as it was told last.
fn filings_told(config: &Config, replaced: &BTreeSet<&str>) -> Result<Vec<(String, Vec<LogBody>)>, Fatal> {
    let mut told: BTreeMap<String, (String, Vec<LogBody>)> = BTreeMap::new();
    if !replaced.is_empty() {
        each_line(config, |line| match &line.body {
            LogBody::Document { record_id, .. } if replaced.contains(record_id.as_str()) => {
                told.insert(record_id.clone(), (line.at.clone(), vec![line.body]));
            }
            LogBody::Finding { record_id, against: None, .. } => {
                if let Some((_, lines)) = told.get_mut(record_id) {
                    lines.push(line.body);
                }
            }
            _ => {}
        })?;
    }
    Ok(told.into_values().collect())
}

/// The old journal goes aside, the new one to its place.
fn put_in_place(fresh: &Path, state: &Path) -> Result<Option<PathBuf>, Fatal> {
    let journal = state.join("journal.sqlite3");
    let aside = state.join(format!("journal.damaged-{}.sqlite3", now_utc().replace(':', "")));
    let mut moved = None;
    // The file itself last: until then a crash leaves the old journal.
    for suffix in BESIDE.iter().rev() {
        let (from, to) = (with_suffix(&journal, suffix), with_suffix(&aside, suffix));
        if from.symlink_metadata().is_ok() {
            Disk.rename(&from, &to).map_err(Fatal::io("put aside", &from))?;
            moved = Some(aside.clone());
        }
    }
    Disk.rename(fresh, &journal).map_err(Fatal::io("put in place", &journal))?;
    Disk.sync_folder(state).map_err(Fatal::io("flush", state))?;
    Ok(moved)
}

/// Whoever makes it anew, it belongs to whom the folder belongs to.
fn keep_owner(fresh: &Path, state: &Path) -> std::io::Result<()> {
    let (owner, mine) = (fs::metadata(state)?, fs::metadata(fresh)?);
    if (owner.uid(), owner.gid()) == (mine.uid(), mine.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(fresh, Some(owner.uid()), Some(owner.gid()))
}

/// What the log has said.
#[derive(Debug, Default)]
struct Told {
    /// Records, and whether the last that was said of each is that it was replaced.
    records: BTreeMap<String, bool>,
    /// Sources in quarantine, with the hash of their content.
    quarantined: BTreeSet<(String, Option<String>)>,
    /// What was said of several reports, with the times.
    across: Vec<(String, LogBody)>,
    /// What people decided, with the times.
    decisions: Vec<(String, Vec<LogBody>)>,
    /// When it begins, if what it said before was removed.
    since: Option<String>,
}

impl Told {
    /// The log must have said what was decided then.
    fn reaches(&self, at: &str) -> bool {
        self.since.as_deref().is_none_or(|since| since <= at)
    }
}

fn told(config: &Config) -> Result<Told, Fatal> {
    let mut told = Told::default();
    let mut first = true;
    each_line(config, |line| {
        if first && line.seq > 1 {
            told.since = Some(line.at.clone());
        }
        first = false;
        match line.body {
            LogBody::Document { record_id, .. } => drop(told.records.insert(record_id, false)),
            LogBody::Superseded { record_id, .. } => drop(told.records.insert(record_id, true)),
            LogBody::Quarantined { source, sha256, .. } => drop(told.quarantined.insert((source, sha256))),
            // What was found between reports stands in no record.
            LogBody::Finding { against: Some(_), .. } => told.across.push((line.at, line.body)),
            LogBody::Decision { .. } => told.decisions.push((line.at, vec![line.body])),
            LogBody::Refiled { .. } => told.across.push((line.at, line.body)),
            LogBody::Finding { .. } => {}
        }
    })?;
    Ok(told)
}

/// Every line of the log, in order.
fn each_line(config: &Config, mut hear: impl FnMut(LogLine)) -> Result<(), Fatal> {
    for name in log_files(&config.output).map_err(Fatal::write)? {
        let path = config.output.join("reconciliation").join(name);
        let file = File::open(&path).map_err(Fatal::io("read", &path))?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(Fatal::io("read", &path))?;
            serde_json::from_str::<LogLine>(&line).ok().map(&mut hear);
        }
    }
    Ok(())
}

/// What people decided, with the times.
struct Decided {
    /// What the log says, or said in a part that was removed.
    said: Vec<(String, Vec<LogBody>)>,
    /// What it has still to say.
    unsaid: Vec<(String, LogBody)>,
}

struct Gathered {
    ground: Ground,
    rebuilt: Rebuilt,
    told: Told,
    documents: Vec<DocumentRow>,
    sources: BTreeMap<SourceKey, SourceRow>,
    lines: Vec<LogBody>,
    /// What the records say that the log has told of already, with the times.
    noted: Vec<(String, Vec<LogBody>)>,
    /// Bundles that documents came out of: inbox and path.
    bundles: BTreeSet<SourceKey>,
    /// Reviews that stand: record, place, hash.
    reviews: Vec<(String, PlannedReview, String)>,
}

impl Gathered {
    fn records(&mut self, config: &Config) -> Result<(), Fatal> {
        let store = RecordStore::new(&config.output, Arc::new(Disk));
        let mut current = Vec::new();
        for path in files(&config.output.join("records"))? {
            let place = place_of(config, &path);
            let Some(record) = self.read(&path) else { continue };
            if self.told.records.get(&record.record_id) == Some(&true) {
                // It was decided that it is replaced, and not yet moved.
                store.supersede(&place).map_err(Fatal::write)?;
            } else {
                current.push((record.run.received_at.clone(), path, place));
            }
        }
        // The latest content of a path is the one that counts.
        current.sort();
        for (_, path, place) in current {
            let Some(record) = self.read(&path) else { continue };
            self.rebuilt.records += 1;
            let sha256 = hash_file(&path).map_err(Fatal::io("read", &path))?;
            let row = self.document(&record, DocumentState::Current, place.clone(), Some(sha256));
            self.source(&record, &row);
            self.documents.push(row);
            let at = record.run.received_at.as_deref().unwrap_or_default();
            let lines = document_lines(&record, &place);
            if !self.told.records.contains_key(&record.record_id) && self.told.reaches(at) {
                self.lines.extend(lines);
            } else {
                self.noted.push((at.to_owned(), lines));
            }
        }
        let current: BTreeSet<String> = self.documents.iter().map(|row| row.entry.clone()).collect();
        for path in files(&config.output.join("superseded"))? {
            let Some(record) = self.read(&path) else { continue };
            // The same content may be current again.
            if !current.contains(&record.record_id) {
                self.rebuilt.superseded += 1;
                let row = self.document(&record, DocumentState::Superseded, place_of(config, &path), None);
                self.documents.push(row);
            }
        }
        Ok(())
    }

    fn read(&mut self, path: &Path) -> Option<Record> {
        let record = fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        if record.is_none() && !self.rebuilt.unreadable.contains(&show_name(path.as_os_str())) {
            self.rebuilt.unreadable.push(show_name(path.as_os_str()));
        }
        record
    }

    fn document(
        &self,
        record: &Record,
        state: DocumentState,
        place: String,
        output_sha256: Option<String>,
    ) -> DocumentRow {
        let inbox = record.source.inbox.as_deref().and_then(|name| self.inbox(name));
        // Made by this version with the pipelines of now: then it holds, else `hedui reprocess` looks at it.
        let pipelines = &self.ground.options.catalog.pipelines;
        let holds = record.run.version == env!("CARGO_PKG_VERSION")
            && pipelines.iter().any(|pipeline| {
                pipeline.name == record.run.pipeline && pipeline.version == record.run.pipeline_version
            });
        let key = inbox.filter(|_| holds).map(|number| self.ground.key(number).to_owned());
        DocumentRow {
            entry: record.record_id.clone(),
            state,
            sha256: Some(record.source.sha256.clone()),
            versions: if key.is_some() { self.ground.versions(record) } else { String::new() },
            conversion: key.unwrap_or_default(),
            attempt: format!("{} rebuilt", record.run.version),
            place,
            refusal: None,
            output_sha256,
            cost: Cost {
                wall_ms: record.run.duration_ms,
                source_bytes: Some(record.source.size_bytes),
                ..Cost::default()
            },
        }
    }

    fn inbox(&self, name: &str) -> Option<usize> {
        self.ground.config.inboxes.iter().position(|inbox| inbox.name == name)
    }

    fn source(&mut self, record: &Record, document: &DocumentRow) {
        let Some(inbox) = record.source.inbox.clone() else { return };
        let Some(number) = self.inbox(&inbox) else { return };
        let after = self.ground.config.inboxes.get(number).map(|inbox| inbox.after).unwrap_or_default();
        let key = SourceKey { inbox, path: unshow_name(&record.source.path) };
        if record.source.container.is_some() {
            self.bundles.insert(SourceKey { inbox: key.inbox.clone(), path: file_of(&key.path).to_vec() });
        }
        let reviews = standing(&self.ground.config, &key, &record.source.sha256).into_iter();
        self.reviews.extend(reviews.map(|(review, hash)| (record.record_id.clone(), review, hash)));
        let moved = after == After::Move && record.source.container.is_none();
        // What is not there any more may have been removed for its age.
        let archived = moved.then(|| self.archived(&key, &record.source.sha256)).filter(|path| is_plain(as_path(path)));
        let shelf = archived.map(|path| Shelf { path, copy: false });
        let row = self.row(key, SourceState::Done, document, shelf);
        self.put(SourceRow {
            record: row.entry.clone(),
            at: record.run.received_at.clone().unwrap_or_default(),
            ..row
        });
    }

    /// Where the archive has it, if no other file had that name.
    fn archived(&self, key: &SourceKey, sha256: &str) -> Vec<u8> {
        let name = Path::new(OsStr::from_bytes(&key.path)).file_name().unwrap_or_default();
        let folder = self.ground.config.archive.join(&key.inbox).join(sha256.get(..16).unwrap_or_default());
        folder.join(name).into_os_string().as_bytes().to_vec()
    }

    fn row(&self, key: SourceKey, state: SourceState, document: &DocumentRow, shelf: Option<Shelf>) -> SourceRow {
        SourceRow {
            key,
            state,
            rule: None,
            sha256: document.sha256.clone(),
            // A file that is still there is read again, and found to be known.
            stamp: Stamp::default(),
            conversion: document.conversion.clone(),
            attempt: document.attempt.clone(),
            entry: Some(document.entry.clone()),
            record: None,
            shelf,
            settled: true,
            at: String::new(),
        }
    }

    /// A later answer for the same path takes the place of an earlier one; the last record stays known.
    fn put(&mut self, row: SourceRow) {
        let before = self.sources.remove(&row.key).filter(|_| row.record.is_none());
        let record = row.record.clone().or_else(|| before.and_then(|before| before.record));
        self.sources.insert(row.key.clone(), SourceRow { record, ..row });
    }

    fn quarantine(&mut self, config: &Config) -> Result<(), Fatal> {
        for reason in reasons(&config.quarantine)? {
            self.rebuilt.quarantined += 1;
            let number = self.inbox(&reason.inbox);
            let current = reason.tool_version == env!("CARGO_PKG_VERSION");
            let Reason { id, code, message, advice, .. } = reason.clone();
            let row = DocumentRow {
                entry: id.clone(),
                state: DocumentState::Quarantined,
                sha256: reason.sha256.clone(),
                conversion: number.map(|number| self.ground.key(number).to_owned()).unwrap_or_default(),
                attempt: if current { self.ground.attempt.clone() } else { reason.tool_version.clone() },
                versions: String::new(),
                place: crate::sink::reason_file(&id),
                refusal: Some(Refusal { code: code.clone(), message: message.clone(), advice: advice.clone() }),
                output_sha256: None,
                cost: Cost { source_bytes: Some(reason.size_bytes), ..Cost::default() },
            };
            let key = SourceKey { inbox: reason.inbox.clone(), path: unshow_name(&reason.path) };
            let kept = config.quarantine.join(source_file(&id, Path::new(OsStr::from_bytes(&key.path))));
            let path = kept.clone().into_os_string().as_bytes().to_vec();
            let shelf = kept.symlink_metadata().is_ok().then_some(Shelf { path, copy: false });
            if file_of(&key.path).len() < key.path.len() {
                self.bundles.insert(SourceKey { inbox: key.inbox.clone(), path: file_of(&key.path).to_vec() });
            }
            if number.is_some() && self.sources.get(&key).is_none_or(|before| before.at < reason.at) {
                let source = self.row(key, SourceState::Quarantined, &row, shelf);
                self.put(SourceRow { at: reason.at.clone(), ..source });
            }
            self.documents.push(row);
            let told = self.told.quarantined.contains(&(reason.path.clone(), reason.sha256.clone()));
            let known = told || !self.told.reaches(&reason.at);
            let Reason { path: source, inbox, sha256, at, .. } = reason;
            let inbox = Some(inbox);
            let line = LogBody::Quarantined { source, inbox, sha256, code, reason: message, advice };
            if known {
                self.noted.push((at, vec![line]));
            } else {
                self.lines.push(line);
            }
        }
        Ok(())
    }

    /// What people decided, from the log and, where it can be read, from the journal that is replaced.
    fn decisions(&mut self, old: &Path) -> Decided {
        let mut said: Vec<(String, LogBody)> = Vec::new();
        for (at, bodies) in std::mem::take(&mut self.told.decisions) {
            said.extend(bodies.into_iter().map(|body| (at.clone(), body)));
        }
        let mut known: BTreeSet<String> = said.iter().filter_map(name_of).collect();
        let rescued = rescue(old);
        let mut fresh = |each: &(String, LogBody)| name_of(each).is_some_and(|name| known.insert(name));
        let unsaid: Vec<_> = rescued.unlogged.into_iter().filter(&mut fresh).collect();
        let removed: Vec<_> = rescued.decisions.into_iter().filter(&mut fresh).collect();
        self.rebuilt.decisions_rescued = unsaid.len() + removed.len();
        said.extend(removed);
        // The latest of a finding is the one that counts.
        said.sort_by(|one, other| one.0.cmp(&other.0));
        self.rebuilt.decisions = said.len() + unsaid.len();
        Decided { said: said.into_iter().map(|(at, body)| (at, vec![body])).collect(), unsaid }
    }

    /// Bundles of the archive, found by their names, so that their documents can be converted anew.
    fn bundles(&mut self, config: &Config) {
        for key in std::mem::take(&mut self.bundles) {
            let name = Path::new(OsStr::from_bytes(&key.path)).file_name().unwrap_or_default().to_owned();
            let Ok(folders) = fs::read_dir(config.archive.join(&key.inbox)) else { continue };
            let place = folders.flatten().map(|folder| folder.path().join(&name)).find(|path| path.is_file());
            let Some((place, sha256)) = place.and_then(|place| Some((place.clone(), hash_file(&place).ok()?))) else {
                continue;
            };
            let path = place.into_os_string().as_bytes().to_vec();
            let conversion = self.inbox(&key.inbox).map(|number| self.ground.key(number).to_owned());
            self.put(SourceRow {
                key,
                state: SourceState::Done,
                rule: None,
                sha256: Some(sha256),
                stamp: Stamp::default(),
                conversion: conversion.unwrap_or_default(),
                attempt: self.ground.attempt.clone(),
                entry: None,
                record: None,
                shelf: Some(Shelf { path, copy: false }),
                settled: true,
                at: now_utc(),
            });
        }
    }
}

/// What tells one decision from another; the log knows more of some than the journal does.
fn name_of((at, body): &(String, LogBody)) -> Option<String> {
    let LogBody::Decision { report, fingerprint, verdict, note, who, .. } = body else { return None };
    Some([at, report, fingerprint, verdict.label(), note, who].join("\0"))
}

/// A file's place below the output folder.
fn place_of(config: &Config, path: &Path) -> String {
    show_name(path.strip_prefix(&config.output).unwrap_or(path).as_os_str())
}

/// Record files of a folder and those in it; not what is half written.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Fatal> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.map_err(Fatal::io("list", &folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(Fatal::io("list", &folder))?;
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new("json")) && !entry.file_name().as_bytes().starts_with(b".") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
