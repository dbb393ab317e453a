//! `DeploymentConfiguration`: how the deployments of a service go.

use super::phase::Stage;
use crate::AwsError;
use crate::ecs::invalid_parameter;
use crate::value::Double;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value as Json};
use std::time::Duration;

/// `DeploymentStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::ecs) enum Strategy {
    Rolling,
    BlueGreen,
    Linear,
    Canary,
}

/// What the answers tell and the inputs say. A member that an update leaves out keeps its value.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::ecs) struct DeploymentConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ecs) strategy: Option<Strategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_healthy_percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bake_time_in_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment_circuit_breaker: Option<CircuitBreaker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alarms: Option<Alarms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifecycle_hooks: Option<Vec<LifecycleHook>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    linear_configuration: Option<Linear>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary_configuration: Option<Canary>,
}

/// `DeploymentCircuitBreaker`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CircuitBreaker {
    pub(super) enable: bool,
    pub(super) rollback: bool,
}

/// `DeploymentAlarms`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Alarms {
    pub(super) alarm_names: Vec<String>,
    pub(super) enable: bool,
    pub(super) rollback: bool,
}

/// `DeploymentLifecycleHook`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::ecs) struct LifecycleHook {
    #[serde(default)]
    pub(super) target_type: TargetType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hook_target_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ecs) role_arn: Option<String>,
    #[serde(default)]
    pub(super) lifecycle_stages: Vec<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hook_details: Option<Map<String, Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_configuration: Option<Timeout>,
}

/// `DeploymentLifecycleHookTargetType`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::ecs) enum TargetType {
    #[default]
    AwsLambda,
    Pause,
}

/// `DeploymentLifecycleHookTimeoutConfiguration`.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Timeout {
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_in_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
}

/// `DeploymentLifecycleHookAction`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::ecs) enum Action {
    Continue,
    #[default]
    Rollback,
}

/// `LinearConfiguration`.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Linear {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number")]
    step_percent: Option<Double>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_bake_time_in_minutes: Option<u32>,
}

/// `CanaryConfiguration`.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Canary {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number")]
    canary_percent: Option<Double>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary_bake_time_in_minutes: Option<u32>,
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn as_number<S: Serializer>(number: &Option<Double>, serializer: S) -> Result<S::Ok, S::Error> {
    number.map(|number| number.0).serialize(serializer)
}

/// Hooks of one kind that a service has at most.
const MOST_HOOKS: usize = 10;
const DAY: u32 = 24 * 60;
/// The longest timeout of a hook that waits for somebody.
const LONGEST_PAUSE: u32 = 14 * DAY;

// === impl DeploymentConfiguration ===

impl DeploymentConfiguration {
    /// This one, with what another one says in place of its own members.
    pub(in crate::ecs) fn with(&self, update: Self) -> Self {
        let old = self.clone();
        Self {
            strategy: update.strategy.or(old.strategy),
            maximum_percent: update.maximum_percent.or(old.maximum_percent),
            minimum_healthy_percent: update.minimum_healthy_percent.or(old.minimum_healthy_percent),
            bake_time_in_minutes: update.bake_time_in_minutes.or(old.bake_time_in_minutes),
            deployment_circuit_breaker: update.deployment_circuit_breaker.or(old.deployment_circuit_breaker),
            alarms: update.alarms.or(old.alarms),
            lifecycle_hooks: update.lifecycle_hooks.or(old.lifecycle_hooks),
            // the steps of another strategy say nothing any more
            linear_configuration: update
                .linear_configuration
                .or(old.linear_configuration.filter(|_| update.strategy.is_none_or(|new| new == Strategy::Linear))),
            canary_configuration: update
                .canary_configuration
                .or(old.canary_configuration.filter(|_| update.strategy.is_none_or(|new| new == Strategy::Canary))),
        }
    }

    pub(in crate::ecs) fn strategy(&self) -> Strategy {
        self.strategy.unwrap_or(Strategy::Rolling)
    }

