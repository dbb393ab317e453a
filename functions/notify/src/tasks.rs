//! Why tasks of a new revision stopped: what neither `CodeDeploy` nor a hook says of a deployment that failed.

use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::stopped_tasks::{self, Stopped};
use greenlight_aws::{Env, Error};
use greenlight_domain::notice::{Notice, Revision};
use serde_json::json;

/// Adds what ECS says of tasks that stopped before the deployment failed.
pub(crate) async fn onto(env: &Env, deployment: &Deployment, revision: Option<&Revision>, notice: Notice) -> Notice {
    let is_by_hook = deployment.error.as_ref().is_some_and(|error| error.starts_with("HOOK_EXECUTION_FAILURE"));
    match said(env, deployment, revision).await {
        // a hook says more than tasks that run
        Ok((_, None)) if is_by_hook => notice,
        Ok((service, said)) => {
            let mut notice = notice.step("see what the service says of its tasks", service);
            if let Some(said) = said {
                notice.details =
                    Some([Some(said), notice.details].into_iter().flatten().collect::<Vec<_>>().join("\n"));
            }
            notice
        }
        Err(error) => {
            let fields = json!({ "deployment_id": deployment.id, "what": "tasks", "reason": error.to_string() });
            env.emit("notice.unread", fields);
            notice
        }
    }
}

async fn said(
    env: &Env,
    deployment: &Deployment,
    revision: Option<&Revision>,
) -> Result<(String, Option<String>), Error> {
    let (cluster, service) = deployment::service(env, &deployment.id).await?;
    let all = stopped_tasks::of_service(env, &cluster, &service).await?;
    // those that CodeDeploy stops afterwards are no reason
    let is_earlier =
        |task: &&Stopped| deployment.completed_at.is_none_or(|end| task.stopped_at.is_some_and(|at| at < end));
    let is_new = |task: &&Stopped| {
        revision.is_some_and(|revision| task.task_definition.ends_with(&format!("/{}", revision.task_definition)))
            && is_earlier(task)
    };
    let stopped: Vec<&Stopped> = all.iter().filter(is_new).collect();
    let command = format!(
        "aws ecs describe-services --cluster {cluster} --services {service} --query \"services[0].events[:10].message\""
    );
    Ok((command, stopped.first().map(|first| words(first, stopped.len()))))
}

fn words(first: &Stopped, count: usize) -> String {
    let container = |(name, code, reason): &(String, Option<i32>, Option<String>)| {
        let code = code.map(|code| format!(" exited with code {code}"));
        let reason = reason.as_ref().map(|reason| format!(": {reason}"));
        let said = format!("{}{}", code.unwrap_or_default(), reason.unwrap_or_default());
        (!said.is_empty()).then(|| format!("container {name}{said}"))
    };
    let containers: Vec<String> = first.containers.iter().filter_map(container).collect();
    let tasks = if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
    let reason = if first.reason.is_empty() { &first.stop_code } else { &first.reason };
    let first = std::iter::once(format!("{tasks} of the new revision stopped, the first ({}): {reason}", first.task));
    first.chain(containers).collect::<Vec<_>>().join("\n")
}
