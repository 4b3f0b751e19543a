//! Delivery with storage that fails, once or for good, at every step.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use super::super::inbox::{Look, Open, Scanner};
use super::super::journal::{Cost, Reader, SourceState};
use super::super::pool::{Outcome, convert_stamped};
use super::super::snapshot::{Snapshot, take_snapshot};
use super::*;
use crate::config::{CatalogTexts, Config, Inbox, load_catalog};
use crate::error::Error;
use crate::limits::Limits;
use crate::pipeline::{Catalog, Hints};
use crate::record::{LogLine, Record, sha256_hex};
use crate::sink::faults::Faulty;
use crate::sink::{Disk, Language, LogHead, ReviewFormat, ReviewOptions, review};

/// Names the scene and the step for [`child`].
const CHILD: &str = "HEDUI_TEST_KILLED_AT";

/// Read once: every step of every scene has a daemon of its own.
static CATALOG: LazyLock<(Catalog, CatalogTexts)> =
    LazyLock::new(|| (load_catalog(None).unwrap(), CatalogTexts::read(None).unwrap()));

struct Scene {
    folder: PathBuf,
    /// Removed at the end, but not by a child.
    _kept: Option<tempfile::TempDir>,
}

impl Scene {
    /// Two inboxes; in `keep` one report is answered for and one was too large, and both have changed since, in `in` wait
    /// a new one, its copy and one that is too large.
    fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let scene = Self { folder: kept.path().to_owned(), _kept: Some(kept) };
        for name in ["in", "keep", "state", "quarantine", "archive", "out"] {
            fs::create_dir(scene.path(name)).unwrap();
        }
        fs::write(scene.path("keep/k.txt"), "before").unwrap();
        fs::write(scene.path("keep/q.txt"), "q".repeat(100)).unwrap();
        scene.deliver_all(Arc::new(Disk), false).unwrap();
        fs::write(scene.path("keep/k.txt"), "now it is this").unwrap();
        fs::write(scene.path("keep/q.txt"), "q").unwrap();
        fs::write(scene.path("in/a.txt"), "a").unwrap();
        fs::write(scene.path("in/copy.txt"), "a").unwrap();
        fs::write(scene.path("in/large.txt"), "l".repeat(100)).unwrap();
        scene
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn ground(&self) -> Arc<Ground> {
        let inbox = |name: &str, after| Inbox {
            name: name.to_owned(),
            path: self.path(name),
            pipeline: None,
            after,
            max_depth: None,
            include: Vec::new(),
            exclude: Vec::new(),
            quiet_window: None,
            levels: crate::reconcile::RuleLevels::new(),
            leases: None,
            review: Some(ReviewFormat::Html),
        };
        let config = Config {
            file: self.path("config.yaml"),
            inboxes: vec![inbox("in", After::Move), inbox("keep", After::Keep)],
            output: self.path("out"),
            archive: self.path("archive"),
            quarantine: self.path("quarantine"),
            state: self.path("state"),
            catalog: CATALOG.0.clone(),
            catalog_texts: CATALOG.1.clone(),
            limits: Limits { input_bytes: 50, ..Limits::default() },
            workers: 1,
            quiet_window: Duration::ZERO,
            network_quiet_window: Duration::ZERO,
            levels: crate::reconcile::RuleLevels::new(),
            leases: true,
            language: Language::Zh,
            web: crate::config::Web::default(),
            queue_bytes: 1 << 20,
            min_free_bytes: 0,
            zone_minutes: 480,
            umask: None,
            group: None,
            retention: crate::config::Retention::default(),
            rescan_interval: Duration::from_secs(1),
            log: crate::config::LogOptions::default(),
            rotate_bytes: 1 << 20,
        };
        Arc::new(Ground::new(config, true, Arc::default()))
    }

    /// Delivers what a scan finds. `give_up` ends at the first failure, as a crash would.
    fn deliver_all(&self, storage: Arc<dyn Storage>, give_up: bool) -> Result<(), Fatal> {
        let ground = self.ground();
        let mut delivery = Delivery::open(&ground, storage)?;
        if give_up {
            ground.stop.set();
        }
        let reader = Reader::open(&ground.journal_path()).unwrap();
        let (parcels, _ignored) = tokio::sync::mpsc::channel(9);
        let scanner = Scanner::new(Arc::clone(&ground), reader, parcels, tokio::sync::mpsc::channel(1).0);
        let look = Look { everything: true, ..Look::default() };
        // The scanner stops listing when the daemon stops; this one has to list all the same.
        let mut open = if give_up { self.open_files() } else { scanner.look(&look).open };
        open.sort_by(|one, other| one.place.cmp(&other.place));
        for Open { place, stamp, .. } in open {
            let job = Job { inbox: place.inbox, path: place.path, stamp, tries: 0 };
            delivery.deliver(vec![work(&ground, job)]);
        }
        if !give_up {
            // As with every rescan: sources that could not be put away.
            delivery.put_away_all().map_err(Fatal::failure)?;
        }
        Ok(())
    }

