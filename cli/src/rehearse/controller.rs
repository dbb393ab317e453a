//! Who deploys the service.

use clap::ValueEnum;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::service_deployment::Stage;

/// Who deploys the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Controller {
    /// AWS `CodeDeploy`
    #[default]
    #[value(name = "codedeploy")]
    CodeDeploy,
    /// ECS itself
    Ecs,
}

impl Controller {
    /// What it calls the point of a deployment at which `CodeDeploy` has this lifecycle event.
    pub(crate) const fn point(self, lifecycle_event: LifecycleEvent) -> &'static str {
        match self {
            Self::CodeDeploy => lifecycle_event.name(),
            Self::Ecs => Stage::of(lifecycle_event).name(),
        }
    }
}
