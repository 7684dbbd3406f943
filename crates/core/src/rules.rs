//! The rules, one concept a file. Each looks at the case and has a next step, or nothing to say.

pub(crate) mod drain;
pub(crate) mod evidence;
pub(crate) mod health;
pub(crate) mod init;
pub(crate) mod intent;
pub(crate) mod output;
pub(crate) mod permit;
pub(crate) mod place;
pub(crate) mod prove;
pub(crate) mod rescue;
pub(crate) mod resolve;
pub(crate) mod switch;
