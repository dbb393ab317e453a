//! `DescribeLoadBalancers`.

use super::Balancer;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct DescribeLoadBalancers;

/// One of the two at most; without any, every load balancer is described.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    #[serde(default)]
    load_balancer_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    load_balancers: Vec<LoadBalancer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the service model's names")]
struct LoadBalancer {
    load_balancer_arn: String,
    /// On the stage it is the address that the listeners really have.
    #[serde(rename = "DNSName")]
    dns_name: String,
    load_balancer_name: String,
    scheme: &'static str,
    state: State,
    r#type: &'static str,
    ip_address_type: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    code: &'static str,
}

impl Operation for DescribeLoadBalancers {
    const SERVICE: &'static str = "elasticloadbalancing";
    const NAME: &'static str = "DescribeLoadBalancers";
    const CALLERS: &'static [&'static str] = &["smoke-test", "guide: aws elbv2 describe-load-balancers"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, _: &World) -> Vec<Permission> {
        // the service knows no resource for it
        vec![Permission::new("elasticloadbalancing:DescribeLoadBalancers", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let balancers: Vec<&Balancer> = match (input.load_balancer_arns.as_slice(), input.names.as_slice()) {
            ([], []) => world.elb.balancers.iter().collect(),
            (arns, []) => arns.iter().map(|arn| find(world, arn)).collect::<Result<_, _>>()?,
            ([], names) => {
                let by_name = |name: &String| world.elb.balancers.iter().find(|balancer| balancer.name == *name);
                names.iter().map(|name| by_name(name).ok_or_else(not_found)).collect::<Result<_, _>>()?
            }
            _ => return Err(super::invalid("Specify load balancer ARNs or names, not both")),
        };
        Ok(Output { load_balancers: balancers.into_iter().map(describe).collect() })
    }
}

fn describe(balancer: &Balancer) -> LoadBalancer {
    LoadBalancer {
        load_balancer_arn: balancer.arn.clone(),
        dns_name: balancer.dns_name.clone(),
        load_balancer_name: balancer.name.clone(),
        scheme: "internet-facing",
        state: State { code: "active" },
        r#type: "application",
        ip_address_type: "ipv4",
    }
}

/// The load balancer with this ARN.
pub(super) fn find<'a>(world: &'a World, arn: &str) -> Result<&'a Balancer, AwsError> {
    world.elb.balancers.iter().find(|balancer| balancer.arn == arn).ok_or_else(not_found)
}

fn not_found() -> AwsError {
    AwsError::client("LoadBalancerNotFoundException", "One or more load balancers not found")
}
