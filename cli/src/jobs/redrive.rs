//! `jobs redrive`: what could not be launched is handed over again.

use super::schedules::until;
use super::{Install, Tell};
use crate::Error;
use greenlight_aws::queue::{HIDDEN, Message, Queue};
use greenlight_aws::{function, retry};
use greenlight_domain::plan::{Job, span};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What became of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Redriven {
    /// Firings that were handed over.
    pub handed_over: usize,
    /// Firings that are too old, and were left.
    pub left: usize,
    /// Messages that are no firings of jobs, and were left.
    pub others: usize,
    /// Whether the queue has more than could be looked at.
    pub more: bool,
}

impl Redriven {
    /// Whether no firing is left.
    pub fn is_clean(&self) -> bool {
        self.left == 0 && !self.more
    }
}

/// A firing that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dead {
    job: String,
    cluster: String,
    service: String,
    scheduled: Timestamp,
    attempt: u32,
}

/// Hands the firings in the queue of dead letters to `launch-job` again; those that are too old only with `again`, as new ones.
///
/// # Errors
/// If the queue cannot be read, or a firing cannot be handed over: it stays in the queue.
pub async fn redrive(install: &Install, again: bool, tell: Tell<'_>) -> Result<Redriven, Error> {
    let env = &install.env;
    let queue = env.settings.dead_letter_arn.as_deref().and_then(Queue::of).ok_or_else(|| {
        Error::usage(
            format!("{} has no queue of dead letters", env.settings.install),
            "deploy the functions' template in its present version",
        )
    })?;
    let mut redriven = Redriven::default();
    let mut renewed = BTreeMap::new();
    let began = env.clock.now();
    loop {
        let messages = retry::until(env, until(env), async || queue.receive(env).await).await?;
        if messages.is_empty() {
            break;
        }
        for message in &messages {
            one(install, &queue, message, again, &mut renewed, &mut redriven, tell).await?;
        }
        // soon the first would come again
        if env.clock.now().duration_since(began).as_secs() > i64::from(HIDDEN / 2) {
            redriven.more = true;
            break;
        }
    }
    let Redriven { handed_over, left, others, more } = redriven;
    let mut text = format!("{handed_over} handed over, {left} left");
    if others > 0 {
        text = format!("{text}; {others} other messages stay in {}", queue.name());
    }
    if more {
        text = format!("{text}; there are more: call it again in {HIDDEN} seconds");
    }
    let outcome = if redriven.is_clean() { "done" } else { "left" };
    let fields =
        json!({ "outcome": outcome, "handed_over": handed_over, "left": left, "others": others, "more": more });
    tell("outcome", &text, fields);
    Ok(redriven)
}

async fn one(
    install: &Install,
    queue: &Queue,
    message: &Message,
    again: bool,
    renewed: &mut BTreeMap<String, i64>,
    redriven: &mut Redriven,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let env = &install.env;
    let Some(dead) = dead(&message.body) else {
        redriven.others += 1;
        return Ok(());
    };
    let Dead { job, cluster, service, scheduled, attempt } = dead;
    let now = env.clock.now();
    let age = now.duration_since(scheduled);
    let is_known = age < SignedDuration::try_from(Job::LONGEST_START_DEADLINE).unwrap_or_default();
    let mut fields = json!({ "job": job, "service": service, "scheduled": scheduled.to_string() });
    let mut event = json!({ "job": job, "cluster": cluster, "service": service });
    let what = if is_known {
        event["scheduled_time"] = json!(scheduled.to_string());
        event["redriven"] = json!(attempt);
        format!("{job}, firing of {scheduled}: handed over")
    } else if again {
        // two firings of a job are two, although it is the same second
        let before = renewed.entry(format!("{cluster}/{service}/{job}")).or_default();
        let second = now.as_second().saturating_sub(*before);
        *before += 1;
        let as_of = Timestamp::from_second(second).unwrap_or(now);
        event["scheduled_time"] = json!(as_of.to_string());
        fields["as_of"] = event["scheduled_time"].clone();
        format!("{job}, firing of {scheduled}: handed over as a new one of {as_of}")
    } else {
        redriven.left += 1;
        let age = span(Duration::from_secs(age.as_secs().unsigned_abs() / 60 * 60));
        let reason = format!("it is {age} old, and ECS does not know any more whether it ran");
        fields["reason"] = json!(reason);
        let text = format!(
            "{job}, firing of {scheduled}: left; {reason}: greenlight jobs redrive --again runs it in any case"
        );
        tell("firing.left", &text, fields);
        return Ok(());
    };
    let launch_job = install.launch_job()?;
    retry::until(env, until(env), async || function::invoke(env, launch_job, &event).await).await?;
    // if this fails it is handed over twice, and launch-job starts it once
    retry::until(env, until(env), async || queue.delete(env, message).await).await?;
    redriven.handed_over += 1;
    tell("firing.handed-over", &what, fields);
    Ok(())
}

/// The firing in a message: Scheduler keeps what it could not deliver, and Lambda a record of what the function failed over.
fn dead(body: &str) -> Option<Dead> {
    let body: Value = serde_json::from_str(body).ok()?;
    let payload = body.get("requestPayload").unwrap_or(&body);
    let text = |member: &str| payload.get(member)?.as_str().map(str::to_owned).filter(|text| !text.trim().is_empty());
    let (scheduled, attempt) = match text("greenlight_job").as_deref() {
        // an attempt of a run that had begun
        Some("start") => (text("scheduled")?, payload.get("attempt")?.as_u64()?),
        Some(_) => return None,
        None => (text("scheduled_time")?, payload.get("redriven").and_then(Value::as_u64).unwrap_or_default()),
    };
    Some(Dead {
        job: text("job")?,
        cluster: text("cluster")?,
        service: text("service")?,
        scheduled: scheduled.parse().ok()?,
        attempt: u32::try_from(attempt).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::dead;
    use serde_json::json;

    #[test]
    fn firings_are_told_from_what_else_is_in_the_queue() {
        let fired = json!({ "job": "sync", "cluster": "c", "service": "web", "scheduled_time": "2026-01-01T02:00:00Z", "attempt": "3" });
        let held = json!({ "greenlight_job": "start", "job": "sync", "cluster": "c", "service": "web", "scheduled": "2026-01-01T02:00:00Z", "attempt": 2 });
        for (body, attempt) in
            [(fired.clone(), 0), (json!({ "requestPayload": fired }), 0), (json!({ "requestPayload": held }), 2)]
        {
            let found = dead(&body.to_string()).unwrap();
            assert_eq!((found.job.as_str(), found.attempt), ("sync", attempt), "{body}");
        }
        let deadline = json!({ "greenlight_job": "deadline", "job": "sync", "cluster": "c", "service": "web", "scheduled": "2026-01-01T02:00:00Z", "attempt": 0 });
        let raw = json!({ "job": "sync", "cluster": "c", "service": "web", "scheduled_time": "<aws.scheduler.scheduled-time>" });
        for body in [
            deadline.to_string(),
            raw.to_string(),
            "{}".to_owned(),
            "no JSON".to_owned(),
            "[]".to_owned(),
            String::new(),
        ] {
            assert_eq!(dead(&body), None, "{body}");
        }
    }
}
