//! The reconciliation log: `reconciliation/log-<date>.<n>.jsonl`, append-only.
//!
//! In: bodies with the sequence numbers the journal gave them. Out: lines, each with the sha256 of the line before it.
//! A new day begins a new file, so does the size limit. After a crash the last file may end in half a line: it is cut
//! off, its sequence number is still in the journal's outbox and the line is written again, so that every line is there
//! exactly once. What can go wrong: the disk; an append that failed is cut off before it is tried again.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::days::local_day;
use super::storage::{Storage, WriteError};
use crate::record::{LogBody, LogLine, sha256_hex};

/// `prev` of the very first line.
pub(super) const FIRST_PREV: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Bytes read at a time when looking for the last line from the end.
const TAIL_BYTES: u64 = 64 << 10;

/// The last line: its number and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// Sequence number, 0 before the first line.
    pub seq: u64,
    /// sha256 of the line without its line feed.
    pub hash: String,
}

impl Default for LogHead {
    fn default() -> Self {
        Self { seq: 0, hash: FIRST_PREV.to_owned() }
    }
}

/// A line to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLine {
    /// Its sequence number.
    pub seq: u64,
    /// Its time (RFC 3339, UTC).
    pub at: String,
    /// What it says.
    pub body: LogBody,
}

/// The open end of the log.
#[derive(Debug)]
pub struct LogWriter {
    folder: PathBuf,
    storage: Arc<dyn Storage>,
    rotate_bytes: u64,
    /// Minutes by which days begin before those of UTC.
    zone_minutes: i32,
    head: LogHead,
    current: Option<Current>,
}

#[derive(Debug, Clone)]
struct Current {
    name: FileName,
    bytes: u64,
    /// An append may have failed: what follows `bytes` is to be cut off first.
    ragged: bool,
}

/// `log-<date>.<n>.jsonl`, ordered by date, then number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FileName {
    date: String,
    number: u32,
}

impl LogWriter {
    /// Opens the log below the output folder; half a line at its end is cut off. `remembered` is the head that the
    /// journal knows, for when the log's files are gone.
    ///
    /// # Errors
    /// When the log cannot be read or repaired, or its last line is no line of it.
    pub fn open(
        output: &Path,
        storage: Arc<dyn Storage>,
        rotate_bytes: u64,
        remembered: LogHead,
    ) -> Result<Self, WriteError> {
        let folder = output.join("reconciliation");
        storage.make_folder(&folder).map_err(WriteError::on("create the folder", &folder))?;
        let mut writer =
            Self { folder, storage, rotate_bytes, zone_minutes: 0, head: LogHead::default(), current: None };
        let names = list(&writer.folder)?;
        writer.current = match names.last() {
            Some(last) => Some(writer.repair(last)?),
            None => None,
        };
        let mut found = LogHead::default();
        for name in names.iter().rev() {
            if let Some(line) = last_line(&writer.folder.join(name.text()))? {
                found = line;
                break;
            }
        }
        writer.head = if found.seq >= remembered.seq { found } else { remembered };
        Ok(writer)
    }

    /// The same with days that begin so many minutes before those of UTC.
    #[must_use]
    pub fn in_zone(self, zone_minutes: i32) -> Self {
        Self { zone_minutes, ..self }
    }

    /// The last line that is durable.
    #[must_use]
    pub fn head(&self) -> &LogHead {
        &self.head
    }

    /// Appends lines in the order of their numbers; those the log has already are passed over. Durable on return.
    ///
    /// # Errors
    /// The step that failed. The lines before it are in the log; the same call can be made again.
    pub fn append(&mut self, lines: &[NewLine]) -> Result<(), WriteError> {
        let known = self.head.seq;
        let mut pending = lines.iter().filter(|line| line.seq > known).peekable();
        while let Some(first) = pending.peek() {
            let mut current = self.room_for(first);
            let path = self.folder.join(current.name.text());
            if current.ragged && path.exists() {
                self.storage.cut(&path, current.bytes).map_err(WriteError::on("repair", &path))?;
            }
            current.ragged = false;
            let mut head = self.head.clone();
            let mut buffer = Vec::new();
            while let Some(line) = pending.peek() {
                let full = current.bytes + buffer.len() as u64 >= self.rotate_bytes;
                if local_day(&line.at, self.zone_minutes) > current.name.date || (full && !buffer.is_empty()) {
                    break;
                }
                let text = render(line, &head.hash).map_err(WriteError::on("render a line of", &path))?;
                head = LogHead { seq: line.seq, hash: sha256_hex(text.as_bytes()) };
                buffer.extend_from_slice(text.as_bytes());
                buffer.push(b'\n');
                pending.next();
            }
            self.current = Some(Current { ragged: true, ..current.clone() });
            self.storage.append(&path, &buffer).map_err(WriteError::on("append to", &path))?;
            if current.bytes == 0 {
                self.storage.sync_folder(&self.folder).map_err(WriteError::on("flush the folder", &self.folder))?;
            }
            current.bytes += buffer.len() as u64;
            self.current = Some(current);
            self.head = head;
        }
        Ok(())
    }

