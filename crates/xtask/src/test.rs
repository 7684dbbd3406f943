//! `cargo xtask test`: everything, in an order in which the cheap fails first.

use clap::Args;

use crate::step::{self, Failed, cargo, now};
use crate::{deny, venv};

/// Set up what is needed and run all tests.
#[derive(Args)]
pub(crate) struct Test {
    /// Leave out the stories that talk to real servers. For a laptop; the last line says so.
    #[arg(long)]
    without_servers: bool,
    /// Run this step only: fmt, clippy, deny, test, doc.
    #[arg(long, value_name = "STEP")]
    only: Option<String>,
}

pub(crate) fn run(args: &Test) -> Result<(), Failed> {
    let begun = now();
    let wanted = |step: &str| args.only.as_deref().is_none_or(|only| only == step);
    if let Some(only) = &args.only
        && !["fmt", "clippy", "deny", "test", "doc"].contains(&only.as_str())
    {
        return Err(format!("there is no step {only:?}: fmt, clippy, deny, test, doc"));
    }
    let mut remarks = Vec::new();
    if wanted("fmt") {
        run_step("fmt", &["fmt", "--all", "--check"])?;
    }
    if wanted("clippy") {
        run_step(
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
        )?;
        run_step("clippy", &["clippy", "-p", "twinkey", "--no-default-features", "--", "-D", "warnings"])?;
    }
    if wanted("deny") {
        remarks.extend(deny::check()?);
    }
    if wanted("test") {
        tests(args.without_servers)?;
        if args.without_servers {
            remarks.push("left out: the stories on the real OAuth2 server".to_owned());
        }
    }
    if wanted("doc") {
        let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
        step::run("doc", doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    let what = args.only.as_deref().unwrap_or("everything");
    let remarks = if remarks.is_empty() { String::new() } else { format!("; {}", remarks.join("; ")) };
    println!("\nxtask: {what} passed in {:.0} s{remarks}", begun.elapsed().as_secs_f64());
    Ok(())
}

fn tests(without_servers: bool) -> Result<(), Failed> {
    run_step("test", &["build", "-p", "twinkey"])?;
    let mut test = cargo(&["test", "--workspace"]);
    if without_servers {
        test.env("TWINKEY_WITHOUT_SERVERS", "1");
    } else {
        test.env("TWINKEY_TEST_PYTHON", venv::python()?);
    }
    step::run("test", &mut test)
}

fn run_step(name: &str, args: &[&str]) -> Result<(), Failed> {
    step::run(name, &mut cargo(args))
}
