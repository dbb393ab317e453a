//! The verb: finds AWS, and shows the story.

use super::arguments::Why;
use super::{Story, Wanted, html, page, read};
use crate::arguments::Format;
use crate::{Error, aws};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the verb.
pub(crate) fn run(options: &Why) -> Result<ExitCode, Error> {
    let wanted = Wanted::read(&options.asked)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Start { what: "start the runtime", source })?;
    runtime.block_on(async {
        // what goes wrong is in the story, and not a line of a log
        let env = aws::env().await?.with_log(Arc::new(|_| {}));
        let mut story = Box::pin(read(&env, &wanted)).await?;
        if let Some(file) = &options.html {
            html(&env, &mut story).await.write(file)?;
        }
        let shown = match options.asked.format {
            Format::Text => page(&story),
            Format::Json => lines(&story).iter().fold(String::new(), |all, line| format!("{all}{line}\n")),
        };
        // a reader that has gone away does not change what is true
        let _ = std::io::stdout().lock().write_all(shown.as_bytes());
        Ok(if story.outcome.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// What a story has many of is a line each; the rest is the outcome.
fn lines(story: &Story) -> Vec<Value> {
    const MANY: [(&str, &str); 6] = [
        ("lifecycle_events", "lifecycle.event"),
        ("hooks", "hook.verdict"),
        ("commands", "command.ended"),
        ("task_sets", "task-set.seen"),
        ("stopped_tasks", "task.stopped"),
        ("alarms", "alarm.answered"),
    ];
    let mut rest = serde_json::to_value(story).unwrap_or_default();
    let mut lines = Vec::new();
    for (member, event) in MANY {
        let values = rest.as_object_mut().and_then(|rest| rest.remove(member));
        for value in values.as_ref().and_then(Value::as_array).into_iter().flatten() {
            let mut line = json!({ "event": event, "deployment_id": story.deployment_id });
            if let (Some(line), Some(value)) = (line.as_object_mut(), value.as_object()) {
                line.extend(value.clone());
            }
            lines.push(line);
        }
    }
    rest["event"] = "outcome".into();
    lines.push(rest);
    lines
}
