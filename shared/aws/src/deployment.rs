//! A `CodeDeploy` deployment, as a hook sees it.

use crate::{Env, Error, classify, deployment_group};
use aws_sdk_codedeploy::config::retry::RetryConfig;
use aws_sdk_codedeploy::types::{
    AppSpecContent, AutoRollbackConfiguration, DeploymentCreator, DeploymentInfo, DeploymentReadyAction,
    DeploymentWaitType, EcsTaskSet, LifecycleEventStatus, RevisionLocation, RevisionLocationType, TimeRange,
};
use aws_smithy_types::DateTime;
use greenlight_domain::appspec::AppSpec;
use greenlight_domain::lifecycle::LifecycleEvent;
use jiff::Timestamp;
use std::time::Duration;

/// What `GetDeployment` says.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// The application.
    pub application: String,
    /// The deployment group.
    pub deployment_group: String,
    /// `InProgress`, `Succeeded`, `Failed`, `Stopped` and the like.
    pub status: String,
    /// Whether it takes another deployment back.
    pub is_rollback: bool,
    /// What whoever deployed wrote about it.
    pub description: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// The id of the deployment that `CodeDeploy` undoes with it.
    pub undoes: Option<String>,
    /// The id of the deployment with which `CodeDeploy` undoes it.
    pub undone_by: Option<String>,
    /// Who made it: `user`, `codeDeployRollback` and the like.
    pub creator: String,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// The deployment configuration: how traffic shifts.
    pub deployment_config: String,
    /// How long the replaced task set is kept after the shift; `None` if nobody says, or it is kept for good.
    pub termination_wait: Option<Duration>,
    /// Whether that wait has begun.
    pub waits_for_termination: bool,
    /// Names of the two target groups that it used. Which of them is green changes with every deployment.
    pub target_groups: Vec<String>,
    /// How long it waits for somebody before traffic shifts, if it does.
    pub ready_wait: Option<Duration>,
    revision: Option<RevisionLocation>,
    previous: Option<RevisionLocation>,
}

impl Deployment {
    /// Who made it, in words. `CodeDeploy` knows what kind of caller it was, and not who.
    pub fn by(&self) -> String {
        match (self.creator.as_str(), &self.undoes) {
            ("codeDeployRollback", Some(undone)) => format!("CodeDeploy, to roll back {undone}"),
            ("codeDeployRollback", None) => "CodeDeploy, to roll back".to_owned(),
            ("user", _) => "a user, or a program with the credentials of a user or a role".to_owned(),
            (other, _) => other.to_owned(),
        }
    }
}

/// Where the traffic of a deployment's service goes, and when it began to shift.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// The lifecycle event that is in progress.
    pub lifecycle_event: Option<String>,
    /// When its traffic began to shift.
    pub shifted_at: Option<Timestamp>,
    /// The traffic of each task set in percent, by the task set's id.
    pub weights: Vec<(String, f64)>,
}

/// What `GetDeploymentTarget` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub service: String,
    /// Lifecycle events and their status, in their order.
    pub lifecycle_events: Vec<(String, String)>,
}

impl Target {
    /// The status of a lifecycle event.
    pub fn status(&self, event: LifecycleEvent) -> Option<&str> {
        let found = self.lifecycle_events.iter().find(|(name, _)| name == event.name());
        found.map(|(_, status)| status.as_str())
    }

    /// The hookable lifecycle event that is in progress.
    pub fn in_progress(&self) -> Option<LifecycleEvent> {
        let mut running = self.lifecycle_events.iter().filter(|(_, status)| status == "InProgress");
        running.find_map(|(name, _)| name.parse().ok().filter(|event: &LifecycleEvent| event.hookable()))
    }
}

/// Whether a lifecycle event with this status has ended.
pub fn has_ended(status: &str) -> bool {
    matches!(status, "Succeeded" | "Failed" | "Skipped")
}

/// Whether a deployment with this status has ended.
pub fn is_over(status: &str) -> bool {
    matches!(status, "Succeeded" | "Failed" | "Stopped")
}

