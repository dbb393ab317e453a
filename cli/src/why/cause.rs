//! Names the cause of a story, and what to do: pure.

use super::delays;
use super::story::{Hook, LifecycleEvent, Outcome, Step, StoppedTask, Story};
use greenlight_aws::deployment::Deployment;
use jiff::{SignedDuration, Timestamp};

/// Parts of a reason, and what whoever reads it does next.
const REMEDIES: [(&str, &str); 12] = [
    ("Capacity is unavailable", "deploy again later: Fargate had no room, and nothing was started"),
    (
        "CannotPullContainerError",
        "see whether the image is in its registry, and whether the execution role may pull it; then deploy again",
    ),
    (
        "SpotInterruption",
        "find out how far the command came before Fargate took its task back; if it can begin anew, deploy again, on demand (FARGATE) if it cannot",
    ),
    (
        "did not finish within",
        "find out what the command waited for (a lock, a connection), or give it a longer `timeout`; then deploy again",
    ),
    ("died (RetriesExhausted)", "read what the function wrote, mend it, and deploy again"),
    (
        "no whole answer within",
        "find out why the new revision answers so slowly, or allow more with `within`; then deploy again",
    ),
    ("got 5", "read what the new revision logged about these requests, mend it, and deploy again"),
    (
        "Spot Task was interrupted",
        "deploy again: Fargate took its tasks back, which says nothing about the revision; on demand (FARGATE) they stay",
    ),
    (
        "health checks",
        "find out why the new revision does not pass its health check: its port, its path, how long it takes to start; then deploy again",
    ),
    (
        "code 137",
        "something killed the container: see whether it ran out of memory, and what its log says; mend that, and deploy again",
    ),
    ("is unhealthy", "find out why the load balancer's health check failed on these tasks, and deploy again"),
    ("exited with code", "read the log of what exited, and what it had done by then; mend it, and deploy again"),
];

/// In a sentence why it came to this, and what to do.
pub(super) fn of(story: &Story, deployment: &Deployment, log_group: Option<&str>) -> (String, Vec<Step>) {
    match story.outcome {
        Outcome::InProgress => waiting(story, deployment),
        Outcome::Succeeded => succeeded(story, log_group),
        _ => {
            let (why, mut next) = cause(story, log_group);
            let why = format!("{why}; {}", users(story));
            if story.outcome == Outcome::RollingBack
                && let Some(other) = &story.rolled_back_by
            {
                next.insert(
                    0,
                    Step::with("see the rollback to its end", format!("greenlight watch {}", other.deployment_id)),
                );
            }
            if story.outcome == Outcome::Failed || story.outcome == Outcome::Stopped {
                let name = |name: &Option<String>| name.clone().unwrap_or_default();
                let (application, group) = (name(&story.application), name(&story.deployment_group));
                let command = format!("greenlight rollback --application {application} --deployment-group {group}");
                next.insert(0, Step::with("nothing took it back: see that the old revision serves everybody", command));
            }
            next.extend(all_lines(story, log_group));
            (why, next)
        }
    }
}

/// How to read everything that the functions wrote.
pub(super) fn all_lines(story: &Story, log_group: Option<&str>) -> Option<Step> {
    let (group, pattern) = (log_group?, super::lines::pattern(story.id()));
    let command = format!("aws logs filter-log-events --log-group-name {group} --filter-pattern '{pattern}'");
    Some(Step::with("all that the functions wrote about it", command))
}

pub(super) fn succeeded(story: &Story, log_group: Option<&str>) -> (String, Vec<Step>) {
    let serves = story.revision.as_ref().map_or("its revision", |revision| &revision.task_definition);
    let well = format!("every hook let it pass, and {serves} got all traffic");
    let forgiven = story.hooks.iter().find_map(|hook| {
        let reason = first_line(hook.reason.as_deref().unwrap_or_default());
        let is_forgiven = hook.verdict == "succeeded"
            && (reason.starts_with("failed, which") || reason.starts_with("would have failed"));
        is_forgiven.then(|| format!("the hook of {} {reason}{}", hook.lifecycle_event, detail(story, hook)))
    });
    if let Some(forgiven) = forgiven {
        let what = "mend what failed, and do it by hand or deploy again: nothing was undone for it, and nothing tries it again";
        return (format!("{well}; but {forgiven}"), vec![Step::new(what)]);
    }
    let (lost, next) = delays::of(story, log_group);
    if lost.is_empty() { (well, next) } else { (format!("{well}; but {}", lost.join("; ")), next) }
}

