//! What is written down about an alarm, and what the team is told.

use crate::act::Outcome;
use crate::group::Group;
use greenlight_aws::{Env, Error, notice};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::notice::Notice;
use greenlight_domain::rollback::{Hold, Measure};
use jiff::Timestamp;
use serde_json::json;

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
    env.emit(event, fields);
}

/// Tells the team: a notice for each group for which something was done or has to be done, and one for all the others.
pub(crate) async fn team(env: &Env, alarm: &Alarm, answers: &[(Group, Result<Outcome, Error>)], until: Timestamp) {
    let mut quiet = Vec::new();
    for (group, outcome) in answers {
        match outcome {
            Ok(Outcome::Nothing(why)) if why.is_news() => quiet.push(format!("{group}: {why}")),
            Ok(Outcome::Foreign | Outcome::Nothing(_)) => {}
            Ok(outcome) => notice::publish(env, &of_outcome(group, alarm, outcome), until).await,
            Err(error) => notice::publish(env, &of_error(group, alarm, error), until).await,
        }
    }
    if !quiet.is_empty() {
        let subject = format!("Nothing was rolled back for alarm {}", alarm.name);
        let text = format!("{}\n\nNothing was done:\n{}", about(alarm), quiet.join("\n"));
        notice::publish(env, &Notice::new(&subject, &text), until).await;
    }
}

fn about(alarm: &Alarm) -> String {
    format!("Alarm {} is in ALARM since {}: {}", alarm.name, alarm.since, alarm.reason)
}

fn of_outcome(group: &Group, alarm: &Alarm, outcome: &Outcome) -> Notice {
    let (what, text) = match outcome {
        Outcome::Stopped { deployment } => (
            format!("Deployment {deployment} of {group} was stopped"),
            format!(
                "Deployment {deployment} was stopped, and CodeDeploy rolls it back.\n\nTo see how it goes:\n{}",
                command_to_see(deployment)
            ),
        ),
        Outcome::RolledBack { deployment, by, task_definition, waits } => {
            let waits = if *waits {
                format!(
                    "\n\nThe deployment group waits before traffic shifts. As soon as the deployment is Ready:\n\
                     aws deploy continue-deployment --deployment-id {by} --deployment-wait-type READY_WAIT"
                )
            } else {
                String::new()
            };
            let text = format!(
                "Deployment {deployment} had succeeded. Deployment {by} brings back what was good before it: \
                 {task_definition}, all at once, without hooks and without alarms.\n\nTo see how it goes:\n{}{waits}",
                command_to_see(by)
            );
            (format!("Deployment {deployment} of {group} is rolled back"), text)
        }
        Outcome::Proposed { measure, hold, command } => {
            let (Measure::Stop { deployment } | Measure::RollBack { deployment, .. }) = measure;
            let why = match hold {
                Hold::Plan => "the plan says rollback.mode = \"notify\"",
                Hold::SwitchedOff => "rollbacks are switched off in the stack (parameter Rollback)",
            };
            (
                format!("Deployment {deployment} of {group} should be rolled back"),
                format!("Nothing was done, because {why}. This takes deployment {deployment} back:\n{command}"),
            )
        }
        outcome => (format!("{group} cannot be rolled back"), reason(outcome)),
    };
    Notice::new(&format!("{what}: alarm {}", alarm.name), &format!("{}\n\n{text}", about(alarm)))
}

fn of_error(group: &Group, alarm: &Alarm, error: &Error) -> Notice {
    let text = format!(
        "{}\n\nThe rollback failed, and Lambda tries again: {error}\n\nTo see what is deployed:\n\
         aws deploy list-deployments --application-name {} --deployment-group-name {}",
        about(alarm),
        group.application,
        group.name
    );
    Notice::new(&format!("The rollback of {group} failed: alarm {}", alarm.name), &text)
}

fn command_to_see(deployment: &str) -> String {
    format!("aws deploy get-deployment --deployment-id {deployment}")
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
