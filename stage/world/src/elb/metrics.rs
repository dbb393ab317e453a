//! What a load balancer reports to CloudWatch about its targets and the requests that it forwarded.
//!
//! Of AWS's metrics these are kept: `HealthyHostCount`, `UnHealthyHostCount`, `RequestCount`, `HTTPCode_Target_2XX_Count` to `5XX`, `TargetResponseTime` (real seconds:
//! a server does not get slower when the stage's time is compressed) and `HTTPCode_ELB_5XX_Count`. Zeros are not reported.

use super::{Group, TargetState};
use crate::input::Access;
use crate::{World, cloudwatch};

const NAMESPACE: &str = "AWS/ApplicationELB";

/// A listener answered a request.
pub(crate) fn accessed(world: &mut World, access: &Access) {
    let Some(listener) = world.elb.listeners.get(&access.listener) else { return };
    let balancer = balancer_dimension(&listener.balancer);
    let group = access.target_group.as_ref().and_then(|name| world.elb.groups.get(name)).map(group_dimension);

    let whole = vec![("LoadBalancer", balancer.clone())];
    let mut dimensions = vec![whole.clone()];
    dimensions.extend(group.map(|group| vec![("LoadBalancer", balancer), ("TargetGroup", group)]));
    if access.target_status.is_none() && access.status >= 500 {
        cloudwatch::record(world, NAMESPACE, "HTTPCode_ELB_5XX_Count", &whole, "Count", 1.0);
    }
    if access.target.is_none() {
        return;
    }
    for dimensions in dimensions {
        let mut record =
            |name: &str, unit: &str, value| cloudwatch::record(world, NAMESPACE, name, &dimensions, unit, value);
        record("RequestCount", "Count", 1.0);
        if let Some(status) = access.target_status {
            record(&format!("HTTPCode_Target_{}XX_Count", status / 100), "Count", 1.0);
            record("TargetResponseTime", "Seconds", access.duration.as_secs_f64());
        }
    }
}

/// Every target group that has targets reports them.
pub(crate) fn report_hosts(world: &mut World) {
    let groups: Vec<String> = world.elb.groups.keys().cloned().collect();
    for group in groups {
        report_hosts_of(world, &group);
    }
}

/// How many targets of a group are healthy, and how many are not. Those that are new or leave are neither.
pub(super) fn report_hosts_of(world: &mut World, group: &str) {
    let Some(group) = world.elb.groups.get(group).filter(|group| !group.targets.is_empty()) else { return };
    let dimensions = [("LoadBalancer", balancer_dimension(&group.balancer)), ("TargetGroup", group_dimension(group))];
    let count = |state| group.targets.values().filter(|target| target.state == state).count();
    let (healthy, unhealthy) = (count(TargetState::Healthy), count(TargetState::Unhealthy));
    for (name, count) in [("HealthyHostCount", healthy), ("UnHealthyHostCount", unhealthy)] {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        cloudwatch::record(world, NAMESPACE, name, &dimensions, "Count", count);
    }
}

/// Dimensions are the ends of ARNs: `app/shop/0123456789abcdef`.
fn balancer_dimension(arn: &str) -> String {
    arn.split("loadbalancer/").nth(1).unwrap_or_default().to_owned()
}

/// `targetgroup/blue/0123456789abcdef`.
fn group_dimension(group: &Group) -> String {
    group.settings.arn.rsplit(':').next().unwrap_or_default().to_owned()
}
