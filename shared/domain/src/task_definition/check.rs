//! Whether a task definition fits the plan and Fargate.

use super::fargate::{cpu_units, mebibytes};
use super::{Fargate, LogConfiguration, TaskDefinition, TaskDefinitionError};
use crate::plan::Plan;
use crate::problem::Problems;
use serde_json::Value;

/// Checks what ECS or a deployment would stumble over: Fargate's sizes, `awsvpc`, the plan's container and its port.
///
/// # Errors
/// Everything that is wrong, with what is valid instead.
pub fn check(definition: &TaskDefinition, plan: &Plan) -> Result<(), TaskDefinitionError> {
    let container = definition.container(&plan.container)?;
    let mut problems = Problems::new(&definition.source);
    if !definition.is_awsvpc() {
        problems.add(
            None,
            "networkMode",
            "expected \"awsvpc\": every task needs an address of its own for its target group",
        );
    }
    let ports: Vec<u64> = container
        .get("portMappings")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|mapping| mapping.get("containerPort")?.as_u64())
        .collect();
    if !ports.contains(&u64::from(plan.port)) {
        let have = if ports.is_empty() {
            "it has none".to_owned()
        } else {
            format!("it has {}", ports.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
        };
        let key = format!("containerDefinitions.{}.portMappings", plan.container);
        let message = format!("expected containerPort {}, the plan's `port`; {have}", plan.port);
        problems.add(None, &key, message);
    }
    retry_can_see_the_log(definition, plan, &mut problems);
    fargate(definition, &mut problems);
    Ok(problems.into_result(())?)
}

/// Log lines that nobody can read would never cause the retry that the plan promises.
fn retry_can_see_the_log(definition: &TaskDefinition, plan: &Plan, problems: &mut Problems) {
    let retry = plan.migrate.as_ref().and_then(|migrate| migrate.retry.as_ref());
    if retry.is_none_or(|retry| retry.log_lines.is_empty()) {
        return;
    }
    let readable = match definition.log_configuration(&plan.container) {
        Some(LogConfiguration::AwsLogs(logs)) => logs.stream_prefix.is_some(),
        _ => false,
    };
    if !readable {
        let key = format!("containerDefinitions.{}.logConfiguration", plan.container);
        let message = "the plan's `migrate.retry.log-lines` needs the awslogs driver with awslogs-group and \
                       awslogs-stream-prefix, no other log can be read; use `exit-codes` instead";
        problems.add(None, &key, message);
    }
}

fn fargate(definition: &TaskDefinition, problems: &mut Problems) {
    let compatibilities = definition.value.get("requiresCompatibilities").and_then(Value::as_array);
    let on_fargate = compatibilities.is_some_and(|list| list.iter().any(|item| item.as_str() == Some("FARGATE")));
    if !on_fargate {
        return;
    }
    let cpu = size(definition, "cpu", "1024", cpu_units, problems);
    let memory = size(definition, "memory", "2048", mebibytes, problems);
    let Some(cpu) = cpu else { return };
    let Some(size) = Fargate::of(cpu) else {
        let sizes: Vec<String> = Fargate::all().map(|size| size.cpu.to_string()).collect();
        problems.add(None, "cpu", format!("Fargate has no task with {cpu} CPU units; it has {}", sizes.join(", ")));
        return;
    };
    if let Some(memory) = memory
        && !size.takes(memory)
    {
        let message = format!("Fargate has no task with {cpu} CPU units and {memory} MiB; valid with {cpu}: {size}");
        problems.add(None, "memory", message);
    }
}

fn size(
    definition: &TaskDefinition,
    key: &str,
    example: &str,
    read: fn(&str) -> Option<u32>,
    problems: &mut Problems,
) -> Option<u32> {
    let found = definition.value.get(key);
    let number = found.and_then(Value::as_str).and_then(read);
    if number.is_none() {
        let message = match found {
            None | Some(Value::Null) => format!("is missing; Fargate needs it: \"{key}\": \"{example}\""),
            Some(Value::String(text)) => format!("expected a text like \"{example}\", not {text:?}"),
            Some(other) => format!("expected a text in quotes like \"{example}\", not {other}"),
        };
        problems.add(None, key, message);
    }
    number
}