    /// The file that the next line goes to: the current one unless it is full or of an earlier day.
    fn room_for(&self, line: &NewLine) -> Current {
        let date = local_day(&line.at, self.zone_minutes);
        match &self.current {
            // A clock set back does not reopen an earlier day.
            Some(current) if date <= current.name.date => {
                if current.bytes < self.rotate_bytes {
                    return current.clone();
                }
                let name = FileName { date: current.name.date.clone(), number: current.name.number + 1 };
                Current { name, bytes: 0, ragged: true }
            }
            _ => Current { name: FileName { date, number: 1 }, bytes: 0, ragged: true },
        }
    }

    /// Cuts off half a line at the end.
    fn repair(&self, name: &FileName) -> Result<Current, WriteError> {
        let path = self.folder.join(name.text());
        let (length, whole) = whole_lines(&path).map_err(WriteError::on("read", &path))?;
        if whole < length {
            self.storage.cut(&path, whole).map_err(WriteError::on("repair", &path))?;
        }
        Ok(Current { name: name.clone(), bytes: whole, ragged: false })
    }
}

/// Names of the log's files below the output folder, in their order; none when there is no log yet.
///
/// # Errors
/// When the folder cannot be listed.
pub fn log_files(output: &Path) -> Result<Vec<String>, WriteError> {
    let folder = &output.join("reconciliation");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    Ok(list(folder)?.iter().map(FileName::text).collect())
}

fn list(folder: &Path) -> Result<Vec<FileName>, WriteError> {
    let entries = fs::read_dir(folder).map_err(WriteError::on("list", folder))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(WriteError::on("list", folder))?;
        names.extend(entry.file_name().to_str().and_then(FileName::parse));
    }
    names.sort();
    Ok(names)
}

impl FileName {
    fn text(&self) -> String {
        format!("log-{}.{}.jsonl", self.date, self.number)
    }

    fn parse(text: &str) -> Option<Self> {
        let (date, number) = text.strip_prefix("log-")?.strip_suffix(".jsonl")?.rsplit_once('.')?;
        let shape = date.len() == 10 && date.chars().all(|c| c.is_ascii_digit() || c == '-');
        shape.then_some(())?;
        Some(Self { date: date.to_owned(), number: number.parse().ok()? })
    }
}

fn render(line: &NewLine, prev: &str) -> io::Result<String> {
    let line = LogLine { body: line.body.clone(), seq: line.seq, at: line.at.clone(), prev: prev.to_owned() };
    serde_json::to_string(&line).map_err(io::Error::other)
}

/// A file's length, and its length up to and with the last line feed.
fn whole_lines(path: &Path) -> io::Result<(u64, u64)> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(TAIL_BYTES);
        let chunk = read_range(&mut file, start, end)?;
        if let Some(index) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok((length, start + index as u64 + 1));
        }
        end = start;
    }
    Ok((length, 0))
}

/// The last whole line of a file, `None` when it has none.
fn last_line(path: &Path) -> Result<Option<LogHead>, WriteError> {
    #[derive(Deserialize)]
    struct Seq {
        seq: u64,
    }
    let text = read_last_line(path).map_err(WriteError::on("read", path))?;
    let Some(text) = text else { return Ok(None) };
    let line: Seq = serde_json::from_slice(&text).map_err(|error| WriteError {
        doing: "read the last line of",
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidData, error),
    })?;
    Ok(Some(LogHead { seq: line.seq, hash: sha256_hex(&text) }))
}

fn read_last_line(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let (_, whole) = whole_lines(path)?;
    let mut file = File::open(path)?;
    let mut start = whole.saturating_sub(1);
    let mut line = Vec::new();
    while start > 0 {
        let from = start.saturating_sub(TAIL_BYTES);
        let mut chunk = read_range(&mut file, from, start)?;
        let feed = chunk.iter().rposition(|byte| *byte == b'\n');
        let mut tail = chunk.split_off(feed.map_or(0, |index| index + 1));
        tail.extend_from_slice(&line);
        line = tail;
        start = if feed.is_some() { 0 } else { from };
    }
    Ok((whole > 0).then_some(line))
}

