//! The five hooks of a deployment: when each is asked, which function it is, and what in a plan asks for it.

use super::Rehearsal;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::Plan;
use std::time::Duration;

/// A hook.
#[derive(Debug, Clone, Copy)]
pub struct Hook {
    /// When `CodeDeploy` asks it.
    pub lifecycle_event: LifecycleEvent,
    /// Which of the functions it is: what `greenlight function` takes.
    pub part: &'static str,
    /// The function's logical name in the template.
    pub logical_name: &'static str,
    /// Lambda ends the function after this, in real time.
    pub(crate) timeout: Duration,
    wanted: fn(&Plan) -> bool,
}

impl Hook {
    /// Whether a plan has work for it.
    pub(crate) fn is_wanted(&self, plan: &Plan) -> bool {
        (self.wanted)(plan)
    }
}

/// Hooks that start work and end.
const SHORT: Duration = Duration::from_mins(1);
/// Hooks that are the work themselves: as long as Lambda lets a function run.
const LONG: Duration = Duration::from_mins(15);

/// Every hook, in the order of a deployment.
pub const HOOKS: [Hook; 5] = [
    Hook {
        lifecycle_event: LifecycleEvent::BeforeInstall,
        part: "migrate",
        logical_name: "MigrateFunction",
        timeout: SHORT,
        // a freeze is asked about before anything is installed
        wanted: |plan| plan.migrate.is_some() || plan.freeze.is_some(),
    },
    Hook {
        lifecycle_event: LifecycleEvent::AfterInstall,
        part: "warm-up",
        logical_name: "WarmUpFunction",
        timeout: LONG,
        wanted: |plan| plan.warm_up.is_some(),
    },
    Hook {
        lifecycle_event: LifecycleEvent::AfterAllowTestTraffic,
        part: "smoke-test",
        logical_name: "SmokeTestFunction",
        timeout: LONG,
        wanted: |plan| !plan.smoke_tests.is_empty(),
    },
    Hook {
        lifecycle_event: LifecycleEvent::BeforeAllowTraffic,
        part: "validate",
        logical_name: "ValidateFunction",
        timeout: LONG,
        // nobody else runs smoke tests without a test listener
        wanted: |plan| plan.validate.is_some() || smoke_tests_are_left(plan),
    },
    Hook {
        lifecycle_event: LifecycleEvent::AfterAllowTraffic,
        part: "finish",
        logical_name: "FinishFunction",
        timeout: SHORT,
        wanted: |plan| plan.finish.is_some(),
    },
];

/// Whether the smoke tests are not run through a test listener.
pub(crate) fn smoke_tests_are_left(plan: &Plan) -> bool {
    !plan.smoke_tests.is_empty() && plan.rehearsal.as_ref().is_some_and(|rehearsal| !rehearsal.test_listener)
}

/// The function that ends what a one-off task began: its part and its logical name.
pub(crate) const SETTLE: (&str, &str) = ("settle", "SettleFunction");

impl Rehearsal {
    /// The hooks that the plan has work for: those that the `AppSpec` names.
    pub fn hooks(&self) -> impl Iterator<Item = Hook> {
        HOOKS.into_iter().filter(|hook| hook.is_wanted(&self.plan))
    }

    /// The function of a hook. Its name begins as the managed policy `AWSCodeDeployRoleForECSLimited` wants it.
    pub fn hook_function(&self, hook: &Hook) -> String {
        format!("CodeDeployHook_{}-{}", self.install, hook.part)
    }
}
