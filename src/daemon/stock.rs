//! Whether what was put away is still there: sources in the archive, sources and reasons in quarantine. Part of
//! `hedui verify`.
//!
//! In: the journal's rows. Out: numbers and complaints in a [`Verification`], each with what to do. A look takes names
//! and sizes; a thorough one compares hashes. What is on its way back to an inbox is no complaint. What can go wrong: the
//! journal cannot be read.

use std::fs;
use std::path::Path;

use super::Fatal;
use super::deliver::as_path;
use super::journal::{DocumentRow, DocumentState, Reader, SourceKey, SourceRow, SourceState, Stamp};
use super::names::{show_name, show_path};
use super::shelf::is_plain;
use super::snapshot::hash_file;
use super::verify::{Depth, Verification};
use crate::config::Config;
use crate::sink::reason_file;

/// What is wrong with a file that was put away.
enum Fault {
    Missing,
    /// Something else stands there; the content's hash where it was taken.
    Other(Option<String>),
}

/// Looks at everything that the journal calls put away.
pub(super) fn check_stock(
    config: &Config,
    reader: &Reader,
    depth: Depth,
    found: &mut Verification,
) -> Result<(), Fatal> {
    let stock = Stock { config, reader, depth };
    stock.sources(found)?;
    stock.reasons(found)
}

struct Stock<'a> {
    config: &'a Config,
    reader: &'a Reader,
    depth: Depth,
}

impl Stock<'_> {
    fn sources(&self, found: &mut Verification) -> Result<(), Fatal> {
        let mut after = SourceKey { inbox: String::new(), path: Vec::new() };
        // Of a folder that is gone as a whole one complaint says enough.
        let (archive, quarantine) = (&self.config.archive, &self.config.quarantine);
        let mut lost = [(archive, "archive", 0_u64), (quarantine, "quarantine", 0)];
        loop {
            let rows = self.reader.put_away(&after).map_err(Fatal::journal)?;
            let Some(last) = rows.last() else { break };
            after = last.key.clone();
            for row in rows {
                let Some(shelf) = &row.shelf else { continue };
                let place = as_path(&shelf.path);
                found.sources += 1;
                let folder = lost.iter_mut().find(|(folder, ..)| place.starts_with(folder) && !folder.exists());
                if let Some((_, _, count)) = folder {
                    *count += 1;
                } else if let Some(fault) = self.fault(place, &row, found)
                    && self.reader.source(&row.key).map_err(Fatal::journal)?.as_ref() == Some(&row)
                    && !self.is_on_its_way(&row)
                {
                    found.complaints.push(self.complaint(place, &row, fault)?);
                }
            }
        }
        for (folder, name, count) in lost.into_iter().filter(|(.., count)| *count > 0) {
            let folder = show_name(folder.as_os_str());
            found.complaints.push(format!(
                "the {name} {folder} is gone, and {count} sources with it; restore it from a copy, or mount its disk"
            ));
        }
        Ok(())
    }

    fn fault(&self, place: &Path, row: &SourceRow, found: &mut Verification) -> Option<Fault> {
        let Some(metadata) = place.symlink_metadata().ok().filter(fs::Metadata::is_file) else {
            // A link or a folder in its place is as good as nothing.
            return Some(Fault::Missing);
        };
        // A journal that was made anew has not seen the file's size.
        if row.stamp != Stamp::default() && metadata.len() != row.stamp.size {
            return Some(Fault::Other(None));
        }
        let wanted = row.sha256.as_ref().filter(|_| self.depth == Depth::Full)?;
        found.sources_compared += 1;
        match hash_file(place) {
            Ok(hash) if hash == *wanted => None,
            Ok(hash) => Some(Fault::Other(Some(hash))),
            Err(_) => Some(Fault::Other(None)),
        }
    }

    /// `retry` and `reprocess` note that a source goes back before they move it.
    fn is_on_its_way(&self, row: &SourceRow) -> bool {
        let inbox = self.config.inboxes.iter().find(|inbox| inbox.name == row.key.inbox);
        let at_home = || inbox.is_some_and(|inbox| is_plain(&inbox.path.join(as_path(&row.key.path))));
        let put_back = || {
            let entry = row.entry.as_deref().unwrap_or_default();
            row.state == SourceState::Quarantined && !is_plain(&self.config.quarantine.join(reason_file(entry)))
        };
        (row.conversion.is_empty() && at_home()) || (row.attempt.is_empty() && put_back())
    }

    fn complaint(&self, place: &Path, row: &SourceRow, fault: Fault) -> Result<String, Fatal> {
        let source = format!("{}/{}", row.key.inbox, show_path(&row.key.path));
        let shown = show_name(place.as_os_str());
        let kept = if row.state == SourceState::Quarantined { "quarantine" } else { "the archive" };
        let advice = if row.state == SourceState::Quarantined {
            "restore it from a copy, or drop the source anew"
        } else {
            "restore it from a copy; its record holds, but cannot be made anew without it"
        };
        Ok(match fault {
            Fault::Missing => format!("{source}: its source is missing from {kept} ({shown}); {advice}"),
            Fault::Other(hash) => {
                let known = match &hash {
                    Some(hash) => self.reader.document_with(hash).map_err(Fatal::journal)?,
                    None => None,
                };
                let what = known.map_or_else(
                    || "is not what was put there".to_owned(),
                    |other| format!("has the content of {other}; they may have been swapped"),
                );
                format!("{source}: its source in {kept} ({shown}) {what}; {advice}")
            }
        })
    }

    /// Every entry of quarantine has its reason, as it was written.
    fn reasons(&self, found: &mut Verification) -> Result<(), Fatal> {
        if !self.config.quarantine.exists() {
            return Ok(());
        }
        let mut suspects: Vec<(DocumentRow, &str)> = Vec::new();
        let each = |row: DocumentRow| {
            found.entries += 1;
            let path = self.config.quarantine.join(&row.place);
            let wanted = row.output_sha256.as_ref().filter(|_| self.depth == Depth::Full);
            if !is_plain(&path) {
                suspects.push((row, "is missing"));
            } else if wanted.is_some_and(|wanted| !hash_file(&path).is_ok_and(|hash| hash == *wanted)) {
                suspects.push((row, "is not what was written"));
            }
        };
        self.reader.each_document(DocumentState::Quarantined, each).map_err(Fatal::journal)?;
        for (suspect, what) in suspects {
            let now = self.reader.document(&suspect.entry).map_err(Fatal::journal)?;
            // Without its attempt it is being tried again.
            if now.as_ref() == Some(&suspect) && !suspect.attempt.is_empty() {
                let place = &suspect.place;
                found.complaints.push(format!(
                    "{place}: this reason of quarantine {what}; restore it from a copy, or drop its source anew"
                ));
            }
        }
        Ok(())
    }
}
