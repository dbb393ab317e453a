//! Shapes that several operations share, after the ECS service model (version 2014-11-13).

use serde::{Deserialize, Serialize};

/// `NetworkConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NetworkConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) awsvpc_configuration: Option<AwsVpcConfiguration>,
}

/// `AwsVpcConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AwsVpcConfiguration {
    pub(crate) subnets: Vec<String>,
    #[serde(default)]
    pub(crate) security_groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assign_public_ip: Option<String>,
}
