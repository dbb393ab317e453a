//! What a schedule remembers of an attempt.

use crate::Error;
use crate::execution::{Execution, Failure, Reply};
use crate::hook::Context;
use greenlight_domain::appspec::NetworkConfiguration;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::one_off::{OneOff, Purpose};
use greenlight_domain::release::{Launch, Placement};
use greenlight_domain::service_deployment::{Place, ServiceDeploymentArn, Stage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The input of a schedule: an attempt at a step of a hook's work, and all that is needed to go on from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it means that the schedule fires.
    pub greenlight: Signal,
    /// The install's prefix.
    pub install: String,
    /// The deployment.
    pub deployment_id: String,
    /// The opaque id that `PutLifecycleEventHookExecutionStatus` wants. It stands here and nowhere else. Empty if ECS deploys.
    pub execution_id: String,
    /// ARN of the service deployment, if ECS deploys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_deployment: Option<String>,
    /// The hook's lifecycle event.
    #[serde(with = "as_name")]
    pub lifecycle_event: LifecycleEvent,
    /// The function that was the hook.
    pub function: String,
    /// When the hook was called: `CodeDeploy`'s hour runs from then.
    pub called_at: Timestamp,
    /// What is deployed, for people: the application and the deployment group.
    pub target: String,
    /// The cluster.
    pub cluster: String,
    /// ARN of the task definition.
    pub task_definition: String,
    /// The container whose exit code counts.
    pub container: String,
    /// Which of the plan's commands, from 0.
    pub step: u32,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// How long the attempt may take.
    pub timeout_seconds: u64,
    /// The lifecycle event whose table of the plan has the commands, wherever the hook itself was called.
    #[serde(with = "as_name", default = "migrate")]
    pub commands_of: LifecycleEvent,
    /// What a failure means for the deployment.
    #[serde(default = "decides")]
    pub failure: Failure,
    network: Option<Network>,
    platform_version: Option<String>,
    launch: LaunchRecord,
    /// Earlier schedules of the same hook: they are deleted after its verdict.
    #[serde(default)]
    earlier: Vec<String>,
}

