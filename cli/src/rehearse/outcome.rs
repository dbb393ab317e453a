//! How a rehearsal ended: the last line of `--format json`.

use super::jobs::JobOutcome;
use serde::Serialize;

/// How a rehearsal ended. Its members are a contract: add, never change.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Always `outcome`.
    pub event: &'static str,
    /// How the deployment ended.
    pub outcome: Ending,
    /// The deployment that was rehearsed.
    pub deployment_id: String,
    /// The deployment that rolled it back.
    pub rollback_deployment_id: Option<String>,
    /// `CodeDeploy`'s error code, if the deployment failed or was stopped.
    pub error_code: Option<String>,
    /// `CodeDeploy`'s message to it.
    pub message: Option<String>,
    /// Which revision users are served by now.
    pub serving: Option<Colour>,
    /// The verdict of each hook.
    pub hooks: Vec<HookOutcome>,
    /// Calls that were denied, each once: what the template does not allow.
    pub denied: Vec<Denied>,
    /// The requests that went through the production listener meanwhile.
    pub traffic: TrafficOutcome,
    /// How long an alarm took to take the release back, if one did.
    pub rollback: Option<Measured>,
    /// What became of the plan's jobs; empty unless `--jobs` asks for it.
    pub jobs: Vec<JobOutcome>,
    /// How many notices were published.
    pub notifications: usize,
    /// How long the deployment took, in the world's time.
    pub duration_ms: i64,
    /// When it, and the deployment that rolled it back, had ended.
    pub at: jiff::Timestamp,
}

impl Outcome {
    /// Why the deployment did not succeed, line by line: what hooks said, or the alarm, or else `CodeDeploy`.
    pub(super) fn why(&self) -> Vec<String> {
        let failed = self.hooks.iter().filter(|hook| hook.verdict == "failed");
        let mut reasons: Vec<String> = failed
            .map(|hook| {
                let reason = hook.reason.as_deref().unwrap_or("no reason given");
                format!("{} at {}: {reason}", hook.function, hook.lifecycle_event)
            })
            .collect();
        if reasons.is_empty() {
            reasons.push(match (&self.rollback, &self.message) {
                (Some(rollback), Some(_)) => format!("alarm {}: the deployment was stopped", rollback.alarm),
                (Some(rollback), None) => format!("alarm {}, after the deployment had succeeded", rollback.alarm),
                (None, message) => message.clone().unwrap_or_default(),
            });
        }
        reasons.iter().flat_map(|reason| reason.lines()).map(str::to_owned).collect()
    }

    /// Whether all is as it should be. A call that was denied here is denied in production, however well this went.
    pub(super) fn is_good(&self) -> bool {
        self.outcome == Ending::Succeeded && self.denied.is_empty() && self.jobs.iter().all(JobOutcome::is_good)
    }
}

/// From an alarm's change of state until blue has all traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// The alarm.
    pub alarm: String,
    /// `stopped`: the deployment was in progress. `redeployed`: it had succeeded.
    pub how: String,
    /// The product's own time, in real milliseconds: until the call that takes the release back was answered. The start of the
    /// function's process is in it.
    pub own_ms: i64,
    /// What AWS does then as the stage plays it, in milliseconds of the world's time.
    pub aws_ms: i64,
    /// Both.
    pub total_ms: i64,
}

/// How a deployment can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The new revision serves.
    Succeeded,
    /// It failed or was stopped, or an alarm spoke against it after its success, and a rollback deployment brought the old
    /// revision back.
    RolledBack,
    /// That, and no rollback succeeded.
    Failed,
}

/// The two revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// The old one.
    Blue,
    /// The new one.
    Green,
}

/// What a hook said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HookOutcome {
    /// The deployment that it was asked about.
    pub deployment_id: String,
    /// The lifecycle event.
    pub lifecycle_event: String,
    /// The function.
    pub function: String,
    /// `succeeded`, `failed` or `skipped`.
    pub verdict: String,
    /// Why.
    pub reason: Option<String>,
    /// How long it took from its invocation to its verdict, in the world's time.
    pub duration_ms: Option<i64>,
}

/// A call that was denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denied {
    /// The function that made it; none if a service made it in the role's name.
    pub function: Option<String>,
    /// The role.
    pub role: String,
    /// The action: `ecs:RunTask`.
    pub action: String,
    /// The resource.
    pub resource: String,
}

/// What users got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TrafficOutcome {
    /// Requests that got an answer or an error.
    pub requests: u64,
    /// Those that got an error: a status of 400 or more, or no answer.
    pub failed: u64,
    /// Requests that the old revision answered.
    pub blue: u64,
    /// Requests that the new revision answered.
    pub green: u64,
    /// What the first failed request got.
    pub first_failure: Option<String>,
}

impl Colour {
    /// Which of the two revisions this is.
    pub(super) fn of(revision: &str, blue: &str, green: &str) -> Option<Self> {
        match revision {
            _ if revision == green => Some(Self::Green),
            _ if revision == blue => Some(Self::Blue),
            _ => None,
        }
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "succeeded",
            Self::RolledBack => "rolled back",
            Self::Failed => "failed",
        })
    }
}

impl std::fmt::Display for Denied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { function, role, action, resource } = self;
        let who = function.as_ref().unwrap_or(role);
        write!(f, "{who} may not {action} on {resource}: allow its role {role} to in the template")
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Blue => "blue",
            Self::Green => "green",
        })
    }
}
