//! `CreateDeploymentGroup`.

use super::shapes::{self, AlarmConfiguration, AutoRollbackConfiguration, DeploymentGroupSettings};
use super::{Group, configuration, lookup, triggers};
use crate::operation::Operation;
use crate::{AwsError, Permission, World, ecs, elb, random};
use serde::Serialize;
use std::collections::BTreeSet;

/// How many deployment groups an application can have.
const MOST: usize = 1000;

/// How many alarms a deployment group can have.
const MOST_ALARMS: usize = 10;

/// Blue is kept for two days at most.
const LONGEST_TERMINATION_WAIT: u32 = 2880;

/// Traffic is shifted within 120 hours, or not at all.
const LONGEST_READY_WAIT: u32 = 7200;

pub(crate) struct CreateDeploymentGroup;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_group_id: String,
}

impl Operation for CreateDeploymentGroup {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "CreateDeploymentGroup";
    const CALLERS: &'static [&'static str] = &["greenlight rehearse", "guide: aws deploy create-deployment-group"];
    type Input = DeploymentGroupSettings;
    type Output = Output;

    fn authorize(input: &DeploymentGroupSettings, world: &World) -> Vec<Permission> {
        let arn = lookup::group_arn(world, &input.application_name, &input.deployment_group_name);
        vec![
            Permission::new("codedeploy:CreateDeploymentGroup", arn),
            Permission::new("iam:PassRole", input.service_role_arn.clone())
                .with("iam:PassedToService", "codedeploy.amazonaws.com"),
        ]
    }

    fn call(input: DeploymentGroupSettings, world: &mut World) -> Result<Output, AwsError> {
        let application = lookup::application(world, &input.application_name)?;
        lookup::check_group_name(&input.deployment_group_name)?;
        if application.groups.contains_key(&input.deployment_group_name) {
            return Err(AwsError::client(
                "DeploymentGroupAlreadyExistsException",
                format!("Deployment group already exists: {}", input.deployment_group_name),
            ));
        }
        if application.groups.len() >= MOST {
            return Err(AwsError::client(
                "DeploymentGroupLimitExceededException",
                format!("An application can have {MOST} deployment groups"),
            ));
        }
        check(&input, world)?;
        let id = random::uuid(&mut world.rng);
        let (application, name) = (input.application_name.clone(), input.deployment_group_name.clone());
        let group = Group {
            id: id.clone(),
            settings: input,
            target_revision: None,
            last_successful: None,
            last_attempted: None,
        };
        if let Some(application) = world.codedeploy.applications.get_mut(&application) {
            application.groups.insert(name, group);
        }
        Ok(Output { deployment_group_id: id })
    }
}

fn check(input: &DeploymentGroupSettings, world: &World) -> Result<(), AwsError> {
    configuration::find(world, &input.deployment_config_name)?;
    if input.service_role_arn.is_empty() {
        return Err(AwsError::client("RoleRequiredException", "A service role ARN is required."));
    }
    if !(input.service_role_arn.starts_with("arn:aws:iam::") && input.service_role_arn.contains(":role/")) {
        return Err(AwsError::client("InvalidRoleException", "The service role ARN is not valid."));
    }
    shapes::check_tags(&input.tags)?;
    check_style(input)?;
    input.alarm_configuration.as_ref().map_or(Ok(()), check_alarms)?;
    triggers::check(&input.trigger_configurations)?;
    check_blue_green(input)?;
    input.auto_rollback_configuration.as_ref().map_or(Ok(()), check_rollback_events)?;
    check_service(input, world)?;
    check_load_balancer(input, world)
}

fn check_style(input: &DeploymentGroupSettings) -> Result<(), AwsError> {
    let fits = input.deployment_style.as_ref().is_some_and(|style| {
        style.deployment_type.as_deref() == Some("BLUE_GREEN")
            && style.deployment_option.as_deref() == Some("WITH_TRAFFIC_CONTROL")
    });
    if !fits {
        return Err(AwsError::client(
            "InvalidDeploymentStyleException",
            "For ECS deployment group, the deployment style has to be BLUE_GREEN and WITH_TRAFFIC_CONTROL",
        ));
    }
    Ok(())
}

/// Whether the alarms exist is not asked until a deployment watches them.
pub(super) fn check_alarms(configuration: &AlarmConfiguration) -> Result<(), AwsError> {
    let invalid = |message: &str| Err(AwsError::client("InvalidAlarmConfigException", message));
    let names: Vec<&str> = configuration.alarms.iter().filter_map(|alarm| alarm.name.as_deref()).collect();
    if names.len() > MOST_ALARMS {
        let message = format!("A deployment group can have at most {MOST_ALARMS} alarms");
        return Err(AwsError::client("AlarmsLimitExceededException", message));
    }
    if names.len() < configuration.alarms.len() || names.iter().any(|name| name.is_empty() || name.len() > 255) {
        return invalid("An alarm has no name, or one of more than 255 characters");
    }
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        return invalid("An alarm is named twice");
    }
    if configuration.enabled && names.is_empty() {
        return invalid("The alarm configuration is enabled, but the list of alarms is empty");
    }
    Ok(())
}

