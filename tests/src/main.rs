//! `greenlight`, as the suite starts it.

use greenlight_aws::{Env, Invocation, lambda};
use std::process::ExitCode;

/// How often `migrate` panics over an event before it works. The program itself knows no such thing.
const PANICS: &str = "TESTED_PANICS";

fn main() -> ExitCode {
    let panics = std::env::var(PANICS).ok().and_then(|times| times.parse::<usize>().ok());
    match panics {
        Some(panics) if std::env::args().skip(1).eq(["function", "migrate"]) => migrate(panics),
        _ => greenlight::main(std::env::args_os()),
    }
}

fn migrate(panics: usize) -> ExitCode {
    let served = lambda::run(async |invocation: Invocation, env: &Env| {
        assert!(invocation.panics.len() >= panics, "an index too far");
        greenlight_migrate::handle(invocation, env).await
    });
    served.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
