//! `GetApplicationRevision`.

use super::lookup;
use super::revision::{self, RevisionLocation};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct GetApplicationRevision;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    application_name: String,
    revision: Option<RevisionLocation>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    application_name: String,
    revision: RevisionLocation,
    revision_info: GenericRevisionInfo,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GenericRevisionInfo {
    deployment_groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_used_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_time: Option<Time>,
    register_time: Time,
}

impl Operation for GetApplicationRevision {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "GetApplicationRevision";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "rollback",
        "notify",
        "greenlight rollback",
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let arn = lookup::application_arn(world, &input.application_name);
        vec![Permission::new("codedeploy:GetApplicationRevision", arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let application = lookup::application(world, &input.application_name)?;
        let location =
            input.revision.ok_or_else(|| AwsError::client("RevisionRequiredException", "Revision is required"))?;
        if location.s3_location.is_none() && location.app_spec_content.is_none() {
            return Err(revision::invalid("The revision has no location"));
        }
        let found = application.revisions.iter().find(|known| known.revision.is_at(&location)).ok_or_else(|| {
            AwsError::client(
                "RevisionDoesNotExistException",
                "The named revision does not exist with the applicable application",
            )
        })?;
        Ok(Output {
            application_name: input.application_name,
            revision: found.revision.location_with_content(),
            revision_info: GenericRevisionInfo {
                deployment_groups: found.groups.clone(),
                first_used_time: found.first_used.map(Time),
                last_used_time: found.last_used.map(Time),
                register_time: Time(found.registered),
            },
        })
    }
}
