//! Lines of a log: those that a pattern finds in a group, and those that a stream goes on with.

use crate::{Env, Error, classify, retry};
use jiff::Timestamp;

/// Every line of a log group since `start` that the pattern finds, the oldest first.
///
/// # Errors
/// If they cannot be read. A group that is not there has no lines: it comes into being with the first.
pub async fn find(
    env: &Env,
    group: &str,
    pattern: &str,
    start: Timestamp,
    until: Timestamp,
) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let mut token = None;
    loop {
        let answer = retry::until(env, until, async || {
            let request = env.logs().filter_log_events().log_group_name(group).filter_pattern(pattern);
            let answer = request.start_time(start.as_millisecond()).set_next_token(token.clone()).send().await;
            answer.map_err(|error| classify("logs:FilterLogEvents", group, &error).into())
        });
        let answer = match answer.await {
            Err(Error::Fault(fault)) if fault.code.as_deref() == Some("ResourceNotFoundException") => return Ok(lines),
            answer => answer?,
        };
        lines.extend(answer.events().iter().filter_map(|event| event.message().map(str::to_owned)));
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(lines);
        }
    }
}

/// The lines of a stream behind `token`, or from its beginning, and the token behind them. A stream that is not there yet has none.
///
/// # Errors
/// If they cannot be read.
pub async fn go_on(
    env: &Env,
    group: &str,
    stream: &str,
    token: Option<String>,
    until: Timestamp,
) -> Result<(Vec<String>, Option<String>), Error> {
    let mut lines = Vec::new();
    let mut token = token;
    loop {
        let answer = retry::until(env, until, async || {
            let request = env.logs().get_log_events().log_group_name(group).log_stream_name(stream);
            let answer = request.start_from_head(true).set_next_token(token.clone()).send().await;
            answer.map_err(|error| classify("logs:GetLogEvents", group, &error).into())
        });
        let answer = match answer.await {
            Err(Error::Fault(fault)) if fault.code.as_deref() == Some("ResourceNotFoundException") => {
                return Ok((lines, token));
            }
            answer => answer?,
        };
        lines.extend(answer.events().iter().filter_map(|event| event.message().map(|line| line.trim_end().to_owned())));
        let next = answer.next_forward_token().map(str::to_owned);
        // the end of a stream has the same token again
        if next == token || next.is_none() {
            return Ok((lines, token));
        }
        token = next;
    }
}
