//! `DeleteSchedule`.

use super::{DEFAULT_GROUP, check_name, not_found, schedule_arn};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct DeleteSchedule;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    name: String,
    group_name: Option<String>,
    /// Deleting twice is harmless here: the second time the schedule is not found.
    #[serde(rename = "ClientToken")]
    _client_token: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {}

impl Operation for DeleteSchedule {
    const SERVICE: &'static str = "scheduler";
    const NAME: &'static str = "DeleteSchedule";
    const CALLERS: &'static [&'static str] =
        &["migrate", "warm-up", "finish", "settle", "launch-job", "notify", "greenlight jobs"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let group = input.group_name.as_deref().unwrap_or(DEFAULT_GROUP);
        vec![Permission::new("scheduler:DeleteSchedule", schedule_arn(world, group, &input.name))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        check_name("name", &input.name)?;
        let group = input.group_name.unwrap_or_else(|| DEFAULT_GROUP.to_owned());
        world
            .scheduler
            .schedules
            .remove(&(group, input.name.clone()))
            .map(|_| Output {})
            .ok_or_else(|| not_found(&input.name))
    }
}
