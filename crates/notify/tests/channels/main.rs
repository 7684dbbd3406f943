//! Each channel against a receiver that checks the vendor's documented format, takes, refuses, hangs and closes.

#![expect(clippy::unwrap_used, reason = "a test may stop")]
#![expect(clippy::disallowed_methods, reason = "whoever verifies a signature reads the clock")]

mod exec;
mod harness;
mod over_tls;
mod pagerduty;
mod refusals;
mod slack_and_teams;
mod webhook;
