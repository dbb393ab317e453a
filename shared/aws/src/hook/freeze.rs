//! Freeze windows: the first hook of a deployment asks whether anything may be deployed.

use super::Context;
use crate::Env;
use greenlight_domain::directive;
use greenlight_domain::freeze::frozen;
use greenlight_domain::verdict::Verdict;
use serde_json::json;

/// Says Failed if the deployment was created within a freeze window and nobody overrode it.
///
/// The time of its creation counts: an event that comes again after a window has begun must not stop what was begun before.
pub(super) async fn ask(env: &Env, context: &Context) -> Option<Verdict> {
    let freeze = context.release.plan.freeze.as_ref()?;
    if context.controller.first_hook() != Some(context.execution.lifecycle_event) {
        return None;
    }
    let created_at = context.controller.created_at().unwrap_or_else(|| env.clock.now());
    let frozen = frozen(&freeze.windows, created_at)?;
    let directive = directive::skips(&context.directives, "freeze", None).map(|directive| directive.reason.clone());
    let reason = match directive {
        Some(reason) => Some(reason),
        None if context.comes_back(env).await => Some("a revision comes back that was good before".to_owned()),
        None => None,
    };
    if let Some(reason) = reason {
        env.emit(
            "freeze.overridden",
            json!({
                "deployment_id": context.release.deployment_id,
                "window": frozen.window,
                "until": frozen.until.to_string(),
                "reason": reason,
            }),
        );
        return None;
    }
    Some(Verdict::Failed(format!("{}; deploy later, {}", frozen.describe(), context.way_out())))
}
