//! The SDK's clients, made from the settings at first use.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_secretsmanager::config::StalledStreamProtectionConfig;
use aws_types::origin::Origin;

use super::{AssumeRole, AwsSettings, endpoint};
use crate::{Class, StoreError};

/// Ready clients. Credentials are fetched, kept and renewed by the SDK below them.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) secrets: aws_sdk_secretsmanager::Client,
    pub(super) sts: aws_sdk_sts::Client,
}

impl Clients {
    /// Reads the shared files and, where no region is given, looks for one. Sends nothing to AWS.
    pub(super) async fn make(settings: &AwsSettings) -> Result<Self, StoreError> {
        let sdk = load(settings).await;
        // Secrets travel inside TLS only, except on this very host.
        endpoint::check(settings, &sdk)?;
        let sdk = with_credentials(settings, sdk)?;
        let mut sts_config = sdk.to_builder();
        if let Some(url) = &settings.sts_endpoint {
            // Without this a variable would go before it.
            sts_config.insert_origin("endpoint_url", Origin::shared_config());
            sts_config.set_endpoint_url(Some(url.to_string()));
        }
        let sts_config = sts_config.build();
        let (sdk, sts_config) = match &settings.assume_role {
            None => (sdk, sts_config),
            Some(role) => {
                let taken_on = take_on(role, &sts_config).await;
                (
                    sdk.into_builder().credentials_provider(taken_on.clone()).build(),
                    sts_config.into_builder().credentials_provider(taken_on).build(),
                )
            }
        };
        // The address is set for the one service that it belongs to: on `sdk` it would be everybody's.
        let mut secrets = aws_sdk_secretsmanager::config::Builder::from(&sdk);
        if let Some(url) = &settings.endpoint {
            secrets = secrets.endpoint_url(url.as_str());
        }
        Ok(Self {
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
            sts: aws_sdk_sts::Client::new(&sts_config),
        })
    }
}

async fn load(settings: &AwsSettings) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(settings.connect_timeout)
        .operation_timeout(settings.timeout)
        .build();
    // Pinned: what a newer one changes (retries, timeouts, proxies) is to be read before it is taken.
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        // A run never retries: the wake-up does.
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        // Answers are small and `operation_timeout` bounds the whole request: a second watch over the speed
        // of a stream could only end one early.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(files) = files(settings) {
        loader = loader.profile_files(files);
    }
    loader.load().await
}

/// The shared files, where they are not the usual ones.
fn files(settings: &AwsSettings) -> Option<EnvConfigFiles> {
    settings.credentials_file.as_ref().map(|path| {
        EnvConfigFiles::builder()
            .include_default_config_file(true)
            .with_file(EnvConfigFileKind::Credentials, path)
            .build()
    })
}

fn with_credentials(settings: &AwsSettings, sdk: SdkConfig) -> Result<SdkConfig, StoreError> {
    let Some(region) = sdk.region().cloned() else {
        return Err(StoreError::Server {
            text: "no AWS region is known".into(),
            remedy: "set `region` of the store, AWS_REGION, or `region` in the AWS profile".into(),
            class: Class::Permanent,
        });
    };
    if settings.profile.is_none() && settings.credentials_file.is_none() {
        return Ok(sdk);
    }
    // The default chain asks the environment before any profile, so keys that happen to stand there would
    // write under another name than the one that was configured.
    let mut provider = ProfileFileCredentialsProvider::builder()
        .configure(&ProviderConfig::without_region().with_region(Some(region)));
    if let Some(profile) = &settings.profile {
        provider = provider.profile_name(profile);
    }
    if let Some(files) = files(settings) {
        provider = provider.profile_files(files);
    }
    let provider = SharedCredentialsProvider::new(provider.build());
    Ok(sdk.into_builder().credentials_provider(provider).build())
}

async fn take_on(role: &AssumeRole, sts_config: &SdkConfig) -> SharedCredentialsProvider {
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .session_name(role.session_name.as_deref().unwrap_or("twinkey"))
        .configure(sts_config);
    if let Some(external_id) = &role.external_id {
        provider = provider.external_id(external_id);
    }
    SharedCredentialsProvider::new(provider.build().await)
}
