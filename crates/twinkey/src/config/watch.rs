//! `[watch]`: how Twinkey itself is watched.

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::SignedDuration;

use super::reader::Reader;
use super::{SecretRef, keys, parse_duration};
use crate::watch::http::Listen;

/// How Twinkey itself is watched.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Where the service listens.
    pub listen: Listen,
    /// The file for node_exporter.
    pub textfile: Option<PathBuf>,
    /// The address that is asked after each good run.
    pub ping: Option<SecretRef>,
    /// How old the last good run may be.
    pub late_after: SignedDuration,
}

pub(super) fn default() -> Watch {
    Watch {
        listen: listen_at(keys::LISTEN).unwrap_or(Listen::Off),
        textfile: None,
        ping: None,
        late_after: late(),
    }
}

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Watch {
    let textfile = reader.absolute_path("textfile");
    if textfile.as_ref().is_some_and(|path| path.extension().is_none_or(|end| end != "prom")) {
        let remedy = "node_exporter reads only files whose name ends with .prom";
        reader.problem(reader.at("textfile"), "textfile", "has another ending", remedy);
    }
    Watch {
        listen: listen(reader),
        textfile,
        ping: reader.secret("ping"),
        late_after: reader.duration_in("late-after", "1m", "4w").unwrap_or_else(late),
    }
}

fn listen(reader: &mut Reader<'_, '_>) -> Listen {
    let Some(found) = reader.text("listen") else { return default().listen };
    listen_at(&found.value).unwrap_or_else(|| {
        let remedy = "write it like 127.0.0.1:9747, unix:/run/twinkey/watch.sock, or off";
        reader.problem(found.span, "listen", "is no address to listen on", remedy);
        Listen::Off
    })
}

fn listen_at(text: &str) -> Option<Listen> {
    if text == "off" {
        return Some(Listen::Off);
    }
    match text.strip_prefix("unix:") {
        Some(path) => path.starts_with('/').then(|| Listen::Unix(PathBuf::from(path))),
        None => text.parse::<SocketAddr>().ok().map(Listen::Tcp),
    }
}

fn late() -> SignedDuration {
    parse_duration(keys::LATE_AFTER).unwrap_or(SignedDuration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_to_listen_on() {
        assert_eq!(listen_at("off"), Some(Listen::Off));
        assert_eq!(listen_at("unix:/run/t.sock"), Some(Listen::Unix(PathBuf::from("/run/t.sock"))));
        assert_eq!(listen_at("[::1]:9747"), Some(Listen::Tcp("[::1]:9747".parse().unwrap())));
        for wrong in ["", "on", "9747", "localhost:9747", "unix:relative", "unix:", "127.0.0.1"] {
            assert_eq!(listen_at(wrong), None, "{wrong}");
        }
    }
}
