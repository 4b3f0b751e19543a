//! New records held against the other reports of their unit: the step after a batch is noted.
//!
//! In: the journal, which knows who has not been compared, and record files. Out: lines in the outbox, and the note that
//! it was done, in one transaction; a crash before it repeats the step. A record whose file is gone or damaged is left
//! out: `hedui verify` tells of those. What can go wrong: the disk.

use std::collections::BTreeMap;
use std::path::Path;

use super::clock::now_utc;
use super::journal::{Journal, JournalError, ReportRow};
use crate::across::{Digest, Kinship, YEARS_APART, disagreements, kinship, later};
use crate::config::Config;
use crate::reconcile::RuleLevels;
use crate::record::{LogBody, Record};
use crate::sink::document_lines;

/// Records whose rows are made in one transaction.
const BATCH: usize = 200;

/// Compares what has not been compared.
pub(super) fn compare(journal: &mut Journal, config: &Config) -> Result<(), JournalError> {
    loop {
        let reports = journal.to_compare()?;
        if reports.is_empty() {
            return Ok(());
        }
        let mut seen = Seen { output: &config.output, digests: BTreeMap::new() };
        let (mut lines, mut filings) = (Vec::new(), Vec::new());
        for report in &reports {
            let Some(year) = report.fiscal_year else { continue };
            let partners = journal.partners(report, (year - YEARS_APART, year + YEARS_APART))?;
            let mut before: Option<&ReportRow> = None;
            for partner in &partners {
                let (Some(one), Some(other)) = (seen.digest(report), seen.digest(partner)) else { continue };
                match kinship(&one, &other) {
                    // The later of two looks back; partners come latest first.
                    Some(Kinship::Filings) if one.is_after(&other) => before = before.or(Some(partner)),
                    Some(Kinship::Years | Kinship::Set) => {
                        let levels = levels_of(later(&one, &other), config);
                        lines.extend(disagreements(&one, &other, levels));
                    }
                    Some(Kinship::Filings) | None => {}
                }
            }
            filings.extend(before.map(|before| (report.record.clone(), before.record.clone())));
        }
        let records: Vec<String> = reports.into_iter().map(|report| report.record).collect();
        journal.compared(&records, &lines, &filings, &now_utc())?;
    }
}

/// Makes the rows of records that an earlier version delivered.
pub(super) fn note_old_records(journal: &mut Journal, output: &Path) -> Result<(), JournalError> {
    let old = journal.without_rows()?;
    if !old.is_empty() {
        tracing::info!(records = old.len(), "noting what the records of an earlier version say");
    }
    for batch in old.chunks(BATCH) {
        let told: Vec<(String, Vec<LogBody>)> = batch
            .iter()
            .filter_map(|(_, place)| {
                let record = read(&output.join(place))?;
                let at = record.run.received_at.clone().unwrap_or_default();
                Some((at, document_lines(&record, place)))
            })
            .collect();
        journal.note_told(&told)?;
    }
    journal.all_noted()
}

/// How loud rules may be in the report's inbox.
fn levels_of<'a>(report: &Digest, config: &'a Config) -> &'a RuleLevels {
    let inbox = config.inboxes.iter().find(|inbox| report.inbox() == Some(&inbox.name));
    inbox.map_or(&config.levels, |inbox| &inbox.levels)
}

/// What was read of records for one page of comparisons.
struct Seen<'a> {
    output: &'a Path,
    digests: BTreeMap<String, Option<Digest>>,
}

impl Seen<'_> {
    fn digest(&mut self, report: &ReportRow) -> Option<Digest> {
        let read = || Some(Digest::of(&read(&self.output.join(&report.place))?));
        self.digests.entry(report.record.clone()).or_insert_with(read).clone()
    }
}

fn read(path: &Path) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
