//! Trying again, as long as there is time.

use crate::{Class, Env, Error};
use jiff::Timestamp;
use std::time::Duration;

/// The longest wait between two attempts: real time, like everything here.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// What a further attempt needs at least, to be worth making.
const ATTEMPT: Duration = Duration::from_millis(500);

/// Makes a call until it succeeds, fails for good, or the next attempt would not end before `until`. What an earlier attempt
/// left in doubt stays in doubt.
pub async fn until<T>(
    env: &Env,
    until: Timestamp,
    mut call: impl AsyncFnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let mut wait = Duration::from_millis(250);
    let mut in_doubt = false;
    loop {
        let error = match call().await {
            Err(Error::Fault(mut fault)) => {
                in_doubt |= fault.in_doubt;
                fault.in_doubt = in_doubt;
                Error::Fault(fault)
            }
            other => return other,
        };
        let left = env.clock.real_duration_until(until);
        if !error.is_temporary() || left < wait.saturating_add(ATTEMPT) {
            return Err(error);
        }
        tokio::time::sleep(wait.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
        wait = wait.saturating_mul(2).min(LONGEST_WAIT);
    }
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_temporary(&self) -> bool {
        self.fault().is_some_and(|fault| fault.class == Class::Retry)
    }

    /// Whether what the call asks for is already so.
    pub fn is_already_done(&self) -> bool {
        self.fault().is_some_and(|fault| fault.class == Class::AlreadyDone)
    }

    /// Whether the call may have had its effect although it failed.
    pub fn is_in_doubt(&self) -> bool {
        self.fault().is_some_and(|fault| fault.in_doubt)
    }
}
