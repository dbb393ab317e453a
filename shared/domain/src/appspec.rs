//! The `AppSpec` of a deployment to ECS.
//!
//! See <https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html>.

mod read;
#[cfg(test)]
mod tests;
mod write;

use crate::lifecycle::LifecycleEvent;
use crate::problem::Problems;

/// What a deployment deploys, and which functions it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSpec {
    /// The new task definition's ARN.
    pub task_definition: String,
    /// The container that gets the traffic.
    pub container_name: String,
    /// Its port.
    pub container_port: u16,
    /// The Fargate platform version, if not the service's own.
    pub platform_version: Option<String>,
    /// The network of the new tasks, if not the service's own.
    pub network_configuration: Option<NetworkConfiguration>,
    /// The capacity of the new tasks, if not the service's own.
    pub capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    /// Functions by lifecycle event, in the order of the text.
    pub hooks: Vec<Hook>,
}

/// One entry of `Hooks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// When.
    pub lifecycle_event: LifecycleEvent,
    /// The name or ARN of a Lambda function.
    pub function: String,
}

/// ECS's `awsvpcConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkConfiguration {
    /// Subnet ids.
    pub subnets: Vec<String>,
    /// Security group ids.
    pub security_groups: Vec<String>,
    /// Whether tasks get a public address.
    pub assign_public_ip: bool,
}

/// ECS's `capacityProviderStrategy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityProviderStrategyItem {
    /// `FARGATE`, `FARGATE_SPOT` or the name of another provider.
    pub capacity_provider: String,
    /// Tasks that it gets before weights count.
    pub base: u32,
    /// Its share of the others.
    pub weight: u32,
}

/// What is wrong with an `AppSpec`, with the place of every problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct AppSpecError(#[from] pub Problems);

impl AppSpec {
    /// Reads JSON or YAML; keys may be in upper or lower case.
    ///
    /// # Errors
    /// Everything that is wrong, with line and column.
    pub fn parse(text: &str) -> Result<Self, AppSpecError> {
        Self::parse_named(text, "AppSpec")
    }

    /// Like [`AppSpec::parse`], with the name of the file for errors.
    ///
    /// # Errors
    /// As [`AppSpec::parse`].
    pub fn parse_named(text: &str, source: &str) -> Result<Self, AppSpecError> {
        Ok(read::appspec(text, source)?)
    }

    /// The JSON that `CreateDeployment` takes as `appSpecContent.content`.
    pub fn to_json(&self) -> serde_json::Value {
        write::json(self)
    }

    /// The same for a deployment that asks no function.
    #[must_use]
    pub fn without_hooks(self) -> Self {
        Self { hooks: Vec::new(), ..self }
    }

    /// The function for a lifecycle event.
    pub fn hook(&self, event: LifecycleEvent) -> Option<&str> {
        self.hooks.iter().find(|hook| hook.lifecycle_event == event).map(|hook| hook.function.as_str())
    }

    /// Whether no function is asked before the one for this lifecycle event.
    pub fn is_first(&self, event: LifecycleEvent) -> bool {
        self.hooks.iter().all(|hook| hook.lifecycle_event >= event)
    }

    /// Whether the function for a lifecycle event is the one of this name. An `AppSpec` may write its ARN, and a version or alias
    /// behind either.
    pub fn is_hook(&self, event: LifecycleEvent, function: &str) -> bool {
        let named = self.hook(event).map(|hook| hook.split_once(":function:").map_or(hook, |(_, name)| name));
        named.is_some_and(|name| name.split(':').next() == Some(function))
    }
}
