//! Time that a deployment lost although nothing failed: what survived a fault shows nowhere else.

use super::span;
use super::story::{Step, Story};
use jiff::SignedDuration;

/// Less is nothing to wonder about: tasks take their time to be seen, and functions to start.
const NOTED: SignedDuration = SignedDuration::from_secs(30);

/// What was lost, and what to look at.
pub(super) fn of(story: &Story, log_group: Option<&str>) -> (Vec<String>, Vec<Step>) {
    let (mut lost, mut next) = (Vec::new(), Vec::new());
    let unheard = story.commands.iter().filter_map(|command| {
        let late = command.at.duration_since(command.stopped_at?);
        (late >= NOTED).then_some((command, late))
    });
    for (command, late) in unheard {
        let task = command.task.rsplit('/').next().unwrap_or(&command.task);
        let event = &command.lifecycle_event;
        lost.push(format!("task {task} of {event} had ended for {} before anybody heard of it", span(late)));
    }
    if !lost.is_empty() {
        next.push(Step::new(
            "see why ECS's event about a task that stopped came late or not at all: the rule of the function settle, its errors, and the queue of dead letters; no verdict was lost, for schedules look after tasks too",
        ));
    }
    let mut silent = Vec::new();
    for hook in story.hooks.iter().filter(|hook| hook.verdict != "pending" && hook.verdict != "late") {
        let Some(took) = hook.duration_ms else { continue };
        let called = hook.at.checked_sub(SignedDuration::from_millis(took)).unwrap_or(hook.at);
        let mut begun = story.lifecycle_events.iter().filter(|event| event.name == hook.lifecycle_event);
        // ECS asks before every step
        let step = begun.rfind(|event| event.started_at.is_some_and(|started| started <= called));
        let Some(started) = step.and_then(|event| event.started_at) else { continue };
        let late = called.duration_since(started);
        if late >= NOTED {
            silent.push((hook, late));
        }
    }
    if !silent.is_empty() {
        let silent = silent.iter().map(|(hook, late)| format!("{} {}", hook.function, span(*late)));
        let silent: Vec<String> = silent.collect();
        lost.push(format!("functions said nothing at first after they were called: {}", silent.join(", ")));
    }
    if let (Some((hook, _)), Some(group)) = (silent.first(), log_group) {
        let since = story.created_at.unwrap_or(hook.at).strftime("%Y-%m-%dT%H:%M:%SZ");
        next.push(Step::with(
            "see how an earlier invocation of the function ended: Lambda tries twice more if one dies",
            format!("aws logs tail {group} --since {since} --filter-pattern '?ERROR ?Error ?REPORT ?platform.report'"),
        ));
    }
    (lost, next)
}
