//! `DescribeListeners`.

use super::Listener;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(crate) struct DescribeListeners;

/// Listeners, or the load balancer whose listeners are wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    listener_arns: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    listeners: Vec<ListenerShape>,
}

/// `Listener`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListenerShape {
    listener_arn: String,
    load_balancer_arn: String,
    /// On the stage it is the port that can really be connected to.
    port: u16,
    /// The stage's listeners have no TLS.
    protocol: &'static str,
    default_actions: [Action; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Action {
    r#type: &'static str,
    /// Only where there is one target group.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_group_arn: Option<String>,
    order: u32,
    forward_config: ForwardActionConfig,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ForwardActionConfig {
    target_groups: Vec<TargetGroupTuple>,
    target_group_stickiness_config: TargetGroupStickinessConfig,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetGroupTuple {
    target_group_arn: String,
    weight: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetGroupStickinessConfig {
    enabled: bool,
}

impl Operation for DescribeListeners {
    const SERVICE: &'static str = "elasticloadbalancing";
    const NAME: &'static str = "DescribeListeners";
    const CALLERS: &'static [&'static str] = &["smoke-test", "guide: aws elbv2 describe-listeners"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, _: &World) -> Vec<Permission> {
        // the service knows no resource for it
        vec![Permission::new("elasticloadbalancing:DescribeListeners", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let all = || world.elb.listeners.iter();
        let listeners: Vec<_> = match (&input.load_balancer_arn, input.listener_arns.as_slice()) {
            (None, []) => return Err(super::invalid("You must specify either listener ARNs or a load balancer ARN")),
            (Some(_), [_, ..]) => {
                return Err(super::invalid("Specify listener ARNs or a load balancer ARN, not both"));
            }
            (Some(balancer), []) => {
                super::describe_load_balancers::find(world, balancer)?;
                all().filter(|(_, listener)| listener.balancer == *balancer).collect()
            }
            (None, arns) => {
                let find = |arn: &String| world.elb.listeners.get_key_value(arn).ok_or_else(not_found);
                arns.iter().map(find).collect::<Result<_, _>>()?
            }
        };
        let listeners = listeners.into_iter().map(|(arn, listener)| describe(world, arn, listener)).collect();
        Ok(Output { listeners })
    }
}

pub(super) fn describe(world: &World, arn: &str, listener: &Listener) -> ListenerShape {
    ListenerShape {
        listener_arn: arn.to_owned(),
        load_balancer_arn: listener.balancer.clone(),
        port: listener.port,
        protocol: "HTTP",
        default_actions: [forward(world, &listener.weights)],
    }
}

/// What a listener or a rule does with a request: it forwards by these weights.
pub(super) fn forward(world: &World, weights: &BTreeMap<String, u32>) -> Action {
    let tuple = |(name, weight): (&String, &u32)| {
        let target_group_arn = super::target_group_arn(world, name)?;
        Some(TargetGroupTuple { target_group_arn, weight: *weight })
    };
    let target_groups: Vec<TargetGroupTuple> = weights.iter().filter_map(tuple).collect();
    let target_group_arn = match target_groups.as_slice() {
        [one] => Some(one.target_group_arn.clone()),
        _ => None,
    };
    let forward_config = ForwardActionConfig {
        target_groups,
        target_group_stickiness_config: TargetGroupStickinessConfig { enabled: false },
    };
    Action { r#type: "forward", target_group_arn, order: 1, forward_config }
}

pub(super) fn not_found() -> AwsError {
    AwsError::client("ListenerNotFoundException", "One or more listeners not found")
}
