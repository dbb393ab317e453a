//! The plan: `greenlight.toml`, and its compact form in a task definition's label.

mod deployment;
mod expect;
mod finish;
mod freeze;
mod job;
mod json_path;
mod label;
mod one_off;
mod read;
mod rollback;
mod smoke_test;
mod test_rule;
#[cfg(test)]
mod tests;
mod validate;
mod value;
mod warm_up;

use crate::lifecycle::LifecycleEvent;
use crate::problem::Problems;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use deployment::{ReadyWait, RehearsalDeployment, Shift, Traffic};
pub use expect::{Expect, HeaderExpectation, JsonExpectation};
pub use finish::{Finish, OnFailure, WorkerService};
pub use freeze::{Freeze, FreezeDays, FreezeWindow};
pub use job::{Job, JobRetry, JobTaskDefinition, Overlap};
pub use label::{LABEL, LARGEST_LABEL};
pub use one_off::{LONGEST_HOOK, LONGEST_STAGE, OneOffCommands, Retry, STOP_GRACE};
pub use rollback::{Rollback, RollbackMode};
pub use smoke_test::{Ask, Body, Capture, CaptureFrom, CheckRetry, Method, SmokeTest, SmokeTestDefaults};
pub(crate) use smoke_test::{reference, references};
pub use test_rule::TestRule;
pub use validate::{Alarms, Compare, MetricCheck, Missing, Targets, TaskSet, Validate};
pub use value::{Bounds, JsonPath, Pattern, Scheme, SecretOr, Statuses};
pub use warm_up::{AllowedErrors, WarmUp, WarmUpExpect, WarmUpRequests};

/// What Greenlight does for one application: the contents of `greenlight.toml`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// The `CodeDeploy` application. Empty if ECS deploys by itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub application: String,
    /// Its deployment group. Empty if ECS deploys by itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub deployment_group: String,
    /// The ECS cluster.
    pub cluster: String,
    /// The ECS service.
    pub service: String,
    /// The file with the input of `register-task-definition`, relative to the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// The container that runs the application: traffic goes to it, migrations run in it.
    pub container: String,
    /// The port it listens on.
    pub port: u16,
    /// Where the container's log is, if not in `CloudWatch` Logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<Logs>,
    /// The migration that runs before the new revision is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate: Option<OneOffCommands>,
    /// What is asked of green before it has traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
    /// What all smoke tests share.
    #[serde(skip_serializing_if = "SmokeTestDefaults::is_default")]
    pub smoke_test_defaults: SmokeTestDefaults,
    /// The checks that green must pass, in the order of the plan.
    #[serde(rename = "smoke-test", skip_serializing_if = "Vec::is_empty")]
    pub smoke_tests: Vec<SmokeTest>,
    /// The last look before traffic shifts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate: Option<Validate>,
    /// When nothing is deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
    /// What is done when green serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    /// What an alarm does to the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// What runs by the clock, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub jobs: BTreeMap<String, Job>,
    /// How a rehearsal turns images into processes. Not part of the label.
    #[serde(skip)]
    pub rehearsal: Option<Rehearsal>,
}

/// `[logs]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Logs {
    /// A link to a task's log; `{task}`, `{container}` and `{task-definition}` are filled in.
    pub link: String,
}

impl Logs {
    /// The link for one container of one task.
    pub fn link(&self, task: &str, container: &str, task_definition: &str) -> String {
        self.link
            .replace("{task}", task)
            .replace("{container}", container)
            .replace("{task-definition}", task_definition)
    }
}

/// `[rehearsal]`: how images become local processes, and what the rehearsed deployment group is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The image that serves before the deployment: a key of `images`.
    pub blue: String,
    /// The image that is deployed: a key of `images`.
    pub green: String,
    /// Values for the secrets that the task definition refers to, by ARN.
    pub secrets: BTreeMap<String, String>,
    /// Commands that run once, as the blue image, before blue starts.
    pub setup: Vec<Vec<String>>,
    /// What each image stands for.
    pub images: BTreeMap<String, RehearsalImage>,
    /// Tasks per revision.
    pub desired_count: u32,
    /// The deployment configuration: how traffic shifts.
    pub deployment_config: String,
    /// How long blue is kept after the shift; whole minutes, as `CodeDeploy` counts them.
    pub termination_wait: Duration,
    /// The path of the target groups' health check.
    pub health_check_path: String,
    /// The paths that users ask for, in turn. At least one.
    pub paths: Vec<String>,
    /// Names of the deployment group's alarms; none of them is in alarm.
    pub alarms: Vec<String>,
    /// What the deployment group is like.
    pub deployment: RehearsalDeployment,
    /// Whether there is a listener through which green is looked at before users see it.
    pub test_listener: bool,
    /// What makes a request one of test traffic, where ECS deploys and there is no listener for it.
    pub test_rule: Option<TestRule>,
    /// Services without traffic that run beside the application's, by name: those of `[finish]`.
    pub services: BTreeMap<String, RehearsalService>,
    /// Files with the task definitions that jobs have of their own, relative to the plan.
    pub task_definitions: Vec<String>,
}

