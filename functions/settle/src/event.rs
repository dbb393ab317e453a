//! The events that `settle` takes.

use greenlight_aws::job::{self, expected::Expected};
use greenlight_aws::one_off::Record;
use greenlight_aws::{Error, describe};
use greenlight_domain::job::Firing;
use greenlight_domain::one_off::{OneOff, StoppedContainer, StoppedTask};
use serde::Deserialize;
use serde_json::Value;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// "ECS Task State Change": a one-off task of some install stopped.
    TaskStopped {
        /// Its ARN.
        task: String,
        /// Whose it is.
        one_off: OneOff,
        /// How it ended.
        end: StoppedTask,
    },
    /// "ECS Task State Change": the task of a job of some install stopped.
    JobStopped {
        /// Its ARN.
        task: String,
        /// The cluster's ARN.
        cluster: String,
        /// Whose it is.
        firing: Firing,
        /// How it ended.
        end: StoppedTask,
    },
    /// The schedule of a job's run fired.
    JobSignal(Box<job::Record>),
    /// No run of a job has succeeded in time.
    JobMissed(Expected),
    /// A task that is no one-off task, or has not stopped.
    ForeignTask,
    /// A schedule fired.
    Signal(Box<Record>),
    /// Lambda gave up on a hook.
    HookDied(Death),
}

