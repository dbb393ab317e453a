//! `Invoke`, asynchronously.

use super::{invoke_async, resource};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) struct Invoke;

/// The wire makes a member of the header `X-Amz-Invocation-Type` and of the body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    function_name: String,
    invocation_type: Option<String>,
    payload: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {}

impl Operation for Invoke {
    const SERVICE: &'static str = "lambda";
    const NAME: &'static str = "Invoke";
    const CALLERS: &'static [&'static str] = &["greenlight jobs"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("lambda:InvokeFunction", resource(world, &input.function_name))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        if input.invocation_type.as_deref() != Some("Event") {
            return Err(AwsError::client(
                "InvalidParameterValueException",
                "the stage invokes functions asynchronously only: InvocationType is Event",
            ));
        }
        let text = input.payload.filter(|text| !text.is_empty()).unwrap_or_else(|| "null".to_owned());
        let payload: Value = serde_json::from_str(&text).map_err(|error| {
            AwsError::client(
                "InvalidRequestContentException",
                format!("Could not parse request body into json: {error}"),
            )
        })?;
        invoke_async(world, &input.function_name, payload).map(|()| Output {})
    }
}