fn check_blue_green(input: &DeploymentGroupSettings) -> Result<(), AwsError> {
    let invalid = |message: &str| AwsError::client("InvalidBlueGreenDeploymentConfigurationException", message);
    let Some(configuration) = &input.blue_green_deployment_configuration else {
        return Err(invalid("For ECS deployment group, a blueGreenDeploymentConfiguration is required"));
    };
    let termination = configuration
        .terminate_blue_instances_on_deployment_success
        .as_ref()
        .ok_or_else(|| invalid("terminateBlueInstancesOnDeploymentSuccess is required"))?;
    if !matches!(termination.action.as_deref(), None | Some("TERMINATE" | "KEEP_ALIVE")) {
        return Err(invalid("The action on blue instances has to be TERMINATE or KEEP_ALIVE"));
    }
    if termination.termination_wait_time_in_minutes.is_some_and(|minutes| minutes > LONGEST_TERMINATION_WAIT) {
        return Err(invalid("terminationWaitTimeInMinutes can be 2880 at most"));
    }
    let ready =
        configuration.deployment_ready_option.as_ref().ok_or_else(|| invalid("deploymentReadyOption is required"))?;
    match ready.action_on_timeout.as_deref() {
        Some("CONTINUE_DEPLOYMENT") if ready.wait_time_in_minutes.unwrap_or(0) == 0 => Ok(()),
        Some("CONTINUE_DEPLOYMENT") => {
            Err(invalid("With CONTINUE_DEPLOYMENT, waitTimeInMinutes cannot be set to a value other than 0"))
        }
        Some("STOP_DEPLOYMENT") if (1..=LONGEST_READY_WAIT).contains(&ready.wait_time_in_minutes.unwrap_or(0)) => {
            Ok(())
        }
        Some("STOP_DEPLOYMENT") => Err(invalid("With STOP_DEPLOYMENT, waitTimeInMinutes has to be between 1 and 7200")),
        _ => Err(invalid("actionOnTimeout has to be CONTINUE_DEPLOYMENT or STOP_DEPLOYMENT")),
    }
}

pub(super) fn check_rollback_events(rollback: &AutoRollbackConfiguration) -> Result<(), AwsError> {
    const KNOWN: [&str; 3] = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"];
    let invalid = |message: String| AwsError::client("InvalidAutoRollbackConfigException", message);
    if let Some(unknown) = rollback.events.iter().find(|event| !KNOWN.contains(&event.as_str())) {
        return Err(invalid(format!("Invalid auto rollback event: {unknown}; known are {}", KNOWN.join(", "))));
    }
    if rollback.enabled && rollback.events.is_empty() {
        return Err(invalid("At least one event is needed for automatic rollback".to_owned()));
    }
    Ok(())
}

fn check_service(input: &DeploymentGroupSettings, world: &World) -> Result<(), AwsError> {
    let invalid = |message: String| AwsError::client("InvalidECSServiceException", message);
    let [service] = input.ecs_services.as_slice() else {
        return Err(invalid("For ECS deployment group, exactly one ECS service has to be specified".to_owned()));
    };
    let view = ecs::service_view(world, &service.cluster_name, &service.service_name).ok_or_else(|| {
        invalid(format!("There is no service {} in the cluster {}", service.service_name, service.cluster_name))
    })?;
    if !view.code_deploy {
        return Err(invalid(format!(
            "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller; {} is not",
            service.service_name
        )));
    }
    let groups = world.codedeploy.applications.values().flat_map(|application| application.groups.values());
    if groups.flat_map(|group| &group.settings.ecs_services).any(|taken| taken == service) {
        return Err(AwsError::client(
            "ECSServiceMappingLimitExceededException",
            format!("The service {} belongs to another deployment group already", service.service_name),
        ));
    }
    Ok(())
}

fn check_load_balancer(input: &DeploymentGroupSettings, world: &World) -> Result<(), AwsError> {
    let invalid = |message: String| AwsError::client("InvalidLoadBalancerInfoException", message);
    let pairs = input.load_balancer_info.as_ref().map(|info| info.target_group_pair_info_list.as_slice());
    let Some([pair]) = pairs else {
        return Err(invalid("For ECS deployment group, exactly one target group pair has to be specified".to_owned()));
    };
    let [first, second] = pair.target_groups.as_slice() else {
        return Err(AwsError::client("InvalidTargetGroupPairException", "A target group pair needs two target groups"));
    };
    if first == second {
        return Err(AwsError::client("InvalidTargetGroupPairException", "The two target groups have to be different"));
    }
    if let Some(missing) = [first, second].into_iter().find(|group| !elb::has_target_group(world, &group.name)) {
        return Err(invalid(format!("There is no target group {}", missing.name)));
    }
    let production = pair.prod_traffic_route.as_ref().map_or(&[][..], |route| route.listener_arns.as_slice());
    let test = pair.test_traffic_route.as_ref().map_or(&[][..], |route| route.listener_arns.as_slice());
    if production.len() != 1 {
        return Err(invalid("The production traffic route needs exactly one listener".to_owned()));
    }
    if pair.test_traffic_route.is_some() && test.len() != 1 {
        return Err(invalid("A test traffic route needs exactly one listener".to_owned()));
    }
    match production.iter().chain(test).find(|listener| !elb::has_listener(world, listener)) {
        Some(missing) => Err(invalid(format!("There is no listener {missing}"))),
        None => Ok(()),
    }
}
