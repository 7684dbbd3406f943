//! What the documents of many hosts lie on: a kind of store, with one server for all. Each host has a plot of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use twinkey_core::Version;

use super::moto::Moto;
use super::openbao::OpenBao;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The embedded store: its documents lie in the host's folder.
    File,
    /// Vault's KV engine, on a real OpenBao.
    OpenBao,
    /// Secrets Manager, on moto.
    Aws,
}

impl Kind {
    const ALL: [Self; 3] = [Self::File, Self::OpenBao, Self::Aws];

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::OpenBao => "openbao",
            Self::Aws => "aws",
        }
    }
}

/// A kind of store with its server; dropped, the server is ended.
pub struct Ground {
    server: Server,
    plots: AtomicU32,
}

enum Server {
    None,
    OpenBao(OpenBao),
    Aws(Moto),
}

/// The part of the ground that one host has. On OpenBao it is a mount, on AWS a region, so that all documents have the
/// same paths everywhere.
pub type Plot = String;

impl Ground {
    pub async fn start(kind: Kind) -> Arc<Self> {
        let server = match kind {
            Kind::File => Server::None,
            Kind::OpenBao => Server::OpenBao(OpenBao::dev().await),
            Kind::Aws => Server::Aws(Moto::start()),
        };
        Arc::new(Self { server, plots: AtomicU32::new(0) })
    }

    pub fn kind(&self) -> Kind {
        match self.server {
            Server::None => Kind::File,
            Server::OpenBao(_) => Kind::OpenBao,
            Server::Aws(_) => Kind::Aws,
        }
    }

    /// A plot where nothing stands yet.
    pub async fn plot(&self) -> Plot {
        let plot = format!("plot-{:05}", self.plots.fetch_add(1, Ordering::SeqCst));
        if let Server::OpenBao(server) = &self.server {
            server.mounts(&plot).await;
        }
        plot
    }

    /// The configuration's lines that lead to a plot; `None` where the documents lie with the host.
    pub fn config(&self, plot: &Plot) -> Option<String> {
        match &self.server {
            Server::None => None,
            Server::OpenBao(server) => Some(format!("mount = \"{plot}\"\n{}", server.config())),
            Server::Aws(server) => Some(server.config().replace("eu-west-2", plot)),
        }
    }

    /// The server's address; `None` where there is none.
    pub fn address(&self) -> Option<String> {
        match &self.server {
            Server::None => None,
            Server::OpenBao(server) => Some(server.address()),
            Server::Aws(server) => Some(server.url()),
        }
    }

    /// Another plot on which the same stands: as many versions of each document, and what names a version elsewhere
    /// names the same one here.
    pub async fn copied(&self, from: &Plot) -> Plot {
        let to = self.plot().await;
        match &self.server {
            Server::None => {}
            Server::OpenBao(server) => copy(server, from, &to).await,
            Server::Aws(server) => server.copy(from, &to).await,
        }
        to
    }

    /// The how-many-th version of a document this is.
    pub async fn count(&self, plot: &Plot, document: &str, version: &Version) -> u64 {
        let leading = |until| version.as_str().split_once(until).unwrap().0.parse().unwrap();
        match &self.server {
            Server::None => leading('-'),
            Server::OpenBao(_) => leading('@'),
            Server::Aws(server) => server.were_current(plot, document).await,
        }
    }
}

/// OpenBao names a version by its number and the moment at which it was made. The moments are new ones here, so the
/// record, which names versions of the others, comes last.
async fn copy(server: &OpenBao, from: &Plot, to: &Plot) {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let list = Method::from_bytes(b"LIST").unwrap();
        let (_, found) =
            server.asks(list, &format!("{from}/metadata/{folder}"), &server.root, &Value::Null).await;
        for name in found["data"]["keys"].as_array().into_iter().flatten() {
            let path = format!("{folder}{}", name.as_str().unwrap());
            if path.ends_with('/') { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.sort_by_key(|path| path.ends_with("/record"));
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for path in paths {
        let metadata = server.api(Method::GET, &format!("{from}/metadata/{path}"), &Value::Null).await;
        let found = server.api(Method::GET, &format!("{from}/data/{path}"), &Value::Null).await;
        let mut text = found["data"]["data"].to_string();
        for (old, new) in &renamed {
            text = text.replace(old, new);
        }
        let body = json!({ "data": serde_json::from_str::<Value>(&text).unwrap() });
        for number in 1..=metadata["data"]["current_version"].as_u64().unwrap() {
            let written = server.api(Method::POST, &format!("{to}/data/{path}"), &body).await;
            let name = |made: &Value| format!("{number}@{}", made["created_time"].as_str().unwrap());
            // Of versions that are long past only the number is left.
            let old = &metadata["data"]["versions"][number.to_string()];
            if old.is_object() {
                renamed.insert(name(old), name(&written["data"]));
            }
        }
    }
}