    fn open_files(&self) -> Vec<Open> {
        let ground = self.ground();
        let reader = Reader::open(&ground.journal_path()).unwrap();
        let (parcels, _ignored) = tokio::sync::mpsc::channel(9);
        Scanner::new(ground, reader, parcels, tokio::sync::mpsc::channel(1).0)
            .look(&Look { everything: true, ..Look::default() })
            .open
    }

    /// Everything is there once, nothing else is.
    fn check(&self, context: &str) {
        let mut records = BTreeMap::new();
        for entry in fs::read_dir(self.path("out/records/unknown")).unwrap() {
            let path = entry.unwrap().path();
            let record: Record = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            records.insert(record.source.path.clone(), record);
        }
        let names: Vec<&str> = records.keys().map(String::as_str).collect();
        assert_eq!(names, ["a.txt", "k.txt", "q.txt"], "{context}");
        let old = format!("{}.generic", start(b"before"));
        assert_eq!(records["k.txt"].run.supersedes.as_deref(), Some(old.as_str()), "{context}");
        let replaced = [format!("{old}.json"), format!("{old}.核对.html")];
        assert_eq!(list(&self.path("out/superseded")), replaced, "{context}");
        assert!(list(&self.path("in")).is_empty(), "{context}");
        assert_eq!(list(&self.path("quarantine")).len(), 3, "{context}");
        assert_eq!(list(&self.path("quarantine/resolved")).len(), 2, "{context}");
        let archived: Vec<_> = list(&self.path("archive/in"));
        assert_eq!(archived, [start(b"a")], "{context}");
        let beside = ["a.txt", "a.txt.核对.html", "copy.txt", "copy.txt.核对.html"];
        assert_eq!(list(&self.path("archive/in").join(&archived[0])), beside, "{context}");
        self.check_reviews(&records, context);
        self.check_log(context);
        let reader = Reader::open(&self.ground().journal_path()).unwrap();
        for (inbox, path, state) in [
            ("in", "a.txt", SourceState::Done),
            ("in", "copy.txt", SourceState::Duplicate),
            ("in", "large.txt", SourceState::Quarantined),
            ("keep", "k.txt", SourceState::Done),
        ] {
            let key = SourceKey { inbox: inbox.to_owned(), path: path.as_bytes().to_vec() };
            let row = reader.source(&key).unwrap().unwrap();
            assert_eq!((row.state, row.settled), (state, true), "{context} {path}");
        }
    }

    /// Each source has one review, which is what its record file gives; that of the replaced record has left no folder.
    fn check_reviews(&self, records: &BTreeMap<String, Record>, context: &str) {
        let folder = self.path("out/reviews/keep");
        let kept: Vec<String> = list(&folder).into_iter().filter(|name| !list(&folder.join(name)).is_empty()).collect();
        let mut wanted = [start(b"now it is this"), start(b"q")];
        wanted.sort();
        assert_eq!(kept, wanted, "{context}");
        let places = [
            ("a.txt", self.path("archive/in").join(start(b"a")).join("a.txt.核对.html")),
            ("a.txt", self.path("archive/in").join(start(b"a")).join("copy.txt.核对.html")),
            ("k.txt", folder.join(start(b"now it is this")).join("k.txt.核对.html")),
            ("q.txt", folder.join(start(b"q")).join("q.txt.核对.html")),
        ];
        for (source, place) in places {
            let options = ReviewOptions::new(Language::Zh, &Limits::default());
            let expected = review(&[&records[source]], &[], ReviewFormat::Html, options).unwrap();
            assert!(fs::read(&place).is_ok_and(|found| found == expected), "{context} {}", place.display());
            assert_eq!(
                list(place.parent().unwrap()).iter().filter(|name| name.starts_with('.')).count(),
                0,
                "{context}"
            );
        }
    }

