//! Programs that judge what we ship: promtool, systemd-analyze.

use std::path::PathBuf;

/// Where a tool is; `None` if it was left out by `cargo xtask test`, which says so.
pub fn found(tool: &str) -> Option<PathBuf> {
    let left_out = std::env::var_os("TWINKEY_WITHOUT_TOOLS").unwrap_or_default();
    if left_out.to_string_lossy().split(',').any(|left_out| left_out == tool) {
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
