//! Shapes that several operations share, after the CodeDeploy service model (version 2014-10-06).

use serde::{Deserialize, Serialize};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment_style: Option<DeploymentStyle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) blue_green_deployment_configuration: Option<BlueGreenDeploymentConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) load_balancer_info: Option<LoadBalancerInfo>,
    #[serde(default)]
    pub(super) ecs_services: Vec<EcsService>,
    /// Taken and forgotten: nothing on the stage reads a group's tags.
    #[serde(default, skip_serializing, rename = "tags")]
    pub(super) _tags: Vec<Tag>,
}

fn default_configuration() -> String {
    "CodeDeployDefault.ECSAllAtOnce".to_owned()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(dead_code, reason = "tags are read to refuse what is not one")]
pub(super) struct Tag {
    key: Option<String>,
    value: Option<String>,
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

#[derive(Debug, Clone, Serialize, Deserialize)]
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
