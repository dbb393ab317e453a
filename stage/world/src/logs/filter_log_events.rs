//! `FilterLogEvents`.

use super::LogEvent;
use super::pattern::Pattern;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// As many events come in one answer at most.
const MOST: usize = 10_000;

/// An answer holds about one megabyte; every event counts 26 bytes beside its message.
const LARGEST: usize = 1024 * 1024;

pub(crate) struct FilterLogEvents;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    log_group_name: String,
    filter_pattern: Option<String>,
    /// Milliseconds since the epoch, inclusive.
    start_time: Option<i64>,
    /// Milliseconds since the epoch, inclusive here, other than for `GetLogEvents`.
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<FilteredLogEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FilteredLogEvent {
    log_stream_name: String,
    timestamp: i64,
    message: String,
    ingestion_time: i64,
    event_id: String,
}

impl Operation for FilterLogEvents {
    const SERVICE: &'static str = "logs";
    const NAME: &'static str = "FilterLogEvents";
    const CALLERS: &'static [&'static str] = &["greenlight jobs", "greenlight why", "greenlight watch"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let resource = format!("log-group:{}:log-stream:", input.log_group_name);
        vec![Permission::new("logs:FilterLogEvents", world.arn("logs", &resource))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let invalid = |message: &str| AwsError::client("InvalidParameterException", message);
        let limit = input.limit.map_or(Ok(MOST), |limit| {
            let limit = usize::try_from(limit).ok().filter(|limit| (1..=MOST).contains(limit));
            limit.ok_or_else(|| {
                invalid("Value at 'limit' failed to satisfy constraint: Member must be between 1 and 10000")
            })
        })?;
        let pattern = input.filter_pattern.as_deref().map(Pattern::parse).transpose()?;
        let streams =
            world.logs.groups.get(&input.log_group_name).ok_or_else(|| {
                AwsError::client("ResourceNotFoundException", "The specified log group does not exist.")
            })?;
        let mut all: Vec<(&String, usize, &LogEvent)> = streams
            .iter()
            .flat_map(|(name, events)| events.iter().enumerate().map(move |(index, event)| (name, index, event)))
            .filter(|(.., event)| input.start_time.is_none_or(|start| event.at.as_millisecond() >= start))
            .filter(|(.., event)| input.end_time.is_none_or(|end| event.at.as_millisecond() <= end))
            .collect();
        all.sort_by_key(|(name, index, event)| (event.at, *name, *index));
        // lines are only ever added at the end: a place in this order stays what it is
        let first = match &input.next_token {
            None => 0,
            Some(token) => token
                .parse::<usize>()
                .ok()
                .filter(|first| *first <= all.len())
                .ok_or_else(|| invalid("The specified nextToken is invalid."))?,
        };
        let (mut events, mut size, mut next) = (Vec::new(), 0, first);
        for (name, index, event) in all.iter().skip(first) {
            let fits = pattern.as_ref().is_none_or(|pattern| pattern.fits(&event.message));
            if fits {
                size += event.message.len() + 26;
                if events.len() == limit || (size > LARGEST && !events.is_empty()) {
                    break;
                }
                events.push(FilteredLogEvent {
                    log_stream_name: (*name).clone(),
                    timestamp: event.at.as_millisecond(),
                    message: event.message.clone(),
                    ingestion_time: event.at.as_millisecond(),
                    event_id: format!("{:032}{index:024}", event.at.as_nanosecond()),
                });
            }
            next += 1;
        }
        Ok(Output { events, next_token: (next < all.len()).then(|| next.to_string()) })
    }
}

#[cfg(test)]
mod tests {
    use super::FilterLogEvents;
    use crate::operation::Operation;
    use crate::value::Value;
    use crate::{AwsError, Setup, World, logs};
    use serde_json::json;

    fn world() -> World {
        let mut world = World::new(Setup::empty(), Setup::EPOCH);
        for n in 0..10 {
            world.now += jiff::SignedDuration::from_secs(1);
            let line = json!({ "event": if n % 2 == 0 { "job.started" } else { "job.ended" }, "job": "sync", "n": n });
            logs::append(&mut world, "/functions", if n % 3 == 0 { "a" } else { "b" }, &line.to_string());
        }
        logs::append(&mut world, "/functions", "a", "no JSON");
        world
    }

    fn filter(world: &mut World, more: &serde_json::Value) -> Result<(Vec<String>, Option<String>), AwsError> {
        let mut input = json!({ "logGroupName": "/functions" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = FilterLogEvents::call(Value::serialized(&input).unwrap().deserialized().unwrap(), world)?;
        let messages = answer.events.into_iter().map(|event| event.message).collect();
        Ok((messages, answer.next_token))
    }

    #[test]
    fn lines_of_every_stream_come_in_their_order_page_by_page() {
        let mut world = world();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let (page, next) = filter(&mut world, &json!({ "limit": 3, "nextToken": token })).unwrap();
            seen.extend(page);
            token = next;
            if token.is_none() {
                break;
            }
        }
        let expected: Vec<String> = (0..10).map(|n| format!("\"n\":{n}}}")).collect();
        assert_eq!(seen.len(), 11);
        assert!(seen.iter().zip(&expected).all(|(line, end)| line.ends_with(end)), "{seen:?}");
    }

    #[test]
    fn a_pattern_and_times_choose() {
        let mut world = world();
        let count = |world: &mut World, more: serde_json::Value| filter(world, &more).unwrap().0.len();
        assert_eq!(count(&mut world, json!({ "filterPattern": "{ $.event = \"job.ended\" }" })), 5);
        assert_eq!(
            count(&mut world, json!({ "filterPattern": "{ ($.event = \"job.*\") && ($.job = \"sync\") }" })),
            10
        );
        assert_eq!(count(&mut world, json!({ "filterPattern": "{ $.job = \"other\" }" })), 0);
        let start = world.now.as_millisecond();
        assert_eq!(count(&mut world, json!({ "startTime": start })), 2);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let mut world = world();
        for (more, code) in [
            (json!({ "logGroupName": "/nothing" }), "ResourceNotFoundException"),
            (json!({ "nextToken": "99" }), "InvalidParameterException"),
            (json!({ "limit": 0 }), "InvalidParameterException"),
            (json!({ "filterPattern": "ERROR" }), "InvalidParameterException"),
            (json!({ "filterPattern": "{ $.a > 1 }" }), "InvalidParameterException"),
            (json!({ "filterPattern": "{ }" }), "InvalidParameterException"),
        ] {
            assert_eq!(filter(&mut world, &more).unwrap_err().code, code, "{more}");
        }
    }
}
