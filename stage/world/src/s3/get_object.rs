//! `GetObject`.

use crate::operation::Operation;
use crate::value::Value;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct GetObject;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    bucket: String,
    key: String,
    version_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    body: Value,
    content_length: usize,
    content_type: &'static str,
}

impl Operation for GetObject {
    const SERVICE: &'static str = "s3";
    const NAME: &'static str = "GetObject";
    const CALLERS: &'static [&'static str] = &["migrate"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, _world: &World) -> Vec<Permission> {
        let action = if input.version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        vec![Permission::new(action, format!("arn:aws:s3:::{}/{}", input.bucket, input.key))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let objects = &world.setup.infrastructure.objects;
        if !objects.keys().any(|(bucket, _)| *bucket == input.bucket) {
            return Err(AwsError::with_status("NoSuchBucket", "The specified bucket does not exist", 404));
        }
        // buckets of the stage keep one version of each object, and every version id names it
        let text = objects
            .get(&(input.bucket, input.key))
            .ok_or_else(|| AwsError::with_status("NoSuchKey", "The specified key does not exist.", 404))?;
        Ok(Output {
            body: Value::Bytes(text.clone().into_bytes()),
            content_length: text.len(),
            content_type: "binary/octet-stream",
        })
    }
}