    /// Names of all files with what is in them, but for what depends on the time, and but for the journal.
    fn outputs(&self) -> BTreeMap<String, String> {
        let mut outputs = BTreeMap::new();
        let mut folders: Vec<PathBuf> =
            ["out", "archive", "quarantine", "in", "keep"].map(|name| self.path(name)).into();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(&self.folder).unwrap().display().to_string();
                outputs.insert(name, timeless(&fs::read_to_string(&path).unwrap()));
            }
        }
        outputs
    }

    fn check_log(&self, context: &str) {
        let name = list(&self.path("out/reconciliation")).remove(0);
        let text = fs::read_to_string(self.path("out/reconciliation").join(name)).unwrap();
        let mut head = LogHead::default();
        let mut kinds = Vec::new();
        for text in text.lines() {
            let line: LogLine = serde_json::from_str(text).unwrap();
            assert_eq!((line.seq, line.prev), (head.seq + 1, head.hash), "{context}");
            head = LogHead { seq: line.seq, hash: sha256_hex(text.as_bytes()) };
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            kinds.push(value["type"].as_str().unwrap().to_owned());
        }
        kinds.sort();
        assert_eq!(
            kinds,
            ["document", "document", "document", "document", "quarantined", "quarantined", "refiled", "superseded"],
            "{context}"
        );
    }
}

fn list(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A text without times, durations and hashes of lines that have times.
fn timeless(text: &str) -> String {
    let mut values: Vec<serde_json::Value> = match serde_json::from_str(text) {
        Ok(value) => vec![value],
        Err(_) => match text.lines().map(serde_json::from_str).collect() {
            Ok(lines) => lines,
            Err(_) => return text.to_owned(),
        },
    };
    for value in &mut values {
        let Some(object) = value.as_object_mut() else { continue };
        for key in ["at", "prev"] {
            object.remove(key);
        }
        if let Some(run) = object.get_mut("run").and_then(|run| run.as_object_mut()) {
            run.retain(|key, _| !key.ends_with("_at") && key != "duration_ms");
        }
    }
    format!("{values:?}")
}

/// The start of a content's hash, as ids and archive folders have it.
fn start(bytes: &[u8]) -> String {
    sha256_hex(bytes).chars().take(16).collect()
}

fn work(ground: &Ground, job: Job) -> Work {
    let inbox = &ground.config.inboxes[job.inbox];
    let path = show_path(job.path.as_os_str().as_bytes());
    let hints = Hints { name: path.clone(), path, inbox: Some(inbox.name.clone()), ..Hints::default() };
    let (stamp, sha256, outcome) = match take_snapshot(&inbox.path, &job.path, 50, true).unwrap() {
        Snapshot::Whole { bytes, sha256, stamp } => {
            let record = convert_stamped(&bytes, &hints, &ground.options).unwrap();
            (stamp, sha256, Outcome::Converted(Box::new(record)))
        }
        Snapshot::TooLarge { sha256, stamp } => (stamp, sha256, Outcome::Refused(Error::limit("input_bytes", 50))),
        other => panic!("{other:?}"),
    };
    Work {
        job,
        received_at: now_utc(),
        stamp,
        sha256: Some(sha256),
        of_bundle: false,
        kept: None,
        cost: Cost::default(),
        outcome,
    }
}

#[test]
fn without_failures() {
    let scene = Scene::new();
    scene.deliver_all(Arc::new(Disk), false).unwrap();
    scene.check("no failure");
    assert!(scene.open_files().is_empty());
}

#[test]
fn each_step_may_fail_once() {
    for step in 1.. {
        let scene = Scene::new();
        let storage = Arc::new(Faulty::at(step));
        if scene.deliver_all(Arc::clone(&storage) as Arc<dyn Storage>, false).is_err() {
            // While opening: the daemon ends with a message and is started again.
            scene.deliver_all(Arc::new(Disk), false).unwrap();
        }
        scene.check(&format!("step {step} fails once"));
        if !storage.has_failed() {
            assert!(step > 20, "{step}");
            break;
        }
    }
}

#[test]
fn a_crash_at_each_step_is_made_good_by_a_restart() {
    for step in 1.. {
        let scene = Scene::new();
        let storage = Arc::new(Faulty::from(step));
        // Whether it begins at all does not matter here.
        let _ = scene.deliver_all(Arc::clone(&storage) as Arc<dyn Storage>, true);
        scene.deliver_all(Arc::new(Disk), false).unwrap();
        scene.check(&format!("crash at step {step}"));
        if !storage.has_failed() {
            assert!(step > 20, "{step}");
            break;
        }
    }
}

/// The same by real kills, each in a process of its own: [`child`] is this very test binary.
/// A process of its own that delivers what the scene has and dies at a step.
fn killed_at(step: usize, scene: &Scene) -> std::process::ExitStatus {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "daemon::deliver::tests::child"])
        .env(CHILD, format!("{step} {}", scene.folder.display()))
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap()
}

