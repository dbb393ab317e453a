//! `DescribeTargetGroups`.

use super::Group;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct DescribeTargetGroups;

/// One of the three at most; without any, every target group is described.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    target_group_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    target_groups: Vec<TargetGroup>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the service model's names")]
struct TargetGroup {
    target_group_arn: String,
    target_group_name: String,
    protocol: &'static str,
    protocol_version: &'static str,
    port: u16,
    health_check_enabled: bool,
    health_check_protocol: &'static str,
    health_check_port: &'static str,
    health_check_path: String,
    health_check_interval_seconds: u64,
    health_check_timeout_seconds: u64,
    healthy_threshold_count: u32,
    unhealthy_threshold_count: u32,
    matcher: Matcher,
    load_balancer_arns: [String; 1],
    target_type: &'static str,
    ip_address_type: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Matcher {
    http_code: String,
}

impl Operation for DescribeTargetGroups {
    const SERVICE: &'static str = "elasticloadbalancing";
    const NAME: &'static str = "DescribeTargetGroups";
    const CALLERS: &'static [&'static str] = &["validate", "greenlight why", "guide: aws elbv2 describe-target-groups"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, _: &World) -> Vec<Permission> {
        // the service knows no resource for it
        vec![Permission::new("elasticloadbalancing:DescribeTargetGroups", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let by = [!input.names.is_empty(), !input.target_group_arns.is_empty(), input.load_balancer_arn.is_some()];
        if by.into_iter().filter(|given| *given).count() > 1 {
            return Err(super::invalid(
                "Specify names, target group ARNs or a load balancer ARN, not more than one of them",
            ));
        }
        let all = || world.elb.groups.values();
        let one = |found: Option<&Group>| found.map(describe).ok_or_else(not_found);
        let target_groups = if !input.names.is_empty() {
            input.names.iter().map(|name| one(world.elb.groups.get(name))).collect::<Result<_, _>>()?
        } else if !input.target_group_arns.is_empty() {
            let by_arn = |arn: &String| one(all().find(|group| group.settings.arn == *arn));
            input.target_group_arns.iter().map(by_arn).collect::<Result<_, _>>()?
        } else {
            let balancer = input.load_balancer_arn;
            if let Some(arn) = &balancer {
                super::describe_load_balancers::find(world, arn)?;
            }
            all().filter(|group| balancer.as_ref().is_none_or(|arn| *arn == group.balancer)).map(describe).collect()
        };
        Ok(Output { target_groups })
    }
}

fn describe(group: &Group) -> TargetGroup {
    let settings = &group.settings;
    TargetGroup {
        target_group_arn: settings.arn.clone(),
        target_group_name: settings.name.clone(),
        protocol: "HTTP",
        protocol_version: "HTTP1",
        port: settings.port,
        health_check_enabled: true,
        health_check_protocol: "HTTP",
        health_check_port: "traffic-port",
        health_check_path: settings.health_check_path.clone(),
        health_check_interval_seconds: settings.health_check_interval.as_secs(),
        health_check_timeout_seconds: settings.health_check_timeout.as_secs(),
        healthy_threshold_count: settings.healthy_threshold,
        unhealthy_threshold_count: settings.unhealthy_threshold,
        matcher: Matcher { http_code: settings.matcher.clone() },
        load_balancer_arns: [group.balancer.clone()],
        target_type: "ip",
        ip_address_type: "ipv4",
    }
}

pub(super) fn not_found() -> AwsError {
    AwsError::client("TargetGroupNotFoundException", "One or more target groups not found")
}
