//! What ECS does in the name of the roles that a service names.

use super::begin::ROLE_SERVICE;
use crate::{Permission, World, elb, iam};

fn may(world: &mut World, role_arn: &str, needed: &Permission) -> Result<(), String> {
    if iam::service_may_as(world, ROLE_SERVICE, role_arn, needed) {
        return Ok(());
    }
    Err(format!("ECS was unable to assume the role {role_arn}, or the role does not allow {}.", needed.action))
}

/// Whether the load balancer's role may turn a rule.
pub(super) fn may_turn(world: &mut World, role_arn: &str, rule: &str) -> Result<(), String> {
    let needed = elb::needed_to_change(world, rule);
    may(world, role_arn, &needed)
}

/// Whether the load balancer's role may register tasks in these target groups, by ARN.
pub(super) fn may_register(world: &mut World, role_arn: &str, groups: &[String]) -> Result<(), String> {
    let actions = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"];
    for action in actions {
        for group in groups {
            may(world, role_arn, &Permission::new(action, group))?;
        }
    }
    Ok(())
}

/// Whether a hook's role may invoke its function.
pub(super) fn may_invoke(world: &mut World, role_arn: &str, function: &str) -> Result<(), String> {
    may(world, role_arn, &Permission::new("lambda:InvokeFunction", function))
}