#[test]
fn a_kill_at_each_step_is_made_good_by_a_restart() {
    let untouched = Scene::new();
    untouched.deliver_all(Arc::new(Disk), false).unwrap();
    let mut killed = 0;
    for step in 1.. {
        let scene = Scene::new();
        let status = killed_at(step, &scene);
        scene.deliver_all(Arc::new(Disk), false).unwrap();
        scene.check(&format!("kill at step {step}"));
        assert_eq!(scene.outputs(), untouched.outputs(), "kill at step {step}");
        if status.success() {
            break;
        }
        killed += 1;
    }
    println!("killed at {killed} steps; every restart gave the same outputs, each log line once");
    assert!(killed > 40, "{killed}");
}

/// What a first start leaves that is broken off at any step, or was by an earlier version between the file and its tables.
#[test]
fn a_first_start_may_be_broken_off_anywhere() {
    let begin = || {
        let kept = tempfile::tempdir().unwrap();
        let scene = Scene { folder: kept.path().to_owned(), _kept: Some(kept) };
        for name in ["in", "keep", "state", "quarantine", "archive", "out"] {
            fs::create_dir(scene.path(name)).unwrap();
        }
        fs::write(scene.path("in/a.txt"), "a").unwrap();
        scene
    };
    let check = |scene: &Scene, context: &str| {
        scene.deliver_all(Arc::new(Disk), false).unwrap();
        assert_eq!(list(&scene.path("out/records/unknown")).len(), 1, "{context}");
        assert_eq!(list(&scene.path("state")).iter().filter(|name| name.contains("new")).count(), 0, "{context}");
    };
    let mut broken = 0;
    for step in 1.. {
        let scene = begin();
        let status = killed_at(step, &scene);
        check(&scene, &format!("step {step}"));
        if status.success() {
            break;
        }
        broken += 1;
    }
    assert!(broken > 10, "{broken}");
    let scene = begin();
    let journal = scene.path("state/journal.sqlite3");
    fs::write(&journal, b"").unwrap();
    check(&scene, "an empty file");
    // Where there are results, it is a damaged one.
    fs::write(&journal, b"").unwrap();
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(scene.path(&format!("state/journal.sqlite3{suffix}"))).ok();
    }
    let refused = scene.deliver_all(Arc::new(Disk), false).unwrap_err().to_string();
    assert!(refused.contains("rebuild-journal"), "{refused}");
    let scene = begin();
    super::super::journal::leave_without_tables(&scene.path("state/journal.sqlite3"));
    check(&scene, "a file without tables");
}

/// Delivers the scene that the environment names, in which a step kills the process. By itself it does nothing.
#[test]
fn child() {
    let Ok(text) = std::env::var(CHILD) else { return };
    let (step, folder) = text.split_once(' ').unwrap();
    let scene = Scene { folder: folder.into(), _kept: None };
    scene.deliver_all(Arc::new(Faulty::deadly(step.parse().unwrap())), false).unwrap();
}

/// Every step once more where sources and archive lie on different file systems, so that sources are copied.
#[test]
fn a_crash_while_copying_over_loses_nothing() {
    for step in 1.. {
        let scene = Scene::new();
        let storage = Arc::new(Faulty::from(step).apart());
        let _ = scene.deliver_all(Arc::clone(&storage) as Arc<dyn Storage>, true);
        let restarted = Faulty::at(usize::MAX).apart();
        scene.deliver_all(Arc::new(restarted), false).unwrap();
        scene.check(&format!("copying over, crash at step {step}"));
        assert!(!scene.path("archive/.copy.hedui-tmp").exists(), "step {step}");
        if !storage.has_failed() {
            break;
        }
    }
}

#[test]
fn an_output_whose_source_vanished_still_gets_its_rows_and_lines() {
    for step in 1.. {
        let scene = Scene::new();
        let storage = Arc::new(Faulty::from(step));
        let _ = scene.deliver_all(Arc::clone(&storage) as Arc<dyn Storage>, true);
        let written = list(&scene.path("out/records/unknown")).len();
        fs::remove_file(scene.path("in/a.txt")).ok();
        fs::remove_file(scene.path("in/copy.txt")).ok();
        fs::remove_file(scene.path("in/large.txt")).ok();
        fs::remove_file(scene.path("keep/k.txt")).unwrap();
        scene.deliver_all(Arc::new(Disk), false).unwrap();
        // Whatever was put in place is known to the log, current or superseded.
        let replaced = list(&scene.path("out/superseded"));
        let replaced = replaced.iter().filter(|name| name.ends_with(".json")).count();
        let records = list(&scene.path("out/records/unknown")).len() + replaced;
        let log = list(&scene.path("out/reconciliation")).remove(0);
        let text = fs::read_to_string(scene.path("out/reconciliation").join(log)).unwrap();
        let lines = text.lines().filter(|line| line.contains("\"type\":\"document\"")).count();
        assert_eq!(lines, records, "step {step}, {written} written");
        if !storage.has_failed() {
            break;
        }
    }
}
