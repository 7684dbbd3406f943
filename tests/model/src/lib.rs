//! Twinkey's protocol, explored exhaustively on the functions that run in production.

pub mod ablation;
pub mod action;
pub mod answers;
pub mod begin;
pub mod blank;
pub mod book;
pub mod explore;
pub mod happen;
pub mod law;
pub mod lockstep;
pub mod model;
pub mod normal;
pub mod outage;
pub mod portal;
pub mod run;
pub mod setting;
pub mod store;
pub mod story;
pub mod time;
pub mod variants;
pub mod walk;
pub mod way_out;
pub mod witness;
pub mod world;
