//! The catalogue of keys: what is known, what it means, and what counts where it is left out. Reading,
//! schema and reference are all made from it.

use super::presets;

/// Where this host's notes, locks and audit log are, unless said otherwise.
pub const STATE_DIR: &str = "/var/lib/twinkey";
/// Where the page about each alert is.
pub const RUNBOOKS: &str = "/usr/share/doc/twinkey/runbooks.md";
/// How many credentials the daemon works on at once.
pub const AT_ONCE: u32 = 16;
/// Where the service listens.
pub const LISTEN: &str = "127.0.0.1:9747";
/// How old the last good run may be before `status` fails.
pub const LATE_AFTER: &str = "1h";
/// The zone of schedules and of people's times.
pub const ZONE: &str = "UTC";
/// The least time between two scheduled switches.
pub const MIN_INTERVAL: &str = "1d";
/// By how much a due time is put off at most.
pub const JITTER: &str = "0s";
/// Added to every drain.
pub const DRAIN_MARGIN: &str = "10m";
/// The token lifetime that counts when the provider names none.
pub const TOKEN_LIFETIME: &str = "1h";
/// How often a daemon looks.
pub const LOOK_EVERY: &str = "5m";
/// The time over which a fresh deposit is proven.
pub const SETTLE: &str = "130s";
/// How many tokens prove a fresh deposit.
pub const TOKENS: u32 = 3;
/// How often the standby is asked for a token.
pub const STANDBY_EVERY: &str = "6h";
/// How often the active client is asked for a token.
pub const ACTIVE_EVERY: &str = "5m";
/// The rungs of the reminder's ladder.
pub const REMINDERS: [&str; 4] = ["0d", "2d", "5d", "7d"];
/// The mode of the output file.
pub const MODE: &str = "0640";
/// How long to wait for a connection.
pub const CONNECT_TIMEOUT: &str = "5s";
/// How long a request may take.
pub const TIMEOUT: &str = "15s";
/// The method of the API call.
pub const METHOD: &str = "GET";
/// The live pair's field with the client id.
pub const ID_FIELD: &str = "client_id";
/// The live pair's field with the client secret.
pub const SECRET_FIELD: &str = "client_secret";

/// Where the KV engine is mounted.
pub const MOUNT: &str = "secret";
/// Where the AppRole method is mounted.
pub const APPROLE_MOUNT: &str = "approle";
/// How the session of an assumed role is called.
pub const SESSION_NAME: &str = "twinkey";
/// Where the certificate method is mounted.
pub const CERTIFICATE_MOUNT: &str = "cert";

/// The least urgency of what a channel takes.
pub const LEAST: &str = "notice";
/// The urgencies of messages, from the least on.
pub const URGENCIES: &[&str] = &["notice", "warning", "page"];
/// PagerDuty's region in the United States.
pub const PAGERDUTY: &str = "https://events.pagerduty.com";

/// The longest name of a store, provider or credential.
pub(super) const NAME_BYTES: usize = 64;

/// What is usual for `max-staleness`.
macro_rules! usual_staleness {
    () => {
        "AWS agent 300s, AWS caching libraries 1h, Vault Agent templates 5m, External Secrets 1h"
    };
}
/// What is usual for `max-staleness`, as the end of a remedy.
pub(super) const USUAL_STALENESS: &str = concat!(", or \"restart\" (", usual_staleness!(), ")");

/// One key.
#[derive(Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: Kind,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// What counts where it is left out; `None` if it must be there or nothing counts.
    pub default: Option<&'static str>,
    /// Whether it must be there.
    pub needed: bool,
}

