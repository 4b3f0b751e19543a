//! Whether the reconciliation log is what was written: numbers, hashes, whole lines.
//!
//! In: the output folder. Out: an [`Audit`]: how far the log goes and what does not fit. Each line has the number after
//! that of the line before it, over all files, and the hash of that line. A log whose first files were put elsewhere
//! begins later; what is there is checked all the same. What can go wrong: reading.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::log::{FIRST_PREV, log_files};
use super::{LogHead, WriteError};
use crate::record::sha256_hex;

/// Complaints after which the rest is only counted.
const MAX_COMPLAINTS: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Files of the log.
    pub files: usize,
    /// Lines in them.
    pub lines: u64,
    /// The last line.
    pub head: LogHead,
    /// The hash that stands at the number which was asked for.
    pub asked: Option<String>,
    /// What does not fit, with file and line, at most a hundred.
    pub complaints: Vec<String>,
}

/// The part of a line that this is about.
#[derive(Deserialize)]
struct Link {
    seq: u64,
    prev: String,
}

/// Checks every line. `ask` is a number whose line's hash is wanted.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn audit_log(output: &Path, ask: u64) -> Result<Audit, WriteError> {
    let folder = output.join("reconciliation");
    let mut audit = Audit::default();
    for name in log_files(output)? {
        let path = folder.join(&name);
        audit.files += 1;
        let file = File::open(&path).map_err(WriteError::on("read", &path))?;
        let mut reader = BufReader::new(file);
        let mut text = Vec::new();
        for number in 1_u64.. {
            text.clear();
            if reader.read_until(b'\n', &mut text).map_err(WriteError::on("read", &path))? == 0 {
                break;
            }
            audit.take(&format!("{name}:{number}"), &text, ask);
        }
    }
    Ok(audit)
}

/// The number of the log's first line; `None` when there is no line.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn first_of_log(output: &Path) -> Result<Option<u64>, WriteError> {
    for name in log_files(output)? {
        let path = output.join("reconciliation").join(name);
        let mut line = Vec::new();
        let file = File::open(&path).map_err(WriteError::on("read", &path))?;
        BufReader::new(file).read_until(b'\n', &mut line).map_err(WriteError::on("read", &path))?;
        if !line.is_empty() {
            return Ok(serde_json::from_slice::<Link>(&line).ok().map(|link| link.seq));
        }
    }
    Ok(None)
}

/// The number of the last whole line of one file of the log; `None` when it has none that can be read.
#[must_use]
pub fn last_of_file(path: &Path) -> Option<u64> {
    let mut lines = BufReader::new(File::open(path).ok()?).split(b'\n').map_while(Result::ok);
    let mut last = None;
    for line in &mut lines {
        last = serde_json::from_slice::<Link>(&line).ok().map(|link| link.seq).or(last);
    }
    last
}

impl Audit {
    fn take(&mut self, place: &str, text: &[u8], ask: u64) {
        let Some(line) = text.strip_suffix(b"\n") else {
            return self.complain(place, "half a line; the next start of the daemon repairs it");
        };
        let link: Link = match serde_json::from_slice(line) {
            Ok(link) => link,
            Err(error) => return self.complain(place, &format!("no line of the log: {error}")),
        };
        let first = self.lines == 0;
        if !first && link.seq != self.head.seq + 1 {
            self.complain(place, &format!("number {} follows {}", link.seq, self.head.seq));
        } else if (!first && link.prev != self.head.hash) || (link.seq == 1 && link.prev != FIRST_PREV) {
            self.complain(place, "the line before it is not the one that was written");
        }
        self.lines += 1;
        self.head = LogHead { seq: link.seq, hash: sha256_hex(line) };
        if link.seq == ask {
            self.asked = Some(self.head.hash.clone());
        }
    }

    fn complain(&mut self, place: &str, what: &str) {
        if self.complaints.len() < MAX_COMPLAINTS {
            self.complaints.push(format!("{place}: {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::super::{Disk, LogWriter, NewLine};
    use super::*;
    use crate::record::LogBody;

    fn written(folder: &Path) -> std::path::PathBuf {
        let body =
            LogBody::Superseded { record_id: "a".to_owned(), superseded_by: "b".to_owned(), source: "c".to_owned() };
        let line = |seq| NewLine { seq, at: "2026-01-02T03:04:05Z".to_owned(), body: body.clone() };
        let mut writer = LogWriter::open(folder, Arc::new(Disk), 1 << 20, LogHead::default()).unwrap();
        writer.append(&(1..=4).map(line).collect::<Vec<_>>()).unwrap();
        folder.join("reconciliation/log-2026-01-02.1.jsonl")
    }

    #[test]
    fn any_change_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        let good = audit_log(folder.path(), 3).unwrap();
        assert_eq!((good.lines, good.head.seq, good.complaints.len(), good.asked.is_some()), (4, 4, 0, true));
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (broken, complaint) in [
            (text.replace("\"seq\":2", "\"seq\":7"), "log-2026-01-02.1.jsonl:2: number 7 follows 1"),
            (text.replacen("\"c\"", "\"d\"", 1), "log-2026-01-02.1.jsonl:2: the line before it is not the one"),
            (format!("{}\n{}\n", lines[0], lines[2]), "log-2026-01-02.1.jsonl:2: number 3 follows 1"),
            (text.trim_end().to_owned(), "log-2026-01-02.1.jsonl:4: half a line"),
            (format!("{text}{{}}\n"), "log-2026-01-02.1.jsonl:5: no line of the log"),
        ] {
            fs::write(&path, &broken).unwrap();
            let audit = audit_log(folder.path(), 0).unwrap();
            assert!(audit.complaints.iter().any(|found| found.starts_with(complaint)), "{complaint}: {audit:?}");
        }
        // A log whose beginning was put elsewhere.
        fs::write(&path, format!("{}\n{}\n", lines[2], lines[3])).unwrap();
        assert!(audit_log(folder.path(), 0).unwrap().complaints.is_empty());
    }
}
