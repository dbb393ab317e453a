//! AWS as the person at the keyboard reaches it: the account, region and credentials that their environment and profile name, or
//! the stage if `AWS_ENDPOINT_URL` says so.

use crate::Error;
use crate::which::Service;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_ecs::config::ProvideCredentials as _;
use aws_sdk_ecs::error::DisplayErrorContext;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::deployment_group::{self, DeploymentGroup};
use greenlight_aws::service_deployments::{self, Listed};
use greenlight_aws::{Clock, Env, Settings, retry, service};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How long a call may be throttled before it counts as failed.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

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

/// Makes a call, again and again for a while if AWS has no time.
pub(crate) async fn calmly<T>(
    env: &Env,
    call: impl AsyncFnMut() -> Result<T, greenlight_aws::Error>,
) -> Result<T, greenlight_aws::Error> {
    let until = env.clock.now().checked_add(PATIENCE).unwrap_or(Timestamp::MAX);
    retry::until(env, until, call).await
}

/// Reads a deployment group. One that is not there is a mistake of whoever named it.
pub(crate) async fn deployment_group(env: &Env, application: &str, group: &str) -> Result<DeploymentGroup, Error> {
    calmly(env, async || deployment_group::named(env, application, group).await).await.map_err(|error| {
        if !is_unknown_to_codedeploy(&error) {
            return error.into();
        }
        Error::usage(
            format!("there is no deployment group {application}/{group} in {}", env.settings.region),
            "correct `application` and `deployment-group` in the plan, --application and --deployment-group, or AWS_REGION",
        )
    })
}

/// Reads a deployment of `CodeDeploy`. One that is not there is a mistake of whoever named it.
pub(crate) async fn deployment(env: &Env, id: &str) -> Result<Deployment, Error> {
    calmly(env, async || deployment::get(env, id).await).await.map_err(|error| {
        if !is_unknown_to_codedeploy(&error) {
            return error.into();
        }
        Error::usage(
            format!("there is no deployment {id} in {}", env.settings.region),
            "correct the id, or AWS_REGION; aws deploy list-deployments shows them",
        )
    })
}

/// Reads a service. One that is not there is a mistake of whoever named it.
pub(crate) async fn service(env: &Env, of: &Service) -> Result<greenlight_aws::service::Service, Error> {
    let read = calmly(env, async || service::read(env, &of.cluster, &of.name).await).await;
    read.map_err(|error| no_service(env, of, error))
}

/// The newest deployments of a service that ECS deploys, the newest first. A service that is not there is a mistake of whoever named
/// it.
pub(crate) async fn service_deployments(env: &Env, of: &Service) -> Result<Vec<Listed>, Error> {
    let listed = calmly(env, async || service_deployments::list(env, &of.cluster, &of.name).await).await;
    listed.map_err(|error| no_service(env, of, error))
}

/// What a call says of a service deployment. One that is not there is a mistake of whoever named it.
pub(crate) async fn service_deployment<T>(
    env: &Env,
    arn: &str,
    call: impl AsyncFnMut() -> Result<Option<T>, greenlight_aws::Error>,
) -> Result<T, Error> {
    let found = match calmly(env, call).await {
        // an ARN of another account or region
        Err(error) if code(&error) == Some("InvalidParameterException") => None,
        answer => answer?,
    };
    found.ok_or_else(|| {
        Error::usage(
            format!("there is no service deployment {arn} in {}", env.settings.region),
            "correct the ARN, or AWS_REGION; aws ecs list-service-deployments shows them",
        )
    })
}

fn no_service(env: &Env, of: &Service, error: greenlight_aws::Error) -> Error {
    let is_unknown = matches!(error, greenlight_aws::Error::Unfit(_))
        || matches!(code(&error), Some("ClusterNotFoundException" | "ServiceNotFoundException"));
    if !is_unknown {
        return error.into();
    }
    Error::usage(
        format!("there is no service {of} in {}", env.settings.region),
        "correct `cluster` and `service` in the plan, or AWS_REGION",
    )
}

fn is_unknown_to_codedeploy(error: &greenlight_aws::Error) -> bool {
    code(error).is_some_and(|code| code.ends_with("DoesNotExistException") || code.starts_with("Invalid"))
}

fn code(error: &greenlight_aws::Error) -> Option<&str> {
    error.fault().and_then(|fault| fault.code.as_deref())
}
