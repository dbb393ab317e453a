//! The `greenlight` program: one verb, one module.
//!
//! It plays three parts. Under its own name it is the program; `greenlight function NAME` is the Lambda function NAME, so that
//! a rehearsal runs the very code that `CodeDeploy` invokes without a second build; under the name `shop` it is the built-in example.

pub mod approve;
mod arguments;
mod aws;
pub mod deploy;
pub mod doctor;
mod error;
mod explain;
mod file;
pub mod jobs;
mod plan;
pub mod rehearse;
pub mod report;
pub mod rollback;
mod smoke_test;
mod stage;
pub mod tell;
mod update;
pub mod watch;
pub mod which;
pub mod why;

pub use error::Error;

use arguments::{Arguments, Verb};
use clap::Parser as _;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Runs the program with its whole command line. Exit codes: 0 done; 1 the deployment failed or was rolled back; 2 wrong usage
/// or configuration; 128 and a signal's number after that signal.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let name = arguments.next().unwrap_or_else(|| "greenlight".into());
    if Path::new(&name).file_name().is_some_and(|file| file == "shop") {
        return greenlight_shop::run(arguments);
    }
    let parsed = match Arguments::try_parse_from(std::iter::once(name).chain(arguments)) {
        Ok(parsed) => parsed,
        Err(error) => {
            // clap prints help to standard output with code 0, and wrong usage to standard error with code 2
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match parsed.verb {
        Verb::Rehearse(options) => rehearse::run(&options),
        Verb::Doctor(options) => doctor::run(&options),
        Verb::SmokeTest(options) => smoke_test::run(&options),
        Verb::Deploy(options) => deploy::run(&options),
        Verb::Rollback(options) => rollback::run(&options),
        Verb::Approve(options) => approve::run(&options.asked, approve::Decision::Approve),
        Verb::Reject(options) => approve::run(&options.asked, approve::Decision::Reject),
        Verb::Why(options) => why::run(&options),
        Verb::Watch(options) => watch::run(&options),
        Verb::Plan(options) => plan::run(&options),
        Verb::Jobs(options) => jobs::run_verb(&options),
        Verb::Stage(options) => stage::run(&options),
        Verb::Function { name } => function(&name),
    };
    done.unwrap_or_else(|error| {
        let code = error.exit_code();
        explain::on_standard_error(&error);
        code
    })
}

/// Plays a Lambda function: takes its events from the Runtime API until it is killed.
fn function(name: &str) -> Result<ExitCode, Error> {
    let refused = |reason| Error::NoSuchPart { name: name.to_owned(), reason };
    // the runtime's own library takes these for granted, and panics
    if ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"].iter().any(|name| std::env::var_os(name).is_none()) {
        return Err(refused("it lives in Lambda or in a rehearsal; use `greenlight rehearse`"));
    }
    let served = match name {
        "migrate" => greenlight_aws::lambda::run(greenlight_migrate::handle),
        "warm-up" => greenlight_aws::lambda::run(greenlight_warm_up::handle),
        "smoke-test" => greenlight_aws::lambda::run(greenlight_smoke_test::handle),
        "validate" => greenlight_aws::lambda::run(greenlight_validate::handle),
        "finish" => greenlight_aws::lambda::run(greenlight_finish::handle),
        "settle" => greenlight_aws::lambda::run(greenlight_settle::handle),
        "rollback" => greenlight_aws::lambda::run(greenlight_rollback::handle),
        "launch-job" => greenlight_aws::lambda::run(greenlight_launch_job::handle),
        "notify" => greenlight_aws::lambda::run(greenlight_notify::handle),
        _ => {
            return Err(refused(
                "there are only migrate, warm-up, smoke-test, validate, finish, settle, rollback, launch-job and notify",
            ));
        }
    };
    served
        .map(|()| ExitCode::SUCCESS)
        .map_err(|error| Error::Function { name: name.to_owned(), reason: error.to_string() })
}
