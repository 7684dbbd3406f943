//! `cargo xtask package`: what people install. A static binary, a Debian package, a container image.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::step::{Failed, cargo, output, root, run};

mod debian;
mod image;
mod notices;
mod trial;

/// The version whose metadata stands in `crates/twinkey/Cargo.toml`.
const CARGO_DEB: &str = "3.8.0";

/// What is built for unless somebody says otherwise: a static binary, which runs on any distribution.
pub(crate) const STATIC: &str = "x86_64-unknown-linux-musl";

/// Build what people install: a static binary, a Debian package, a container image.
#[derive(Args)]
pub(crate) struct Package {
    /// What to build for. The musl targets give a static binary, which runs on any distribution.
    #[arg(long, value_name = "TRIPLE", default_value = STATIC)]
    target: String,
    /// Install, use, upgrade, remove and purge the package in a Debian made with debootstrap. As root.
    #[arg(long = "try")]
    trial: bool,
}

pub(crate) fn build(args: &Package) -> Result<(), Failed> {
    let binary = binary(&args.target)?;
    let folder = fresh(&root().join("target/package"))?;
    lay(&binary, &args.target, &folder.join("root"))?;
    let package = debian::package(&args.target, &folder, None)?;
    let image = image::build(&binary, &folder)?;
    if args.trial {
        trial::live(&args.target, &folder, &package)?;
    }
    let size = |file: &Path| fs::metadata(file).map_or(0.0, |about| about.len() as f64 / 1e6);
    println!("\nbinary   {} ({:.1} MB)", binary.display(), size(&binary));
    println!("package  {} ({:.1} MB)", package.display(), size(&package));
    println!("image    {image}");
    Ok(())
}

/// The binary as it is packaged.
pub(crate) fn binary(target: &str) -> Result<PathBuf, Failed> {
    has_standard_library(target)?;
    // Without the feature `demo`: nobody needs a misbehaving provider on a production host.
    let build = ["build", "--release", "--locked", "-p", "twinkey", "--no-default-features", "--target"];
    run("release build", cargo(&build).arg(target))?;
    Ok(root().join("target").join(target).join("release/twinkey"))
}

/// Whether a build for this target can succeed is known before ten minutes are spent on it.
fn has_standard_library(target: &str) -> Result<(), Failed> {
    let folder = output(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    Err(format!(
        "no standard library for {target}\n  rustup target add {target}; for musl, Debian: apt-get install musl-tools\n  \
         or, for this machine's own libc: --target x86_64-unknown-linux-gnu"
    ))
}

/// Lays what is installed beside the binary and the configuration, as it lies below `/` on a host.
fn lay(binary: &Path, target: &str, root_folder: &Path) -> Result<(), Failed> {
    let usr = root_folder.join("usr");
    let man = fresh(&usr.join("share/man/man1"))?;
    output(Command::new(binary).args(["man", "--dir"]).arg(&man))?;
    for (shell, file) in [
        ("bash", "bash-completion/completions/twinkey"),
        ("fish", "fish/vendor_completions.d/twinkey.fish"),
        ("zsh", "zsh/vendor-completions/_twinkey"),
    ] {
        let text = output(Command::new(binary).args(["completions", shell]))?;
        write(&usr.join("share").join(file), &text)?;
    }
    let doc = usr.join("share/doc/twinkey");
    write(&doc.join("THIRD-PARTY.txt"), &notices::text(target)?)?;
    for (from, to) in [
        ("config/debian/copyright", doc.clone()),
        ("CHANGELOG.md", doc.clone()),
        ("docs/runbooks.md", doc),
        ("config/sysusers.d", usr.join("lib/sysusers.d")),
        ("config/systemd", usr.join("lib/systemd/system")),
    ] {
        copy(&root().join(from), &to)?;
    }
    Ok(())
}

/// Copies a file, or the files of a folder, into a folder.
fn copy(from: &Path, into: &Path) -> Result<(), Failed> {
    let told = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(into).map_err(told)?;
    if from.is_dir() {
        for entry in fs::read_dir(from).map_err(told)? {
            copy(&entry.map_err(told)?.path(), into)?;
        }
        return Ok(());
    }
    fs::copy(from, into.join(from.file_name().unwrap_or_default())).map_err(told)?;
    Ok(())
}

fn fresh(folder: &Path) -> Result<PathBuf, Failed> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder.to_owned())
}

fn write(file: &Path, text: &str) -> Result<(), Failed> {
    let parent = file.parent().unwrap_or(file);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(file, text))
        .map_err(|error| format!("{}: {error}", file.display()))
}
