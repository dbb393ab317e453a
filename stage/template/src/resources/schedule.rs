//! `AWS::Scheduler::Schedule`: known by name only.

use super::{Creation, Kind, Naming};
use crate::builder::Builder;
use crate::problem::Problem;

/// The stage has no schedules that are there from the beginning, one-shot or recurring.
pub(super) static KIND: Kind = Kind {
    name: "AWS::Scheduler::Schedule",
    properties: &[
        "Name",
        "Description",
        "GroupName",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "FlexibleTimeWindow",
        "State",
        "StartDate",
        "EndDate",
        "Target",
        "KmsKeyArn",
    ],
    naming: Naming::Property { key: "Name", longest: 64, also: ".-_" },
    parent: None,
    reference: |schedule| schedule.name.clone(),
    attributes: &[("Arn", |schedule| schedule.arn("scheduler", &format!("schedule/default/{}", schedule.name)))],
    create,
};

fn create(_: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let what = format!("{} is a recurring schedule, which the stage has not got yet", creation.resource.logical_id);
    Err(Problem::new(
        creation.resource.place,
        what,
        "deploy it without, or give it a condition that does not hold here",
    ))
}
