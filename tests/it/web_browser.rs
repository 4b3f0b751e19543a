//! The dashboard in a real browser, driven by node and playwright-core. Skips where one of them is missing; `.ci/run`
//! fetches them into `target/browser` where it can. Screenshots go to `target/browser/shots`.

use std::path::PathBuf;
use std::process::Command;

use crate::browser::Site;
use crate::home::Home;
use crate::support::root;

fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("HEDUI_BROWSER").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
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
    std::fs::create_dir_all(&shots).unwrap();
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
