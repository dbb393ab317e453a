//! `CreateDeployment`.

use super::create_deployment_group::{check_alarms, check_rollback_events};
use super::deployment::{Creator, Deployment, LifecycleEvent, Progress, RollbackInfo, Sides, Status};
use super::revision::{self, Revision, RevisionLocation};
use super::shapes::{AlarmConfiguration, AutoRollbackConfiguration, DeploymentGroupSettings};
use super::{RegisteredRevision, configuration, engine, lookup, phase};
use crate::operation::Operation;
use crate::{AwsError, Permission, World, ecs, elb, random};
use serde::{Deserialize, Serialize};

/// How many characters a description can have.
const LONGEST_DESCRIPTION: usize = 256;

pub(crate) struct CreateDeployment;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    application_name: String,
    deployment_group_name: Option<String>,
    revision: Option<RevisionLocation>,
    deployment_config_name: Option<String>,
    description: Option<String>,
    auto_rollback_configuration: Option<AutoRollbackConfiguration>,
    override_alarm_configuration: Option<AlarmConfiguration>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_id: String,
}

impl Operation for CreateDeployment {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "CreateDeployment";
    const CALLERS: &'static [&'static str] = &[
        "rollback",
        "greenlight rehearse",
        "greenlight deploy",
        "greenlight rollback",
        "guide: aws deploy create-deployment",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let application = lookup::application_arn(world, &input.application_name);
        let group = input.deployment_group_name.as_deref().unwrap_or_default();
        let configuration = input.deployment_config_name.clone().or_else(|| {
            let group = world.codedeploy.applications.get(&input.application_name)?.groups.get(group)?;
            Some(group.settings.deployment_config_name.clone())
        });
        let configuration = format!("deploymentconfig:{}", configuration.unwrap_or_default());
        let group = lookup::group_arn(world, &input.application_name, group);
        let mut needed = vec![
            Permission::new("codedeploy:CreateDeployment", group.clone()),
            Permission::new("codedeploy:GetDeploymentConfig", world.arn("codedeploy", &configuration)),
            Permission::new("codedeploy:GetApplicationRevision", application.clone()),
            Permission::new("codedeploy:RegisterApplicationRevision", application),
        ];
        if input.override_alarm_configuration.is_some() {
            needed.push(Permission::new("codedeploy:UpdateDeploymentGroup", group));
        }
        needed
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let group_name = input.deployment_group_name.unwrap_or_default();
        let group = lookup::group(world, &input.application_name, &group_name)?;
        if input.description.as_ref().is_some_and(|description| description.chars().count() > LONGEST_DESCRIPTION) {
            return Err(AwsError::client(
                "DescriptionTooLongException",
                format!("A description has at most {LONGEST_DESCRIPTION} characters"),
            ));
        }
        let settings = group.settings.clone();
        let previous_revision = group.target_revision.clone();
        let configuration = input.deployment_config_name.unwrap_or_else(|| settings.deployment_config_name.clone());
        let steps = configuration::find(world, &configuration)?.routing.steps();
        if let Some(rollback) = &input.auto_rollback_configuration {
            check_rollback_events(rollback)?;
        }
        if let Some(alarms) = &input.override_alarm_configuration {
            check_alarms(alarms)?;
        }
        let location =
            input.revision.ok_or_else(|| AwsError::client("RevisionRequiredException", "Revision is required"))?;
        let revision = revision::resolve(world, &input.application_name, &location)?;
        refuse_second(world, &input.application_name, &group_name)?;
        let (sides, cluster, service) = sides(world, &settings)?;
        let blue_green = settings.blue_green_deployment_configuration.as_ref();
        let phases = phase::of_deployment(sides.test_listener.is_some(), blue_green);
        let id = new_id(world);
        let deployment = Deployment {
            id: id.clone(),
            number: world.codedeploy.next_number(),
            application: input.application_name,
            group: group_name,
            configuration,
            steps,
            creator: Creator::User,
            description: input.description,
            revision,
            previous_revision,
            auto_rollback: input
                .auto_rollback_configuration
                .or(settings.auto_rollback_configuration)
                .unwrap_or_default(),
            overrides_alarms: input.override_alarm_configuration.is_some(),
            alarms: input.override_alarm_configuration.or(settings.alarm_configuration).unwrap_or_default(),
            rollback_info: RollbackInfo::default(),
            cluster,
            service,
            events: phases.iter().filter_map(LifecycleEvent::of).collect(),
            sides,
            status: Status::Created,
            error: None,
            created: world.now,
            started: None,
            completed: None,
            updated: world.now,
            phases,
            progress: Progress::default(),
        };
        register(world, &deployment);
        engine::accept(world, deployment);
        Ok(Output { deployment_id: id })
    }
}

