//! The five hooks of a deployment: when each is asked, which function it is, and what in a plan asks for it.

use super::Rehearsal;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::Plan;

/// A hook.
#[derive(Debug, Clone, Copy)]
pub struct Hook {
    /// When `CodeDeploy` asks it.
    pub lifecycle_event: LifecycleEvent,
    /// Which of the functions it is: what `greenlight function` takes.
    pub part: &'static str,
    wanted: fn(&Plan) -> bool,
}

impl Hook {
    /// Whether a plan has work for it.
    pub(crate) fn is_wanted(&self, plan: &Plan) -> bool {
        (self.wanted)(plan)
    }
}

/// Every hook, in the order of a deployment.
pub const HOOKS: [Hook; 5] = [
    Hook {
        lifecycle_event: LifecycleEvent::BeforeInstall,
        part: "migrate",
        // a freeze is asked about before anything is installed
        wanted: |plan| plan.migrate.is_some() || plan.freeze.is_some(),
    },
    Hook { lifecycle_event: LifecycleEvent::AfterInstall, part: "warm-up", wanted: |plan| plan.warm_up.is_some() },
    Hook {
        lifecycle_event: LifecycleEvent::AfterAllowTestTraffic,
        part: "smoke-test",
        wanted: |plan| !plan.smoke_tests.is_empty(),
    },
    Hook {
        lifecycle_event: LifecycleEvent::BeforeAllowTraffic,
        part: "validate",
        // nobody else runs smoke tests without a test listener
        wanted: |plan| plan.validate.is_some() || smoke_tests_are_left(plan),
    },
    Hook { lifecycle_event: LifecycleEvent::AfterAllowTraffic, part: "finish", wanted: |plan| plan.finish.is_some() },
];

/// Whether the smoke tests are not run through a test listener.
pub(crate) fn smoke_tests_are_left(plan: &Plan) -> bool {
    !plan.smoke_tests.is_empty() && plan.rehearsal.as_ref().is_some_and(|rehearsal| !rehearsal.test_listener)
}

/// The function that ends what a one-off task began: what `greenlight function` takes.
pub const SETTLE: &str = "settle";

/// The function that takes releases back when an alarm goes off.
pub const ROLLBACK: &str = "rollback";

/// The function that starts jobs.
pub const LAUNCH_JOB: &str = "launch-job";

/// The function that tells how deployments go.
pub const NOTIFY: &str = "notify";

impl Rehearsal {
    /// The hooks that the plan has work for: those that the `AppSpec` names.
    pub fn hooks(&self) -> impl Iterator<Item = Hook> {
        HOOKS.into_iter().filter(|hook| hook.is_wanted(&self.plan))
    }
}
