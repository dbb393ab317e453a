//! What a deployment goes through: lifecycle events, and the waits between them.
//!
//! | Phase | Ends when |
//! |---|---|
//! | `BeforeInstall`, `AfterInstall`, `AfterAllowTestTraffic`, `BeforeAllowTraffic`, `AfterAllowTraffic` | the hook reports, or at once without a hook |
//! | `Install` | the replacement task set is steady |
//! | `AllowTestTraffic` | the test listener is turned |
//! | `AllowTraffic` | the last step of the configuration is made |
//! | ready wait | `ContinueDeployment`; its end stops the deployment |
//! | termination wait | its time is over, or `ContinueDeployment` |

use super::deployment::EventName;
use super::shapes::BlueGreenDeploymentConfiguration;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Event(EventName),
    /// Green is installed and tested: production traffic goes there when somebody says so, within this time.
    ReadyWait(Duration),
    /// Production traffic is on green: blue is kept this long, so that there is a way back.
    TerminationWait(Duration),
}

/// What a deployment of a group goes through. The events about test traffic only exist with a test listener.
pub(super) fn of_deployment(test_listener: bool, settings: Option<&BlueGreenDeploymentConfiguration>) -> Vec<Phase> {
    let mut phases = of_rollback(test_listener);
    // AWS names no lifecycle event for the wait: everything but production traffic is done by then
    if let Some(wait) = settings.and_then(ready_wait)
        && let Some(at) = phases.iter().position(|phase| *phase == Phase::Event(EventName::BeforeAllowTraffic))
    {
        phases.insert(at, Phase::ReadyWait(wait));
    }
    phases.extend(settings.and_then(termination_wait).map(Phase::TerminationWait));
    phases
}

/// A rollback waits for nobody.
pub(super) fn of_rollback(test_listener: bool) -> Vec<Phase> {
    EventName::of_deployment(test_listener).map(Phase::Event).collect()
}

fn ready_wait(settings: &BlueGreenDeploymentConfiguration) -> Option<Duration> {
    let option = settings.deployment_ready_option.as_ref()?;
    let stops = option.action_on_timeout.as_deref() == Some("STOP_DEPLOYMENT");
    stops.then(|| minutes(option.wait_time_in_minutes))
}

/// A group that keeps blue alive has nothing to wait for.
fn termination_wait(settings: &BlueGreenDeploymentConfiguration) -> Option<Duration> {
    let option = settings.terminate_blue_instances_on_deployment_success.as_ref()?;
    let ends = option.action.as_deref() != Some("KEEP_ALIVE");
    ends.then(|| minutes(option.termination_wait_time_in_minutes))
}

fn minutes(minutes: Option<u32>) -> Duration {
    Duration::from_secs(60 * u64::from(minutes.unwrap_or(0)))
}
