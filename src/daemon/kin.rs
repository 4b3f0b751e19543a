//! New records held against the other reports of their unit: the step after a batch is noted.
//!
//! In: the journal, which knows who has not been compared, and record files. Out: lines in the outbox, and the note that
//! it was done, in one transaction; a crash before it repeats the step. A record whose file is gone or damaged is left
//! out: `hedui verify` tells of those. What can go wrong: the disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::clock::now_utc;
use super::journal::{Journal, JournalError, ReportRow};
use crate::across::{Digest, Kinship, YEARS_APART, current, disagreements, kinship};
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
            let Some(one) = seen.digest(report) else { continue };
            let others: Vec<Arc<Digest>> = partners.iter().filter_map(|partner| seen.digest(partner)).collect();
            let all: Vec<&Digest> = others.iter().map(|other| &**other).chain([&*one]).collect();
            // Of a report's filings the latest counts; each looks back at the one before it.
            let latest = current(&all);
            let counts = |digest: &Digest| latest.iter().any(|other| std::ptr::eq(*other, digest));
            let earlier =
                others.iter().filter(|other| kinship(&one, other) == Some(Kinship::Filings) && one.is_after(other));
            let before = earlier.reduce(|a, b| if b.is_after(a) { b } else { a });
            filings.extend(before.map(|before| (report.record.clone(), before.record_id().to_owned())));
            for other in others.iter().filter(|other| counts(&one) && counts(other)) {
                lines.extend(disagreements(&one, other, levels_of(&one, other, config)));
            }
        }
        let records: Vec<String> = reports.into_iter().map(|report| report.record).collect();
        journal.compared(&records, &lines, &filings, &now_utc())?;
    }
}

/// Makes the rows of records that an earlier version delivered. `go_on` hears how many of how many, and says whether to;
/// false when it did not.
pub(super) fn note_old_records(
    journal: &mut Journal,
    output: &Path,
    go_on: &dyn Fn(usize, usize) -> bool,
) -> Result<bool, JournalError> {
    let old = journal.without_rows()?;
    if !old.is_empty() {
        tracing::info!(records = old.len(), "noting what the records of an earlier version say");
    }
    for (index, batch) in old.chunks(BATCH).enumerate() {
        if !go_on(index * BATCH, old.len()) {
            return Ok(false);
        }
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
    journal.all_noted()?;
    Ok(true)
}

/// How loud rules may be in the inbox of the later of two reports.
fn levels_of<'a>(one: &Digest, other: &Digest, config: &'a Config) -> &'a RuleLevels {
    let late = if one.is_after(other) { one } else { other };
    let inbox = config.inboxes.iter().find(|inbox| late.inbox() == Some(&inbox.name));
    inbox.map_or(&config.levels, |inbox| &inbox.levels)
}

/// What was read of records for one page of comparisons.
struct Seen<'a> {
    output: &'a Path,
    digests: BTreeMap<String, Option<Arc<Digest>>>,
}

impl Seen<'_> {
    fn digest(&mut self, report: &ReportRow) -> Option<Arc<Digest>> {
        let read = || Some(Arc::new(Digest::of(&read(&self.output.join(&report.place))?)));
        self.digests.entry(report.record.clone()).or_insert_with(read).clone()
    }
}

fn read(path: &Path) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
