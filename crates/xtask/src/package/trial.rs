//! The life of the package on a host: a Debian folder in which it is installed, used, upgraded, removed and purged.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{debian, write};
use crate::step::{Failed, output, root, run};
use crate::venv;

/// The oldest release that the package is for.
const RELEASE: &str = "bookworm";

/// What the package asks for, so that it is not fetched once for each trial.
const NEEDED: &str = "ca-certificates,tzdata,systemd-standalone-sysusers";

/// A version before the one that is tried.
const BEFORE: &str = "0.0.1-1";

/// Lives through it, and says each thing that was found to be as it should.
pub(super) fn live(target: &str, folder: &Path, package: &Path) -> Result<(), Failed> {
    let before = debian::package(target, folder, Some(BEFORE))?;
    let host = Host::fresh()?;
    let provider = Provider::start()?;

    host.dpkg("-i", &before)?;
    host.is("the example is accepted as it was installed", &["check", "--config-only"], "no problem found")?;
    host.has("a page for each command", "/usr/share/man/man1/twinkey-rotate.1.gz")?;
    host.has("completions", "/usr/share/bash-completion/completions/twinkey")?;
    host.has("whose work is linked into it", "/usr/share/doc/twinkey/THIRD-PARTY.txt")?;
    host.answers("no demo", &["demo"], "", 2)?;

    let config = provider.config();
    write(&host.path("/etc/twinkey/twinkey.toml"), &config)?;
    let clients = provider.clients()?;
    let (ids, secrets): (Vec<_>, Vec<_>) = clients.iter().map(|(id, secret)| (id.as_str(), secret)).unzip();
    let [a, b] = ids[..] else { return Err(format!("two clients, not {}", ids.len())) };
    let typed: String = secrets.iter().map(|secret| format!("{secret}\n")).collect();
    host.answers("set up", &["init", "go", "--live", "a", "--id-a", a, "--id-b", b], &typed, 0)?;
    let now = ["rotate", "go", "--now", "--reason", "trial", "--confirm", "go"];
    host.answers("switched", &now, "", 0)?;
    let state = host.is("the other client is live", &["status"], "draining")?;

    host.dpkg("-i", package)?;
    host.is("upgraded", &["--version"], concat!("twinkey ", env!("CARGO_PKG_VERSION")))?;
    let kept = fs::read_to_string(host.path("/etc/twinkey/twinkey.toml")).is_ok_and(|text| text == config);
    told("an upgrade keeps the configuration", kept, "/etc/twinkey/twinkey.toml is another one")?;
    let after = host.is("an upgrade keeps the state", &["status"], "draining")?;
    let same = fingerprints(&state) == fingerprints(&after) && fingerprints(&after).len() == 2;
    told("both secrets are still there", same, &after)?;
    host.is("the audit log is whole", &["history", "go", "--verify"], "whole")?;

    host.dpkg("-r", Path::new("twinkey"))?;
    told("removed", !host.path("/usr/bin/twinkey").exists(), "the binary is still there")?;
    host.has("removing keeps the configuration", "/etc/twinkey/twinkey.toml")?;
    host.has("and the state", "/var/lib/twinkey/store.age")?;
    host.dpkg("-P", Path::new("twinkey"))?;
    told("purged", !host.path("/etc/twinkey/twinkey.toml").exists(), "the configuration is still there")?;
    host.has("a purge keeps the store, which nobody else may have", "/var/lib/twinkey/store.age")?;
    host.has("and its key", "/etc/twinkey/store.key")
}

/// Says what was found to be true; where it was not, what was found instead.
fn told(claim: &str, is: bool, found: &str) -> Result<(), Failed> {
    if !is {
        return Err(format!("the package: not true: {claim}\n{found}"));
    }
    println!("    {claim}");
    Ok(())
}

/// The only form in which secrets are shown, in order.
fn fingerprints(text: &str) -> Vec<&str> {
    let is = |word: &&str| word.len() == 8 && word.chars().all(|char| char.is_ascii_hexdigit());
    text.split_whitespace().filter(is).collect()
}

/// A folder with a Debian in it.
struct Host {
    root: PathBuf,
}