/// An id that no deployment has yet.
pub(super) fn new_id(world: &mut World) -> String {
    loop {
        let id = format!("d-{}", random::letters_and_digits(&mut world.rng, 9));
        if !world.codedeploy.deployments.contains_key(&id) {
            return id;
        }
    }
}

/// A group deploys one thing at a time.
fn refuse_second(world: &World, application: &str, group: &str) -> Result<(), AwsError> {
    let active =
        world.codedeploy.deployments.values().find(|deployment| {
            deployment.application == application && deployment.group == group && !deployment.is_over()
        });
    match active {
        Some(active) => Err(AwsError::client(
            "DeploymentLimitExceededException",
            format!("The Deployment Group '{group}' already has an active Deployment '{}'", active.id),
        )),
        None => Ok(()),
    }
}

/// Which side is which now: blue is where the primary task set is, and production traffic goes.
fn sides(world: &World, settings: &DeploymentGroupSettings) -> Result<(Sides, String, String), AwsError> {
    let broken = |message: String| AwsError::client("InvalidECSServiceException", message);
    let service = settings.ecs_services.first().ok_or_else(|| broken("The group has no ECS service".to_owned()))?;
    let view = ecs::service_view(world, &service.cluster_name, &service.service_name)
        .filter(|view| view.code_deploy)
        .ok_or_else(|| broken(format!("The service {} cannot be deployed to", service.service_name)))?;
    let load_balancer = |message: String| AwsError::client("InvalidLoadBalancerInfoException", message);
    let pair = settings
        .load_balancer_info
        .as_ref()
        .and_then(|info| info.target_group_pair_info_list.first())
        .ok_or_else(|| load_balancer("The group has no target groups".to_owned()))?;
    let first_listener = |route: Option<&super::shapes::TrafficRoute>| route?.listener_arns.first().cloned();
    let production = first_listener(pair.prod_traffic_route.as_ref())
        .ok_or_else(|| load_balancer("The group has no production listener".to_owned()))?;
    let [first, second] = pair.target_groups.as_slice() else {
        return Err(load_balancer("The group has no pair of target groups".to_owned()));
    };
    let weights = elb::weights(world, &production);
    let weight = |name: &str| weights.get(name).copied().unwrap_or(0);
    let is_blue = |name: &str| {
        let is_primary = view.target_group_of_primary().is_none_or(|primary| primary == name);
        is_primary && weight(name) > 0
    };
    let (blue, green) = match (is_blue(&first.name), is_blue(&second.name)) {
        (true, _) => (first, second),
        (false, true) => (second, first),
        (false, false) => {
            return Err(load_balancer(format!(
                "The production listener does not forward to the target group of the primary task set; the group has {} and {}",
                first.name, second.name
            )));
        }
    };
    let sides = Sides {
        production_listener: production,
        test_listener: first_listener(pair.test_traffic_route.as_ref()),
        blue_target_group: blue.name.clone(),
        green_target_group: green.name.clone(),
        blue_task_set: view.primary,
        green_task_set: None,
    };
    Ok((sides, service.cluster_name.clone(), service.service_name.clone()))
}

/// Notes the revision with its application, and that this group uses it.
fn register(world: &mut World, deployment: &Deployment) {
    let now = world.now;
    let Some(application) = world.codedeploy.applications.get_mut(&deployment.application) else { return };
    let revision: &Revision = &deployment.revision;
    let known = application.revisions.iter().position(|known| known.revision.source == revision.source);
    let index = known.unwrap_or_else(|| {
        application.revisions.push(RegisteredRevision {
            revision: revision.clone(),
            registered: now,
            first_used: None,
            last_used: None,
            groups: Vec::new(),
        });
        application.revisions.len() - 1
    });
    if let Some(registered) = application.revisions.get_mut(index) {
        registered.revision = revision.clone();
        registered.first_used.get_or_insert(now);
        registered.last_used = Some(now);
        if !registered.groups.contains(&deployment.group) {
            registered.groups.push(deployment.group.clone());
        }
    }
}
