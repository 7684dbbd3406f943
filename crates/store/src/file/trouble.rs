//! What the operating system's refusals mean for a store.

use std::io::{self, ErrorKind};

use crate::StoreError;

/// Names an I/O error after what a person has to do about it.
pub(super) fn trouble(doing: String, error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::PermissionDenied => StoreError::Denied { doing, source: error.into() },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StoreError::Full { doing, source: error.into() }
        }
        ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly { what: format!("{doing} failed on a file system without write access") }
        }
        // A network mount that went away.
        ErrorKind::StaleNetworkFileHandle
        | ErrorKind::TimedOut
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable => StoreError::Unreachable { doing, source: error.into() },
        _ => StoreError::Other { doing, source: error.into() },
    }
}
