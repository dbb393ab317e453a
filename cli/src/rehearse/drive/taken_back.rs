//! What an alarm does to the release, also after its success, and how long that takes.

use super::Driver;
use super::deployment::LAST_WORDS;
use super::seen::{Seen, TakenBack};
use crate::Error;
use crate::rehearse::Step;
use crate::rehearse::hooks::ROLLBACK;
use crate::rehearse::outcome::Measured;
use aws_sdk_codedeploy::types::DeploymentWaitType;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// A release that was not taken back after this never will be: an alarm needs minutes to go off, and Lambda tries for minutes.
const LIMIT: Duration = Duration::from_mins(30);
const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

impl Driver<'_> {
    /// Deploys blue, as it would have been deployed some day: without that `CodeDeploy` knows no revision to go back to. Nobody waits.
    pub(super) async fn deploy_blue(&mut self, blue: &str) -> Result<(), Error> {
        let begun = self.watch.clock.now();
        let id = self.deploy(blue, &[], None, Some(ALL_AT_ONCE)).await?;
        self.watch.step(&Step::BlueDeploying { deployment_id: id.clone() });
        let what = format!("deployment {id}, which makes blue a revision to go back to,");
        let is_ready = |seen: &Seen| (seen.ready.contains(&id) || is_over(seen, &id)).then_some(());
        if self.rehearsal.script.deployment.ready.is_some() {
            self.watch.until(&what, LIMIT, is_ready).await?;
            self.continue_now(&id, DeploymentWaitType::ReadyWait).await?;
        }
        let is_served = |seen: &Seen| (seen.terminating.contains(&id) || is_over(seen, &id)).then_some(());
        self.watch.until(&what, LIMIT, is_served).await?;
        if !is_over(&self.watch.seen, &id) {
            self.continue_now(&id, DeploymentWaitType::TerminationWait).await?;
        }
        let ended = self.ended(&id).await?;
        let duration_ms = self.watch.milliseconds_since(begun);
        self.watch.step(&Step::BlueDeployed { deployment_id: id, status: ended.status.clone(), duration_ms });
        Ok(())
    }

    /// The deployment has succeeded: the one that takes it back.
    pub(super) async fn taken_back_by(&mut self, deployment: &str) -> Result<String, Error> {
        let next = |seen: &Seen| seen.started.iter().skip_while(|id| *id != deployment).nth(1).cloned();
        self.watch.until("the wait for an alarm that takes the release back", LIMIT, next).await
    }

    /// What the alarm's way took, if an alarm took the release back and the function says so. All that it says is heard first:
    /// it may still be telling the team when the rollback is over.
    pub(super) async fn measured(&mut self, deployment: &str, by: &str) -> Result<Option<Measured>, Error> {
        let function = self.rehearsal.function_name(ROLLBACK);
        let said = |seen: &Seen| seen.taken_back.iter().find(|said| said.deployment_id == deployment).cloned();
        let is_quiet = |seen: &Seen| seen.running.get(&function).is_none_or(|running| *running == 0);
        let begun = Instant::now();
        while !(is_quiet(&self.watch.seen) && said(&self.watch.seen).is_some()) && begun.elapsed() < LAST_WORDS {
            let moment = Duration::from_millis(100).mul_f64(self.watch.clock.speed());
            self.watch.pause(moment).await?;
        }
        let Some(said) = said(&self.watch.seen) else { return Ok(None) };
        let measured = measure(&said, self.watch.seen.shifted.get(by).copied(), self.watch.clock.speed());
        self.watch.step(&Step::RollbackMeasured {
            deployment_id: deployment.to_owned(),
            rollback_deployment_id: by.to_owned(),
            measured: measured.clone(),
        });
        Ok(Some(measured))
    }
}

fn is_over(seen: &Seen, deployment: &str) -> bool {
    seen.ended.contains_key(deployment)
}

/// The function's time is real work, which does not get slower when the clock goes faster; what AWS does then takes the world's
/// time. A release that had no traffic yet has none to turn back.
fn measure(said: &TakenBack, shifted: Option<Timestamp>, speed: f64) -> Measured {
    let called = said.since.saturating_add(SignedDuration::from_millis(said.after_ms)).unwrap_or(Timestamp::MAX);
    let aws = shifted.map_or(SignedDuration::ZERO, |shifted| shifted.duration_since(called)).max(SignedDuration::ZERO);
    let aws_ms = i64::try_from(aws.as_millis()).unwrap_or(i64::MAX);
    let own = Duration::from_millis(said.after_ms.max(0).unsigned_abs()).div_f64(speed);
    let own_ms = i64::try_from(own.as_millis()).unwrap_or(i64::MAX);
    Measured {
        alarm: said.alarm.clone(),
        how: said.how.clone(),
        own_ms,
        aws_ms,
        total_ms: own_ms.saturating_add(aws_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_time_is_real_and_the_rest_is_the_worlds() {
        let line = r#"{"event":"rollback.started","deployment_id":"d-1","alarm":"a","how":"stopped",
            "since":"2026-01-01T00:00:00Z","after_ms":18000}"#;
        let said: TakenBack = serde_json::from_str(line).unwrap();
        let measured = measure(&said, Some("2026-01-01T00:00:21Z".parse().unwrap()), 60.0);
        assert_eq!((measured.own_ms, measured.aws_ms, measured.total_ms), (300, 3000, 3300));
        assert_eq!(measure(&said, None, 60.0).total_ms, 300);
    }
}
