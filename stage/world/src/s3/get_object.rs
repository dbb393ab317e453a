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
    range: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    body: Value,
    content_length: usize,
    content_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_range: Option<String>,
}

impl Operation for GetObject {
    const SERVICE: &'static str = "s3";
    const NAME: &'static str = "GetObject";
    const CALLERS: &'static [&'static str] =
        &["migrate", "warm-up", "smoke-test", "validate", "finish", "settle", "rollback", "notify"];
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
        let whole = text.as_bytes();
        let (body, content_range) = match input.range.as_deref() {
            Some(range) => part(whole, range)?,
            None => (whole, None),
        };
        Ok(Output {
            body: Value::Bytes(body.to_vec()),
            content_length: body.len(),
            content_type: "binary/octet-stream",
            content_range,
        })
    }
}

/// The part that a `Range` of the form `bytes=FIRST-LAST` names, and its `ContentRange`. A last byte behind the end means the end.
fn part<'a>(whole: &'a [u8], range: &str) -> Result<(&'a [u8], Option<String>), AwsError> {
    let (first, last) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)))
        .ok_or_else(|| {
            AwsError::with_status(
                "NotImplemented",
                format!("the stage reads ranges as bytes=FIRST-LAST, not {range}"),
                501,
            )
        })?;
    let end = last.saturating_add(1).min(whole.len());
    let part = whole
        .get(first..end)
        .filter(|part| !part.is_empty())
        .ok_or_else(|| AwsError::with_status("InvalidRange", "The requested range is not satisfiable", 416))?;
    Ok((part, Some(format!("bytes {first}-{}/{}", end - 1, whole.len()))))
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_range_is_cut_at_the_end_and_refused_behind_it() {
        let (body, range) = part(b"appspec", "bytes=0-99").unwrap();
        assert_eq!((body, range.as_deref()), (&b"appspec"[..], Some("bytes 0-6/7")));
        assert_eq!(part(b"appspec", "bytes=3-4").unwrap().0, b"sp");
        for (range, code) in
            [("bytes=7-9", "InvalidRange"), ("bytes=5-2", "InvalidRange"), ("bytes=-5", "NotImplemented")]
        {
            assert_eq!(part(b"appspec", range).unwrap_err().code, code, "{range}");
        }
    }
}
