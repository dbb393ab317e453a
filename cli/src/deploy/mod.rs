//! `greenlight deploy`: the next revision of what serves, with the plan in it, deployed by whoever deploys the service.

pub(crate) mod arguments;
mod change;
mod difference;
mod verb;
mod way;

pub(crate) use verb::run;

use crate::tell::Tell;
use crate::which::Service;
use crate::{Error, aws};
use change::Change;
use greenlight_aws::revision::short;
use greenlight_aws::{Env, task_definition};
use greenlight_domain::directive::{self, Directive};
use greenlight_domain::freeze::frozen;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::TaskDefinition;
use serde_json::json;
use way::Way;

/// What somebody wants to deploy.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The plan: which service, and what its hooks do.
    pub plan: Plan,
    /// The task definition, in place of the one that serves.
    pub task_definition: Option<TaskDefinition>,
    /// New images, by the containers' names.
    pub images: Vec<(String, String)>,
    /// The stack of the functions.
    pub install: String,
    /// What is not checked, and why.
    pub directives: Vec<Directive>,
    /// A deployment that fails is left as it is.
    pub no_auto_rollback: bool,
    /// Only to say what would change.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// A deployment, by its id or ARN.
    Deployment(String),
    /// What serves is what is wanted: its task definition.
    NothingToDo(String),
    /// It was said what would change.
    Planned,
}

/// Begins a deployment.
///
/// # Errors
/// Before anything was done: if the wish does not fit what there is, another deployment is in progress, or the plan's `[freeze]` says
/// no. [`Error::CannotDeploy`] names what was registered if the deployment could not be begun afterwards.
pub async fn deploy(env: &Env, wish: &Wish, tell: Tell<'_>) -> Result<Begun, Error> {
    thaw(env, wish)?;
    let of = Service::of(&wish.plan);
    let service = aws::service(env, &of).await?;
    let serving = if service.is_codedeploy {
        service.primary().map(|set| &set.task_definition)
    } else {
        service.deployments.iter().find(|one| one.status == "PRIMARY").map(|one| &one.task_definition)
    };
    let serving = serving.ok_or_else(|| {
        Error::CannotDeploy(format!("service {of} runs no revision that another one could be made of; look at it"))
    })?;
    let (whole, way) = tokio::join!(
        aws::calmly(env, async || task_definition::read(env, serving).await),
        Box::pin(Way::find(env, wish, &of, service.is_codedeploy))
    );
    let way = way?;
    let change = Change::of(whole?, wish)?;
    tell_plan(wish, &of, &way, &change, tell);
    if change.lines.is_empty() {
        return Ok(Begun::NothingToDo(change.from));
    }
    if wish.dry_run {
        return Ok(Begun::Planned);
    }
    let registered = task_definition::register(env, &change.definition).await?;
    let fields = json!({ "task_definition": registered });
    tell("revision.registered", &format!("registered {}", short(&registered)), fields);
    let id = Box::pin(way.begin(env, wish, &of, &registered)).await.map_err(|error| {
        let name = short(&registered);
        Error::CannotDeploy(format!(
            "{error}\ntask definition {name} was registered, and nothing else was done; aws ecs deregister-task-definition \
             --task-definition {name} takes it away"
        ))
    })?;
    let fields = json!({ "deployment_id": id, "task_definition": registered, "service": of.to_string() });
    tell("deployment.created", &format!("deployment {id} begins"), fields);
    Ok(Begun::Deployment(id))
}

/// Nothing is deployed in a freeze, unless somebody says why.
fn thaw(env: &Env, wish: &Wish) -> Result<(), Error> {
    let windows = wish.plan.freeze.as_ref().map(|freeze| freeze.windows.as_slice()).unwrap_or_default();
    match frozen(windows, env.clock.now()) {
        Some(frozen) if directive::skips(&wish.directives, "freeze", None).is_none() => {
            Err(Error::CannotDeploy(format!(
                "{}, and nothing was done; --override-freeze --reason \"…\" deploys nevertheless",
                frozen.describe()
            )))
        }
        _ => Ok(()),
    }
}

fn tell_plan(wish: &Wish, of: &Service, way: &Way, change: &Change, tell: Tell<'_>) {
    let (words, hooks) = (way.words(wish), way.hooks(wish));
    let mut text = vec![format!("deploy to {of}, by {words}"), format!("  from    {}", change.from())];
    text.extend(change.lines.iter().map(|line| format!("  change  {}", line.text())));
    text.extend(hooks.iter().map(|hook| format!("  hook    {hook}")));
    if hooks.is_empty() {
        text.push(
            "  hook    none: the service names no function, and nothing of the plan is done (docs/native.md)"
                .to_owned(),
        );
    }
    text.extend(wish.directives.iter().map(|skip| format!("  skips   {}: {}", skip.skip, skip.reason)));
    let fields = json!({
        "service": of.to_string(),
        "by": words,
        "from": change.from,
        "changes": change.lines,
        "hooks": hooks,
    });
    tell("deploy.planned", &text.join("\n"), fields);
}
