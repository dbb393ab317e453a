//! What the function is invoked with.

use greenlight_aws::notice::outcome;
use greenlight_aws::{Error, describe};
use greenlight_domain::alarm::Alarm;
use serde_json::Value;

/// What the function is invoked with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// `CodeDeploy` tells of a deployment.
    Deployment(Change),
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
        if payload.get("detail-type").and_then(Value::as_str) == Some("CodeDeploy Deployment State-change Notification")
        {
            return change(payload).map(Self::Deployment);
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
        "it is {}; expected a \"CodeDeploy Deployment State-change Notification\", an alarm's action with alarmData, a schedule's \
         {} or Records of SNS",
        describe(payload),
        outcome::QUESTION
    ))
}

fn change(payload: &Value) -> Result<Change, Error> {
    let text = |name: &str| {
        let found = payload.pointer(&format!("/detail/{name}")).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.map(str::to_owned).ok_or_else(|| Error::Event(format!("detail.{name} is missing or is no text")))
    };
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
    use super::{Event, State};
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
        let news = json!({ "Records": [{ "Sns": { "Message": "text" } }] });
        assert_eq!(Event::read(&news).unwrap(), Event::News(vec!["text".to_owned()]));
        for other in [json!({ "hello": "world" }), json!([]), json!({ "Records": [] }), change("BAKING"), change("")] {
            assert!(Event::read(&other).is_err(), "{other}");
        }
    }
}
