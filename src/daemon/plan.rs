//! What is to be done with one piece of work: a decision over what the journal knows and whether the record it names
//! still stands.
//!
//! In: [`Work`] and the journal. Out: [`Decision`]: nothing, look again, or a [`Plan`] with the bytes of its output and
//! what people are told. What can go wrong: the journal does not answer.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::clock::now_utc;
use super::journal::{
    Cost, DocumentRow, DocumentState, Journal, JournalError, Plan, PlannedReview, Refusal, Resolved, Shelf, SourceKey,
    SourceRow, SourceState,
};
use super::names::show_path;
use super::pool::{Outcome, Work};
use super::recall::is_intact;
use super::report::{Summary, Verdict};
use super::reviews::planned;
use super::{After, Ground};
use crate::error::{Error, ErrorKind};
use crate::record::{LogBody, Record, sha256_hex};
use crate::sink::{Reason, RecordStore, document_lines, quarantine_id, reason_file, render_record, source_file};

/// What is to be done.
pub(super) enum Decision {
    /// The file was touched, its content is the same as before and answered for.
    Unchanged(Box<SourceRow>),
    /// What was known when the file was read has changed since.
    LookAgain,
    /// To be carried out.
    Act(Box<Action>),
}

/// A plan with what it needs.
pub(super) struct Action {
    pub(super) plan: Plan,
    /// Bytes of the output file.
    pub(super) bytes: Vec<u8>,
    /// A file that is written before the output: what a bundle's entry was, for quarantine.
    pub(super) aside: Option<(PathBuf, Vec<u8>)>,
    pub(super) verdict: Verdict,
}

/// Decides about one piece of work.
pub(super) fn decide(ground: &Ground, journal: &Journal, work: &Work) -> Result<Decision, JournalError> {
    let key = ground.source_key(work.job.inbox, &work.job.path);
    let before = journal.source(&key)?;
    let planner = Planner { ground, journal, work, key, before };
    planner.decide()
}

struct Planner<'a> {
    ground: &'a Ground,
    journal: &'a Journal,
    work: &'a Work,
    key: SourceKey,
    before: Option<SourceRow>,
}