/// What kind of value a key takes.
#[derive(Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// A duration such as `1h 30m`.
    Duration,
    /// An absolute path.
    Path,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number in these bounds.
    Integer(u32, u32),
    /// True or false.
    Boolean,
    /// A list of texts.
    Texts,
    /// A list of HTTP statuses.
    Statuses,
    /// A table of free names with texts.
    Pairs,
    /// A table with keys of its own.
    Table(&'static [Key]),
    /// Tables of free names, each with keys of its own.
    Named(&'static [Key]),
    /// A secret by reference, to one of these places.
    Secret(&'static [Key]),
    /// A word, or a table with keys of its own.
    WordOrTable(&'static str, &'static [Key]),
    /// A word or a duration.
    WordOrDuration(&'static str),
}

const fn key(name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key { name, kind, meaning, default: None, needed: false }
}

impl Key {
    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn needed(mut self) -> Self {
        self.needed = true;
        self
    }
}

/// The top level.
pub const ROOT: &[Key] = &[
    key("state-dir", Kind::Path, "the folder for this host's notes, locks and audit log").default(STATE_DIR),
    key("at-once", Kind::Integer(1, 1000), "how many credentials the daemon works on at once").default("16"),
    key(
        "runbooks",
        Kind::Text,
        "what messages refer to, with # and the kind of alert: a path, or the https address of your copy",
    )
    .default(RUNBOOKS),
    key("watch", Kind::Table(WATCH), "how Twinkey itself is watched"),
    key("store", Kind::Named(STORE), "where documents are kept").needed(),
    key("provider", Kind::Named(PROVIDER), "who issues tokens").needed(),
    key("credential", Kind::Named(CREDENTIAL), "what consumers use, backed by two API clients").needed(),
    key(
        "notify",
        Kind::Named(NOTIFY),
        "the channels on which people are called; the first in the file comes first",
    ),
];

/// `[watch]`.
pub const WATCH: &[Key] = &[
    key(
        "listen",
        Kind::Text,
        "where the service shows metrics and status, read-only: an address with port, unix:/PATH, or \"off\"",
    )
    .default(LISTEN),
    key(
        "textfile",
        Kind::Path,
        "a file for node_exporter's textfile collector, written after each rotate; its name ends with .prom",
    ),
    key(
        "ping",
        Kind::Secret(SECRET),
        "an address that is asked (GET) after each run of all credentials that did its work; whoever knows it can pretend that all is well",
    ),
    key("late-after", Kind::Duration, "status fails where this host's last good run is older")
        .default(LATE_AFTER),
];

/// `[store.NAME]`: the embedded store, a Vault or OpenBao, or AWS Secrets Manager.
pub const STORE: &[Key] = &[
    key("file", Kind::Path, "the embedded store: one encrypted file in the age format"),
    key(
        "key",
        Kind::Secret(STORE_KEY),
        "its key: a file, or a systemd credential; made by init where it is a file",
    ),
    key(
        "address",
        Kind::Text,
        "a Vault or OpenBao: its address, with a path prefix where a gate gives it one; https, or http on a loopback address",
    ),
    key("mount", Kind::Text, "where its KV engine (version 2) is mounted").default(MOUNT),
    key("namespace", Kind::Text, "the namespace of mount and login"),
    key(
        "auth",
        Kind::Table(AUTH),
        "how the service logs in, and how people do; a person's own ~/.vault-token by default",
    ),
    key("ca-file", Kind::Path, "a PEM file with certificate authorities of your own"),
    key("ca-only", Kind::Boolean, "believe only the authorities in ca-file").default("false"),
    key("client-certificate", Kind::Secret(SECRET), "a client certificate with its key, as PEM"),
    key(
        "region",
        Kind::Text,
        "AWS Secrets Manager: the region that holds the secrets; of replicated ones the primary",
    ),
    key(
        "profile",
        Kind::Text,
        "the profile of the shared files; without it credentials are searched for as every AWS tool does",
    ),
    key(
        "credentials-file",
        Kind::Path,
        "a credentials file in the shared format, instead of ~/.aws/credentials",
    ),
    key("assume-role", Kind::Table(ASSUME_ROLE), "a role to take on with the credentials found"),
    key(
        "endpoint",
        Kind::Text,
        "another address for Secrets Manager, such as a VPC endpoint without private DNS",
    ),
    key("sts-endpoint", Kind::Text, "another address for STS, which is asked who we are"),
    key(
        "kms-key",
        Kind::Text,
        "the KMS key of secrets that Twinkey creates: id, ARN or alias; AWS's own by default",
    ),
    key("tags", Kind::Pairs, "tags of secrets that Twinkey creates"),
    key("connect-timeout", Kind::Duration, "how long to wait for a connection").default(CONNECT_TIMEOUT),
    key("timeout", Kind::Duration, "how long a request may take in all").default(TIMEOUT),
];

/// `assume-role`.
pub const ASSUME_ROLE: &[Key] = &[
    key("arn", Kind::Text, "the ARN of the role").needed(),
    key("external-id", Kind::Text, "the external id that the role's trust policy asks for"),
    key("session-name", Kind::Text, "how the session is called in CloudTrail").default(SESSION_NAME),
];

/// `auth`.
pub const AUTH: &[Key] = &[
    key(
        "token-file",
        Kind::Path,
        "a file with a token that somebody keeps fresh, such as the sink of Vault Agent",
    ),
    key("approle", Kind::Table(APPROLE), "log in with an AppRole"),
    key("certificate", Kind::Table(CERTIFICATE), "log in with the client certificate"),
    key(
        "person",
        Kind::Table(PERSON),
        "how a person at a terminal logs in: as themselves, so that the store's audit log names them",
    ),
];

/// `auth.approle`.
pub const APPROLE: &[Key] = &[
    key("role-id", Kind::Text, "the role id").needed(),
    key("secret-id", Kind::Secret(SECRET), "the secret id").needed(),
    key("wrapped", Kind::Boolean, "the secret id is response-wrapped: good for one login of a daemon")
        .default("false"),
    key("mount", Kind::Text, "where the method is mounted").default(APPROLE_MOUNT),
];

/// `auth.certificate`.
pub const CERTIFICATE: &[Key] = &[
    key("role", Kind::Text, "the role, where the certificate does not decide alone"),
    key("mount", Kind::Text, "where the method is mounted").default(CERTIFICATE_MOUNT),
];

/// `auth.person`.
pub const PERSON: &[Key] = &[
    key("token-file", Kind::Path, "Vault and OpenBao: the file with their token; ~/.vault-token by default"),
    key("profile", Kind::Text, "AWS: their profile; as every AWS tool finds it by default"),
];

/// `[provider.NAME]`.
pub const PROVIDER: &[Key] = &[
    key("preset", Kind::Word(presets::NAMES), "fills in what is known of a provider; every key below overrides it"),
    key("token-url", Kind::Text, "the token endpoint; https, or http on a loopback address").needed(),
    key("grant", Kind::Word(&["client-credentials", "password"]), "the OAuth2 grant").default("client-credentials"),
    key("auth", Kind::Word(&["post", "basic", "basic-raw"]), "how id and secret are sent: in the form, in HTTP Basic as RFC 6749 encodes it, or in Basic as they are").default("post"),
    key("scope", Kind::Text, "the scope to ask for"),
    key("parameters", Kind::Pairs, "further form parameters; not for secrets"),
    key("headers", Kind::Pairs, "further headers of the token request; not for secrets"),
    key("username", Kind::Text, "the user of the password grant"),
    key("password", Kind::Secret(SECRET), "the password of the password grant"),
    key("ca-file", Kind::Path, "a PEM file with certificate authorities of your own"),
    key("ca-only", Kind::Boolean, "believe only the authorities in ca-file").default("false"),
    key("proxy", Kind::WordOrTable("env", PROXY), "the way out: \"env\" for the usual variables, or a table; none by default, whatever the environment says"),
    key("connect-timeout", Kind::Duration, "how long to wait for a connection").default(CONNECT_TIMEOUT),
    key("timeout", Kind::Duration, "how long a request may take in all").default(TIMEOUT),
    key("region", Kind::Word(presets::REGIONS), "the preset's region: whose API host api-call.url is a path on"),
    key("api-call", Kind::Table(API_CALL), "a harmless API call with the fresh token, to see that the client has its role"),
    key("portal", Kind::Table(PORTAL), "where and how a person regenerates a secret"),
];

/// `proxy`.
pub const PROXY: &[Key] = &[
    key("url", Kind::Text, "the proxy's address").needed(),
    key("username", Kind::Text, "the name for the proxy"),
    key("password", Kind::Secret(SECRET), "the password for the proxy"),
];

/// `api-call`.
pub const API_CALL: &[Key] = &[
    key("method", Kind::Text, "the HTTP method").default(METHOD),
    key("url", Kind::Text, "the address; with a region, a path on its API host is enough").needed(),
    key("accept", Kind::Statuses, "the statuses that show that the client has its role").needed(),
];

/// `portal`.
pub const PORTAL: &[Key] = &[
    key("url", Kind::Text, "the portal's address, told before the steps"),
    key(
        "steps",
        Kind::Texts,
        "what to click, a step an item; {label} stands for the client's label. The preset knows them",
    ),
];

const FILE: Key = key("file", Kind::Path, "a file that only its owner, and at most a group, may read");
const SYSTEMD: Key = key("credential", Kind::Text, "the name of a systemd credential of the service");

/// A secret by reference.
pub const SECRET: &[Key] = &[
    FILE,
    SYSTEMD,
    key("command", Kind::Texts, "a command that prints the secret: program and arguments, no shell"),
];

/// The key of the embedded store.
pub const STORE_KEY: &[Key] = &[FILE, SYSTEMD];

/// `[credential.NAME]`.
pub const CREDENTIAL: &[Key] = &[
    key("store", Kind::Text, "the name of a store").needed(),
    key("provider", Kind::Text, "the name of a provider").needed(),
    key("live-pair", Kind::Text, "the path that consumers read in the store").needed(),
    key("state-path", Kind::Text, "the path below which slots and record are kept, apart from the live pair; twinkey/LIVE-PAIR by default"),
    key("fields", Kind::Table(FIELDS), "how consumers name the two fields of the live pair"),
    key("labels", Kind::Table(LABELS), "the clients as the portal shows them"),
    key("schedule", Kind::Text, "a cron pattern: when a switch is due. Choose office hours: a person is needed some hours later. Without one each rotate is due, min-interval permitting"),
    key("zone", Kind::Text, "the time zone of the schedule and of all times shown to people").default(ZONE),
    key("min-interval", Kind::Duration, "the least time between two scheduled switches").default(MIN_INTERVAL),
    key("max-age", Kind::Duration, "a switch is due at the latest when the pair has been live for this long"),
    key("jitter", Kind::Duration, "a due time is put off by a part of this, always the same one, so that many credentials do not come at once").default(JITTER),
    key("windows", Kind::Texts, "the hours in which a scheduled switch may happen, such as \"Mon-Fri 09:00-17:00\"; at any time by default. A rescue asks nothing here"),
    key("blackouts", Kind::Texts, "dates on which no scheduled switch happens, such as \"2026-12-21/2027-01-03\""),
    key("consumers", Kind::Table(CONSUMERS), "how consumers read the live pair").needed(),
    key("drain-margin", Kind::Duration, "added to every drain, for clocks and requests under way").default(DRAIN_MARGIN),
    key("token-lifetime", Kind::Duration, "the token lifetime that counts when the provider names none").default(TOKEN_LIFETIME),
    key("look-every", Kind::WordOrDuration("cron"), "how often a daemon looks at the store, or \"cron\" if only one-shot runs do").default(LOOK_EVERY),
    key("verify", Kind::Table(VERIFY), "how secrets are proven and watched"),
    key("failover", Kind::Word(&["auto", "alert"]), "what happens when the active client is refused and the other one works: publish it, or only call people").default("auto"),
    key("reminders", Kind::Texts, "when the reminder to regenerate escalates, counted from the moment from which it is safe").default("[\"0d\", \"2d\", \"5d\", \"7d\"]"),
];

/// `fields`.
pub const FIELDS: &[Key] = &[
    key("id", Kind::Text, "the field with the client id").default(ID_FIELD),
    key("secret", Kind::Text, "the field with the client secret").default(SECRET_FIELD),
];

/// `labels`.
pub const LABELS: &[Key] = &[
    key("a", Kind::Text, "client a's name in the portal").needed(),
    key("b", Kind::Text, "client b's name in the portal").needed(),
];

/// `consumers`.
pub const CONSUMERS: &[Key] = &[
    key("max-staleness", Kind::WordOrDuration("restart"), concat!("how long a consumer may go on using the pair it has read, or \"restart\": until it is restarted (", usual_staleness!(), ")")).needed(),
    key("output", Kind::Table(OUTPUT), "a file with the live pair for consumers on this host"),
];

/// `consumers.output`.
pub const OUTPUT: &[Key] = &[
    key("path", Kind::Path, "the file; Twinkey's alone, replaced as a whole").needed(),
    key("format", Kind::Word(&["json", "env"]), "a JSON object, or lines NAME=\"value\"").default("json"),
    key("mode", Kind::Text, "its mode, in octal").default(MODE),
];

/// `verify`.
pub const VERIFY: &[Key] = &[
    key(
        "settle",
        Kind::Duration,
        "the time over which a fresh deposit is proven: longer than the provider's nodes need to agree",
    )
    .default(SETTLE),
    key("tokens", Kind::Integer(1, 20), "how many tokens in a row prove a fresh deposit").default("3"),
    key("standby-every", Kind::Duration, "how often the standby is asked for a token").default(STANDBY_EVERY),
    key("active-every", Kind::Duration, "how often the active client is asked for a token")
        .default(ACTIVE_EVERY),
];

/// `[notify.NAME]`: mail, a signed webhook, Slack, Teams, PagerDuty, or a program.
pub const NOTIFY: &[Key] = &[
    key(
        "least",
        Kind::Word(URGENCIES),
        "the least urgent messages that go this way: to know, to do in office hours, to do now",
    )
    .default(LEAST),
    key("mail", Kind::Text, "mail: the mail server, as HOST or HOST:PORT"),
    key("from", Kind::Text, "mail: the sender"),
    key("to", Kind::Texts, "mail: the recipients"),
    key(
        "tls",
        Kind::Word(&["starttls", "implicit", "none"]),
        "mail: how the connection is secured; implicit on port 465, starttls on others; none is for a server on this host",
    ),
    key("username", Kind::Text, "mail: the name for the mail server"),
    key("password", Kind::Secret(SECRET), "mail: the password for the mail server"),
    key(
        "webhook",
        Kind::Secret(SECRET),
        "a webhook that takes JSON, signed by the Standard Webhooks scheme: its address",
    ),
    key(
        "signing-key",
        Kind::Secret(SECRET),
        "webhook: the key that the receiver verifies with, beginning with whsec_",
    ),
    key(
        "previous-signing-key",
        Kind::Secret(SECRET),
        "webhook: the key before, as long as a receiver may still have that one",
    ),
    key("slack", Kind::Secret(SECRET), "a Slack incoming webhook: its address"),
    key(
        "teams",
        Kind::Secret(SECRET),
        "a Microsoft Teams workflow (When a Teams webhook request is received): its address",
    ),
    key("pagerduty", Kind::Secret(SECRET), "PagerDuty: the integration key of a service (Events API v2)"),
    key("address", Kind::Text, "PagerDuty: the region's address").default(PAGERDUTY),
    key(
        "exec",
        Kind::Texts,
        "a program and its arguments, no shell: each message is a JSON document on its standard input",
    ),
    key("ca-file", Kind::Path, "a PEM file with certificate authorities of your own"),
    key("ca-only", Kind::Boolean, "believe only the authorities in ca-file").default("false"),
    key(
        "proxy",
        Kind::WordOrTable("env", PROXY),
        "the way out, not for mail: \"env\" for the usual variables, or a table; none by default, whatever the environment says",
    ),
    key("connect-timeout", Kind::Duration, "how long to wait for a connection").default(CONNECT_TIMEOUT),
    key("timeout", Kind::Duration, "how long a delivery may take in all").default(TIMEOUT),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_in_texts_are_the_ones_that_count() {
        let default =
            |keys: &[Key], name: &str| keys.iter().find(|key| key.name == name).and_then(|key| key.default);
        assert_eq!(default(VERIFY, "tokens"), Some(TOKENS.to_string().as_str()));
        let rungs: Vec<String> = REMINDERS.iter().map(|rung| format!("\"{rung}\"")).collect();
        assert_eq!(default(CREDENTIAL, "reminders"), Some(format!("[{}]", rungs.join(", ")).as_str()));
    }
}
