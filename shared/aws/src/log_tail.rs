//! The last lines that a container wrote.

use crate::{Env, classify};
use greenlight_domain::task_definition::AwsLogs;
use serde_json::json;
use std::time::Duration;

/// How many lines a reason carries.
const LINES: i32 = 20;

/// Reads the last lines of a container in a task, without what looks secret; `task` is the last part of its ARN. Without them a
/// verdict is as good: what goes wrong here is written down, and no line is returned.
pub async fn read(env: &Env, logs: &AwsLogs, container: &str, task: &str) -> Vec<String> {
    let lines = now(env, logs, container, task).await;
    if !lines.is_empty() {
        return lines;
    }
    // the log driver writes in batches: the end of the task may be known before its last lines are
    tokio::time::sleep(Duration::from_secs(1)).await;
    now(env, logs, container, task).await
}

/// The same, as they are now: none may be there yet.
pub async fn now(env: &Env, logs: &AwsLogs, container: &str, task: &str) -> Vec<String> {
    let Some(stream) = logs.stream(container, task) else { return Vec::new() };
    if logs.region.as_deref().is_some_and(|region| region != env.settings.region) {
        return Vec::new();
    }
    let lines = of_stream(env, &logs.group, &stream).await;
    lines.iter().map(|line| logs.hidden.mask_foreign(line)).collect()
}

async fn of_stream(env: &Env, group: &str, stream: &str) -> Vec<String> {
    let request = env.logs().get_log_events().log_group_name(group).log_stream_name(stream);
    match request.limit(LINES).start_from_head(false).send().await {
        Ok(answer) => {
            let message = |event: &aws_sdk_cloudwatchlogs::types::OutputLogEvent| {
                event.message().map(|message| message.trim_end().to_owned())
            };
            answer.events().iter().filter_map(message).collect()
        }
        Err(error) => {
            let fault = classify("logs:GetLogEvents", group, &error);
            // a container that wrote nothing has no stream
            if fault.code.as_deref() != Some("ResourceNotFoundException") {
                let fields = json!({ "log_group": group, "log_stream": stream, "reason": fault.to_string() });
                env.emit("log.unread", fields);
            }
            Vec::new()
        }
    }
}
