//! A schedule's time has come.

use super::{Schedule, Timer};
use crate::{Fault, Permission, World, fault, iam, random, sqs};
use serde_json::{Value, json};

/// Invokes the target. AWS promises the minute only; the stage takes the second that is written.
pub(crate) fn fire(world: &mut World, timer: Timer) {
    let Timer::Due { group, name, generation } = timer;
    let key = (group, name);
    let Some(schedule) = world.scheduler.schedules.get(&key).filter(|schedule| schedule.generation == generation)
    else {
        return;
    };
    let schedule = schedule.clone();
    if schedule.input.action_after_completion.as_deref() == Some("DELETE") {
        world.scheduler.schedules.remove(&key);
    }
    let payload = payload(world, &schedule);
    let target = &schedule.input.target;
    let allowed = iam::role_of_arn(world, &target.role_arn)
        .is_some_and(|role| iam::role_may(world, &role, &Permission::new("lambda:InvokeFunction", target.arn.clone())));
    // neither a missing permission nor a missing function is worth a retry
    let delivered = allowed && fault::deliver(world, Fault::SCHEDULE, &target.arn, payload.clone());
    let dead_letters = target.dead_letter_config.as_ref().and_then(|config| config.arn.clone());
    if let Some(queue) = dead_letters.filter(|_| !delivered) {
        sqs::send(world, &queue, payload.to_string());
    }
}

fn payload(world: &mut World, schedule: &Schedule) -> Value {
    let at = format!("{:.0}", schedule.at);
    let Some(input) = &schedule.input.target.input else {
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
        .replace("<aws.scheduler.attempt-number>", "1");
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
