//! Configurations that a person might write.

use crate::home::Home;

/// What `validate-config` says of a configuration, with its exit code.
fn judge(config: &str) -> (Option<i32>, String) {
    let home = Home::with(config);
    let output = home.run(&["validate-config"]);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap().trim_end().to_owned())
}

fn complains(config: &str, expected: &[&str]) {
    let (code, text) = judge(config);
    assert_eq!((code, text.lines().collect::<Vec<_>>()), (Some(3), expected.to_vec()), "{config}");
}

#[test]
fn the_shipped_configuration_is_valid() {
    let (code, text) = judge(include_str!("../../config.yaml"));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("config.yaml: valid; inboxes: 2; pipelines: "), "{text}");
}

#[test]
fn the_shipped_configuration_shows_the_default_limits() {
    let shipped = hedui::config::load(&crate::support::root().join("config.yaml")).unwrap();
    assert_eq!(shipped.limits, hedui::limits::Limits::default());
}

#[test]
fn unknown_keys_are_placed_and_corrected() {
    complains("inboxs: []\n", &["config.yaml:1:1: unknown field `inboxs`, did you mean `inboxes`?"]);
    complains(
        "inboxes:\n  - path: a\n    aftr: move\n",
        &["config.yaml:3:5: unknown field `aftr`, did you mean `after`?"],
    );
    complains(
        "inboxes:\n  - {path: a, after: mov}\n",
        &["config.yaml:2:22: unknown value `mov`, did you mean `move`?"],
    );
    complains(
        "inboxes: [{path: a}]\nlimits:\n  cels: 3\n",
        &["config.yaml:3:3: unknown field `cels`, did you mean `cells`?"],
    );
}

#[test]
fn wrong_values_are_placed() {
    complains("inboxes: []\n", &["config.yaml:1:10: `inboxes` is empty; name at least one folder"]);
    complains(
        "inboxes: [{path: a}]\nworkers: 0\n",
        &["config.yaml:2:10: `workers` must be 1 to 256; leave it out for one per processor"],
    );
    complains(
        "inboxes: [{path: a}]\nquiet_window: 2\n",
        &["config.yaml:2:15: `2` is no duration; write it as 200ms, 2s, 5m, 1h or 30d"],
    );
    complains(
        "inboxes:\n  - path: a\n    pipeline: generik\n",
        &["config.yaml:3:15: there is no pipeline `generik`, did you mean `generic`?"],
    );
}

/// Every number of `limits`, with the least that makes sense.
fn limits() -> Vec<(String, u64)> {
    let limits = serde_json::to_value(hedui::limits::Limits::default()).unwrap();
    let keys = limits.as_object().unwrap().keys().cloned();
    keys.map(|key| (key.clone(), if key == "memory_bytes" { 256 << 20 } else { 1 })).collect()
}

#[test]
fn every_limit_is_placed() {
    assert!(limits().len() > 15);
    for (key, least) in limits() {
        complains(
            &format!("inboxes: [{{path: a}}]\nlimits:\n  # Too little.\n  {key}: {}\n", least - 1),
            &[&format!("config.yaml:4:{}: `limits.{key}` must be at least {least}", key.len() + 5)],
        );
        let (code, text) = judge(&format!("inboxes: [{{path: a}}]\nlimits:\n  {key}: much\n"));
        let place = format!("config.yaml:3:{}: here must stand a whole number from 0 to ", key.len() + 5);
        assert!(code == Some(3) && text.starts_with(&place), "{text}");
    }
}

