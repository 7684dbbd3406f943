//! The configuration: TOML, read as a whole, with all its problems told at once and nothing secret echoed.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use twinkey_core::{PerClient, Policy};
use twinkey_store::Place;

mod credential;
mod duration;
pub mod keys;
mod notify;
mod presets;
mod problem;
mod provider;
mod reader;
mod schema;
mod secret_ref;
mod store;
mod suggest;
mod watch;
mod way;

pub use duration::parse_duration;
pub use notify::{ChannelError, ChannelSettings};
pub use problem::Problems;
pub use provider::ProviderSettings;
pub use schema::schema_text;
pub use secret_ref::{SecretRef, SecretRefError};
pub use store::{AwsReference, StoreSettings, VaultReference};
pub use watch::Watch;

use problem::Collector;
use reader::Reader;
use toml::de::DeTable;

/// Where the configuration is looked for.
pub const DEFAULT_PATH: &str = "/etc/twinkey/twinkey.toml";

/// The configuration file that commands must name; `None` for [`DEFAULT_PATH`], where they look by themselves.
pub(crate) fn unusual(path: &Path) -> Option<&Path> {
    (path != Path::new(DEFAULT_PATH)).then_some(path)
}

/// A configuration without problems. There is no other way to get one than [`Config::load`] and
/// [`Config::parse`].
#[derive(Clone, Debug)]
pub struct Config {
    /// This host's folder for notes, locks and the audit log.
    pub state_dir: PathBuf,
    /// How many credentials the daemon works on at once.
    pub at_once: u32,
    /// Where the pages about alerts are: an absolute path, or an address.
    pub runbooks: String,
    /// How Twinkey itself is watched.
    pub watch: Watch,
    /// The credentials, by name.
    pub credentials: Vec<Credential>,
    /// The channels on which people are called, in the order of the file.
    pub channels: Vec<ChannelSettings>,
}

/// One credential, with everything it refers to.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// The file that it was read from; `None` for [`DEFAULT_PATH`].
    pub config_file: Option<PathBuf>,
    /// The rules' settings.
    pub policy: Policy,
    /// The zone in which people's times are shown.
    pub zone: TimeZone,
    /// What consumers read.
    pub live_pair: Place,
    /// Slots and record.
    pub state: State,
    /// How consumers name the two fields.
    pub fields: Fields,
    /// The clients as the portal shows them.
    pub labels: PerClient<String>,
    /// Where the documents are kept.
    pub store: StoreSettings,
    /// The provider's name in the configuration.
    pub provider_name: String,
    /// Who issues tokens.
    pub provider: ProviderSettings,
    /// The file for consumers on this host.
    pub output: Option<Output>,
    /// How a person regenerates a secret.
    pub portal: Vec<String>,
}

/// Where slots and record are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Slot `a`.
    pub a: Place,
    /// Slot `b`.
    pub b: Place,
    /// The record.
    pub record: Place,
}

/// How consumers name the two fields of the live pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: String,
}

/// The output file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it is.
    pub path: PathBuf,
    /// How it is written.
    pub format: crate::output::Format,
    /// Its mode.
    pub mode: u32,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// All problems at once, each with line, key and remedy; or that the file cannot be read.
    pub fn load(path: &Path, now: Timestamp) -> Result<Self, Problems> {
        let text = std::fs::read_to_string(path).map_err(|error| Problems::unreadable(path, &error))?;
        Self::read(&text, path, now, Path::is_dir)
    }

    /// Reads a configuration text; `path` is for messages only, and no file is looked at.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path, now: Timestamp) -> Result<Self, Problems> {
        Self::read(text, path, now, |_| true)
    }

    fn read(text: &str, path: &Path, now: Timestamp, is_folder: fn(&Path) -> bool) -> Result<Self, Problems> {
        let mut problems = Collector::default();
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                // The message only: an error's Display shows the line, and the line may hold a secret.
                let span = error.span().unwrap_or(0..0);
                let what = format!("this is no TOML: {}", error.message());
                problems.add(span, "", &what, "put this right first, then the rest is read");
                return Err(problems.finish(path, text));
            }
        };
        let mut root = Reader::new(table.get_ref(), 0..0, String::new(), keys::ROOT, &mut problems);
        let state_dir = root.absolute_path("state-dir").unwrap_or_else(|| PathBuf::from(keys::STATE_DIR));
        let at_once = root.integer("at-once", 1..=1000).unwrap_or(keys::AT_ONCE);
        let runbooks = runbooks(&mut root);
        let watch = root.table("watch", keys::WATCH, watch::read).unwrap_or_else(watch::default);
        let stores = root.tables("store", keys::STORE, store::read);
        let providers = root.tables("provider", keys::PROVIDER, provider::read);
        let known =
            credential::Known { stores: &stores, providers: &providers, config_file: path, now, is_folder };
        let read = |reader: &mut Reader<'_, '_>, name: &str| credential::read(reader, name, &known);
        let credentials = root.tables("credential", keys::CREDENTIAL, read);
        let mut channels = root.tables("notify", keys::NOTIFY, notify::read);
        root.finish();
        if credentials.is_empty() && problems.is_empty() {
            let remedy = "add a table [credential.NAME]; the example file shows one";
            problems.add(0..0, "", "no credential is configured", remedy);
        }
        credential::check(&credentials, &mut problems);
        if !problems.is_empty() {
            return Err(problems.finish(path, text));
        }
        let credentials = credentials.into_iter().filter_map(|named| Some(named.value?.credential)).collect();
        channels.sort_by_key(|named| named.value.as_ref().map(|(at, _)| *at));
        let channels = channels.into_iter().filter_map(|named| Some(named.value?.1)).collect();
        Ok(Self { state_dir, at_once, runbooks, watch, credentials, channels })
    }
}

/// An address stands in links; a path is for whoever reads on the host.
fn runbooks(root: &mut Reader<'_, '_>) -> String {
    let Some(found) = root.text("runbooks") else { return keys::RUNBOOKS.to_owned() };
    let is_address = found.value.starts_with("https://") && url::Url::parse(&found.value).is_ok();
    if !is_address && !found.value.starts_with('/') {
        let remedy = "write it like https://wiki.example/twinkey, or a path from / on";
        root.problem(found.span, "runbooks", "is neither an https address nor an absolute path", remedy);
    }
    found.value
}

#[cfg(test)]
mod tests;
