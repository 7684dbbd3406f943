//! The output of a command.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{SecretRefError, TOO_LONG, capped};

/// How long a command may take: 500 ticks of 20 ms.
const TICK: Duration = Duration::from_millis(20);
const TICKS: usize = 500;

/// Runs a command and returns what it prints. What it says on standard error is dropped: it could repeat the
/// secret.
///
/// # Errors
/// It cannot be started, fails, prints more than 64 KiB or no text, or takes longer than 10 s.
pub(super) fn output(argv: &[String]) -> Result<Zeroizing<String>, SecretRefError> {
    within(TICKS, argv)
}

fn within(ticks: usize, argv: &[String]) -> Result<Zeroizing<String>, SecretRefError> {
    let program = argv.first().cloned().unwrap_or_default();
    let fail = |what: String| SecretRefError::Command { program: program.clone(), what };
    let mut child = Command::new(&program)
        .args(argv.get(1..).unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fail(format!("cannot be started: {error}")))?;
    let finished = watch(&mut child, ticks);
    // Whatever went wrong, nothing of ours is left running.
    let _ = child.kill();
    let _ = child.wait();
    finished.map_err(fail)
}

/// Waits for the end of the command and of its output, whichever is later: a grandchild may hold the output
/// open when the command has gone.
fn watch(child: &mut Child, ticks: usize) -> Result<Zeroizing<String>, String> {
    let pipe = child.stdout.take().ok_or("has no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(capped(pipe)));
    let (mut printed, mut status) = (None, None);
    for _ in 0..ticks {
        match printed {
            None => printed = receiver.recv_timeout(TICK).ok(),
            Some(_) => thread::sleep(TICK),
        }
        if let Some(Ok(None)) = printed {
            return Err(format!("printed something that {TOO_LONG}"));
        }
        if status.is_none() {
            status = child.try_wait().map_err(|error| format!("cannot be waited for: {error}"))?;
        }
        match status {
            Some(status) if !status.success() => {
                return Err(format!("failed ({status}); run it by hand to see why"));
            }
            Some(_) if printed.is_some() => break,
            _ => {}
        }
    }
    match (printed, status) {
        (Some(Ok(Some(text))), Some(_)) => Ok(text),
        (Some(Err(_)), Some(_)) => Err("printed something that is no text".to_owned()),
        _ => Err("took longer than 10 s".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str) -> Result<String, String> {
        let argv = ["sh", "-c", script].map(str::to_owned);
        within(25, &argv).map(|text| text.to_string()).map_err(|error| format!("{error}"))
    }

    #[test]
    fn a_command_gives_what_it_prints() {
        assert_eq!(run("echo s3cret"), Ok("s3cret\n".into()));
    }

    #[test]
    fn a_command_that_fails_shows_nothing_that_it_said() {
        let argv = ["sh", "-c", "echo canary; echo canary >&2; exit 3"].map(str::to_owned);
        let error = output(&argv).unwrap_err();
        let expected = "the command \"sh\" for a secret failed (exit status: 3); run it by hand to see why";
        assert_eq!(error.to_string(), expected);
        assert!(!format!("{error:?}").contains("canary"));
    }

    #[test]
    fn a_command_that_is_not_there_prints_no_text_or_never_ends_its_output_is_told() {
        let nowhere = output(&["/nowhere/at/all".to_owned()]).unwrap_err().to_string();
        assert!(nowhere.starts_with("the command \"/nowhere/at/all\" for a secret cannot be started: "));
        assert!(run("printf '\\377'").unwrap_err().ends_with("printed something that is no text"));
        assert!(
            run("yes")
                .unwrap_err()
                .ends_with("printed something that is longer than 64 KiB, which no secret is")
        );
    }

    #[test]
    fn a_command_that_hangs_is_given_up() {
        assert!(run("exec sleep 60").unwrap_err().ends_with("took longer than 10 s"));
    }

    #[test]
    fn a_grandchild_that_holds_the_output_open_does_not_hold_us() {
        // The sleeper ends by itself; the command has gone long before.
        assert!(run("echo s3cret; sleep 2 & exit 0").unwrap_err().ends_with("took longer than 10 s"));
    }
}
