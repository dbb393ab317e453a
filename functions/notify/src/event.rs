//! What the function is invoked with.

use greenlight_aws::notice::outcome;
use greenlight_aws::{Error, describe};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use jiff::Timestamp;
use serde_json::Value;

/// What the function is invoked with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// `CodeDeploy` tells of a deployment.
    Deployment(Change),
    /// ECS tells of a deployment that it makes by itself.
    Service(ServiceChange),
    /// A pause hook of such a deployment waits for somebody.
    Pause(Pause),
    /// A schedule asks how a deployment ended.
    Question(String),
    /// Alarms of the stack itself went off, and name the function as their action.
    Alarms(Vec<Alarm>),
    /// The topic's messages, for webhooks.
    News(Vec<String>),
}

/// A deployment's change of state: <https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html>.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) deployment_id: String,
    pub(crate) application: String,
    pub(crate) deployment_group: String,
    pub(crate) state: State,
}

/// "ECS Deployment State Change". It names the service, and no service deployment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServiceChange {
    pub(crate) service_arn: String,
    pub(crate) what: ServiceNews,
}

/// What ECS tells of a service's deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceNews {
    Began,
    Failed,
    Completed,
}

/// "ECS Hook State Change" of a pause hook that waits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) deployment: ServiceDeploymentArn,
    pub(crate) hook: String,
    pub(crate) stage: String,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The states that are news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Start,
    Ready,
    Success,
    Failure,
    Stop,
}

impl Event {
    /// Reads a payload.
    pub(crate) fn read(payload: &Value) -> Result<Self, Error> {
        match payload.get("detail-type").and_then(Value::as_str) {
            Some("CodeDeploy Deployment State-change Notification") => return change(payload).map(Self::Deployment),
            Some("ECS Deployment State Change") => return service_change(payload).map(Self::Service),
            Some("ECS Hook State Change") => return pause(payload).map(Self::Pause),
            _ => {}
        }
        if let Some(deployment) = outcome::asked(payload) {
            return Ok(Self::Question(deployment.to_owned()));
        }
        if let Some(records) = payload.get("Records").and_then(Value::as_array) {
            let message = |record: &Value| record.pointer("/Sns/Message").and_then(Value::as_str).map(str::to_owned);
            let messages = records.iter().map(message).collect::<Option<Vec<_>>>();
            return messages.filter(|messages| !messages.is_empty()).map(Self::News).ok_or_else(|| unknown(payload));
        }
        if payload.get("alarmData").is_some() {
            return Alarm::read(payload).map(Self::Alarms).map_err(|error| Error::Event(error.to_string()));
        }
        Err(unknown(payload))
    }
}

fn unknown(payload: &Value) -> Error {
    Error::Event(format!(
        "it is {}; expected a \"CodeDeploy Deployment State-change Notification\", an \"ECS Deployment State Change\", an \
         \"ECS Hook State Change\", an alarm's action with alarmData, a schedule's \
         {} or Records of SNS",
        describe(payload),
        outcome::QUESTION
    ))
}

fn text(payload: &Value, name: &str) -> Result<String, Error> {
    let found = payload.pointer(&format!("/detail/{name}")).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.map(str::to_owned).ok_or_else(|| Error::Event(format!("detail.{name} is missing or is no text")))
}

fn service_change(payload: &Value) -> Result<ServiceChange, Error> {
    let what = match text(payload, "eventName")?.as_str() {
        "SERVICE_DEPLOYMENT_IN_PROGRESS" => ServiceNews::Began,
        "SERVICE_DEPLOYMENT_COMPLETED" => ServiceNews::Completed,
        "SERVICE_DEPLOYMENT_FAILED" => ServiceNews::Failed,
        other => {
            return Err(Error::Event(format!(
                "detail.eventName is {other:?}; expected SERVICE_DEPLOYMENT_IN_PROGRESS, SERVICE_DEPLOYMENT_COMPLETED or \
                 SERVICE_DEPLOYMENT_FAILED"
            )));
        }
    };
    let service_arn = payload.pointer("/resources/0").and_then(Value::as_str).filter(|arn| arn.contains(":service/"));
    let none = || Error::Event("resources names no service".to_owned());
    Ok(ServiceChange { service_arn: service_arn.ok_or_else(none)?.to_owned(), what })
}

