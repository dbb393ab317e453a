//! How traffic shifts: `CodeDeploy`'s own deployment configurations, and the one that a plan may describe.

use super::{Controller, Rehearsal};
use greenlight_domain::plan::Shift;

/// The deployment configurations that every account has for ECS.
pub(super) const PREDEFINED: [(&str, Option<Shifting>); 5] = [
    ("CodeDeployDefault.ECSAllAtOnce", None),
    (
        "CodeDeployDefault.ECSCanary10Percent5Minutes",
        Some(Shifting { shift: Shift::Canary, percentage: 10, minutes: 5 }),
    ),
    (
        "CodeDeployDefault.ECSCanary10Percent15Minutes",
        Some(Shifting { shift: Shift::Canary, percentage: 10, minutes: 15 }),
    ),
    (
        "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
        Some(Shifting { shift: Shift::Linear, percentage: 10, minutes: 1 }),
    ),
    (
        "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
        Some(Shifting { shift: Shift::Linear, percentage: 10, minutes: 3 }),
    ),
];

/// A shift that is not all at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shifting {
    pub(super) shift: Shift,
    /// What goes over with each step, or with the first one of two.
    pub(super) percentage: u32,
    /// From step to step.
    pub(super) minutes: u32,
}

/// How the traffic of a rehearsal shifts; `None` if it does all at once.
pub(super) fn shifting(rehearsal: &Rehearsal) -> Option<Shifting> {
    if let Some(own) = rehearsal.script.deployment.traffic.filter(|_| rehearsal.has_own_config()) {
        return Some(Shifting { shift: own.shift, percentage: own.percentage, minutes: own.minutes });
    }
    PREDEFINED.into_iter().find(|(name, _)| *name == rehearsal.deployment_config).and_then(|(_, shifting)| shifting)
}

impl Rehearsal {
    /// How traffic shifts, in the words of whoever deploys.
    pub(super) fn shift_in_words(&self) -> String {
        match (self.controller, shifting(self)) {
            (Controller::CodeDeploy, _) => self.deployment_config.clone(),
            (Controller::Ecs, None) => "ECS BLUE_GREEN".to_owned(),
            (Controller::Ecs, Some(Shifting { shift: Shift::Canary, percentage, minutes })) => {
                format!("ECS CANARY, {percentage} % for {minutes} min")
            }
            (Controller::Ecs, Some(Shifting { shift: Shift::Linear, percentage, minutes })) => {
                format!("ECS LINEAR, {percentage} % every {minutes} min")
            }
        }
    }
}
