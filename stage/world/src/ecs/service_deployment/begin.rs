//! What `CreateService` and `UpdateService` begin: a service revision, and a service deployment that brings it.

use super::configuration::{DeploymentConfiguration, Strategy};
use super::deployment::{Alarms, Breaker, Deployment, MonitorStatus, Progress, Routing, Side, Status};
use super::{Due, breaker, engine, phase, revision, scaling, stop};
use crate::ecs::service::{NewSet, Service, TaskSet, Traffic};
use crate::ecs::shapes::LoadBalancer;
use crate::ecs::task_definition::Revision;
use crate::ecs::{invalid_parameter, task_sets};
use crate::{AwsError, World, elb};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who acts in the name of the roles that a service names.
pub(in crate::ecs) const ROLE_SERVICE: &str = "ecs.amazonaws.com";

/// Whether a load balancer has what a strategy needs of it.
pub(in crate::ecs) fn check_traffic(
    world: &World,
    configuration: &DeploymentConfiguration,
    load_balancer: Option<&LoadBalancer>,
) -> Result<(), AwsError> {
    let strategy = configuration.strategy();
    let advanced = load_balancer.and_then(|balancer| balancer.advanced_configuration.as_ref());
    let refuse = |message: String| Err(invalid_parameter(message));
    match (strategy, load_balancer, advanced) {
        (Strategy::Linear | Strategy::Canary, None, _) => {
            return refuse("The deployment strategies LINEAR and CANARY need a load balancer.".to_owned());
        }
        (Strategy::BlueGreen | Strategy::Linear | Strategy::Canary, Some(_), None) => {
            return refuse("A load balancer needs an advancedConfiguration for this deployment strategy.".to_owned());
        }
        _ => {}
    }
    let (Some(balancer), Some(advanced)) = (load_balancer, advanced) else { return Ok(()) };
    let alternate = &advanced.alternate_target_group_arn;
    if elb::target_group_name(world, alternate).is_none() {
        return refuse(format!("Unable to find target group {alternate}."));
    }
    if *alternate == balancer.target_group_arn {
        return refuse("The alternate target group must be another one than the target group.".to_owned());
    }
    let rules = [Some(&advanced.production_listener_rule), advanced.test_listener_rule.as_ref()];
    match rules.into_iter().flatten().find(|rule| !elb::has_rule(world, rule)) {
        Some(rule) => refuse(format!("Unable to find listener rule {rule}.")),
        None => Ok(()),
    }
}

/// Begins a deployment of a service with its settings as they are now. It takes the place of one that is not over.
pub(in crate::ecs) fn begin(world: &mut World, key: &(String, String), revision: Arc<Revision>) {
    stop::replaced(world, key);
    let blue = scaling::restored(world, key);
    let Some(service) = world.ecs.services.get(key).cloned() else { return };
    let configuration = service.configuration.clone();
    let is_rolling = configuration.strategy() == Strategy::Rolling;
    let living = || service.task_sets.iter().filter(|set| !set.draining);
    let blue_set = blue.as_ref().and_then(|side| living().find(|set| set.id == side.task_set));
    let blue_traffic = blue_set.and_then(|set| set.traffic.clone());
    let routing = routing(world, &service, blue_traffic.as_ref(), is_rolling);
    let traffic = match &routing {
        Some(routing) if is_rolling => in_group(world, &service, &routing.blue),
        Some(routing) => in_group(world, &service, &routing.green),
        None => service.traffic.clone(),
    };
    let sources = living().filter_map(|set| set.service_revision.clone()).collect();
    let reconciles = living().any(|set| blue.as_ref().is_none_or(|blue| blue.task_set != set.id));
    let service_revision = revision::record(world, &service, revision.clone(), traffic.clone());
    let of = NewSet {
        external_id: None,
        service_revision: Some(service_revision.clone()),
        revision,
        traffic,
        network: service.network.clone(),
        platform_version: service.platform_version.clone(),
    };
    let set = TaskSet::new(world, key, of);
    let green = Side { revision: service_revision, task_set: set.id.clone() };
    let phases = phase::of_deployment(&configuration, reconciles, blue.is_some());
    let deployment = Deployment {
        arn: arn(world, key),
        number: world.ecs.service_deployments.len() as u64,
        service: key.clone(),
        status: Status::Pending,
        status_reason: None,
        created_at: world.now,
        started_at: None,
        finished_at: None,
        stopped_at: None,
        updated_at: world.now,
        sources,
        blue,
        green,
        routing,
        alarms: alarms(&configuration),
        breaker: breaker(&configuration, service.desired),
        rollback: None,
        executions: Vec::new(),
        details: BTreeMap::new(),
        phases,
        progress: Progress::default(),
        configuration,
    };
    let arn = deployment.arn.clone();
    world.ecs.service_deployments.insert(arn.clone(), deployment);
    add(world, key, TaskSet { quota: Some(0).filter(|_| !is_rolling), ..set });
    engine::wake(world, &arn, engine::LATENCY, Due::Start);
}

