//! Record files: `records/<fiscal year or unknown>/<record id>.json`, and `superseded/<record id>.json` for those that a
//! newer content of the same source replaced.
//!
//! In: records. Out: files of indented JSON with a line feed at the end. What can go wrong: the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::storage::{Storage, WriteError, sweep_temporary, sync_folders};
use crate::error::{Error, ErrorKind, Result};
use crate::record::Record;

/// Where current records stand.
const RECORDS: &str = "records";
/// Where replaced records stand.
const SUPERSEDED: &str = "superseded";

/// The folder of record files.
#[derive(Debug, Clone)]
pub struct RecordStore {
    output: PathBuf,
    storage: Arc<dyn Storage>,
}

/// A record as its file shows it.
///
/// # Errors
/// `internal` when the record cannot be represented as JSON.
pub fn render_record(record: &Record) -> Result<Vec<u8>> {
    let mut bytes =
        serde_json::to_vec_pretty(record).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

impl RecordStore {
    /// A store below the output folder.
    #[must_use]
    pub fn new(output: &Path, storage: Arc<dyn Storage>) -> Self {
        Self { output: output.to_owned(), storage }
    }

    /// A record's place, relative to the output folder, with `/` between its parts.
    #[must_use]
    pub fn place(record: &Record) -> String {
        let year = record.document.fiscal_year.map_or_else(|| "unknown".to_owned(), |year| year.to_string());
        format!("{RECORDS}/{year}/{}.json", record.record_id)
    }

    /// Moves a record out of the current ones. One that is not there was moved before.
    ///
    /// # Errors
    /// The step that failed; it can be tried again.
    pub fn supersede(&self, place: &str) -> std::result::Result<(), WriteError> {
        let from = self.output.join(place);
        let folder = self.output.join(SUPERSEDED);
        let Some(name) = from.file_name().filter(|_| from.exists()) else { return Ok(()) };
        let to = folder.join(name);
        self.storage.make_folder(&folder).map_err(WriteError::on("create the folder", &folder))?;
        self.storage.rename(&from, &to).map_err(WriteError::on("move aside", &from))?;
        sync_folders(&*self.storage, &from.parent().map(Path::to_owned).into_iter().chain([folder]).collect())
    }

    /// Removes what a crash left half written. Gives the number of files.
    ///
    /// # Errors
    /// The step that failed.
    pub fn sweep(&self) -> std::result::Result<usize, WriteError> {
        Ok(sweep_temporary(&*self.storage, &self.output.join(RECORDS))?
            + sweep_temporary(&*self.storage, &self.output.join(SUPERSEDED))?)
    }
}
