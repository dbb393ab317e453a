//! `DescribeTargetHealth`.

use super::{Target, TargetState};
use crate::operation::Operation;
use crate::{AwsError, Permission, World, value};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddrV4};

pub(crate) struct DescribeTargetHealth;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    target_group_arn: String,
    #[serde(default)]
    targets: Vec<Wanted>,
}

/// `TargetDescription` of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Wanted {
    id: String,
    #[serde(default, deserialize_with = "value::number")]
    port: Option<u16>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    target_health_descriptions: Vec<TargetHealthDescription>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetHealthDescription {
    target: TargetDescription,
    health_check_port: String,
    target_health: TargetHealth,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetDescription {
    id: String,
    port: u16,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetHealth {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl Operation for DescribeTargetHealth {
    const SERVICE: &'static str = "elasticloadbalancing";
    const NAME: &'static str = "DescribeTargetHealth";
    const CALLERS: &'static [&'static str] = &["validate", "guide: aws elbv2 describe-target-health"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, _: &World) -> Vec<Permission> {
        // the service knows no resource for it
        vec![Permission::new("elasticloadbalancing:DescribeTargetHealth", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let group = world.elb.groups.values().find(|group| group.settings.arn == input.target_group_arn);
        let group = group.ok_or_else(super::describe_target_groups::not_found)?;
        let in_use = world.elb.listeners.values().any(|listener| listener.names(&group.settings.name));
        let health = |target: &Target| if in_use { health(target) } else { not_in_use() };
        let descriptions = if input.targets.is_empty() {
            group.targets.iter().map(|(at, target)| describe(*at, health(target))).collect()
        } else {
            let wanted = input.targets.iter().map(|wanted| address(wanted, group.settings.port));
            let addresses: Vec<SocketAddrV4> = wanted.collect::<Result<_, _>>()?;
            let known = |at: &SocketAddrV4| group.targets.get(at).map_or_else(not_registered, health);
            addresses.into_iter().map(|at| describe(at, known(&at))).collect()
        };
        Ok(Output { target_health_descriptions: descriptions })
    }
}

/// A target without a port has its group's.
fn address(wanted: &Wanted, port: u16) -> Result<SocketAddrV4, AwsError> {
    let ip: Ipv4Addr = wanted.id.parse().map_err(|_| {
        let message = format!("The IP address '{}' is not a valid IPv4 address", wanted.id);
        AwsError::client("InvalidTargetException", message)
    })?;
    Ok(SocketAddrV4::new(ip, wanted.port.unwrap_or(port)))
}

fn describe(at: SocketAddrV4, target_health: TargetHealth) -> TargetHealthDescription {
    TargetHealthDescription {
        target: TargetDescription { id: at.ip().to_string(), port: at.port() },
        health_check_port: at.port().to_string(),
        target_health,
    }
}

fn health(target: &Target) -> TargetHealth {
    let state = target.state.name();
    let (reason, description) = match target.state {
        TargetState::Healthy => return TargetHealth { state, reason: None, description: None },
        TargetState::Initial => ("Elb.RegistrationInProgress", "Target registration is in progress".to_owned()),
        TargetState::Draining => ("Target.DeregistrationInProgress", "Target deregistration is in progress".to_owned()),
        TargetState::Unhealthy => {
            let failure = target.failure.clone().unwrap_or_else(|| "Health checks failed".to_owned());
            let reason = if failure.contains("with these codes") {
                "Target.ResponseCodeMismatch"
            } else if failure.starts_with("Request timed out") {
                "Target.Timeout"
            } else {
                "Target.FailedHealthChecks"
            };
            (reason, failure)
        }
    };
    TargetHealth { state, reason: Some(reason), description: Some(description) }
}

fn not_in_use() -> TargetHealth {
    TargetHealth {
        state: "unused",
        reason: Some("Target.NotInUse"),
        description: Some("Target group is not configured to receive traffic from the load balancer".to_owned()),
    }
}

fn not_registered() -> TargetHealth {
    TargetHealth {
        state: "unused",
        reason: Some("Target.NotRegistered"),
        description: Some("Target is not registered to the target group".to_owned()),
    }
}
