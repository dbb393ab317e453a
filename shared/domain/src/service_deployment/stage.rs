//! Lifecycle stages, and what a hook does at each.

use crate::lifecycle::LifecycleEvent;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A lifecycle stage of a service deployment, in the order in which they come: those of `DeploymentLifecycleHookStage` and of
/// `ServiceDeploymentLifecycleStage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// What earlier deployments left is put in order.
    ReconcileService,
    /// Before the first green task.
    PreScaleUp,
    /// Green's tasks are started.
    ScaleUp,
    /// Green is there, without traffic.
    PostScaleUp,
    /// The test listener goes to green.
    TestTrafficShift,
    /// Green serves the test listener.
    PostTestTrafficShift,
    /// Before production traffic shifts; for `LINEAR` and `CANARY` before every step.
    PreProductionTrafficShift,
    /// Production traffic shifts to green.
    ProductionTrafficShift,
    /// Green serves production.
    PostProductionTrafficShift,
    /// Both revisions are kept.
    BakeTime,
    /// Blue is taken away.
    CleanUp,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 11] = [
        Self::ReconcileService,
        Self::PreScaleUp,
        Self::ScaleUp,
        Self::PostScaleUp,
        Self::TestTrafficShift,
        Self::PostTestTrafficShift,
        Self::PreProductionTrafficShift,
        Self::ProductionTrafficShift,
        Self::PostProductionTrafficShift,
        Self::BakeTime,
        Self::CleanUp,
    ];

    /// Its name as AWS writes it.
    pub const fn name(self) -> &'static str {
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

    /// Whether a service may name a hook for it; the others are ECS's own work.
    pub const fn hookable(self) -> bool {
        !matches!(self, Self::ScaleUp | Self::BakeTime | Self::CleanUp)
    }

    /// The lifecycle event of `CodeDeploy` that stands at the same point of a deployment: what hooks do there is the same, and
    /// their one-off tasks have the same names. `None` where hooks have nothing to do.
    pub const fn lifecycle_event(self) -> Option<LifecycleEvent> {
        match self {
            Self::PreScaleUp => Some(LifecycleEvent::BeforeInstall),
            Self::PostScaleUp => Some(LifecycleEvent::AfterInstall),
            Self::PostTestTrafficShift => Some(LifecycleEvent::AfterAllowTestTraffic),
            Self::PreProductionTrafficShift => Some(LifecycleEvent::BeforeAllowTraffic),
            Self::PostProductionTrafficShift => Some(LifecycleEvent::AfterAllowTraffic),
            _ => None,
        }
    }

    /// The stage at the same point as a lifecycle event of `CodeDeploy`.
    pub const fn of(lifecycle_event: LifecycleEvent) -> Self {
        match lifecycle_event {
            LifecycleEvent::BeforeInstall => Self::PreScaleUp,
            LifecycleEvent::Install => Self::ScaleUp,
            LifecycleEvent::AfterInstall => Self::PostScaleUp,
            LifecycleEvent::AllowTestTraffic => Self::TestTrafficShift,
            LifecycleEvent::AfterAllowTestTraffic => Self::PostTestTrafficShift,
            LifecycleEvent::BeforeAllowTraffic => Self::PreProductionTrafficShift,
            LifecycleEvent::AllowTraffic => Self::ProductionTrafficShift,
            LifecycleEvent::AfterAllowTraffic => Self::PostProductionTrafficShift,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no lifecycle stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no lifecycle stage of a service deployment")]
pub struct UnknownStage(pub String);

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|stage| stage.name() == text);
        found.ok_or_else(|| UnknownStage(text.to_owned()))
    }
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Stage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What a hook has to do with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Its work, at the point of this lifecycle event.
    Work(LifecycleEvent),
    /// Nothing, and why.
    Nothing(String),
    /// Its work cannot be done at this stage, and why.
    Misplaced(String),
}