/// A hook that died: the original event and what Lambda says about its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Death {
    /// The deployment.
    pub(crate) deployment_id: String,
    /// What `CodeDeploy` waits for.
    pub(crate) execution_id: String,
    /// The function that died.
    pub(crate) function: String,
    /// Why.
    pub(crate) reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskDetail {
    task_arn: String,
    #[serde(default)]
    cluster_arn: String,
    last_status: String,
    started_by: Option<String>,
    stop_code: Option<String>,
    stopped_reason: Option<String>,
    stopped_at: Option<String>,
    #[serde(default)]
    containers: Vec<ContainerDetail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerDetail {
    name: String,
    exit_code: Option<i32>,
    reason: Option<String>,
}

/// What Lambda hands to an `OnFailure` destination:
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailureRecord {
    request_context: RequestContext,
    request_payload: Value,
    #[serde(default)]
    response_payload: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    function_arn: String,
    #[serde(default)]
    condition: String,
}

impl Event {
    /// Tells the three shapes apart by a member that only one of them has.
    pub(crate) fn read(payload: &Value) -> Result<Self, Error> {
        if payload.get("greenlight").is_some() {
            return Ok(Self::Signal(Box::new(Record::read(payload)?)));
        }
        match payload.get("greenlight_job").map(Value::as_str) {
            Some(Some("expected")) => return Expected::read(payload).map(Self::JobMissed),
            Some(_) => return job::Record::read(payload).map(|record| Self::JobSignal(Box::new(record))),
            None => {}
        }
        if payload.get("requestContext").is_some() {
            return death(payload).map(Self::HookDied);
        }
        if payload.get("detail-type").and_then(Value::as_str) == Some("ECS Task State Change") {
            return stopped(payload);
        }
        Err(Error::Event(format!(
            "it is {}; expected an \"ECS Task State Change\", the input of one of our schedules, or the record of a function \
             that failed",
            describe(payload)
        )))
    }
}

fn stopped(payload: &Value) -> Result<Event, Error> {
    let detail = payload.get("detail").cloned().unwrap_or_default();
    let detail: TaskDetail = serde_json::from_value(detail)
        .map_err(|error| Error::Event(format!("the detail of its ECS Task State Change is incomplete: {error}")))?;
    let started_by = detail.started_by.as_deref().filter(|_| detail.last_status == "STOPPED").unwrap_or_default();
    let (one_off, firing) = (OneOff::parse(started_by), Firing::parse(started_by));
    let container = |container: ContainerDetail| StoppedContainer {
        name: container.name,
        exit_code: container.exit_code,
        reason: container.reason,
    };
    let end = StoppedTask {
        stop_code: detail.stop_code,
        stopped_reason: detail.stopped_reason,
        containers: detail.containers.into_iter().map(container).collect(),
        stopped_at: detail.stopped_at.and_then(|at| at.parse().ok()),
    };
    let task = detail.task_arn;
    Ok(match (one_off, firing) {
        (Some(one_off), _) => Event::TaskStopped { task, one_off, end },
        (None, Some(firing)) => Event::JobStopped { task, cluster: detail.cluster_arn, firing, end },
        (None, None) => Event::ForeignTask,
    })
}

fn death(payload: &Value) -> Result<Death, Error> {
    let record: FailureRecord = serde_json::from_value(payload.clone())
        .map_err(|error| Error::Event(format!("it is no record of a function that failed: {error}")))?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let function = function_name(&record.request_context.function_arn);
    let (Some(deployment_id), Some(execution_id)) =
        (text(&record.request_payload, "DeploymentId"), text(&record.request_payload, "LifecycleEventHookExecutionId"))
    else {
        return Err(Error::Event(format!(
            "function {function} failed with an event that is none of CodeDeploy's: {}",
            describe(&record.request_payload)
        )));
    };
    let message = text(&record.response_payload, "errorMessage").unwrap_or_else(|| "it left no message".to_owned());
    let kind = text(&record.response_payload, "errorType").map(|kind| format!("{kind}: ")).unwrap_or_default();
    let condition = record.request_context.condition;
    let condition = if condition.is_empty() { condition } else { format!(" ({condition})") };
    let reason = format!("function {function} died{condition}: {kind}{message}");
    Ok(Death { deployment_id, execution_id, function, reason })
}

/// The name in `arn:aws:lambda:region:account:function:name:qualifier`.
fn function_name(arn: &str) -> String {
    arn.split(':').nth(6).unwrap_or(arn).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Death, Event};
    use serde_json::{Value, json};

    fn task(status: &str, started_by: Option<&str>) -> Value {
        json!({
            "detail-type": "ECS Task State Change",
            "source": "aws.ecs",
            "detail": {
                "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/c/1",
                "lastStatus": status,
                "startedBy": started_by,
                "stopCode": "EssentialContainerExited",
                "stoppedReason": "Essential container in task exited",
                "containers": [{ "name": "web", "exitCode": 1 }, { "name": "log_router" }],
            },
        })
    }

    #[test]
    fn only_stopped_one_off_tasks_count() {
        let ours = Some("greenlight/d-1/BeforeInstall/0/0");
        let Event::TaskStopped { one_off, end, .. } = Event::read(&task("STOPPED", ours)).unwrap() else {
            panic!("expected a stopped task")
        };
        assert_eq!((one_off.deployment_id.as_str(), one_off.step), ("d-1", 0));
        assert_eq!(end.containers.first().and_then(|container| container.exit_code), Some(1));
        for (status, started_by) in [("DEPROVISIONING", ours), ("STOPPED", Some("ecs-svc/1")), ("STOPPED", None)] {
            assert_eq!(Event::read(&task(status, started_by)).unwrap(), Event::ForeignTask);
        }
    }

    #[test]
    fn a_task_of_a_job_is_told_from_one_of_a_deployment() {
        let Event::JobStopped { firing, .. } =
            Event::read(&task("STOPPED", Some("greenlight/web/sync/job/60/1"))).unwrap()
        else {
            panic!("expected the task of a job")
        };
        assert_eq!((firing.job.as_str(), firing.attempt), ("sync", 1));
    }

    #[test]
    fn a_dead_hook_is_named_with_its_reason() {
        let payload = json!({
            "version": "1.0",
            "requestContext": {
                "requestId": "r",
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:greenlight-migrate:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": { "DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x" },
            "responsePayload": { "errorMessage": "signal: killed", "errorType": "Runtime.ExitError" },
        });
        let expected = Death {
            deployment_id: "d-1".to_owned(),
            execution_id: "x".to_owned(),
            function: "greenlight-migrate".to_owned(),
            reason: "function greenlight-migrate died (RetriesExhausted): Runtime.ExitError: signal: killed".to_owned(),
        };
        assert_eq!(Event::read(&payload).unwrap(), Event::HookDied(expected));
    }

    #[test]
    fn what_is_none_of_the_three_is_refused() {
        for payload in
            [json!({}), json!([]), json!({ "detail-type": "Scheduled Event" }), json!({ "requestContext": 1 })]
        {
            assert!(Event::read(&payload).is_err(), "{payload}");
        }
        for word in ["deadline", "expected", "failed"] {
            assert!(Event::read(&json!({ "greenlight_job": word })).is_err(), "{word}");
        }
        let payload = json!({ "detail-type": "ECS Task State Change", "detail": {} });
        assert!(Event::read(&payload).unwrap_err().to_string().contains("taskArn"));
    }
}
