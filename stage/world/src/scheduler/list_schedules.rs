//! `ListSchedules`.

use super::definition::{has_group, invalid, one_of};
use super::{Schedule, check_name, no_group};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct ListSchedules;

/// The most, and as many as without `MaxResults`.
const PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    group_name: Option<String>,
    max_results: Option<i64>,
    name_prefix: Option<String>,
    next_token: Option<String>,
    state: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    schedules: Vec<Summary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    arn: String,
    name: String,
    group_name: String,
    state: &'static str,
    creation_date: Time,
    last_modification_date: Time,
    target: TargetSummary,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TargetSummary {
    arn: String,
}

impl Operation for ListSchedules {
    const SERVICE: &'static str = "scheduler";
    const NAME: &'static str = "ListSchedules";
    const CALLERS: &'static [&'static str] = &["greenlight jobs"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, _: &World) -> Vec<Permission> {
        vec![Permission::new("scheduler:ListSchedules", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        one_of("state", input.state.as_deref(), &["ENABLED", "DISABLED"])?;
        if let Some(prefix) = &input.name_prefix {
            check_name("namePrefix", prefix)?;
        }
        if let Some(group) = &input.group_name {
            check_name("groupName", group)?;
            if !has_group(world, group) {
                return Err(no_group(group));
            }
        }
        let page = match input.max_results.map(usize::try_from) {
            None => PAGE,
            Some(Ok(page)) if (1..=PAGE).contains(&page) => page,
            Some(_) => {
                return Err(invalid(
                    "Value at 'maxResults' failed to satisfy constraint: Member must be between 1 and 100",
                ));
            }
        };
        let token = |token: &String| token.split_once('/').map(|(group, name)| (group.to_owned(), name.to_owned()));
        let after = match &input.next_token {
            None => None,
            Some(text) => Some(token(text).ok_or_else(|| invalid("Invalid NextToken."))?),
        };
        let wanted = world.scheduler.schedules.values().filter(|schedule| {
            let definition = &schedule.definition;
            input.group_name.as_deref().is_none_or(|group| group == definition.group())
                && input.name_prefix.as_deref().is_none_or(|prefix| definition.name.starts_with(prefix))
                && input.state.as_deref().is_none_or(|wanted| wanted == state(schedule))
                && after.as_ref().is_none_or(|after| definition.key() > *after)
        });
        let mut found: Vec<&Schedule> = wanted.take(page + 1).collect();
        let more = found.len() > page;
        found.truncate(page);
        let last = found.last().map(|schedule| schedule.definition.key());
        let next_token = last.filter(|_| more).map(|(group, name)| format!("{group}/{name}"));
        Ok(Output { next_token, schedules: found.into_iter().map(summary).collect() })
    }
}

fn summary(schedule: &Schedule) -> Summary {
    let definition = &schedule.definition;
    Summary {
        arn: schedule.arn.clone(),
        name: definition.name.clone(),
        group_name: definition.group().to_owned(),
        state: state(schedule),
        creation_date: Time(schedule.created),
        last_modification_date: Time(schedule.modified),
        target: TargetSummary { arn: definition.target.arn.clone() },
    }
}

fn state(schedule: &Schedule) -> &'static str {
    if schedule.definition.enabled() { "ENABLED" } else { "DISABLED" }
}