    /// As it is told: with its strategy, whoever chose it.
    pub(in crate::ecs) fn with_strategy(&self) -> Self {
        Self { strategy: Some(self.strategy()), ..self.clone() }
    }

    pub(in crate::ecs) fn hooks(&self) -> &[LifecycleHook] {
        self.lifecycle_hooks.as_deref().unwrap_or_default()
    }

    pub(super) fn bake_time(&self) -> Duration {
        minutes(self.bake_time_in_minutes.unwrap_or(0))
    }

    /// Green's share of production traffic after each step, in percent, and how long the step is watched.
    pub(super) fn steps(&self) -> Vec<(f64, Duration)> {
        const ALL: (f64, Duration) = (100.0, Duration::ZERO);
        match self.strategy() {
            Strategy::Rolling | Strategy::BlueGreen => vec![ALL],
            Strategy::Linear => {
                let linear = self.linear_configuration.unwrap_or_default();
                let bake = minutes(linear.step_bake_time_in_minutes.unwrap_or(6));
                let tenths = linear.tenths();
                let shares = (1..).map(|step| step * tenths).take_while(|share| *share < 1000);
                shares.map(|share| (f64::from(share) / 10.0, bake)).chain([ALL]).collect()
            }
            Strategy::Canary => {
                let canary = self.canary_configuration.unwrap_or_default();
                let share = canary.canary_percent.map_or(5.0, |percent| percent.0);
                let bake = minutes(canary.canary_bake_time_in_minutes.unwrap_or(10));
                [(share, bake)].into_iter().filter(|(share, _)| *share < 100.0).chain([ALL]).collect()
            }
        }
    }

    /// What AWS refuses whatever the service is like.
    pub(in crate::ecs) fn check(&self) -> Result<(), AwsError> {
        let strategy = self.strategy();
        if strategy == Strategy::BlueGreen && self.bake_time_in_minutes.is_none() {
            return refuse("bakeTimeInMinutes is required for the deployment strategy BLUE_GREEN.");
        }
        within("bakeTimeInMinutes", self.bake_time_in_minutes, 0, DAY)?;
        if self.linear_configuration.is_some() && strategy != Strategy::Linear {
            return refuse("linearConfiguration is only valid with the deployment strategy LINEAR.");
        }
        if self.canary_configuration.is_some() && strategy != Strategy::Canary {
            return refuse("canaryConfiguration is only valid with the deployment strategy CANARY.");
        }
        if let Some(linear) = self.linear_configuration {
            percent("stepPercent", linear.step_percent, 3.0)?;
            within("stepBakeTimeInMinutes", linear.step_bake_time_in_minutes, 0, DAY)?;
        }
        if let Some(canary) = self.canary_configuration {
            percent("canaryPercent", canary.canary_percent, 0.1)?;
            within("canaryBakeTimeInMinutes", canary.canary_bake_time_in_minutes, 0, DAY)?;
        }
        if self.alarms.as_ref().is_some_and(|alarms| alarms.enable && alarms.alarm_names.is_empty()) {
            return refuse("alarmNames must not be empty when deployment alarms are enabled.");
        }
        if strategy == Strategy::Rolling && !self.hooks().is_empty() {
            return refuse("Lifecycle hooks need the deployment strategy BLUE_GREEN, LINEAR or CANARY.");
        }
        for kind in [TargetType::AwsLambda, TargetType::Pause] {
            if self.hooks().iter().filter(|hook| hook.target_type == kind).count() > MOST_HOOKS {
                return refuse(format!(
                    "A service has at most {MOST_HOOKS} Lambda hooks and {MOST_HOOKS} pause hooks."
                ));
            }
        }
        self.hooks().iter().try_for_each(LifecycleHook::check)
    }

