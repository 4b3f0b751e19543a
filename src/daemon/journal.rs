//! The journal: which content was seen, what became of it, and what is still to be done. The one place with SQL.
//!
//! In: plans and questions. Out: rows. SQLite with a write-ahead log and `synchronous=FULL`: a transaction that has
//! returned survives power loss. One connection writes ([`Journal`]), any number read ([`Reader`]).
//! What can go wrong: the disk, or a state folder of a newer version.
//!
//! - `sources`: one row per inbox and path, the latest content there and what became of it.
//! - `documents`: one row per record or quarantine entry.
//! - `intents`: plans whose output may be on disk already; see [`Plan`].
//! - `outbox`: log lines that are decided and perhaps not yet in the log.
//! - `retired`: record files still to be moved out of the current ones.
//! - `stale`: files of quarantine still to be moved aside, because their sources have a better answer.
//! - `reviews`: reviews that are due, stand, or are to be moved aside with the record they are of.
//! - `reports`, `findings`: what the current records say, as the log says it.
//! - `listing`, `issues`, `search`, `issue_search`, `tallies`, `days`: the same as pages list and count it.
//! - `decisions`: what people decided of findings.
//! - `meta`: version of the tables, next sequence number, head of the log.
//!
//! Every column is explained in `docs/journal.md`, for programs that read it.

mod birth;
mod changes;
mod index;
mod listing;
mod pages;
mod questions;
mod rescue;
mod reviews;
mod tables;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(super) use birth::leave_without_tables;
pub(super) use birth::{BESIDE, is_blank, remove, with_suffix};
pub(super) use rescue::rescue;
pub(super) use reviews::{Due, Written};

use crate::record::{LogBody, Message, sha256_hex};
use crate::sink::{LogHead, NewLine, Storage};
pub(super) use index::ReportRow;
pub(super) use listing::{IssueState, Properties};
pub(super) use pages::{Decided, Issue, IssueFilter, Listed, QuarantineEntry, ReportFilter, Slot, Tally};

const SOURCE_COLUMNS: &str = "inbox, path, state, rule, sha256, size, mtime, ctime, conversion, attempt, entry, record, \
                              shelf, shelf_copy, settled, at";
const DOCUMENT_COLUMNS: &str = "entry, state, sha256, conversion, attempt, versions, place, refusal, output_sha256, \
                                wall_ms, cpu_ms, source_bytes, output_bytes";

/// Which file: the inbox's name and the path in it, any bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct SourceKey {
    pub(super) inbox: String,
    pub(super) path: Vec<u8>,
}

/// What tells that a file is unchanged, without reading it. Times in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) ctime: i64,
}

/// What became of a source; the four ends of G1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum SourceState {
    Done,
    Duplicate,
    Quarantined,
    Ignored,
}

/// Where a source goes after its answer is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shelf {
    /// The path that is wished for.
    pub(super) path: Vec<u8>,
    /// The source stays where it is and a copy goes there.
    pub(super) copy: bool,
}

/// The latest content at one path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourceRow {
    pub(super) key: SourceKey,
    pub(super) state: SourceState,
    /// The rule that ignores it.
    pub(super) rule: Option<String>,
    /// `None` when it could not be read.
    pub(super) sha256: Option<String>,
    pub(super) stamp: Stamp,
    /// Versions of the pipelines it was converted with.
    pub(super) conversion: String,
    /// Version of the tool and limits; a failure holds for these only.
    pub(super) attempt: String,
    /// The record or quarantine entry that answers for it.
    pub(super) entry: Option<String>,
    /// The last record this path gave; stays when a later content fails.
    pub(super) record: Option<String>,
    pub(super) shelf: Option<Shelf>,
    /// The source is where it should be.
    pub(super) settled: bool,
    pub(super) at: String,
}

