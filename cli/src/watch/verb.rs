//! The verb: reads what is wanted, finds AWS, and shows what happens.

use super::show::Show;
use super::watch;
use crate::arguments::Format;
use crate::which::Which;
use crate::why::arguments::Watch;
use crate::why::{Wanted, read};
use crate::{Error, aws};
use greenlight_aws::Env;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::service_deployment::{ServiceDeploymentArn, Stage};
use serde_json::json;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the verb.
pub(crate) fn run(options: &Watch) -> Result<ExitCode, Error> {
    let until = options.until.as_deref().map(until).transpose()?;
    let wanted = Wanted::read(&options.asked)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Start { what: "start the runtime", source })?;
    runtime.block_on(async {
        let env = aws::env().await?.with_log(Arc::new(|_| {}));
        let id = options.asked.named.deployment.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
        let again = format!("greenlight watch{id}");
        follow(&env, &wanted, until, options.asked.format, &again).await
    })
}

/// Follows a deployment to its end, or until Ctrl-C; `again` is the command that goes on.
pub(crate) async fn follow(
    env: &Env,
    wanted: &Wanted,
    until: Option<LifecycleEvent>,
    format: Format,
    again: &str,
) -> Result<ExitCode, Error> {
    let mut show = Show::new(format, env.clock.clone());
    tokio::select! {
        code = Box::pin(to_the_end(env, wanted, until, &mut show)) => code,
        _ = tokio::signal::ctrl_c() => {
            drop(show);
            let text = format!("greenlight: no longer watched; the deployment goes on: {again}");
            let _ = writeln!(std::io::stderr().lock(), "{text}");
            Ok(ExitCode::from(130))
        }
    }
}

async fn to_the_end(
    env: &Env,
    wanted: &Wanted,
    until: Option<LifecycleEvent>,
    show: &mut Show,
) -> Result<ExitCode, Error> {
    let ended = watch(env, wanted, until, show).await?;
    if let (true, Some(until)) = (ended.reached, until) {
        let fields = json!({ "event": "outcome", "outcome": "reached", "deployment_id": ended.deployment_id, "lifecycle_event": until.name() });
        show.end(&format!("{until} has succeeded"), &fields);
        return Ok(ExitCode::SUCCESS);
    }
    let id = ended.deployment_id;
    let which = ServiceDeploymentArn::parse(&id).map_or(Which::CodeDeploy(id), Which::ServiceDeployment);
    let wanted = Wanted { which, install: wanted.install.clone() };
    let story = Box::pin(read(env, &wanted)).await?;
    let mut text = format!("{}: {}", story.outcome.words(), story.why);
    for step in &story.next {
        let command = step.command.as_ref().map(|command| format!("\n        {command}")).unwrap_or_default();
        text = format!("{text}\nnext  {}{command}", step.what);
    }
    let fields = json!({ "event": "outcome", "outcome": story.outcome, "deployment_id": story.deployment_id, "why": story.why,
        "next": story.next, "rolled_back_by": story.rolled_back_by, "rollback": story.rollback });
    show.end(&text, &fields);
    Ok(if ended.is_good && story.outcome.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A lifecycle event, or the stage of ECS at the same point.
fn until(name: &str) -> Result<LifecycleEvent, Error> {
    let at = |event: &LifecycleEvent| event.name() == name || Stage::of(*event).name() == name;
    LifecycleEvent::ALL.into_iter().find(at).ok_or_else(|| {
        let names: Vec<&str> = LifecycleEvent::ALL.map(LifecycleEvent::name).into_iter().collect();
        let stages = LifecycleEvent::ALL.map(|event| Stage::of(event).name());
        let known = names.iter().copied().chain(stages);
        Error::usage(
            format!("--until {name}: there is no such lifecycle event or stage"),
            greenlight_domain::nearest(name, known.clone()).map_or_else(
                || format!("there are {}", known.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean {near}?"),
            ),
        )
    })
}
