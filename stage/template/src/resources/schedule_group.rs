//! `AWS::Scheduler::ScheduleGroup`.

use super::{Creation, Kind, Naming};
use crate::builder::Builder;
use crate::problem::Problem;

pub(super) static KIND: Kind = Kind {
    name: "AWS::Scheduler::ScheduleGroup",
    properties: &["Name", "Tags"],
    naming: Naming::Property { key: "Name", longest: 64, also: ".-_" },
    parent: None,
    reference: |group| group.name.clone(),
    attributes: &[("Arn", |group| group.arn("scheduler", &format!("schedule-group/{}", group.name)))],
    create,
};

#[expect(clippy::unnecessary_wraps, reason = "one of the functions that a kind may have here")]
fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    builder.stack.schedule_groups.push(creation.identity.name.clone());
    Ok(())
}
