//! The obvious script, run as it is shipped.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use twinkey_core::Client;

use super::stage::{Stage, failed};
use crate::open::Stop;

/// The script, as shipped in `config/contrast/`.
const SCRIPT: &str = include_str!("../../../../config/contrast/rotate.sh");

/// Lays out the script and the file that consumers read.
pub(super) fn prepare(stage: &Stage) -> Result<(), Stop> {
    let (id, secret) = stage.pair(Client::A);
    let live = serde_json::json!({ "client_id": id, "client_secret": secret });
    let pretty = format!("{live:#}\n");
    fs::write(stage.live_file(), pretty)
        .map_err(|error| failed("the live file cannot be written", &error))?;
    fs::write(stage.script_file(), SCRIPT).map_err(|error| failed("the script cannot be written", &error))
}

/// One rotation: the script asks, a person clicks, and pastes after `paste`.
pub(super) async fn rotate(stage: &Stage, paste: Duration) -> Result<(), Stop> {
    let mut script = Command::new("sh")
        .arg(stage.script_file())
        .arg(stage.live_file())
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed("sh cannot be started", &error))?;
    let secret = stage.click_regenerate(Client::A);
    tokio::time::sleep(paste).await;
    if let Some(mut stdin) = script.stdin.take() {
        let line = format!("{secret}\n");
        stdin
            .write_all(line.as_bytes())
            .await
            .map_err(|error| failed("the script does not listen", &error))?;
    }
    let status = script.wait().await.map_err(|error| failed("the script cannot be waited for", &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed("the script failed", &std::io::Error::other(status.to_string())))
    }
}
