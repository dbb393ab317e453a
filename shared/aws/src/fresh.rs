//! Reads that may be old: ECS is eventually consistent, and no other service promises more.
//!
//! Nothing is decided for good by one look at what may just have changed.

use crate::clock::later;
use crate::{Env, Error, retry};
use jiff::Timestamp;
use std::time::Duration;

/// How old the answer to a read may be, by the clock.
const STALE: Duration = Duration::from_secs(15);
/// From one look to the next.
const AGAIN: Duration = Duration::from_secs(2);

/// Looks again and again until what is seen `is_settled`, or cannot be older than the first look, or time is over at `until`;
/// what was seen last.
///
/// # Errors
/// That of a look.
pub async fn look<T>(
    env: &Env,
    until: Timestamp,
    mut read: impl AsyncFnMut() -> Result<T, Error>,
    is_settled: impl Fn(&T) -> bool,
) -> Result<T, Error> {
    let patience = later(env.clock.now(), STALE).min(until);
    loop {
        let seen = retry::until(env, until, &mut read).await?;
        if is_settled(&seen) || env.clock.now() >= patience {
            return Ok(seen);
        }
        env.clock.sleep(AGAIN).await;
    }
}

/// Waits until nothing that is read from then on can be older than now; `false` if that would take longer than `until`.
pub async fn wait(env: &Env, until: Timestamp) -> bool {
    let has_time = later(env.clock.now(), STALE.saturating_add(AGAIN)) < until;
    if has_time {
        env.clock.sleep(STALE).await;
    }
    has_time
}
