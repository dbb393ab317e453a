//! `ModifyListener`.

use super::describe_listeners::{ListenerShape, describe, not_found};
use crate::operation::Operation;
use crate::value;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(crate) struct ModifyListener;

/// What a listener does with requests from now on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    listener_arn: String,
    #[serde(default)]
    default_actions: Vec<Action>,
}

/// `Action`, of the type `forward`: one target group, or several with their weights.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Action {
    r#type: String,
    target_group_arn: Option<String>,
    forward_config: Option<ForwardConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ForwardConfig {
    #[serde(default)]
    target_groups: Vec<Tuple>,
}

/// `TargetGroupTuple`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tuple {
    target_group_arn: String,
    #[serde(default, deserialize_with = "value::number")]
    weight: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    listeners: [ListenerShape; 1],
}

impl Operation for ModifyListener {
    const SERVICE: &'static str = "elasticloadbalancing";
    const NAME: &'static str = "ModifyListener";
    const CALLERS: &'static [&'static str] = &["guide: aws elbv2 modify-listener"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, _: &World) -> Vec<Permission> {
        vec![Permission::new("elasticloadbalancing:ModifyListener", &input.listener_arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let arn = &input.listener_arn;
        if !super::has_listener(world, arn) {
            return Err(not_found());
        }
        match input.default_actions.as_slice() {
            [] => {}
            [action] => {
                let weights = action.weights(world)?;
                super::set_weights(world, arn, weights);
            }
            _ => {
                return Err(AwsError::client(
                    "TooManyActionsException",
                    "a listener of the stage has one default action",
                ));
            }
        }
        let listener = world.elb.listeners.get(arn).ok_or_else(not_found)?;
        Ok(Output { listeners: [describe(world, arn, listener)] })
    }
}

impl Action {
    /// Target groups, by name, with their weights.
    fn weights(&self, world: &World) -> Result<BTreeMap<String, u32>, AwsError> {
        if self.r#type != "forward" {
            return Err(AwsError::client(
                "InvalidLoadBalancerActionException",
                format!("a listener of the stage forwards; its action cannot be {}", self.r#type),
            ));
        }
        let one = self.target_group_arn.iter().map(|arn| (arn, None));
        let several = self.forward_config.iter().flat_map(|config| &config.target_groups);
        let several: Vec<_> = several.map(|tuple| (&tuple.target_group_arn, tuple.weight)).collect();
        let wanted = if several.is_empty() { one.collect() } else { several };
        if wanted.is_empty() {
            return Err(super::invalid("A target group ARN or a forward config must be specified"));
        }
        let weigh = |(arn, weight): (&String, Option<u32>)| {
            let name = super::target_group_name(world, arn);
            let name = name.ok_or_else(|| {
                AwsError::client("TargetGroupNotFoundException", format!("Target groups '{arn}' not found"))
            })?;
            let weight = weight.unwrap_or(1);
            if weight > 999 {
                Err(super::invalid("The weight of a target group must be between 0 and 999"))
            } else {
                Ok((name, weight))
            }
        };
        wanted.into_iter().map(weigh).collect()
    }
}