/// A record or quarantine entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DocumentRow {
    /// Record id or quarantine id.
    pub(super) entry: String,
    pub(super) state: DocumentState,
    pub(super) sha256: Option<String>,
    pub(super) conversion: String,
    pub(super) attempt: String,
    /// `pipeline@version vocabulary@version` that made it.
    pub(super) versions: String,
    /// The output file, relative to its folder.
    pub(super) place: String,
    /// Why there is no record.
    pub(super) refusal: Option<Refusal>,
    /// sha256 of the output file; not noted by early versions.
    #[serde(default)]
    pub(super) output_sha256: Option<String>,
    #[serde(default)]
    pub(super) cost: Cost,
}

/// What a document cost; what is not known is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cost {
    /// Milliseconds of its conversion by the clock.
    pub(super) wall_ms: Option<u64>,
    /// Milliseconds of a processor.
    pub(super) cpu_ms: Option<u64>,
    /// Bytes of the source.
    pub(super) source_bytes: Option<u64>,
    /// Bytes of the record or reason.
    pub(super) output_bytes: Option<u64>,
}

/// An entry of quarantine whose source has another answer now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Resolved {
    pub(super) entry: String,
    /// Its files.
    pub(super) paths: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum DocumentState {
    Current,
    Superseded,
    Quarantined,
}

/// An error as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: Message,
    pub(super) advice: Message,
}

/// Everything that is to be noted once the output is on disk. It is written down before the output is, so that an
/// output whose source has vanished meanwhile still gets its rows and log lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// The output file and the sha256 of its bytes.
    pub(super) output: Option<(Vec<u8>, String)>,
    pub(super) source: SourceRow,
    pub(super) document: Option<DocumentRow>,
    /// The record that this path gave before and that is to be replaced, unless another path still gives it.
    pub(super) replaces: Option<String>,
    /// The entry of quarantine that answered for this path before.
    #[serde(default)]
    pub(super) resolves: Option<Resolved>,
    pub(super) lines: Vec<LogBody>,
    /// The review that is due for this source.
    #[serde(default)]
    pub(super) review: Option<PlannedReview>,
}

/// A review that is to be written once the record is noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlannedReview {
    /// Its place.
    pub(super) path: Vec<u8>,
    /// Its form, which is the extension of its name.
    pub(super) format: String,
}

/// A failed question or transaction.
#[derive(Debug)]
pub(super) struct JournalError(String);

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "journal: {}", self.0)
    }
}

impl std::error::Error for JournalError {}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::damaged(&error.to_string()),
            _ if error.to_string().contains("no such table") => Self::damaged(&error.to_string()),
            _ => Self(error.to_string()),
        }
    }
}

impl JournalError {
    /// The file is not what it was; what to do about it.
    fn damaged(what: &str) -> Self {
        Self(format!(
            "the file is damaged ({what}); stop the daemon and run `hedui rebuild-journal`, which puts it aside and \
             makes it anew from records, quarantine and log"
        ))
    }
}

impl From<std::io::Error> for JournalError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for JournalError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

type Result<T> = std::result::Result<T, JournalError>;

/// The writing connection.
#[derive(Debug)]
pub(super) struct Journal {
    connection: Connection,
    storage: Arc<dyn Storage>,
}

/// A reading connection.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the journal for questions.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        tables::all_there(&connection)?;
        Ok(Self { connection })
    }

    /// A journal that knows nothing, for where there is none.
    pub(super) fn of_nothing() -> Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        tables::prepare(&mut connection)?;
        Ok(Self { connection })
    }

    /// Ends a question from another thread.
    pub(super) fn brake(&self) -> Brake {
        Brake(self.connection.get_interrupt_handle())
    }

    /// What became of the file at this path.
    pub(super) fn source(&self, key: &SourceKey) -> Result<Option<SourceRow>> {
        source(&self.connection, key)
    }

    /// What this content gave with these versions.
    pub(super) fn content(&self, sha256: &str, conversion: &str, attempt: &str) -> Result<Option<DocumentRow>> {
        content(&self.connection, sha256, conversion, attempt)
    }
}

/// Ends what a reader is asked, from another thread.
pub(super) struct Brake(rusqlite::InterruptHandle);

