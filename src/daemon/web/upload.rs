//! Uploads: a file from a browser or a program becomes a file of an inbox, whole or not at all.
//!
//! In: bytes as they come, a name. Out: a file under a name that is free. It is written under a temporary name that no
//! look takes up, flushed, and renamed; whatever breaks off leaves nothing. The name keeps nothing of a path, no control
//! characters and nothing that other systems refuse. What can go wrong: too many bytes, too little room, a name that a
//! rule passes over, the disk.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use askama::Template;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Multipart, State};
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::super::names::IgnoreRule;
use super::frame::{Frame, Place, page_of};
use super::problem::{Problem, ProblemKind};
use super::site::{Site, Turn};
use super::visitor::Visitor;
use crate::config::Inbox;
use crate::sink::{Disk, Storage};

/// Bytes of a name, with room for a number within what file systems take.
const MAX_NAME: usize = 200;
/// Names that are tried until one is free.
const MAX_TRIES: u32 = 10_000;
/// Pieces that wait for the disk.
const PIECES: usize = 8;
/// Files of one form.
const MAX_FILES: usize = 200;
/// Begins the name of a file that is not whole; hidden ones are passed over.
const TEMPORARY: &str = ".hedui-upload-";

/// A file that is in an inbox now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uploaded {
    pub(super) inbox: String,
    pub(super) name: String,
    pub(super) size: u64,
}

/// What became of one file of a form.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) done: bool,
    pub(super) what: String,
}

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    f: Frame,
    inboxes: Vec<String>,
    most: String,
    sent: Vec<Sent>,
}

/// The form.
pub(super) async fn form(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    page(&site, &visitor, Vec::new())
}

fn page(site: &Site, visitor: &Visitor, sent: Vec<Sent>) -> Result<Response, Problem> {
    let config = &site.stage()?.ground.config;
    let mut inboxes: Vec<&Inbox> = config.inboxes.iter().collect();
    // Those that are emptied are where people drop files.
    inboxes.sort_by_key(|inbox| inbox.after == crate::config::After::Keep);
    page_of(&UploadPage {
        f: Frame::at(Place::Upload, visitor),
        inboxes: inboxes.into_iter().map(|inbox| inbox.name.clone()).collect(),
        most: super::document::bytes_text(config.web.upload_bytes),
        sent,
    })
}

