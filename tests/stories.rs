//! Claims about the whole product, each shown with the real binary.

mod bad_input;
mod cycle;
mod documents;
mod foreign_hands;
mod killed;
mod people;
mod wrong_click;
