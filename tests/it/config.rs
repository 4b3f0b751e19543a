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
