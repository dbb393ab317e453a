//! The shapes of a hook's event: they say which controller calls.

use crate::Error;
use greenlight_domain::service_deployment::{self, UnreadableEvent};
use serde_json::Value;

/// An event of a hook.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// `CodeDeploy`: these two members and nothing else.
    CodeDeploy { deployment_id: String, execution_id: String },
    /// ECS's own blue/green.
    Ecs(Box<service_deployment::Event>),
    /// ECS's, or nobody's, and it cannot be read. Whoever calls reads the answer.
    Unreadable(Box<UnreadableEvent>),
}

impl Event {
    pub(super) fn read(payload: &Value) -> Result<Self, Error> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let (Some(deployment_id), Some(execution_id)) = (text("DeploymentId"), text("LifecycleEventHookExecutionId"))
        {
            let (deployment_id, execution_id) = (deployment_id.to_owned(), execution_id.to_owned());
            return Ok(Self::CodeDeploy { deployment_id, execution_id });
        }
        if service_deployment::Event::is_meant(payload) {
            let read = service_deployment::Event::read(payload);
            return Ok(read.map_or_else(Self::Unreadable, |event| Self::Ecs(Box::new(event))));
        }
        let reason = format!(
            "it is {}; expected the strings DeploymentId and LifecycleEventHookExecutionId (CodeDeploy), or executionId, \
             lifecycleStage, resourceArn and executionDetails (ECS)",
            describe(payload)
        );
        // what CodeDeploy means for a hook is asked for again when the function fails
        if payload.get("DeploymentId").is_some() || payload.get("LifecycleEventHookExecutionId").is_some() {
            return Err(Error::Event(reason));
        }
        Ok(Self::Unreadable(Box::new(UnreadableEvent { deployment: None, stage: None, reason })))
    }
}

/// What an event that was not expected is, without its values: they may be anybody's.
pub fn describe(payload: &Value) -> String {
    match payload {
        Value::Object(members) if members.is_empty() => "an empty object".to_owned(),
        Value::Object(members) => {
            let names: Vec<&str> = members.keys().map(String::as_str).take(12).collect();
            format!("an object with the members {}", names.join(", "))
        }
        Value::Array(_) => "an array".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Null => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use serde_json::{Value, json};

    #[test]
    fn the_shape_chooses_the_controller() {
        let event = Event::read(&json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x" })).unwrap();
        assert_eq!(event, Event::CodeDeploy { deployment_id: "d-1".to_owned(), execution_id: "x".to_owned() });
        let event = Event::read(&json!({
            "executionId": "x",
            "lifecycleStage": "PRE_SCALE_UP",
            "resourceArn": "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/web/Hq3Z",
            "executionDetails": { "targetServiceRevisionArn": "arn:aws:ecs:us-east-1:123456789012:service-revision/c/web/2" },
        }));
        assert!(matches!(event, Ok(Event::Ecs(_))), "{event:?}");
    }

    fn refused(payload: &Value) -> String {
        match Event::read(payload).unwrap() {
            Event::Unreadable(unreadable) => unreadable.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn another_shape_is_named() {
        for (payload, found) in [
            (json!({ "executionId": "x", "lifecycleStage": "PRE_SCALE_UP" }), "no resourceArn"),
            (json!({ "resourceArn": "d-1", "other": "secret" }), "no executionId"),
            (json!({ "hello": "secret" }), "an object with the members hello"),
            (json!({}), "an empty object"),
            (json!([1]), "an array"),
            (json!(null), "null"),
        ] {
            let message = refused(&payload);
            assert!(message.contains(found) && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn half_an_event_of_codedeploy_is_an_error() {
        for (payload, found) in [
            (json!({ "DeploymentId": "d-1", "other": "secret" }), "DeploymentId, other"),
            (json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": 7 }), "LifecycleEventHookExecutionId"),
        ] {
            let message = Event::read(&payload).unwrap_err().to_string();
            assert!(message.contains(found) && !message.contains("secret"), "{message}");
        }
    }
}
