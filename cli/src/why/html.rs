//! A story as a page that a browser shows.

use super::story::{Hook, LifecycleEvent, Outcome, Story};
use super::{measured, text};
use crate::report::{self, End, Entry, Log, Report, Step};
use greenlight_aws::Env;
use jiff::Timestamp;
use std::time::Duration;

/// The story as a page, with what the load balancer measured; if that cannot be read, the story says so.
pub async fn html(env: &Env, story: &mut Story) -> Report {
    let other = story.rolled_back_by.as_ref();
    let is_over = !matches!(story.outcome, Outcome::InProgress | Outcome::RollingBack);
    let until = story.ended_at.max(other.and_then(|other| other.ended_at)).filter(|_| is_over);
    let until = until.unwrap_or_else(|| env.clock.now());
    let traffic = measured::read(env, story, until).await.unwrap_or_else(|error| {
        story.unread.push(format!("what the load balancer measured could not be read: {error}"));
        Vec::new()
    });
    report(story, traffic, until)
}

/// The page's content. `until` is the last that is known.
fn report(story: &Story, traffic: Vec<Step>, until: Timestamp) -> Report {
    let revisions = [&story.before, &story.revision].into_iter().flatten();
    let revisions: Vec<&str> = revisions.map(|revision| revision.task_definition.as_str()).collect();
    let began = story.created_at.into_iter().chain(traffic.iter().map(|step| step.from)).min().unwrap_or(until);
    let ended = traffic.iter().map(|step| step.to).chain([until]).max().unwrap_or(until);
    Report {
        title: format!("{} {}: {}", story.id(), story.name(), revisions.join(" → ")),
        outcome: story.outcome.words().to_owned(),
        is_good: story.outcome.is_good(),
        why: std::iter::once(story.why.clone()).chain(story.unread.iter().cloned()).collect(),
        next: story.next.iter().map(|step| (step.what.clone(), step.command.clone())).collect(),
        names: text::facts(story).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        began,
        ended,
        timeline: timeline(story),
        hooks: story.hooks.iter().map(hook).collect(),
        weights: Vec::new(),
        traffic,
        notices: Vec::new(),
        logs: logs(story),
    }
}

fn timeline(story: &Story) -> Vec<Entry> {
    let event = |event: &LifecycleEvent| {
        let end = match event.status.as_str() {
            "Succeeded" => End::Good,
            "Failed" => End::Bad,
            _ => End::Neutral,
        };
        Some(Entry { name: event.name.clone(), began: event.started_at?, ended: event.ended_at, end })
    };
    let mut entries: Vec<Entry> = story.lifecycle_events.iter().filter_map(event).collect();
    let at_once = |name: String, at: Timestamp| Entry { name, began: at, ended: Some(at), end: End::Bad };
    for task in &story.stopped_tasks {
        entries.extend(task.stopped_at.map(|at| at_once(format!("task {} stopped", task.task), at)));
    }
    for alarm in &story.alarms {
        entries.extend(alarm.since.map(|since| at_once(format!("alarm {} went off", alarm.name), since)));
        entries.push(at_once(format!("the function rollback answered: {}", alarm.answer), alarm.at));
    }
    if let Some(other) = &story.rolled_back_by
        && let Some(began) = other.created_at
    {
        let end = match other.status.as_str() {
            "Succeeded" => End::Good,
            "Failed" | "Stopped" => End::Bad,
            _ => End::Neutral,
        };
        entries.push(Entry {
            name: format!("{} takes it back", other.deployment_id),
            began,
            ended: other.ended_at,
            end,
        });
    }
    if let Some(began) = story.rollback.as_ref().and_then(|rollback| rollback.started_at) {
        let end = match story.outcome {
            Outcome::RolledBack => End::Good,
            Outcome::RollingBack => End::Neutral,
            _ => End::Bad,
        };
        entries.push(Entry { name: "ECS takes it back".to_owned(), began, ended: story.ended_at, end });
    }
    entries.sort_by_key(|entry| entry.began);
    entries
}

fn hook(hook: &Hook) -> report::Hook {
    report::Hook {
        lifecycle_event: hook.lifecycle_event.clone(),
        function: hook.function.clone(),
        verdict: hook.verdict.clone(),
        reason: hook.reason.clone().unwrap_or_default(),
        duration: hook.duration_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis),
    }
}

/// Why tasks stopped, each with the end of its log as far as that was read.
fn logs(story: &Story) -> Vec<Log> {
    let stopped = story.stopped_tasks.iter().map(|task| Log {
        title: format!("task {} stopped ({})", task.task, task.stop_code),
        is_bad: true,
        lines: std::iter::once(task.reason.clone()).chain(task.log_tail.iter().cloned()).collect(),
    });
    let commands = story.commands.iter().map(|command| Log {
        title: format!(
            "command {} of {}, attempt {}: {}",
            command.step + 1,
            command.lifecycle_event,
            command.attempt + 1,
            command.outcome
        ),
        is_bad: command.outcome == "failed",
        lines: std::iter::once(format!("task {}", command.task))
            .chain(command.exit_code.map(|code| format!("exit code {code}")))
            .chain(command.reason.iter().flat_map(|reason| reason.lines()).map(str::to_owned))
            .collect(),
    });
    stopped.chain(commands).collect()
}
