//! `GetFunctionConfiguration`.

use super::{find, no_function, resource};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(crate) struct GetFunctionConfiguration;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    function_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    function_name: String,
    function_arn: String,
    role: String,
    timeout: u64,
    memory_size: u32,
    version: &'static str,
    environment: Environment,
    logging_config: LoggingConfig,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct LoggingConfig {
    log_group: String,
}

impl Operation for GetFunctionConfiguration {
    const SERVICE: &'static str = "lambda";
    const NAME: &'static str = "GetFunctionConfiguration";
    const CALLERS: &'static [&'static str] =
        &["greenlight deploy", "greenlight jobs", "greenlight why", "greenlight watch"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("lambda:GetFunctionConfiguration", resource(world, &input.function_name))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let function = find(world, &input.function_name).ok_or_else(|| no_function(world, &input.function_name))?;
        Ok(Output {
            function_name: function.name.clone(),
            function_arn: resource(world, &function.name),
            role: format!("arn:aws:iam::{}:role/{}", world.setup.account, function.role),
            timeout: function.timeout.as_secs(),
            memory_size: function.memory,
            version: "$LATEST",
            environment: Environment { variables: function.environment.clone() },
            logging_config: LoggingConfig { log_group: function.log_group.clone() },
        })
    }
}