/// Reads a deployment.
pub async fn get(env: &Env, id: &str) -> Result<Deployment, Error> {
    let answer = env.codedeploy().get_deployment().deployment_id(id).send().await;
    let answer = answer.map_err(|error| classify("codedeploy:GetDeployment", id, &error))?;
    let info = answer.deployment_info().ok_or_else(|| Error::Unfit(format!("there is no deployment {id}")))?;
    read(id, info)
}

fn read(id: &str, info: &DeploymentInfo) -> Result<Deployment, Error> {
    let text = |value: Option<&str>, what: &str| {
        value.map(str::to_owned).ok_or_else(|| Error::Unfit(format!("deployment {id} has no {what}")))
    };
    Ok(Deployment {
        id: id.to_owned(),
        application: text(info.application_name(), "application")?,
        deployment_group: text(info.deployment_group_name(), "deployment group")?,
        status: info.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        is_rollback: is_rollback(info),
        description: info.description().unwrap_or_default().to_owned(),
        created_at: info.create_time().and_then(timestamp),
        completed_at: info.complete_time().and_then(timestamp),
        undoes: info
            .rollback_info()
            .and_then(|rollback| rollback.rollback_triggering_deployment_id())
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
        undone_by: info
            .rollback_info()
            .and_then(|rollback| rollback.rollback_deployment_id())
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
        creator: info.creator().map(|creator| creator.as_str().to_owned()).unwrap_or_default(),
        error: info.error_information().map(|error| {
            let parts = [error.code().map(aws_sdk_codedeploy::types::ErrorCode::as_str), error.message()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
        }),
        deployment_config: info.deployment_config_name().unwrap_or_default().to_owned(),
        termination_wait: info.blue_green_deployment_configuration().and_then(deployment_group::termination_wait),
        waits_for_termination: info.instance_termination_wait_time_started(),
        target_groups: info.load_balancer_info().map(deployment_group::target_groups).unwrap_or_default(),
        ready_wait: info
            .blue_green_deployment_configuration()
            .and_then(|configuration| configuration.deployment_ready_option())
            .filter(|option| option.action_on_timeout() == Some(&DeploymentReadyAction::StopDeployment))
            .and_then(|option| u64::try_from(option.wait_time_in_minutes()).ok())
            .map(Duration::from_mins),
        revision: info.revision().cloned(),
        previous: info.previous_revision().cloned(),
    })
}

/// A time of the SDK's.
pub(crate) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// The deployments of a group that were created since a time, and before another one if that is given; the newest first.
pub async fn of_group(
    env: &Env,
    application: &str,
    group: &str,
    since: Timestamp,
    before: Option<Timestamp>,
) -> Result<Vec<Deployment>, Error> {
    let name = format!("{application}/{group}");
    let time = |time: Timestamp| DateTime::from_millis(time.as_millisecond());
    let range = TimeRange::builder().start(time(since)).set_end(before.map(time)).build();
    let mut ids = Vec::new();
    let mut token = None;
    loop {
        let request = env.codedeploy().list_deployments().application_name(application).deployment_group_name(group);
        let request = request.create_time_range(range.clone()).set_next_token(token);
        let answer = request.send().await.map_err(|error| classify("codedeploy:ListDeployments", &name, &error))?;
        ids.extend_from_slice(answer.deployments());
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let mut found = Vec::new();
    for ids in ids.chunks(25) {
        let answer = env.codedeploy().batch_get_deployments().set_deployment_ids(Some(ids.to_vec())).send().await;
        let answer = answer.map_err(|error| classify("codedeploy:BatchGetDeployments", &name, &error))?;
        for info in answer.deployments_info() {
            found.push(read(info.deployment_id().unwrap_or_default(), info)?);
        }
    }
    // AWS promises no order
    found.sort_by_key(|deployment| std::cmp::Reverse(deployment.created_at));
    Ok(found)
}

impl Deployment {
    /// What it deploys: two deployments of one revision have the same text.
    pub fn revision_key(&self) -> String {
        let Some(revision) = &self.revision else { return self.id.clone() };
        let content = revision.app_spec_content().and_then(|content| content.sha256());
        let string = revision.string().and_then(|string| string.sha256());
        let object = revision.s3_location().map(|object| {
            let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
            // an object that was overwritten is another revision
            let which = object.version().or(object.e_tag());
            format!("s3://{}/{}#{}", part(object.bucket()), part(object.key()), part(which.or(Some(&self.id))))
        });
        content.or(string).map(str::to_owned).or(object).unwrap_or_else(|| self.id.clone())
    }
}

fn is_rollback(info: &DeploymentInfo) -> bool {
    let triggered = info.rollback_info().and_then(|rollback| rollback.rollback_triggering_deployment_id());
    info.creator() == Some(&DeploymentCreator::CodeDeployRollback) || triggered.is_some_and(|id| !id.is_empty())
}

/// Reads the deployment's one target: an ECS deployment has one, `cluster:service`.
pub async fn target(env: &Env, id: &str) -> Result<Target, Error> {
    let answer = env.codedeploy().list_deployment_targets().deployment_id(id).send().await;
    let answer = answer.map_err(|error| classify("codedeploy:ListDeploymentTargets", id, &error))?;
    let none = || Error::Unfit(format!("deployment {id} has no target; it is not one to an ECS service"));
    let target_id = answer.target_ids().first().ok_or_else(none)?;
    let answer = env.codedeploy().get_deployment_target().deployment_id(id).target_id(target_id).send().await;
    let answer = answer.map_err(|error| classify("codedeploy:GetDeploymentTarget", id, &error))?;
    let target = answer.deployment_target().and_then(|target| target.ecs_target()).ok_or_else(none)?;
    let (cluster, service) = target_id.rsplit_once(':').ok_or_else(none)?;
    let event = |event: &aws_sdk_codedeploy::types::LifecycleEvent| {
        let status = event.status().map_or("Unknown", |status| status.as_str());
        Some((event.lifecycle_event_name()?.to_owned(), status.to_owned()))
    };
    Ok(Target {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
        lifecycle_events: target.lifecycle_events().iter().filter_map(event).collect(),
    })
}

/// The cluster and the service that a deployment is to.
///
/// # Errors
/// If that cannot be read.
pub async fn service(env: &Env, id: &str) -> Result<(String, String), Error> {
    let answer = env.codedeploy().list_deployment_targets().deployment_id(id).send().await;
    let answer = answer.map_err(|error| classify("codedeploy:ListDeploymentTargets", id, &error))?;
    let service = answer.target_ids().first().and_then(|target| target.rsplit_once(':'));
    let (cluster, service) = service.ok_or_else(|| Error::Unfit(format!("deployment {id} has no target")))?;
    Ok((cluster.to_owned(), service.to_owned()))
}

/// Lets a deployment go on that waits for somebody before traffic shifts.
pub async fn continue_when_ready(env: &Env, id: &str) -> Result<(), Error> {
    let request = env.codedeploy().continue_deployment().deployment_id(id);
    let answer = request.deployment_wait_type(DeploymentWaitType::ReadyWait).send().await;
    answer.map_err(|error| classify("codedeploy:ContinueDeployment", id, &error))?;
    Ok(())
}

/// How far the deployment has come with its target, `cluster:service`. Before it has started there is nothing to tell.
pub async fn progress(env: &Env, id: &str, target_id: &str) -> Result<Progress, Error> {
    let answer = env.codedeploy().get_deployment_target().deployment_id(id).target_id(target_id).send().await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let fault = classify("codedeploy:GetDeploymentTarget", id, &error);
            let is_missing =
                |code: &str| code.ends_with("NotStartedException") || code.ends_with("DoesNotExistException");
            return if fault.code.as_deref().is_some_and(is_missing) {
                Ok(Progress::default())
            } else {
                Err(fault.into())
            };
        }
    };
    let Some(target) = answer.deployment_target().and_then(|target| target.ecs_target()) else {
        return Ok(Progress::default());
    };
    let events = target.lifecycle_events();
    let running = events.iter().find(|event| event.status() == Some(&LifecycleEventStatus::InProgress));
    let shift = events.iter().find(|event| event.lifecycle_event_name() == Some(LifecycleEvent::AllowTraffic.name()));
    let weight = |set: &EcsTaskSet| Some((set.identifer()?.to_owned(), set.traffic_weight()));
    Ok(Progress {
        lifecycle_event: running.and_then(|event| event.lifecycle_event_name()).map(str::to_owned),
        shifted_at: shift.and_then(|event| event.start_time()).and_then(timestamp),
        weights: target.task_sets_info().iter().filter_map(weight).collect(),
    })
}

