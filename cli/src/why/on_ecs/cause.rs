//! Names the cause of what became of a service deployment, and what to do: pure.

use super::super::cause::{all_lines, by_alarm, by_answer, by_hook, by_tasks, clock, succeeded};
use super::super::story::{Outcome, Step, Story};
use greenlight_aws::service_course::Course;
use greenlight_aws::service_deployments::Pause;
use greenlight_domain::service_deployment::Stage;

/// In a sentence why it came to this, and what to do.
pub(super) fn of(story: &Story, course: &Course, log_group: Option<&str>) -> (String, Vec<Step>) {
    let watch = || Step::with("watch it", format!("greenlight watch {}", story.deployment_id));
    match story.outcome {
        Outcome::InProgress => {
            let (why, mut next) = waiting(story, course);
            next.push(watch());
            (why, next)
        }
        Outcome::Succeeded => succeeded(story, log_group),
        outcome => {
            let (why, mut next) = cause(story, course, log_group);
            match outcome {
                Outcome::RollingBack => {
                    let command = format!("greenlight watch {}", story.deployment_id);
                    next.insert(0, Step::with("see the rollback to its end", command));
                }
                Outcome::Failed | Outcome::Stopped => next.insert(
                    0,
                    Step::with(
                        "nothing took it back: see that the old revision serves everybody, in the directory of its plan",
                        "greenlight rollback",
                    ),
                ),
                _ => {}
            }
            next.extend(all_lines(story, log_group));
            (format!("{why}; {}", users(story, course)), next)
        }
    }
}

/// What a deployment that goes on waits for.
fn waiting(story: &Story, course: &Course) -> (String, Vec<Step>) {
    let arn = &story.deployment_id;
    let waiting: Vec<&Pause> = course.seen.pauses.iter().filter(|pause| pause.waits()).collect();
    if let Some(first) = waiting.first() {
        let stage = course.seen.stage.as_ref().map(|stage| format!(" at {stage}")).unwrap_or_default();
        let until = first.expires_at.map(|until| format!(", until {}; then {}", clock(until), first.timeout_action));
        let why = format!("it waits for somebody{stage} ({}){}", first.id, until.unwrap_or_default());
        let answer = |verb: &str, pause: &Pause| format!("greenlight {verb} {arn} --hook {}", pause.id);
        let mut next: Vec<Step> =
            waiting.iter().map(|pause| Step::with("let it go on", answer("approve", pause))).collect();
        next.push(Step::with("or take it back", answer("reject", first)));
        return (why, next);
    }
    let Some(stage) = &course.seen.stage else {
        let (running, desired) = course.seen.running;
        let why = if course.seen.is_rolling {
            format!("its tasks are replaced: {running} of {desired} run")
        } else {
            "it has not begun".to_owned()
        };
        return (why, Vec::new());
    };
    let asked = story.hooks.iter().rfind(|hook| hook.verdict == "pending");
    if let Some(hook) = asked {
        let command = story.commands.iter().find(|one| one.outcome == "running");
        let until = command.and_then(|command| command.deadline);
        let until = until.map(|until| format!(", until {} at most", clock(until))).unwrap_or_default();
        let why =
            format!("{} is in progress: it waits for the verdict of {}{until}", hook.lifecycle_event, hook.function);
        return (why, Vec::new());
    }
    let (running, desired) = course.seen.running;
    let why = match stage.parse() {
        Ok(Stage::ScaleUp) => format!("its tasks start: {running} of {desired} run"),
        Ok(Stage::ProductionTrafficShift) => {
            format!("traffic shifts: {:.0} % to the new revision", course.seen.percent.unwrap_or_default())
        }
        Ok(Stage::BakeTime) => "the new revision has all traffic; the old one is kept for a while".to_owned(),
        Ok(Stage::CleanUp) => "the new revision has all traffic; the old one is taken away".to_owned(),
        _ => match course.functions.iter().find(|asked| asked.status == "IN_PROGRESS") {
            Some(asked) => format!("{stage} is in progress: it waits for {}", asked.function),
            None => format!("{stage} is in progress"),
        },
    };
    (why, Vec::new())
}

