//! A folder in memory where there is one: these targets write thousands of files a second.

use std::path::Path;

use tempfile::TempDir;

pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a temporary folder")
}

/// Applies edits to good bytes: the first two bytes of the input say how many bytes stay, and each three after
/// them a position and what is flipped there. An empty input changes nothing.
pub(crate) fn edited(good: &[u8], edits: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut bytes = good.to_vec();
    let Some((length, flips)) = edits.split_at_checked(2) else { return bytes };
    // The whole length is the likeliest, so that flips are tried by themselves.
    let length = number(length);
    if length < bytes.len() {
        bytes.truncate(length);
    }
    for flip in flips.chunks_exact(3) {
        let many = bytes.len();
        if let Some(byte) = bytes.get_mut(number(flip) % many.max(1)) {
            *byte ^= flip[2];
        }
    }
    bytes
}
