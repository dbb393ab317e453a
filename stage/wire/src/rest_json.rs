//! REST-JSON, as `EventBridge` Scheduler speaks it: members in the path, in the query string and in the body.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>

use crate::{WireError, json, text};
use greenlight_world::AwsError;
use greenlight_world::value::Value;
use http::Method;
use http::request::Parts;

/// One operation's place in HTTP, after the service model.
struct Route {
    method: Method,
    /// The first segment of the path.
    collection: &'static str,
    /// The member that the second segment is, if there is one.
    member: Option<&'static str>,
    operation: &'static str,
    /// Query parameter, member, and whether it is a number.
    query: &'static [(&'static str, &'static str, bool)],
}

const GROUP: &[(&str, &str, bool)] = &[("groupName", "GroupName", false)];
const GROUP_AND_TOKEN: &[(&str, &str, bool)] =
    &[("groupName", "GroupName", false), ("clientToken", "ClientToken", false)];
const TOKEN: &[(&str, &str, bool)] = &[("clientToken", "ClientToken", false)];
const LIST: &[(&str, &str, bool)] = &[
    ("ScheduleGroup", "GroupName", false),
    ("MaxResults", "MaxResults", true),
    ("NamePrefix", "NamePrefix", false),
    ("NextToken", "NextToken", false),
    ("State", "State", false),
];
const LIST_GROUPS: &[(&str, &str, bool)] =
    &[("MaxResults", "MaxResults", true), ("NamePrefix", "NamePrefix", false), ("NextToken", "NextToken", false)];

const fn route(
    method: Method,
    collection: &'static str,
    member: Option<&'static str>,
    operation: &'static str,
    query: &'static [(&'static str, &'static str, bool)],
) -> Route {
    Route { method, collection, member, operation, query }
}

static SCHEDULER: [Route; 9] = [
    route(Method::POST, "schedules", Some("Name"), "CreateSchedule", &[]),
    route(Method::GET, "schedules", Some("Name"), "GetSchedule", GROUP),
    route(Method::PUT, "schedules", Some("Name"), "UpdateSchedule", &[]),
    route(Method::DELETE, "schedules", Some("Name"), "DeleteSchedule", GROUP_AND_TOKEN),
    route(Method::GET, "schedules", None, "ListSchedules", LIST),
    route(Method::POST, "schedule-groups", Some("Name"), "CreateScheduleGroup", &[]),
    route(Method::GET, "schedule-groups", Some("Name"), "GetScheduleGroup", &[]),
    route(Method::DELETE, "schedule-groups", Some("Name"), "DeleteScheduleGroup", TOKEN),
    route(Method::GET, "schedule-groups", None, "ListScheduleGroups", LIST_GROUPS),
];

pub(crate) fn decode(parts: &Parts, service: &str, body: &[u8]) -> Result<(&'static str, String, Value), WireError> {
    if service != "scheduler" {
        return Err(WireError::UnknownService(service.to_owned()));
    }
    let unknown = || WireError::UnknownOperation {
        service: "scheduler",
        operation: format!("{} {}", parts.method, parts.uri.path()),
    };
    let mut segments = parts.uri.path().trim_start_matches('/').split('/');
    let collection = segments.next().unwrap_or_default();
    let name = segments.next().filter(|name| !name.is_empty());
    if segments.next().is_some() {
        return Err(unknown());
    }
    let route = SCHEDULER
        .iter()
        .find(|route| {
            route.method == parts.method && route.collection == collection && route.member.is_some() == name.is_some()
        })
        .ok_or_else(unknown)?;

    let Value::Map(mut members) = json::read(body)? else { return Err(unknown()) };
    if let (Some(member), Some(name)) = (route.member, name) {
        set(&mut members, member, Value::Text(text::percent_decode(name)?))?;
    }
    for (parameter, value) in text::parameters(parts.uri.query())? {
        let (_, member, number) = route.query.iter().find(|(name, ..)| *name == parameter).ok_or_else(|| {
            WireError::Unsupported(format!("the query parameter `{parameter}` of scheduler:{}", route.operation))
        })?;
        let value = if *number { integer(&parameter, &value)? } else { Value::Text(value) };
        set(&mut members, member, value)?;
    }
    Ok(("scheduler", route.operation.to_owned(), Value::Map(members)))
}

/// The error as a service with this protocol answers it: it uses the statuses of HTTP, where the others have 400.
pub(crate) fn error(error: AwsError) -> AwsError {
    let status = match error.code.as_str() {
        "AccessDeniedException" => 403,
        "ThrottlingException" => 429,
        _ => return error,
    };
    AwsError { status, ..error }
}

/// Adds a member; no member may come twice.
fn set(members: &mut Vec<(Value, Value)>, member: &str, value: Value) -> Result<(), WireError> {
    if members.iter().any(|(name, _)| name.as_text() == Some(member)) {
        return Err(WireError::Malformed(format!("the member {member} is given twice")));
    }
    members.push((Value::Text(member.to_owned()), value));
    Ok(())
}

fn integer(parameter: &str, text: &str) -> Result<Value, WireError> {
    text.parse::<i64>()
        .map(|number| Value::Integer(number.into()))
        .map_err(|_| WireError::Malformed(format!("the query parameter `{parameter}` is not a number: `{text}`")))
}
