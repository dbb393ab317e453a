//! The next revision, and what it changes.

use super::Wish;
use super::difference::{self, Line};
use crate::Error;
use greenlight_aws::revision::short;
use greenlight_aws::task_definition::Whole;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::TaskDefinition;

/// The next revision of what serves.
#[derive(Debug)]
pub(super) struct Change {
    /// The ARN of the one that serves.
    pub(super) from: String,
    /// What is registered, if it differs.
    pub(super) definition: TaskDefinition,
    /// Each thing that differs.
    pub(super) lines: Vec<Line>,
}

impl Change {
    /// What serves, or what a file says, with the images that are wished and the present plan.
    pub(super) fn of(serving: Whole, wish: &Wish) -> Result<Self, Error> {
        let Whole { arn, definition: serving } = serving;
        let mut definition = wish.task_definition.as_ref().unwrap_or(&serving).clone();
        for (container, image) in &wish.images {
            definition.set_image(container, image)?;
        }
        let container = &wish.plan.container;
        let label = wish.plan.embed()?;
        definition.embed_plan(container, &label)?;
        let mut lines = difference::of_definitions(&serving, &definition);
        // a container that is new has no plan yet
        let before = serving.plan_label(container).ok().flatten();
        lines.extend(of_plan(before, &label)?);
        Ok(Self { from: arn, definition, lines })
    }

    /// What serves, by its short name.
    pub(super) fn from(&self) -> &str {
        short(&self.from)
    }
}

fn of_plan(before: Option<&str>, after: &str) -> Result<Vec<Line>, Error> {
    if before == Some(after) {
        return Ok(Vec::new());
    }
    let of = |label: &str| Plan::from_label(label).map(|plan| serde_json::to_value(plan).unwrap_or_default());
    Ok(match before.map(of) {
        Some(Ok(before)) => difference::of_plans(&before, &of(after)?),
        // none yet, or one that only another version can read
        none => vec![Line {
            what: "plan".to_owned(),
            before: none.map(|_| "of another version".to_owned()),
            after: Some("embedded".to_owned()),
        }],
    })
}