impl Planner<'_> {
    fn decide(self) -> Result<Decision, JournalError> {
        if let Some(row) = self.unchanged()
            && self.still_answers(row.entry.as_deref())?
        {
            return Ok(Decision::Unchanged(Box::new(row)));
        }
        let known = match &self.work.sha256 {
            Some(sha256) => self.journal.content(sha256, self.conversion(), &self.ground.attempt)?,
            None => None,
        };
        let known = known.filter(|document| self.stands(document));
        Ok(match (&self.work.outcome, known) {
            (Outcome::Ignored(rule), _) => self.ignored(rule),
            (_, Some(document)) => self.again(&document),
            (Outcome::Known, None) => Decision::LookAgain,
            (Outcome::Bundle(_, entries), None) => self.bundle(*entries),
            (Outcome::Refused(error), None) => self.refused(&Refusal::of(error), None),
            (Outcome::Converted(record), None) => self.converted(record)?,
        })
    }

    /// A record answers only while it stands as it was written; one that was lost or altered is made anew.
    fn stands(&self, document: &DocumentRow) -> bool {
        document.state != DocumentState::Current || is_intact(&self.ground.config, document)
    }

    fn still_answers(&self, entry: Option<&str>) -> Result<bool, JournalError> {
        let Some(entry) = entry else { return Ok(true) };
        Ok(self.journal.document(entry)?.is_none_or(|document| self.stands(&document)))
    }

    fn conversion(&self) -> &str {
        self.ground.key(self.work.job.inbox)
    }

    fn after(&self) -> After {
        self.ground.config.inboxes.get(self.work.job.inbox).map(|inbox| inbox.after).unwrap_or_default()
    }

    /// The row with its stamp brought up to date, when this content of this path is answered for.
    fn unchanged(&self) -> Option<SourceRow> {
        let before = self.before.as_ref()?;
        let same = before.sha256.is_some() && before.sha256 == self.work.sha256;
        let holds = match before.state {
            SourceState::Done | SourceState::Duplicate => before.conversion == self.conversion(),
            SourceState::Quarantined => before.conversion == self.conversion() && before.attempt == self.ground.attempt,
            SourceState::Ignored => false,
        };
        // What was moved away and is here again was dropped again.
        let stays = self.after() == After::Keep || !before.settled || self.work.of_bundle;
        (same && holds && stays).then(|| SourceRow { stamp: self.work.stamp, ..before.clone() })
    }

    fn row(&self, state: SourceState, entry: Option<&str>, shelf: Option<Shelf>) -> SourceRow {
        SourceRow {
            key: self.key.clone(),
            state,
            rule: None,
            sha256: self.work.sha256.clone(),
            stamp: self.work.stamp,
            conversion: self.conversion().to_owned(),
            attempt: self.ground.attempt.clone(),
            entry: entry.map(str::to_owned),
            record: self.before.as_ref().and_then(|before| before.record.clone()),
            settled: shelf.is_none(),
            shelf,
            at: self.work.received_at.clone(),
        }
    }

    fn ignored(&self, rule: &'static str) -> Decision {
        let source = SourceRow { rule: Some(rule.to_owned()), ..self.row(SourceState::Ignored, None, None) };
        act(self.plan(source), Vec::new(), Verdict::Ignored { rule })
    }

    /// A bundle whose entries are answered for one by one.
    fn bundle(&self, entries: usize) -> Decision {
        let source = self.row(SourceState::Done, None, self.archive());
        act(self.plan(source), Vec::new(), Verdict::Bundle { entries })
    }

    /// The same content was answered for before, here or elsewhere.
    fn again(&self, document: &DocumentRow) -> Decision {
        if document.state == DocumentState::Quarantined {
            let refusal = document.refusal.clone().unwrap_or_else(|| {
                Refusal::of(&Error::new(
                    ErrorKind::Internal,
                    ("台账中没有此条目的原因", "the journal has lost the reason of this entry"),
                ))
            });
            return self.refused(&refusal, Some(&document.entry));
        }
        let mut source = self.row(SourceState::Duplicate, Some(&document.entry), self.archive());
        let replaces = source.record.replace(document.entry.clone());
        // Whoever dropped the copy wants an answer too.
        let review = self.review().filter(|_| document.state == DocumentState::Current);
        let plan = Plan { replaces, review, ..self.plan(source) };
        act(plan, Vec::new(), Verdict::Duplicate { of: document.entry.clone() })
    }

    fn converted(&self, record: &Record) -> Result<Decision, JournalError> {
        let versions = self.ground.versions(record);
        let mine = self.before.as_ref().and_then(|before| before.record.as_deref());
        if let Some(document) = self.journal.document(&record.record_id)?
            && document.state == DocumentState::Current
            && document.versions == versions
            && mine != Some(&record.record_id)
            && self.stands(&document)
        {
            // Another inbox chose the same pipeline in another way.
            return Ok(self.again(&document));
        }
        let mut record = record.clone();
        record.run.supersedes = mine.filter(|mine| *mine != record.record_id).map(str::to_owned);
        let bytes = match render_record(&record) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(self.refused(&Refusal::of(&error), None)),
        };
        let place = RecordStore::place(&record);
        let mut source = self.row(SourceState::Done, Some(&record.record_id), self.archive());
        let replaces = source.record.replace(record.record_id.clone());
        let output = self.ground.config.output.join(&place);
        let output_of = output_of(&output, &bytes);
        let mut document = self.document(&record.record_id, DocumentState::Current, versions, place.clone(), None);
        document.output_sha256 = output_of.as_ref().map(|(_, sha256)| sha256.clone());
        document.cost.output_bytes = Some(bytes.len() as u64);
        let lines = document_lines(&record, &place);
        let review = self.review();
        let plan = Plan { output: output_of, document: Some(document), replaces, lines, review, ..self.plan(source) };
        Ok(act(plan, bytes, Verdict::Done(Box::new(Summary::of(&record, output)))))
    }

    fn refused(&self, refusal: &Refusal, same_as: Option<&str>) -> Decision {
        let id = quarantine_id(self.work.sha256.as_deref(), &self.key.inbox, &self.key.path);
        let same_as = same_as.filter(|first| *first != id).map(str::to_owned);
        let path = Path::new(OsStr::from_bytes(&self.key.path));
        let reason = Reason {
            id: id.clone(),
            code: refusal.code.clone(),
            message: refusal.message.clone(),
            advice: refusal.advice.clone(),
            name: path.file_name().map(|name| show_path(name.as_bytes())).unwrap_or_default(),
            path: show_path(&self.key.path),
            inbox: self.key.inbox.clone(),
            sha256: self.work.sha256.clone(),
            size_bytes: self.work.stamp.size,
            same_as: same_as.clone(),
            at: now_utc(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let quarantine = &self.ground.config.quarantine;
        let place = reason_file(&id);
        let output = quarantine.join(&place);
        // A Reason is text and numbers; should it not be JSON all the same, the entry still has its log line.
        let bytes = reason.render().unwrap_or_default();
        let copy = self.after() == After::Keep;
        let shelf = path_bytes(quarantine.join(source_file(&id, path)));
        // What cannot be read cannot be copied; it can still be moved.
        let shelf = (!copy || self.work.sha256.is_some()).then_some(Shelf { path: shelf, copy });
        // An entry stays in its bundle, which goes to the archive; its copy is written with the reason.
        let aside = self.work.kept.as_ref().and_then(|bytes| Some((as_path(&shelf.as_ref()?.path), bytes.clone())));
        let shelf = shelf.filter(|_| !self.work.of_bundle || aside.is_some());
        let mut source = self.row(SourceState::Quarantined, Some(&id), shelf);
        source.settled |= self.work.of_bundle;
        let state = DocumentState::Quarantined;
        let mut document = self.document(&id, state, String::new(), place, Some(refusal.clone()));
        document.cost.output_bytes = Some(bytes.len() as u64);
        document.output_sha256 = Some(sha256_hex(&bytes));
        let line = LogBody::Quarantined {
            source: reason.path,
            inbox: Some(reason.inbox),
            sha256: reason.sha256,
            code: refusal.code.clone(),
            reason: refusal.message.clone(),
            advice: refusal.advice.clone(),
        };
        let verdict = Verdict::Quarantined { refusal: refusal.clone().into(), same_as, reason: output.clone() };
        let output = output_of(&output, &bytes);
        let plan = Plan { output, document: Some(document), lines: vec![line], ..self.plan(source) };
        Decision::Act(Box::new(Action { plan, bytes, aside, verdict }))
    }

    /// A plan that only notes what became of the source.
    fn plan(&self, source: SourceRow) -> Plan {
        let resolves = self.resolves(&source);
        Plan { output: None, source, document: None, replaces: None, resolves, lines: Vec::new(), review: None }
    }

    /// What quarantine has of this path from before, unless that is what it gets now.
    fn resolves(&self, source: &SourceRow) -> Option<Resolved> {
        let before = self.before.as_ref().filter(|before| before.state == SourceState::Quarantined)?;
        let entry = before.entry.clone().filter(|_| before.entry != source.entry)?;
        let reason = path_bytes(self.ground.config.quarantine.join(reason_file(&entry)));
        let shelf = before.shelf.as_ref().map(|shelf| shelf.path.clone());
        Some(Resolved { entry, paths: shelf.into_iter().chain([reason]).collect() })
    }

    fn document(
        &self,
        entry: &str,
        state: DocumentState,
        versions: String,
        place: String,
        refusal: Option<Refusal>,
    ) -> DocumentRow {
        DocumentRow {
            entry: entry.to_owned(),
            state,
            sha256: self.work.sha256.clone(),
            conversion: self.conversion().to_owned(),
            attempt: self.ground.attempt.clone(),
            versions,
            place,
            refusal,
            output_sha256: None,
            cost: Cost { source_bytes: Some(self.work.stamp.size), ..self.work.cost },
        }
    }

    /// The review that the inbox asks for.
    fn review(&self) -> Option<PlannedReview> {
        planned(&self.ground.config, &self.key, self.work.sha256.as_deref(), self.work.of_bundle)
    }

    /// `archive/<inbox>/<first 16 of sha256>/<name>`: found from a record's id, and the name stays as it was.
    fn archive(&self) -> Option<Shelf> {
        let name = Path::new(OsStr::from_bytes(&self.key.path)).file_name()?.to_owned();
        let content = self.work.sha256.as_ref()?.get(..16)?;
        let path = self.ground.config.archive.join(&self.key.inbox).join(content).join(name);
        (self.after() == After::Move && !self.work.of_bundle).then(|| Shelf { path: path_bytes(path), copy: false })
    }
}

impl Refusal {
    pub(super) fn of(error: &Error) -> Self {
        Self { code: error.code().to_owned(), message: error.message().into(), advice: error.advice().into() }
    }
}

fn act(plan: Plan, bytes: Vec<u8>, verdict: Verdict) -> Decision {
    Decision::Act(Box::new(Action { plan, bytes, aside: None, verdict }))
}

fn as_path(bytes: &[u8]) -> PathBuf {
    OsStr::from_bytes(bytes).into()
}

fn output_of(path: &Path, bytes: &[u8]) -> Option<(Vec<u8>, String)> {
    Some((path.as_os_str().as_bytes().to_vec(), sha256_hex(bytes)))
}

fn path_bytes(path: PathBuf) -> Vec<u8> {
    path.into_os_string().into_vec()
}
