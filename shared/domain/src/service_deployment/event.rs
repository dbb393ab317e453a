//! The event that a hook's function gets.

use super::{Place, ServiceDeploymentArn, Stage};
use serde_json::{Map, Value};

/// What ECS calls a hook with.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The id of this execution of the hook.
    pub execution_id: String,
    /// The stage: one that can have hooks.
    pub stage: Stage,
    /// The deployment.
    pub deployment: ServiceDeploymentArn,
    /// ARN of the service revision that is deployed: green.
    pub target_revision: String,
    /// Green's share of production traffic in percent, at the stages that are about it.
    pub green_share: Option<f64>,
    /// `hookDetails`: what the hook's configuration says and what the hook itself returned.
    pub details: Map<String, Value>,
    /// Where the work stands that this hook began at this stage.
    pub place: Option<Place>,
}

/// An event that a hook cannot work on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the function cannot read its event: {reason}")]
pub struct UnreadableEvent {
    /// The deployment, if that much could be read.
    pub deployment: Option<ServiceDeploymentArn>,
    /// The stage as it stands there, if there is one.
    pub stage: Option<String>,
    /// What was found, and what was expected.
    pub reason: String,
}

/// Members that only these events have.
const OWN: [&str; 4] = ["executionId", "lifecycleStage", "resourceArn", "executionDetails"];

impl Event {
    /// Whether a payload means to be one, though it may be wrong.
    pub fn is_meant(payload: &Value) -> bool {
        OWN.iter().any(|name| payload.get(name).is_some())
    }

    /// Reads a payload. The details of the execution may stand in `executionDetails` or, as AWS documented it first, beside the
    /// rest.
    ///
    /// # Errors
    /// What is wrong with it. Values are not repeated, but for those that name what they are about.
    pub fn read(payload: &Value) -> Result<Self, Box<UnreadableEvent>> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let deployment = text("resourceArn").and_then(ServiceDeploymentArn::parse);
        let named = deployment.clone();
        let refused = |reason: String| {
            let stage = text("lifecycleStage").map(str::to_owned);
            Box::new(UnreadableEvent { deployment: named.clone(), stage, reason })
        };
        let missing = |name: &str, expected: &str| refused(format!("it has no {name}: expected {expected}"));
        let execution_id = text("executionId").ok_or_else(|| missing("executionId", "a text"))?;
        let stage = text("lifecycleStage").ok_or_else(|| missing("lifecycleStage", "the name of a stage"))?;
        let stage: Stage = stage.parse().map_err(|error| refused(format!("lifecycleStage {error}")))?;
        if !stage.hookable() {
            return Err(refused(format!("lifecycleStage {stage} has no hooks")));
        }
        let arn = "the ARN of a service deployment, arn:aws:ecs:REGION:ACCOUNT:service-deployment/CLUSTER/SERVICE/ID";
        let resource = text("resourceArn").ok_or_else(|| missing("resourceArn", arn))?;
        let deployment =
            deployment.clone().ok_or_else(|| refused(format!("its resourceArn is {resource:?}: expected {arn}")))?;
        let nested = match payload.get("executionDetails") {
            None | Some(Value::Null) => payload,
            Some(details @ Value::Object(_)) => details,
            Some(_) => return Err(refused("its executionDetails are no object".to_owned())),
        };
        let target = nested.get("targetServiceRevisionArn").and_then(Value::as_str).filter(|arn| !arn.is_empty());
        let target = target.ok_or_else(|| {
            missing("targetServiceRevisionArn", "the ARN of a service revision, in executionDetails or beside the rest")
        })?;
        let green_share = match nested.get("productionTrafficWeights") {
            None | Some(Value::Null) => None,
            Some(weights) => share(weights, target).map_err(refused)?,
        };
        let details = match payload.get("hookDetails") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(details)) => details.clone(),
            Some(_) => return Err(refused("its hookDetails are no object".to_owned())),
        };
        let place = Place::read(&details).map_err(refused)?;
        Ok(Self {
            execution_id: execution_id.to_owned(),
            stage,
            deployment,
            target_revision: target.to_owned(),
            green_share,
            place: place.filter(|place| place.stage == stage),
            details,
        })
    }
}

/// Green's share in percent; `None` if nothing is said about it.
fn share(weights: &Value, green: &str) -> Result<Option<f64>, String> {
    let Value::Object(weights) = weights else {
        return Err("its productionTrafficWeights are no object".to_owned());
    };
    let Some(weight) = weights.get(green) else { return Ok(None) };
    let share = weight.as_f64().filter(|share| (0.0..=100.0).contains(share));
    share.map(Some).ok_or_else(|| {
        format!("its productionTrafficWeights give {green} the weight {weight}: expected a number from 0 to 100")
    })
}