/// What comes after `inboxes: [{path: a}]` in the first line, or the whole text; place and words.
const WRONG: &[(&str, &str)] = &[
    ("+reconciliation: {rotate_bytes: 5}", "2:32: `reconciliation.rotate_bytes` must be at least 4096"),
    ("+reconciliation:\n  rotate_bytes: x", "3:17: here must stand a whole number from 0 to 18446744073709551615"),
    ("+retention: {every: 1ms}", "2:20: `retention.every` must be at least 100ms"),
    ("+retention: {archive: 30d}", "2:22: here must stand fields, as lines of `key: value`"),
    ("+web: {upload_bytes: 0}", "2:21: `web.upload_bytes` must be at least 1"),
    ("+limits: 3", "2:9: here must stand fields, as lines of `key: value`"),
    ("+limits: {rows: [1]}", "2:16: here must stand a single word, number or text"),
    ("+leases: perhaps", "2:9: here must stand `true` or `false`"),
    ("+quiet_window:", "2:13: here is no value; write one, or leave the line out"),
    ("+rules: {sum.of_which: loud}", "2:23: unknown value `loud`; known are `off`, `info`, `warning`, `error`"),
    ("+rules: {sum.of_which: 3}", "2:23: unknown value `3`; known are `off`, `info`, `warning`, `error`"),
    ("+rules: {sum.of_which: }", "2:21: here is no value; known are `off`, `info`, `warning`, `error`"),
    ("+rules: {sum.of_which: [off]}", "2:23: here must stand a single word, number or text"),
    ("+rules: [off]", "2:8: here must stand fields, as lines of `key: value`"),
    (
        "inboxes: [{path: a, rules: {sum.of_whic: off}}]",
        "1:42: there is no rule `sum.of_whic`, did you mean `sum.of_which`?",
    ),
    (
        "inboxes: [{path: a, name: ../b}]",
        "1:27: the inbox name `../b` must be usable as a folder's name: no `/`, no leading dot",
    ),
    ("inboxes: [{path: a, name: [b]}]", "1:27: here must stand a single word, number or text"),
    ("inboxes: [{path: a, name: q}, {path: b, name: q}]", "1:47: a second inbox is called `q`; give it another `name`"),
    ("inboxes: a", "1:10: here must stand a list, as `[…, …]` or lines that begin with `- `"),
    ("inboxes: [a]", "1:11: here must stand fields, as lines of `key: value`"),
    ("", "2:1: the file is empty; write its fields as lines of `key: value`"),
    ("# nothing", "2:1: the file is empty; write its fields as lines of `key: value`"),
    ("# A list.\n- path: a", "2:1: the file is a list or a single value; write its fields as lines of `key: value`"),
    ("inboxes", "1:1: the file is a list or a single value; write its fields as lines of `key: value`"),
    ("+---\nworkers: 1", "3:1: a second document begins here; keep one, and remove the line `---` between them"),
];

#[test]
fn wrong_shapes_are_told_in_plain_words() {
    for (text, expected) in WRONG {
        let text = text.strip_prefix('+').map_or((*text).to_owned(), |rest| format!("inboxes: [{{path: a}}]\n{rest}"));
        complains(&format!("{text}\n"), &[&format!("config.yaml:{expected}")]);
    }
}

/// The same of `pipelines/mine.yaml`: place and words.
const WRONG_PIPELINES: &[(&str, &str)] = &[
    ("", "2:1: the file is empty; write its fields as lines of `key: value`"),
    ("- name: mine", "1:1: the file is a list or a single value; write its fields as lines of `key: value`"),
    (
        "version: 1\nname: Mine\nzh: a\nen: b",
        "2:7: the name `Mine` must be 1 to 64 lower case letters, digits and hyphens",
    ),
    ("version: 1\nname: generic\nzh: a\nen: b", "2:7: a second pipeline is called `generic`; rename one"),
    (
        "version: 1\nname: mine\nzh: a\nen: b\nrules: [{id: a, zh: a, en: b, relation: sum, terms: [a], stated: 3}]",
        "5:66: here must stand a list, as `[…, …]` or lines that begin with `- `",
    ),
    (
        "version: 1\nname: mine\nzh: a\nen: b\nrules: [{id: a, zh: a, en: b, relation: sum, terms: [a], stated: [[a]]}]",
        "5:67: here must stand a concept, or {concept, phase, year}",
    ),
    (
        "version: 1\nname: mine\nzh: a\nen: b\nrules: [{id: a, zh: a, en: b, relation: sum, stated: [{concept: a, year: next}]}]",
        "5:55: unknown value `next`; known are same, before",
    ),
];

