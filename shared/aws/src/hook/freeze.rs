//! Freeze windows: the first hook of a deployment asks whether anything may be deployed.

use super::Context;
use crate::Env;
use greenlight_domain::appspec::AppSpec;
use greenlight_domain::directive;
use greenlight_domain::freeze::frozen;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::json;

/// Says Failed if the deployment was created within a freeze window and nobody overrode it.
///
/// The time of its creation counts: an event that comes again after a window has begun must not stop what was begun before.
pub(super) fn ask(env: &Env, context: &Context, created_at: Option<Timestamp>) -> Option<Verdict> {
    let freeze = context.release.plan.freeze.as_ref()?;
    let happens = |event| context.target.status(event).is_some();
    if first_hook(&context.appspec, happens) != Some(context.execution.lifecycle_event) {
        return None;
    }
    let frozen = frozen(&freeze.windows, created_at.unwrap_or_else(|| env.clock.now()))?;
    if let Some(directive) = directive::skips(&context.directives, "freeze", None) {
        env.emit(
            "freeze.overridden",
            json!({
                "deployment_id": context.release.deployment_id,
                "window": frozen.window,
                "until": frozen.until.to_string(),
                "reason": directive.reason,
            }),
        );
        return None;
    }
    Some(Verdict::Failed(format!(
        "{}; deploy later, or override it with --skip freeze --reason \"why it cannot wait\"",
        frozen.describe()
    )))
}

/// The first lifecycle event at which a function is asked. Without a test listener some never come.
fn first_hook(appspec: &AppSpec, happens: impl Fn(LifecycleEvent) -> bool) -> Option<LifecycleEvent> {
    appspec.hooks.iter().map(|hook| hook.lifecycle_event).filter(|event| happens(*event)).min()
}

#[cfg(test)]
mod tests {
    use super::{AppSpec, LifecycleEvent, first_hook};
    use greenlight_domain::appspec::Hook;

    #[test]
    fn the_first_hook_is_the_first_that_comes() {
        use LifecycleEvent::{AfterAllowTestTraffic, AfterInstall, BeforeAllowTraffic};
        let text = r#"{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {
            "TaskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1", "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 80}}}}]}"#;
        let mut appspec = AppSpec::parse(text).unwrap();
        assert_eq!(first_hook(&appspec, |_| true), None);
        let hook = |lifecycle_event| Hook { lifecycle_event, function: "f".to_owned() };
        appspec.hooks = [BeforeAllowTraffic, AfterAllowTestTraffic].map(hook).to_vec();
        assert_eq!(first_hook(&appspec, |_| true), Some(AfterAllowTestTraffic));
        assert_eq!(first_hook(&appspec, |event| event != AfterAllowTestTraffic), Some(BeforeAllowTraffic));
        appspec.hooks.push(hook(AfterInstall));
        assert_eq!(first_hook(&appspec, |_| true), Some(AfterInstall));
    }
}
