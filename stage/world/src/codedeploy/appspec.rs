//! The AppSpec file of a revision for ECS, as `CodeDeploy` reads it: JSON or YAML, keys in any case.

use super::deployment::EventName;
use crate::ecs::{AwsVpcConfiguration, NetworkConfiguration};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What an AppSpec says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AppSpec {
    pub(super) task_definition: String,
    pub(super) container_name: String,
    pub(super) container_port: u16,
    pub(super) platform_version: Option<String>,
    pub(super) network_configuration: Option<NetworkConfiguration>,
    /// The function (name or ARN) of each lifecycle event that has one.
    pub(super) hooks: BTreeMap<EventName, String>,
}

impl AppSpec {
    /// Reads an AppSpec; the error says what is wrong with it and where.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let tree: Value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| format!("The AppSpec content is not valid JSON: {error}"))?
        } else {
            serde_saphyr::from_str(text).map_err(|error| format!("The AppSpec content is not valid YAML: {error}"))?
        };
        let top = Keys::of(&tree, "the AppSpec")?;
        top.only(&["version", "resources", "hooks"])?;
        check_version(top.get("version"))?;
        let properties = target_service(top.get("resources"))?;
        let hooks = match top.get("hooks") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(hooks) => parse_hooks(hooks)?,
        };
        Self::from_properties(&properties, hooks)
    }

    fn from_properties(properties: &Keys<'_>, hooks: BTreeMap<EventName, String>) -> Result<Self, String> {
        properties.only(&[
            "taskdefinition",
            "loadbalancerinfo",
            "platformversion",
            "networkconfiguration",
            "capacityproviderstrategy",
        ])?;
        let load_balancer = Keys::of(properties.need("loadbalancerinfo")?, "LoadBalancerInfo")?;
        let port = load_balancer.need("containerport")?;
        let container_port =
            port.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0).ok_or_else(|| {
                format!("LoadBalancerInfo.ContainerPort in the AppSpec has to be a port number, not {port}")
            })?;
        Ok(Self {
            task_definition: properties.text("taskdefinition")?,
            container_name: load_balancer.text("containername")?,
            container_port,
            platform_version: properties
                .get("platformversion")
                .map(|_| properties.text("platformversion"))
                .transpose()?,
            network_configuration: properties.get("networkconfiguration").map(network_configuration).transpose()?,
            hooks,
        })
    }
}

/// `0.0`, and `1` as newer pages write it; as a number or a text.
fn check_version(version: Option<&Value>) -> Result<(), String> {
    let number = match version {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if number.abs() < f64::EPSILON || (number - 1.0).abs() < f64::EPSILON => Ok(()),
        _ => Err("The AppSpec has to begin with a version, which is 0.0".to_owned()),
    }
}

/// The properties of the one resource, an ECS service.
fn target_service(resources: Option<&Value>) -> Result<Keys<'_>, String> {
    let expected =
        || "Resources in the AppSpec has to be a list of one resource of the type AWS::ECS::Service".to_owned();
    let Some(Value::Array(resources)) = resources else { return Err(expected()) };
    let [resource] = resources.as_slice() else { return Err(expected()) };
    let resource = Keys::of(resource, "the resource")?;
    let [(_, resource)] = resource.entries.as_slice() else { return Err(expected()) };
    let resource = Keys::of(resource, "the resource")?;
    if resource.text("type")? != "AWS::ECS::Service" {
        return Err(expected());
    }
    Keys::of(resource.need("properties")?, "Properties")
}

fn parse_hooks(hooks: &Value) -> Result<BTreeMap<EventName, String>, String> {
    let expected =
        "Hooks in the AppSpec has to be a list of entries with one lifecycle event and one Lambda function each";
    let Value::Array(list) = hooks else { return Err(expected.to_owned()) };
    let mut found = BTreeMap::new();
    for entry in list {
        let keys = Keys::of(entry, "an entry of Hooks")?;
        let [(name, Value::String(function))] = keys.entries.as_slice() else { return Err(expected.to_owned()) };
        let event = EventName::hook(name)
            .ok_or_else(|| format!("Hooks in the AppSpec: {name} is not a lifecycle event that can have a hook"))?;
        if found.insert(event, (*function).clone()).is_some() {
            return Err(format!("Hooks in the AppSpec: {name} is there twice"));
        }
    }
    Ok(found)
}

