//! The verbs: read what is meant, answer, and say what was answered.

use super::arguments::Asked;
use super::{Answered, Decision, answer};
use crate::arguments::Format;
use crate::which::Which;
use crate::why::span;
use crate::{Error, aws};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs one of the verbs.
pub(crate) fn run(asked: &Asked, decision: Decision) -> Result<ExitCode, Error> {
    let which = Which::read(&asked.named)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Start { what: "start the runtime", source })?;
    runtime.block_on(async {
        let env = aws::env().await?.with_log(Arc::new(|_| {}));
        let answered = Box::pin(answer(&env, which, asked.hook.as_deref(), decision)).await?;
        let shown = match asked.format {
            Format::Text => text(&answered),
            Format::Json => fields(&answered, &env.clock.now().to_string()).to_string(),
        };
        // a reader that has gone away does not change what was answered
        let _ = writeln!(std::io::stdout().lock(), "{shown}");
        Ok(ExitCode::SUCCESS)
    })
}

fn text(answered: &Answered) -> String {
    let Answered { decision, already, deployment, hook, stage, left, otherwise, watch } = answered;
    let what = match (decision, already) {
        (Decision::Approve, false) => "approved",
        (Decision::Approve, true) => "approved already",
        (Decision::Reject, false) => "rejected",
        (Decision::Reject, true) => "rejected already",
    };
    let then = if *decision == Decision::Approve { "goes on" } else { "is rolled back" };
    let hook = hook.as_ref().map(|hook| format!(", pause hook {hook}")).unwrap_or_default();
    let stage = stage.as_ref().map(|stage| format!(" at {stage}")).unwrap_or_default();
    let otherwise = otherwise.as_ref().map(|action| format!(" before {action}")).unwrap_or_default();
    let left = left.map(|left| format!("\n{} were left{otherwise}", span(left))).unwrap_or_default();
    format!("{what}: deployment {deployment} {then}{stage}{hook}{left}\nto see how it goes on: {watch}")
}

fn fields(answered: &Answered, at: &str) -> Value {
    let outcome = match answered.decision {
        Decision::Approve => "approved",
        Decision::Reject => "rejected",
    };
    json!({
        "event": "outcome",
        "at": at,
        "outcome": outcome,
        "already": answered.already,
        "deployment_id": answered.deployment,
        "hook": answered.hook,
        "stage": answered.stage,
        "left_s": answered.left.map(|left| left.as_secs()),
        "otherwise": answered.otherwise,
        "watch": answered.watch,
    })
}
