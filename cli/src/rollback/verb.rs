//! The verb: reads what is wanted, finds AWS, and shows what happens.

use super::{Ending, Outcome, Wish, show_revisions, take_back};
use crate::tell::show;
use crate::{Error, arguments, aws};
use serde_json::Value;
use std::process::ExitCode;

/// What tells of nothing that happened.
const TIMELESS: [&str; 4] = ["rollback.planned", "revision.listed", "revisions.none", "outcome"];

/// Runs the verb.
pub(crate) fn run(options: &arguments::Rollback) -> Result<ExitCode, Error> {
    let wish = Wish::read(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Start { what: "start the runtime", source })?;
    runtime.block_on(async {
        let env = aws::env().await?;
        let (format, clock) = (options.format, env.clock.clone());
        let mut tell = |event: &'static str, text: &str, fields: Value| {
            show(format, &clock, event, text, fields, !TIMELESS.contains(&event));
        };
        if options.list {
            return show_revisions(&env, &wish, &mut tell).await.map(|()| ExitCode::SUCCESS);
        }
        let outcome = Box::pin(take_back(&env, &wish, &mut tell)).await?;
        tell("outcome", &said(&outcome), serde_json::to_value(&outcome).unwrap_or_default());
        Ok(if outcome.outcome == Ending::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    })
}

fn said(outcome: &Outcome) -> String {
    let what = match outcome.outcome {
        Ending::RolledBack => "rolled back",
        Ending::NothingToDo => "nothing to do",
        Ending::Planned => "dry run",
        Ending::Failed => "not rolled back",
    };
    format!("{what}: {}", outcome.reason)
}