/// The new task set is the primary one from the beginning. In a rolling update all of its tasks start at once.
fn add(world: &mut World, key: &(String, String), set: TaskSet) {
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.task_definition.clone_from(&set.revision.arn);
        service.primary = Some(set.id.clone());
    }
    task_sets::add(world, key, set);
}

fn arn(world: &mut World, (cluster, service): &(String, String)) -> String {
    let bytes: [u8; 16] = std::array::from_fn(|_| world.rng.u8(..));
    let id = URL_SAFE_NO_PAD.encode(bytes);
    world.arn("ecs", &format!("service-deployment/{cluster}/{service}/{id}"))
}

/// The target groups swap their roles with every deployment. A rolling update stays in the one that has the traffic.
fn routing(world: &World, service: &Service, blue: Option<&Traffic>, is_rolling: bool) -> Option<Routing> {
    let configured = service.traffic.as_ref()?;
    let advanced = configured.load_balancer.advanced_configuration.as_ref()?;
    let first = configured.target_group.clone();
    let second = elb::target_group_name(world, &advanced.alternate_target_group_arn)?;
    let first_is_blue = blue.map_or(is_rolling, |blue| blue.target_group == first);
    let (blue, green) = if first_is_blue { (first, second) } else { (second, first) };
    Some(Routing {
        production: advanced.production_listener_rule.clone(),
        test: advanced.test_listener_rule.clone(),
        role_arn: advanced.role_arn.clone(),
        blue,
        green,
    })
}

/// Where tasks take traffic when they are in this target group.
fn in_group(world: &World, service: &Service, group: &str) -> Option<Traffic> {
    let configured = service.traffic.as_ref()?;
    let target_group_arn = elb::target_group_arn(world, group)?;
    let load_balancer = LoadBalancer { target_group_arn, ..configured.load_balancer.clone() };
    Some(Traffic { target_group: group.to_owned(), load_balancer })
}

fn alarms(configuration: &DeploymentConfiguration) -> Alarms {
    let alarms = configuration.alarms.as_ref().filter(|alarms| alarms.enable);
    Alarms {
        status: if alarms.is_some() { MonitorStatus::Monitoring } else { MonitorStatus::Disabled },
        names: alarms.map(|alarms| alarms.alarm_names.clone()).unwrap_or_default(),
        triggered: Vec::new(),
        rolls_back: alarms.is_some_and(|alarms| alarms.rollback),
    }
}

fn breaker(configuration: &DeploymentConfiguration, desired: u32) -> Breaker {
    let breaker = configuration.deployment_circuit_breaker.filter(|breaker| breaker.enable);
    let is_used = breaker.is_some() && configuration.strategy() == Strategy::Rolling;
    Breaker {
        status: if is_used { MonitorStatus::Monitoring } else { MonitorStatus::Disabled },
        failures: 0,
        threshold: breaker::threshold(desired),
    }
}
