//! A hook died without a verdict.

use crate::event::Death;
use greenlight_aws::hook::Execution;
use greenlight_aws::one_off::{schedule, task};
use greenlight_aws::{Env, Error, deployment, verdict};
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
        execution_id: death.execution_id.clone(),
        lifecycle_event,
        function: death.function.clone(),
        called_at: record.as_ref().map_or_else(|| env.clock.now(), |record| record.called_at),
    };
    verdict::deliver(env, &execution, &Verdict::Failed(death.reason.clone()), None, until).await?;
    if let Some(record) = record {
        schedule::delete_all(env, &record).await;
    }
    Ok(())
}
