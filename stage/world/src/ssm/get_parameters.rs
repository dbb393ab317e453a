//! `GetParameters`.

use super::Parameter;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many parameters one call gets at most.
const MOST: usize = 10;

pub(crate) struct GetParameters;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    names: Vec<String>,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    parameters: Vec<Parameter>,
    invalid_parameters: Vec<String>,
}

impl Operation for GetParameters {
    const SERVICE: &'static str = "ssm";
    const NAME: &'static str = "GetParameters";
    const CALLERS: &'static [&'static str] = &["tests"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        input.names.iter().map(|name| super::permission(world, "ssm:GetParameters", name)).collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let unique: BTreeSet<&String> = input.names.iter().collect();
        if input.names.is_empty() || input.names.len() > MOST || unique.len() < input.names.len() {
            return Err(super::invalid(format!("Names must have 1 to {MOST} different items")));
        }
        let mut output = Output { parameters: Vec::new(), invalid_parameters: Vec::new() };
        for name in &input.names {
            match super::find(world, name, input.with_decryption) {
                Some(parameter) => output.parameters.push(parameter),
                None => output.invalid_parameters.push(name.clone()),
            }
        }
        Ok(output)
    }
}
