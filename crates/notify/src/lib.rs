//! The channels on which Twinkey calls people.
//!
//! A [`Notice`] is what a person is to read; a [`Channel`] delivers one. [`Mail`] speaks SMTP, [`Webhook`] posts a
//! signed JSON document (Standard Webhooks), [`Slack`] and [`Teams`] post in the bodies of those two, [`PagerDuty`]
//! opens and closes alerts (Events API v2), [`Exec`] runs a program.
//!
//! A delivery never retries: whoever keeps the ledger does, and [`Undelivered`] says when and whether that can help.
//! Every delivery has a time limit, no redirect is followed, no ambient proxy is used unless asked for, and no more
//! than a few KiB of any answer are read. The address of a webhook is a secret: no error and no `Debug` shows it.

mod channel;
mod clean;
mod document;
mod exec;
mod fault;
mod mail;
mod notice;
mod pagerduty;
mod post;
mod settings;
mod signature;
mod slack;
mod teams;
mod webhook;

pub use channel::{Channel, Class, Delivered, Undelivered};
pub use exec::Exec;
pub use fault::Fault;
pub use mail::{Mail, MailSettings, MailTls, is_mail_address};
pub use notice::{Event, Notice};
pub use pagerduty::PagerDuty;
pub use settings::SettingsError;
pub use signature::SigningKey;
pub use slack::Slack;
pub use teams::Teams;
pub use twinkey_http::{Proxy, Trust, Way, WayError};
pub use webhook::Webhook;
