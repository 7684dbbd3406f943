//! The stores on which stories can be run.

use clap::ValueEnum;

/// A kind of store, by the name that the stories know.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// The embedded store.
    File,
    /// Vault's KV engine, on a real OpenBao.
    #[value(alias = "vault")]
    Openbao,
    /// AWS Secrets Manager, on moto.
    Aws,
}

impl Store {
    /// Its name.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}
