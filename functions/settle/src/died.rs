//! A hook died without a verdict.

use crate::event::Death;
use greenlight_aws::execution::{Execution, Failure, Reply};
use greenlight_aws::one_off::{schedule, task};
use greenlight_aws::{Env, Error, deployment, revision, verdict};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::one_off::OneOff;
use greenlight_domain::release::family;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::json;

/// Reports Failed for a hook that died, unless a task that it started brings the verdict.
pub(crate) async fn report(env: &Env, death: &Death, until: Timestamp) -> Result<(), Error> {
    let target = deployment::target(env, &death.deployment_id).await;
    // one hook runs at a time: the one that died is the one in progress
    let lifecycle_event = match &target {
        Ok(target) => target.in_progress(),
        Err(error) if error.is_temporary() => return Err(error.clone()),
        Err(_) => None,
    };
    let lifecycle_event = lifecycle_event.unwrap_or(LifecycleEvent::BeforeInstall);
    let first = OneOff::first(&env.settings.install, &death.deployment_id, lifecycle_event);
    let record = schedule::read(env, &first).await?;
    if let Some(record) = &record {
        let tasks = task::of_family(env, &record.cluster, family(&record.task_definition), until).await?;
        if let Some(task) = tasks.iter().find(|task| task.one_off.same_hook(&first)) {
            let fields = json!({ "deployment_id": death.deployment_id, "task": task.arn, "reason": death.reason });
            env.emit("hook.left", fields);
            return Ok(());
        }
    }
    let execution = Execution {
        deployment_id: death.deployment_id.clone(),
        reply: Reply::CodeDeploy { execution_id: death.execution_id.clone() },
        lifecycle_event,
        function: death.function.clone(),
        called_at: record.as_ref().map_or_else(|| env.clock.now(), |record| record.called_at),
        failure: match &record {
            Some(record) => record.failure,
            None => failure(env, &death.deployment_id, lifecycle_event).await?,
        },
    };
    verdict::deliver(env, &execution, &Verdict::Failed(death.reason.clone()), None, until).await?;
    if let Some(record) = record {
        schedule::delete_all(env, &record).await;
    }
    Ok(())
}

/// What the failure of a hook means that left no memory of itself: what the plan says, if it can be read.
async fn failure(env: &Env, deployment_id: &str, lifecycle_event: LifecycleEvent) -> Result<Failure, Error> {
    if lifecycle_event != LifecycleEvent::AfterAllowTraffic {
        return Ok(Failure::Decides);
    }
    let plan = async {
        let deployment = deployment::get(env, deployment_id).await?;
        let appspec = deployment::appspec(env, &deployment).await?;
        Ok(revision::describe(env, &appspec.task_definition).await?.plan)
    };
    match plan.await {
        // another hook than `finish` may stand there, with a plan that has nothing for `finish`
        Ok(plan) if plan.finish.is_some() => Ok(Failure::of(&plan, lifecycle_event)),
        Err(error) if Error::is_temporary(&error) => Err(error),
        Ok(_) | Err(_) => Ok(Failure::Decides),
    }
}
