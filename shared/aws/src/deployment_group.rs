//! A deployment group: its alarms, listeners and target groups.

use crate::{Env, Error, classify, deployment};
use aws_sdk_codedeploy::types::{
    BlueGreenDeploymentConfiguration, DeploymentGroupInfo, DeploymentReadyAction, InstanceAction, LoadBalancerInfo,
    TargetGroupPairInfo, TrafficRoute,
};
use greenlight_domain::alarm_timing;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many groups are asked for at once; AWS's limits for batches are 25 and 100.
const AT_ONCE: usize = 25;

/// What `GetDeploymentGroup` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeploymentGroup {
    /// Names of the alarms that stop a deployment. Empty if they are switched off.
    pub alarms: Vec<String>,
    /// The production listeners.
    pub production_listeners: Vec<String>,
    /// The test listeners, if there are any.
    pub test_listeners: Vec<String>,
    /// Names of its two target groups. Which of them is green changes with every deployment.
    pub target_groups: Vec<String>,
    /// The last deployment that anybody tried.
    pub last_attempted: Option<LastDeployment>,
    /// Whether a deployment waits for somebody to call `ContinueDeployment` before traffic shifts.
    pub waits_when_ready: bool,
    /// The cluster and the service that it deploys to.
    pub service: Option<(String, String)>,
    /// The deployment configuration: how traffic shifts.
    pub deployment_config: Option<String>,
    /// How long the replaced task set is kept after the shift; `None` if it is kept for good, without a wait.
    pub termination_wait: Option<Duration>,
}

/// `LastDeploymentInfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDeployment {
    /// Its id.
    pub id: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended, if it has.
    pub completed_at: Option<Timestamp>,
}

/// Reads a deployment group.
pub async fn named(env: &Env, application: &str, group: &str) -> Result<DeploymentGroup, Error> {
    let name = format!("{application}/{group}");
    let request = env.codedeploy().get_deployment_group().application_name(application);
    let answer = request.deployment_group_name(group).send().await;
    let answer = answer.map_err(|error| classify("codedeploy:GetDeploymentGroup", &name, &error))?;
    let none = || Error::Unfit(format!("there is no deployment group {name}"));
    answer.deployment_group_info().ok_or_else(none).map(of_info)
}

/// How long the traffic shift of a deployment configuration takes, from the first share to all.
pub async fn shift(env: &Env, deployment_config: &str) -> Result<Duration, Error> {
    let answer = env.codedeploy().get_deployment_config().deployment_config_name(deployment_config).send().await;
    let answer = answer.map_err(|error| classify("codedeploy:GetDeploymentConfig", deployment_config, &error))?;
    let routing = answer.deployment_config_info().and_then(|info| info.traffic_routing_config());
    let minutes = |minutes: i32| Duration::from_mins(u64::try_from(minutes).unwrap_or_default());
    Ok(match routing.map(|routing| (routing.time_based_canary(), routing.time_based_linear())) {
        Some((Some(canary), _)) => minutes(canary.canary_interval()),
        Some((_, Some(linear))) => {
            let percentage = u32::try_from(linear.linear_percentage()).unwrap_or_default();
            alarm_timing::linear(percentage, minutes(linear.linear_interval()))
        }
        _ => Duration::ZERO,
    })
}

/// Reads several groups of an application; those that do not exist are not among them, and none is if the application is gone.
pub async fn batch(env: &Env, application: &str, names: &[String]) -> Result<BTreeMap<String, DeploymentGroup>, Error> {
    let mut found = BTreeMap::new();
    for names in names.chunks(AT_ONCE) {
        let request = env.codedeploy().batch_get_deployment_groups().application_name(application);
        let answer = request.set_deployment_group_names(Some(names.to_vec())).send().await;
        let answer = match answer.map_err(|error| classify("codedeploy:BatchGetDeploymentGroups", application, &error))
        {
            Err(fault) if fault.code.as_deref() == Some("ApplicationDoesNotExistException") => break,
            answer => answer?,
        };
        let groups = answer.deployment_groups_info().iter();
        found.extend(groups.filter_map(|info| Some((info.deployment_group_name()?.to_owned(), of_info(info)))));
    }
    Ok(found)
}

/// How long the replaced task set is kept, unless it is kept for good.
pub(crate) fn termination_wait(configuration: &BlueGreenDeploymentConfiguration) -> Option<Duration> {
    let option = configuration.terminate_blue_instances_on_deployment_success()?;
    let minutes = u64::try_from(option.termination_wait_time_in_minutes()).unwrap_or_default();
    (option.action() != Some(&InstanceAction::KeepAlive)).then(|| Duration::from_mins(minutes))
}

fn pair(info: &LoadBalancerInfo) -> Option<&TargetGroupPairInfo> {
    info.target_group_pair_info_list().first()
}

/// Names of the two target groups.
pub(crate) fn target_groups(info: &LoadBalancerInfo) -> Vec<String> {
    let groups = pair(info).map(TargetGroupPairInfo::target_groups).unwrap_or_default();
    groups.iter().filter_map(|group| group.name().map(str::to_owned)).collect()
}

fn of_info(group: &DeploymentGroupInfo) -> DeploymentGroup {
    let alarms = group.alarm_configuration().filter(|configuration| configuration.enabled());
    let alarms = alarms.map(aws_sdk_codedeploy::types::AlarmConfiguration::alarms).unwrap_or_default();
    let pair = group.load_balancer_info().and_then(pair);
    let listeners =
        |route: Option<&TrafficRoute>| route.map(|route| route.listener_arns().to_vec()).unwrap_or_default();
    let last_attempted = group.last_attempted_deployment().and_then(|last| {
        let completed_at = last.end_time().and_then(deployment::timestamp);
        let id = last.deployment_id().unwrap_or_default().to_owned();
        Some(LastDeployment { id, created_at: deployment::timestamp(last.create_time()?)?, completed_at })
    });
    let ready = group.blue_green_deployment_configuration().and_then(|waits| waits.deployment_ready_option());
    let on_timeout = ready.and_then(|ready| ready.action_on_timeout());
    DeploymentGroup {
        alarms: alarms.iter().filter_map(|alarm| alarm.name().map(str::to_owned)).collect(),
        production_listeners: listeners(pair.and_then(|pair| pair.prod_traffic_route())),
        test_listeners: listeners(pair.and_then(|pair| pair.test_traffic_route())),
        target_groups: group.load_balancer_info().map(target_groups).unwrap_or_default(),
        last_attempted,
        waits_when_ready: on_timeout == Some(&DeploymentReadyAction::StopDeployment),
        service: group
            .ecs_services()
            .first()
            .and_then(|service| Some((service.cluster_name()?.to_owned(), service.service_name()?.to_owned()))),
        deployment_config: group.deployment_config_name().map(str::to_owned),
        termination_wait: group.blue_green_deployment_configuration().and_then(termination_wait),
    }
}
