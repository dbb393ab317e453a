//! Handing events to functions, as `EventBridge` and its Scheduler do it: what a function cannot be given for now is tried again,
//! with pauses that grow; what is given up goes to a dead-letter queue.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>

use crate::scheduler::Firing;
use crate::setup::{RetryPolicy, RuleTarget};
use crate::{EventFault, Permission, World, fault, iam, lambda, sqs, timers};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// The longest pause between two attempts. AWS says that pauses grow exponentially and have some jitter, and nothing else; with
/// this one 185 retries fill a day. There is no jitter here.
const LONGEST_PAUSE: Duration = Duration::from_mins(8);

/// An event on its way to a function.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    sender: Sender,
    /// The function's ARN.
    target: String,
    retry: RetryPolicy,
    dead_letters: Option<String>,
    since: Timestamp,
    /// Attempts made so far.
    attempts: u32,
    /// Nobody reaches the function before.
    unreachable_until: Timestamp,
}

#[derive(Debug, Clone)]
enum Sender {
    /// A rule, by its ARN, with the event.
    Rule(String, Value),
    Schedule(Box<Firing>),
}

impl Delivery {
    /// An event that a rule (by its ARN) has for one of its targets.
    pub(crate) fn of_rule(rule: &str, target: &RuleTarget, event: &Value, now: Timestamp) -> Self {
        Self {
            sender: Sender::Rule(rule.to_owned(), event.clone()),
            target: target.arn.clone(),
            retry: target.retry,
            dead_letters: target.dead_letters.clone(),
            since: now,
            attempts: 0,
            unreachable_until: Timestamp::MIN,
        }
    }

    /// What a schedule sends now.
    pub(crate) fn of_schedule(firing: Firing, now: Timestamp) -> Self {
        Self {
            target: firing.target().to_owned(),
            retry: firing.retry(),
            dead_letters: firing.dead_letters(),
            sender: Sender::Schedule(Box::new(firing)),
            since: now,
            attempts: 0,
            unreachable_until: Timestamp::MIN,
        }
    }

    fn payload(&self, world: &mut World) -> Value {
        match &self.sender {
            Sender::Rule(_, event) => event.clone(),
            Sender::Schedule(firing) => firing.payload(world, self.attempts),
        }
    }

    /// Whether the sender may do this: a rule by the policy of what it is done to, a schedule by that of its role.
    fn may(&self, world: &mut World, action: &str, resource: &str) -> bool {
        let needed = Permission::new(action, resource);
        match &self.sender {
            Sender::Rule(arn, _) => iam::service_may(world, "events.amazonaws.com", arn, needed),
            Sender::Schedule(firing) => iam::role_may(world, firing.role(), &needed),
        }
    }

    fn is_too_old(&self, world: &World) -> bool {
        self.age_left(world).is_zero()
    }

    /// How long it may still be tried.
    fn age_left(&self, world: &World) -> Duration {
        let most = SignedDuration::try_from(self.retry.maximum_age).unwrap_or(SignedDuration::MAX);
        let left = most.saturating_sub(world.now.duration_since(self.since));
        Duration::try_from(left).unwrap_or_default()
    }
}

/// Delivers an event, as it should be or as the fault of its kind says.
pub(crate) fn begin(world: &mut World, kind: &str, mut delivery: Delivery) {
    match fault::of_event(world, kind) {
        Some(EventFault::Lost) => return,
        Some(EventFault::Late(by)) => return later(world, by, delivery),
        Some(EventFault::Doubled(by)) => later(world, by, delivery.clone()),
        Some(EventFault::Undeliverable(span)) => {
            let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
            delivery.unreachable_until = world.now.saturating_add(span).unwrap_or(Timestamp::MAX);
        }
        None => {}
    }
    attempt(world, delivery);
}

/// An event's time to be tried (again) has come.
pub(crate) fn again(world: &mut World, delivery: Delivery) {
    if delivery.attempts > 0 && delivery.is_too_old(world) {
        give_up(world, &delivery, "MaximumEventAgeInSeconds");
    } else {
        attempt(world, delivery);
    }
}

fn attempt(world: &mut World, mut delivery: Delivery) {
    delivery.attempts += 1;
    let target = delivery.target.clone();
    // neither a missing permission nor a missing function is worth a retry
    if !delivery.may(world, "lambda:InvokeFunction", &target) {
        return give_up(world, &delivery, "NO_PERMISSIONS");
    }
    if world.now < delivery.unreachable_until {
        if delivery.attempts > delivery.retry.maximum_attempts {
            return give_up(world, &delivery, "MaximumRetryAttempts");
        }
        let pause = pause(delivery.attempts).min(delivery.age_left(world));
        return later(world, pause, delivery);
    }
    let payload = delivery.payload(world);
    if lambda::invoke_async(world, &target, payload).is_err() {
        give_up(world, &delivery, "NO_RESOURCE");
    }
}

/// Before the attempt behind this one: a second, two, four, and so on.
fn pause(attempts: u32) -> Duration {
    let doubled = 1_u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(doubled).min(LONGEST_PAUSE)
}

fn later(world: &mut World, after: Duration, delivery: Delivery) {
    world.after(after, timers::Timer::Delivery(Box::new(delivery)));
}

/// Sends the event to the dead-letter queue, if there is one that takes it. Otherwise it is gone.
fn give_up(world: &mut World, delivery: &Delivery, reason: &str) {
    let Some(queue) = &delivery.dead_letters else { return };
    if delivery.may(world, "sqs:SendMessage", queue) {
        let from = match &delivery.sender {
            Sender::Rule(arn, _) => arn.clone(),
            Sender::Schedule(firing) => firing.arn().to_owned(),
        };
        let payload = delivery.payload(world).to_string();
        sqs::dead_letter(world, queue, &from, reason, payload);
    }
}

#[cfg(test)]
mod tests;
