//! Why tasks of a new revision stopped: what neither `CodeDeploy` nor a hook says of a deployment that failed.

use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::stopped_tasks::{self, Stopped};
use greenlight_aws::{Env, Error};
use greenlight_domain::notice::{Notice, Revision};
use jiff::Timestamp;
use serde_json::json;

/// The deployment whose tasks are asked about.
pub(crate) struct Asked<'a> {
    pub(crate) deployment_id: &'a str,
    /// What it deploys.
    pub(crate) revision: Option<&'a Revision>,
    /// Tasks that were stopped from then on are no reason.
    pub(crate) ended: Option<Timestamp>,
    /// A hook has failed it, and says more than tasks that run.
    pub(crate) by_hook: bool,
}

/// Adds what ECS says of tasks that stopped before a deployment of `CodeDeploy` failed.
pub(crate) async fn onto(env: &Env, deployment: &Deployment, revision: Option<&Revision>, notice: Notice) -> Notice {
    let by_hook = deployment.error.as_ref().is_some_and(|error| error.starts_with("HOOK_EXECUTION_FAILURE"));
    let asked = Asked { deployment_id: &deployment.id, revision, ended: deployment.completed_at, by_hook };
    match deployment::service(env, &deployment.id).await {
        Ok((cluster, service)) => onto_service(env, (&cluster, &service), &asked, notice).await,
        Err(error) => unread(env, &asked, &error, notice),
    }
}

/// Adds what ECS says of tasks of a service that stopped before a deployment failed.
pub(crate) async fn onto_service(env: &Env, service: (&str, &str), asked: &Asked<'_>, notice: Notice) -> Notice {
    match said(env, service, asked).await {
        Ok((_, None)) if asked.by_hook => notice,
        Ok((service, said)) => {
            let mut notice = notice.step("see what the service says of its tasks", service);
            if let Some(said) = said {
                notice.details =
                    Some([Some(said), notice.details].into_iter().flatten().collect::<Vec<_>>().join("\n"));
            }
            notice
        }
        Err(error) => unread(env, asked, &error, notice),
    }
}

fn unread(env: &Env, asked: &Asked<'_>, error: &Error, notice: Notice) -> Notice {
    let fields = json!({ "deployment_id": asked.deployment_id, "what": "tasks", "reason": error.to_string() });
    env.emit("notice.unread", fields);
    notice
}

async fn said(
    env: &Env,
    (cluster, service): (&str, &str),
    asked: &Asked<'_>,
) -> Result<(String, Option<String>), Error> {
    let all = stopped_tasks::of_service(env, cluster, service).await?;
    // those that are stopped afterwards are no reason
    let is_earlier = |task: &&Stopped| asked.ended.is_none_or(|end| task.stopped_at.is_some_and(|at| at < end));
    let is_new = |task: &&Stopped| {
        asked.revision.is_some_and(|revision| task.task_definition.ends_with(&format!("/{}", revision.task_definition)))
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