/// Reads the deployment's `AppSpec`. `GetDeployment` never returns its text: it is in the application's revision, or in S3.
pub async fn appspec(env: &Env, deployment: &Deployment) -> Result<AppSpec, Error> {
    let id = &deployment.id;
    let revision =
        deployment.revision.clone().ok_or_else(|| Error::Unfit(format!("deployment {id} has no revision")))?;
    read_appspec(env, deployment, revision).await
}

/// Reads the `AppSpec` of what had been deployed before; `None` if nothing had, or it was the same.
pub async fn appspec_before(env: &Env, deployment: &Deployment) -> Result<Option<AppSpec>, Error> {
    match &deployment.previous {
        Some(previous) if deployment.previous != deployment.revision => {
            read_appspec(env, deployment, previous.clone()).await.map(Some)
        }
        _ => Ok(None),
    }
}

async fn read_appspec(env: &Env, deployment: &Deployment, revision: RevisionLocation) -> Result<AppSpec, Error> {
    let id = &deployment.id;
    if let Some(object) = revision.s3_location() {
        let (Some(bucket), Some(key)) = (object.bucket(), object.key()) else {
            return Err(Error::Unfit(format!("the revision of deployment {id} names no object in S3")));
        };
        if let Some(kind) = object.bundle_type().filter(|kind| !matches!(kind.as_str(), "YAML" | "JSON")) {
            return Err(Error::Unfit(format!(
                "the AppSpec of deployment {id} is in a {kind} archive; put it into S3 as YAML or JSON"
            )));
        }
        let text = env.s3_object(bucket, key, object.version()).await?;
        return Ok(AppSpec::parse_named(&text, &format!("s3://{bucket}/{key}"))?);
    }
    let request = env.codedeploy().get_application_revision();
    let answer = request.application_name(&deployment.application).revision(revision).send().await;
    let answer =
        answer.map_err(|error| classify("codedeploy:GetApplicationRevision", &deployment.application, &error))?;
    let text = answer.revision().and_then(|revision| {
        let content = revision.app_spec_content().and_then(|content| content.content());
        let string = revision.string().and_then(|string| string.content());
        content.or(string)
    });
    let text = text.ok_or_else(|| {
        Error::Unfit(format!("application {} does not have the AppSpec of deployment {id}", deployment.application))
    })?;
    Ok(AppSpec::parse(text)?)
}

