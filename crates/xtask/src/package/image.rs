//! The container image: the static binary and what it reads, on nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use super::{copy, fresh, write};
use crate::step::{Failed, output, root, run};

/// The user in the image; a number that distributions give to nobody.
const USER: u32 = 65532;

/// Lays the folder, and builds the image where an engine answers. The answer is its name, or what to do.
pub(super) fn build(binary: &Path, folder: &Path) -> Result<String, Failed> {
    let inside = fresh(&folder.join("image"))?;
    lay(binary, folder, &inside)?;
    let recipe = root().join("config/Dockerfile");
    let name = concat!("twinkey:", env!("CARGO_PKG_VERSION"));
    if output(Command::new("docker").arg("version")).is_err() {
        return Ok(format!(
            "not built, as no Docker engine answers: docker build --file {} {}",
            recipe.display(),
            inside.display()
        ));
    }
    let mut build = Command::new("docker");
    build.args(["build", "--quiet", "--tag", name, "--file"]).arg(recipe);
    run("docker build", build.arg(&inside))?;
    // That it starts at all shows that nothing is missing which the loader would look for.
    let version = output(Command::new("docker").args(["run", "--rm", "--network=none", name, "--version"]))?;
    Ok(format!("{name} ({})", version.trim()))
}

fn lay(binary: &Path, folder: &Path, inside: &Path) -> Result<(), Failed> {
    copy(binary, &inside.join("usr/bin"))?;
    copy(Path::new("/etc/ssl/certs/ca-certificates.crt"), &inside.join("etc/ssl/certs"))?;
    let doc = inside.join("usr/share/doc/twinkey");
    copy(&folder.join("root/usr/share/doc/twinkey/THIRD-PARTY.txt"), &doc)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&root().join(licence), &doc)?;
    }
    output(Command::new("cp").args(["-a", "/usr/share/zoneinfo"]).arg(inside.join("usr/share")))?;
    write(&inside.join("etc/passwd"), &format!("twinkey:x:{USER}:{USER}::/var/lib/twinkey:/sbin/nologin\n"))?;
    let state = fresh(&inside.join("var/lib/twinkey"))?;
    let _ = fs::set_permissions(&state, fs::Permissions::from_mode(0o700));
    // Only root may give folders away; elsewhere a volume brings its own owner.
    let _ = chown(&state, Some(USER), Some(USER));
    Ok(())
}
