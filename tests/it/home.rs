//! A temporary folder with a configuration, and the real binary in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use hedui::record::{LogBody, LogLine, Record, sha256_hex};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Long enough for a busy machine; reached only when something is wrong.
const DEADLINE: Duration = Duration::from_secs(60);

/// Inbox `in` moves, inbox `keep` keeps.
const CONFIG: &str = "inboxes:
  - {path: in, after: move}
  - {path: keep, after: keep}
quiet_window: 150ms
rescan_interval: 1s
workers: 2
log: {format: json, level: debug}
web: {listen: off}
";

pub(crate) struct Home {
    folder: TempDir,
}

pub(crate) struct Daemon {
    child: Child,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self::with(CONFIG)
    }

    pub(crate) fn with(config: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(home.path("config.yaml"), config).unwrap();
        home
    }

    pub(crate) fn default_with(more: &str) -> Self {
        Self::with(&format!("{CONFIG}{more}"))
    }

    /// With another configuration.
    pub(crate) fn replacing(self, from: &str, to: &str) -> Self {
        let config = fs::read_to_string(self.path("config.yaml")).unwrap();
        assert!(config.contains(from));
        fs::write(self.path("config.yaml"), config.replace(from, to)).unwrap();
        self
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn put(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hedui"));
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs until everything that is there is answered for.
    pub(crate) fn once(&self) {
        let output = self.run(&["run", "--once"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts the daemon; what it says goes to `stderr.log`.
    pub(crate) fn start(&self) -> Daemon {
        self.start_with(&[])
    }

    /// The same with variables of the environment.
    pub(crate) fn start_with(&self, variables: &[(&str, &str)]) -> Daemon {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("stderr.log")).unwrap();
        Daemon {
            child: self
                .command(&["run"])
                .envs(variables.iter().copied())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .unwrap(),
        }
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.path("stderr.log")).unwrap_or_default()
    }

    /// Waits until something is so.
    pub(crate) fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let end = Instant::now() + DEADLINE;
        while !is_so() {
            assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}\n{}", self.said());
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Record files by name; not those that are just being written under a temporary name.
    pub(crate) fn records(&self) -> BTreeMap<String, Record> {
        let parse = |path: &PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let written = files(&self.path("out/records")).into_iter().filter(|path| !name(path).starts_with('.'));
        written.map(|path| (name(&path), parse(&path))).collect()
    }

    /// All lines of the log, with their numbers and hashes checked.
    pub(crate) fn log(&self) -> Vec<LogLine> {
        let mut paths = files(&self.path("out/reconciliation"));
        paths.sort_by_key(|path| {
            let name = name(path);
            let parts: Vec<&str> = name.split('.').collect();
            (parts[0].to_owned(), parts[1].parse::<u32>().unwrap())
        });
        let mut lines: Vec<LogLine> = Vec::new();
        let mut prev = "0".repeat(64);
        for path in paths {
            let text = whole_lines(&path);
            for text in text.lines() {
                let line: LogLine = serde_json::from_str(text).unwrap();
                assert_eq!((line.seq, &line.prev), (lines.len() as u64 + 1, &prev), "{text}");
                prev = sha256_hex(text.as_bytes());
                lines.push(line);
            }
        }
        lines
    }

    /// Sources of the log's `document` lines, sorted.
    pub(crate) fn documents(&self) -> Vec<String> {
        let mut sources: Vec<String> = self
            .log()
            .into_iter()
            .filter_map(|line| match line.body {
                LogBody::Document { source, .. } => Some(source),
                _ => None,
            })
            .collect();
        sources.sort();
        sources
    }

    /// Quarantine entries by original path: code and the quarantined file's content, if it is there.
    pub(crate) fn quarantine(&self) -> BTreeMap<String, (String, Option<Vec<u8>>)> {
        let all = files(&self.path("quarantine"));
        let reasons = all.iter().filter(|path| name(path).ends_with(".reason.json"));
        reasons
            .map(|path| {
                let reason: hedui::sink::Reason = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
                let mine = |other: &&PathBuf| name(other).starts_with(&reason.id) && !name(other).ends_with(".json");
                let source = all.iter().find(mine).map(|path| fs::read(path).unwrap());
                (reason.path, (reason.code, source))
            })
            .collect()
    }
}

impl Daemon {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Ended already in a test that passed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().and_then(OsStr::to_str).unwrap().to_owned()
}

/// A small report of its own.
pub(crate) fn report(number: usize) -> String {
    format!(
        "{number}号单位2022年度部门整体支出绩效自评报告\n2022年总支出{number}.42万元，其中基本支出{number}.42万元。\n"
    )
}

/// A log file, once its last line is whole: beside a daemon that is writing, a part of its write may be read.
fn whole_lines(path: &Path) -> String {
    for _ in 0..500 {
        let text = fs::read_to_string(path).unwrap();
        if text.is_empty() || text.ends_with('\n') {
            return text;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("{}: the last line has no end", path.display());
}
