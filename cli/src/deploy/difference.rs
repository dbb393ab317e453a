//! What differs between two task definitions, or two plans, as people read it.

use greenlight_domain::mask::Mask;
use greenlight_domain::plan::LABEL;
use greenlight_domain::task_definition::TaskDefinition;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `web.image`, or `plan.migrate.timeout`.
    pub(super) what: String,
    /// What serves has this; `None` if it has nothing there.
    pub(super) before: Option<String>,
    /// What is deployed has this.
    pub(super) after: Option<String>,
}

impl Line {
    /// As people read it.
    pub(super) fn text(&self) -> String {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        format!("{}: {} → {}", self.what, side(&self.before), side(&self.after))
    }
}

/// Lists whose items have names: their order says nothing.
const NAMED: [(&str, &str, &str); 3] =
    [("environment", "name", "value"), ("secrets", "name", "valueFrom"), ("tags", "key", "value")];

/// What ECS writes where nothing was said.
fn is_default(name: &str, value: &Value) -> bool {
    match (name, value) {
        (_, Value::Null) => true,
        (_, Value::Array(items)) => items.is_empty(),
        (_, Value::Object(members)) => members.is_empty(),
        ("cpu", value) => *value == json!(0),
        ("essential", value) => *value == json!(true),
        ("protocol", value) => *value == json!("tcp"),
        _ => false,
    }
}

/// What differs between task definitions, the plan's label left out. Values of variables whose names say that they are secret are
/// hidden.
pub(super) fn of_definitions(before: &TaskDefinition, after: &TaskDefinition) -> Vec<Line> {
    let mut lines = Vec::new();
    differences("", &comparable(before), &comparable(after), &mut lines);
    let mut mask = Mask::new();
    mask.hide_environment(before.environment());
    mask.hide_environment(after.environment());
    for line in &mut lines {
        for side in [&mut line.before, &mut line.after].into_iter().flatten() {
            *side = mask.mask(side);
        }
    }
    lines
}

/// What differs between plans.
pub(super) fn of_plans(before: &Value, after: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    differences("plan", before, after, &mut lines);
    lines
}

/// Containers by their names, and nothing that is said by itself.
fn comparable(definition: &TaskDefinition) -> Value {
    let Value::Object(mut whole) = definition.to_json() else { return Value::Null };
    let awsvpc = definition.is_awsvpc();
    let containers = whole.shift_remove("containerDefinitions");
    let containers = containers.as_ref().and_then(Value::as_array).into_iter().flatten();
    for (index, container) in containers.enumerate() {
        let mut container = container.clone();
        let name = container.get("name").and_then(Value::as_str).map_or_else(|| format!("#{index}"), str::to_owned);
        if let Some(labels) = container.get_mut("dockerLabels").and_then(Value::as_object_mut) {
            labels.shift_remove(LABEL);
        }
        let ports = container.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten();
        for port in ports.filter_map(Value::as_object_mut) {
            // a task with an address of its own has the container's ports
            if awsvpc && port.get("hostPort") == port.get("containerPort") {
                port.shift_remove("hostPort");
            }
        }
        whole.insert(name, container);
    }
    plain(Value::Object(whole))
}

fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let value = NAMED
                    .iter()
                    .find(|(list, ..)| *list == name)
                    .map_or(value.clone(), |(_, key, content)| by_name(&value, key, content));
                (name, plain(value))
            });
            Value::Object(members.filter(|(name, value)| !is_default(name, value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        other => other,
    }
}

/// A list of names and values as an object; as it is if it is another one.
fn by_name(list: &Value, key: &str, content: &str) -> Value {
    let pair = |item: &Value| Some((item.get(key)?.as_str()?.to_owned(), item.get(content)?.clone()));
    let pairs = list.as_array().and_then(|items| items.iter().map(pair).collect::<Option<Map<String, Value>>>());
    pairs.map_or_else(|| list.clone(), Value::Object)
}

/// The members that differ, each by its path.
fn differences(path: &str, before: &Value, after: &Value, lines: &mut Vec<Line>) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        let side = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        return lines.push(Line { what: path.to_owned(), before: side(before), after: side(after) });
    };
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    for name in names {
        let side = |side: &Map<String, Value>| side.get(name).cloned().unwrap_or_default();
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        differences(&path, &side(old), &side(new), lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::text).collect()
    }

    fn definition(value: Value) -> TaskDefinition {
        TaskDefinition::from_value(value, "taskdef.json").unwrap()
    }

    #[test]
    fn each_member_that_differs_is_named() {
        let before = json!({ "port": 80, "migrate": { "timeout": "5m", "command": ["a"] }, "finish": { "x": 1 } });
        let after = json!({ "port": 80, "migrate": { "timeout": "9m", "command": ["a"] }, "freeze": [1] });
        let expected =
            ["plan.migrate.timeout: 5m → 9m", "plan.finish: {\"x\":1} → nothing", "plan.freeze: nothing → [1]"];
        assert_eq!(texts(&of_plans(&before, &after)), expected);
        assert_eq!(of_plans(&before, &before), []);
    }

    #[test]
    fn what_ecs_adds_by_itself_is_no_difference() {
        let file = json!({
            "family": "shop",
            "networkMode": "awsvpc",
            "containerDefinitions": [{
                "name": "web", "image": "shop:v1", "portMappings": [{ "containerPort": 8000 }],
                "environment": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
            }],
        });
        let registered = json!({
            "family": "shop",
            "networkMode": "awsvpc",
            "volumes": [], "placementConstraints": [], "tags": [],
            "containerDefinitions": [{
                "name": "web", "image": "shop:v1", "cpu": 0, "essential": true, "mountPoints": [], "volumesFrom": [],
                "portMappings": [{ "containerPort": 8000, "hostPort": 8000, "protocol": "tcp" }],
                "environment": [{ "name": "B", "value": "2" }, { "name": "A", "value": "1" }],
                "dockerLabels": { LABEL: "1.…" },
            }],
        });
        assert_eq!(texts(&of_definitions(&definition(registered), &definition(file))), [] as [&str; 0]);
    }

    #[test]
    fn a_changed_variable_is_named_and_a_secret_one_is_hidden() {
        let with = |port: &str, password: &str, sidecar: bool| {
            let mut containers = vec![json!({ "name": "web", "image": "shop:v1", "environment": [
                { "name": "PORT", "value": port }, { "name": "DB_PASSWORD", "value": password },
            ]})];
            if sidecar {
                containers.push(json!({ "name": "log", "image": "log:v1" }));
            }
            definition(json!({ "family": "shop", "containerDefinitions": containers }))
        };
        let lines = of_definitions(&with("80", "hunter22", true), &with("81", "correct horse", false));
        let expected = [
            "web.environment.PORT: 80 → 81",
            "web.environment.DB_PASSWORD: ••• → •••",
            "log: {\"name\":\"log\",\"image\":\"log:v1\"} → nothing",
        ];
        assert_eq!(texts(&lines), expected);
    }
}
