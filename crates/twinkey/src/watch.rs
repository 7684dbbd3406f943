//! How Twinkey itself is watched: metrics, health, status by HTTP, a text file for one-shot runs, a ping after each
//! good cycle. All of it only shows; nothing secret is in it.

mod classic;
pub mod http;
pub mod metrics;
pub mod ping;
pub mod textfile;
