//! `GetParameter`.

use super::Parameter;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct GetParameter;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    parameter: Parameter,
}

impl Operation for GetParameter {
    const SERVICE: &'static str = "ssm";
    const NAME: &'static str = "GetParameter";
    const CALLERS: &'static [&'static str] = &["warm-up", "smoke-test", "validate", "notify"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![super::permission(world, "ssm:GetParameter", &input.name)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let parameter = super::find(world, &input.name, input.with_decryption);
        let not_found = || AwsError::client("ParameterNotFound", format!("Parameter {} not found.", input.name));
        parameter.map(|parameter| Output { parameter }).ok_or_else(not_found)
    }
}