/// What the hook that is meant for `story` does when it is called at `stage`. `green` is green's share of production traffic in
/// percent, where the event says one.
///
/// A function does its own work wherever it is called, as under `CodeDeploy`, if there is by then what it works on. Before a
/// further step of a shift only `validate` looks again: everything else was done before the first one.
pub fn part(story: LifecycleEvent, stage: Stage, green: Option<f64>) -> Part {
    let Some(lifecycle_event) = stage.lifecycle_event() else {
        let goes_back = stage == Stage::ProductionTrafficShift && green.is_some_and(|share| share <= 0.0);
        return Part::Nothing(if goes_back {
            "the deployment is rolled back: there is nothing to do".to_owned()
        } else {
            format!("there is nothing to do at {stage}; name the function at {} instead", Stage::of(story))
        });
    };
    let (earliest, lack) = earliest(story);
    if stage < earliest {
        return Part::Misplaced(format!("at {stage} {lack}; name the function at {} instead", Stage::of(story)));
    }
    let is_further_step = stage == Stage::PreProductionTrafficShift && green.is_some_and(|share| share > 0.0);
    if is_further_step && story != LifecycleEvent::BeforeAllowTraffic {
        return Part::Nothing("a further step of the traffic shift: it was done before the first one".to_owned());
    }
    Part::Work(lifecycle_event)
}

/// The first stage at which a hook finds what it works on, and what it lacks before.
const fn earliest(story: LifecycleEvent) -> (Stage, &'static str) {
    match story {
        LifecycleEvent::AfterInstall => (Stage::PostScaleUp, "there is no green task to warm"),
        LifecycleEvent::AfterAllowTestTraffic => (Stage::PostTestTrafficShift, "the test listener does not show green"),
        LifecycleEvent::BeforeAllowTraffic => (Stage::PostScaleUp, "there is no green to look at"),
        LifecycleEvent::AfterAllowTraffic => (Stage::PostProductionTrafficShift, "green does not serve everybody"),
        _ => (Stage::PreScaleUp, "there is no new revision"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Stage, part};
    use crate::lifecycle::LifecycleEvent;

    const STORIES: [LifecycleEvent; 5] = [
        LifecycleEvent::BeforeInstall,
        LifecycleEvent::AfterInstall,
        LifecycleEvent::AfterAllowTestTraffic,
        LifecycleEvent::BeforeAllowTraffic,
        LifecycleEvent::AfterAllowTraffic,
    ];

    #[test]
    fn names_are_read_back() {
        for stage in Stage::ALL {
            assert_eq!(stage.name().parse(), Ok(stage));
        }
        assert!("SCALE_DOWN".parse::<Stage>().unwrap_err().to_string().contains("SCALE_DOWN"));
        assert!(Stage::ALL.is_sorted());
    }

    #[test]
    fn stages_and_lifecycle_events_stand_at_the_same_points() {
        for event in LifecycleEvent::ALL {
            let expected = event.hookable().then_some(event);
            assert_eq!(Stage::of(event).lifecycle_event(), expected, "{event}");
        }
    }

    #[test]
    fn a_hook_does_its_work_where_it_finds_what_it_works_on() {
        /// `w` works, `x` is misplaced, `-` has nothing to do; a column per stage that has hooks.
        const TABLE: [&str; 5] = ["-ww-ww-w", "-xw-ww-w", "-xx-ww-w", "-xw-ww-w", "-xx-xx-w"];
        let stages: Vec<Stage> = Stage::ALL.into_iter().filter(|stage| stage.hookable()).collect();
        for (story, row) in STORIES.into_iter().zip(TABLE) {
            let told: String = stages
                .iter()
                .map(|stage| match part(story, *stage, None) {
                    Part::Work(event) => {
                        assert_eq!(Stage::of(event), *stage);
                        'w'
                    }
                    Part::Misplaced(_) => 'x',
                    Part::Nothing(_) => '-',
                })
                .collect();
            assert_eq!(told, row, "{story}");
        }
    }

    #[test]
    fn before_further_steps_only_validate_looks_again() {
        for story in &STORIES[..4] {
            let at = |share| part(*story, Stage::PreProductionTrafficShift, share);
            assert_eq!(at(Some(0.0)), Part::Work(LifecycleEvent::BeforeAllowTraffic));
            let again = matches!(at(Some(10.0)), Part::Work(_));
            assert_eq!(again, *story == LifecycleEvent::BeforeAllowTraffic, "{story}");
        }
    }

    #[test]
    fn a_rollback_is_told_from_a_shift() {
        let told = |share| match part(LifecycleEvent::BeforeInstall, Stage::ProductionTrafficShift, share) {
            Part::Nothing(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert!(told(Some(0.0)).contains("rolled back"));
        assert!(told(Some(100.0)).contains("PRE_SCALE_UP"));
        assert!(told(None).contains("nothing to do"));
    }
}
