//! What a deployment goes through: lifecycle stages, some of them more than once.

use super::configuration::{DeploymentConfiguration, Strategy};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A lifecycle stage: those that can have hooks (`DeploymentLifecycleHookStage`) and those that a deployment is described with
/// (`ServiceDeploymentLifecycleStage`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Stage {
    ReconcileService,
    PreScaleUp,
    ScaleUp,
    PostScaleUp,
    TestTrafficShift,
    PostTestTrafficShift,
    PreProductionTrafficShift,
    ProductionTrafficShift,
    PostProductionTrafficShift,
    BakeTime,
    CleanUp,
}

/// One thing after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phase {
    pub(super) stage: Stage,
    /// Where the stage shifts traffic: green's share from now on, in percent.
    pub(super) green_percent: f64,
    /// How long is waited when everything of the stage is done.
    pub(super) wait: Duration,
}

// === impl Stage ===

impl Stage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ReconcileService => "RECONCILE_SERVICE",
            Self::PreScaleUp => "PRE_SCALE_UP",
            Self::ScaleUp => "SCALE_UP",
            Self::PostScaleUp => "POST_SCALE_UP",
            Self::TestTrafficShift => "TEST_TRAFFIC_SHIFT",
            Self::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Self::PreProductionTrafficShift => "PRE_PRODUCTION_TRAFFIC_SHIFT",
            Self::ProductionTrafficShift => "PRODUCTION_TRAFFIC_SHIFT",
            Self::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
            Self::BakeTime => "BAKE_TIME",
            Self::CleanUp => "CLEAN_UP",
        }
    }

    /// The stage that a deployment is described with: what comes before a shift counts as the shift.
    pub(super) fn described(self) -> &'static str {
        match self {
            Self::PreProductionTrafficShift => Self::ProductionTrafficShift.name(),
            other => other.name(),
        }
    }

    pub(super) fn is_hookable(self) -> bool {
        !matches!(self, Self::ScaleUp | Self::BakeTime | Self::CleanUp)
    }

    pub(super) fn shifts_traffic(self) -> bool {
        matches!(self, Self::TestTrafficShift | Self::ProductionTrafficShift)
    }

    /// A phase in which this stage has nothing to say about traffic.
    fn once(self) -> Phase {
        Phase { stage: self, green_percent: 0.0, wait: Duration::ZERO }
    }
}

/// The phases of a deployment. `reconciles` if there is more to a service than the revision that it goes back to; `shares` if
/// there is somebody to share production traffic with.
pub(super) fn of_deployment(configuration: &DeploymentConfiguration, reconciles: bool, shares: bool) -> Vec<Phase> {
    if configuration.strategy() == Strategy::Rolling {
        return Vec::new();
    }
    let mut phases = Vec::new();
    if reconciles {
        phases.push(Stage::ReconcileService.once());
    }
    phases.extend([Stage::PreScaleUp, Stage::ScaleUp, Stage::PostScaleUp].map(Stage::once));
    phases.push(Phase { green_percent: 100.0, ..Stage::TestTrafficShift.once() });
    phases.push(Stage::PostTestTrafficShift.once());
    let steps = configuration.steps();
    for (green_percent, wait) in steps.into_iter().filter(|(percent, _)| shares || *percent >= 100.0) {
        phases.push(Stage::PreProductionTrafficShift.once());
        phases.push(Phase { stage: Stage::ProductionTrafficShift, green_percent, wait });
    }
    phases.push(Stage::PostProductionTrafficShift.once());
    phases.push(Phase { wait: configuration.bake_time(), ..Stage::BakeTime.once() });
    phases.push(Stage::CleanUp.once());
    phases
}

/// Before them, if blue was taken away: it gets its tasks again.
pub(super) fn of_tasks() -> Phase {
    Stage::ScaleUp.once()
}

/// The phases of its rollback: traffic goes back where it was turned, production first, and green is taken away.
pub(super) fn of_rollback(production: bool, test: bool) -> Vec<Phase> {
    let back = [(production, Stage::ProductionTrafficShift), (test, Stage::TestTrafficShift), (true, Stage::CleanUp)];
    back.into_iter().filter(|(has_to_be, _)| *has_to_be).map(|(_, stage)| stage.once()).collect()
}