/// A service without traffic, at first with the blue image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsalService {
    /// The file with the input of `register-task-definition`, relative to the plan.
    pub task_definition: String,
    /// Its tasks.
    pub desired_count: u32,
}

impl RehearsalService {
    /// Tasks, if the plan does not say.
    pub const DESIRED_COUNT: u32 = 1;
}

impl Rehearsal {
    /// Tasks per revision, if the plan does not say.
    pub const DESIRED_COUNT: u32 = 2;
    /// The deployment configuration, if the plan does not say.
    pub const DEPLOYMENT_CONFIG: &str = "CodeDeployDefault.ECSAllAtOnce";
    /// How long blue is kept, if the plan does not say.
    pub const TERMINATION_WAIT: Duration = Duration::from_mins(5);
    /// The most alarms that a deployment group can have.
    pub const MOST_ALARMS: usize = 10;
    /// The path of the health check, if the plan does not say.
    pub const HEALTH_CHECK_PATH: &str = "/";
}

/// `[rehearsal.images."…"]`: a container with this image becomes a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsalImage {
    /// Where it runs, relative to the plan.
    pub directory: String,
    /// What it runs if the container has no command of its own; `{ip}`, `{port}` and `{scratch}` are filled in.
    pub command: Vec<String>,
    /// Over what the task definition says; `{ip}`, `{port}` and `{scratch}` are filled in.
    pub environment: BTreeMap<String, String>,
}

/// What can be wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The text is not a plan; every problem with its place.
    #[error("{0}")]
    Invalid(#[from] Problems),
    /// The plan does not fit into a task definition.
    #[error(
        "the plan takes {size} bytes as a label and at most {LARGEST_LABEL} fit beside the rest of a task definition; \
         shorten its commands"
    )]
    TooLarge {
        /// The label's size in bytes.
        size: usize,
    },
    /// The label does not hold a plan.
    #[error("the label {LABEL} does not hold a plan: {0}; embed the plan again with this version of greenlight")]
    Label(String),
}

impl Plan {
    /// Reads `greenlight.toml`. `source` names the text in errors: the file's path as the user gave it.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] with everything that is wrong.
    pub fn parse(text: &str, source: &str) -> Result<Self, PlanError> {
        read::toml(text, source)
    }

    /// Reads the value of the environment variable `GREENLIGHT_PLAN`: a label, or TOML.
    ///
    /// # Errors
    /// As [`Plan::parse`] and [`Plan::from_label`].
    pub fn from_variable(value: &str) -> Result<Self, PlanError> {
        if label::looks_like_one(value) { Self::from_label(value) } else { Self::parse(value, "GREENLIGHT_PLAN") }
    }

    /// The commands that a lifecycle event's hook runs as one-off tasks, if there are any.
    pub fn one_off(&self, lifecycle_event: LifecycleEvent) -> Option<&OneOffCommands> {
        match lifecycle_event {
            LifecycleEvent::BeforeInstall => self.migrate.as_ref(),
            LifecycleEvent::AfterInstall => match &self.warm_up {
                Some(WarmUp::Commands(commands)) => Some(commands),
                Some(WarmUp::Requests(_)) | None => None,
            },
            LifecycleEvent::AfterAllowTraffic => self.finish.as_ref().and_then(|finish| finish.commands.as_ref()),
            _ => None,
        }
    }

    /// ARNs of all secrets that the smoke tests need, each once.
    pub fn smoke_test_secrets(&self) -> BTreeSet<&str> {
        let defaults = &self.smoke_test_defaults;
        let shared = defaults.headers.values().chain(&defaults.ca).filter_map(SecretOr::reference);
        shared.chain(self.smoke_tests.iter().flat_map(SmokeTest::secrets)).collect()
    }

    /// ARNs of all secrets that the hooks read themselves, each once.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let mut secrets = self.smoke_test_secrets();
        if let Some(WarmUp::Requests(requests)) = &self.warm_up {
            secrets.extend(requests.secrets());
        }
        secrets
    }

    /// The plan's compact form for the label [`LABEL`]: everything but `[rehearsal]`.
    ///
    /// # Errors
    /// [`PlanError::TooLarge`].
    pub fn embed(&self) -> Result<String, PlanError> {
        label::write(self)
    }

    /// Reads what [`Plan::embed`] wrote.
    ///
    /// # Errors
    /// [`PlanError::Label`] if it is none, [`PlanError::Invalid`] if its contents are wrong.
    pub fn from_label(label: &str) -> Result<Self, PlanError> {
        label::read(label)
    }
}

/// `1h 30m`: a form that the reader takes back.
pub fn span(duration: Duration) -> String {
    jiff::SignedDuration::try_from(duration)
        .map_or_else(|_| format!("{}s", duration.as_secs()), |span| format!("{span:#}"))
}

fn as_text<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&span(*duration))
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_optional_text<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => as_text(duration, serializer),
        None => serializer.serialize_none(),
    }
}
