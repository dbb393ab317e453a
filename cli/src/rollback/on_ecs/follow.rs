//! Follows a service deployment to its end.

use super::super::{POLL, Tell};
use crate::Error;
use crate::aws::calmly;
use greenlight_aws::Env;
use greenlight_aws::service_deployments::{self, Pause, Seen};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeSet;

/// Without a circuit breaker ECS tries for ever to replace tasks.
const LIMIT: SignedDuration = SignedDuration::from_hours(1);
/// All of the traffic, in percent. What is told is a floating-point number.
const ALL: f64 = 99.5;

pub(super) struct Follow<'a> {
    pub(super) env: &'a Env,
    /// Whether a pause that waits for somebody is continued.
    pub(super) goes_on: bool,
}

impl Follow<'_> {
    /// Looks at a deployment until it is over, and says what changes. `is_wanted` says whether its own revision is the wanted one.
    pub(super) async fn to_the_end(&self, arn: &str, is_wanted: bool, tell: Tell<'_>) -> Result<Seen, Error> {
        let until = self.env.clock.now().checked_add(LIMIT).unwrap_or(Timestamp::MAX);
        let (mut last, mut shifted, mut asked) = (None, false, BTreeSet::new());
        loop {
            let seen = calmly(self.env, async || service_deployments::look(self.env, arn).await).await?;
            let seen = seen.ok_or_else(|| Error::CannotRollBack(format!("service deployment {arn} is gone")))?;
            let now = (seen.status.clone(), seen.stage.clone(), seen.is_rolling.then_some(seen.running));
            if last.as_ref() != Some(&now) {
                tell_status(&seen, tell);
                last = Some(now);
            }
            if is_wanted && !shifted && !seen.goes_back() && seen.percent.is_some_and(|percent| percent >= ALL) {
                tell("traffic.shifted", "the wanted revision has all traffic", json!({ "deployment_id": arn }));
                shifted = true;
            }
            if seen.is_over() {
                return Ok(seen);
            }
            for pause in seen.pauses.iter().filter(|pause| pause.waits() && !seen.goes_back()) {
                if asked.insert(pause.id.clone()) {
                    self.waits(arn, pause, tell).await?;
                }
            }
            if seen.is_rolling && self.env.clock.now() >= until {
                return Err(Error::CannotRollBack(
                    "its tasks have not taken over after an hour, and ECS goes on trying; look at the service's events"
                        .to_owned(),
                ));
            }
            self.env.clock.sleep(POLL).await;
        }
    }

    /// The deployment waits for somebody.
    async fn waits(&self, arn: &str, pause: &Pause, tell: Tell<'_>) -> Result<(), Error> {
        if self.goes_on {
            let go_on = async || service_deployments::answer(self.env, arn, &pause.id, true).await;
            match calmly(self.env, go_on).await {
                // somebody was faster, and the next look says how
                Err(error) if is(&error, "InvalidParameterException") => return Ok(()),
                done => done?,
            }
            tell("deployment.continued", "continued it", json!({ "deployment_id": arn, "hook": pause.id }));
        } else {
            let command = format!("greenlight approve {arn} --hook {}", pause.id);
            let text = format!("it waits for somebody. To go on:\n{command}");
            tell("deployment.waiting", &text, json!({ "deployment_id": arn, "hook": pause.id, "command": command }));
        }
        Ok(())
    }
}

fn tell_status(seen: &Seen, tell: Tell<'_>) {
    let Seen { arn, status, stage, running: (running, desired), .. } = seen;
    let id = arn.rsplit('/').next().unwrap_or(arn);
    let at = stage.as_ref().map(|stage| format!(", {stage}")).unwrap_or_default();
    let text = format!("service deployment {id}: {status}{at}, {running} of {desired} tasks of its revision run");
    let fields =
        json!({ "deployment_id": arn, "status": status, "stage": stage, "running": running, "desired": desired });
    tell("deployment.status", &text, fields);
}

/// Whether a deployment could not be stopped because it is over.
pub(super) fn is_conflict(error: &greenlight_aws::Error) -> bool {
    is(error, "ConflictException")
}

fn is(error: &greenlight_aws::Error, code: &str) -> bool {
    error.fault().is_some_and(|fault| fault.code.as_deref() == Some(code))
}
