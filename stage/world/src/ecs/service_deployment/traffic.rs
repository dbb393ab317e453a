//! How listener rules are turned from one target group to the other.

use super::deployment::{Deployment, Routing};
use super::phase::{Phase, Stage};
use super::{engine, hooks, roles, rollback};
use crate::{FactKind, Side, World, elb};
use std::collections::BTreeMap;

/// `TEST_TRAFFIC_SHIFT`, or a step of `PRODUCTION_TRAFFIC_SHIFT`: the rule is turned first, the hooks come then.
pub(super) fn shift(world: &mut World, arn: &str, phase: Phase) {
    let side = if phase.stage == Stage::TestTrafficShift { Side::Test } else { Side::Production };
    let goes_back = engine::find(world, arn).is_some_and(|deployment| deployment.rollback.is_some());
    if !turn(world, arn, side, phase.green_percent) {
        if goes_back {
            rollback::failed(world, arn);
        }
        return;
    }
    hooks::begin(world, arn);
}

/// Before green is there: all of production traffic goes to blue by a rule that names both target groups. Targets of a group
/// that no listener knows are not checked, and an earlier deployment may have left some traffic elsewhere. Where there is no
/// blue yet, nobody answers. `false` if the role may not do it.
pub(super) fn keep_on_blue(world: &mut World, arn: &str) -> bool {
    turn(world, arn, Side::Production, 0.0)
}

/// Before a rolling update: what a deployment that shifted traffic left elsewhere comes back.
pub(super) fn settle(world: &mut World, arn: &str) {
    let routing = engine::find(world, arn).and_then(|deployment| deployment.routing.as_ref());
    if routing.is_some_and(|routing| !forwards(&elb::rule_weights(world, &routing.production), routing, (100, 0))) {
        keep_on_blue(world, arn);
    }
}

/// Gives green this share of a rule's requests; `false` if the role may not do it. Then the deployment is rolled back, unless it
/// is already.
fn turn(world: &mut World, arn: &str, side: Side, green_percent: f64) -> bool {
    let Some(deployment) = engine::find(world, arn) else { return false };
    let (deployment_id, goes_back) = (deployment.id().to_owned(), deployment.rollback.is_some());
    if let Some(routing) = deployment.routing.clone()
        && let Some(rule) = routing.rule(side).map(str::to_owned)
    {
        if let Err(reason) = roles::may_turn(world, &routing.role_arn, &rule) {
            if !goes_back {
                rollback::begin(world, arn, reason);
            }
            return false;
        }
        route(world, &routing, &rule, &deployment_id, (side, green_percent));
    }
    engine::update(world, arn, |deployment| match side {
        Side::Test => deployment.progress.test_percent = Some(green_percent),
        Side::Production => deployment.progress.production_percent = Some(green_percent),
    });
    true
}

fn route(world: &mut World, routing: &Routing, rule: &str, deployment_id: &str, (side, percent): (Side, f64)) {
    let (blue, green) = weights(percent);
    let before = elb::rule_weights(world, rule);
    let is_new = !forwards(&before, routing, (blue, green));
    let weights = BTreeMap::from([(routing.blue.clone(), blue), (routing.green.clone(), green)]);
    if before == weights {
        return;
    }
    elb::set_rule_weights(world, rule, weights.clone());
    if is_new {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let green_percent = percent.round() as u32;
        let deployment_id = Some(deployment_id.to_owned());
        world.tell(FactKind::TrafficShifted { deployment_id, listener: side, weights, green_percent });
    }
}

/// The weights of blue and green: percents, or tenths of them. A target group's weight is 999 at most.
fn weights(green_percent: f64) -> (u32, u32) {
    let tenths = (green_percent.clamp(0.0, 100.0) * 10.0).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    let tenths = tenths as u32;
    if tenths.is_multiple_of(10) { (100 - tenths / 10, tenths / 10) } else { (1000 - tenths, tenths) }
}

/// Whether these weights give the two sides their shares already, and nobody else anything.
fn forwards(weights: &BTreeMap<String, u32>, routing: &Routing, (blue, green): (u32, u32)) -> bool {
    let weight = |name: &String| u64::from(weights.get(name).copied().unwrap_or(0));
    let total: u64 = weights.values().copied().map(u64::from).sum();
    let (has_blue, has_green) = (weight(&routing.blue), weight(&routing.green));
    total > 0 && has_blue + has_green == total && has_green * u64::from(blue + green) == u64::from(green) * total
}

impl Routing {
    fn rule(&self, side: Side) -> Option<&str> {
        match side {
            Side::Production => Some(&self.production),
            Side::Test => self.test.as_deref(),
        }
    }
}

/// The revisions' shares as a hook is told them, in percent: those of the traffic that its stage is about.
pub(super) fn told(deployment: &Deployment, stage: Stage) -> (serde_json::Value, serde_json::Value) {
    let sides = [Some(&deployment.green), deployment.blue.as_ref()];
    let shares =
        sides.into_iter().flatten().filter_map(|side| Some((&side.revision, deployment.shares(&side.revision)?)));
    let number = |percent: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
        if percent.fract() == 0.0 { serde_json::json!(percent as i64) } else { serde_json::json!(percent) }
    };
    let (mut test, mut production) = (serde_json::Map::new(), serde_json::Map::new());
    for (revision, (of_production, of_test)) in shares {
        match stage {
            Stage::TestTrafficShift => drop(test.insert(revision.clone(), number(of_test))),
            Stage::PreProductionTrafficShift | Stage::ProductionTrafficShift => {
                production.insert(revision.clone(), number(of_production));
            }
            _ => {}
        }
    }
    (test.into(), production.into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn weights_are_percents_or_tenths_of_them() {
        for (percent, expected) in
            [(0.0, (100, 0)), (5.0, (95, 5)), (0.1, (999, 1)), (99.9, (1, 999)), (100.0, (0, 100))]
        {
            assert_eq!(super::weights(percent), expected, "{percent}");
        }
    }
}