fn cause(story: &Story, log_group: Option<&str>) -> (String, Vec<Step>) {
    if let Some(answered) = by_answer(story) {
        return answered;
    }
    if let Some(other) = &story.rolled_back_by
        && story.status == "Succeeded"
    {
        let (words, _) = other.description.split_once(" [greenlight").unwrap_or((&other.description, ""));
        let words = words.to_lowercase();
        let why = format!("it had succeeded; deployment {} took it back later ({words})", other.deployment_id);
        return (why, vec![Step::new("find out why it was taken back before you deploy it again")]);
    }
    if let Some(error) = story.error.as_deref().filter(|error| error.starts_with("ALARM_ACTIVE")) {
        let names = error.rsplit_once("alarms: ").map_or("", |(_, names)| names);
        let first = names.split(", ").next().unwrap_or_default();
        return (format!("an alarm of the deployment group went off: {names}"), by_alarm(first));
    }
    let failed = story.hooks.iter().find(|hook| hook.verdict == "failed");
    let Some(task) = story.stopped_tasks.first() else {
        return failed.map_or_else(|| by_event(story), |hook| by_hook(story, hook, log_group));
    };
    let so = match (failed, story.lifecycle_events.iter().find(|event| event.status == "Failed")) {
        (Some(hook), _) => by_hook(story, hook, log_group).0,
        (None, Some(event)) => {
            let after = event.duration().map(|took| format!(" after {}", super::span(took))).unwrap_or_default();
            format!("{} failed{after}", event.name)
        }
        (None, None) => "the deployment failed".to_owned(),
    };
    by_tasks(story, task, &so)
}

/// Tasks stopped, and what came of that.
pub(super) fn by_tasks(story: &Story, first: &StoppedTask, so: &str) -> (String, Vec<Step>) {
    let count = story.stopped_tasks.len();
    let why = format!(
        "{count} tasks of the new revision stopped, the first because: {} ({}); so {so}",
        first.reason, first.task
    );
    let what = remedy(&first.reason).unwrap_or("read the log of the task that stopped, mend it, and deploy again");
    (why, vec![Step::new(what)])
}

/// The function `rollback` answered an alarm.
pub(super) fn by_answer(story: &Story) -> Option<(String, Vec<Step>)> {
    let alarm = story.alarms.iter().find(|alarm| alarm.answer != "proposed")?;
    let since = alarm.since.map(|since| format!(" at {}", clock(since))).unwrap_or_default();
    let did = if alarm.answer == "stopped" { "stopped it" } else { "deployed what was good before" };
    let phase = phase(story, alarm.since.unwrap_or(alarm.at));
    Some((format!("alarm {} went off{since}, {phase}; the function rollback {did}", alarm.name), by_alarm(&alarm.name)))
}

/// Whether users had the new revision.
fn users(story: &Story) -> String {
    let shift = story.lifecycle_events.iter().find(|event| event.name == "AllowTraffic");
    match shift.and_then(|shift| shift.started_at) {
        Some(began) => format!("users got the new revision from {} on", clock(began)),
        None if story.lifecycle_events.is_empty() => "nobody knows whether users got the new revision".to_owned(),
        None => "no user got the new revision".to_owned(),
    }
}

pub(super) fn by_alarm(name: &str) -> Vec<Step> {
    vec![
        Step::with(
            "see what the alarm measured",
            format!("aws cloudwatch describe-alarm-history --alarm-name {name} --history-item-type StateUpdate"),
        ),
        Step::new("find what the new revision does to it, mend that, and deploy again"),
    ]
}

pub(super) fn by_hook(story: &Story, hook: &Hook, log_group: Option<&str>) -> (String, Vec<Step>) {
    let reason = hook.reason.as_deref().unwrap_or("it gives no reason");
    let why = format!("the hook of {} failed: {}{}", hook.lifecycle_event, first_line(reason), detail(story, hook));
    let what = remedy(reason).unwrap_or("mend what the reason names, and deploy again");
    let mut next = vec![Step::new(what)];
    if reason.contains("died (RetriesExhausted)")
        && let Some(group) = log_group
    {
        let since = story.created_at.unwrap_or(hook.at).strftime("%Y-%m-%dT%H:%M:%SZ");
        let command = format!("aws logs tail {group} --since {since}");
        next.push(Step::with("the log of the function", command));
    }
    if hook.function.ends_with("smoke-test") {
        next.push(Step::with("run the same checks from here", "greenlight smoke-test --base-url URL"));
    }
    (why, next)
}

