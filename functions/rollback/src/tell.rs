//! What is written down about an alarm, and what the team is told.

use crate::act::Outcome;
use crate::group::Group;
use greenlight_aws::notice::{self, Background};
use greenlight_aws::telemetry::Metric;
use greenlight_aws::{Env, Error, revision};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::notice::{About, Kind, Notice};
use greenlight_domain::rollback::{Hold, Measure};
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Display;

/// Writes what came of an alarm for one group. Groups that it is not about are not worth a line.
pub(crate) fn log(env: &Env, group: &Group, alarm: &Alarm, outcome: &Result<Outcome, Error>) {
    let (event, mut fields) = match outcome {
        Ok(Outcome::Foreign) => return,
        Ok(Outcome::Stopped { deployment }) => {
            ("rollback.started", json!({ "deployment_id": deployment, "how": "stopped" }))
        }
        Ok(Outcome::RolledBack { deployment, by, task_definition, .. }) => (
            "rollback.started",
            json!({ "deployment_id": deployment, "how": "redeployed", "rollback_deployment_id": by, "task_definition": task_definition }),
        ),
        Ok(Outcome::Proposed { measure, command, .. }) => {
            let (Measure::Stop { deployment } | Measure::RollBack { deployment, .. }) = measure;
            ("rollback.proposed", json!({ "deployment_id": deployment, "command": command }))
        }
        Ok(outcome) => ("rollback.refused", json!({ "reason": reason(outcome) })),
        Err(error) => ("rollback.failed", json!({ "reason": error.to_string() })),
    };
    fields["alarm"] = json!(alarm.name);
    fields["deployment_group"] = json!(group.to_string());
    fields["since"] = json!(alarm.since.to_string());
    // from the alarm's change of state
    fields["after_ms"] = json!(env.clock.now().as_millisecond().saturating_sub(alarm.since.as_millisecond()));
    if event == "rollback.started" {
        let after = fields["after_ms"].as_i64().unwrap_or_default();
        let group = group.to_string();
        let latency = Metric::milliseconds("RollbackLatency", after);
        return env.emit_measured(event, fields, &[("DeploymentGroup", &group)], &[latency]);
    }
    env.emit(event, fields);
}