/// Files of a form, from a page without script. Fields before a file say which inbox it goes to.
pub(super) async fn post(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    mut fields: Multipart,
) -> Result<Response, Problem> {
    let (mut inbox, mut sent) = (String::new(), Vec::new());
    let broken = |error: axum::extract::multipart::MultipartError| {
        tracing::info!(error = error.body_text(), "a form with files broke off");
        ProblemKind::Invalid.told("told.broken_off")
    };
    while let Some(field) = fields.next_field().await.map_err(broken)? {
        if field.name() == Some("inbox") {
            inbox = field.text().await.map_err(broken)?;
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        if name.is_empty() || sent.len() >= MAX_FILES {
            continue;
        }
        let bytes = field.map(|piece| piece.map_err(|error| error.body_text()));
        let outcome = receive(&site, &inbox, &name, bytes).await;
        let done = outcome.is_ok();
        let what = match outcome {
            Ok(uploaded) => uploaded.name,
            Err(problem) => {
                let (word, told) = (visitor.language.word(problem.kind.word()), problem.told(visitor.language));
                if told.is_empty() { word.to_owned() } else { told }
            }
        };
        sent.push(Sent { name, done, what });
    }
    page(&site, &visitor, sent)
}

/// A body that is one file.
pub(super) async fn receive_body(site: &Site, inbox: &str, name: &str, body: Body) -> Result<Uploaded, Problem> {
    let bytes = body.into_data_stream().map(|piece| piece.map_err(|error| error.to_string()));
    receive(site, inbox, name, bytes).await
}

/// Takes a file in.
async fn receive(
    site: &Site,
    inbox: &str,
    name: &str,
    bytes: impl Stream<Item = Result<Bytes, String>>,
) -> Result<Uploaded, Problem> {
    let ground = site.stage()?.ground;
    let inbox = ground.config.inboxes.iter().find(|each| each.name == inbox).cloned();
    let inbox = inbox.ok_or_else(|| ProblemKind::NotFound.told("told.inbox"))?;
    let name = clean(name).ok_or_else(|| ProblemKind::Invalid.told("told.name"))?;
    if let Some(rule) = inbox.rule_of(Path::new(&name), false) {
        return Err(ProblemKind::Invalid.told_of("told.passed_over", passed_over(rule)));
    }
    if ground.gauges.is_short() {
        return Err(ProblemKind::Conflict.told("told.no_room"));
    }
    let most = ground.config.web.upload_bytes;
    let place = site.turn(Turn::Upload).await?;
    let (pieces, taken) = mpsc::channel::<Bytes>(PIECES);
    let folder = inbox.path.clone();
    let write = tokio::task::spawn_blocking(move || {
        let written = write(&folder, &name, taken);
        drop(place);
        written
    });
    let mut size = 0;
    let mut bytes = std::pin::pin!(bytes);
    let mut broken = None;
    while let Some(piece) = bytes.next().await {
        match piece {
            Ok(piece) if size + piece.len() as u64 <= most => {
                size += piece.len() as u64;
                if pieces.send(piece).await.is_err() {
                    // The disk failed; the writer says how.
                    break;
                }
            }
            Ok(_) => {
                broken = Some(ProblemKind::TooLarge.told_of("told.too_many_bytes", super::document::bytes_text(most)));
            }
            Err(error) => {
                tracing::info!(inbox = inbox.name, error, "an upload broke off");
                broken = Some(ProblemKind::Invalid.told("told.broken_off"));
            }
        }
        if broken.is_some() {
            break;
        }
    }
    // An empty piece says that this is all; without it nothing is kept.
    if broken.is_none() {
        let _ = pieces.send(Bytes::new()).await;
    }
    drop(pieces);
    let written = write.await.map_err(|_| ProblemKind::Internal.told("told.see_log"))?;
    match broken {
        Some(problem) => Err(problem),
        None => {
            let name = written.map_err(|error| {
                tracing::warn!(inbox = inbox.name, %error, "an upload could not be written");
                ProblemKind::Internal.told("told.unwritten")
            })?;
            tracing::info!(inbox = inbox.name, name, size, "uploaded");
            Ok(Uploaded { inbox: inbox.name, name, size })
        }
    }
}

/// Which names a rule passes over, and the rule's own name.
fn passed_over(rule: IgnoreRule) -> String {
    let names = match rule {
        IgnoreRule::OfficeLock => "~$*",
        IgnoreRule::Hidden => ".*",
        IgnoreRule::Temporary => "*.tmp, *.bak, *.swp, *.filepart, *.download",
        IgnoreRule::Part => "*.part",
        IgnoreRule::ChromeDownload => "*.crdownload",
        IgnoreRule::Thumbs => "Thumbs.db",
        IgnoreRule::DesktopIni => "desktop.ini",
        IgnoreRule::SavedPageFolder => "*_files/",
        IgnoreRule::Excluded => "exclude:",
        IgnoreRule::NotIncluded => "include:",
        IgnoreRule::Symlink | IgnoreRule::NotAFile => "*",
    };
    format!("{names} ({})", rule.name())
}

/// A file that is removed unless it was renamed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have become what it was to be.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes pieces until an empty one; gives the name that was free.
fn write(folder: &Path, name: &str, mut pieces: mpsc::Receiver<Bytes>) -> std::io::Result<String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{TEMPORARY}{}-{number}.tmp", std::process::id()));
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let temporary = Temporary(path);
    loop {
        match pieces.blocking_recv() {
            Some(piece) if piece.is_empty() => break,
            Some(piece) => file.write_all(&piece)?,
            None => return Err(std::io::Error::new(ErrorKind::UnexpectedEof, "the upload broke off")),
        }
    }
    file.sync_all()?;
    drop(file);
    for number in 1..MAX_TRIES {
        let free = numbered(name, number);
        match Disk.rename_new(&temporary.0, &folder.join(&free)) {
            Ok(()) => {
                Disk.sync_folder(folder)?;
                return Ok(free);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::new(ErrorKind::AlreadyExists, "every name like this is taken"))
}

/// Removes what uploads of an earlier run left half written.
pub(super) fn sweep<'a>(folders: impl Iterator<Item = &'a Path>) {
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                // One that stays is hidden, and passed over.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// `report.docx`, `report (2).docx`, ...
fn numbered(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() => format!("{stem} ({number}).{end}"),
        _ => format!("{name} ({number})"),
    }
}

/// The last part of a path as a plain file name; `None` when nothing is left of it.
fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| if c.is_control() || "<>:\"|?*".contains(c) || is_unseen(c) { '_' } else { c };
    let text: String = last.chars().map(plain).collect();
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '.');
    let (stem, end) = match text.rsplit_once('.') {
        Some((stem, end)) if end.len() <= 10 => (stem, format!(".{end}")),
        _ => (text, String::new()),
    };
    let room = MAX_NAME.saturating_sub(end.len());
    let mut cut = stem.len().min(room);
    while !stem.is_char_boundary(cut) {
        cut -= 1;
    }
    let name = format!("{}{end}", stem.get(..cut)?.trim_end());
    (!name.is_empty()).then_some(name)
}

/// Characters that turn what follows around, or are not seen.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_nothing_dangerous() {
        for (name, expected) in [
            ("报告.docx", Some("报告.docx")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\a\\b.xlsx", Some("b.xlsx")),
            ("..", None),
            ("/", None),
            ("", None),
            (".hidden.txt", Some("hidden.txt")),
            ("a\0b\n.txt", Some("a_b_.txt")),
            ("a<b>:c?.txt", Some("a_b__c_.txt")),
            ("x\u{202E}txt.docx", Some("x_txt.docx")),
            ("  a .txt ", Some("a.txt")),
        ] {
            assert_eq!(clean(name).as_deref(), expected, "{name:?}");
        }
        let long = clean(&format!("{}.docx", "长".repeat(300))).unwrap();
        assert!(long.len() <= MAX_NAME && long.ends_with("长.docx"), "{long}");
    }

    #[test]
    fn names_that_are_taken_get_a_number() {
        assert_eq!(numbered("a.docx", 1), "a.docx");
        assert_eq!(numbered("a.docx", 2), "a (2).docx");
        assert_eq!(numbered("a", 3), "a (3)");
    }

    #[test]
    fn what_breaks_off_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let count = || std::fs::read_dir(folder.path()).unwrap().count();
        let (pieces, taken) = mpsc::channel(4);
        pieces.try_send(Bytes::from_static(b"half")).unwrap();
        drop(pieces);
        assert!(write(folder.path(), "a.txt", taken).is_err());
        assert_eq!(count(), 0);
        for expected in ["a.txt", "a (2).txt"] {
            let (pieces, taken) = mpsc::channel(4);
            pieces.try_send(Bytes::from_static(b"whole")).unwrap();
            pieces.try_send(Bytes::new()).unwrap();
            assert_eq!(write(folder.path(), "a.txt", taken).unwrap(), expected);
        }
        assert_eq!(count(), 2);
        std::fs::write(folder.path().join(".hedui-upload-1-1.tmp"), "").unwrap();
        sweep([folder.path()].into_iter());
        assert_eq!(count(), 2);
    }
}
