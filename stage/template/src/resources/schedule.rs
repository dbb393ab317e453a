//! `AWS::Scheduler::Schedule`.

use super::rule::{dead_letters, function_arn, retry};
use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::problem::{Place, Problem};
use crate::table::Table;
use greenlight_schedule::{Expression, ScheduleError};
use greenlight_world::Schedule;
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

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
    parent: Some("GroupName"),
    reference: |schedule| schedule.name.clone(),
    attributes: &[("Arn", arn)],
    create,
};

const SERVICE: &str = "scheduler.amazonaws.com";
const TARGET: &[&str] = &["Arn", "RoleArn", "Input", "DeadLetterConfig", "RetryPolicy"];
/// The longest flexible time window, in minutes.
const LONGEST_WINDOW: u32 = 1440;

fn arn(schedule: &Identity) -> String {
    let group = if schedule.parent.is_empty() { "default" } else { &schedule.parent };
    schedule.arn("scheduler", &format!("schedule/{group}/{}", schedule.name))
}

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let Creation { resource, identity, properties } = creation;
    let expression = properties.required_text("ScheduleExpression")?;
    let place = properties.required("ScheduleExpression")?.place;
    let read: Result<Expression, ScheduleError> = expression.parse();
    read.map_err(|error| {
        let what = format!("{} is none that AWS takes", properties.join("ScheduleExpression"));
        Problem::new(place, what, error.to_string())
    })?;
    let place = properties.required("Target")?.place;
    let target = Table::open(properties.required("Target")?, properties.join("Target"), TARGET)?;
    let schedule = Schedule {
        name: identity.name.clone(),
        group: group(builder, properties)?,
        expression: expression.to_owned(),
        time_zone: time_zone(properties)?,
        start: date(properties, "StartDate")?,
        end: date(properties, "EndDate")?,
        flexible_window: window(properties)?,
        enabled: properties.word("State", &["ENABLED", "DISABLED"])? != Some("DISABLED"),
        target: function_arn(builder, &target)?,
        role_arn: role_arn(builder, &target, &resource.logical_id, place)?,
        input: target.text("Input")?.map(str::to_owned),
        retry: retry(&target)?,
        dead_letters: dead_letters(builder, &target)?,
    };
    builder.stack.schedules.push(schedule);
    Ok(())
}

fn group(builder: &Builder, properties: &Table<'_>) -> Result<Option<String>, Problem> {
    let Some(name) = properties.text("GroupName")?.filter(|name| *name != "default") else { return Ok(None) };
    if !builder.stack.schedule_groups.iter().any(|known| known == name) {
        let what =
            format!("{} is `{name}`, which the template does not make before this", properties.join("GroupName"));
        return Err(Problem::new(properties.required("GroupName")?.place, what, "refer to a group of it with !Ref"));
    }
    Ok(Some(name.to_owned()))
}

fn time_zone(properties: &Table<'_>) -> Result<Option<String>, Problem> {
    let key = "ScheduleExpressionTimezone";
    let Some(name) = properties.text(key)? else { return Ok(None) };
    if TimeZoneDatabase::bundled().get(name).is_err() {
        let what = format!("{}: there is no time zone `{name}`", properties.join(key));
        let remedy = "write a name of the IANA database, such as Europe/Berlin";
        return Err(Problem::new(properties.required(key)?.place, what, remedy));
    }
    Ok(Some(name.to_owned()))
}

fn date(properties: &Table<'_>, key: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = properties.text(key)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        let place = properties.get(key).map_or(properties.place, |node| node.place);
        let what = format!("{}: `{text}` is no time with a zone", properties.join(key));
        Problem::new(place, what, "write it as 2026-12-24T18:00:00Z")
    })
}

fn window(properties: &Table<'_>) -> Result<Option<u32>, Problem> {
    properties.required("FlexibleTimeWindow")?;
    let Some(window) = properties.table("FlexibleTimeWindow", &["Mode", "MaximumWindowInMinutes"])? else {
        return Ok(None);
    };
    window.required("Mode")?;
    let mode = window.word("Mode", &["OFF", "FLEXIBLE"])?;
    let minutes = window.integer("MaximumWindowInMinutes", 1, LONGEST_WINDOW)?;
    match (mode, minutes) {
        (Some("FLEXIBLE"), None) => window.required("MaximumWindowInMinutes").map(|_| None),
        (Some("FLEXIBLE"), minutes) => Ok(minutes),
        (_, None) => Ok(None),
        (_, Some(_)) => {
            let what = format!("{} has a window and the Mode OFF", window.path);
            Err(Problem::new(window.place, what, "use Mode FLEXIBLE, or take MaximumWindowInMinutes out"))
        }
    }
}

fn role_arn(builder: &mut Builder, target: &Table<'_>, id: &str, place: Place) -> Result<String, Problem> {
    let arn = target.required_text("RoleArn")?;
    let role = builder.role(arn, target.required("RoleArn")?.place)?.name.clone();
    if !builder.trusted.get(&role).is_some_and(|services| services.iter().any(|service| service == SERVICE)) {
        let what = format!("EventBridge Scheduler may not assume the role of {id}");
        let remedy = format!("let {SERVICE} sts:AssumeRole in its AssumeRolePolicyDocument");
        return Err(Problem::new(place, what, remedy));
    }
    Ok(arn.to_owned())
}