impl Host {
    /// A copy of a Debian that is made once.
    fn fresh() -> Result<Self, Failed> {
        let pristine = root().join("target/debian").join(RELEASE);
        if !pristine.join("etc/debian_version").exists() || pristine.join("debootstrap").exists() {
            let _ = fs::remove_dir_all(&pristine);
            let mut make = Command::new("debootstrap");
            make.args(["--variant=minbase", "--include", NEEDED, RELEASE])
                .arg(&pristine)
                .stdout(Stdio::null());
            run("debootstrap", &mut make)
                .map_err(|why| format!("{why}\n  Debian: apt-get install debootstrap; as root"))?;
        }
        let root = root().join("target/debian/trial");
        let _ = fs::remove_dir_all(&root);
        output(Command::new("cp").arg("-a").arg(&pristine).arg(&root))?;
        Ok(Self { root })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Installs a package, or takes one away.
    fn dpkg(&self, action: &str, package: &Path) -> Result<(), Failed> {
        let name = match package.extension() {
            Some(_) => {
                fs::copy(package, self.path("/tmp/twinkey.deb")).map_err(|error| error.to_string())?;
                Path::new("/tmp/twinkey.deb")
            }
            None => package,
        };
        let mut dpkg = Command::new("chroot");
        run(&format!("dpkg {action}"), dpkg.arg(&self.root).args(["dpkg", action]).arg(name))
    }

    fn has(&self, claim: &str, path: &str) -> Result<(), Failed> {
        told(claim, self.path(path).exists(), &format!("{path} is not there"))
    }

    /// Runs Twinkey as its user; what it printed must hold this.
    fn is(&self, claim: &str, args: &[&str], expected: &str) -> Result<String, Failed> {
        let (_, text) = self.twinkey(args, "")?;
        told(claim, text.to_lowercase().contains(expected), &text)?;
        Ok(text)
    }

    /// Runs Twinkey as its user, with this on standard input; it must end with this exit code.
    fn answers(&self, claim: &str, args: &[&str], stdin: &str, code: i32) -> Result<(), Failed> {
        let (ended, text) = self.twinkey(args, stdin)?;
        told(claim, ended == Some(code), &format!("exit code {ended:?}, not {code}\n{text}"))
    }

    fn twinkey(&self, args: &[&str], stdin: &str) -> Result<(Option<i32>, String), Failed> {
        let mut command = Command::new("chroot");
        command.arg("--userspec=twinkey:twinkey").arg(&self.root).arg("twinkey").args(args);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/var/lib/twinkey");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("chroot: {error}"))?;
        // A command that asks nothing has ended before it is written to.
        let _ = child.stdin.take().map(|mut input| input.write_all(stdin.as_bytes()));
        let done = child.wait_with_output().map_err(|error| error.to_string())?;
        let text = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok((done.status.code(), text.concat()))
    }
}

/// The real authorization server of the stories, on loopback; the Debian in the folder shares it.
struct Provider {
    python: PathBuf,
    child: Child,
    port: String,
}

impl Provider {
    fn start() -> Result<Self, Failed> {
        let python = venv::python()?;
        let script = root().join("tests/harness/authlib_server.py");
        let mut command = Command::new(&python);
        command.arg(script).arg("3600").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut port = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut port).map_err(|error| error.to_string())?;
        }
        Ok(Self { python, child, port: port.trim().to_owned() })
    }

    fn config(&self) -> String {
        let port = &self.port;
        format!(
            r#"[store.local]
file = "/var/lib/twinkey/store.age"
key = {{ file = "/etc/twinkey/store.key" }}
[provider.trial]
token-url = "http://127.0.0.1:{port}/as/token.oauth2"
scope = "gbg.token"
[credential.go]
store = "local"
provider = "trial"
live-pair = "app/go"
labels = {{ a = "GO API Client A", b = "GO API Client B" }}
consumers.max-staleness = "1h"
look-every = "cron"
"#
        )
    }

    fn clients(&self) -> Result<Vec<(String, String)>, Failed> {
        let ask = "import json, sys, urllib.request as r\n\
                   for c in json.load(r.urlopen(f'http://127.0.0.1:{sys.argv[1]}/admin/clients')):\n \
                   print(c['client_id'], c['client_secret'], sep='\\t')";
        let told = output(Command::new(&self.python).args(["-c", ask, &self.port]).env("no_proxy", "*"))?;
        Ok(told.lines().filter_map(|line| line.split_once('\t')).map(|(a, b)| (a.into(), b.into())).collect())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
