//! The process of a Lambda function.

use crate::{Env, Error, Invocation};
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
pub use lambda_runtime::Error as Failure;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

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
    let deadline = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
    let deadline = Timestamp::from_millisecond(deadline).unwrap_or(Timestamp::MAX);
    Invocation { payload: event.payload, deadline: env.clock.at_system(deadline), request_id: event.context.request_id }
}

fn diagnostic(error: &Error) -> Diagnostic {
    Diagnostic { error_type: "GreenlightError".to_owned(), error_message: error.to_string() }
}
