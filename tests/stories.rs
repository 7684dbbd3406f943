//! Claims about the whole product, each shown with the real binary.

mod aws_store;
mod bad_input;
mod cycle;
mod documents;
mod foreign_hands;
mod killed;
mod people;
mod real_token_server;
mod wrong_click;