/// Tells the team: a notice for each group for which something was done or has to be done, and one for all the others.
pub(crate) async fn team(env: &Env, alarm: &Alarm, answers: &[(Group, Result<Outcome, Error>)], until: Timestamp) {
    let mut quiet = Vec::new();
    for (group, outcome) in answers {
        match outcome {
            Ok(Outcome::Nothing(why)) if why.is_news() => quiet.push(format!("{group}: {why}")),
            Ok(Outcome::Foreign | Outcome::Nothing(_)) => {}
            Ok(outcome) => notice::publish(env, &of_outcome(env, group, alarm, outcome).await, until).await,
            Err(error) => notice::publish(env, &of_error(env, group, alarm, error), until).await,
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

/// One change of an alarm is one piece of news for a group.
fn key(alarm: &Alarm, group: impl Display) -> String {
    format!("{group}/{}/{}", alarm.name, alarm.since)
}

fn because(alarm: &Alarm) -> String {
    let reason = alarm.reason.lines().collect::<Vec<_>>().join(" ");
    format!("alarm {} is in ALARM since {}: {reason}", alarm.name, alarm.since)
}

async fn of_outcome(env: &Env, group: &Group, alarm: &Alarm, outcome: &Outcome) -> Notice {
    let background = match deployment(outcome) {
        Some(id) => Some(Background::of(env, id).await),
        None => None,
    };
    let (kind, title, details) = match outcome {
        Outcome::Stopped { deployment } => {
            let to = background.as_ref().and_then(Background::previous);
            let to = to.map(|to| format!(" to {}", to.task_definition)).unwrap_or_default();
            let details = format!("CodeDeploy rolls it back{to} now.");
            (Kind::RollbackStarted, format!("deployment {deployment} was stopped"), details)
        }
        Outcome::RolledBack { deployment, by, task_definition, .. } => (
            Kind::RollbackStarted,
            format!("deployment {deployment} is rolled back"),
            format!(
                "It had succeeded. Deployment {by} brings back what was good before it: {}, all at once, without hooks and \
                 without alarms.",
                revision::short(task_definition)
            ),
        ),
        Outcome::Proposed {
            measure: Measure::Stop { deployment } | Measure::RollBack { deployment, .. },
            hold,
            ..
        } => (
            Kind::RollbackProposed,
            format!("deployment {deployment} should be rolled back"),
            format!("Nothing was done, because {}.", held(*hold)),
        ),
        outcome => (Kind::RollbackRefused, "nothing can be rolled back".to_owned(), reason(outcome)),
    };
    let title = format!("{group}: {title}, alarm {}", alarm.name);
    let mut notice = Notice::new(kind, key(alarm, group), title, env.clock.now()).about(About {
        other_deployment_id: match outcome {
            Outcome::RolledBack { by, .. } => Some(by.clone()),
            _ => None,
        },
        ..about(env, group, alarm, deployment(outcome))
    });
    notice = notice.because(&format!("{}\n{details}", because(alarm)));
    notice.by = Some(format!("alarm {}", alarm.name));
    notice = steps(notice, outcome);
    match background {
        Some(background) => background.onto(notice),
        None => notice,
    }
}

fn held(hold: Hold) -> &'static str {
    match hold {
        Hold::Plan => "the plan says rollback.mode = \"notify\"",
        Hold::SwitchedOff => "rollbacks are switched off in the stack (parameter Rollback)",
    }
}

/// The deployment that an outcome is about.
fn deployment(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Stopped { deployment }
        | Outcome::RolledBack { deployment, .. }
        | Outcome::Gone { deployment, .. }
        | Outcome::Same { deployment, .. }
        | Outcome::Proposed { measure: Measure::Stop { deployment } | Measure::RollBack { deployment, .. }, .. } => {
            Some(deployment)
        }
        Outcome::Foreign | Outcome::Nothing(_) => None,
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
        } => notice.step(format!("take deployment {deployment} back"), command),
        _ => notice,
    }
}

fn about(env: &Env, group: &Group, alarm: &Alarm, deployment: Option<&str>) -> About {
    About {
        install: Some(env.settings.install.clone()),
        application: Some(group.application.clone()),
        deployment_group: Some(group.name.clone()),
        deployment_id: deployment.map(str::to_owned),
        alarm: Some(alarm.name.clone()),
        ..About::default()
    }
}

fn of_error(env: &Env, group: &Group, alarm: &Alarm, error: &Error) -> Notice {
    let title = format!("{group}: the rollback failed, alarm {}", alarm.name);
    let reason = format!("{error}\n{}\nLambda tries again.", because(alarm));
    let Group { application, name, .. } = group;
    Notice::new(Kind::RollbackFailed, key(alarm, group), title, env.clock.now())
        .about(about(env, group, alarm, None))
        .because(&reason)
        .step(
            "take the last release back by hand",
            format!("greenlight rollback --application {application} --deployment-group {name}"),
        )
        .step(
            "see what is deployed",
            format!("aws deploy list-deployments --application-name {application} --deployment-group-name {name}"),
        )
}

/// Why nothing was done.
fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Nothing(why) => why.to_string(),
        Outcome::Gone { deployment, to, task_definition } => format!(
            "deployment {deployment} should go back to the revision of {to}, but no task can be started from its task \
             definition {task_definition}, which was deregistered or deleted; register it again and deploy it by hand"
        ),
        Outcome::Same { deployment, to } => format!(
            "deployment {deployment} and {to}, the last good one before it, have the same task definition: rolling back would \
             change nothing; look for the cause elsewhere"
        ),
        _ => String::new(),
    }
}
