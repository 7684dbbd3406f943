//! The first thing that somebody sees of Twinkey comes to its end.

use std::process::Stdio;

use tokio::process::Command;

use crate::harness::host::binary;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Command::new(binary())
        .arg("demo")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{told}");
    for scene in ["The obvious script", "Cycle 1", "Cycle 2", "The wrong click", "failed over"] {
        assert!(told.contains(scene), "{scene} is missing:\n{told}");
    }
}
