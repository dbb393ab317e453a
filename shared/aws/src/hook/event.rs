//! The shapes of a hook's event: they say which controller calls.

use crate::Error;
use serde_json::Value;

/// An event of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// `CodeDeploy`: these two members and nothing else.
    CodeDeploy { deployment_id: String, execution_id: String },
    /// ECS's own blue/green.
    Ecs,
}

impl Event {
    pub(super) fn read(payload: &Value) -> Result<Self, Error> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let (Some(deployment_id), Some(execution_id)) = (text("DeploymentId"), text("LifecycleEventHookExecutionId"))
        {
            let (deployment_id, execution_id) = (deployment_id.to_owned(), execution_id.to_owned());
            return Ok(Self::CodeDeploy { deployment_id, execution_id });
        }
        if text("executionId").is_some() && text("lifecycleStage").is_some() {
            return Ok(Self::Ecs);
        }
        Err(Error::Event(format!(
            "it is {}; expected the strings DeploymentId and LifecycleEventHookExecutionId (CodeDeploy), or executionId and \
             lifecycleStage (ECS)",
            describe(payload)
        )))
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
    use serde_json::json;

    #[test]
    fn the_shape_chooses_the_controller() {
        let event = Event::read(&json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x" })).unwrap();
        assert_eq!(event, Event::CodeDeploy { deployment_id: "d-1".to_owned(), execution_id: "x".to_owned() });
        let event = Event::read(&json!({ "executionId": "x", "lifecycleStage": "PRE_SCALE_UP" })).unwrap();
        assert_eq!(event, Event::Ecs);
    }

    #[test]
    fn another_shape_is_named() {
        for (payload, found) in [
            (json!({ "DeploymentId": "d-1", "other": "secret" }), "DeploymentId, other"),
            (json!({ "DeploymentId": "d-1", "LifecycleEventHookExecutionId": 7 }), "LifecycleEventHookExecutionId"),
            (json!({}), "an empty object"),
            (json!([1]), "an array"),
            (json!(null), "null"),
        ] {
            let message = Event::read(&payload).unwrap_err().to_string();
            assert!(message.contains(found) && !message.contains("secret"), "{message}");
        }
    }
}