#[cfg(test)]
mod tests {
    use super::{Event, Place, Stage};
    use serde_json::{Value, json};

    const GREEN: &str = "arn:aws:ecs:us-east-1:123456789012:service-revision/c/web/2";
    const BLUE: &str = "arn:aws:ecs:us-east-1:123456789012:service-revision/c/web/1";

    fn details() -> Value {
        json!({
            "serviceArn": "arn:aws:ecs:us-east-1:123456789012:service/c/web",
            "targetServiceRevisionArn": GREEN,
            "testTrafficWeights": {},
            "productionTrafficWeights": { GREEN: 12.5, BLUE: 87.5 },
        })
    }

    fn nested() -> Value {
        json!({
            "executionId": "e-1",
            "lifecycleStage": "PRE_PRODUCTION_TRAFFIC_SHIFT",
            "resourceArn": "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/web/Hq3Z",
            "executionDetails": details(),
        })
    }

    fn flat() -> Value {
        let mut event = nested();
        event.as_object_mut().unwrap().remove("executionDetails");
        for (name, value) in details().as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    }

    #[test]
    fn both_shapes_say_the_same() {
        let event = Event::read(&nested()).unwrap();
        assert_eq!(Event::read(&flat()), Ok(event.clone()));
        assert_eq!((event.stage, event.deployment.id.as_str()), (Stage::PreProductionTrafficShift, "Hq3Z"));
        assert_eq!((event.target_revision.as_str(), event.green_share), (GREEN, Some(12.5)));
        assert!(Event::is_meant(&nested()) && Event::is_meant(&flat()));
    }

    #[test]
    fn where_nothing_is_said_about_traffic_there_is_no_share() {
        for weights in [json!({}), json!(null), json!({ BLUE: 100 })] {
            let mut event = nested();
            event["executionDetails"]["productionTrafficWeights"] = weights.clone();
            assert_eq!(Event::read(&event).unwrap().green_share, None, "{weights}");
        }
    }

    #[test]
    fn static_details_are_kept_and_only_the_place_of_this_stage_counts() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let place = |stage| Place::first(stage, "t".to_owned(), now, now, now);
        let mut event = nested();
        event["hookDetails"] = json!({ "bucket": "b" });
        let read = Event::read(&event).unwrap();
        assert_eq!((read.place, &read.details["bucket"]), (None, &json!("b")));
        for (stage, is_here) in [(Stage::PreProductionTrafficShift, true), (Stage::PreScaleUp, false)] {
            event["hookDetails"] = Value::Object(place(stage).onto(&read.details));
            assert_eq!(Event::read(&event).unwrap().place, is_here.then(|| place(stage)), "{stage}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let table: [(&str, Value, &str); 12] = [
            ("executionId", json!(null), "no executionId"),
            ("executionId", json!(7), "no executionId"),
            ("lifecycleStage", json!(""), "no lifecycleStage"),
            ("lifecycleStage", json!("SCALE_DOWN"), "\"SCALE_DOWN\" is no lifecycle stage"),
            ("lifecycleStage", json!("BAKE_TIME"), "BAKE_TIME has no hooks"),
            ("resourceArn", json!(null), "no resourceArn"),
            ("resourceArn", json!("arn:aws:ecs:us-east-1:123456789012:service/c/web"), "service/c/web"),
            ("executionDetails", json!([]), "no object"),
            ("executionDetails", json!({}), "no targetServiceRevisionArn"),
            ("hookDetails", json!("text"), "hookDetails are no object"),
            ("hookDetails", json!({ "greenlight": 1 }), "hookDetails.greenlight"),
            (
                "executionDetails",
                json!({ "targetServiceRevisionArn": GREEN, "productionTrafficWeights": { GREEN: "all" } }),
                "\"all\"",
            ),
        ];
        for (name, value, said) in table {
            let mut event = nested();
            event[name] = value.clone();
            let error = Event::read(&event).unwrap_err();
            assert!(error.to_string().contains(said), "{name} {value}: {error}");
            assert_eq!(error.deployment.is_some(), name != "resourceArn", "{name} {value}");
        }
    }

    #[test]
    fn no_payload_makes_it_panic() {
        for payload in [json!(null), json!([]), json!("text"), json!(1), json!({}), json!({ "DeploymentId": "d-1" })] {
            assert!(Event::read(&payload).is_err());
            assert!(!Event::is_meant(&payload), "{payload}");
        }
    }
}
