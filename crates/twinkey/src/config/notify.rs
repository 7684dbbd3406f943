//! `[notify.NAME]`.

use std::fmt;

use twinkey_core::messages::Severity;
use twinkey_notify::{
    Channel, Exec, Mail, MailSettings, PagerDuty, SettingsError, SigningKey, Slack, Teams, Webhook,
};
use url::Url;

use super::keys;
use super::provider::address;
use super::reader::Reader;
use super::secret_ref::{SecretRef, SecretRefError};
use super::way::{self, WaySettings};

mod mail;

use mail::MailReference;

/// A channel as configured; its secrets are still references.
#[derive(Clone, Debug)]
pub struct ChannelSettings {
    /// Its name.
    pub name: String,
    /// The least urgent messages that it takes.
    pub least: Severity,
    kind: Kind,
    way: WaySettings,
}

#[derive(Clone)]
enum Kind {
    Mail(MailReference),
    Webhook { address: SecretRef, keys: Vec<SecretRef> },
    Slack(SecretRef),
    Teams(SecretRef),
    PagerDuty { key: SecretRef, region: Url },
    Exec(Vec<String>),
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Webhook { .. } => "webhook",
            Self::Slack(_) => "slack",
            Self::Teams(_) => "teams",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Exec(_) => "exec",
        }
    }
}

/// The arguments of a program could hold a secret against all advice: they are left out.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A channel cannot be made ready: a secret or a file is not to be had, or holds what cannot be used. Shows nothing
/// that was found.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// A secret or a file is not to be had.
    #[error(transparent)]
    Secret(#[from] SecretRefError),
    /// What was found cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl ChannelSettings {
    /// What kind of channel it is: the key that says so.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// The channel, with its secrets and certificates read. Connects to nobody.
    ///
    /// # Errors
    /// Where a secret or a file was looked for, or what is wrong with it.
    pub fn open(&self) -> Result<Box<dyn Channel>, ChannelError> {
        Ok(match &self.kind {
            Kind::Mail(mail) => Box::new(Mail::new(self.mail(mail)?)?),
            Kind::Webhook { address, keys } => {
                let keys = keys.iter().map(|key| Ok(SigningKey::parse(&key.read()?)?));
                let keys = keys.collect::<Result<Vec<_>, ChannelError>>()?;
                Box::new(Webhook::new(&address.read()?, keys, &self.way.way()?)?)
            }
            Kind::Slack(address) => Box::new(Slack::new(&address.read()?, &self.way.way()?)?),
            Kind::Teams(address) => Box::new(Teams::new(&address.read()?, &self.way.way()?)?),
            Kind::PagerDuty { key, region } => {
                Box::new(PagerDuty::new(region.clone(), key.read()?, &self.way.way()?)?)
            }
            Kind::Exec(argv) => Box::new(Exec::new(argv.clone(), self.way.timeout)),
        })
    }

    fn mail(&self, mail: &MailReference) -> Result<MailSettings, ChannelError> {
        let login = mail.login.as_ref().map(|(name, password)| Ok((name.clone(), password.read()?)));
        Ok(MailSettings {
            host: mail.host.clone(),
            port: mail.port,
            tls: mail.tls,
            trust: self.way.trust()?,
            login: login.transpose().map_err(ChannelError::Secret)?,
            from: mail.from.clone(),
            to: mail.to.clone(),
            timeout: self.way.timeout,
        })
    }
}

/// The keys that tell which kind of channel it is, and what belongs to each beside.
const KINDS: &[(&str, &[&str])] = &[
    ("mail", &["from", "to", "tls", "username", "password", "ca-file", "ca-only", "timeout"]),
    (
        "webhook",
        &["signing-key", "previous-signing-key", "ca-file", "ca-only", "proxy", "connect-timeout", "timeout"],
    ),
    ("slack", &["ca-file", "ca-only", "proxy", "connect-timeout", "timeout"]),
    ("teams", &["ca-file", "ca-only", "proxy", "connect-timeout", "timeout"]),
    ("pagerduty", &["address", "ca-file", "ca-only", "proxy", "connect-timeout", "timeout"]),
    ("exec", &["timeout"]),
];

/// Reads one channel, and where it stands in the file.
pub(super) fn read(reader: &mut Reader<'_, '_>, name: &str) -> Option<(usize, ChannelSettings)> {
    let words =
        [Severity::Notice, Severity::Warning, Severity::Page].map(|severity| (severity.name(), severity));
    let least = reader.word("least", &words).unwrap_or(Severity::Notice);
    let (kind, own) = which(reader)?;
    nothing_else(reader, kind, own);
    let way = way::read(reader);
    let kind = match kind {
        "mail" => mail::read(reader).map(Kind::Mail),
        "webhook" => webhook(reader),
        "slack" => reader.secret("slack").map(Kind::Slack),
        "teams" => reader.secret("teams").map(Kind::Teams),
        "pagerduty" => pagerduty(reader),
        _ => exec(reader),
    };
    let settings = ChannelSettings { name: name.to_owned(), least, kind: kind?, way: way? };
    Some((reader.span().start, settings))
}

fn which(reader: &mut Reader<'_, '_>) -> Option<(&'static str, &'static [&'static str])> {
    let given: Vec<_> = KINDS.iter().filter(|(kind, _)| reader.has(kind)).collect();
    if let [one] = given[..] {
        return Some(*one);
    }
    let what =
        if given.is_empty() { "does not say what kind of channel it is" } else { "is of two kinds at once" };
    let remedy = "give one of mail, webhook, slack, teams, pagerduty, exec";
    reader.problem(reader.span(), "", what, remedy);
    None
}

/// Keys of another kind of channel would be passed over in silence.
fn nothing_else(reader: &mut Reader<'_, '_>, kind: &str, own: &[&str]) {
    for key in keys::NOTIFY.iter().map(|key| key.name) {
        if reader.has(key) && key != kind && key != "least" && !own.contains(&key) {
            reader.problem(reader.at(key), key, &format!("means nothing for {kind}"), "leave it out");
        }
    }
}

fn webhook(reader: &mut Reader<'_, '_>) -> Option<Kind> {
    let address = reader.secret("webhook");
    if !reader.has("signing-key") {
        reader.missing("signing-key");
    }
    let key = reader.secret("signing-key");
    let previous = reader.secret("previous-signing-key");
    Some(Kind::Webhook { address: address?, keys: [Some(key?), previous].into_iter().flatten().collect() })
}

fn pagerduty(reader: &mut Reader<'_, '_>) -> Option<Kind> {
    let key = reader.secret("pagerduty");
    let region = match reader.text("address") {
        Some(found) => address::secure(reader, "address", &found),
        None => Url::parse(keys::PAGERDUTY).ok(),
    };
    Some(Kind::PagerDuty { key: key?, region: region? })
}

fn exec(reader: &mut Reader<'_, '_>) -> Option<Kind> {
    let found = reader.texts("exec")?;
    let argv: Vec<String> = found.value.into_iter().map(|item| item.value).collect();
    if argv.first().is_none_or(|program| !program.starts_with('/')) {
        let remedy = "write the program from / on, then its arguments: [\"/usr/local/bin/tell\", \"ops\"]";
        reader.problem(found.span, "exec", "does not begin with the path of a program", remedy);
        return None;
    }
    Some(Kind::Exec(argv))
}