    /// What the deployments of a service under `CODE_DEPLOY` have no use for.
    pub(in crate::ecs) fn check_code_deploy(&self) -> Result<(), AwsError> {
        let own = [
            ("strategy", self.strategy.is_some_and(|strategy| strategy != Strategy::Rolling)),
            ("bakeTimeInMinutes", self.bake_time_in_minutes.is_some()),
            ("deploymentCircuitBreaker", self.deployment_circuit_breaker.is_some_and(|breaker| breaker.enable)),
            ("alarms", self.alarms.as_ref().is_some_and(|alarms| alarms.enable)),
            ("lifecycleHooks", !self.hooks().is_empty()),
            ("linearConfiguration", self.linear_configuration.is_some()),
            ("canaryConfiguration", self.canary_configuration.is_some()),
        ];
        match own.iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) => {
                refuse(format!("{name} is not supported for services with a CODE_DEPLOY deployment controller."))
            }
            None => Ok(()),
        }
    }
}

// === impl LifecycleHook ===

impl LifecycleHook {
    fn check(&self) -> Result<(), AwsError> {
        let timeout = self.timeout_configuration.unwrap_or_default().timeout_in_minutes;
        if self.lifecycle_stages.is_empty() {
            return refuse("A lifecycle hook needs at least one lifecycle stage.");
        }
        if let Some(other) = self.lifecycle_stages.iter().find(|stage| !stage.is_hookable()) {
            return refuse(format!("The lifecycle stage {} can have no hooks.", other.name()));
        }
        match self.target_type {
            TargetType::AwsLambda => {
                if self.hook_target_arn.is_none() || self.role_arn.is_none() {
                    return refuse("A Lambda lifecycle hook needs hookTargetArn and roleArn.");
                }
                within("timeoutInMinutes", timeout, 1, DAY)
            }
            TargetType::Pause => {
                if self.hook_target_arn.is_some() || self.role_arn.is_some() {
                    return refuse("A PAUSE lifecycle hook has neither hookTargetArn nor roleArn.");
                }
                if let Some(stage) = self.lifecycle_stages.iter().find(|stage| stage.shifts_traffic()) {
                    return refuse(format!("PAUSE lifecycle hooks are not supported at {}.", stage.name()));
                }
                within("timeoutInMinutes", timeout, 1, LONGEST_PAUSE)
            }
        }
    }

    pub(super) fn timeout(&self) -> Duration {
        minutes(self.timeout_configuration.unwrap_or_default().timeout_in_minutes.unwrap_or(DAY))
    }

    pub(super) fn timeout_action(&self) -> Action {
        self.timeout_configuration.unwrap_or_default().action.unwrap_or_default()
    }
}

impl TargetType {
    pub(in crate::ecs) fn name(self) -> &'static str {
        match self {
            Self::AwsLambda => "AWS_LAMBDA",
            Self::Pause => "PAUSE",
        }
    }
}

impl Linear {
    /// A step in tenths of a percent.
    fn tenths(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be between 3 and 100")]
        let tenths = (self.step_percent.map_or(10.0, |percent| percent.0) * 10.0).round() as u32;
        tenths.max(1)
    }
}

fn minutes(minutes: u32) -> Duration {
    Duration::from_mins(minutes.into())
}

fn within(name: &str, value: Option<u32>, least: u32, most: u32) -> Result<(), AwsError> {
    match value.filter(|value| !(least..=most).contains(value)) {
        Some(value) => refuse(format!("{name} must be between {least} and {most}, not {value}.")),
        None => Ok(()),
    }
}

fn percent(name: &str, value: Option<Double>, least: f64) -> Result<(), AwsError> {
    let Some(Double(value)) = value else { return Ok(()) };
    let tenths = value * 10.0;
    if (least..=100.0).contains(&value) && (tenths - tenths.round()).abs() < 1e-6 {
        return Ok(());
    }
    refuse(format!("{name} must be a multiple of 0.1 between {least:.1} and 100.0, not {value}."))
}

fn refuse<T>(message: impl Into<String>) -> Result<T, AwsError> {
    Err(invalid_parameter(message))
}
