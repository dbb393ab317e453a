//! `DescribeTasks`.

use crate::ecs::shapes::{Failure, TaskShape};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many tasks one call describes at most.
const MOST: usize = 100;

pub(crate) struct DescribeTasks;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    cluster: Option<String>,
    tasks: Vec<String>,
    #[serde(default)]
    include: Vec<Include>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Include {
    Tags,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    tasks: Vec<TaskShape>,
    failures: Vec<Failure>,
}

impl Operation for DescribeTasks {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "DescribeTasks";
    const CALLERS: &'static [&'static str] =
        &["migrate", "warm-up", "validate", "finish", "settle", "notify", "greenlight why", "greenlight watch"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = |task: &String| super::task_arn(world, cluster, task);
        input.tasks.iter().map(|task| super::in_cluster(world, "ecs:DescribeTasks", arn(task), cluster)).collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        if input.tasks.is_empty() {
            return Err(super::invalid_parameter("Tasks can not be empty."));
        }
        if input.tasks.len() > MOST {
            return Err(super::invalid_parameter(format!("Tasks can have at most {MOST} items.")));
        }
        let mut output = Output { tasks: Vec::new(), failures: Vec::new() };
        for wanted in &input.tasks {
            match super::find_task(world, &cluster, wanted) {
                Some((_, task)) => {
                    let mut shape = task.shape();
                    if let Some(details) = shape.more.as_mut().filter(|_| input.include.is_empty()) {
                        details.tags.clear();
                    }
                    output.tasks.push(shape);
                }
                None => output
                    .failures
                    .push(Failure { arn: super::task_arn(world, Some(&cluster), wanted), reason: "MISSING" }),
            }
        }
        Ok(output)
    }
}
