//! From a tree of values to an `AppSpec`.

use super::{AppSpec, CapacityProviderStrategyItem, Hook, NetworkConfiguration};
use crate::document::{Data, Node, Reader, Table};
use crate::lifecycle::LifecycleEvent;
use crate::problem::Problems;
use crate::suggest;

const ROOT: &[&str] = &["version", "Resources", "Hooks"];
const RESOURCE: &[&str] = &["TargetService"];
const TARGET: &[&str] = &["Type", "Properties"];
const PROPERTIES: &[&str] =
    &["TaskDefinition", "LoadBalancerInfo", "PlatformVersion", "NetworkConfiguration", "CapacityProviderStrategy"];
const LOAD_BALANCER: &[&str] = &["ContainerName", "ContainerPort"];
const NETWORK: &[&str] = &["AwsvpcConfiguration"];
const AWSVPC: &[&str] = &["Subnets", "SecurityGroups", "AssignPublicIp"];
const CAPACITY: &[&str] = &["Base", "CapacityProvider", "Weight"];

pub(super) fn appspec(text: &str, source: &str) -> Result<AppSpec, Problems> {
    let root = Node::from_yaml(text, source)?;
    let mut reader = Reader::new(source);
    let read = root_table(&mut reader, &root);
    reader.finish(())?;
    read.ok_or_else(|| Problems::one(source, root.place, "expected an AppSpec"))
}

fn root_table(reader: &mut Reader, root: &Node) -> Option<AppSpec> {
    let table = reader.table_in_any_case(root, "", ROOT)?;
    version(reader, table);
    let hooks = table.get("Hooks").map(|node| hooks(reader, node)).unwrap_or_default();
    let resources = reader.required(table, "", "Resources", "Resources with the TargetService to deploy")?;
    let items = reader.as_list(resources, "Resources", "resources");
    if items.len() > 1 {
        let message = format!("there are {} resources; a deployment to ECS has one TargetService", items.len());
        reader.wrong(items[1].place, "Resources[1]", message);
    }
    let Some(first) = items.first() else {
        if matches!(resources.data, Data::List(_)) {
            reader.wrong(resources.place, "Resources", "is empty; add the TargetService to deploy");
        }
        return None;
    };
    let path = "Resources[0]";
    let resource = reader.table_in_any_case(first, path, RESOURCE)?;
    let target = reader.required(resource, path, "TargetService", "the TargetService to deploy")?;
    let path = "Resources[0].TargetService";
    let target = reader.table_in_any_case(target, path, TARGET)?;
    let kind = reader.text(target, path, "Type", "Type: AWS::ECS::Service");
    if !kind.is_empty() && kind != "AWS::ECS::Service" {
        let place = target.get("Type").and_then(|node| node.place);
        reader.wrong(place, "Resources[0].TargetService.Type", format!("expected AWS::ECS::Service, not {kind}"));
    }
    let properties =
        reader.required(target, path, "Properties", "Properties with TaskDefinition and LoadBalancerInfo")?;
    let path = "Resources[0].TargetService.Properties";
    let properties = reader.table_in_any_case(properties, path, PROPERTIES)?;
    properties_table(reader, properties, path, hooks)
}

fn properties_table(reader: &mut Reader, table: Table<'_>, path: &str, hooks: Vec<Hook>) -> Option<AppSpec> {
    let task_definition = reader.text(table, path, "TaskDefinition", "the task definition's ARN");
    let is_arn = task_definition.starts_with("arn:") && task_definition.contains(":task-definition/");
    if !task_definition.is_empty() && !is_arn {
        let place = table.get("TaskDefinition").and_then(|node| node.place);
        let message = format!(
            "expected the ARN that register-task-definition printed (arn:aws:ecs:…:task-definition/family:revision), not {task_definition:?}"
        );
        reader.wrong(place, &format!("{path}.TaskDefinition"), message);
    }
    let platform_version = reader.optional_text(table, path, "PlatformVersion");
    let network = table
        .get("NetworkConfiguration")
        .and_then(|node| network(reader, node, &format!("{path}.NetworkConfiguration")));
    let capacity = table.get("CapacityProviderStrategy");
    let capacity = capacity.map(|node| capacity_items(reader, node, &format!("{path}.CapacityProviderStrategy")));
    let load_balancer = reader.required(table, path, "LoadBalancerInfo", "ContainerName and ContainerPort");
    let path = format!("{path}.LoadBalancerInfo");
    let load_balancer = reader.table_in_any_case(load_balancer?, &path, LOAD_BALANCER)?;
    let container_name = reader.text(load_balancer, &path, "ContainerName", "the container that gets the traffic");
    let port = reader.required(load_balancer, &path, "ContainerPort", "the port of that container");
    let port = port.and_then(|node| reader.as_integer(node, &format!("{path}.ContainerPort"), 1, 65535));
    Some(AppSpec {
        task_definition,
        container_name,
        container_port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or_default(),
        platform_version,
        network_configuration: network,
        capacity_provider_strategy: capacity.unwrap_or_default(),
        hooks,
    })
}

