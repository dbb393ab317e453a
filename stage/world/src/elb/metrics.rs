//! What a load balancer reports to CloudWatch about the requests that it forwarded.
//!
//! Of AWS's metrics these are kept: `RequestCount`, `HTTPCode_Target_2XX_Count` to `5XX`, `TargetResponseTime` (real seconds:
//! a server does not get slower when the stage's time is compressed) and `HTTPCode_ELB_5XX_Count`. Zeros are not reported.

use crate::input::Access;
use crate::{World, cloudwatch};

const NAMESPACE: &str = "AWS/ApplicationELB";

/// A listener answered a request.
pub(crate) fn accessed(world: &mut World, access: &Access) {
    let Some(listener) = world.elb.listeners.get(&access.listener) else { return };
    // the dimensions are the ends of the ARNs
    let balancer = listener.balancer.split("loadbalancer/").nth(1).unwrap_or_default().to_owned();
    let group = access.target_group.as_ref().and_then(|name| world.elb.groups.get(name));
    let group = group.and_then(|group| group.settings.arn.rsplit(':').next()).map(str::to_owned);

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
