//! Who deploys: the seam between a hook's own code and the controller that called it.
//!
//! A hook's own code asks [`green`](crate::green), [`surroundings`](crate::surroundings) and
//! [`test_traffic`](crate::test_traffic); those look in here.

use crate::deployment::Target;
use crate::hook::Context;
use crate::service_deployment::{ServiceDeployment, ServiceRevision};
use greenlight_domain::appspec::AppSpec;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::service_deployment::Stage;
use jiff::Timestamp;

/// The controller of a deployment, and what it told of it.
#[derive(Debug, Clone)]
pub enum Controller {
    /// `CodeDeploy`.
    CodeDeploy(Box<CodeDeploy>),
    /// ECS itself.
    Ecs(Box<Ecs>),
}

/// What `CodeDeploy` told.
#[derive(Debug, Clone)]
pub struct CodeDeploy {
    /// The application.
    pub(crate) application: String,
    /// The deployment group.
    pub(crate) deployment_group: String,
    /// The deployment's `AppSpec`.
    pub(crate) appspec: AppSpec,
    /// Its one target, with its lifecycle events.
    pub(crate) target: Target,
    /// When it was created.
    pub(crate) created_at: Option<Timestamp>,
}

/// What ECS told.
#[derive(Debug, Clone)]
pub struct Ecs {
    /// The service deployment.
    pub(crate) deployment: ServiceDeployment,
    /// The revision that is deployed.
    pub(crate) green: ServiceRevision,
    /// The revision that served before; none when the service is created.
    pub(crate) blue: Option<ServiceRevision>,
    /// Whether green has some of the traffic, and gets more.
    pub(crate) is_further_step: bool,
}

impl Controller {
    /// The name by which people know what is deployed: `application/group`, or `cluster/service`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::CodeDeploy(told) => format!("{}/{}", told.application, told.deployment_group),
            Self::Ecs(told) => format!("{}/{}", told.deployment.arn.cluster, told.deployment.arn.service),
        }
    }

    /// When the deployment was created.
    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        match self {
            Self::CodeDeploy(told) => told.created_at,
            Self::Ecs(told) => told.deployment.created_at,
        }
    }

    /// Whether a hook is asked at the point of this lifecycle event: somebody named one, and the deployment comes there.
    fn asks(&self, event: LifecycleEvent) -> bool {
        match self {
            // without a test listener some lifecycle events never come
            Self::CodeDeploy(told) => told.target.status(event).is_some() && told.appspec.hook(event).is_some(),
            Self::Ecs(told) => told.deployment.hooks.contains(&Stage::of(event)),
        }
    }

    /// The first lifecycle event at which a hook is asked.
    pub(crate) fn first_hook(&self) -> Option<LifecycleEvent> {
        LifecycleEvent::ALL.into_iter().find(|event| self.asks(*event))
    }
}

impl Context {
    /// Whether nobody else runs the smoke tests before traffic shifts: a hook is asked for them only through a test listener, and
    /// only if one is named.
    pub fn leaves_smoke_tests(&self) -> bool {
        let asks = self.controller.asks(LifecycleEvent::AfterAllowTestTraffic);
        match &self.controller {
            Controller::CodeDeploy(_) => !asks,
            Controller::Ecs(told) => {
                let has_entrance =
                    told.green.test_listener_rule.is_some() || self.release.plan.smoke_test_defaults.base_url.is_some();
                let were_run = told.is_further_step || (asks && has_entrance);
                !were_run
            }
        }
    }

    /// Whether there is a revision that served before: none when a service is created by ECS's own deployment.
    pub fn has_blue(&self) -> bool {
        match &self.controller {
            // the task set that the service was created with
            Controller::CodeDeploy(_) => true,
            Controller::Ecs(told) => told.blue.is_some(),
        }
    }

    /// How to deploy in spite of what the plan forbids.
    pub(crate) fn way_out(&self) -> &'static str {
        match &self.controller {
            Controller::CodeDeploy(_) => "or override it with --skip freeze --reason \"why it cannot wait\"",
            // nobody can write anything down about a deployment that ECS makes by itself
            Controller::Ecs(_) => "or take the window out of the plan that is deployed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AppSpec, CodeDeploy, Controller, LifecycleEvent, Target};
    use greenlight_domain::appspec::Hook;
    use greenlight_domain::lifecycle::LifecycleEvent::{AfterAllowTestTraffic, AfterInstall, BeforeAllowTraffic};

    /// A deployment with these hooks that comes to every lifecycle event but one.
    fn first_hook(hooks: &[LifecycleEvent], missing: Option<LifecycleEvent>) -> Option<LifecycleEvent> {
        let text = r#"{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {
            "TaskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1", "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 80}}}}]}"#;
        let mut appspec = AppSpec::parse(text).unwrap();
        let hook =
            |lifecycle_event: &LifecycleEvent| Hook { lifecycle_event: *lifecycle_event, function: "f".to_owned() };
        appspec.hooks = hooks.iter().map(hook).collect();
        let events = LifecycleEvent::ALL.into_iter().filter(|event| Some(*event) != missing);
        let lifecycle_events = events.map(|event| (event.name().to_owned(), "Pending".to_owned())).collect();
        let target = Target { cluster: "c".to_owned(), service: "s".to_owned(), lifecycle_events };
        let (application, deployment_group) = ("a".to_owned(), "g".to_owned());
        let told = CodeDeploy { application, deployment_group, appspec, target, created_at: None };
        Controller::CodeDeploy(Box::new(told)).first_hook()
    }

    #[test]
    fn the_first_hook_is_the_first_that_comes() {
        assert_eq!(first_hook(&[], None), None);
        let two = [BeforeAllowTraffic, AfterAllowTestTraffic];
        assert_eq!(first_hook(&two, None), Some(AfterAllowTestTraffic));
        assert_eq!(first_hook(&two, Some(AfterAllowTestTraffic)), Some(BeforeAllowTraffic));
        assert_eq!(first_hook(&[BeforeAllowTraffic, AfterInstall], None), Some(AfterInstall));
    }
}
