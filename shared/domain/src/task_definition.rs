//! Task definitions, as `register-task-definition` takes them.
//!
//! See <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>.

mod check;
mod fargate;
#[cfg(test)]
mod tests;

use crate::mask::Mask;
use crate::plan::LABEL;
use crate::problem::{Place, Problems};
use crate::suggest;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub use check::check;
pub use fargate::Fargate;

/// What `describe-task-definition` adds and `register-task-definition` refuses.
const OUTPUT_ONLY: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "deregisteredAt",
    "registeredBy",
    "deleteRequestedAt",
];

/// A task definition: the whole JSON is kept, so that nothing Greenlight does not know is lost.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskDefinition {
    source: String,
    value: Map<String, Value>,
}

/// Where a container's log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogConfiguration {
    /// `CloudWatch` Logs (`awslogs`).
    AwsLogs(AwsLogs),
    /// A log router beside the container (`awsfirelens`): there is no stream to read from.
    FireLens,
    /// Another driver.
    Other(String),
}

/// The options of the `awslogs` driver that say where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsLogs {
    /// `awslogs-group`.
    pub group: String,
    /// `awslogs-stream-prefix`; on Fargate it is required.
    pub stream_prefix: Option<String>,
    /// `awslogs-region`.
    pub region: Option<String>,
    /// What nobody may read in it: values of the container's environment whose names say that they are secret.
    pub hidden: Mask,
}

impl AwsLogs {
    /// The log stream of a container in a task (`task` is the last part of its ARN): `prefix/container/task`.
    pub fn stream(&self, container: &str, task: &str) -> Option<String> {
        self.stream_prefix.as_ref().map(|prefix| format!("{prefix}/{container}/{task}"))
    }
}

impl LogConfiguration {
    /// Reads a container's `logConfiguration`. `None` if it is `awslogs` without a group.
    pub fn from_options(log_driver: &str, options: &BTreeMap<String, String>) -> Option<Self> {
        match log_driver {
            "awslogs" => Some(Self::AwsLogs(AwsLogs {
                group: options.get("awslogs-group")?.clone(),
                stream_prefix: options.get("awslogs-stream-prefix").cloned(),
                region: options.get("awslogs-region").cloned(),
                hidden: Mask::new(),
            })),
            "awsfirelens" => Some(Self::FireLens),
            other => Some(Self::Other(other.to_owned())),
        }
    }

    /// The same where these variables of the container are known.
    #[must_use]
    pub fn hiding<'a>(mut self, environment: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        if let Self::AwsLogs(logs) = &mut self {
            logs.hidden.hide_environment(environment);
        }
        self
    }
}

/// What can be wrong with a task definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskDefinitionError {
    /// The text or its values.
    #[error("{0}")]
    Invalid(#[from] Problems),
    /// There is no such container.
    #[error("{source_name}: there is no container `{container}`; {hint}")]
    NoContainer {
        /// The file.
        source_name: String,
        /// The container that was asked for.
        container: String,
        /// What there is.
        hint: String,
    },
}

