//! What `check` finds: what our token may do and how long it lives, and in `limits` how versions are kept. Nothing
//! is written.

use std::time::Duration;

use super::VaultStore;
use super::answer::Failed;
use super::endpoints::Capabilities;
use super::fault::Doing;
use super::settings::VaultLogin;
use super::wire::With;
use crate::{Finding, Place, Severity, StoreError};

/// A token that ends sooner and that nobody renews is a person's business.
const SOON: Duration = Duration::from_secs(24 * 3600);

impl VaultStore {
    pub(super) async fn findings(&self, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
        let token = self.token().await?;
        self.engine(&token).await?;
        let mut findings = vec![self.of_the_token().await?];
        findings.extend(self.of_rights(places).await?);
        findings.extend(self.of_limits(places).await);
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
}

pub(super) fn finding(severity: Severity, text: String, remedy: &str) -> Finding {
    Finding { severity, text, remedy: remedy.into() }
}
