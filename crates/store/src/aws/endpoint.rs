//! Where requests go: the address that the configuration gives, or that the SDK finds by itself.
//!
//! Variables (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL_STS`) and `endpoint_url` of a
//! profile lead elsewhere (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>). One that was
//! left over from a test must not send a secret in the clear.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use url::{Host, Url};

use super::AwsSettings;
use crate::{Class, StoreError};

/// Refuses what is neither TLS nor this very host.
pub(super) fn check(settings: &AwsSettings, sdk: &SdkConfig) -> Result<(), StoreError> {
    for url in [&settings.endpoint, &settings.sts_endpoint].into_iter().flatten() {
        if !encrypted(url) {
            return Err(StoreError::Server {
                text: format!("the endpoint of AWS must be https, and {} was given", url.scheme()),
                remedy: "write the endpoint with https; http is for test servers on loopback".into(),
                class: Class::Permanent,
            });
        }
    }
    if settings.endpoint.is_none() {
        found_encrypted(sdk, "Secrets Manager", "endpoint")?;
    }
    // Whatever the configuration says: a profile that takes on a role asks STS by itself.
    found_encrypted(sdk, "STS", "sts-endpoint")
}

/// What the environment and the profile say of this service, as its client will ask for it.
fn found_encrypted(sdk: &SdkConfig, service: &str, key: &str) -> Result<(), StoreError> {
    let asked =
        ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = asked.build().ok().and_then(|asked| sdk.service_config()?.load_config(asked));
    let Some(found) = own.or_else(|| sdk.endpoint_url().map(str::to_owned)) else { return Ok(()) };
    let url = Url::parse(&found).ok();
    if url.as_ref().is_some_and(encrypted) {
        return Ok(());
    }
    // An address may hold a password, so only its origin is shown.
    let origin = url.map_or_else(|| "what is no address".into(), |url| url.origin().ascii_serialization());
    let variable = service.to_uppercase().replace(' ', "_");
    Err(StoreError::Server {
        text: format!(
            "the environment or the AWS profile sends requests to {service} to {origin}, and not by https"
        ),
        remedy: format!(
            "remove AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_{variable} and `endpoint_url` of the AWS profile; an address \
             of your own is `{key}` of the store, with https"
        ),
        class: Class::Permanent,
    })
}

fn encrypted(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && loopback
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::client::Clients;
    use super::*;

    /// A profile with this line.
    fn profile(line: &str) -> (tempfile::NamedTempFile, AwsSettings) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "[default]\naws_access_key_id = a\naws_secret_access_key = b\n{line}").unwrap();
        let (region, path) = (Some("eu-west-2".into()), Some(file.path().into()));
        (file, AwsSettings { region, credentials_file: path, ..AwsSettings::default() })
    }

    async fn with(line: &str, endpoint: Option<&str>) -> Result<Clients, StoreError> {
        let (_file, settings) = profile(line);
        let endpoint = endpoint.map(|url| url.parse().unwrap());
        Clients::make(&AwsSettings { endpoint, ..settings }).await
    }

    #[tokio::test]
    async fn an_address_that_the_profile_gives_must_be_encrypted_too() {
        for fine in ["", "endpoint_url = https://vpce.example", "endpoint_url = http://127.0.0.1:5000"] {
            assert!(with(fine, None).await.is_ok(), "{fine}");
        }
        for (line, shown) in [
            ("endpoint_url = http://u:canary@192.0.2.1:4566/x", "http://192.0.2.1:4566"),
            ("endpoint_url = canary", "what is no address"),
        ] {
            let error = with(line, None).await.unwrap_err();
            let told = format!("{error} {}", error.remedy());
            assert_eq!(error.class(), Class::Permanent);
            assert!(told.contains(shown) && told.contains("`endpoint` of the store"), "{told}");
            assert!(!format!("{told} {error:?}").contains("canary"), "{told}");
            // STS would still be asked there.
            let error = with(line, Some("https://vpce.example")).await.unwrap_err();
            assert!(error.remedy().contains("AWS_ENDPOINT_URL_STS"), "{error}");
        }
        let open = with("", Some("http://192.0.2.1/")).await.unwrap_err();
        assert!(open.to_string().contains("must be https"), "{open}");
    }

    #[tokio::test]
    async fn the_configured_address_of_sts_goes_before_the_profiles() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (_file, settings) = profile("endpoint_url = http://127.0.0.1:9");
        let settings = AwsSettings { sts_endpoint: Some(url.parse().unwrap()), ..settings };
        let clients = Clients::make(&settings).await.unwrap();
        tokio::select! {
            asked = listener.accept() => assert!(asked.is_ok()),
            answer = super::super::who::who(&clients) => panic!("another was asked: {answer:?}"),
        }
    }
}
