//! The task definitions that jobs have of their own.

use crate::Error;
use crate::rehearse::not_rehearsable;
use greenlight_domain::plan::{self, Job, JobTaskDefinition, Plan};
use greenlight_domain::task_definition::TaskDefinition;
use std::path::Path;

/// The family of a job's own task definition, if it has one.
pub(crate) fn family(job: &Job) -> Option<&str> {
    match &job.task_definition {
        JobTaskDefinition::Live => None,
        JobTaskDefinition::Family(family) => Some(family),
        JobTaskDefinition::Fixed(revision) => revision.split(':').next(),
    }
}

/// Reads those of the plan, and gives the jobs' containers the old image.
pub(crate) fn definitions(
    plan: &Plan,
    script: &plan::Rehearsal,
    file: &Path,
    read: &dyn Fn(&str) -> Result<TaskDefinition, Error>,
) -> Result<Vec<TaskDefinition>, Error> {
    let mut definitions = Vec::new();
    for name in &script.task_definitions {
        let mut definition = read(name)?;
        let of_it = plan.jobs.values().filter(|job| family(job) == Some(definition.family()));
        let containers: Vec<&String> = of_it.map(|job| job.container.as_ref().unwrap_or(&plan.container)).collect();
        if containers.is_empty() {
            let problem = format!("no job has the family `{}` of {name}", definition.family());
            let remedy = format!(
                "take the file out, or name the family in a job: task-definition = \"{}\"",
                definition.family()
            );
            return Err(not_rehearsable(file, "rehearsal.task-definitions", &problem, &remedy));
        }
        for container in containers {
            definition.set_image(container, &script.blue)?;
        }
        definitions.push(definition);
    }
    Ok(definitions)
}
