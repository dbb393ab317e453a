//! The configuration that every SDK client starts from.

use crate::connector::Connector;
use crate::{Clock, Error};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use std::time::Duration;

/// How often the SDK tries a call before it gives up.
const ATTEMPTS: u32 = 3;

/// A configuration for an endpoint that takes any credentials: the stage, as its operator or as a role.
pub fn sdk_config(endpoint: &str, access_key: &str, secret: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key, secret, None, None, "greenlight");
    build("us-east-1", Some(endpoint), credentials, &Clock::real(), &http_client())
}

/// The same over another connector and by another clock: the simulation's.
pub fn sdk_config_over(
    http_client: &SharedHttpClient,
    clock: &Clock,
    endpoint: &str,
    access_key: &str,
    secret: &str,
) -> SdkConfig {
    let credentials = Credentials::new(access_key, secret, None, None, "greenlight");
    build("us-east-1", Some(endpoint), credentials, clock, http_client)
}

/// The configuration that the environment of a Lambda function describes: `AWS_REGION`, `AWS_ENDPOINT_URL` and credentials.
/// No file is read and no other source of credentials is asked: each costs a cold start its time.
pub(crate) fn from_environment(region: &str, clock: &Clock) -> Result<SdkConfig, Error> {
    let required = |name: &'static str| {
        std::env::var(name).map_err(|_| Error::Setting {
            name,
            reason: "is not set; Lambda sets it from the function's role".to_owned(),
        })
    };
    let access_key = required("AWS_ACCESS_KEY_ID")?;
    let secret = required("AWS_SECRET_ACCESS_KEY")?;
    let token = std::env::var("AWS_SESSION_TOKEN").ok().filter(|token| !token.is_empty());
    let endpoint = std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty());
    let credentials = Credentials::new(access_key, secret, token, None, "environment");
    Ok(build(region, endpoint.as_deref(), credentials, clock, &http_client()))
}

fn build(
    region: &str,
    endpoint: Option<&str>,
    credentials: Credentials,
    clock: &Clock,
    http_client: &SharedHttpClient,
) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client.clone())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(Duration::from_secs(2)))
        .timeout_config(timeouts())
        .sleep_impl(TokioSleep::new())
        .time_source(clock.clone())
        // an answer's `Date` is the real time, whatever the clock shows
        .disable_clock_skew_correction(clock.is_compressed())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    builder.set_endpoint_url(endpoint.map(str::to_owned));
    builder.build()
}

/// Bounds on real work, beside the connector's own: no call may use up the time in which a verdict has to be reported.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(6))
        .operation_timeout(Duration::from_secs(15))
        .build()
}

/// The one real connector: clients share its connections.
pub fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(Connector::default())
}