impl TaskDefinition {
    /// Reads the input of `register-task-definition`, or the output of `describe-task-definition`, whose additions are
    /// taken out. `source` names the text in errors.
    ///
    /// # Errors
    /// [`TaskDefinitionError::Invalid`] if it is not JSON (with line and column) or has no container definitions.
    pub fn parse(text: &str, source: &str) -> Result<Self, TaskDefinitionError> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let place = Place { line: error.line(), column: error.column().max(1) };
            // The error repeats the place at its end.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            Problems::one(source, Some(place), format!("not valid JSON: {message}"))
        })?;
        Self::from_value(value, source)
    }

    /// Takes JSON that was read elsewhere.
    ///
    /// # Errors
    /// As [`TaskDefinition::parse`].
    pub fn from_value(value: Value, source: &str) -> Result<Self, TaskDefinitionError> {
        let Value::Object(mut value) = value else {
            return Err(
                Problems::one(source, None, "expected a JSON object, the input of register-task-definition").into()
            );
        };
        if !value.contains_key("containerDefinitions")
            && let Some(Value::Object(inner)) = value.get_mut("taskDefinition")
        {
            value = std::mem::take(inner);
        }
        for key in OUTPUT_ONLY {
            value.shift_remove(key);
        }
        let mut problems = Problems::new(source);
        if value.get("family").and_then(Value::as_str).is_none_or(str::is_empty) {
            problems.add(None, "family", "is missing; add the name of the task definition");
        }
        match value.get("containerDefinitions").and_then(Value::as_array) {
            None => problems.add(None, "containerDefinitions", "expected a list of containers"),
            Some(containers) if containers.is_empty() => {
                problems.add(None, "containerDefinitions", "is empty; a task needs a container");
            }
            Some(containers) => {
                for (index, container) in containers.iter().enumerate() {
                    let named = container.get("name").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
                    if !named {
                        problems.add(
                            None,
                            &format!("containerDefinitions[{index}].name"),
                            "is missing; name the container",
                        );
                    }
                }
            }
        }
        Ok(problems.into_result(Self { source: source.to_owned(), value })?)
    }

    /// The JSON for `register-task-definition`.
    pub fn to_json(&self) -> Value {
        Value::Object(self.value.clone())
    }

    /// The name of the file, or what else the text came from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The family.
    pub fn family(&self) -> &str {
        self.value.get("family").and_then(Value::as_str).unwrap_or_default()
    }

    /// The names of the containers, in their order.
    pub fn containers(&self) -> impl Iterator<Item = &str> + Clone {
        self.definitions().iter().filter_map(|container| container.get("name")?.as_str())
    }

    /// A container's image.
    ///
    /// # Errors
    /// [`TaskDefinitionError::NoContainer`].
    pub fn image(&self, container: &str) -> Result<Option<&str>, TaskDefinitionError> {
        Ok(self.container(container)?.get("image").and_then(Value::as_str))
    }

    /// Replaces a container's image.
    ///
    /// # Errors
    /// [`TaskDefinitionError::NoContainer`].
    pub fn set_image(&mut self, container: &str, image: &str) -> Result<(), TaskDefinitionError> {
        self.container_mut(container)?.insert("image".to_owned(), json!(image));
        Ok(())
    }

    /// Writes an embedded plan into a container's labels.
    ///
    /// # Errors
    /// [`TaskDefinitionError::NoContainer`].
    pub fn embed_plan(&mut self, container: &str, label: &str) -> Result<(), TaskDefinitionError> {
        self.set_label(container, LABEL, Some(label))
    }

    /// Writes one of a container's `dockerLabels`, or takes it away.
    ///
    /// # Errors
    /// [`TaskDefinitionError::NoContainer`].
    pub fn set_label(&mut self, container: &str, name: &str, value: Option<&str>) -> Result<(), TaskDefinitionError> {
        let definition = self.container_mut(container)?;
        let labels = definition.entry("dockerLabels").or_insert_with(|| json!({}));
        match (labels, value) {
            (Value::Object(labels), Some(value)) => drop(labels.insert(name.to_owned(), json!(value))),
            (Value::Object(labels), None) => drop(labels.shift_remove(name)),
            (other, value) => *other = value.map_or_else(|| json!({}), |value| json!({ name: value })),
        }
        Ok(())
    }

    /// The embedded plan of a container.
    ///
    /// # Errors
    /// [`TaskDefinitionError::NoContainer`].
    pub fn plan_label(&self, container: &str) -> Result<Option<&str>, TaskDefinitionError> {
        self.label(container, LABEL)
    }

    /// One of a container's `dockerLabels`.
    ///
    /// # Errors
    /// [`TaskDefinitionError::NoContainer`].
    pub fn label(&self, container: &str, name: &str) -> Result<Option<&str>, TaskDefinitionError> {
        let labels = self.container(container)?.get("dockerLabels");
        Ok(labels.and_then(|labels| labels.get(name)?.as_str()))
    }

    /// Whether its tasks have network interfaces of their own.
    pub fn is_awsvpc(&self) -> bool {
        self.value.get("networkMode").and_then(Value::as_str) == Some("awsvpc")
    }

    /// Where a container's log goes; `None` if it does not say or there is no such container.
    pub fn log_configuration(&self, container: &str) -> Option<LogConfiguration> {
        let configuration = self.container(container).ok()?.get("logConfiguration")?;
        let driver = configuration.get("logDriver")?.as_str()?;
        let options = configuration.get("options").and_then(Value::as_object).into_iter().flatten();
        let options = options.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        LogConfiguration::from_options(driver, &options.collect())
    }

    /// Names and values of the containers' environment variables.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = self.definitions().iter().filter_map(|container| container.get("environment")?.as_array());
        let variables = variables.flatten();
        variables.filter_map(|variable| Some((variable.get("name")?.as_str()?, variable.get("value")?.as_str()?)))
    }

    /// ARNs of the secrets that the containers refer to, without repetition.
    pub fn secrets(&self) -> Vec<&str> {
        let secrets = self.definitions().iter().filter_map(|container| container.get("secrets")?.as_array());
        let mut references = Vec::new();
        for reference in secrets.flatten().filter_map(|secret| secret.get("valueFrom")?.as_str()) {
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        references
    }

    /// ARNs of the roles that its tasks are given, without repetition.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let role = |member| self.value.get(member).and_then(Value::as_str);
        let (execution, task) = (role("executionRoleArn"), role("taskRoleArn"));
        execution.into_iter().chain(task.filter(|task| Some(*task) != execution))
    }

    fn definitions(&self) -> &[Value] {
        self.value.get("containerDefinitions").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn container(&self, name: &str) -> Result<&Value, TaskDefinitionError> {
        let found =
            self.definitions().iter().find(|container| container.get("name").and_then(Value::as_str) == Some(name));
        found.ok_or_else(|| self.no_container(name))
    }

    fn container_mut(&mut self, name: &str) -> Result<&mut Map<String, Value>, TaskDefinitionError> {
        let missing = self.no_container(name);
        let containers = self.value.get_mut("containerDefinitions").and_then(Value::as_array_mut);
        let found = containers.into_iter().flatten().filter_map(Value::as_object_mut);
        found.into_iter().find(|container| container.get("name").and_then(Value::as_str) == Some(name)).ok_or(missing)
    }

    fn no_container(&self, name: &str) -> TaskDefinitionError {
        TaskDefinitionError::NoContainer {
            source_name: self.source.clone(),
            container: name.to_owned(),
            hint: suggest::hint(name, self.containers()),
        }
    }
}