/// AWS's documentation has `0.0` as a number and as a text; guides in the wild have `1`.
fn version(reader: &mut Reader, table: Table<'_>) {
    let Some(node) = reader.required(table, "", "version", "version: 0.0") else { return };
    let known = match &node.data {
        Data::Integer(version) => matches!(version, 0 | 1),
        Data::Float(version) => matches!(version.to_string().as_str(), "0" | "1"),
        Data::Text(version) => matches!(version.trim(), "0" | "0.0" | "1" | "1.0"),
        _ => false,
    };
    if !known {
        reader.wrong(node.place, "version", "expected 0.0");
    }
}

fn network(reader: &mut Reader, node: &Node, path: &str) -> Option<NetworkConfiguration> {
    let table = reader.table_in_any_case(node, path, NETWORK)?;
    let inner = reader.required(table, path, "AwsvpcConfiguration", "Subnets, SecurityGroups and AssignPublicIp")?;
    let path = format!("{path}.AwsvpcConfiguration");
    let table = reader.table_in_any_case(inner, &path, AWSVPC)?;
    let all = "CodeDeploy takes Subnets, SecurityGroups and AssignPublicIp together or none of them";
    let mut texts = |key: &str| {
        let node = reader.required(table, &path, key, all)?;
        let list = reader.as_texts(node, &format!("{path}.{key}"), "ids");
        if list.is_empty() {
            reader.wrong(node.place, &format!("{path}.{key}"), "needs at least one id");
        }
        Some(list)
    };
    let subnets = texts("Subnets");
    let security_groups = texts("SecurityGroups");
    let assign = reader.required(table, &path, "AssignPublicIp", all)?;
    let path = format!("{path}.AssignPublicIp");
    let assign_public_ip = match reader.as_text(assign, &path)?.as_str() {
        "ENABLED" => true,
        "DISABLED" => false,
        other => {
            reader.wrong(assign.place, &path, format!("expected ENABLED or DISABLED, not {other:?}"));
            false
        }
    };
    Some(NetworkConfiguration { subnets: subnets?, security_groups: security_groups?, assign_public_ip })
}

fn capacity_items(reader: &mut Reader, node: &Node, path: &str) -> Vec<CapacityProviderStrategyItem> {
    let mut strategy = Vec::new();
    for (index, item) in reader.as_list(node, path, "capacity providers").iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(table) = reader.table_in_any_case(item, &path, CAPACITY) else { continue };
        let capacity_provider = reader.text(table, &path, "CapacityProvider", "CapacityProvider: FARGATE");
        let mut number = |key: &str, most: i64| {
            let value = table.get(key).and_then(|node| reader.as_integer(node, &format!("{path}.{key}"), 0, most));
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
        };
        let (base, weight) = (number("Base", 100_000), number("Weight", 1000));
        strategy.push(CapacityProviderStrategyItem { capacity_provider, base, weight });
    }
    strategy
}

fn hooks(reader: &mut Reader, node: &Node) -> Vec<Hook> {
    let mut hooks: Vec<Hook> = Vec::new();
    if matches!(node.data, Data::Null) {
        return hooks;
    }
    for (index, item) in reader.as_list(node, "Hooks", "lifecycle events, each with its function").iter().enumerate() {
        let path = format!("Hooks[{index}]");
        let Data::Table(entries) = &item.data else {
            let message = format!("expected a lifecycle event with its function, not {}", item.data.kind());
            reader.wrong(item.place, &path, message);
            continue;
        };
        let [entry] = entries.as_slice() else {
            let message =
                format!("expected one lifecycle event, not {}; begin a new list entry for each", entries.len());
            reader.wrong(item.place, &path, message);
            continue;
        };
        let path = format!("{path}.{}", entry.key);
        let known = LifecycleEvent::ALL.into_iter().find(|event| event.name().eq_ignore_ascii_case(&entry.key));
        let Some(lifecycle_event) = known.filter(|event| event.hookable()) else {
            let names = LifecycleEvent::ALL.into_iter().filter(|event| event.hookable()).map(LifecycleEvent::name);
            let message = match known {
                Some(_) => {
                    format!("is CodeDeploy's own work and takes no function; there are {}", suggest::listed(names))
                }
                None => format!("unknown lifecycle event; {}", suggest::hint(&entry.key, names)),
            };
            reader.wrong(entry.place, &path, message);
            continue;
        };
        let Some(function) = reader.as_text(&entry.value, &path) else { continue };
        if hooks.iter().any(|hook| hook.lifecycle_event == lifecycle_event) {
            reader.wrong(entry.place, &path, "stands here for the second time; a lifecycle event has one function");
        }
        hooks.push(Hook { lifecycle_event, function });
    }
    hooks
}
