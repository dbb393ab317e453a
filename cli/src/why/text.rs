//! A story as a page of text: the cause first, then how it came to that.

use super::cause::clock;
use super::story::{Revision, Story};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

/// The whole page.
pub fn page(story: &Story) -> String {
    let mut page = format!(
        "{}  {}/{}  {}\n\nwhy   {}\n",
        story.deployment_id,
        story.application,
        story.deployment_group,
        story.outcome.words(),
        story.why
    );
    for (index, step) in story.next.iter().enumerate() {
        let _ = writeln!(page, "{}{}", if index == 0 { "next  " } else { "      " }, step.what);
        if let Some(command) = &step.command {
            let _ = writeln!(page, "        {command}");
        }
    }
    page.push('\n');
    facts(story, &mut page);
    page.push_str("\ntimeline\n");
    let mut lines = timeline(story);
    lines.sort_by_key(|(at, _)| *at);
    for (at, text) in lines {
        let mut parts = text.lines();
        let _ = writeln!(page, "  {}  {}", clock(at), parts.next().unwrap_or_default());
        parts.for_each(|part| {
            let _ = writeln!(page, "             {part}");
        });
    }
    if !story.unread.is_empty() {
        page.push_str("\nmissing\n");
        story.unread.iter().for_each(|unread| {
            let _ = writeln!(page, "  {unread}");
        });
    }
    page
}

fn facts(story: &Story, page: &mut String) {
    let mut fact = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(page, "{name:<12} {text}");
        }
    };
    fact("service", &story.target.as_deref().unwrap_or_default().replacen(':', "/", 1));
    fact("revision", &story.revision.as_ref().map(revision).unwrap_or_default());
    fact("before it", &story.before.as_ref().map(revision).unwrap_or_default());
    fact("traffic", &story.deployment_config);
    fact("made by", &story.by);
    fact("description", &story.description);
    if let Some(created) = story.created_at {
        let took = story.ended_at.map(|ended| format!(", took {}", span(ended.duration_since(created))));
        fact("created", &format!("{}{}", created.strftime("%Y-%m-%d %H:%M:%SZ"), took.unwrap_or_default()));
    }
    fact("takes back", story.rolls_back.as_deref().unwrap_or_default());
    if let Some(other) = &story.rolled_back_by {
        fact("taken back", &format!("by {}, {}, made by {}", other.deployment_id, other.status, other.by));
    }
    fact("error", story.error.as_deref().unwrap_or_default());
}

fn revision(revision: &Revision) -> String {
    let image = revision.image.as_ref().map(|image| format!("  image {image}")).unwrap_or_default();
    let commit = revision.commit.as_ref().map(|commit| format!("  commit {commit}")).unwrap_or_default();
    format!("{}{image}{commit}", revision.task_definition)
}

fn timeline(story: &Story) -> Vec<(Timestamp, String)> {
    let mut lines = Vec::new();
    for event in &story.lifecycle_events {
        let Some(started) = event.started_at else { continue };
        let took = event.duration().map(|took| format!(" after {}", span(took))).unwrap_or_default();
        lines.push((started, format!("{:<22} {}{took}", event.name, event.status)));
        if let (Some(message), Some(ended)) = (&event.message, event.ended_at) {
            lines.push((ended, format!("{} ended: {message}", event.name)));
        }
    }
    for command in story.commands.iter().filter(|command| !matches!(command.outcome.as_str(), "failed")) {
        let (step, attempt) = (command.step + 1, command.attempt + 1);
        let reason = command.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let task = command.task.rsplit('/').next().unwrap_or(&command.task);
        let what = format!("command {step} of {}, attempt {attempt}, task {task}", command.lifecycle_event);
        lines.push((command.at, format!("{what}: {}{reason}", command.outcome)));
    }
    for hook in &story.hooks {
        let reason = hook.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        lines.push((hook.at, format!("{} said {} for {}{reason}", hook.function, hook.verdict, hook.lifecycle_event)));
    }
    for task in &story.stopped_tasks {
        let Some(at) = task.stopped_at else { continue };
        let tail: String = task.log_tail.iter().map(|line| format!("\n| {line}")).collect();
        lines.push((at, format!("task {} stopped ({}): {}{tail}", task.task, task.stop_code, task.reason)));
    }
    for alarm in &story.alarms {
        if let Some(since) = alarm.since {
            lines.push((since, format!("alarm {} went off", alarm.name)));
        }
        let command = alarm.command.as_ref().map(|command| format!("\n{command}")).unwrap_or_default();
        lines.push((alarm.at, format!("the function rollback answered alarm {}: {}{command}", alarm.name, alarm.answer)));
    }
    if let Some(ended) = story.ended_at {
        lines.push((ended, format!("the deployment ended: {}", story.status)));
    }
    if let Some(other) = &story.rolled_back_by
        && let Some(ended) = other.ended_at
    {
        lines.push((ended, format!("{}, which takes it back, ended: {}", other.deployment_id, other.status)));
    }
    lines
}

/// `1m 30s`; nobody reads fractions of what took seconds.
pub(crate) fn span(duration: SignedDuration) -> String {
    if duration.as_secs() < 1 {
        return format!("{}ms", duration.as_millis());
    }
    format!("{:#}", SignedDuration::from_secs(duration.as_secs()))
}
