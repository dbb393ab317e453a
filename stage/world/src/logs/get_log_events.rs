//! `GetLogEvents`.

use super::LogEvent;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// As many events come in one answer at most.
const MOST: usize = 10_000;

/// An answer holds about one megabyte; every event counts 26 bytes beside its message.
const LARGEST: usize = 1024 * 1024;

pub(crate) struct GetLogEvents;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    /// Milliseconds since the epoch, inclusive.
    start_time: Option<i64>,
    /// Milliseconds since the epoch, exclusive.
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<i64>,
    #[serde(default)]
    start_from_head: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<OutputLogEvent>,
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputLogEvent {
    timestamp: i64,
    message: String,
    ingestion_time: i64,
}

impl Input {
    fn group(&self) -> &str {
        let identifier = self.log_group_name.as_deref().or(self.log_group_identifier.as_deref()).unwrap_or_default();
        identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name.trim_end_matches(":*"))
    }
}

impl Operation for GetLogEvents {
    const SERVICE: &'static str = "logs";
    const NAME: &'static str = "GetLogEvents";
    const CALLERS: &'static [&'static str] =
        &["migrate", "warm-up", "finish", "settle", "greenlight jobs", "greenlight why", "greenlight watch"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let resource = format!("log-group:{}:log-stream:{}", input.group(), input.log_stream_name);
        vec![Permission::new("logs:GetLogEvents", world.arn("logs", &resource))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let limit = match input.limit {
            None => MOST,
            Some(limit) => usize::try_from(limit).ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| {
                AwsError::client(
                    "InvalidParameterException",
                    format!("1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"),
                )
            })?,
        };
        let group = input.group();
        if group.is_empty() {
            return Err(AwsError::client(
                "InvalidParameterException",
                "logGroupName or logGroupIdentifier is required.",
            ));
        }
        let streams =
            world.logs.groups.get(group).ok_or_else(|| {
                AwsError::client("ResourceNotFoundException", "The specified log group does not exist.")
            })?;
        let stream = streams
            .get(&input.log_stream_name)
            .ok_or_else(|| AwsError::client("ResourceNotFoundException", "The specified log stream does not exist."))?;
        let (first, end) = window(&input, stream, limit)?;
        let events = stream[first..end]
            .iter()
            .filter(|event| input.start_time.is_none_or(|start| event.at.as_millisecond() >= start))
            .filter(|event| input.end_time.is_none_or(|end| event.at.as_millisecond() < end))
            .map(|event| OutputLogEvent {
                timestamp: event.at.as_millisecond(),
                message: event.message.clone(),
                ingestion_time: event.at.as_millisecond(),
            })
            .collect();
        Ok(Output { events, next_forward_token: format!("f/{end:056}"), next_backward_token: format!("b/{first:056}") })
    }
}

/// Which events of the stream come into the answer: after a forward token, before a backward one, or from an end.
fn window(input: &Input, stream: &[LogEvent], limit: usize) -> Result<(usize, usize), AwsError> {
    let position = |token: &str| {
        token
            .parse::<usize>()
            .ok()
            .filter(|position| *position <= stream.len())
            .ok_or_else(|| AwsError::client("InvalidParameterException", "The specified nextToken is invalid."))
    };
    let forward = |from: usize| (from, from + fitting(stream[from..].iter(), limit));
    let backward = |to: usize| (to - fitting(stream[..to].iter().rev(), limit), to);
    Ok(match input.next_token.as_deref() {
        None if input.start_from_head => forward(0),
        None => backward(stream.len()),
        Some(token) => match token.split_once('/') {
            Some(("f", at)) => forward(position(at)?),
            Some(("b", at)) => backward(position(at)?),
            _ => return Err(AwsError::client("InvalidParameterException", "The specified nextToken is invalid.")),
        },
    })
}

/// How many events fit into one answer.
fn fitting<'a>(events: impl Iterator<Item = &'a LogEvent>, limit: usize) -> usize {
    events
        .take(limit)
        .scan(0, |size, event| {
            *size += event.message.len() + 26;
            Some(*size)
        })
        .take_while(|size| *size <= LARGEST)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Setup;

    fn world() -> World {
        let mut world = World::new(Setup::empty(), Setup::EPOCH);
        for number in 0..10 {
            crate::logs::append(&mut world, "/ecs/web", "s", &format!("line {number}"));
        }
        world
    }

    fn get(world: &mut World, token: Option<String>, head: bool) -> Result<(Vec<String>, Output), AwsError> {
        let input = Input {
            log_group_name: Some("/ecs/web".to_owned()),
            log_group_identifier: None,
            log_stream_name: "s".to_owned(),
            start_time: None,
            end_time: None,
            next_token: token,
            limit: Some(4),
            start_from_head: head,
        };
        let output = GetLogEvents::call(input, world)?;
        Ok((output.events.iter().map(|event| event.message.clone()).collect(), output))
    }

    #[test]
    fn the_tail_comes_first_and_tokens_page_both_ways() {
        let mut world = world();
        let (lines, output) = get(&mut world, None, false).unwrap();
        assert_eq!(lines, ["line 6", "line 7", "line 8", "line 9"]);
        let (lines, _) = get(&mut world, Some(output.next_backward_token), false).unwrap();
        assert_eq!(lines, ["line 2", "line 3", "line 4", "line 5"]);
        let (lines, again) = get(&mut world, Some(output.next_forward_token.clone()), false).unwrap();
        assert!(lines.is_empty());
        assert_eq!(again.next_forward_token, output.next_forward_token, "the end is where the token stays the same");
        let (lines, _) = get(&mut world, None, true).unwrap();
        assert_eq!(lines[0], "line 0");
    }

    #[test]
    fn bad_tokens_and_streams_are_refused() {
        let mut world = world();
        for token in ["", "f/", "f/999", "x/1", "b/-1"] {
            assert!(get(&mut world, Some(token.to_owned()), false).is_err(), "{token}");
        }
        world.logs.groups.clear();
        assert_eq!(get(&mut world, None, false).unwrap_err().code, "ResourceNotFoundException");
    }
}
