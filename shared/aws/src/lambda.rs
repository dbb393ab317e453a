//! The process of a Lambda function.

mod anew;

use crate::clock::later;
use crate::http::{Http, Request};
use crate::{Clock, Env, Error, Invocation};
use anew::Interrupted;
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
pub use lambda_runtime::Error as Failure;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use std::time::Duration;

/// The longest that Lambda lets a function work.
const LONGEST: Duration = Duration::from_mins(15);

/// Runs a function's process: takes one invocation after another from the Runtime API and hands it to `handle`. It returns only
/// if the Runtime API cannot be reached. A panic makes the process begin anew, with the invocation that it worked on.
///
/// # Errors
/// What the Lambda runtime says. If the environment is incomplete, the process still takes invocations and answers each with
/// that error: a function that cannot start at all leaves no other trace.
pub async fn serve<H>(handle: H) -> Result<(), Failure>
where
    H: AsyncFn(Invocation, &Env) -> Result<Value, Error>,
{
    anew::after_panics();
    let env = Env::from_environment();
    let (handle, env) = (&handle, &env);
    let answer = async |interrupted: Interrupted| match env {
        Ok(env) => {
            let invocation = invocation(&interrupted, env);
            let _remembered = interrupted.remember();
            // boxed, because the type of a whole function's future is too deep for the compiler
            let story: LocalBoxFuture<'_, _> = Box::pin(handle(invocation, env));
            story.await.map_err(|error| diagnostic(&error))
        }
        Err(error) => Err(diagnostic(error)),
    };
    if let Some(interrupted) = Interrupted::left() {
        let request_id = interrupted.request_id.clone();
        report(&request_id, answer(interrupted).await).await?;
    }
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| answer(Interrupted::from(&event)))).await
}

/// Answers for an invocation that another process took from the Runtime API.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
async fn report(request_id: &str, answer: Result<Value, Diagnostic>) -> Result<(), Failure> {
    let (path, body) = match answer {
        Ok(answer) => ("response", answer),
        Err(error) => ("error", json!({ "errorType": error.error_type, "errorMessage": error.error_message })),
    };
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API")?;
    // Lambda says an address and a port, cargo-lambda's Lambda service a URL
    let api = api.strip_prefix("http://").unwrap_or(&api);
    let url = format!("http://{api}/2018-06-01/runtime/invocation/{request_id}/{path}");
    let body = body.to_string().into_bytes();
    let answer = Http::real().send(Request { method: "POST".to_owned(), body, ..Request::get(url) }).await?;
    match answer.status {
        202 => Ok(()),
        status => Err(format!("the Runtime API answered {status} to the answer of a function that began anew").into()),
    }
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

fn invocation(interrupted: &Interrupted, env: &Env) -> Invocation {
    Invocation {
        payload: interrupted.payload.clone(),
        deadline: deadline(interrupted.deadline, &env.clock),
        request_id: interrupted.request_id.clone(),
        panics: interrupted.panics.clone(),
    }
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
