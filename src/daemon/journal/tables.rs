//! The journal's tables, and how those of an earlier version become those of this one.
//!
//! In: an open connection. Out: tables of [`VERSION`]. New ones are made in one transaction. Each later step runs in a transaction of its own with the note that it
//! was done, so a crash in between repeats nothing. What can go wrong: a damaged file, or tables of a newer version.

use rusqlite::Connection;

use super::{JournalError, Result, meta, set_meta};

/// Version of the tables.
pub(super) const VERSION: i64 = 7;
/// Step `n` leads from version `n` to `n + 1`; the first makes the tables.
const STEPS: [&str; 7] = [
    "
CREATE TABLE IF NOT EXISTS documents(
  entry TEXT PRIMARY KEY, state TEXT NOT NULL CHECK(state IN ('current','superseded','quarantined')),
  sha256 TEXT, conversion TEXT NOT NULL, attempt TEXT NOT NULL, versions TEXT NOT NULL, place TEXT NOT NULL,
  refusal TEXT, superseded_by TEXT, at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_by_content ON documents(sha256, conversion);
CREATE TABLE IF NOT EXISTS sources(
  inbox TEXT NOT NULL, path BLOB NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('done','duplicate','quarantined','ignored')), rule TEXT,
  sha256 TEXT, size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL,
  conversion TEXT NOT NULL, attempt TEXT NOT NULL, entry TEXT, record TEXT,
  shelf BLOB, shelf_copy INTEGER NOT NULL, settled INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY(inbox, path)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sources_by_record ON sources(record);
CREATE INDEX IF NOT EXISTS sources_to_move ON sources(settled) WHERE settled = 0;
CREATE TABLE IF NOT EXISTS intents(id INTEGER PRIMARY KEY, plan TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox(seq INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS retired(place TEXT PRIMARY KEY) WITHOUT ROWID;
",
    "
ALTER TABLE intents ADD COLUMN name TEXT;
CREATE UNIQUE INDEX intents_by_name ON intents(name);
ALTER TABLE documents ADD COLUMN output_sha256 TEXT;
CREATE INDEX documents_by_state ON documents(state, entry);
CREATE INDEX sources_by_entry ON sources(entry);
",
    "
ALTER TABLE documents ADD COLUMN wall_ms INTEGER;
ALTER TABLE documents ADD COLUMN cpu_ms INTEGER;
ALTER TABLE documents ADD COLUMN source_bytes INTEGER;
ALTER TABLE documents ADD COLUMN output_bytes INTEGER;
CREATE TABLE stale(path BLOB PRIMARY KEY) WITHOUT ROWID;
",
    "
CREATE TABLE reports(
  record TEXT PRIMARY KEY, current INTEGER NOT NULL, compared INTEGER NOT NULL,
  report_key TEXT, kind TEXT, title TEXT, entity TEXT, region TEXT, fiscal_year INTEGER, format TEXT,
  inbox TEXT, source TEXT NOT NULL, folder TEXT NOT NULL,
  errors INTEGER NOT NULL, warnings INTEGER NOT NULL, infos INTEGER NOT NULL, refiles TEXT, at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX reports_by_entity ON reports(entity, fiscal_year, at) WHERE current = 1;
CREATE INDEX reports_by_batch ON reports(entity, at) WHERE current = 1;
CREATE INDEX reports_by_key ON reports(report_key, at) WHERE current = 1;
CREATE INDEX reports_to_compare ON reports(record) WHERE compared = 0 AND current = 1;
CREATE TABLE findings(
  record TEXT NOT NULL, finding TEXT NOT NULL, current INTEGER NOT NULL, origin TEXT, severity TEXT NOT NULL,
  code TEXT NOT NULL, fingerprint TEXT NOT NULL, against TEXT, body TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY(record, finding)) WITHOUT ROWID;
CREATE INDEX findings_against ON findings(against) WHERE against IS NOT NULL;
",
    "
CREATE TABLE reviews(
  path BLOB PRIMARY KEY, record TEXT NOT NULL, format TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('due','written','retired')), sha256 TEXT) WITHOUT ROWID;
CREATE INDEX reviews_by_record ON reviews(record);
CREATE INDEX reviews_to_settle ON reviews(state, path) WHERE state <> 'written';
",
    "
CREATE TABLE listing(number INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE search USING fts5(facets, words, content='', contentless_delete=1, prefix='1');
CREATE TABLE issues(
  number INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL, finding TEXT NOT NULL, report TEXT NOT NULL,
  fingerprint TEXT NOT NULL, state TEXT NOT NULL, facets TEXT NOT NULL, UNIQUE(record, finding));
CREATE INDEX issues_by_report ON issues(report, fingerprint);
CREATE VIRTUAL TABLE issue_search USING fts5(facets, content='', contentless_delete=1, detail=none);
CREATE TABLE decisions(
  id INTEGER PRIMARY KEY, report TEXT NOT NULL, fingerprint TEXT NOT NULL, record TEXT NOT NULL, verdict TEXT NOT NULL,
  note TEXT NOT NULL, who TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX decisions_by_report ON decisions(report, fingerprint, id);
CREATE TABLE tallies(
  facet TEXT NOT NULL, value TEXT NOT NULL, reports INTEGER NOT NULL, errors INTEGER NOT NULL, warnings INTEGER NOT NULL,
  infos INTEGER NOT NULL, PRIMARY KEY(facet, value)) WITHOUT ROWID;
CREATE INDEX tallies_by_errors ON tallies(facet, errors, warnings, value);
CREATE TABLE days(
  slot TEXT PRIMARY KEY, records INTEGER NOT NULL, flagged INTEGER NOT NULL, quarantined INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX documents_by_time ON documents(state, at, entry);
CREATE INDEX reports_of_key ON reports(report_key, at);
",
    "
ALTER TABLE reports ADD COLUMN checked INTEGER;
CREATE INDEX reports_of_place ON reports(inbox, source, at);
",
];

/// Makes or brings up to date the tables.
pub(super) fn prepare(connection: &mut Connection) -> Result<()> {
    if !has_table(connection, "meta")? {
        return make(connection);
    }
    let found = meta::<i64>(connection, "schema")?.unwrap_or(0);
    if found > VERSION {
        return Err(JournalError(format!("made by a newer hedui (tables of version {found}); use that one")));
    }
    for (version, step) in (0_i64..).zip(STEPS).skip_while(|(version, _)| *version < found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        set_meta(&transaction, "schema", version + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Makes all tables, or none.
fn make(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch("CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;")?;
    STEPS.iter().try_for_each(|step| transaction.execute_batch(step))?;
    set_meta(&transaction, "schema", VERSION)?;
    Ok(transaction.commit()?)
}

fn has_table(connection: &Connection, table: &str) -> Result<bool> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    Ok(connection.query_row(sql, [table], |row| row.get::<_, i64>(0))? > 0)
}

/// Every journal that was made has noted the version of its tables; an empty file, or one without, has lost them.
pub(super) fn begun(connection: &Connection) -> Result<()> {
    match meta::<i64>(connection, "schema")? {
        Some(_) => Ok(()),
        None => Err(JournalError::damaged("it does not say of which version its tables are")),
    }
}

/// Tables that every version has, and which nothing but damage takes away.
pub(super) fn all_there(connection: &Connection) -> Result<()> {
    begun(connection)?;
    for table in ["documents", "sources", "intents", "outbox", "retired"] {
        if !has_table(connection, table)? {
            return Err(JournalError::damaged(&format!("the table `{table}` is missing")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_every_version_become_those_of_this_one() {
        for version in 0..STEPS.len() {
            let mut old = Connection::open_in_memory().unwrap();
            old.execute_batch("CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;").unwrap();
            STEPS[..version].iter().for_each(|step| old.execute_batch(step).unwrap());
            if version > 0 {
                set_meta(&old, "schema", i64::try_from(version).unwrap()).unwrap();
            }
            prepare(&mut old).unwrap();
            prepare(&mut old).unwrap();
            assert_eq!(meta::<i64>(&old, "schema").unwrap(), Some(VERSION));
            old.execute_batch(
                "SELECT name FROM intents; SELECT output_sha256, cpu_ms FROM documents; SELECT path FROM stale; SELECT r.record FROM reports r JOIN findings f ON f.record = r.record; SELECT sha256 FROM reviews;",
            )
            .unwrap();
        }
    }

    /// Whoever reads the journal finds every table and column explained.
    #[test]
    fn every_column_is_explained() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection).unwrap();
        let page = std::fs::read_to_string("docs/journal.md").unwrap();
        let sql = "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'";
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        // Tables of FTS5 are its own.
        let own = |table: &str| {
            table.starts_with("search_") || table.starts_with("issue_search_") || table == "sqlite_sequence"
        };
        for (table, column) in columns.map(std::result::Result::unwrap).filter(|(table, _)| !own(table)) {
            let section = page.split("\n## ").find(|section| section.starts_with(&format!("`{table}`")));
            let section = section.unwrap_or_else(|| panic!("docs/journal.md does not explain {table}"));
            assert!(section.contains(&format!("| `{column}` |")), "docs/journal.md does not explain {table}.{column}");
        }
        assert!(page.contains(&format!("Version {VERSION}")), "docs/journal.md speaks of another version");
    }
}
