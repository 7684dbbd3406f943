//! What stories stand on: real servers, a host of their own, the real binary.

pub mod authlib;
pub mod book;
pub mod browser;
pub mod consumer;
pub mod daemon;
pub mod ground;
pub mod host;
pub mod line;
pub mod moto;
pub mod openbao;
pub mod provider;
pub mod smtp;
pub mod tool;
pub mod traffic;
