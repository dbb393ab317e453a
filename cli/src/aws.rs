//! AWS as the person at the keyboard reaches it: the account, region and credentials that their environment and profile name, or
//! the stage if `AWS_ENDPOINT_URL` says so.

use crate::Error;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_ecs::config::ProvideCredentials as _;
use aws_sdk_ecs::error::DisplayErrorContext;
use greenlight_aws::deployment_group::{self, DeploymentGroup};
use greenlight_aws::{Clock, Env, Settings};
use std::collections::BTreeMap;

/// What calls are made with. The clock is the system's, or that of a compressed stage.
///
/// # Errors
/// [`Error::NoRegion`] and [`Error::NoCredentials`], before anything is called.
pub(crate) async fn env() -> Result<Env, Error> {
    let clock = Clock::from_environment()?;
    let sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(greenlight_aws::http_client());
    let sdk = sdk.load().await;
    let region = sdk.region().map(Region::to_string).ok_or(Error::NoRegion)?;
    let credentials = sdk.credentials_provider().ok_or_else(|| Error::NoCredentials { reason: "none".to_owned() })?;
    if let Err(error) = credentials.provide_credentials().await {
        let reason = DisplayErrorContext(&error).to_string();
        return Err(Error::NoCredentials { reason: reason.lines().map(str::trim).collect::<Vec<_>>().join(" ") });
    }
    let settings = Settings::from_map(&BTreeMap::from([("AWS_REGION".to_owned(), region)]))?;
    Ok(Env::new(sdk, clock, settings))
}

/// Reads a deployment group. One that is not there is a mistake of whoever named it.
pub(crate) async fn deployment_group(env: &Env, application: &str, group: &str) -> Result<DeploymentGroup, Error> {
    deployment_group::named(env, application, group).await.map_err(|error| {
        let is_missing = |code: &str| code.ends_with("DoesNotExistException") || code.starts_with("Invalid");
        if !error.fault().and_then(|fault| fault.code.as_deref()).is_some_and(is_missing) {
            return error.into();
        }
        Error::Usage {
            problem: format!("there is no deployment group {application}/{group} in {}", env.settings.region),
            remedy: "correct `application` and `deployment-group` in the plan, --application and --deployment-group, or AWS_REGION"
                .to_owned(),
        }
    })
}
