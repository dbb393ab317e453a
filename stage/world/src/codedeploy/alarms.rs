//! The alarms of a deployment: they are asked again and again, from its start until blue is taken away.

use super::stop::{self, Reason};
use super::{Due, Timer, service_role};
use crate::{AlarmState, Permission, World, cloudwatch, timers};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How often alarms are asked. AWS does not say.
const EVERY: Duration = Duration::from_secs(5);
/// An alarm that goes off during the deployment is heeded this late: deployments were seen to stop 20 to 25 seconds after one.
const HEEDED_AFTER: Duration = Duration::from_secs(20);
/// However much time is compressed, who else hears of the alarm has this long (in real time) to be faster, as they have in AWS.
const HEAD_START: Duration = Duration::from_secs(2);

/// What the alarms say.
enum Answer {
    Quiet,
    /// These are in `ALARM`.
    Active(Vec<String>),
    /// Of these nothing is known: they do not exist, or the service role may not ask.
    Unknown(Vec<String>),
}

/// Asks the alarms of a deployment, and stops it if one of them speaks against it. An alarm that was active before the
/// deployment counts as well.
pub(super) fn ask(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id).filter(|deployment| !deployment.is_over()) else {
        return;
    };
    let configuration = &deployment.alarms;
    // one that somebody stops is stopped for that
    if !configuration.enabled || deployment.progress.stopping.is_some() {
        return;
    }
    let rolls_back = deployment.auto_rollback.covers("DEPLOYMENT_STOP_ON_ALARM");
    let ignores_failures = configuration.ignore_poll_alarm_failure;
    let names: Vec<String> = configuration.alarms.iter().filter_map(|alarm| alarm.name.clone()).collect();
    match answer(world, id, names) {
        Answer::Active(names) => stop::stop(world, id, active(&names), rolls_back),
        Answer::Unknown(names) if !ignores_failures => stop::stop(world, id, unknown(&names), rolls_back),
        Answer::Unknown(_) | Answer::Quiet => {
            let timer = Timer { deployment: id.to_owned(), stage: 0, due: Due::AskAlarms };
            world.after(EVERY, timers::Timer::CodeDeploy(timer));
        }
    }
}

fn answer(world: &mut World, id: &str, names: Vec<String>) -> Answer {
    let needed = Permission::new("cloudwatch:DescribeAlarms", world.arn("cloudwatch", "alarm:*"));
    if !service_role::may(world, id, &needed) {
        return Answer::Unknown(names);
    }
    let started = world.codedeploy.deployments.get(id).and_then(|deployment| deployment.started).unwrap_or(world.now);
    let late =
        SignedDuration::try_from(HEEDED_AFTER.max(world.setup.pace.real(HEAD_START))).unwrap_or(SignedDuration::MAX);
    let is_heeded = |since: Timestamp| since <= started || world.now.duration_since(since) >= late;
    let is_active =
        |name: &&String| matches!(cloudwatch::state(world, name), Some((AlarmState::Alarm, since)) if is_heeded(since));
    let is_unknown = |name: &&String| cloudwatch::state(world, name).is_none();
    let active: Vec<String> = names.iter().filter(is_active).cloned().collect();
    let unknown: Vec<String> = names.iter().filter(is_unknown).cloned().collect();
    match (active.is_empty(), unknown.is_empty()) {
        (false, _) => Answer::Active(active),
        (true, false) => Answer::Unknown(unknown),
        (true, true) => Answer::Quiet,
    }
}

fn active(names: &[String]) -> Reason {
    Reason {
        code: "ALARM_ACTIVE",
        message: format!(
            "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: {}",
            names.join(", ")
        ),
    }
}

fn unknown(names: &[String]) -> Reason {
    Reason {
        code: "ALARM_ACTIVE",
        message: format!(
            "The state of alarms could not be retrieved from Amazon CloudWatch, and the deployment does not ignore that. Alarms: {}",
            names.join(", ")
        ),
    }
}
