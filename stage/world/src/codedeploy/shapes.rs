//! Shapes that several operations share, after the CodeDeploy service model (version 2014-10-06).

use super::configuration::{self, Routing};
use crate::AwsError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a deployment group is told when it is created, and tells when it is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeploymentGroupSettings {
    pub(super) application_name: String,
    pub(super) deployment_group_name: String,
    #[serde(default = "default_configuration")]
    pub(super) deployment_config_name: String,
    pub(super) service_role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auto_rollback_configuration: Option<AutoRollbackConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alarm_configuration: Option<AlarmConfiguration>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) trigger_configurations: Vec<TriggerConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment_style: Option<DeploymentStyle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) blue_green_deployment_configuration: Option<BlueGreenDeploymentConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) load_balancer_info: Option<LoadBalancerInfo>,
    #[serde(default)]
    pub(super) ecs_services: Vec<EcsService>,
    /// Checked and forgotten: nothing on the stage reads a group's tags.
    #[serde(default, skip_serializing)]
    pub(super) tags: Vec<Tag>,
}

fn default_configuration() -> String {
    "CodeDeployDefault.ECSAllAtOnce".to_owned()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    key: Option<String>,
    value: Option<String>,
}

/// Whether a resource can have these tags: those of every AWS service.
pub(super) fn check_tags(tags: &[Tag]) -> Result<(), AwsError> {
    const MOST: usize = 50;
    let invalid = |message: String| Err(AwsError::client("InvalidTagsToAddException", message));
    if tags.len() > MOST {
        return invalid(format!("A resource can have at most {MOST} tags"));
    }
    for tag in tags {
        let (key, value) = (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref().unwrap_or_default());
        if key.is_empty() || key.chars().count() > 128 || key.to_lowercase().starts_with("aws:") {
            return invalid(format!(
                "A tag's key has 1 to 128 characters and does not begin with aws:, unlike {key:?}"
            ));
        }
        if value.chars().count() > 256 {
            return invalid(format!("The value of the tag {key} has more than 256 characters"));
        }
    }
    let keys: BTreeSet<_> = tags.iter().map(|tag| &tag.key).collect();
    if keys.len() < tags.len() {
        return invalid("A tag is there twice".to_owned());
    }
    Ok(())
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AutoRollbackConfiguration {
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) events: Vec<String>,
}

impl AutoRollbackConfiguration {
    /// Whether a deployment with this configuration is rolled back after `event`.
    pub(super) fn covers(&self, event: &str) -> bool {
        self.enabled && self.events.iter().any(|known| known == event)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AlarmConfiguration {
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) ignore_poll_alarm_failure: bool,
    #[serde(default)]
    pub(super) alarms: Vec<Alarm>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Alarm {
    pub(super) name: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are those of the service model")]
pub(super) struct TriggerConfig {
    #[serde(default)]
    pub(super) trigger_name: String,
    #[serde(default)]
    pub(super) trigger_target_arn: String,
    #[serde(default)]
    pub(super) trigger_events: Vec<String>,
}

impl TriggerConfig {
    pub(super) fn wants(&self, event: &str) -> bool {
        self.trigger_events.iter().any(|wanted| wanted == event)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeploymentStyle {
    pub(super) deployment_type: Option<String>,
    pub(super) deployment_option: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BlueGreenDeploymentConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) terminate_blue_instances_on_deployment_success: Option<BlueInstanceTerminationOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment_ready_option: Option<DeploymentReadyOption>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BlueInstanceTerminationOption {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) termination_wait_time_in_minutes: Option<u32>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeploymentReadyOption {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action_on_timeout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wait_time_in_minutes: Option<u32>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LoadBalancerInfo {
    #[serde(default)]
    pub(super) target_group_pair_info_list: Vec<TargetGroupPairInfo>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TargetGroupPairInfo {
    #[serde(default)]
    pub(super) target_groups: Vec<TargetGroupInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prod_traffic_route: Option<TrafficRoute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) test_traffic_route: Option<TrafficRoute>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TargetGroupInfo {
    pub(super) name: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TrafficRoute {
    #[serde(default)]
    pub(super) listener_arns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EcsService {
    pub(super) service_name: String,
    pub(super) cluster_name: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TrafficRoutingConfig {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_based_canary: Option<TimeBasedCanary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_based_linear: Option<TimeBasedLinear>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TimeBasedCanary {
    canary_percentage: u32,
    canary_interval: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TimeBasedLinear {
    linear_percentage: u32,
    linear_interval: u32,
}

impl TrafficRoutingConfig {
    /// What a configuration with this shape does.
    pub(super) fn read(self) -> Result<Routing, AwsError> {
        match (self.kind.as_deref(), self.time_based_canary, self.time_based_linear) {
            (Some("AllAtOnce"), None, None) => Ok(Routing::AllAtOnce),
            (Some("TimeBasedCanary"), Some(canary), None) => {
                Routing::Canary { percentage: canary.canary_percentage, interval: canary.canary_interval }.check()
            }
            (Some("TimeBasedLinear"), None, Some(linear)) => {
                Routing::Linear { percentage: linear.linear_percentage, interval: linear.linear_interval }.check()
            }
            (Some("AllAtOnce" | "TimeBasedCanary" | "TimeBasedLinear"), _, _) => {
                Err(configuration::invalid("it needs the one member that its type names"))
            }
            _ => Err(configuration::invalid("its type has to be TimeBasedCanary, TimeBasedLinear or AllAtOnce")),
        }
    }

    pub(super) fn of(routing: Routing) -> Self {
        let kind = |kind: &str| Some(kind.to_owned());
        match routing {
            Routing::AllAtOnce => Self { kind: kind("AllAtOnce"), ..Self::default() },
            Routing::Canary { percentage, interval } => Self {
                kind: kind("TimeBasedCanary"),
                time_based_canary: Some(TimeBasedCanary { canary_percentage: percentage, canary_interval: interval }),
                time_based_linear: None,
            },
            Routing::Linear { percentage, interval } => Self {
                kind: kind("TimeBasedLinear"),
                time_based_canary: None,
                time_based_linear: Some(TimeBasedLinear { linear_percentage: percentage, linear_interval: interval }),
            },
        }
    }
}
