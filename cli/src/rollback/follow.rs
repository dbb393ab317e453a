//! Follows a deployment to its end.

use super::{Place, Tell, serving};
use crate::Error;
use crate::aws::calmly;
use greenlight_aws::Env;
use greenlight_aws::deployment::{self, Deployment};
use serde_json::json;
use std::time::Duration;

/// From one look to the next, by the clock.
pub(crate) const POLL: Duration = Duration::from_secs(5);

/// What is waited for, and how.
pub(super) struct Follow<'a> {
    pub(super) env: &'a Env,
    pub(super) place: &'a Place,
    /// The task definition that is to serve everybody.
    pub(super) wanted: &'a str,
    /// Whether a deployment that waits for somebody is continued.
    pub(super) goes_on: bool,
}

impl Follow<'_> {
    /// Looks at a deployment until it is over, and says what changes.
    pub(super) async fn to_the_end(&self, id: &str, tell: Tell<'_>) -> Result<Deployment, Error> {
        let mut last = (String::new(), None);
        let (mut serves, mut continued) = (false, false);
        loop {
            let seen = calmly(self.env, async || deployment::get(self.env, id).await).await?;
            let target = self.place.target();
            let progress = calmly(self.env, async || deployment::progress(self.env, id, &target).await).await?;
            let now = (seen.status.clone(), progress.lifecycle_event.clone());
            if now != last {
                let event = progress.lifecycle_event.as_deref();
                let text = format!(
                    "deployment {id}: {}{}",
                    seen.status,
                    event.map(|event| format!(", {event}")).unwrap_or_default()
                );
                tell(
                    "deployment.status",
                    &text,
                    json!({ "deployment_id": id, "status": seen.status, "lifecycle_event": event }),
                );
                last = now;
            }
            if !serves && progress.shifted_at.is_some() {
                serves = serving::look(self.env, self.place, Some(id)).await?.is_all(self.wanted);
                if serves {
                    let name = greenlight_aws::revision::short(self.wanted);
                    let fields = json!({ "deployment_id": id, "task_definition": self.wanted });
                    tell("traffic.shifted", &format!("{name} serves everybody"), fields);
                }
            }
            if deployment::is_over(&seen.status) {
                return Ok(seen);
            }
            if seen.status == "Ready" && !continued {
                self.ready(id, tell).await?;
                continued = true;
            }
            self.env.clock.sleep(POLL).await;
        }
    }

    /// The deployment waits for somebody.
    async fn ready(&self, id: &str, tell: Tell<'_>) -> Result<(), Error> {
        if self.goes_on {
            let done = calmly(self.env, async || deployment::continue_when_ready(self.env, id).await).await;
            match done {
                // somebody was faster, and the next look says how
                Err(error) if error.is_already_done() => return Ok(()),
                done => done?,
            }
            tell("deployment.continued", "continued it: traffic shifts", json!({ "deployment_id": id }));
        } else {
            let command = format!("greenlight approve {id}");
            let text = format!("it waits for somebody before traffic shifts. To go on:\n{command}");
            tell("deployment.waiting", &text, json!({ "deployment_id": id, "command": command }));
        }
        Ok(())
    }
}