fn pause(payload: &Value) -> Result<Pause, Error> {
    let arn = text(payload, "serviceDeploymentArn")?;
    let none = || Error::Event(format!("detail.serviceDeploymentArn is {arn:?}, which names no service deployment"));
    Ok(Pause {
        deployment: ServiceDeploymentArn::parse(&arn).ok_or_else(none)?,
        hook: text(payload, "hookId")?,
        stage: text(payload, "lifecycleStage")?,
        expires_at: text(payload, "expiresAt").ok().and_then(|at| at.parse().ok()),
    })
}

fn change(payload: &Value) -> Result<Change, Error> {
    let text = |name: &str| text(payload, name);
    let state = match text("state")?.as_str() {
        "START" => State::Start,
        "READY" => State::Ready,
        "SUCCESS" => State::Success,
        "FAILURE" => State::Failure,
        "STOP" => State::Stop,
        other => {
            return Err(Error::Event(format!(
                "detail.state is {other:?}; expected START, READY, SUCCESS, FAILURE or STOP"
            )));
        }
    };
    Ok(Change {
        deployment_id: text("deploymentId")?,
        application: text("application")?,
        deployment_group: text("deploymentGroup")?,
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::{Event, ServiceNews, State};
    use serde_json::json;

    #[test]
    fn every_shape_is_read_or_said_to_be_none() {
        let change = |state: &str| {
            json!({
                "detail-type": "CodeDeploy Deployment State-change Notification",
                "detail": { "deploymentId": "d-1", "application": "shop", "deploymentGroup": "production", "state": state },
            })
        };
        let Event::Deployment(read) = Event::read(&change("STOP")).unwrap() else { panic!("a deployment") };
        assert_eq!((read.deployment_id.as_str(), read.state), ("d-1", State::Stop));
        assert_eq!(Event::read(&json!({ "greenlight_outcome": "d-1" })).unwrap(), Event::Question("d-1".to_owned()));
        let service = "arn:aws:ecs:us-east-1:123456789012:service/c/s";
        let ecs = |event: &str, resource: &str| {
            json!({
                "detail-type": "ECS Deployment State Change", "resources": [resource],
                "detail": { "eventName": event, "deploymentId": "ecs-svc/1" },
            })
        };
        let Event::Service(read) = Event::read(&ecs("SERVICE_DEPLOYMENT_FAILED", service)).unwrap() else { panic!() };
        assert_eq!((read.service_arn.as_str(), read.what), (service, ServiceNews::Failed));
        let hook = |arn: &str| {
            json!({
                "detail-type": "ECS Hook State Change",
                "detail": {
                    "eventName": "HOOK_AWAITING_ACTION", "hookId": "ecs-pause-1", "lifecycleStage": "POST_SCALE_UP",
                    "serviceDeploymentArn": arn, "expiresAt": "2026-03-05T16:04:41Z",
                },
            })
        };
        let waits = hook("arn:aws:ecs:us-east-1:123456789012:service-deployment/c/s/i");
        let Event::Pause(read) = Event::read(&waits).unwrap() else { panic!() };
        assert_eq!((read.deployment.id.as_str(), read.hook.as_str()), ("i", "ecs-pause-1"));
        assert!(read.expires_at.is_some());
        for wrong in [ecs("SERVICE_DEPLOYMENT_PAUSED", service), ecs("SERVICE_DEPLOYMENT_FAILED", "x"), hook(service)] {
            assert!(Event::read(&wrong).is_err(), "{wrong}");
        }
        let news = json!({ "Records": [{ "Sns": { "Message": "text" } }] });
        assert_eq!(Event::read(&news).unwrap(), Event::News(vec!["text".to_owned()]));
        for other in [json!({ "hello": "world" }), json!([]), json!({ "Records": [] }), change("BAKING"), change("")] {
            assert!(Event::read(&other).is_err(), "{other}");
        }
    }
}