/// What it means that a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// The attempt must have ended.
    Deadline,
    /// It was told to stop and must have stopped.
    Grace,
    /// The wait before it is over.
    Retry,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Network {
    subnets: Vec<String>,
    security_groups: Vec<String>,
    assign_public_ip: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LaunchRecord {
    Type(String),
    CapacityProvider(String),
}

impl Record {
    /// The first attempt at the first step of what a hook was called for.
    pub fn first(install: &str, context: &Context, commands_of: LifecycleEvent, timeout: Duration) -> Self {
        let (release, execution) = (&context.release, &context.execution);
        let network = release.placement.network.clone().map(|network| Network {
            subnets: network.subnets,
            security_groups: network.security_groups,
            assign_public_ip: network.assign_public_ip,
        });
        let (execution_id, service_deployment) = match &execution.reply {
            Reply::CodeDeploy { execution_id } => (execution_id.clone(), None),
            Reply::Ecs { deployment, .. } => (String::new(), Some(deployment.arn.clone())),
        };
        Self {
            greenlight: Signal::Deadline,
            install: install.to_owned(),
            deployment_id: execution.deployment_id.clone(),
            execution_id,
            service_deployment,
            lifecycle_event: execution.lifecycle_event,
            function: execution.function.clone(),
            called_at: execution.called_at,
            target: context.controller.name(),
            cluster: release.cluster.clone(),
            task_definition: release.task_definition.clone(),
            container: release.container.clone(),
            step: 0,
            attempt: 0,
            timeout_seconds: timeout.as_secs().max(1),
            commands_of,
            failure: execution.failure,
            network,
            platform_version: release.placement.platform_version.clone(),
            launch: match &release.placement.launch {
                Launch::Type(launch_type) => LaunchRecord::Type(launch_type.clone()),
                Launch::CapacityProvider(provider) => LaunchRecord::CapacityProvider(provider.clone()),
            },
            earlier: Vec::new(),
        }
    }

    /// Reads a schedule's input.
    pub fn read(input: &serde_json::Value) -> Result<Self, Error> {
        serde_json::from_value(input.clone())
            .map_err(|error| Error::Event(format!("it is no input of a schedule of this version: {error}")))
    }

    /// The attempt's name.
    pub fn one_off(&self) -> OneOff {
        OneOff {
            install: self.install.clone(),
            deployment_id: self.deployment_id.clone(),
            lifecycle_event: self.lifecycle_event,
            step: self.step,
            attempt: self.attempt,
        }
    }

    /// How long the attempt may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// The hook's execution, for its verdict.
    pub fn execution(&self) -> Execution {
        Execution {
            deployment_id: self.deployment_id.clone(),
            reply: match self.service_deployment() {
                Some(deployment) => {
                    Reply::Ecs { deployment, stage: Stage::of(self.lifecycle_event), is_further_step: false }
                }
                None => Reply::CodeDeploy { execution_id: self.execution_id.clone() },
            },
            lifecycle_event: self.lifecycle_event,
            function: self.function.clone(),
            called_at: self.called_at,
            failure: self.failure,
        }
    }

    /// The service deployment, if ECS deploys.
    pub fn service_deployment(&self) -> Option<ServiceDeploymentArn> {
        self.service_deployment.as_deref().and_then(ServiceDeploymentArn::parse)
    }

    /// The attempt at which the work of this first one stands, with all that were made before it.
    pub(crate) fn at(&self, place: &Place) -> Self {
        let mut record = self.clone();
        for attempts in &place.before {
            for _ in 1..*attempts {
                record = record.next_attempt();
            }
            record = record.next_step();
        }
        for _ in 0..place.attempt {
            record = record.next_attempt();
        }
        record
    }

    /// Where the task runs.
    pub fn placement(&self) -> Placement {
        let network = self.network.clone().map(|network| NetworkConfiguration {
            subnets: network.subnets,
            security_groups: network.security_groups,
            assign_public_ip: network.assign_public_ip,
        });
        let launch = match &self.launch {
            LaunchRecord::Type(launch_type) => Launch::Type(launch_type.clone()),
            LaunchRecord::CapacityProvider(provider) => Launch::CapacityProvider(provider.clone()),
        };
        Placement { network, platform_version: self.platform_version.clone(), launch }
    }

    /// The first attempt at the next step.
    #[must_use]
    pub fn next_step(&self) -> Self {
        self.followed_by(&self.one_off().next_step())
    }

    /// The next attempt at the same step.
    #[must_use]
    pub fn next_attempt(&self) -> Self {
        self.followed_by(&self.one_off().next_attempt())
    }

    fn followed_by(&self, next: &OneOff) -> Self {
        let mut earlier = self.earlier.clone();
        earlier.extend(self.names());
        Self { step: next.step, attempt: next.attempt, earlier, greenlight: Signal::Deadline, ..self.clone() }
    }

    /// The same for another signal.
    #[must_use]
    pub(crate) fn signalling(&self, purpose: Purpose) -> Self {
        let greenlight = match purpose {
            Purpose::Deadline => Signal::Deadline,
            Purpose::Grace => Signal::Grace,
            Purpose::Retry => Signal::Retry,
        };
        Self { greenlight, ..self.clone() }
    }

    /// Every schedule that the hook can have by now. The one whose existence says that this attempt is not settled comes last.
    pub(crate) fn schedules(&self) -> Vec<String> {
        self.earlier.iter().cloned().chain(self.names()).collect()
    }

    fn names(&self) -> Vec<String> {
        let one_off = self.one_off();
        // the first attempt follows no wait
        let retry = (self.attempt > 0).then(|| one_off.schedule_name(Purpose::Retry));
        let rest = [Purpose::Grace, Purpose::Deadline].map(|purpose| one_off.schedule_name(purpose));
        retry.into_iter().chain(rest).collect()
    }
}

/// Schedules that were made before other hooks had commands are those of migrations.
const fn migrate() -> LifecycleEvent {
    LifecycleEvent::BeforeInstall
}

const fn decides() -> Failure {
    Failure::Decides
}

mod as_name {
    use greenlight_domain::lifecycle::LifecycleEvent;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    pub(super) fn serialize<S: Serializer>(event: &LifecycleEvent, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(event.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LifecycleEvent, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Record, Signal, Stage};
    use serde_json::json;

    fn record() -> Record {
        let input = json!({
            "greenlight": "deadline",
            "install": "greenlight",
            "deployment_id": "d-1",
            "execution_id": "opaque",
            "lifecycle_event": "BeforeInstall",
            "function": "greenlight-migrate",
            "called_at": "2026-01-01T00:00:00Z",
            "target": "app/production",
            "cluster": "c",
            "task_definition": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2",
            "container": "web",
            "step": 0,
            "attempt": 0,
            "timeout_seconds": 600,
            "network": null,
            "platform_version": null,
            "launch": { "type": "FARGATE" },
        });
        Record::read(&input).unwrap()
    }

    #[test]
    fn a_record_survives_its_schedule() {
        let record = record().next_attempt().next_step();
        assert_eq!(Record::read(&serde_json::to_value(&record).unwrap()).unwrap(), record);
        assert_eq!(record.greenlight, Signal::Deadline);
    }

    #[test]
    fn every_schedule_of_the_hook_is_known_at_its_end() {
        let names = record().next_attempt().next_step().schedules();
        let name = |rest: &str| format!("greenlight-d-1-BeforeInstall-{rest}");
        let expected = ["0-0-grace", "0-0", "0-1-retry", "0-1-grace", "0-1", "1-0-grace", "1-0"];
        assert_eq!(names, expected.map(name));
    }

    #[test]
    fn a_place_leads_to_its_attempt() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let place = Place::first(Stage::PreScaleUp, "t".to_owned(), now, now, now);
        assert_eq!(record().at(&place), record());
        let place = place.next_attempt(now, now).next_step(now).next_attempt(now, now);
        assert_eq!(record().at(&place), record().next_attempt().next_step().next_attempt());
    }

    #[test]
    fn whoever_deploys_is_known_from_it() {
        let arn = "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/web/Hq3Z";
        let of_ecs = Record { service_deployment: Some(arn.to_owned()), ..record() };
        assert_eq!((record().execution().point(), of_ecs.execution().point()), ("BeforeInstall", "PRE_SCALE_UP"));
    }

    #[test]
    fn a_foreign_input_is_refused() {
        let message = Record::read(&json!({ "greenlight": "deadline" })).unwrap_err().to_string();
        assert!(message.contains("missing field"), "{message}");
    }
}
