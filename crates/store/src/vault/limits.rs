//! How versions are kept, by the engine and of each document, where our token may see that: the least policy does
//! not need it.

use rustify::endpoint::Endpoint;
use vaultrs::api::kv2::requests::{ReadConfigurationRequest, ReadSecretMetadataRequest};

use super::VaultStore;
use super::answer::Failed;
use super::check::finding;
use super::endpoints::Read;
use super::wire::With;
use crate::{Finding, Place, Severity};

/// What to do about versions that the server deletes by itself.
const KEEP: &str = "set delete_version_after to 0, there and on the mount, and write the document once more";

/// Fewer versions leave no room to look back, and none to see what was overwritten.
const FEW: u64 = 5;

/// Settings that were asked for.
enum Seen<T> {
    Here(T),
    /// Our token may not see them.
    Hidden,
    /// There are none, or no answer came: other findings tell.
    Not,
}

impl VaultStore {
    pub(super) async fn of_limits(&self, places: &[Place]) -> Vec<Finding> {
        let mount = &self.settings.mount;
        let (mut findings, mut hidden) = (Vec::new(), Vec::new());
        match self.settings_of(ReadConfigurationRequest::builder().mount(mount).build().ok()).await {
            Seen::Here(config) => findings.extend(limits(
                &format!("{mount}/"),
                config.max_versions,
                &config.delete_version_after,
                config.cas_required,
            )),
            Seen::Hidden => hidden.push(format!("{mount}/config")),
            Seen::Not => {}
        }
        for place in places {
            if let Some(doomed) = self.of_a_doomed(place).await {
                findings.push(doomed);
                continue;
            }
            let endpoint = ReadSecretMetadataRequest::builder().mount(mount).path(place.as_str()).build();
            match self.settings_of(endpoint.ok()).await {
                Seen::Here(metadata) => {
                    let name = format!("{mount}/{place}");
                    findings.extend(limits(
                        &name,
                        metadata.max_versions,
                        &metadata.delete_version_after,
                        true,
                    ));
                }
                Seen::Hidden => hidden.push(format!("{mount}/metadata/{place}")),
                Seen::Not => {}
            }
        }
        findings.extend(unseen(mount, &hidden));
        findings
    }

    async fn settings_of<E: Endpoint>(&self, endpoint: Option<E>) -> Seen<E::Response> {
        let (Some(endpoint), Ok(token)) = (endpoint, self.token().await) else { return Seen::Not };
        match self.wire.send(endpoint, With { token: Some(&token), newest: false }).await {
            Ok(answer) => answer.data.map_or(Seen::Not, Seen::Here),
            Err(Failed::Answered(answer)) if answer.is_denied() => Seen::Hidden,
            Err(_) => Seen::Not,
        }
    }

    /// A document that will be deleted says so itself, to everybody who may read it.
    async fn of_a_doomed(&self, place: &Place) -> Option<Finding> {
        let (mount, token) = (&self.settings.mount, self.token().await.ok()?);
        let read = Read { mount, path: place.as_str() };
        let found = self.wire.send(read, With { token: Some(&token), newest: false }).await;
        let found = found.ok()?.data.filter(|found| found.data.is_some())?;
        let when = &found.metadata.deletion_time;
        (!when.is_empty()).then(|| {
            let text = format!("{mount}/{place} will be deleted by the server on {when}");
            finding(Severity::Problem, text, KEEP)
        })
    }
}

/// Silence would look like "all is well".
fn unseen(mount: &str, hidden: &[String]) -> Option<Finding> {
    let engine = hidden.first()? == &format!("{mount}/config");
    let what = match (engine, hidden.len()) {
        (true, 1) => format!("the engine {mount}/"),
        (true, _) => format!("the engine {mount}/ and of documents there"),
        (false, _) => format!("documents below {mount}/"),
    };
    let text = format!(
        "cannot see the settings of {what}: delete_version_after, max_versions and cas_required were not looked at"
    );
    let remedy = format!(
        "our token needs read on {}; or whoever administers the server looks: delete_version_after must be 0",
        hidden.join(", ")
    );
    Some(finding(Severity::Note, text, &remedy))
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