/// What is deployed with `CodeDeploy`, and how far that differs from what the group says.
#[derive(Debug, Clone, Copy)]
pub struct Create<'a> {
    /// The application.
    pub application: &'a str,
    /// Its deployment group.
    pub deployment_group: &'a str,
    /// What the deployment says about itself.
    pub description: &'a str,
    /// The revision, and the functions that are asked.
    pub appspec: &'a AppSpec,
    /// Not rolled back automatically, whatever the group says.
    pub no_auto_rollback: bool,
}

/// Creates a deployment; its id. The call is made once: a second one could only find the first in the way.
///
/// # Errors
/// [`Error::is_overtaken`] if the group has another deployment in progress.
pub async fn create(env: &Env, create: Create<'_>) -> Result<String, Error> {
    let content = AppSpecContent::builder().content(create.appspec.to_json().to_string()).build();
    let revision = RevisionLocation::builder().revision_type(RevisionLocationType::AppSpecContent);
    let off = create.no_auto_rollback.then(|| AutoRollbackConfiguration::builder().enabled(false).build());
    let request = env.codedeploy().create_deployment().application_name(create.application);
    let request = request.deployment_group_name(create.deployment_group);
    let request = request.set_description((!create.description.is_empty()).then(|| create.description.to_owned()));
    let request = request.revision(revision.app_spec_content(content).build()).set_auto_rollback_configuration(off);
    let once = aws_sdk_codedeploy::config::Builder::new().retry_config(RetryConfig::disabled());
    let answer = request.customize().config_override(once).send().await;
    let group = format!("{}/{}", create.application, create.deployment_group);
    let answer = answer.map_err(|error| classify("codedeploy:CreateDeployment", &group, &error))?;
    let id = answer.deployment_id().map(str::to_owned);
    id.ok_or_else(|| Error::Unfit(format!("a deployment of {group} was created without an id")))
}
