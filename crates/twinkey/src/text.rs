//! Every sentence that a person reads, beside its remedy. Pure: what was seen, a few names and the time make
//! a text; nothing here reads, writes or asks. The screens as they look stand in `text/screens/`.
//!
//! Texts say, in this order: what happened, what still works, what to do next. The first line can stand
//! alone, as cron sends it. Those that may go to a terminal carry ANSI styles; whoever prints them does it
//! through `anstream`, which takes the styles off where they do not belong. Questions, messages, JSON and CSV
//! carry none.
//!
//! A text that is printed as a whole screen ends with a line end; one that is a line or a short answer does
//! not.

use std::fmt::Display;
use std::path::Path;

use jiff::tz::TimeZone;
use twinkey_core::{Client, PerClient};

use crate::config::{Credential, StoreSettings};

mod call;
mod call_cause;
mod call_words;
mod channel;
mod check;
mod clause;
mod dry_run;
#[cfg(test)]
pub(crate) mod fixture;
mod handover;
mod history;
mod init;
pub mod json;
mod message;
mod nagios;
mod next_step;
mod not_yet;
mod page;
mod paint;
mod refusal;
mod regenerate;
mod rest;
#[cfg(test)]
mod screens;
mod slip;
mod status;
mod steps;
mod time;
mod trouble;
mod warn;

pub(crate) use call::changed;
pub use call::{Sender, notice};
pub use channel::{Tried, Verdict, channel_line, no_channel, trial, trial_exit, unknown_channel};
pub use check::{
    CHECK_AUDIT, Mark, check_clock, check_known_refused, check_known_request, check_line, check_live_refused,
    check_schedule, check_token, config_is_fine,
};
pub use dry_run::dry_run;
pub use handover::hand_over_note;
pub use history::{history, history_csv, history_json};
pub use init::{
    another_store, ask_id, id_needed, id_odd, init_preview, no_credential_on_a_server, not_set_up,
    store_created, trimmed, unknown_name, unusable, which_is_live,
};
pub use message::message_line;
pub use nagios::{Nagios, NagiosState, nagios, nagios_line};
pub use next_step::command;
pub use not_yet::not_yet;
pub use page::page;
pub use regenerate::{
    ask_last4, ask_secret, not_stored, offer_mend, permit_stays_open, safe, wrong_row, wrong_row_active,
};
pub use rest::rest;
pub use status::status;
pub use steps::{step_line, waiting_line};
pub use trouble::{audit_is_broken, audit_is_whole, busy, late, outrun, provider_unusable};
pub use warn::{now_warning, other_switch};

/// What people call the things of one credential, and where they look for them.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    /// The configuration file; `None` where it is the usual one, which no command needs to name.
    pub config_file: Option<&'a Path>,
    /// The credential's name in the configuration.
    pub credential: &'a str,
    /// The clients' labels, as the portal shows them; empty where none is configured.
    pub labels: &'a PerClient<String>,
    /// The zone in which people's times are shown.
    pub zone: &'a TimeZone,
    /// The path of the live pair, as consumers read it.
    pub live_pair: &'a str,
    /// The live pair's field with the client id.
    pub id_field: &'a str,
    /// The live pair's field with the client secret.
    pub secret_field: &'a str,
    /// The paths of the slots.
    pub slots: PerClient<&'a str>,
    /// What to click in the portal to regenerate a secret, one sentence a step; `{label}` stands for the
    /// client's label.
    pub portal: &'a [String],
    /// Whether the store is the embedded one, which has no interface of its own.
    pub embedded: bool,
}

impl<'a> Names<'a> {
    /// The names of a credential as configured.
    pub fn of(credential: &'a Credential) -> Self {
        Self {
            config_file: credential.config_file.as_deref(),
            credential: &credential.name,
            labels: &credential.labels,
            zone: &credential.zone,
            live_pair: credential.live_pair.as_str(),
            id_field: &credential.fields.id,
            secret_field: &credential.fields.secret,
            slots: PerClient { a: credential.state.a.as_str(), b: credential.state.b.as_str() },
            portal: &credential.portal,
            embedded: matches!(credential.store, StoreSettings::File { .. }),
        }
    }

    /// A command about this credential, as it is typed.
    fn command(&self, verb: &str) -> String {
        format!("{} {verb} {}", program(self.config_file), paint::quoted(self.credential))
    }

    /// The same with what follows the name.
    fn command_with(&self, verb: &str, rest: impl Display) -> String {
        format!("{} {rest}", self.command(verb))
    }

    /// `A ("GO API Client A")`; the letter alone where no label is configured.
    fn labelled(&self, client: Client) -> String {
        match self.labels[client].as_str() {
            "" => upper(client).to_owned(),
            label => format!("{} (\"{}\")", upper(client), paint::visible(label)),
        }
    }

    /// `"GO API Client A"`; `client A` where no label is configured.
    fn label(&self, client: Client) -> String {
        match self.labels[client].as_str() {
            "" => format!("client {}", upper(client)),
            label => format!("\"{}\"", paint::visible(label)),
        }
    }
}

/// The beginning of each command, under this configuration file if it is not the usual one.
pub(crate) fn program(config_file: Option<&Path>) -> String {
    match config_file {
        Some(path) => format!("twinkey --config {}", paint::quoted(&path.display().to_string())),
        None => "twinkey".to_owned(),
    }
}

/// A client's name within a sentence, where a lower-case `a` would read as an article.
fn upper(client: Client) -> &'static str {
    match client {
        Client::A => "A",
        Client::B => "B",
    }
}

/// The last four characters of a client id: all of it that is shown.
pub fn last4(client_id: &str) -> &str {
    let from = client_id.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    client_id.get(from..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_its_configuration_where_it_is_not_the_usual_one() {
        let scene = fixture::Scene::ready();
        let usual = scene.names();
        assert_eq!(usual.command("rotate"), "twinkey rotate go-production");
        let names = Names { config_file: Some(Path::new("/home/maria k/t.toml")), ..usual };
        let cancel = names.command_with("cancel", "--spoke-to jon");
        assert_eq!(cancel, "twinkey --config '/home/maria k/t.toml' cancel go-production --spoke-to jon");
    }
}
