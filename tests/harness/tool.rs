//! Programs that judge what we ship: promtool, systemd-analyze.

use std::path::PathBuf;

/// Whether `cargo xtask test` has left out what needs this, and says so.
pub fn is_left_out(what: &str) -> bool {
    let left_out = std::env::var_os("TWINKEY_WITHOUT_TOOLS").unwrap_or_default();
    left_out.to_string_lossy().split(',').any(|left_out| left_out == what)
}

/// Where a tool is; `None` if it was left out.
pub fn found(tool: &str) -> Option<PathBuf> {
    if is_left_out(tool) {
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|path| path.is_file());
    assert!(
        found.is_some(),
        "{tool} is not installed: run `cargo xtask test`, which says what it leaves out"
    );
    found
}
