//! `CreateApplication`.

use super::shapes::{self, Tag};
use super::{Application, lookup};
use crate::operation::Operation;
use crate::{AwsError, Permission, World, random};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many applications an account can have in a region.
const MOST: usize = 1000;

pub(crate) struct CreateApplication;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    application_name: String,
    compute_platform: Option<String>,
    /// Checked and forgotten: nothing on the stage reads an application's tags.
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    application_id: String,
}

impl Operation for CreateApplication {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "CreateApplication";
    const CALLERS: &'static [&'static str] = &["greenlight rehearse", "guide: aws deploy create-application"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("codedeploy:CreateApplication", lookup::application_arn(world, &input.application_name))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        lookup::check_application_name(&input.application_name)?;
        if input.compute_platform.as_deref() != Some("ECS") {
            return Err(AwsError::client(
                "InvalidComputePlatformException",
                "the stage deploys to ECS only; the application needs the computePlatform ECS",
            ));
        }
        if world.codedeploy.applications.contains_key(&input.application_name) {
            return Err(AwsError::client(
                "ApplicationAlreadyExistsException",
                format!("Application already exists: {}", input.application_name),
            ));
        }
        shapes::check_tags(&input.tags)?;
        if world.codedeploy.applications.len() >= MOST {
            return Err(AwsError::client(
                "ApplicationLimitExceededException",
                format!("An account can have {MOST} applications"),
            ));
        }
        let application = Application { groups: BTreeMap::new(), revisions: Vec::new() };
        world.codedeploy.applications.insert(input.application_name, application);
        Ok(Output { application_id: random::uuid(&mut world.rng) })
    }
}