fn cause(story: &Story, course: &Course, log_group: Option<&str>) -> (String, Vec<Step>) {
    if let Some(answered) = by_answer(story) {
        return answered;
    }
    let failed = story.hooks.iter().find(|hook| hook.verdict == "failed");
    match (story.stopped_tasks.first(), failed) {
        (Some(task), Some(hook)) => return by_tasks(story, task, &by_hook(story, hook, log_group).0),
        (None, Some(hook)) => return by_hook(story, hook, log_group),
        (_, None) => {}
    }
    if let Some(first) = course.triggered.first() {
        return (format!("an alarm of the service went off: {}", course.triggered.join(", ")), by_alarm(first));
    }
    if course.breaker {
        let so = "the deployment circuit breaker ended it";
        if let Some(task) = story.stopped_tasks.first() {
            return by_tasks(story, task, so);
        }
        return (format!("tasks failed again and again, and {so}"), by_events(story));
    }
    if let Some(pause) = course.seen.pauses.iter().find(|pause| pause.status == "FAILED") {
        let what = "find out why it was rejected before you deploy it again";
        return (format!("somebody rejected it ({})", pause.id), vec![Step::new(what)]);
    }
    if let Some(pause) = course.seen.pauses.iter().find(|pause| pause.status == "TIMED_OUT") {
        let until = pause.expires_at.map(|until| format!(" until {}", clock(until))).unwrap_or_default();
        let why = format!("it waited for somebody{until}, and nobody came ({})", pause.id);
        return (why, vec![Step::new("deploy again, and answer in time with `greenlight approve`")]);
    }
    if let Some(asked) = course.functions.iter().find(|asked| matches!(asked.status.as_str(), "FAILED" | "TIMED_OUT")) {
        return by_silence(story, asked.status == "TIMED_OUT", &asked.function, log_group);
    }
    let reason = story.rollback.as_ref().map(|rollback| rollback.reason.as_str()).or(story.error.as_deref());
    let reason = reason.filter(|reason| !reason.is_empty()).unwrap_or("ECS gives no reason");
    if reason.contains("StopServiceDeployment") {
        let stopped = "somebody stopped it";
        if let Some(task) = story.stopped_tasks.first() {
            return by_tasks(story, task, stopped);
        }
        let command = "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=StopServiceDeployment";
        return (stopped.to_owned(), vec![Step::with("see who it was", command)]);
    }
    let reason = reason.trim_end_matches('.');
    match story.stopped_tasks.first() {
        Some(task) => by_tasks(story, task, reason),
        None => (reason.to_owned(), by_events(story)),
    }
}

/// A function failed, and did not write why.
fn by_silence(story: &Story, is_late: bool, function: &str, log_group: Option<&str>) -> (String, Vec<Step>) {
    let how = if is_late { "did not answer in time" } else { "failed" };
    let why = format!("the hook {function} {how}, and nobody knows why");
    let since = story.created_at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default();
    let what = "see how its invocation ended: an error, its timeout, its memory; and what its role may do";
    let step = match log_group {
        Some(group) => Step::with(what, format!("aws logs tail {group} --since {since}")),
        None => Step::new(what),
    };
    (why, vec![step])
}

fn by_events(story: &Story) -> Vec<Step> {
    let (cluster, service) = story.target.as_deref().and_then(|target| target.rsplit_once(':')).unwrap_or_default();
    let command =
        format!("aws ecs describe-services --cluster {cluster} --services {service} --query services[0].events[:20]");
    vec![
        Step::with("see what ECS says about the service: no room, failed health checks, rights", command),
        Step::new("mend that, and deploy again"),
    ]
}

/// Whether users had the new revision. ECS forgets the shares of traffic of a deployment that went back.
fn users(story: &Story, course: &Course) -> String {
    let stage = |name: &str| name.parse::<Stage>().ok();
    let points: Vec<(Stage, &super::Hook)> =
        story.hooks.iter().filter_map(|hook| Some((stage(&hook.lifecycle_event)?, hook))).collect();
    let is_after = |stage: Stage| stage >= Stage::ProductionTrafficShift;
    let steps = points.iter().filter(|(stage, _)| *stage == Stage::PreProductionTrafficShift).count();
    if let Some((_, hook)) = points.iter().find(|(stage, _)| is_after(*stage)) {
        return format!("users had the new revision by {}", clock(hook.at));
    }
    if steps > 1 || course.seen.percent.is_some_and(|percent| percent > 0.0) {
        return "some users got the new revision".to_owned();
    }
    let failed = story.hooks.iter().any(|hook| hook.verdict == "failed");
    let by_pause = course.seen.pauses.iter().any(|pause| !matches!(pause.status.as_str(), "SUCCEEDED"));
    let early_pauses = course.strategy == "BLUE_GREEN" && !course.pauses_at.iter().any(|stage| is_after(*stage));
    if failed || (by_pause && early_pauses) {
        return "no user got the new revision".to_owned();
    }
    "ECS does not say whether users got the new revision".to_owned()
}
