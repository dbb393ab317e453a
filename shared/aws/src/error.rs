//! What can go wrong in a function.

use crate::Fault;
use greenlight_domain::appspec::AppSpecError;
use greenlight_domain::plan::PlanError;

/// What went wrong, in words that can stand as the reason of a verdict.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The event is none that the function knows.
    #[error("the function cannot read its event: {0}")]
    Event(String),
    /// An environment variable is missing or wrong.
    #[error("{name} {reason}")]
    Setting {
        /// The variable.
        name: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// AWS answered with an error, or not at all.
    #[error(transparent)]
    Fault(#[from] Box<Fault>),
    /// The plan is wrong.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The `AppSpec` is wrong.
    #[error("the AppSpec of the deployment is wrong: {0}")]
    AppSpec(#[from] AppSpecError),
    /// What AWS answered lacks something, or does not fit the plan.
    #[error("{0}")]
    Unfit(String),
    /// The work cannot be started now.
    #[error("{0}")]
    Refused(String),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl Error {
    /// The fault of AWS in it, if it is one.
    pub fn fault(&self) -> Option<&Fault> {
        if let Self::Fault(fault) = self { Some(fault) } else { None }
    }
}
