//! The `AfterAllowTraffic` hook: what is done when green serves everybody.
//!
//! Worker services get the new image, and the plan's commands run as one-off tasks, which `settle` ends. What fails here
//! fails the deployment only if the plan says so: taking back a revision that serves well would help nobody.

mod services;

use greenlight_aws::execution::Failure;
use greenlight_aws::hook::{self, Context, Told, Worked};
use greenlight_aws::notice::{self, Background};
use greenlight_aws::{Env, Error, Invocation, one_off};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::notice::{Kind, Notice};
use greenlight_domain::verdict::Verdict;
use serde_json::Value;

/// Handles one event of a hook.
///
/// # Errors
/// If the verdict could not be reported, so that Lambda tries again, or if the event is none of a hook.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let story = async |context: &Context| finish(env, context).await;
    Box::pin(hook::run(invocation, env, LifecycleEvent::AfterAllowTraffic, story)).await
}

async fn finish(env: &Env, context: &Context) -> Result<Worked, Error> {
    let Some(finish) = &context.release.plan.finish else {
        return Ok(Verdict::Skipped("the plan has no [finish]: nothing to do".to_owned()).into());
    };
    if let Some(reason) = context.skipped("finish", None) {
        return Ok(Verdict::Skipped(reason).into());
    }
    let updated = services::update(env, context, &finish.services).await;
    let Some(commands) = &finish.commands else {
        return Ok(match updated.problem() {
            Some(problem) => Verdict::Failed(problem).into(),
            None => Told::succeeded(updated.note()).into(),
        });
    };
    if let Some(problem) = updated.problem() {
        if context.execution.failure == Failure::Decides {
            return Ok(Verdict::Failed(problem).into());
        }
        tell(env, context, &problem).await;
    }
    one_off::begin(env, context, LifecycleEvent::AfterAllowTraffic, commands).await
}

/// The verdict is the commands' affair; what went wrong before them is told by itself.
async fn tell(env: &Env, context: &Context, problem: &str) {
    let id = &context.release.deployment_id;
    let background = Background::of_execution(env, &context.execution).await;
    let title = format!("{}: a worker service did not follow (deployment {id})", background.group());
    let notice = Notice::new(Kind::HookForgiven, format!("{id}/services"), title, env.clock.now());
    let notice = background.onto(notice.about(background.about()).because(problem));
    notice::publish(env, &notice, context.until).await;
}
