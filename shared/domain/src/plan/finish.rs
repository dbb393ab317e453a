//! `[finish]`: what is done when green serves.

use super::OneOffCommands;
use serde::Serialize;

/// `[finish]`. Commands, services, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finish {
    /// Commands that run as one-off tasks.
    #[serde(flatten)]
    pub commands: Option<OneOffCommands>,
    /// Services without traffic that get the new revision's image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<WorkerService>,
    /// What a failure means.
    pub on_failure: OnFailure,
}

/// One of `finish.services`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WorkerService {
    /// The service, in the plan's cluster.
    pub service: String,
    /// The container of its task definition that gets the image of the plan's container.
    pub container: String,
}

/// What a failure of `[finish]` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The deployment is good and stays; the team is told.
    #[default]
    Keep,
    /// The hook fails, and with it the deployment.
    Fail,
}
