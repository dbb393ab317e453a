//! Where the test traffic goes in, which shows green before users see it.

use crate::controller::Controller;
use crate::hook::Context;
use crate::{Env, Error, address, classify, deployment_group};
use aws_sdk_elasticloadbalancingv2::types::RuleCondition;

/// A place at which green can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// `http://name-of-the-load-balancer:8080`.
    pub base_url: String,
    /// Headers without which a request does not get to green.
    pub headers: Vec<(String, String)>,
}

impl From<String> for Entrance {
    fn from(base_url: String) -> Self {
        Self { base_url, headers: Vec::new() }
    }
}

/// The entrance of the test traffic. `None` if ECS deploys without one; `CodeDeploy` does not ask then.
///
/// # Errors
/// If it cannot be read, or `CodeDeploy` asks although there is none.
pub async fn entrance(env: &Env, context: &Context) -> Result<Option<Entrance>, Error> {
    match &context.controller {
        Controller::CodeDeploy(told) => {
            let group = deployment_group::named(env, &told.application, &told.deployment_group).await?;
            let Some(listener) = group.test_listeners.first() else {
                return Err(Error::Unfit(format!(
                    "deployment group {} has no test listener, and the plan does not say where green is; add a test \
                     listener, or `base-url` to [smoke-test-defaults]",
                    told.deployment_group
                )));
            };
            Ok(Some(address::of_listener(env, listener).await?.into()))
        }
        Controller::Ecs(told) => match &told.green.test_listener_rule {
            Some(rule) => of_rule(env, rule).await.map(Some),
            None => Ok(None),
        },
    }
}

/// The listener of a rule, with what its conditions ask for. A Network Load Balancer has listeners only.
async fn of_rule(env: &Env, arn: &str) -> Result<Entrance, Error> {
    let Some(listener) = listener(arn) else { return Ok(address::of_listener(env, arn).await?.into()) };
    let answer = env.elb().describe_rules().rule_arns(arn).send().await;
    let answer = answer.map_err(|error| classify("elasticloadbalancing:DescribeRules", arn, &error))?;
    let none = || Error::Unfit(format!("there is no listener rule {arn}"));
    let headers = headers(answer.rules().first().ok_or_else(none)?.conditions())?;
    Ok(Entrance { base_url: address::of_listener(env, &listener).await?, headers })
}

/// The listener's ARN in that of its rule: `…:listener-rule/app/NAME/BALANCER/LISTENER/RULE`.
fn listener(rule: &str) -> Option<String> {
    let (begin, rest) = rule.split_once(":listener-rule/")?;
    let (listener, _) = rest.rsplit_once('/')?;
    Some(format!("{begin}:listener/{listener}"))
}

/// The headers that a request needs to meet the conditions. Those on paths and the like are the checks' own affair.
fn headers(conditions: &[RuleCondition]) -> Result<Vec<(String, String)>, Error> {
    let mut headers = Vec::new();
    for condition in conditions {
        let host = condition.host_header_config().map(|host| ("Host", host.values()));
        let header = condition.http_header_config().map(|of| (of.http_header_name().unwrap_or_default(), of.values()));
        let Some((name, values)) = header.or(host) else { continue };
        // a wildcard stands for what nobody knows here
        let Some(value) = values.iter().find(|value| !value.contains(['*', '?'])) else {
            return Err(Error::Unfit(format!(
                "the rule of the test listener wants a header {name} and names no value without a wildcard; write the header \
                 into [smoke-test-defaults] and where green is into its `base-url`"
            )));
        };
        headers.push((name.to_owned(), value.clone()));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::{RuleCondition, headers, listener};
    use aws_sdk_elasticloadbalancingv2::types::{
        HostHeaderConditionConfig, HttpHeaderConditionConfig, PathPatternConditionConfig,
    };

    fn header(name: &str, values: &[&str]) -> RuleCondition {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let config = HttpHeaderConditionConfig::builder().http_header_name(name).set_values(Some(values)).build();
        RuleCondition::builder().field("http-header").http_header_config(config).build()
    }

    #[test]
    fn a_rule_names_its_listener() {
        let rule = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/shop/1/2/3";
        let expected = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/2";
        assert_eq!(listener(rule).as_deref(), Some(expected));
        assert_eq!(listener(expected), None);
    }

    #[test]
    fn conditions_become_headers() {
        let host = HostHeaderConditionConfig::builder().values("*.example.com").values("test.example.com").build();
        let conditions = [
            RuleCondition::builder().field("host-header").host_header_config(host).build(),
            RuleCondition::builder()
                .field("path-pattern")
                .path_pattern_config(PathPatternConditionConfig::builder().values("/*").build())
                .build(),
            header("X-Test", &["green", "blue"]),
        ];
        let expected = [("Host", "test.example.com"), ("X-Test", "green")];
        assert_eq!(headers(&conditions).unwrap(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(headers(&[]).unwrap(), []);
        let message = headers(&[header("X-Test", &["g*"])]).unwrap_err().to_string();
        assert!(message.contains("X-Test") && message.contains("base-url"), "{message}");
    }
}
