//! Each channel against a receiver that checks the vendor's documented format, takes, refuses, hangs and closes.
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no users")]
#![allow(clippy::disallowed_methods, reason = "the verifier of signatures reads the clock")]

mod channels {
    mod exec;
    mod harness;
    mod over_tls;
    mod pagerduty;
    mod refusals;
    mod slack_and_teams;
    mod webhook;
}
