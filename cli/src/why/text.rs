//! A story as a page of text: the cause first, then how it came to that.

use super::cause::clock;
use super::story::{Revision, StoppedTask, Story};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

/// The whole page.
pub fn page(story: &Story) -> String {
    let mut page = format!("{}  {}  {}\n\nwhy   {}\n", story.id(), story.name(), story.outcome.words(), story.why);
    for (index, step) in story.next.iter().enumerate() {
        let _ = writeln!(page, "{}{}", if index == 0 { "next  " } else { "      " }, step.what);
        if let Some(command) = &step.command {
            let _ = writeln!(page, "        {command}");
        }
    }
    page.push('\n');
    for (name, value) in facts(story) {
        let _ = writeln!(page, "{name:<12} {value}");
    }
    page.push_str("\ntimeline\n");
    let mut lines = timeline(story);
    // what is told of one second stands in the order in which it was put down: causes before effects
    lines.sort_by_key(|(at, _)| at.as_second());
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

/// Names and values, those that there are.
pub(super) fn facts(story: &Story) -> Vec<(&'static str, String)> {
    let created = story.created_at.map(|created| {
        let took = story.ended_at.map(|ended| format!(", took {}", span(ended.duration_since(created))));
        format!("{}{}", created.strftime("%Y-%m-%d %H:%M:%SZ"), took.unwrap_or_default())
    });
    let taken_back = story.rolled_back_by.as_ref().map(|other| {
        let (words, _) = other.description.split_once(" [greenlight").unwrap_or((&other.by, ""));
        format!("by {} ({}): {words}", other.deployment_id, other.status)
    });
    let by_ecs = story.rollback.as_ref().map(|rollback| {
        let to = rollback.task_definition.as_ref().map(|to| format!(", to {to}")).unwrap_or_default();
        format!("by ECS{to}: {}", rollback.reason)
    });
    let arn = Some(&story.deployment_id).filter(|id| id.contains('/')).cloned();
    let facts = [
        ("deployment", arn),
        ("service", story.target.as_deref().map(|target| target.replacen(':', "/", 1))),
        ("revision", story.revision.as_ref().map(revision)),
        ("before it", story.before.as_ref().map(revision)),
        ("traffic", Some(story.deployment_config.clone())),
        ("made by", Some(story.by.clone())),
        ("description", Some(story.description.clone())),
        ("created", created),
        ("takes back", story.rolls_back.clone()),
        ("taken back", taken_back.or(by_ecs)),
        // what took it back says the same
        ("error", story.error.clone().filter(|_| story.rollback.is_none())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
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
    }
    for command in story.commands.iter().filter(|command| command.outcome != "failed") {
        let (step, attempt) = (command.step + 1, command.attempt + 1);
        let reason = command.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let task = command.task.rsplit('/').next().unwrap_or(&command.task);
        let what = format!("command {step} of {}, attempt {attempt}, task {task}", command.lifecycle_event);
        let outcome =
            if command.outcome == "running" { "started, and its end was not heard of" } else { &command.outcome };
        lines.push((command.at, format!("{what}: {outcome}{reason}")));
    }
    stopped_tasks(story, &mut lines);
    for hook in &story.hooks {
        let reason = hook.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let said = match hook.verdict.as_str() {
            "pending" => "waits for its task".to_owned(),
            "late" => format!("said too late for {}", hook.lifecycle_event),
            verdict => format!("said {verdict} for {}", hook.lifecycle_event),
        };
        lines.push((hook.at, format!("{} {said}{reason}", hook.function)));
    }
    for alarm in &story.alarms {
        if let Some(since) = alarm.since {
            lines.push((since, format!("alarm {} went off", alarm.name)));
        }
        let command = alarm.command.as_ref().map(|command| format!("\n{command}")).unwrap_or_default();
        lines.push((
            alarm.at,
            format!("the function rollback answered alarm {}: {}{command}", alarm.name, alarm.answer),
        ));
    }
    if let Some(rollback) = &story.rollback
        && let Some(began) = rollback.started_at
    {
        lines.push((began, format!("ECS takes it back: {}", rollback.reason)));
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

/// Those that stopped for one reason are one line.
fn stopped_tasks(story: &Story, lines: &mut Vec<(Timestamp, String)>) {
    let mut rest: Vec<_> = story.stopped_tasks.iter().collect();
    while let Some(first) = rest.first().copied() {
        let same = |task: &&StoppedTask| (&task.stop_code, &task.reason) == (&first.stop_code, &first.reason);
        let (group, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(same);
        rest = others;
        let Some(at) = first.stopped_at else { continue };
        let more = match group.last().and_then(|last| last.stopped_at) {
            Some(last) if group.len() > 1 => format!(", and {} more until {}", group.len() - 1, clock(last)),
            _ => String::new(),
        };
        let tail = first.log_tail.iter().fold(String::new(), |tail, line| format!("{tail}\n| {line}"));
        lines.push((at, format!("task {} stopped{more} ({}): {}{tail}", first.task, first.stop_code, first.reason)));
    }
}

/// `1m 30s`; nobody reads fractions of what took seconds.
pub(crate) fn span(duration: SignedDuration) -> String {
    if duration.as_secs() < 1 {
        return format!("{}ms", duration.as_millis());
    }
    format!("{:#}", SignedDuration::from_secs(duration.as_secs()))
}
