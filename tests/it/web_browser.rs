//! The dashboard in a real browser, driven by node and playwright-core. Skips where one of them is missing; `.ci/browser`
//! gets them where it can, which is tried here with commands that only say how they were called. Screenshots go to `target/browser/shots`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::browser::Site;
use crate::home::Home;
use crate::support::root;

fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("HEDUI_BROWSER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let usual = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    named.into_iter().chain(usual).find(|path| path.is_file())
}

#[test]
fn a_browser_sees_marks_decides_and_sees_it_fixed() {
    let tools = root().join("target/browser");
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium here (HEDUI_BROWSER names another place)");
        return;
    };
    if Command::new("node").arg("--version").output().is_err() {
        println!("skipped: there is no node here");
        return;
    }
    if !tools.join("node_modules/playwright-core").is_dir() {
        println!(
            "skipped: no playwright-core in target/browser (npm install --prefix target/browser playwright-core axe-core)"
        );
        return;
    }
    let shots = tools.join("shots");
    fs::create_dir_all(&shots).unwrap();
    let home = Home::new();
    home.put("in/c.pdf", "%PDF-1.7\n");
    let site = Site::with(home, "web: {listen: 127.0.0.1:0}");
    let mut node = Command::new("node");
    node.current_dir(&tools).arg(root().join("tests/browser/dashboard.mjs"));
    node.arg(browser).arg(format!("http://{}", site.address)).arg(&shots);
    let axe = tools.join("node_modules/axe-core/axe.min.js");
    if axe.is_file() {
        node.arg(axe);
    } else {
        println!("without axe-core");
    }
    let output = node.output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), site.home.said());
}

/// A machine on which there are these commands and no others. Each notes how it was called; `apt-get install` brings
/// what it is asked for, if `apt-get` is among them at all.
struct Machine(tempfile::TempDir);

impl Machine {
    fn with(commands: &[&str], user: u32, network: bool) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        let bin = machine.path("bin");
        fs::create_dir(&bin).unwrap();
        for tool in ["bash", "env", "dirname", "mkdir", "chmod", "cp"] {
            let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(tool));
            symlink(found.iter().find(|path| path.is_file()).unwrap(), bin.join(tool)).unwrap();
        }
        let (calls, shown) = (machine.path("calls"), bin.display());
        let log = format!("echo \"${{0##*/}} $*\" >> {}\n", calls.display());
        let online = if network { "" } else { "exit 100\n" };
        for name in commands {
            let does = match *name {
                "apt-get" => {
                    format!(
                        "{log}{online}[ \"$1\" = install ] || exit 0\nfor name in \"$@\"; do case $name in\n\
                         chromium) cp {shown}/id {shown}/chromium;;\nnodejs) cp {shown}/id {shown}/node;;\n\
                         npm) cp {shown}/npm.later {shown}/npm;;\nesac; done\n"
                    )
                }
                "npm" => format!("{log}{online}"),
                _ => log.clone(),
            };
            machine.command(name, &does);
        }
        machine.command("id", &format!("echo {user}\n"));
        machine.command("npm.later", &format!("{log}{online}"));
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, name: &str, does: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/usr/bin/env bash\n{does}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What `.ci/browser` says, and what it called.
    fn prepare(&self) -> (String, Vec<String>) {
        let mut command = Command::new("bash");
        command.arg(root().join(".ci/browser")).arg(self.path("tools")).env_clear().env("PATH", self.path("bin"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (said, calls.lines().map(|line| line.split(" --prefix").next().unwrap().to_owned()).collect())
    }
}

/// Commands that are there, the user, whether there is a network; what is called, what is said.
type Case<'a> = (&'a [&'a str], u32, bool, &'a [&'a str], &'a str);

#[test]
fn what_the_browser_test_needs_is_fetched_where_it_can_be() {
    const UPDATE: &str = "apt-get update -qq";
    const INSTALL: &str = "apt-get install -y -qq --no-install-recommends";
    const FETCH: &str = "npm install --silent --no-audit --no-fund";
    let chromium = format!("{INSTALL} chromium fonts-noto-cjk");
    let all = format!("{INSTALL} chromium fonts-noto-cjk nodejs npm");
    let cases: [Case<'_>; 8] = [
        (&["chromium", "node", "npm", "apt-get"], 0, true, &[FETCH], ""),
        (&["google-chrome", "node", "npm"], 0, true, &[FETCH], ""),
        (&["node", "npm", "apt-get"], 0, true, &[UPDATE, &chromium, FETCH], "installing chromium fonts-noto-cjk\n"),
        (&["apt-get"], 0, true, &[UPDATE, &all, FETCH], "installing chromium fonts-noto-cjk nodejs npm\n"),
        (&["node", "npm", "apt-get"], 1000, true, &[FETCH], "only root installs it"),
        (&["node", "npm"], 0, true, &[FETCH], "no apt-get to install it: chromium"),
        (&["node", "npm", "apt-get"], 0, false, &[UPDATE, FETCH], "no Chromium: the browser test skips"),
        (&["chromium"], 0, true, &[], "no npm to fetch playwright-core"),
    ];
    for (commands, user, network, expected, told) in cases {
        let (said, calls) = Machine::with(commands, user, network).prepare();
        assert_eq!(calls, expected, "{commands:?} for {user}: {said}");
        assert!(said.contains(told) && said.is_empty() == told.is_empty(), "{commands:?} for {user}: {said}");
    }
    // What is there already is not fetched again.
    let machine = Machine::with(&["chromium", "node", "npm"], 0, true);
    for name in ["playwright-core", "axe-core"] {
        fs::create_dir_all(machine.path("tools/node_modules").join(name)).unwrap();
    }
    assert_eq!(machine.prepare(), (String::new(), Vec::new()));
}

#[test]
fn the_run_prepares_the_browser_before_the_tests() {
    let run = fs::read_to_string(root().join(".ci/run")).unwrap();
    let at =
        |line: &str| run.lines().position(|each| each == line).unwrap_or_else(|| panic!("{line} is not in .ci/run"));
    assert!(at(".ci/browser") < at("cargo test"));
}
