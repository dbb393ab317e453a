//! Target groups and the health of their targets.

use crate::{Env, Error, classify};
use greenlight_domain::validate::Target;

/// A target group, as metrics know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: String,
    /// ARNs of the load balancers that route to it.
    pub load_balancers: Vec<String>,
}

impl TargetGroup {
    /// What metrics call it: `targetgroup/blue/0123456789abcdef`.
    pub fn dimension(&self) -> Option<&str> {
        self.arn.rsplit(':').next()
    }

    /// What metrics call the load balancer that routes to it: `app/shop/0123456789abcdef`.
    pub fn load_balancer(&self) -> Option<&str> {
        self.load_balancers.first()?.split("loadbalancer/").nth(1)
    }
}

/// Reads the health of a target group's targets.
pub async fn read(env: &Env, target_group: &str) -> Result<Vec<Target>, Error> {
    let answer = env.elb().describe_target_health().target_group_arn(target_group).send().await;
    let answer = answer.map_err(|error| classify("elasticloadbalancing:DescribeTargetHealth", target_group, &error))?;
    let described = answer.target_health_descriptions().iter().map(|described| {
        let target = described.target().map(|target| {
            let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}{port}", target.id().unwrap_or_default())
        });
        let health = described.target_health();
        let code = health.and_then(|health| health.reason()).map(|reason| reason.as_str().to_owned());
        let words = health.and_then(|health| health.description()).map(str::to_owned);
        Target {
            target: target.unwrap_or_default(),
            state: health
                .and_then(|health| health.state())
                .map_or_else(|| "unavailable".to_owned(), |state| state.as_str().to_owned()),
            reason: [code, words].into_iter().flatten().collect::<Vec<_>>().join(": "),
        }
    });
    Ok(described.collect())
}

/// Reads target groups by their names, or by their ARNs.
pub async fn groups(env: &Env, names: &[String]) -> Result<Vec<TargetGroup>, Error> {
    let request = env.elb().describe_target_groups();
    let request = if names.iter().all(|name| name.starts_with("arn:")) {
        request.set_target_group_arns(Some(names.to_vec()))
    } else {
        request.set_names(Some(names.to_vec()))
    };
    let answer = request.send().await;
    let answer =
        answer.map_err(|error| classify("elasticloadbalancing:DescribeTargetGroups", &names.join(", "), &error))?;
    let group = |group: &aws_sdk_elasticloadbalancingv2::types::TargetGroup| {
        let load_balancers = group.load_balancer_arns().to_vec();
        Some(TargetGroup { arn: group.target_group_arn()?.to_owned(), load_balancers })
    };
    Ok(answer.target_groups().iter().filter_map(group).collect())
}