fn network_configuration(value: &Value) -> Result<NetworkConfiguration, String> {
    let outer = Keys::of(value, "NetworkConfiguration")?;
    outer.only(&["awsvpcconfiguration"])?;
    let inner = Keys::of(outer.need("awsvpcconfiguration")?, "AwsvpcConfiguration")?;
    inner.only(&["subnets", "securitygroups", "assignpublicip"])?;
    Ok(NetworkConfiguration {
        awsvpc_configuration: Some(AwsVpcConfiguration {
            subnets: inner.texts("subnets")?,
            security_groups: inner.texts("securitygroups")?,
            assign_public_ip: Some(inner.text("assignpublicip")?),
        }),
    })
}

/// A map whose keys may be written in any case.
struct Keys<'a> {
    what: &'static str,
    entries: Vec<(&'a str, &'a Value)>,
}

impl<'a> Keys<'a> {
    fn of(value: &'a Value, what: &'static str) -> Result<Self, String> {
        let Value::Object(map): &'a Value = value else {
            return Err(format!("{what} in the AppSpec has to be a map"));
        };
        let map: &Map<String, Value> = map;
        Ok(Self { what, entries: map.iter().map(|(key, value)| (key.as_str(), value)).collect() })
    }

    fn get(&self, lower: &str) -> Option<&'a Value> {
        self.entries.iter().find(|(key, _)| key.to_lowercase() == lower).map(|(_, value)| *value)
    }

    fn need(&self, lower: &str) -> Result<&'a Value, String> {
        self.get(lower).ok_or_else(|| format!("{} in the AppSpec lacks {lower}", self.what))
    }

    fn text(&self, lower: &str) -> Result<String, String> {
        match self.need(lower)? {
            Value::String(text) if !text.is_empty() => Ok(text.clone()),
            _ => Err(format!("{lower} in {} of the AppSpec has to be a text", self.what)),
        }
    }

    fn texts(&self, lower: &str) -> Result<Vec<String>, String> {
        let expected = || format!("{lower} in {} of the AppSpec has to be a list of texts", self.what);
        let Value::Array(values) = self.need(lower)? else { return Err(expected()) };
        values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(expected)).collect()
    }

    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.entries.iter().find(|(key, _)| !known.contains(&key.to_lowercase().as_str())) {
            Some((key, _)) => Err(format!("{} in the AppSpec has an unknown key: {key}", self.what)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = r#"
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "web:2"
        LoadBalancerInfo: { ContainerName: web, ContainerPort: 8000 }
        PlatformVersion: LATEST
        NetworkConfiguration:
          AwsvpcConfiguration: { Subnets: [subnet-1], SecurityGroups: [sg-1], AssignPublicIp: ENABLED }
Hooks:
  - BeforeInstall: migrate
  - AfterAllowTraffic: finish
"#;

    #[test]
    fn yaml_and_json_in_any_case() {
        let spec = AppSpec::parse(YAML).unwrap();
        assert_eq!(spec.task_definition, "web:2");
        assert_eq!((spec.container_name.as_str(), spec.container_port), ("web", 8000));
        assert_eq!(spec.hooks[&EventName::BeforeInstall], "migrate");
        assert_eq!(spec.network_configuration.unwrap().awsvpc_configuration.unwrap().subnets, ["subnet-1"]);
        let json = r#"{"version": 1, "resources": [{"TargetService": {"type": "AWS::ECS::Service", "properties": {
            "taskDefinition": "web:2", "loadBalancerInfo": {"containerName": "web", "containerPort": 80}}}}]}"#;
        assert!(AppSpec::parse(json).unwrap().hooks.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (from, to, says) in [
            ("version: 0.0", "version: 2", "version"),
            ("AWS::ECS::Service", "AWS::Lambda::Function", "AWS::ECS::Service"),
            ("TaskDefinition: \"web:2\"", "Image: x", "unknown key: Image"),
            ("ContainerPort: 8000", "ContainerPort: many", "port number"),
            ("ContainerPort: 8000", "ContainerPort: 0", "port number"),
            ("ContainerName: web, ", "", "containername"),
            ("- BeforeInstall: migrate", "- BeforeLunch: migrate", "BeforeLunch"),
            ("- BeforeInstall: migrate", "- AllowTraffic: migrate", "AllowTraffic"),
            ("- BeforeInstall: migrate", "- AfterAllowTraffic: migrate", "twice"),
            ("  - BeforeInstall: migrate\n", "  - 5\n", "has to be a map"),
            ("Hooks:\n", "Hooks: {}\nOther:\n", "unknown key"),
            (YAML, "[", "YAML"),
            (YAML, "{", "JSON"),
            (YAML, "", "map"),
        ] {
            let error = AppSpec::parse(&YAML.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{from} → {to}: {error}");
        }
    }
}
