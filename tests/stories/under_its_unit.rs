//! The whole job under the restrictions of the systemd unit, on a machine without systemd.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::process::{Signal, getuid};
use tempfile::TempDir;
use twinkey_core::Client;

use crate::harness::authlib::left_out;
use crate::harness::daemon::Daemon;
use crate::harness::host::{Host, NAME, POST, binary};
use crate::harness::moto::python;
use crate::harness::provider::Provider;
use crate::harness::tool;

/// A program that begins as the unit would begin it, and what keeps its files.
fn restricted(host: &Host) -> (TempDir, &'static Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // The unit hides homes and the common folder for temporary files: the program lies elsewhere, as an installed one.
    let installed = tempfile::Builder::new().prefix("twinkey-story-").tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(installed.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = installed.path().join("twinkey");
    fs::copy(binary(), &program).unwrap();
    let (launcher, unit) = (root.join("tests/harness/unit.py"), root.join("config/systemd/twinkey.service"));
    let (folder, begin) = (host.path(""), installed.path().join("begin"));
    let words = [&python(), &launcher, &unit, &folder, &program].map(|word| format!("'{}'", word.display()));
    fs::write(&begin, format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "))).unwrap();
    fs::set_permissions(&begin, fs::Permissions::from_mode(0o755)).unwrap();
    (installed, Box::leak::<'static>(begin.into_boxed_path()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_is_done_under_the_restrictions_of_the_unit() {
    let tools = ["systemd-analyze", "root"];
    if left_out() || tools.into_iter().any(tool::is_left_out) {
        return;
    }
    assert!(
        getuid().is_root(),
        "this story needs root: run `cargo xtask test`, which says what it leaves out"
    );
    let host =
        Host::new(Provider::sandbox().await, POST, "schedule = \"*/2 * * * * *\"\nmin-interval = \"2s\"");
    let host = host.await;
    host.looked_after_every("1s");
    let (_installed, program) = restricted(&host);
    let host = host.with_program(program);
    host.init().await;
    host.runs(&["confirm-drained", NAME, "--init"], "", 0).await;
    let service = Daemon::start(&host).await;
    host.until("awaiting regeneration").await;
    assert_eq!(host.live_id(), host.provider.pair(Client::B).await.0);
    let told = host.regenerates(Client::A).await;
    assert_eq!(told.code, 0, "{told:?}");
    host.until("awaiting regeneration").await;
    let (status, _, _) = service.ends(&host, Signal::TERM).await;
    assert!(status.success());
    host.runs(&["history", NAME, "--verify"], "", 0).await;
    // It was really somebody else, who may write nowhere but in their own folder.
    let owner = |path: PathBuf| std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).unwrap());
    assert_eq!(owner(host.path("store.age")), 65534);
    host.no_secret_showed();
}
