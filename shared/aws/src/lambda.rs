//! The process of a Lambda function.

use crate::clock::later;
use crate::{Clock, Env, Error, Invocation};
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
pub use lambda_runtime::Error as Failure;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use std::time::Duration;

// net one under a hook: its shell catches panics. cargo-lambda would build with `abort` if the profile said nothing
#[cfg(panic = "abort")]
compile_error!("a function must unwind when it panics; set panic = \"unwind\" in the profile that it is built with");

/// The longest that Lambda lets a function work.
const LONGEST: Duration = Duration::from_mins(15);

/// Runs a function's process: takes one invocation after another from the Runtime API and hands it to `handle`. It returns only
/// if the Runtime API cannot be reached.
///
/// # Errors
/// What the Lambda runtime says. If the environment is incomplete, the process still takes invocations and answers each with
/// that error: a function that cannot start at all leaves no other trace.
pub async fn serve<H>(handle: H) -> Result<(), Failure>
where
    H: AsyncFn(Invocation, &Env) -> Result<Value, Error>,
{
    let env = Env::from_environment();
    let (handle, env) = (&handle, &env);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        match env {
            Ok(env) => {
                // boxed, because the type of a whole function's future is too deep for the compiler
                let story: LocalBoxFuture<'_, _> = Box::pin(handle(invocation(event, env), env));
                story.await.map_err(|error| diagnostic(&error))
            }
            Err(error) => Err(diagnostic(error)),
        }
    }))
    .await
}

/// A whole process: its runtime, and [`serve`] in it. For a function's `main`.
///
/// # Errors
/// As [`serve`], and if the runtime cannot be built.
pub fn run<H>(handle: H) -> Result<(), Failure>
where
    H: AsyncFn(Invocation, &Env) -> Result<Value, Error>,
{
    // one invocation at a time: more threads would only cost memory
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(handle))
}

fn invocation(event: LambdaEvent<Value>, env: &Env) -> Invocation {
    let deadline = deadline(event.context.deadline, &env.clock);
    Invocation { payload: event.payload, deadline, request_id: event.context.request_id }
}

/// Until when a function may work. Lambda says it in milliseconds since 1970; cargo-lambda's Lambda service says how many
/// milliseconds there are from now on.
fn deadline(milliseconds: u64, clock: &Clock) -> Timestamp {
    let left = Duration::from_millis(milliseconds);
    if left <= LONGEST {
        return later(clock.now(), left.mul_f64(clock.speed()));
    }
    let at = i64::try_from(milliseconds).unwrap_or(i64::MAX);
    clock.at_system(Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX))
}

fn diagnostic(error: &Error) -> Diagnostic {
    Diagnostic { error_type: "GreenlightError".to_owned(), error_message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Duration, deadline};

    #[test]
    fn a_deadline_is_an_instant_or_what_is_left() {
        let clock = Clock::parse("2026-01-01T00:00:00Z*10").unwrap();
        assert_eq!(deadline(1_767_225_603_000, &clock).to_string(), "2026-01-01T00:00:30Z");
        let left = clock.real_duration_until(deadline(600_000, &clock));
        assert!((Duration::from_mins(9)..=Duration::from_mins(10)).contains(&left), "{left:?}");
        assert_eq!(deadline(u64::MAX, &clock), jiff::Timestamp::MAX);
    }
}
