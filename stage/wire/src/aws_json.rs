//! AWS JSON 1.0 and 1.1: one path, the operation in a header.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

use crate::{Protocol, WireError, header_text, json};
use greenlight_world::AwsError;
use greenlight_world::value::Value;
use http::request::Parts;

pub(crate) const TARGET: &str = "x-amz-target";

/// The prefix of the target, and the service as IAM writes it.
const SERVICES: [(&str, &str); 7] = [
    ("AmazonEC2ContainerServiceV20141113", "ecs"),
    ("AmazonSQS", "sqs"),
    ("AmazonSSM", "ssm"),
    ("CodeDeploy_20141006", "codedeploy"),
    ("GraniteServiceVersion20100801", "cloudwatch"),
    ("Logs_20140328", "logs"),
    ("secretsmanager", "secretsmanager"),
];

pub(crate) fn decode(parts: &Parts, body: &[u8]) -> Result<(&'static str, String, Value), WireError> {
    let target = header_text(parts, TARGET)
        .ok_or_else(|| WireError::Malformed("the header X-Amz-Target is not plain text".to_owned()))?;
    let (prefix, operation) = target.split_once('.').ok_or_else(|| {
        WireError::Malformed(format!("the header X-Amz-Target `{target}` is not `SERVICE.OPERATION`"))
    })?;
    let (service, operation) = named(prefix, operation)?;
    Ok((service, operation, json::read(body)?))
}

/// The service behind the name that its model gives to targets, and the operation if its name can be one.
pub(crate) fn named(target: &str, operation: &str) -> Result<(&'static str, String), WireError> {
    let service = SERVICES
        .iter()
        .find(|(name, _)| *name == target)
        .map(|(_, service)| *service)
        .ok_or_else(|| WireError::UnknownService(target.to_owned()))?;
    if operation.is_empty() || !operation.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(WireError::UnknownOperation { service, operation: operation.to_owned() });
    }
    Ok((service, operation.to_owned()))
}

/// The body of an error. Both protocols have the code in it; the models of REST-JSON services write `Message`.
pub(crate) fn error_body(protocol: Protocol, error: &AwsError) -> Vec<u8> {
    let message = if protocol == Protocol::RestJson { "Message" } else { "message" };
    json::write(Value::Map(vec![
        (Value::Text("__type".to_owned()), Value::Text(error.code.clone())),
        (Value::Text(message.to_owned()), Value::Text(error.message.clone())),
    ]))
}
