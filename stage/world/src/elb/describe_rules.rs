//! `DescribeRules`.

use super::describe_listeners::{Action, forward, not_found};
use super::rules;
use crate::forwarding::Condition;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct DescribeRules;

/// Rules, or the listener whose rules are wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    listener_arn: Option<String>,
    #[serde(default)]
    rule_arns: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    rules: Vec<RuleShape>,
}

/// `Rule`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RuleShape {
    rule_arn: String,
    priority: String,
    conditions: Vec<ConditionShape>,
    actions: [Action; 1],
    is_default: bool,
}

/// `RuleCondition`, with the configuration of its one field.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ConditionShape {
    field: &'static str,
    /// As long as there were no configurations, hosts and paths stood here; they still do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_header_config: Option<ConfigShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_header_config: Option<ConfigShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_pattern_config: Option<ConfigShape>,
}

/// `HttpHeaderConditionConfig`, `HostHeaderConditionConfig` or `PathPatternConditionConfig`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    http_header_name: Option<String>,
    values: Vec<String>,
}

impl Operation for DescribeRules {
    const SERVICE: &'static str = "elasticloadbalancing";
    const NAME: &'static str = "DescribeRules";
    const CALLERS: &'static [&'static str] = &["smoke-test"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, _: &World) -> Vec<Permission> {
        // the service knows no resource for it
        vec![Permission::new("elasticloadbalancing:DescribeRules", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let rules = match (&input.listener_arn, input.rule_arns.as_slice()) {
            (None, []) => return Err(super::invalid("You must specify either listener rule ARNs or a listener ARN")),
            (Some(_), [_, ..]) => return Err(super::invalid("Specify listener rule ARNs or a listener ARN, not both")),
            (Some(arn), []) => rules::of_listener(arn, world.elb.listeners.get(arn).ok_or_else(not_found)?),
            (None, arns) if arns.iter().all(|arn| rules::has_rule(world, arn)) => arns.to_vec(),
            (None, _) => return Err(AwsError::client("RuleNotFoundException", "One or more rules not found")),
        };
        let describe = |rule_arn: String| {
            let actions = [forward(world, &rules::rule_weights(world, &rule_arn))];
            let rule = rules::find(world, &rule_arn);
            RuleShape {
                rule_arn,
                priority: rule.map_or_else(|| "default".to_owned(), |rule| rule.priority.to_string()),
                conditions: rule.map(|rule| rule.conditions.iter().map(condition).collect()).unwrap_or_default(),
                actions,
                is_default: rule.is_none(),
            }
        };
        Ok(Output { rules: rules.into_iter().map(describe).collect() })
    }
}

fn condition(condition: &Condition) -> ConditionShape {
    let config = |values: &[String]| Some(ConfigShape { http_header_name: None, values: values.to_vec() });
    match condition {
        Condition::HttpHeader { name, values } => {
            let http_header_config = Some(ConfigShape { http_header_name: Some(name.clone()), values: values.clone() });
            ConditionShape { field: "http-header", http_header_config, ..ConditionShape::default() }
        }
        Condition::HostHeader(values) => {
            let (values, host_header_config) = (values.clone(), config(values));
            ConditionShape { field: "host-header", values, host_header_config, ..ConditionShape::default() }
        }
        Condition::PathPattern(values) => {
            let (values, path_pattern_config) = (values.clone(), config(values));
            ConditionShape { field: "path-pattern", values, path_pattern_config, ..ConditionShape::default() }
        }
    }
}
