//! `cargo xtask screenshots`: pictures of the status page in every phase, by a real browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use crate::step::{Failed, cargo, root, run};

/// Make pictures of the status page in every phase, with Chromium.
#[derive(Args)]
pub(crate) struct Screenshots {
    /// Where to; the few that the documents show go there as well.
    #[arg(long, value_name = "DIR", default_value = "target/screenshots")]
    into: PathBuf,
}

/// Those that the documents show, light and dark.
const SHOWN: [&str; 3] = ["several", "awaiting-regeneration", "active-rejected-no-way-out"];

const TEMPLATES: &str = "crates/twinkey/templates";

pub(crate) fn make(args: &Screenshots) -> Result<(), Failed> {
    let folder = root().join(&args.into);
    let shown = root().join("docs/pictures");
    for folder in [&folder, &shown] {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let mut pages = cargo(&["test", "--quiet", "--workspace", "--lib", "pages_for_the_pictures"]);
    run("the pages", pages.env("TWINKEY_PICTURES", &folder))?;
    let style = root().join(TEMPLATES).join("page.css");
    fs::copy(style, folder.join("page.css")).map_err(|error| error.to_string())?;
    let mut many = 0;
    for entry in fs::read_dir(&folder).map_err(|error| error.to_string())?.flatten() {
        let page = entry.path();
        if page.extension().is_none_or(|end| end != "html") {
            continue;
        }
        let html = fs::read_to_string(&page).map_err(|error| error.to_string())?;
        // From a file instead of the service: the style lies beside it, and nothing is asked again.
        let html = html.replace("\"/page.css\"", "\"page.css\"").replace("src=\"/page.js\"", "");
        fs::write(&page, html).map_err(|error| error.to_string())?;
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let picture = folder.join(format!("{name}.png"));
        photograph(&page, &picture, false)?;
        if SHOWN.contains(&name.as_str()) {
            fs::copy(&picture, shown.join(format!("{name}.png"))).map_err(|error| error.to_string())?;
            photograph(&page, &shown.join(format!("{name}-dark.png")), true)?;
        }
        many += 1;
    }
    println!("xtask: {many} pictures in {}", folder.display());
    Ok(())
}

fn photograph(page: &Path, picture: &Path, dark: bool) -> Result<(), Failed> {
    let profile = root().join("target/screenshots-profile");
    let mut browser = Command::new("chromium");
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]);
    browser.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    browser.arg("--window-size=1000,900").arg(format!("--user-data-dir={}", profile.display()));
    if dark {
        browser.arg("--blink-settings=preferredColorScheme=0");
    }
    browser.arg(format!("--screenshot={}", picture.display())).arg(page).stderr(Stdio::null());
    run("chromium", &mut browser)
}
