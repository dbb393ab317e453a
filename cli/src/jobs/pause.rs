//! `jobs pause` and `jobs resume`.

use super::schedules::{self, Expectation};
use super::{Install, Tell, unknown};
use crate::Error;
use greenlight_aws::job::expected;
use greenlight_domain::plan::Plan;
use serde_json::json;

/// Keeps a job from firing, or lets it fire again. Nobody expects a success of a paused job.
///
/// # Errors
/// If there is no such job, it has no schedule, or AWS refuses.
pub async fn set_paused(install: &Install, plan: &Plan, name: &str, paused: bool, tell: Tell<'_>) -> Result<(), Error> {
    let (env, id) = (&install.env, schedules::id(plan, name));
    let Some(found) = schedules::get(env, &id.schedule()).await? else {
        if !plan.jobs.contains_key(name) {
            return Err(unknown(plan, name));
        }
        return Err(Error::usage(
            format!("{name} has no schedule in {}", env.settings.schedule_group),
            "make it: greenlight jobs apply",
        ));
    };
    let is_paused = schedules::is_paused(&found);
    if is_paused != paused {
        schedules::set_paused(env, &id, found, paused).await?;
    }
    let now = env.clock.now();
    let job = plan.jobs.get(name);
    let next = job.and_then(|job| job.next(now, now));
    let expectation = match job.zip(next).and_then(|(job, next)| Some((next, expected::by(job, next)?))) {
        _ if paused => Expectation::Dropped,
        Some((scheduled, by)) if is_paused => Expectation::Armed { scheduled, by },
        _ => Expectation::Stays,
    };
    schedules::expect(env, &id, expectation).await?;
    let (event, text) = match (paused, is_paused) {
        (true, false) => ("job.paused", format!("{name} is paused; let it fire again: greenlight jobs resume {name}")),
        (true, true) => ("job.paused", format!("{name} was paused already")),
        (false, true) => ("job.resumed", format!("{name} fires again")),
        (false, false) => ("job.resumed", format!("{name} was not paused")),
    };
    tell(event, &text, json!({ "job": name, "before": if is_paused { "paused" } else { "enabled" } }));
    Ok(())
}
