//! Claims about the whole product, each shown with the real binary.

mod aws_store;
mod bad_input;
mod called;
mod channels;
pub mod counted;
mod cycle;
mod daemon;
mod documents;
mod foreign_hands;
mod handed_over;
mod in_a_browser;
mod in_a_container;
mod killed;
mod lossless;
mod mail;
mod measured;
mod on_aws;
mod on_vault;
mod people;
mod raced;
mod read_by_others;
mod real_token_server;
mod struck;
mod two_hosts;
mod vault_store;
mod watched;
mod wrong_click;
