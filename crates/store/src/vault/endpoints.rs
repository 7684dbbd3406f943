//! Endpoints that vaultrs does not have, or has in a form that loses something.

use std::collections::BTreeMap;

use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// Reads the newest version of a document (<https://openbao.org/api-docs/secret/kv/kv-v2/#read-secret-version>).
/// vaultrs reads numbers into floats; here they stay letter for letter.
pub(super) struct Read<'a> {
    pub(super) mount: &'a str,
    pub(super) path: &'a str,
}

/// One version of a document.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) data: Option<Box<RawValue>>,
    pub(super) metadata: VersionMetadata,
}

/// What the server says of a version.
#[derive(Clone, Deserialize)]
pub(super) struct VersionMetadata {
    pub(super) created_time: String,
    #[serde(default)]
    pub(super) deletion_time: String,
    #[serde(default)]
    pub(super) destroyed: bool,
    pub(super) version: u64,
}

/// Writes a new version if the newest one is this (0: none)
/// (<https://openbao.org/api-docs/secret/kv/kv-v2/#create-update-secret>).
pub(super) struct Write<'a> {
    pub(super) mount: &'a str,
    pub(super) path: &'a str,
    pub(super) cas: u64,
    pub(super) data: Zeroizing<String>,
}

/// What our token may do with these paths
/// (<https://openbao.org/api-docs/system/capabilities-self/>).
pub(super) struct Capabilities {
    pub(super) paths: Vec<String>,
}

/// Logs in by the client certificate of the connection (<https://openbao.org/api-docs/auth/cert/>). vaultrs always
/// sends a role, and here the certificate may decide.
pub(super) struct LoginWithCertificate<'a> {
    pub(super) mount: &'a str,
    pub(super) role: Option<&'a str>,
}

/// What kind of engine a path belongs to. Needs no right of its own, only some right below the mount.
pub(super) struct Mount<'a> {
    pub(super) mount: &'a str,
}

/// An engine.
#[derive(Deserialize)]
pub(super) struct MountFound {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) options: Option<BTreeMap<String, String>>,
}

impl Endpoint for Read<'_> {
    type Response = Found;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        format!("{}/data/{}", self.mount, self.path)
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::GET
    }
}

impl Endpoint for Write<'_> {
    type Response = VersionMetadata;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        format!("{}/data/{}", self.mount, self.path)
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::POST
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        let (cas, data) = (self.cas, self.data.as_str());
        Ok(Some(format!("{{\"options\":{{\"cas\":{cas}}},\"data\":{data}}}").into_bytes()))
    }
}

impl Endpoint for Capabilities {
    type Response = BTreeMap<String, Vec<String>>;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        "sys/capabilities-self".to_owned()
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::POST
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        let body = serde_json::to_vec(&serde_json::json!({ "paths": self.paths }));
        body.map(Some).map_err(|error| ClientError::DataParseError { source: error.into() })
    }
}

impl Endpoint for LoginWithCertificate<'_> {
    type Response = ();
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        format!("auth/{}/login", self.mount)
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::POST
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        let body = self.role.map(|role| serde_json::to_vec(&serde_json::json!({ "name": role })));
        body.transpose().map_err(|error| ClientError::DataParseError { source: error.into() })
    }
}

impl Endpoint for Mount<'_> {
    type Response = MountFound;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        format!("sys/internal/ui/mounts/{}", self.mount)
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::GET
    }
}
