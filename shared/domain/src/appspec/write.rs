//! An `AppSpec` as AWS's documentation prints it.

use super::{AppSpec, NetworkConfiguration};
use serde_json::{Map, Value, json};

pub(super) fn json(appspec: &AppSpec) -> Value {
    let mut properties = Map::new();
    properties.insert("TaskDefinition".to_owned(), json!(appspec.task_definition));
    let load_balancer = json!({"ContainerName": appspec.container_name, "ContainerPort": appspec.container_port});
    properties.insert("LoadBalancerInfo".to_owned(), load_balancer);
    if let Some(version) = &appspec.platform_version {
        properties.insert("PlatformVersion".to_owned(), json!(version));
    }
    if let Some(NetworkConfiguration { subnets, security_groups, assign_public_ip }) = &appspec.network_configuration {
        let assign = if *assign_public_ip { "ENABLED" } else { "DISABLED" };
        let network = json!({"AwsvpcConfiguration": {
            "Subnets": subnets, "SecurityGroups": security_groups, "AssignPublicIp": assign,
        }});
        properties.insert("NetworkConfiguration".to_owned(), network);
    }
    if !appspec.capacity_provider_strategy.is_empty() {
        let items = appspec
            .capacity_provider_strategy
            .iter()
            .map(|item| json!({"Base": item.base, "CapacityProvider": item.capacity_provider, "Weight": item.weight}));
        properties.insert("CapacityProviderStrategy".to_owned(), items.collect());
    }
    let mut root = Map::new();
    root.insert("version".to_owned(), json!(0.0));
    let resource = json!([{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}]);
    root.insert("Resources".to_owned(), resource);
    if !appspec.hooks.is_empty() {
        let hooks = appspec.hooks.iter().map(|hook| json!({hook.lifecycle_event.name(): hook.function}));
        root.insert("Hooks".to_owned(), hooks.collect());
    }
    Value::Object(root)
}
