//! The role that ECS takes on when it deploys a service itself, for its load balancer; it is not the template's: a team has it
//! before. That for hooks is the template's.

use super::service_role::{allow, role_of};
use greenlight_world::Role;

/// Its name.
pub(super) const LOAD_BALANCERS: &str = "ecs-load-balancers";

/// The role, with what the managed policy `AmazonECSInfrastructureRolePolicyForLoadBalancers` has.
pub(super) fn load_balancers() -> Role {
    let actions = [
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:DeregisterTargets",
    ];
    let statement = vec![allow(&actions, &["*".to_owned()])];
    role_of(LOAD_BALANCERS, "ASIAECSLOADBALANCERS", "ecs.amazonaws.com", statement)
}
