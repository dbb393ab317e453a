//! A schedule's time has come.

use super::{Schedule, Timer, arm};
use crate::delivery::{self, Delivery};
use crate::setup::RetryPolicy;
use crate::{Fault, World, random};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// What a schedule sends, from its time on until it is delivered or given up.
#[derive(Debug, Clone)]
pub(crate) struct Firing {
    schedule: Schedule,
    scheduled: Timestamp,
}

/// Invokes the target. AWS promises the minute only; the stage takes the second that is written.
pub(crate) fn fire(world: &mut World, timer: Timer) {
    let Timer::Due { group, name, generation, scheduled } = timer;
    let key = (group, name);
    let Some(schedule) = world.scheduler.schedules.get(&key).filter(|schedule| schedule.generation == generation)
    else {
        return;
    };
    let schedule = schedule.clone();
    match schedule.when.next(scheduled, schedule.modified).filter(|_| !schedule.when.is_once()) {
        Some(next) => arm(world, key, generation, next, schedule.when.window),
        None if schedule.definition.deleted_after_completion() => {
            world.scheduler.schedules.remove(&key);
        }
        None => {}
    }
    let delivery = Delivery::of_schedule(Firing { schedule, scheduled }, world.now);
    delivery::begin(world, Fault::SCHEDULE, delivery);
}

impl Firing {
    /// The schedule's ARN.
    pub(crate) fn arn(&self) -> &str {
        &self.schedule.arn
    }

    /// The ARN of the function.
    pub(crate) fn target(&self) -> &str {
        &self.schedule.definition.target.arn
    }

    /// The name of the role in whose name it is sent.
    pub(crate) fn role(&self) -> &str {
        let arn = &self.schedule.definition.target.role_arn;
        arn.rsplit('/').next().unwrap_or(arn)
    }

    /// How long it is tried.
    pub(crate) fn retry(&self) -> RetryPolicy {
        let unsaid = RetryPolicy::default();
        let Some(policy) = &self.schedule.definition.target.retry_policy else { return unsaid };
        let attempts = policy.maximum_retry_attempts.and_then(|attempts| u32::try_from(attempts).ok());
        let age = policy.maximum_event_age_in_seconds.and_then(|age| u64::try_from(age).ok());
        RetryPolicy {
            maximum_attempts: attempts.unwrap_or(unsaid.maximum_attempts),
            maximum_age: age.map_or(unsaid.maximum_age, Duration::from_secs),
        }
    }

    /// The ARN of the queue that takes it when it is given up.
    pub(crate) fn dead_letters(&self) -> Option<String> {
        self.schedule.definition.target.dead_letter_config.as_ref()?.arn.clone()
    }

    /// What the function gets in this attempt, which is the first, the second and so on.
    pub(crate) fn payload(&self, world: &mut World, attempt: u32) -> Value {
        payload(world, self, attempt)
    }
}

fn payload(world: &mut World, firing: &Firing, attempt: u32) -> Value {
    let Firing { schedule, scheduled } = firing;
    let at = format!("{scheduled:.0}");
    let Some(input) = &schedule.definition.target.input else {
        return json!({
            "version": "0",
            "id": random::uuid(&mut world.rng),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": world.setup.account,
            "time": at,
            "region": world.setup.region,
            "resources": [schedule.arn],
            "detail": "{}",
        });
    };
    let execution = random::uuid(&mut world.rng);
    let text = input
        .replace("<aws.scheduler.schedule-arn>", &schedule.arn)
        .replace("<aws.scheduler.scheduled-time>", &at)
        .replace("<aws.scheduler.execution-id>", &execution)
        .replace("<aws.scheduler.attempt-number>", &attempt.to_string());
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
