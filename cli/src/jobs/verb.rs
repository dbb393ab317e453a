//! The verb: reads what is wanted, finds AWS, and shows what happens.

use super::arguments::{Jobs, JobsVerb, PlanFile};
use super::{Install, Tell, diff, history, list, pause, redrive, run};
use crate::tell::show;
use crate::{Error, aws, file};
use greenlight_domain::plan::Plan;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// Runs the verb. Files are read, and refused, before AWS is asked for anything.
pub(crate) fn run_verb(options: &Jobs) -> Result<ExitCode, Error> {
    let plan = match &options.verb {
        JobsVerb::Diff { plan } | JobsVerb::Apply { plan, .. } | JobsVerb::List { plan, .. } => Some(read(plan)?),
        JobsVerb::Run { job } | JobsVerb::History { job, .. } | JobsVerb::Pause { job } | JobsVerb::Resume { job } => {
            Some(read(&job.plan)?)
        }
        JobsVerb::Redrive { .. } => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Start { what: "start the runtime", source })?;
    runtime.block_on(async {
        let env = aws::env().await?;
        let (format, clock) = (options.format, env.clock.clone());
        let install = Install::find(env, &options.install).await?;
        let mut tell =
            |event: &'static str, text: &str, fields: Value| show(format, &clock, event, text, fields, false);
        if let Some(plan) = plan {
            return with_plan(&options.verb, &install, &plan, &mut tell).await;
        }
        let again = matches!(options.verb, JobsVerb::Redrive { again: true });
        let redriven = redrive::redrive(&install, again, &mut tell).await?;
        Ok(code(redriven.is_clean()))
    })
}

async fn with_plan(verb: &JobsVerb, install: &Install, plan: &Plan, tell: Tell<'_>) -> Result<ExitCode, Error> {
    let now = install.env.clock.now();
    match verb {
        JobsVerb::Diff { .. } => Ok(code(diff::show(install, plan, tell).await?)),
        JobsVerb::Apply { delete, .. } => diff::apply(install, plan, *delete, tell).await.map(|_| ExitCode::SUCCESS),
        JobsVerb::List { since, .. } => {
            list::list(install, plan, back(*since, now), tell).await.map(|()| ExitCode::SUCCESS)
        }
        JobsVerb::History { job, since } => {
            let since = back(*since, now);
            history::history(install, plan, &job.name, since, tell).await.map(|()| ExitCode::SUCCESS)
        }
        JobsVerb::Pause { job } => {
            pause::set_paused(install, plan, &job.name, true, tell).await.map(|()| ExitCode::SUCCESS)
        }
        JobsVerb::Resume { job } => {
            pause::set_paused(install, plan, &job.name, false, tell).await.map(|()| ExitCode::SUCCESS)
        }
        JobsVerb::Run { job } => {
            tokio::select! {
                ran = run::run(install, plan, &job.name, tell) => Ok(ExitCode::from(ran?.exit_code)),
                _ = tokio::signal::ctrl_c() => {
                    let name = &job.name;
                    let _ = writeln!(
                        std::io::stderr().lock(),
                        "greenlight: no longer watched; the run goes on: greenlight jobs history {name}"
                    );
                    Ok(ExitCode::from(130))
                }
            }
        }
        JobsVerb::Redrive { .. } => Ok(ExitCode::SUCCESS),
    }
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(plan: &PlanFile) -> Result<Plan, Error> {
    let text = file::text(&plan.path)?;
    let source = plan.path.display().to_string();
    Plan::parse(&text, &source).map_err(|source| Error::Plan { source, text: text.clone() })
}

/// So long before `now`.
fn back(span: Duration, now: Timestamp) -> Timestamp {
    SignedDuration::try_from(span).ok().and_then(|span| now.checked_sub(span).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}
