//! What came of an alarm.

use crate::place::Place;
use greenlight_aws::Error;
use greenlight_domain::rollback::{Hold, Measure, Why};

/// What came of an alarm for one place.
pub(crate) type Answer = (Place, Result<Outcome, Error>);

/// What came of an alarm. Deployments have their ids, or their ARNs where ECS itself deploys.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The alarm is none of the place's.
    Foreign,
    /// There was nothing to do.
    Nothing(Why),
    /// A deployment was stopped, and is rolled back.
    Stopped { deployment: String },
    /// A deployment was made that brings an earlier revision back.
    RolledBack {
        deployment: String,
        by: String,
        task_definition: String,
        /// It waits for somebody before traffic shifts.
        waits: bool,
    },
    /// Somebody has to do it.
    Proposed { measure: Measure, hold: Hold, command: String },
    /// The revision to go back to cannot be deployed any more.
    Gone { deployment: String, task_definition: String },
    /// The revision to go back to is what serves.
    Same { deployment: String, to: String },
}

impl Outcome {
    /// The deployment that it is about.
    pub(crate) fn deployment(&self) -> Option<&str> {
        match self {
            Self::Stopped { deployment }
            | Self::RolledBack { deployment, .. }
            | Self::Gone { deployment, .. }
            | Self::Same { deployment, .. }
            | Self::Proposed { measure: Measure::Stop { deployment } | Measure::RollBack { deployment, .. }, .. } => {
                Some(deployment)
            }
            Self::Foreign | Self::Nothing(_) => None,
        }
    }
}