/// Nobody says why: what `CodeDeploy` knows.
fn by_event(story: &Story) -> (String, Vec<Step>) {
    let error = story.error.as_deref().unwrap_or("CodeDeploy gives no reason");
    if error.starts_with("MANUAL_STOP") {
        return (
            "somebody stopped it".to_owned(),
            vec![Step::with(
                "see who it was",
                "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=StopDeployment",
            )],
        );
    }
    let Some(event) = story.lifecycle_events.iter().find(|event| event.status == "Failed") else {
        return (error.to_owned(), vec![Step::new("mend what CodeDeploy names, and deploy again")]);
    };
    let said = event.message.as_deref().unwrap_or(error);
    let name = &event.name;
    if matches!(name.as_str(), "Install" | "AllowTraffic" | "AllowTestTraffic") {
        let (cluster, service) = story.target.as_deref().and_then(|target| target.rsplit_once(':')).unwrap_or_default();
        let command = format!(
            "aws ecs describe-services --cluster {cluster} --services {service} --query services[0].events[:20]"
        );
        return (
            format!("{name} failed: {said}"),
            vec![
                Step::with("see what ECS says about the tasks: no room, failed health checks", command),
                Step::new("mend that, and deploy again"),
            ],
        );
    }
    let mut why = format!("the hook of {name} said nothing: {said}");
    if let Some(command) = story.commands.iter().find(|command| command.lifecycle_event == *name) {
        let end = if command.outcome == "running" { "its end was never heard of" } else { "it ended" };
        why = format!(
            "{why} It had started task {}, and {end}",
            command.task.rsplit('/').next().unwrap_or(&command.task)
        );
    }
    (
        why,
        vec![
            Step::new(
                "look into the queue of dead letters for events that did not reach the function settle, and whether its rule and schedules are enabled",
            ),
            Step::new("find out what its task did before you deploy again"),
        ],
    )
}

fn remedy(reason: &str) -> Option<&'static str> {
    REMEDIES.iter().find(|(part, _)| reason.contains(part)).map(|(_, remedy)| *remedy)
}

/// How far the deployment had come.
fn phase(story: &Story, at: Timestamp) -> String {
    let running = |event: &&LifecycleEvent| {
        event.started_at.is_some_and(|started| started <= at) && event.ended_at.is_none_or(|ended| ended >= at)
    };
    let last = story.lifecycle_events.iter().rfind(running);
    match last.map(|event| event.name.as_str()) {
        Some("AllowTraffic") => "while traffic shifted".to_owned(),
        Some(name) => format!("during {name}"),
        None if matches!(story.status.as_str(), "Succeeded" | "SUCCESSFUL")
            && story.ended_at.is_some_and(|ended| ended <= at) =>
        {
            "after the deployment had succeeded".to_owned()
        }
        None => "when the new revision had all traffic and the old one was kept".to_owned(),
    }
}

fn waiting(story: &Story, deployment: &Deployment) -> (String, Vec<Step>) {
    let id = &story.deployment_id;
    let watch = Step::with("watch it", format!("greenlight watch {id}"));
    if story.status == "Ready" {
        let go_on = Step::with("let it go on", format!("greenlight approve {id}"));
        let give_up = Step::with("give it up", format!("greenlight reject {id}"));
        return ("it waits for somebody before traffic shifts".to_owned(), vec![go_on, give_up, watch]);
    }
    let running = story.lifecycle_events.iter().find(|event| event.status == "InProgress");
    let Some(event) = running else {
        return (kept_until(story, deployment), vec![watch]);
    };
    let name = &event.name;
    let green = story.task_sets.iter().find(|set| set.label.as_deref() == Some("Green"));
    let why = match (name.as_str(), green) {
        ("Install", Some(green)) => format!("its tasks start: {} of {} run", green.running, green.desired),
        ("AllowTraffic", Some(green)) => format!("traffic shifts: {:.0} % to the new revision", green.traffic_percent),
        _ => {
            let command = story.commands.iter().find(|one| one.lifecycle_event == *name && one.outcome == "running");
            let deadline = command.and_then(|command| command.deadline);
            let until = deadline.map(|deadline| format!(", until {} at most", clock(deadline))).unwrap_or_default();
            let function = story.hooks.iter().find(|hook| hook.lifecycle_event == *name);
            let function = function.map(|hook| format!(" of {}", hook.function)).unwrap_or_default();
            format!("{name} is in progress: it waits for the verdict{function}{until}")
        }
    };
    (why, vec![watch])
}

/// Between lifecycle events there is nothing to do, or the old revision is kept for a while.
fn kept_until(story: &Story, deployment: &Deployment) -> String {
    match ends_at(story, deployment) {
        Some(end) => format!("the new revision has all traffic; the old one is kept until {}", clock(end)),
        None => "it is between two lifecycle events".to_owned(),
    }
}

/// When the old revision goes, if it is kept for a while now.
pub(crate) fn ends_at(story: &Story, deployment: &Deployment) -> Option<Timestamp> {
    let wait = deployment.termination_wait.filter(|_| deployment.waits_for_termination)?;
    let shifted = story.lifecycle_events.last()?.ended_at?;
    shifted.checked_add(SignedDuration::try_from(wait).ok()?).ok()
}

/// What a reason says beside its first line: the last line of a command's log, or the first check that failed.
fn detail(story: &Story, hook: &Hook) -> String {
    let mut rest =
        hook.reason.as_deref().unwrap_or_default().lines().skip(1).map(str::trim).filter(|line| !line.is_empty());
    let is_command = story.commands.iter().any(|command| command.lifecycle_event == hook.lifecycle_event);
    let detail = if is_command { rest.last() } else { rest.next() };
    detail.map(|detail| format!(": {detail}")).unwrap_or_default()
}

fn first_line(reason: &str) -> &str {
    reason.lines().next().unwrap_or_default().trim_end_matches(':')
}

pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}