impl Brake {
    /// The question fails at once.
    pub(super) fn pull(&self) {
        self.0.interrupt();
    }
}

impl fmt::Debug for Brake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Brake")
    }
}

impl Journal {
    /// Opens the journal and creates its tables. `storage` is told of every transaction.
    pub(super) fn open(path: &Path, storage: Arc<dyn Storage>) -> Result<Self> {
        if !path.exists() {
            birth::create(path, &*storage)?;
        }
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        tables::begun(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        tables::prepare(&mut connection)?;
        tables::all_there(&connection)?;
        questions::check(&connection)?;
        Ok(Self { connection, storage })
    }

    /// What became of the file at this path.
    pub(super) fn source(&self, key: &SourceKey) -> Result<Option<SourceRow>> {
        source(&self.connection, key)
    }

    /// What this content gave with these versions.
    pub(super) fn content(&self, sha256: &str, conversion: &str, attempt: &str) -> Result<Option<DocumentRow>> {
        content(&self.connection, sha256, conversion, attempt)
    }

    /// The record or quarantine entry of this id.
    pub(super) fn document(&self, entry: &str) -> Result<Option<DocumentRow>> {
        document(&self.connection, entry)
    }

    /// Number of records that are current.
    pub(super) fn current_records(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM documents WHERE state = 'current'";
        Ok(self.connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    /// Writes plans down, before their outputs are written. Gives their numbers. A plan that stands there already (a
    /// commit can succeed and be reported as failed) keeps its number.
    pub(super) fn intend(&mut self, plans: &[&Plan]) -> Result<Vec<i64>> {
        let sql = "INSERT INTO intents(name, plan) VALUES(?1, ?2)
                   ON CONFLICT(name) DO UPDATE SET plan = excluded.plan RETURNING id";
        let mut ids = Vec::with_capacity(plans.len());
        self.transact(|transaction| {
            for plan in plans {
                let values = params![plan.name(), serde_json::to_string(plan)?];
                ids.push(transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))?);
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// One transaction, durable on return.
    fn transact(&mut self, run: impl FnOnce(&Transaction<'_>) -> Result<()>) -> Result<()> {
        let transaction = self.connection.transaction()?;
        run(&transaction)?;
        self.storage.around_commit()?;
        transaction.commit()?;
        self.storage.around_commit()?;
        Ok(())
    }

    /// Plans that were written down and never carried out.
    pub(super) fn intents(&self) -> Result<Vec<(i64, Plan)>> {
        let mut statement = self.connection.prepare_cached("SELECT id, plan FROM intents ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (id, text) = row?;
            Ok((id, serde_json::from_str(&text)?))
        })
        .collect()
    }

    /// Carries out plans whose outputs are durable, and forgets their intents: rows and log lines in one transaction. A
    /// plan whose intent is gone was carried out before. `alive` says whether a file of an inbox still counts.
    pub(super) fn carry_out(
        &mut self,
        plans: &[(&Plan, Option<i64>)],
        at: &str,
        alive: &dyn Fn(&SourceKey) -> bool,
    ) -> Result<()> {
        self.transact(|transaction| {
            let mut fresh = Vec::with_capacity(plans.len());
            // All sources first: whether a record is still some path's is asked below.
            for (plan, intent) in plans {
                if intent.map_or(Ok(true), |id| forget_intent(transaction, id))? {
                    put_source(transaction, &plan.source)?;
                    fresh.push(*plan);
                }
            }
            for plan in fresh {
                if let Some(document) = &plan.document {
                    put_document(transaction, document, at)?;
                    reviews::renew(transaction, &document.entry)?;
                }
                if let (Some(review), Some(record)) = (&plan.review, &plan.source.record) {
                    reviews::plan(transaction, record, review)?;
                }
                for line in &plan.lines {
                    put_line(transaction, at, line)?;
                }
                if let Some(resolved) = &plan.resolves {
                    changes::resolve(transaction, resolved)?;
                }
                if let (Some(old), Some(new)) = (&plan.replaces, &plan.source.record) {
                    replace_record(transaction, &plan.source.key, old, new, at, alive)?;
                }
            }
            Ok(())
        })
    }

    /// Forgets a plan whose output is not there.
    pub(super) fn forget_intent(&mut self, id: i64) -> Result<()> {
        self.transact(|transaction| forget_intent(transaction, id).map(drop))
    }

    /// Log lines that may not be in the log yet, in order, at most `limit`.
    pub(super) fn outbox(&self, limit: u32) -> Result<Vec<NewLine>> {
        let mut statement = self.connection.prepare_cached("SELECT seq, at, body FROM outbox ORDER BY seq LIMIT ?1")?;
        let rows =
            statement.query_map([limit], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
        rows.map(|row| {
            let (seq, at, body) = row?;
            Ok(NewLine { seq: seq.cast_unsigned(), at, body: serde_json::from_str(&body)? })
        })
        .collect()
    }

    /// The log has everything up to `head`.
    pub(super) fn logged(&mut self, head: &LogHead) -> Result<()> {
        self.transact(|transaction| {
            transaction.execute("DELETE FROM outbox WHERE seq <= ?1", [head.seq.cast_signed()])?;
            set_meta(transaction, "log_seq", head.seq.cast_signed())?;
            set_meta(transaction, "log_hash", &head.hash)?;
            let next = meta::<i64>(transaction, "next_seq")?.unwrap_or(1);
            set_meta(transaction, "next_seq", next.max(head.seq.cast_signed() + 1))
        })
    }

    /// The last line the journal knows to be in the log.
    pub(super) fn log_head(&self) -> Result<LogHead> {
        log_head(&self.connection)
    }

    /// Record files that are to be moved out of the current ones.
    pub(super) fn retired(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached("SELECT place FROM retired")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// These record files were moved.
    pub(super) fn forget_retired(&mut self, places: &[String]) -> Result<()> {
        self.transact(|transaction| {
            for place in places {
                transaction.prepare_cached("DELETE FROM retired WHERE place = ?1")?.execute([place])?;
            }
            Ok(())
        })
    }

    /// Sources that are still to be moved or copied, at most `limit`, after the key given.
    pub(super) fn unsettled(&self, after: &SourceKey, limit: u32) -> Result<Vec<SourceRow>> {
        let sql = format!(
            "SELECT {SOURCE_COLUMNS} FROM sources WHERE settled = 0 AND (inbox, path) > (?1, ?2)
             ORDER BY inbox, path LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![after.inbox, after.path, limit], read_source)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// These sources are put away, each with where it lies now; one that was gone before lies nowhere.
    pub(super) fn settle(&mut self, put_away: &[(SourceKey, Option<Vec<u8>>)]) -> Result<()> {
        let sql = "UPDATE sources SET settled = 1, shelf = ?3 WHERE inbox = ?1 AND path = ?2";
        self.transact(|transaction| {
            for (key, place) in put_away {
                transaction.prepare_cached(sql)?.execute(params![key.inbox, key.path, place])?;
            }
            Ok(())
        })
    }
}

impl Plan {
    /// The same plan has the same name.
    fn name(&self) -> String {
        let key = &self.source.key;
        let output = self.output.as_ref().map_or("", |(_, sha256)| sha256);
        let path = sha256_hex(&key.path);
        format!("{}/{path}/{output}", key.inbox)
    }
}

/// Forgets a plan; false when it was forgotten before.
fn forget_intent(connection: &Connection, id: i64) -> Result<bool> {
    Ok(connection.prepare_cached("DELETE FROM intents WHERE id = ?1")?.execute([id])? > 0)
}

/// Retires the record that `key` gave before, unless it is the new one or some other path still gives it.
fn replace_record(
    transaction: &Transaction<'_>,
    key: &SourceKey,
    old: &str,
    new: &str,
    at: &str,
    alive: &dyn Fn(&SourceKey) -> bool,
) -> Result<()> {
    if old == new {
        return Ok(());
    }
    let mut others = transaction.prepare_cached("SELECT inbox, path FROM sources WHERE record = ?1")?;
    let others = others.query_map([old], |row| Ok(SourceKey { inbox: row.get(0)?, path: row.get(1)? }))?;
    for other in others {
        if alive(&other?) {
            return Ok(());
        }
    }
    let Some(document) = document(transaction, old)? else { return Ok(()) };
    if document.state != DocumentState::Current {
        return Ok(());
    }
    transaction
        .prepare_cached("UPDATE documents SET state = 'superseded', superseded_by = ?2 WHERE entry = ?1")?
        .execute([old, new])?;
    retire(transaction, &document.place)?;
    reviews::retire(transaction, old)?;
    let body = LogBody::Superseded {
        record_id: old.to_owned(),
        superseded_by: new.to_owned(),
        source: super::names::show_path(&key.path),
    };
    put_line(transaction, at, &body)
}

fn retire(connection: &Connection, place: &str) -> Result<()> {
    connection.prepare_cached("INSERT OR IGNORE INTO retired(place) VALUES(?1)")?.execute([place])?;
    Ok(())
}

/// Adds a log line to the outbox, with the next sequence number, and notes what it says.
fn put_line(connection: &Connection, at: &str, body: &LogBody) -> Result<()> {
    append_line(connection, at, body)?;
    index::note(connection, at, body)
}

fn append_line(connection: &Connection, at: &str, body: &LogBody) -> Result<()> {
    let seq = meta::<i64>(connection, "next_seq")?.unwrap_or(1);
    connection.prepare_cached("INSERT INTO outbox(seq, at, body) VALUES(?1, ?2, ?3)")?.execute(params![
        seq,
        at,
        serde_json::to_string(body)?
    ])?;
    set_meta(connection, "next_seq", seq + 1)
}

fn put_source(connection: &Connection, row: &SourceRow) -> Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO sources({SOURCE_COLUMNS})
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    );
    connection.prepare_cached(&sql)?.execute(params![
        row.key.inbox,
        row.key.path,
        row.state.label(),
        row.rule,
        row.sha256,
        row.stamp.size.cast_signed(),
        row.stamp.mtime,
        row.stamp.ctime,
        row.conversion,
        row.attempt,
        row.entry,
        row.record,
        row.shelf.as_ref().map(|shelf| &shelf.path),
        row.shelf.as_ref().is_some_and(|shelf| shelf.copy),
        row.settled,
        row.at,
    ])?;
    Ok(())
}

/// Notes a record or quarantine entry. A record that now stands elsewhere leaves its old place.
fn put_document(connection: &Connection, row: &DocumentRow, at: &str) -> Result<()> {
    if let Some(before) = document(connection, &row.entry)?
        && before.state == DocumentState::Current
        && before.place != row.place
    {
        retire(connection, &before.place)?;
    }
    connection.prepare_cached("DELETE FROM retired WHERE place = ?1")?.execute([&row.place])?;
    let sql = format!(
        "INSERT OR REPLACE INTO documents({DOCUMENT_COLUMNS}, at)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    );
    let refusal = row.refusal.as_ref().map(serde_json::to_string).transpose()?;
    connection.prepare_cached(&sql)?.execute(params![
        row.entry,
        row.state.label(),
        row.sha256,
        row.conversion,
        row.attempt,
        row.versions,
        row.place,
        refusal,
        row.output_sha256,
        row.cost.wall_ms.map(u64::cast_signed),
        row.cost.cpu_ms.map(u64::cast_signed),
        row.cost.source_bytes.map(u64::cast_signed),
        row.cost.output_bytes.map(u64::cast_signed),
        at
    ])?;
    Ok(())
}

fn source(connection: &Connection, key: &SourceKey) -> Result<Option<SourceRow>> {
    let sql = format!("SELECT {SOURCE_COLUMNS} FROM sources WHERE inbox = ?1 AND path = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row(params![key.inbox, key.path], read_source).optional()?)
}

fn document(connection: &Connection, entry: &str) -> Result<Option<DocumentRow>> {
    let sql = format!("SELECT {DOCUMENT_COLUMNS} FROM documents WHERE entry = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([entry], read_document).optional()?)
}

/// A current record of this content, else a failure that still holds.
fn content(connection: &Connection, sha256: &str, conversion: &str, attempt: &str) -> Result<Option<DocumentRow>> {
    let sql = format!(
        "SELECT {DOCUMENT_COLUMNS} FROM documents WHERE sha256 = ?1 AND conversion = ?2
         AND (state = 'current' OR (state = 'quarantined' AND attempt = ?3)) ORDER BY state, at, entry LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([sha256, conversion, attempt], read_document).optional()?)
}

fn read_source(row: &Row<'_>) -> rusqlite::Result<SourceRow> {
    let shelf: Option<Vec<u8>> = row.get(12)?;
    let copy = row.get(13)?;
    Ok(SourceRow {
        key: SourceKey { inbox: row.get(0)?, path: row.get(1)? },
        state: SourceState::parse(&row.get::<_, String>(2)?),
        rule: row.get(3)?,
        sha256: row.get(4)?,
        stamp: Stamp { size: row.get::<_, i64>(5)?.cast_unsigned(), mtime: row.get(6)?, ctime: row.get(7)? },
        conversion: row.get(8)?,
        attempt: row.get(9)?,
        entry: row.get(10)?,
        record: row.get(11)?,
        shelf: shelf.map(|path| Shelf { path, copy }),
        settled: row.get(14)?,
        at: row.get(15)?,
    })
}

fn read_document(row: &Row<'_>) -> rusqlite::Result<DocumentRow> {
    let refusal: Option<String> = row.get(7)?;
    Ok(DocumentRow {
        entry: row.get(0)?,
        state: DocumentState::parse(&row.get::<_, String>(1)?),
        sha256: row.get(2)?,
        conversion: row.get(3)?,
        attempt: row.get(4)?,
        versions: row.get(5)?,
        place: row.get(6)?,
        refusal: refusal.and_then(|text| serde_json::from_str(&text).ok()),
        output_sha256: row.get(8)?,
        cost: Cost {
            wall_ms: row.get::<_, Option<i64>>(9)?.map(i64::cast_unsigned),
            cpu_ms: row.get::<_, Option<i64>>(10)?.map(i64::cast_unsigned),
            source_bytes: row.get::<_, Option<i64>>(11)?.map(i64::cast_unsigned),
            output_bytes: row.get::<_, Option<i64>>(12)?.map(i64::cast_unsigned),
        },
    })
}

fn log_head(connection: &Connection) -> Result<LogHead> {
    let head = (meta::<i64>(connection, "log_seq")?, meta::<String>(connection, "log_hash")?);
    Ok(match head {
        (Some(seq), Some(hash)) => LogHead { seq: seq.cast_unsigned(), hash },
        _ => LogHead::default(),
    })
}

fn meta<T: rusqlite::types::FromSql>(connection: &Connection, key: &str) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

fn set_meta<T: rusqlite::ToSql>(connection: &Connection, key: &str, value: T) -> Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")?;
    statement.execute(params![key, value])?;
    Ok(())
}

impl SourceState {
    fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Duplicate => "duplicate",
            Self::Quarantined => "quarantined",
            Self::Ignored => "ignored",
        }
    }

    /// The tables' own CHECK allows these four only.
    fn parse(label: &str) -> Self {
        match label {
            "done" => Self::Done,
            "duplicate" => Self::Duplicate,
            "quarantined" => Self::Quarantined,
            _ => Self::Ignored,
        }
    }
}

impl DocumentState {
    fn label(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded => "superseded",
            Self::Quarantined => "quarantined",
        }
    }

    fn parse(label: &str) -> Self {
        match label {
            "current" => Self::Current,
            "superseded" => Self::Superseded,
            _ => Self::Quarantined,
        }
    }
}

#[cfg(test)]
mod tests;
