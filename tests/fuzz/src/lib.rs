//! What must hold for any bytes: one function a parser, each in its own file with its claims.
//!
//! Two callers share them: the test of this package runs every committed input of `corpus/TARGET`, and the
//! targets of `cargo xtask fuzz` (in `targets/`, a workspace of its own) look for new ones.

mod audit_log;
mod configuration;
mod deposit;
mod encrypted_file;
mod error_body;
mod live_document;
mod record;
mod retry_after;
mod scratch;
mod shown;
mod slot;
mod token_body;

pub use audit_log::audit_log;
pub use configuration::configuration;
pub use deposit::deposit;
pub use encrypted_file::encrypted_file;
pub use error_body::error_body;
pub use live_document::live_document;
pub use record::record;
pub use retry_after::retry_after;
pub use slot::slot;
pub use token_body::token_body;

/// One target: any bytes, or a failed assertion.
pub type Target = fn(&[u8]);

/// All targets by their names, which are those of the folders in `corpus` and of the programs in `targets`.
pub const TARGETS: [(&str, Target); 10] = [
    ("audit-log", audit_log),
    ("configuration", configuration),
    ("deposit", deposit),
    ("encrypted-file", encrypted_file),
    ("error-body", error_body),
    ("live-document", live_document),
    ("record", record),
    ("retry-after", retry_after),
    ("slot", slot),
    ("token-body", token_body),
];

/// The moment at which every target runs.
fn now() -> jiff::Timestamp {
    jiff::Timestamp::constant(1_795_521_600, 0)
}