#[test]
fn wrong_pipelines_are_told_in_plain_words() {
    let home = Home::with("inboxes: [{path: a}]\npipelines: mine\n");
    let judge = || {
        let output = home.run(&["validate-config"]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap().trim_end().to_owned())
    };
    let (code, text) = judge();
    assert!(code == Some(3) && text.starts_with("config.yaml:2:12: the folder `mine` cannot be read ("), "{text}");
    assert!(text.ends_with("; make it, or leave `pipelines` out for the built-in ones"), "{text}");
    for (yaml, expected) in WRONG_PIPELINES {
        home.put("mine/mine.yaml", format!("{yaml}\n"));
        let (code, text) = judge();
        assert!(code == Some(3) && text.ends_with(&format!("mine/mine.yaml:{expected}")), "{yaml}: {text}");
    }
    home.put("config.yaml", b"inboxes: [\xff]\n");
    let (code, text) = judge();
    assert!(code == Some(3) && text.ends_with("save it as UTF-8"), "{text}");
}

#[test]
fn folders_must_be_apart() {
    complains(
        "inboxes:\n  - path: a\n  - path: ./b/../a\n",
        &["config.yaml:3:11: the inbox `a` has the same path; remove one"],
    );
    complains(
        "inboxes:\n  - path: a/x\n  - path: b/x\n",
        &["config.yaml:3:11: a second inbox is called `x`; give it another `name`"],
    );
    complains(
        "inboxes: [{path: a}]\noutput: a/out\n",
        &["config.yaml:2:9: `output` lies in the inbox `a`; choose a folder outside"],
    );
    complains(
        "inboxes: [{path: out/in}]\n",
        &["config.yaml:1:18: the inbox `in` lies in `output`; choose a folder outside"],
    );
    complains(
        "inboxes: [{path: a}]\narchive: x\nquarantine: x\n",
        &["config.yaml:3:13: `archive` and `quarantine` are the same folder; choose two"],
    );
    complains(
        "inboxes: [{path: a}, {path: a/b}]\n",
        &["config.yaml:1:29: this folder lies in the inbox `a`, which is recursive; move it out"],
    );
}

#[test]
fn no_folder_of_results_lies_in_another() {
    for (inner, outer) in [
        ("archive", "output"),
        ("state", "archive"),
        ("output", "archive"),
        ("quarantine", "archive"),
        ("state", "output"),
        ("archive", "quarantine"),
        ("output", "state"),
    ] {
        complains(
            &format!("inboxes: [{{path: a}}]\n{outer}: x\n{inner}: x/deep/y\n"),
            &[&format!(
                "config.yaml:3:{}: `{inner}` lies in `{outer}`; choose a folder beside it, not inside",
                inner.len() + 3
            )],
        );
    }
    // Where the inner one is at its default place, the outer one is what was written.
    complains(
        "inboxes: [{path: in/a}]\narchive: out\noutput: out/records\n",
        &["config.yaml:3:9: `output` lies in `archive`; choose a folder beside it, not inside"],
    );
    let siblings =
        "inboxes: [{path: all/in}]\noutput: all/out\narchive: all/out-archive\nquarantine: all/q\nstate: all/s\n";
    assert_eq!(judge(siblings).0, Some(0));
}

#[test]
fn several_complaints_come_in_the_order_of_the_file() {
    complains(
        "inboxes: [{path: a, pipeline: x}]\noutput: a\nworkers: 0\n",
        &[
            "config.yaml:1:31: there is no pipeline `x`; known are `department-final-account`, `department-self-evaluation`, `performance-base-data`, \
             `project-self-evaluation`, `generic`, `auto`",
            "config.yaml:2:9: `output` lies in the inbox `a`; choose a folder outside",
            "config.yaml:3:10: `workers` must be 1 to 256; leave it out for one per processor",
        ],
    );
}

#[test]
fn broken_yaml_is_placed() {
    let (code, text) = judge("inboxes: [\n");
    assert_eq!(code, Some(3));
    assert!(text.starts_with("config.yaml:"), "{text}");
    assert_eq!(judge("inboxes:\n\t- a\n").0, Some(3));
}

#[test]
fn a_pipelines_folder_is_read_and_complained_about() {
    let home = Home::with("inboxes: [{path: a, pipeline: mine}]\npipelines: mine\n");
    home.put("mine/generic.yaml", "name: generic\nversion: \"1\"\nrulez: []\n");
    let output = home.run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("generic.yaml:3:1: unknown field `rulez`, did you mean `rules`?"), "{text}");
}

#[test]
fn a_missing_file_is_said_with_what_to_do() {
    let home = Home::new();
    let output = home.run(&["--config", "nowhere.yaml"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("nowhere.yaml: cannot be read: "), "{text}");
}
