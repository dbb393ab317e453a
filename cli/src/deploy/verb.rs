//! The verb: reads what is wanted, finds AWS, begins the deployment and follows it.

use super::arguments::Deploy;
use super::{Begun, Wish, deploy};
use crate::arguments::Format;
use crate::tell::show;
use crate::which::{self, Which};
use crate::why::Wanted;
use crate::{Error, aws, watch};
use greenlight_aws::Env;
use greenlight_aws::revision::short;
use greenlight_domain::directive::Directive;
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

/// What tells of nothing that happened.
const TIMELESS: [&str; 2] = ["deploy.planned", "outcome"];

/// Runs the verb.
pub(crate) fn run(options: &Deploy) -> Result<ExitCode, Error> {
    let wish = wish(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Start { what: "start the runtime", source })?;
    runtime.block_on(async {
        let env = aws::env().await?.with_log(Arc::new(|_| {}));
        let format = options.format;
        let mut tell = |event: &'static str, text: &str, fields: Value| {
            show(format, &env.clock, event, text, fields, !TIMELESS.contains(&event));
        };
        let (text, outcome) = match Box::pin(deploy(&env, &wish, &mut tell)).await? {
            Begun::Deployment(id) if !options.no_wait => return follow(&env, &wish, id, format).await,
            Begun::Deployment(id) => {
                (format!("begun; greenlight watch {id} follows it"), json!({ "outcome": "begun", "deployment_id": id }))
            }
            Begun::NothingToDo(arn) => (
                format!("nothing to do: {} serves, with this plan", short(&arn)),
                json!({ "outcome": "nothing-to-do", "task_definition": arn }),
            ),
            Begun::Planned => ("dry run: nothing was done".to_owned(), json!({ "outcome": "planned" })),
        };
        tell("outcome", &text, outcome);
        Ok(ExitCode::SUCCESS)
    })
}

async fn follow(env: &Env, wish: &Wish, id: String, format: Format) -> Result<ExitCode, Error> {
    let again = format!("greenlight watch {id}; greenlight rollback takes it back");
    let which = ServiceDeploymentArn::parse(&id).map_or(Which::CodeDeploy(id), Which::ServiceDeployment);
    let wanted = Wanted { which, install: wish.install.clone() };
    watch::follow(env, &wanted, None, format, &again).await
}

fn wish(options: &Deploy) -> Result<Wish, Error> {
    let plan = which::plan(options.plan.as_deref(), "name the plan")?;
    let reason = options.exceptions.reason.as_deref().unwrap_or_default();
    let skips = options.exceptions.skips();
    let directives = skips.iter().map(|skip| Directive::new(skip, reason, &plan)).collect::<Result<_, _>>()?;
    let file = options.task_definition.as_deref();
    let task_definition = file.map(|path| which::fitting(path, &plan)).transpose()?;
    Ok(Wish {
        plan,
        task_definition,
        images: options.image.clone(),
        install: options.install.clone(),
        directives,
        no_auto_rollback: options.no_auto_rollback,
        dry_run: options.dry_run,
    })
}
