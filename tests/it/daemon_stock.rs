//! What lies in archive and quarantine against what the journal says: `hedui verify`, after somebody was there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::daemon_bundle::packed;
use crate::home::{Home, files, name, report};

/// What verify complains of, with its exit code.
fn verify(home: &Home, full: bool) -> (Option<i32>, Value) {
    let arguments: &[&str] =
        if full { &["verify", "--full", "--format", "json"] } else { &["verify", "--format", "json"] };
    let output = home.run(arguments);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// One complaint with these words, and none once `undo` has run.
fn complains(home: &Home, full: bool, words: &[&str], undo: impl FnOnce()) {
    let (code, found) = verify(home, full);
    let complaints = found["complaints"].as_array().unwrap();
    let all = complaints.iter().map(|each| each.as_str().unwrap()).collect::<Vec<_>>().join("\n");
    assert!(code == Some(1) && words.iter().all(|word| all.contains(word)), "{words:?}: {all}");
    undo();
    let (code, found) = verify(home, true);
    assert_eq!((code, &found["complaints"]), (Some(0), &serde_json::json!([])));
}

fn one(home: &Home, folder: &str, ends: &str) -> PathBuf {
    files(&home.path(folder)).into_iter().find(|path| name(path).ends_with(ends)).unwrap()
}

fn filled() -> Home {
    let home = Home::new();
    home.put("in/a.txt", report(1));
    home.put("in/b.txt", report(2));
    home.put("in/copy of a.txt", report(1));
    home.put("in/z.zip", packed(&[("x.txt", report(3).into_bytes()), ("y.pdf", b"%PDF-1.7\n1".to_vec())]));
    home.put("in/p.pdf", "%PDF-1.7\n2");
    home.put("keep/q.pdf", "%PDF-1.7\n3");
    home.once();
    home
}

fn exchange(one: &Path, other: &Path) {
    let (first, second) = (fs::read(one).unwrap(), fs::read(other).unwrap());
    fs::write(one, second).unwrap();
    fs::write(other, first).unwrap();
}

#[test]
fn verify_finds_what_became_of_archive_and_quarantine() {
    let home = filled();
    let (code, found) = verify(&home, true);
    assert_eq!(code, Some(0), "{found}");
    // Three texts and the bundle in the archive, two files of quarantine and the copy of one in the bundle.
    assert_eq!((&found["sources"], &found["sources_compared"], &found["entries"]), (&7.into(), &7.into(), &3.into()));
    assert_eq!(verify(&home, false).1["sources_compared"], 0);

    let kept = [one(&home, "archive", "a.txt"), one(&home, "archive", "z.zip"), one(&home, "quarantine", ".pdf")];
    for path in &kept {
        let bytes = fs::read(path).unwrap();
        // Removed.
        fs::remove_file(path).unwrap();
        complains(&home, false, &["is missing from", "restore it from a copy"], || fs::write(path, &bytes).unwrap());
        // A link to it is not it.
        let aside = home.path("aside");
        fs::rename(path, &aside).unwrap();
        std::os::unix::fs::symlink(&aside, path).unwrap();
        complains(&home, false, &["is missing from"], || fs::rename(&aside, path).unwrap());
        // Altered, of another length and of the same.
        fs::write(path, [&bytes[..], b" "].concat()).unwrap();
        complains(&home, false, &["is not what was put there"], || fs::write(path, &bytes).unwrap());
        let altered = bytes.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>();
        fs::write(path, altered).unwrap();
        assert_eq!(verify(&home, false).0, Some(0), "that takes --full");
        complains(&home, true, &["is not what was put there"], || fs::write(path, &bytes).unwrap());
    }
    // Swapped.
    let (a, b) = (one(&home, "archive", "a.txt"), one(&home, "archive", "b.txt"));
    exchange(&a, &b);
    complains(&home, true, &["in/a.txt: ", "in/b.txt: ", "has the content of", "swapped"], || exchange(&a, &b));

    // Reasons.
    let reason = one(&home, "quarantine", ".reason.json");
    let text = fs::read_to_string(&reason).unwrap();
    fs::remove_file(&reason).unwrap();
    complains(&home, false, &["this reason of quarantine is missing"], || fs::write(&reason, &text).unwrap());
    fs::write(&reason, text.replace("pdf", "xyz")).unwrap();
    complains(&home, true, &["this reason of quarantine is not what was written"], || {
        fs::write(&reason, &text).unwrap();
    });

    // A folder as a whole: one complaint.
    fs::rename(home.path("archive"), home.path("elsewhere")).unwrap();
    let (_, found) = verify(&home, false);
    assert_eq!(found["complaints"].as_array().unwrap().len(), 1, "{found}");
    complains(&home, false, &["the archive ", " is gone, and 4 sources with it"], || {
        fs::rename(home.path("elsewhere"), home.path("archive")).unwrap();
    });
}

#[test]
fn what_goes_its_way_is_no_complaint() {
    let home = filled();
    // On the way back to the inbox, without a daemon that takes it up.
    assert_eq!(home.run(&["retry", "--all"]).status.code(), Some(0));
    let (code, found) = verify(&home, true);
    assert_eq!(code, Some(0), "{found}");
    home.once();
    assert_eq!(verify(&home, true).0, Some(0));
    assert_eq!(home.run(&["reprocess", "--all"]).status.code(), Some(0));
    assert_eq!(verify(&home, true).0, Some(0));
    home.put("in/c.txt", report(4));
    home.once();
    // A journal made anew knows where everything is.
    assert_eq!(home.run(&["rebuild-journal"]).status.code(), Some(0));
    let (code, found) = verify(&home, true);
    assert_eq!(code, Some(0), "{found}");
    fs::remove_file(one(&home, "archive", "c.txt")).unwrap();
    complains(&home, false, &["in/c.txt: ", "is missing"], || {
        assert_eq!(home.run(&["rebuild-journal"]).status.code(), Some(0));
    });

    // What retention removes is noted, also for the time after it is turned off.
    let config = fs::read_to_string(home.path("config.yaml")).unwrap();
    let nothing = "retention: {archive: {age: 0s}, quarantine: {age: 0s}}\n";
    fs::write(home.path("config.yaml"), format!("{config}{nothing}")).unwrap();
    assert_eq!(home.run(&["clean"]).status.code(), Some(0));
    assert!(files(&home.path("archive")).is_empty() && files(&home.path("quarantine")).is_empty());
    fs::write(home.path("config.yaml"), config).unwrap();
    let (code, found) = verify(&home, true);
    assert_eq!((code, &found["sources"], &found["entries"]), (Some(0), &0.into(), &0.into()), "{found}");
}
