//! A program of the user's own: it gets the JSON document on standard input. Also the way to reload consumers after
//! a switch, and to reach what Twinkey has no channel for.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::clean::excerpt;
use crate::document::document;
use crate::{Channel, Delivered, Fault, Notice, Undelivered};

/// The most that is kept of what the program says, in bytes. The rest is read and dropped, so that it can go on.
const MOST: usize = 4 * 1024;

/// How long what the program has said may take to arrive once it has ended: a child of its own may hold the pipe.
const GRACE: Duration = Duration::from_millis(500);

/// The exit status of sysexits.h that says that it may pass.
const TEMPORARY: i32 = 75;

/// A program. It has no `Debug`: its arguments could hold a secret against all advice.
#[derive(Clone)]
pub struct Exec {
    argv: Vec<String>,
    timeout: Duration,
}

impl Exec {
    /// The program and its arguments; no shell is involved. It gets nothing of our environment but `PATH`, and is
    /// ended, with everything that it started, when its time is over.
    pub fn new(argv: Vec<String>, timeout: Duration) -> Self {
        Self { argv, timeout }
    }

    fn start(&self) -> std::io::Result<Child> {
        let (program, args) = self.argv.split_first().ok_or(std::io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        command.args(args).env_clear().current_dir("/").process_group(0).kill_on_drop(true);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
    }
}

#[async_trait]
impl Channel for Exec {
    async fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<Delivered, Undelivered> {
        let mut child = self.start().map_err(|error| {
            Undelivered::failed(Fault::Program, format!("the program cannot be started: {error}"))
        })?;
        let group = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let said = child.stderr.take().map(|pipe| tokio::spawn(kept(pipe)));
        let text = format!("{}\n", document(notice, now));
        let ended = tokio::time::timeout(self.timeout, to_its_end(&mut child, &text)).await;
        match ended {
            Err(_) => {
                // It was not waited for yet, so its number is still its own. What it has started in the background
                // and left behind is ended with it.
                if let Some(group) = group {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                let _ = child.kill().await;
                let text = format!("the program was ended: it took longer than {} s", self.timeout.as_secs());
                Err(Undelivered::unclear(text))
            }
            Ok(Err(error)) => Err(Undelivered::unclear(format!("the program cannot be waited for: {error}"))),
            Ok(Ok(status)) if status.success() => Ok(Delivered::default()),
            Ok(Ok(status)) => Err(failed(status, &arrived(said).await)),
        }
    }
}

/// Hands the document over and waits for the end. A program need not read it: then the pipe breaks, which is no
/// failure.
async fn to_its_end(child: &mut Child, text: &str) -> std::io::Result<ExitStatus> {
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(text.as_bytes()).await;
    }
    child.wait().await
}

async fn kept(mut pipe: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        let room = MOST - kept.len();
        kept.extend_from_slice(&chunk[..read.min(room)]);
    }
    kept
}

async fn arrived(said: Option<JoinHandle<Vec<u8>>>) -> String {
    let Some(task) = said else { return String::new() };
    let abort = task.abort_handle();
    let arrived = tokio::time::timeout(GRACE, task).await;
    abort.abort();
    let bytes = arrived.ok().and_then(Result::ok).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The last line is the one that says why.
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}

fn failed(status: ExitStatus, said: &str) -> Undelivered {
    let said = excerpt(said, &[]);
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let text = format!("the program failed ({status}){said}");
    if status.code() == Some(TEMPORARY) {
        return Undelivered::later(None, text);
    }
    Undelivered::failed(Fault::Program, text)
}