fn read_range(file: &mut File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::storage::{Disk, faults::Faulty};
    use super::*;

    fn line(seq: u64, at: &str) -> NewLine {
        let body = LogBody::Superseded {
            record_id: format!("r{seq}"),
            superseded_by: "文".repeat(50),
            source: "s".to_owned(),
        };
        NewLine { seq, at: at.to_owned(), body }
    }

    fn open(folder: &Path, rotate: u64) -> LogWriter {
        LogWriter::open(folder, Arc::new(Disk), rotate, LogHead::default()).unwrap()
    }

    /// Every line of every file in order; checks numbers and the chain of hashes.
    fn verify(folder: &Path) -> usize {
        let mut names: Vec<FileName> = fs::read_dir(folder.join("reconciliation"))
            .unwrap()
            .filter_map(|entry| FileName::parse(entry.unwrap().file_name().to_str().unwrap()))
            .collect();
        names.sort();
        let mut head = LogHead::default();
        for name in names {
            let text = fs::read_to_string(folder.join("reconciliation").join(name.text())).unwrap();
            assert!(text.is_empty() || text.ends_with('\n'), "half a line in {}", name.text());
            for text in text.lines() {
                let line: LogLine = serde_json::from_str(text).unwrap();
                assert_eq!((line.seq, &line.prev), (head.seq + 1, &head.hash));
                head = LogHead { seq: line.seq, hash: sha256_hex(text.as_bytes()) };
            }
        }
        usize::try_from(head.seq).unwrap()
    }

    #[test]
    fn continues_after_a_restart_and_passes_over_known_lines() {
        let folder = tempfile::tempdir().unwrap();
        let day = "2026-01-02T03:04:05Z";
        let lines: Vec<_> = (1..=5).map(|seq| line(seq, day)).collect();
        open(folder.path(), 1 << 20).append(&lines[..3]).unwrap();
        let mut writer = open(folder.path(), 1 << 20);
        assert_eq!(writer.head().seq, 3);
        writer.append(&lines).unwrap();
        assert_eq!(verify(folder.path()), 5);
    }

    #[test]
    fn half_a_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reconciliation/log-2026-01-02.1.jsonl");
        let lines: Vec<_> = (1..=2).map(|seq| line(seq, "2026-01-02T00:00:00Z")).collect();
        open(folder.path(), 1 << 20).append(&lines).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut writer = open(folder.path(), 1 << 20);
            writer.append(&lines).unwrap();
            assert_eq!(fs::read(&path).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn rotates_by_day_and_size_and_never_back() {
        let folder = tempfile::tempdir().unwrap();
        let days = ["2026-01-02T", "2026-01-03T", "2026-01-01T", "2026-01-04T"];
        let day = |seq: u64| days[usize::try_from((seq - 1) / 10).unwrap()];
        let lines: Vec<_> = (1..=40).map(|seq| line(seq, day(seq))).collect();
        open(folder.path(), 1500).append(&lines).unwrap();
        assert_eq!(verify(folder.path()), 40);
        let files = fs::read_dir(folder.path().join("reconciliation")).unwrap().count();
        assert!(files > 6, "{files}");
        assert!(!folder.path().join("reconciliation/log-2026-01-01.1.jsonl").exists());
    }

    #[test]
    fn a_failure_at_any_step_leaves_each_line_once() {
        let lines: Vec<_> = (1..=6).map(|seq| line(seq, "2026-01-02T00:00:00Z")).collect();
        for fail_at in 1..40 {
            let folder = tempfile::tempdir().unwrap();
            let storage = Arc::new(Faulty::at(fail_at));
            let writer = LogWriter::open(folder.path(), storage, 900, LogHead::default());
            let Ok(mut writer) = writer else { continue };
            for upto in [2, 4, 6] {
                if writer.append(&lines[..upto]).is_err() {
                    writer.append(&lines[..upto]).unwrap();
                }
            }
            assert_eq!(verify(folder.path()), 6, "failing at {fail_at}");
        }
    }

    #[test]
    fn a_lost_log_goes_on_from_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let remembered = LogHead { seq: 7, hash: "ab".repeat(32) };
        let mut writer = LogWriter::open(folder.path(), Arc::new(Disk), 1 << 20, remembered.clone()).unwrap();
        writer.append(&[line(7, "2026-01-02T"), line(8, "2026-01-02T")]).unwrap();
        let text = fs::read_to_string(folder.path().join("reconciliation/log-2026-01-02.1.jsonl")).unwrap();
        let line: LogLine = serde_json::from_str(&text).unwrap();
        assert_eq!((line.seq, line.prev), (8, remembered.hash));
    }
}
