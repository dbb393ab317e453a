//! What is written down about an alarm, and what the team is told.

use crate::outcome::{Answer, Outcome};
use crate::place::{Place, id};
use greenlight_aws::notice::{self, Background};
use greenlight_aws::telemetry::Metric;
use greenlight_aws::{Env, Error, revision};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::notice::{About, Kind, Notice};
use greenlight_domain::rollback::{Hold, Measure};
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Display;

/// Writes what came of an alarm for one place. Places that it is not about are not worth a line.
pub(crate) fn log(env: &Env, place: &Place, alarm: &Alarm, outcome: &Result<Outcome, Error>) {
    let (event, mut fields) = match outcome {
        Ok(Outcome::Foreign) => return,
        Ok(Outcome::Stopped { deployment }) => {
            ("rollback.started", json!({ "deployment_id": id(deployment), "how": "stopped" }))
        }
        Ok(Outcome::RolledBack { deployment, by, task_definition, .. }) => (
            "rollback.started",
            json!({
                "deployment_id": id(deployment),
                "how": "redeployed",
                "rollback_deployment_id": id(by),
                "task_definition": task_definition,
            }),
        ),
        Ok(Outcome::Proposed { measure, command, .. }) => {
            let (Measure::Stop { deployment } | Measure::RollBack { deployment, .. }) = measure;
            ("rollback.proposed", json!({ "deployment_id": id(deployment), "command": command }))
        }
        Ok(outcome) => ("rollback.refused", json!({ "reason": reason(outcome) })),
        Err(error) => ("rollback.failed", json!({ "reason": error.to_string() })),
    };
    fields["alarm"] = json!(alarm.name);
    fields[place.field()] = json!(place.to_string());
    fields["since"] = json!(alarm.since.to_string());
    // from the alarm's change of state
    fields["after_ms"] = json!(env.clock.now().as_millisecond().saturating_sub(alarm.since.as_millisecond()));
    if event == "rollback.started" {
        let after = fields["after_ms"].as_i64().unwrap_or_default();
        let name = place.to_string();
        let latency = Metric::milliseconds("RollbackLatency", after);
        return env.emit_measured(event, fields, &[(place.dimension(), &name)], &[latency]);
    }
    env.emit(event, fields);
}

/// Tells the team: a notice for each place for which something was done or has to be done, and one for all the others.
pub(crate) async fn team(env: &Env, alarm: &Alarm, answers: &[Answer], until: Timestamp) {
    let mut quiet = Vec::new();
    for (place, outcome) in answers {
        match outcome {
            Ok(Outcome::Nothing(why)) if why.is_news() => quiet.push(format!("{place}: {why}")),
            Ok(Outcome::Foreign | Outcome::Nothing(_)) => {}
            Ok(outcome) => notice::publish(env, &of_outcome(env, place, alarm, outcome).await, until).await,
            Err(error) => notice::publish(env, &of_error(env, place, alarm, error), until).await,
        }
    }
    if !quiet.is_empty() {
        let title = format!("nothing was rolled back for alarm {}", alarm.name);
        let notice = Notice::new(Kind::RollbackRefused, key(alarm, "all"), title, env.clock.now());
        let about =
            About { install: Some(env.settings.install.clone()), alarm: Some(alarm.name.clone()), ..About::default() };
        let reason = format!("{}\n{}", because(alarm), quiet.join("\n"));
        notice::publish(env, &notice.about(about).because(&reason), until).await;
    }
}

/// One change of an alarm is one piece of news for a place.
fn key(alarm: &Alarm, place: impl Display) -> String {
    format!("{place}/{}/{}", alarm.name, alarm.since)
}

fn because(alarm: &Alarm) -> String {
    let reason = alarm.reason.lines().collect::<Vec<_>>().join(" ");
    format!("alarm {} is in ALARM since {}: {reason}", alarm.name, alarm.since)
}

