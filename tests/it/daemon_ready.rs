//! Nothing half-written is read: writers that pause, close and reopen, map the file, or stop half-way.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::home::{Home, files, report};
use crate::support::root;

/// A real Word document: its end can be seen.
const DOCX: &str = "samples/yunze-2023-department--digit-slip.docx";

fn pause(millis: u64) {
    std::thread::park_timeout(Duration::from_millis(millis));
}

fn docx() -> Vec<u8> {
    fs::read(root().join(DOCX)).unwrap()
}

/// A daemon that watches; `change` is made to the configuration, whose quiet window is 150 ms.
fn watching(from: &str, to: &str) -> (Home, crate::home::Daemon) {
    let home = Home::new().replacing(from, to);
    let daemon = home.start();
    home.until("watching", || home.said().contains("\"watching\""));
    (home, daemon)
}

/// The one archived source is `whole`, and it was converted once.
fn assert_read_whole(home: &Home, whole: &[u8]) {
    home.until("archived", || files(&home.path("archive")).len() == 1);
    assert!(fs::read(files(&home.path("archive")).remove(0)).unwrap() == whole, "read half-written");
    assert_eq!((home.documents().len(), home.quarantine().len()), (1, 0));
}

/// The test's own file system lets us ask; otherwise the test says why it is passed over.
fn has_leases(home: &Home) -> bool {
    let path = home.path("lease-probe");
    fs::write(&path, "x").unwrap();
    let status = std::process::Command::new("python3")
        .arg("-c")
        .arg("import fcntl,sys; fcntl.fcntl(open(sys.argv[1]), fcntl.F_SETLEASE, fcntl.F_RDLCK)")
        .arg(&path)
        .stderr(std::process::Stdio::null())
        .status();
    let granted = status.is_ok_and(|status| status.success());
    if !granted {
        println!("skipped: no read leases here (or no python3 to ask for one)");
    }
    granted
}

#[test]
fn a_writer_that_pauses_longer_than_the_window_is_seen_by_the_kernel() {
    let (home, daemon) = watching("workers: 2", "workers: 1");
    if !has_leases(&home) {
        return;
    }
    let mut file = File::create(home.path("in/slow.txt")).unwrap();
    for number in 0..3 {
        file.write_all(report(number).as_bytes()).unwrap();
        pause(600);
        assert!(home.documents().is_empty(), "read while a writer has it open");
    }
    drop(file);
    let whole: String = (0..3).map(report).collect();
    assert_read_whole(&home, whole.as_bytes());
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn without_leases_a_slow_writer_is_waited_for_by_the_window() {
    let (home, daemon) = watching("quiet_window: 150ms", "quiet_window: 1s\nleases: false");
    let mut file = File::create(home.path("in/slow.txt")).unwrap();
    for number in 0..10 {
        file.write_all(report(number).as_bytes()).unwrap();
        pause(200);
    }
    drop(file);
    let whole: String = (0..10).map(report).collect();
    assert_read_whole(&home, whole.as_bytes());
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_writer_that_closes_and_reopens_is_not_read_between() {
    let (home, daemon) = watching("quiet_window: 150ms", "quiet_window: 1s");
    let path = home.path("in/scan.txt");
    let mut whole = String::new();
    for number in 0..5 {
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        file.write_all(report(number).as_bytes()).unwrap();
        drop(file);
        whole.push_str(&report(number));
        pause(300);
    }
    assert_read_whole(&home, whole.as_bytes());
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_document_written_in_pieces_is_read_when_it_ends() {
    for leases in ["true", "false"] {
        let (home, daemon) = watching("workers: 2", &format!("leases: {leases}"));
        let whole = docx();
        let path = home.path("in/a.docx");
        // Each piece lies there for several quiet windows, closed.
        for piece in whole.chunks(whole.len() / 3 + 1) {
            OpenOptions::new().create(true).append(true).open(&path).unwrap().write_all(piece).unwrap();
            pause(500);
        }
        assert_read_whole(&home, &whole);
        assert_eq!(daemon.stop(), Some(0));
    }
}

#[test]
fn a_mapped_file_is_not_read_while_it_is_mapped() {
    let (home, daemon) = watching("workers: 2", "workers: 1");
    if !has_leases(&home) {
        return;
    }
    let script = "import mmap,sys,time
file = open(sys.argv[1], 'w+b')
file.truncate(6000)
data = mmap.mmap(file.fileno(), 6000)
file.close()
for at in range(0, 6000, 1000):
    data[at:at+1000] = b'2022 %04d ' % at * 100
    data.flush()
    time.sleep(0.2)
data.close()
";
    let status =
        std::process::Command::new("python3").arg("-c").arg(script).arg(home.path("in/m.txt")).status().unwrap();
    assert!(status.success());
    let whole: Vec<u8> =
        (0..6000).step_by(1000).flat_map(|at| format!("2022 {at:04} ").repeat(100).into_bytes()).collect();
    assert_read_whole(&home, &whole);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn what_stays_cut_goes_to_quarantine_in_the_end() {
    let home = Home::new();
    let whole = docx();
    for cut in (4096..whole.len()).step_by(4096) {
        home.put(format!("in/{cut}.docx"), &whole[..cut]);
    }
    home.put("in/good.docx", &whole);
    let start = Instant::now();
    home.once();
    // Ten windows of 150 ms.
    assert!(start.elapsed() > Duration::from_millis(1500), "not given time to become whole");
    assert_eq!(home.documents(), ["good.docx"]);
    let quarantine = home.quarantine();
    assert_eq!(quarantine.len(), whole.len() / 4096);
    assert!(quarantine.values().all(|(code, _)| code == "truncated"), "{quarantine:?}");
}

#[test]
fn what_is_whole_is_read_at_once() {
    let (home, daemon) = watching("quiet_window: 150ms", "quiet_window: 10m");
    if !has_leases(&home) {
        return;
    }
    let mut took: Vec<Duration> = Vec::new();
    for number in 0..9 {
        let page = format!("<html><body><p>{}</p></body></html>", report(number));
        home.put("aside.html", page);
        let start = Instant::now();
        fs::copy(home.path("aside.html"), home.path(format!("in/{number}.html"))).unwrap();
        let done = |folder: &Path| files(folder).len() > number;
        home.until("a record", || done(&home.path("archive")));
        took.push(start.elapsed());
    }
    took.sort();
    println!("from close to archived, leases: median {:?}, longest {:?}", took[4], took[8]);
    assert_eq!(daemon.stop(), Some(0));
}
