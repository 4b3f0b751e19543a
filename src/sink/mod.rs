//! The only place that writes results: record files, the reconciliation log, quarantine reasons, reviews.
//!
//! In: records, and what became of sources; rows for a spreadsheet. Out: files that are whole or not there: written beside their place,
//! flushed, renamed, their folder flushed. What can go wrong: the disk; every [`WriteError`] names what was being done
//! to which path, and whatever failed can be tried again.
//!
//! No path is ever derived from a document but for its fiscal year (an integer) and its record id (hex and the
//! pipeline's name). The name of a review is that of its source, as one component without control characters.

mod audit;
mod days;
mod explain;
mod export;
mod facts;
mod lines;
mod log;
mod quarantine;
mod records;
mod review;
mod sarif;
mod sheet;
mod storage;
mod text;

pub use self::explain::explanation;
pub use self::facts::{TableFormat, fact_table};
pub use self::log::{LogHead, LogWriter, NewLine, log_files};
pub use audit::{Audit, audit_log, first_of_log, last_of_file};
pub use days::{civil, local_day, local_time};
pub use export::{Entry, Export, ExportFormat, Heading, export};
pub use lines::{count_findings, document_lines, finding_lines, quarantined_line};
pub use quarantine::{Reason, quarantine_id, reason_file, source_file};
pub use records::{RecordStore, render_record};
pub use review::{Beside, Language, ReviewFormat, ReviewOptions, annotated_copy, annotated_name, review, review_name};
pub use sarif::SarifLog;
#[cfg(test)]
pub(crate) use storage::faults;
pub use storage::{Disk, Storage, WriteError, sweep_temporary, sync_folders, write_atomic};
pub use text::{human_across, human_findings};

/// A closed word as records write it.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
