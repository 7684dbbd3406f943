//! The store's self-check: what AWS says about each secret. It writes nothing.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::primitives::DateTimeFormat;
use aws_sdk_secretsmanager::types::StatusType;

use super::client::Clients;
use super::fault::Doing;
use super::labels::{AWS_PENDING, CURRENT};
use super::read;
use super::trouble::Trouble;
use crate::{Class, Finding, Place, Severity, StoreError};

pub(super) async fn check(clients: &Clients, places: &[Place]) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    for place in places {
        findings.extend(name(place));
        look(clients, place, &mut findings).await?;
    }
    if !places.is_empty() {
        // A simulation of the policies (`iam:SimulatePrincipalPolicy`) would need a right of its own, and knows
        // neither the organisation's policies nor the key's.
        findings.push(finding(
            Severity::Note,
            "whether AWS lets us write was not tried: it cannot be asked without writing".into(),
            "`twinkey policy aws` prints the policy that it takes; the first write shows it, and a write that is \
             refused changes nothing"
                .into(),
        ));
    }
    findings.sort_by_key(|finding| finding.severity);
    Ok(findings)
}

async fn look(clients: &Clients, place: &Place, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let doing = Doing {
        what: "looking at",
        action: "secretsmanager:DescribeSecret",
        place: place.as_str(),
        carries_secret: false,
    };
    match clients.secrets.describe_secret().secret_id(place.as_str()).send().await {
        Ok(secret) => describe(place, &secret, findings),
        Err(error) => match Trouble::of(&error) {
            trouble if trouble.code() == "ResourceNotFoundException" => {
                findings.push(finding(
                    Severity::Note,
                    format!("there is no secret {place} yet"),
                    "nothing to do: it will be created when it is first needed".into(),
                ));
                return Ok(());
            }
            trouble => {
                let error = doing.failed(trouble);
                if error.class() != Class::Permission {
                    return Err(error);
                }
                // The work goes on without it; this check is blind, and so is the drain.
                let text = format!("{error}; until then a drain does not wait for replicas");
                findings.push(finding(Severity::Warning, text, error.remedy()));
            }
        },
    }
    // Describing is another right than reading, and does not open the secret with its key.
    match read::current(clients, place).await {
        Ok(_) => Ok(()),
        Err(error) if error.class() == Class::Temporary => Err(error),
        Err(error) => {
            findings.push(finding(Severity::Problem, error.to_string(), error.remedy()));
            Ok(())
        }
    }
}

fn describe(place: &Place, secret: &DescribeSecretOutput, findings: &mut Vec<Finding>) {
    let mut add =
        |severity, text: String, remedy: &str| findings.push(finding(severity, text, remedy.into()));
    if let Some(date) = secret.deleted_date() {
        let since = date.fmt(DateTimeFormat::DateTime).unwrap_or_default();
        add(
            Severity::Problem,
            format!("the secret {place} is scheduled for deletion since {since}"),
            &format!("if it is still needed, run `aws secretsmanager restore-secret --secret-id {place}`"),
        );
    }
    if secret.rotation_enabled() == Some(true) {
        add(
            Severity::Warning,
            format!(
                "AWS rotates the secret {place} itself: two who rotate take each other's work for a foreign edit"
            ),
            &format!("switch it off with `aws secretsmanager cancel-rotate-secret --secret-id {place}`"),
        );
    }
    if let Some(service) = secret.owning_service() {
        add(
            Severity::Warning,
            format!("the secret {place} is managed by the AWS service {service}, which may allow no writes"),
            "give Twinkey a secret of its own",
        );
    }
    if let Some(pending) = stray_pending(secret) {
        add(
            Severity::Warning,
            format!(
                "a native rotation of {place} has left the label {AWS_PENDING} on version {pending}; it is left alone"
            ),
            "nothing to do for Twinkey. Native rotation does not start while it is there; take it off if that is wanted",
        );
    }
    for replica in secret.replication_status() {
        let region = replica.region().unwrap_or("a region without a name");
        match replica.status() {
            Some(StatusType::InProgress) => add(
                Severity::Note,
                format!(
                    "the replication of {place} to {region} is under way: consumers there may read the old pair"
                ),
                "regenerate nothing before it is in sync: `check` then says nothing of it",
            ),
            Some(StatusType::Failed) => add(
                Severity::Problem,
                format!(
                    "the replication of {place} to {region} has failed: consumers there keep the old pair"
                ),
                "regenerate nothing before it is in sync: look at the reason in AWS's console and repair it",
            ),
            _ => {}
        }
    }
    if let Some(primary) = secret.primary_region()
        && let Some(arn) = secret.arn()
        && arn.split(':').nth(3).is_some_and(|here| here != primary)
    {
        add(
            Severity::Problem,
            format!("the secret {place} is a replica here; its primary region is {primary}"),
            &format!("set `region` of the store to {primary}: replicas take no writes"),
        );
    }
}

/// The version on which a native rotation stands still, or is just at work.
fn stray_pending(secret: &DescribeSecretOutput) -> Option<&str> {
    let has = |labels: &[String], label: &str| labels.iter().any(|found| found == label);
    let mut versions = secret.version_ids_to_stages()?.iter();
    let stray = versions.find(|(_, labels)| has(labels, AWS_PENDING) && !has(labels, CURRENT))?;
    Some(stray.0)
}

/// AWS's rules for names: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>.
fn name(place: &Place) -> Option<Finding> {
    let name = place.as_str();
    let fine = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if let Some(found) = name.chars().find(|c| !fine(*c)).filter(|_| !name.starts_with("arn:")) {
        return Some(finding(
            Severity::Problem,
            format!("AWS allows no {found:?} in the name of a secret: {place}"),
            "use letters, digits and /_+=.@- only".into(),
        ));
    }
    // AWS takes a hyphen and six characters at the end for its own suffix when it looks for a secret.
    let suffix = name.rsplit_once('-').map(|(_, suffix)| suffix)?;
    (suffix.len() == 6 && !name.starts_with("arn:")).then(|| {
        finding(
            Severity::Warning,
            format!("the name {place} ends in a hyphen and six characters, as AWS's own suffixes do"),
            "AWS advises against it, because it may find another secret; choose another name".into(),
        )
    })
}

fn finding(severity: Severity, text: String, remedy: String) -> Finding {
    Finding { severity, text, remedy }
}

#[cfg(test)]
mod tests;
