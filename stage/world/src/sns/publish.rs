//! `Publish`.

use super::Publication;
use crate::operation::Operation;
use crate::value::Value;
use crate::{AwsError, Permission, World, random};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A message with its attributes is this long at most, in bytes.
const LONGEST: usize = 256 * 1024;

pub(crate) struct Publish;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    topic_arn: Option<String>,
    message: String,
    subject: Option<String>,
    message_structure: Option<String>,
    message_attributes: Option<BTreeMap<String, Attribute>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Attribute {
    data_type: String,
    string_value: Option<String>,
    /// Taken and forgotten.
    #[serde(rename = "BinaryValue")]
    _binary_value: Option<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    message_id: String,
}

impl Operation for Publish {
    const SERVICE: &'static str = "sns";
    const NAME: &'static str = "Publish";
    const CALLERS: &'static [&'static str] =
        &["migrate", "warm-up", "smoke-test", "validate", "finish", "settle", "rollback", "launch-job", "notify"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, _world: &World) -> Vec<Permission> {
        vec![Permission::new("sns:Publish", input.topic_arn.clone().unwrap_or_else(|| "*".to_owned()))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let topic = input.topic_arn.ok_or_else(|| {
            invalid("Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter")
        })?;
        if !topic.starts_with("arn:") {
            return Err(invalid("Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"));
        }
        if let Some(subject) = &input.subject {
            check_subject(subject)?;
        }
        if input.message.is_empty() {
            return Err(invalid("Invalid parameter: Empty message"));
        }
        if input.message.len() > LONGEST {
            return Err(invalid("Invalid parameter: Message too long"));
        }
        let attributes = attributes(input.message_attributes.unwrap_or_default())?;
        let (message, for_functions) = match input.message_structure.as_deref() {
            None => (input.message, None),
            Some("json") => messages(&input.message)?,
            Some(_) => return Err(invalid("Invalid parameter: MessageStructure")),
        };
        if super::find(world, &topic).is_none() {
            return Err(AwsError::with_status("NotFoundException", "Topic does not exist", 404));
        }
        let published = Publication { for_functions, attributes, ..Publication::new(&topic, input.subject, message) };
        super::deliver(world, published);
        Ok(Output { message_id: random::uuid(&mut world.rng) })
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::client("InvalidParameterException", message)
}

/// Less than 100 characters, no line breaks or control characters.
fn check_subject(subject: &str) -> Result<(), AwsError> {
    let length = subject.chars().count();
    if length == 0 || length >= 100 || subject.chars().any(char::is_control) {
        return Err(invalid("Invalid parameter: Subject"));
    }
    Ok(())
}

/// The message for protocols that have none of their own, and the one for functions.
fn messages(message: &str) -> Result<(String, Option<String>), AwsError> {
    let messages: serde_json::Map<String, serde_json::Value> = serde_json::from_str(message)
        .map_err(|_| invalid("Invalid parameter: Message Structure - JSON message body failed to parse"))?;
    let of = |protocol: &str| messages.get(protocol).and_then(serde_json::Value::as_str).map(str::to_owned);
    let default = of("default")
        .ok_or_else(|| invalid("Invalid parameter: Message Structure - No default entry in JSON message body"))?;
    Ok((default, of("lambda")))
}

/// Each has a type and a value: <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>.
fn attributes(attributes: BTreeMap<String, Attribute>) -> Result<BTreeMap<String, (String, String)>, AwsError> {
    let mut read = BTreeMap::new();
    for (name, Attribute { data_type, string_value, .. }) in attributes {
        let is_text = data_type == "String" || data_type.starts_with("String.");
        if string_value.as_ref().is_none_or(String::is_empty) && (is_text || data_type == "Number") {
            let message = format!(
                "The message attribute '{name}' must contain non-empty message attribute value for message attribute type \
                 '{data_type}'."
            );
            return Err(AwsError::client("ParameterValueInvalid", message));
        }
        read.insert(name, (data_type, string_value.unwrap_or_default()));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Fact, FactKind, Function, Policy, Setup, Subscription, Topic};

    fn publish(subject: Option<&str>, structure: Option<&str>, message: &str) -> Result<World, AwsError> {
        let mut setup = Setup::empty();
        setup.stack.topics = vec![Topic::new("arn:aws:sns:us-east-1:123456789012:news")];
        let mut world = World::new(setup, Setup::EPOCH);
        let input = Input {
            topic_arn: Some("arn:aws:sns:us-east-1:123456789012:news".to_owned()),
            message: message.to_owned(),
            subject: subject.map(str::to_owned),
            message_structure: structure.map(str::to_owned),
            message_attributes: None,
        };
        Publish::call(input, &mut world).map(|_| world)
    }

    #[test]
    fn what_is_published_is_kept() {
        let world = publish(Some("Deployed"), None, "all is well").unwrap();
        assert_eq!(world.publications().len(), 1);
        assert_eq!(world.publications()[0].subject.as_deref(), Some("Deployed"));
        let world = publish(None, Some("json"), r#"{"default": "d", "email": "e"}"#).unwrap();
        assert_eq!(world.publications()[0].message, "d");
    }

    #[test]
    fn a_function_that_subscribes_is_invoked_if_its_policy_lets_sns() {
        const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alarms";
        const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:rollback";
        for allowed in [false, true] {
            let mut setup = Setup::empty();
            setup.infrastructure.topics = vec![Topic::new(TOPIC)];
            setup.stack.subscriptions = vec![Subscription { topic: TOPIC.to_owned(), function: FUNCTION.to_owned() }];
            let mut function = Function::new("rollback", "role");
            if allowed {
                let policy = Policy::of_resource("sns.amazonaws.com", "lambda:InvokeFunction", FUNCTION, TOPIC);
                function.policies = vec![policy];
            }
            setup.stack.functions = vec![function];
            let mut world = World::new(setup, Setup::EPOCH);
            super::super::deliver(&mut world, Publication::new(TOPIC, Some("s".to_owned()), "m".to_owned()));
            let invoked = world.effects.iter().find_map(|effect| match effect {
                Effect::Invoke(invoke) => Some(invoke.payload.clone()),
                _ => None,
            });
            let record = invoked.map(|payload| payload["Records"][0].clone());
            assert_eq!(record.is_some(), allowed);
            let is_denied =
                |effect: &Effect| matches!(effect, Effect::Fact(Fact { kind: FactKind::CallDenied { .. }, .. }));
            assert_eq!(world.effects.iter().any(is_denied), !allowed);
            if let Some(record) = record {
                assert_eq!((&record["EventSource"], &record["Sns"]["Message"]), (&"aws:sns".into(), &"m".into()));
                assert_eq!((&record["Sns"]["TopicArn"], &record["Sns"]["Subject"]), (&TOPIC.into(), &"s".into()));
            }
        }
    }

    #[test]
    fn what_sns_refuses_is_refused() {
        for (subject, structure, message) in [
            (Some("x".repeat(100)), None, "m"),
            (Some("two\nlines".to_owned()), None, "m"),
            (Some(String::new()), None, "m"),
            (None, None, ""),
            (None, Some("json"), "no json"),
            (None, Some("json"), "{}"),
            (None, Some("xml"), "m"),
        ] {
            let error = publish(subject.as_deref(), structure, message).unwrap_err();
            assert_eq!(error.code, "InvalidParameterException", "{subject:?} {structure:?} {message}");
        }
        assert!(publish(Some(&"x".repeat(99)), None, "m").is_ok());
    }
}
