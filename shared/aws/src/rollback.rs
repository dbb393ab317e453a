//! The two ways to take a release back, each as a call and as the command that does the same, and what is read before one is chosen.

use crate::deployment::{self, Deployment};
use crate::{Env, Error, classify};
use aws_sdk_codedeploy::config::retry::RetryConfig;
use aws_sdk_codedeploy::types::{
    AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, RevisionLocation, RevisionLocationType, StopStatus,
};
use greenlight_domain::appspec::AppSpec;
use greenlight_domain::rollback::{self, Kind, Status};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

/// All traffic in one step: what serves now is bad.
const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

/// How far back a good revision is looked for, in days, when what was read so far has none. A group that is looked at that far
/// back is one that is rarely deployed.
pub const FURTHER_BACK: [i64; 2] = [30, 400];

/// A deployment as decisions see it.
pub fn known(deployment: &Deployment) -> rollback::Deployment {
    let kind = match rollback::rolls_back(&deployment.description) {
        _ if deployment.is_rollback => Kind::CodeDeployRollback { of: deployment.undoes.clone().unwrap_or_default() },
        Some(of) => Kind::Rollback { of: of.to_owned() },
        None => Kind::Release,
    };
    rollback::Deployment {
        id: deployment.id.clone(),
        created: deployment.created_at.unwrap_or(Timestamp::MIN),
        completed: deployment.completed_at,
        status: Status::read(&deployment.status),
        kind,
        revision: deployment.revision_key(),
    }
}

/// Reads the deployments of a group that were created in so many days before now, and before `since`, behind those that were read
/// already; how far back they reach now.
pub async fn read_further(
    env: &Env,
    (application, group): (&str, &str),
    days: i64,
    since: Option<Timestamp>,
    deployments: &mut Vec<Deployment>,
) -> Result<Timestamp, Error> {
    let further = env.clock.now().checked_sub((days * 24).hours()).unwrap_or(Timestamp::MIN);
    let further = since.map_or(further, |since| further.min(since));
    let found = deployment::of_group(env, application, group, further, since).await?;
    // one that was created at that very moment was read already
    let new = |one: &Deployment| !deployments.iter().any(|known| known.id == one.id);
    let found: Vec<Deployment> = found.into_iter().filter(new).collect();
    deployments.extend(found);
    Ok(further)
}

/// Stops a deployment that is in progress; `CodeDeploy` rolls it back, whatever its group is set to.
///
/// # Errors
/// [`Error::is_already_done`] if the deployment is over.
pub async fn stop(env: &Env, deployment: &str) -> Result<(), Error> {
    if call_stop(env, deployment).await? == Some(StopStatus::Pending) {
        // a hook or the installation may run on for a while; who asks again does not wait for it
        match call_stop(env, deployment).await {
            Err(error) if !error.is_already_done() => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

async fn call_stop(env: &Env, deployment: &str) -> Result<Option<StopStatus>, Error> {
    let request = env.codedeploy().stop_deployment().deployment_id(deployment).auto_rollback_enabled(true);
    let answer = request.send().await;
    let answer = answer.map_err(|error| classify("codedeploy:StopDeployment", deployment, &error))?;
    Ok(answer.status().cloned())
}

/// The command that stops it.
pub fn stop_command(deployment: &str) -> String {
    format!("aws deploy stop-deployment --deployment-id {deployment} --auto-rollback-enabled")
}

/// A deployment that brings an earlier revision back: all at once, with alarms and automatic rollback off for itself. The alarm that
/// it answers is active still, and would stop it; and a rollback is never rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeployment {
    /// The application.
    pub application: String,
    /// The deployment group.
    pub deployment_group: String,
    /// What it says about itself.
    pub description: String,
    content: String,
}

impl Redeployment {
    /// Of the revision with this `AppSpec`, which asks the hooks that it names.
    pub fn new(application: &str, deployment_group: &str, description: String, appspec: &AppSpec) -> Self {
        let content = appspec.to_json().to_string();
        let (application, deployment_group) = (application.to_owned(), deployment_group.to_owned());
        Self { application, deployment_group, description, content }
    }

    /// Creates it; its id. The call is made once: whoever repeats it looks first whether it was done.
    ///
    /// # Errors
    /// [`Error::is_overtaken`] if the group has another deployment in progress.
    pub async fn create(&self, env: &Env) -> Result<String, Error> {
        let content = AppSpecContent::builder().content(&self.content).build();
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(content)
            .build();
        let request = env
            .codedeploy()
            .create_deployment()
            .application_name(&self.application)
            .deployment_group_name(&self.deployment_group)
            .deployment_config_name(ALL_AT_ONCE)
            .description(&self.description)
            .revision(revision)
            .auto_rollback_configuration(AutoRollbackConfiguration::builder().enabled(false).build())
            .override_alarm_configuration(AlarmConfiguration::builder().enabled(false).build())
            .customize()
            .config_override(aws_sdk_codedeploy::config::Builder::new().retry_config(RetryConfig::disabled()));
        let group = format!("{}/{}", self.application, self.deployment_group);
        let answer = request.send().await;
        let answer = answer.map_err(|error| classify("codedeploy:CreateDeployment", &group, &error))?;
        let id = answer.deployment_id().map(str::to_owned);
        id.ok_or_else(|| Error::Unfit(format!("a deployment of {group} was created without an id")))
    }

    /// The command that creates it.
    pub fn command(&self) -> String {
        let input = self.input().to_string().replace('\'', "'\\''");
        format!("aws deploy create-deployment --cli-input-json '{input}'")
    }

    fn input(&self) -> Value {
        json!({
            "applicationName": self.application,
            "deploymentGroupName": self.deployment_group,
            "deploymentConfigName": ALL_AT_ONCE,
            "description": self.description,
            "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": self.content } },
            "autoRollbackConfiguration": { "enabled": false },
            "overrideAlarmConfiguration": { "enabled": false },
        })
    }
}

impl Error {
    /// Whether a deployment could not be created because the group has another one in progress.
    pub fn is_overtaken(&self) -> bool {
        self.fault().is_some_and(|fault| fault.code.as_deref() == Some("DeploymentLimitExceededException"))
    }
}