async fn of_outcome(env: &Env, place: &Place, alarm: &Alarm, outcome: &Outcome) -> Notice {
    let background = match outcome.deployment() {
        Some(deployment) => Some(place.background(env, deployment).await),
        None => None,
    };
    let previous = background.as_ref().and_then(Background::previous).map(|to| to.task_definition.as_str());
    let of = outcome.deployment().map(id).unwrap_or_default();
    let (kind, title, details) = match outcome {
        Outcome::Stopped { .. } => {
            (Kind::RollbackStarted, format!("deployment {of} was stopped"), stopped(place, previous))
        }
        Outcome::RolledBack { by, task_definition, .. } => (
            Kind::RollbackStarted,
            format!("deployment {of} is rolled back"),
            brought_back(place, id(by), revision::short(task_definition)),
        ),
        Outcome::Proposed { hold, .. } => (
            Kind::RollbackProposed,
            format!("deployment {of} should be rolled back"),
            format!("Nothing was done, because {}.", held(*hold)),
        ),
        outcome => (Kind::RollbackRefused, "nothing can be rolled back".to_owned(), reason(outcome)),
    };
    let title = format!("{place}: {title}, alarm {}", alarm.name);
    let mut notice = Notice::new(kind, key(alarm, place), title, env.clock.now()).about(About {
        other_deployment_id: match outcome {
            Outcome::RolledBack { by, .. } => Some(id(by).to_owned()),
            _ => None,
        },
        ..about(env, place, alarm, outcome.deployment())
    });
    notice = notice.because(&format!("{}\n{details}", because(alarm)));
    notice.by = Some(format!("alarm {}", alarm.name));
    notice = steps(notice, outcome);
    match background {
        Some(background) => background.onto(notice),
        None => notice,
    }
}

fn stopped(place: &Place, to: Option<&str>) -> String {
    let who = match place {
        Place::Group(_) => "CodeDeploy",
        Place::Service(_) => "ECS",
    };
    let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
    format!("{who} rolls it back{to} now.")
}

fn brought_back(place: &Place, by: &str, task_definition: &str) -> String {
    let how = match place {
        Place::Group(_) => "all at once, without hooks and without alarms",
        Place::Service(_) => "with the service's own strategy and hooks",
    };
    format!("It had succeeded. Deployment {by} brings back what was good before it: {task_definition}, {how}.")
}

fn held(hold: Hold) -> &'static str {
    match hold {
        Hold::Plan => "the plan says rollback.mode = \"notify\"",
        Hold::SwitchedOff => "rollbacks are switched off in the stack (parameter Rollback)",
    }
}

fn steps(notice: Notice, outcome: &Outcome) -> Notice {
    match outcome {
        Outcome::RolledBack { by, waits: true, .. } => notice.step(
            "let it go on as soon as it is Ready: the deployment group waits before traffic shifts",
            format!("greenlight approve {by}"),
        ),
        Outcome::Proposed {
            measure: Measure::Stop { deployment } | Measure::RollBack { deployment, .. },
            command,
            ..
        } => notice.step(format!("take deployment {} back", id(deployment)), command),
        _ => notice,
    }
}

fn about(env: &Env, place: &Place, alarm: &Alarm, deployment: Option<&str>) -> About {
    About { install: Some(env.settings.install.clone()), alarm: Some(alarm.name.clone()), ..place.about(deployment) }
}

fn of_error(env: &Env, place: &Place, alarm: &Alarm, error: &Error) -> Notice {
    let title = format!("{place}: the rollback failed, alarm {}", alarm.name);
    let reason = format!("{error}\n{}\nLambda tries again.", because(alarm));
    let notice = Notice::new(Kind::RollbackFailed, key(alarm, place), title, env.clock.now());
    place.by_hand(notice.about(about(env, place, alarm, None)).because(&reason))
}

/// Why nothing was done.
fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Nothing(why) => why.to_string(),
        Outcome::Gone { deployment, task_definition } => format!(
            "deployment {} should go back to {task_definition}, from which no task can be started: it was deregistered or \
             deleted; register it again and deploy it by hand",
            id(deployment)
        ),
        Outcome::Same { deployment, to } => format!(
            "deployment {deployment} and {to}, the last good one before it, have the same task definition: rolling back would \
             change nothing; look for the cause elsewhere"
        ),
        _ => String::new(),
    }
}
