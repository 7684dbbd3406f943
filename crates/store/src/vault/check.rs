//! What `check` finds: what our token may do and how long it lives, and how the engine keeps versions. Nothing is
//! written.

use std::time::Duration;

use vaultrs::api::kv2::requests::{ReadConfigurationRequest, ReadSecretMetadataRequest};

use super::VaultStore;
use super::answer::Failed;
use super::endpoints::{Capabilities, Read};
use super::fault::Doing;
use super::settings::VaultLogin;
use super::wire::With;
use crate::{Finding, Place, Severity, StoreError};

/// A token that ends sooner and that nobody renews is a person's business.
const SOON: Duration = Duration::from_secs(24 * 3600);

/// What to do about versions that the server deletes by itself.
const KEEP: &str = "set delete_version_after to 0, there and on the mount, and write the document once more";

/// Fewer versions leave no room to look back, and none to see what was overwritten.
const FEW: u64 = 5;

impl VaultStore {
    pub(super) async fn findings(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        let token = self.token().await?;
        self.engine(&token).await?;
        let mut findings = vec![self.of_the_token().await?];
        findings.extend(self.of_rights(places).await?);
        findings.extend(self.of_the_engine().await);
        for place in places {
            findings.extend(self.of_a_document(place).await);
        }
        Ok(findings)
    }

    async fn of_the_token(&self) -> Result<Finding, StoreError> {
        let itself = self.itself().await?;
        let name = &itself.display_name;
        let address = &self.server.address;
        let lives = Duration::from_secs(itself.ttl);
        let kept = !matches!(self.settings.login, VaultLogin::TokenFile(_));
        if itself.ttl > 0 && lives < SOON && !kept {
            let (hours, minutes) = (lives.as_secs() / 3600, lives.as_secs() / 60 % 60);
            let text = format!(
                "{address}: the token of {name} ends in {hours} h {minutes} min, and Twinkey does not renew it"
            );
            return Ok(finding(Severity::Warning, text, "log in again, or let an agent keep it fresh"));
        }
        if itself.policies.iter().any(|policy| policy == "root") {
            let text = format!("{address}: logged in as {name} with the root policy");
            let remedy = "give Twinkey a token of its own: `twinkey policy vault` prints the least policy";
            return Ok(finding(Severity::Warning, text, remedy));
        }
        Ok(finding(Severity::Note, format!("{address}: logged in as {name}"), ""))
    }

    /// Read and write are asked for without doing either.
    async fn of_rights(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let path = |place: &Place| format!("{}/data/{place}", self.settings.mount);
        let token = self.token().await?;
        let endpoint = Capabilities { paths: places.iter().map(path).collect() };
        let answer = self.wire.send(endpoint, With { token: Some(&token), newest: false }).await;
        let answer = answer.map_err(|failed| failed.error(Doing::Check, &self.server))?.data;
        let capabilities = answer.ok_or_else(|| {
            Failed::Answered(super::answer::Answer::odd()).error(Doing::Check, &self.server)
        })?;
        let mut findings = Vec::new();
        for path in places.iter().map(path) {
            let may = capabilities.get(&path).map(Vec::as_slice).unwrap_or_default();
            let has = |right: &str| may.iter().any(|may| may == right || may == "root");
            let missing: Vec<&str> =
                ["read", "create", "update"].into_iter().filter(|right| !has(right)).collect();
            if !missing.is_empty() {
                let text = format!("our token lacks {} on {path}", missing.join(", "));
                let remedy = "`twinkey policy vault` prints the whole policy";
                findings.push(finding(Severity::Problem, text, remedy));
            }
        }
        if findings.is_empty() {
            let text =
                format!("may read and write {} documents below {}/", places.len(), self.settings.mount);
            findings.push(finding(Severity::Note, text, ""));
        }
        Ok(findings)
    }

    /// The engine's settings, where we may see them: the least policy does not need that.
    async fn of_the_engine(&self) -> Vec<Finding> {
        let Ok(token) = self.token().await else { return Vec::new() };
        let mount = &self.settings.mount;
        let Ok(endpoint) = ReadConfigurationRequest::builder().mount(mount).build() else {
            return Vec::new();
        };
        let answer = self.wire.send(endpoint, With { token: Some(&token), newest: false }).await;
        let Some(config) = answer.ok().and_then(|answer| answer.data) else { return Vec::new() };
        limits(&format!("{mount}/"), config.max_versions, &config.delete_version_after, config.cas_required)
    }

    /// A document that will be deleted says so itself; its other settings are told where we may see them.
    async fn of_a_document(&self, place: &Place) -> Vec<Finding> {
        let Ok(token) = self.token().await else { return Vec::new() };
        let mount = &self.settings.mount;
        let read = Read { mount, path: place.as_str() };
        let found = self.wire.send(read, With { token: Some(&token), newest: false }).await;
        let found = found.ok().and_then(|answer| answer.data).filter(|found| found.data.is_some());
        if let Some(doomed) = found.filter(|found| !found.metadata.deletion_time.is_empty()) {
            let when = &doomed.metadata.deletion_time;
            let text = format!("{mount}/{place} will be deleted by the server on {when}");
            return vec![finding(Severity::Problem, text, KEEP)];
        }
        let endpoint = ReadSecretMetadataRequest::builder().mount(mount).path(place.as_str()).build();
        let Ok(endpoint) = endpoint else { return Vec::new() };
        let answer = self.wire.send(endpoint, With { token: Some(&token), newest: false }).await;
        let Some(metadata) = answer.ok().and_then(|answer| answer.data) else { return Vec::new() };
        let name = format!("{mount}/{place}");
        limits(&name, metadata.max_versions, &metadata.delete_version_after, true)
    }
}

/// `cas_required` matters for others: whoever writes without a condition overwrites what was published.
fn limits(name: &str, max_versions: u64, delete_version_after: &str, cas_required: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !matches!(delete_version_after, "" | "0s") {
        let text = format!("{name} deletes each version after {delete_version_after}: the live pair too");
        findings.push(finding(Severity::Problem, text, KEEP));
    }
    if (1..FEW).contains(&max_versions) {
        let text = format!("{name} keeps only {max_versions} versions");
        findings.push(finding(Severity::Warning, text, "keep at least 5, to see what was overwritten"));
    }
    if !cas_required {
        let text = format!("{name} takes writes without a condition from anybody who may write there");
        let remedy = "cas_required on Twinkey's documents protects them from slips (optional)";
        findings.push(finding(Severity::Note, text, remedy));
    }
    findings
}

fn finding(severity: Severity, text: String, remedy: &str) -> Finding {
    Finding { severity, text, remedy: remedy.into() }
}
