//! How listeners are turned from one target group to the other.

use super::deployment::{Deployment, EventName, Sides};
use super::{Due, engine, service_role, steadiness};
use crate::{FactKind, Permission, Side, World, ecs, elb};
use std::collections::BTreeMap;

/// `AllowTestTraffic`: the test listener goes to green; in a rollback, back to blue.
pub(super) fn allow_test_traffic(world: &mut World, id: &str) {
    if !may_turn(world, id, Side::Test) {
        return;
    }
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let percent = if deployment.is_rollback() { 0 } else { 100 };
    route(world, id, Side::Test, percent);
    engine::event_succeeded(world, id);
}

/// `AllowTraffic` begins: with the first step at once.
pub(super) fn begin(world: &mut World, id: &str) {
    if !may_turn(world, id, Side::Production) {
        return;
    }
    if world.codedeploy.deployments.get(id).is_some_and(Deployment::is_rollback) {
        route(world, id, Side::Production, 0);
        arrived(world, id);
        return;
    }
    steadiness::look(world, id);
    shift(world, id);
}

/// Whether the group's service role may turn a listener; if not, the lifecycle event has failed.
fn may_turn(world: &mut World, id: &str, side: Side) -> bool {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return false };
    let listener = deployment.sides.listener(side).into_iter();
    let needed: Vec<_> = listener.map(|arn| Permission::new("elasticloadbalancing:ModifyListener", arn)).collect();
    let checked = service_role::check(world, id, "AmazonElasticLoadBalancing", &needed);
    checked.map_err(|failure| engine::event_failed(world, id, failure)).is_ok()
}

/// The next step of the shift; the last one makes green the primary task set.
pub(super) fn shift(world: &mut World, id: &str) {
    let taken = engine::update(world, id, |deployment| {
        if deployment.in_progress() != Some(EventName::AllowTraffic) {
            return None;
        }
        let step = deployment.steps.get(deployment.progress.next_step).copied()?;
        deployment.progress.next_step += 1;
        Some((step, deployment.steps.get(deployment.progress.next_step).copied()))
    });
    let Some(Some((step, next))) = taken else { return };
    route(world, id, Side::Production, step.green_percent);
    if let Some(next) = next {
        engine::wake(world, id, next.after, Due::Shift);
        return;
    }
    arrived(world, id);
}

/// All production traffic is where it shall be: the task set there is the primary one.
fn arrived(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let (cluster, service) = (deployment.cluster.clone(), deployment.service.clone());
    if let Some(task_set) = deployment.replacement().map(str::to_owned) {
        // a task set that is gone cannot serve either: its target group answers for itself
        let _ = ecs::make_primary(world, &cluster, &service, &task_set);
    }
    engine::event_succeeded(world, id);
}

/// Before green is installed: the production listener becomes a weighted forward, all of it to blue. Targets of a group that no
/// listener knows are not checked, and an earlier deployment that failed without a rollback may have left some traffic there.
/// `false` if the service role may not do it: the lifecycle event has failed then.
pub(super) fn keep_on_blue(world: &mut World, id: &str) -> bool {
    let may = may_turn(world, id, Side::Production);
    if may {
        route(world, id, Side::Production, 0);
    }
    may
}

/// Gives green this share of a listener's requests and blue the rest.
fn route(world: &mut World, id: &str, side: Side, green_percent: u32) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let sides = &deployment.sides;
    let Some(listener) = sides.listener(side).map(str::to_owned) else { return };
    let green_percent = green_percent.min(100);
    let before = elb::weights(world, &listener);
    let is_new = !forwards(&before, sides, green_percent);
    if !is_new && before.contains_key(&sides.green_target_group) {
        return;
    }
    let weights = BTreeMap::from([
        (sides.blue_target_group.clone(), 100 - green_percent),
        (sides.green_target_group.clone(), green_percent),
    ]);
    elb::set_weights(world, &listener, weights.clone());
    if is_new {
        let deployment_id = Some(id.to_owned());
        world.tell(FactKind::TrafficShifted { deployment_id, listener: side, weights, green_percent });
    }
}

/// Whether these weights give green this share already, and nobody else anything.
fn forwards(weights: &BTreeMap<String, u32>, sides: &Sides, green_percent: u32) -> bool {
    let weight = |name: &String| u64::from(weights.get(name).copied().unwrap_or(0));
    let total: u64 = weights.values().copied().map(u64::from).sum();
    let (blue, green) = (weight(&sides.blue_target_group), weight(&sides.green_target_group));
    total > 0 && blue + green == total && green * 100 == u64::from(green_percent) * total
}
