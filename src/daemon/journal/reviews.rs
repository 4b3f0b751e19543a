//! Which reviews are due, which stand, and which are to be moved aside.

use rusqlite::{Connection, params};

use super::{Journal, PlannedReview, Result};

/// Reviews taken at a time: one transaction notes as many.
const PAGE: u32 = 32;

/// A review that is to be written or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Due {
    /// Where it stands, or is to stand.
    pub(in super::super) path: Vec<u8>,
    /// The record that it is of.
    pub(in super::super) record: String,
    /// Its form, which is the extension of its name.
    pub(in super::super) format: String,
    /// sha256 of what was written there last.
    pub(in super::super) sha256: Option<String>,
    /// The record's file below the output folder; `None` when the record is not known any more.
    pub(in super::super) place: Option<String>,
}

/// Where a review stands, and the sha256 of what was written there; `None` when nothing was.
pub(in super::super) type Written = (Vec<u8>, Option<String>);

impl Journal {
    /// Reviews that are to be written.
    pub(in super::super) fn due_reviews(&self) -> Result<Vec<Due>> {
        reviews(&self.connection, "due")
    }

    /// Reviews of replaced records that are to be moved aside.
    pub(in super::super) fn retired_reviews(&self) -> Result<Vec<Due>> {
        reviews(&self.connection, "retired")
    }

    /// These stand, with the hash of what was written.
    pub(in super::super) fn note_reviews(&mut self, written: &[Written]) -> Result<()> {
        let sql = "UPDATE reviews SET state = 'written', sha256 = ?2 WHERE path = ?1";
        self.transact(|transaction| {
            for (path, sha256) in written {
                transaction.prepare_cached(sql)?.execute(params![path, sha256])?;
            }
            Ok(())
        })
    }

    /// These were moved aside.
    pub(in super::super) fn forget_reviews(&mut self, retired: &[Due]) -> Result<()> {
        let sql = "DELETE FROM reviews WHERE path = ?1 AND state = 'retired'";
        self.transact(|transaction| {
            retired.iter().try_for_each(|each| transaction.prepare_cached(sql)?.execute([&each.path]).map(drop))?;
            Ok(())
        })
    }

    /// Writes down reviews that were found where they stand, for a journal that begins anew.
    pub(in super::super) fn restore_reviews(&mut self, found: &[(String, PlannedReview, String)]) -> Result<()> {
        let sql =
            "INSERT OR REPLACE INTO reviews(path, record, format, state, sha256) VALUES(?1, ?2, ?3, 'written', ?4)";
        self.transact(|transaction| {
            for (record, review, sha256) in found {
                let values = params![review.path, record, review.format, sha256];
                transaction.prepare_cached(sql)?.execute(values)?;
            }
            Ok(())
        })
    }
}

fn reviews(connection: &Connection, state: &str) -> Result<Vec<Due>> {
    let sql = "SELECT r.path, r.record, r.format, r.sha256, d.place FROM reviews r
               LEFT JOIN documents d ON d.entry = r.record WHERE r.state = ?1 ORDER BY r.path LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![state, PAGE], |row| {
        Ok(Due { path: row.get(0)?, record: row.get(1)?, format: row.get(2)?, sha256: row.get(3)?, place: row.get(4)? })
    })?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// A record was written anew: every review of it is too.
pub(super) fn renew(connection: &Connection, record: &str) -> Result<()> {
    let sql = "UPDATE reviews SET state = 'due' WHERE record = ?1";
    connection.prepare_cached(sql)?.execute([record])?;
    Ok(())
}

/// A review is due. One of another record at the same place gives way: it is the same source, read in another way.
pub(super) fn plan(connection: &Connection, record: &str, review: &PlannedReview) -> Result<()> {
    let sql = "INSERT INTO reviews(path, record, format, state) VALUES(?1, ?2, ?3, 'due')
               ON CONFLICT(path) DO UPDATE SET record = excluded.record, format = excluded.format, state = 'due'";
    connection.prepare_cached(sql)?.execute(params![review.path, record, review.format])?;
    Ok(())
}

/// The reviews of a replaced record are to be moved aside.
pub(super) fn retire(connection: &Connection, record: &str) -> Result<()> {
    connection.prepare_cached("UPDATE reviews SET state = 'retired' WHERE record = ?1")?.execute([record])?;
    Ok(())
}
