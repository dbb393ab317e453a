//! Where a listener is.

use crate::{Env, Error, classify};
use aws_sdk_elasticloadbalancingv2::types::ProtocolEnum;

/// The URL of a listener: `http://name-of-the-load-balancer:8080`.
///
/// # Errors
/// If the listener or its load balancer cannot be read, or is not there.
pub async fn of_listener(env: &Env, listener_arn: &str) -> Result<String, Error> {
    let answer = env.elb().describe_listeners().listener_arns(listener_arn).send().await;
    let answer = answer.map_err(|error| classify("elasticloadbalancing:DescribeListeners", listener_arn, &error))?;
    let none = || Error::Unfit(format!("there is no listener {listener_arn} with a load balancer"));
    let listener = answer.listeners().first().ok_or_else(none)?;
    let load_balancer = listener.load_balancer_arn().ok_or_else(none)?;
    let port = listener.port().ok_or_else(none)?;
    let is_tls = matches!(listener.protocol(), Some(ProtocolEnum::Https | ProtocolEnum::Tls));
    let answer = env.elb().describe_load_balancers().load_balancer_arns(load_balancer).send().await;
    let answer =
        answer.map_err(|error| classify("elasticloadbalancing:DescribeLoadBalancers", load_balancer, &error))?;
    let name = answer.load_balancers().first().and_then(|balancer| balancer.dns_name()).ok_or_else(none)?;
    let scheme = if is_tls { "https" } else { "http" };
    Ok(format!("{scheme}://{name}:{port}"))
}
