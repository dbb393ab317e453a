//! What serves, and what a job's task is started from.

use crate::Launch;
use crate::event::Event;
use greenlight_aws::job::family::{self, Family};
use greenlight_aws::release::Live;
use greenlight_aws::revision::Revision;
use greenlight_aws::{Error, release, retry, revision};
use greenlight_domain::plan::{Job, JobTaskDefinition, Plan};
use greenlight_domain::release::Placement;

/// What serves.
pub(crate) struct Serving {
    /// The service.
    pub(crate) live: Live,
    /// The revision's ARN.
    pub(crate) arn: String,
    /// Its plan.
    pub(crate) plan: Plan,
    /// What else it says, if it was read.
    revision: Option<Revision>,
    /// The latest revision of the family that the event names.
    family: Option<Family>,
}

/// What a task is started from.
pub(crate) struct Source {
    /// The task definition.
    pub(crate) task_definition: String,
    /// The container that runs the command.
    pub(crate) container: String,
    /// Where it runs.
    pub(crate) placement: Placement,
}

impl Serving {
    /// Reads it; `None` if nothing serves. The revision of a family that was made for what serves has its plan: then one look
    /// at both is enough.
    pub(crate) async fn read(launch: &Launch<'_>) -> Result<Option<Self>, Error> {
        let Launch { env, id, until, .. } = launch;
        let live = retry::until(env, *until, async || release::live(env, &id.cluster, &id.service).await);
        let (live, family) = futures_util::future::join(live, named(launch)).await;
        let live = live?;
        let Some(arn) = live.task_definition.clone() else { return Ok(None) };
        if let Some(plan) = family.as_ref().and_then(|family| family.plan(env, id, &arn).transpose()).transpose()? {
            return Ok(Some(Self { live, arn, plan, revision: None, family }));
        }
        let revision = describe(launch, &arn).await?;
        Ok(Some(Self { live, arn, plan: revision.plan.clone(), revision: Some(revision), family }))
    }

    /// What the job's task is started from, `wanted` being what was decided.
    pub(crate) async fn source(self, launch: &Launch<'_>, job: &Job, wanted: String) -> Result<Source, Error> {
        let Self { live, arn, plan, revision, family } = self;
        let container = job.container.clone().unwrap_or(plan.container);
        let source = |task_definition: &str, awsvpc: bool| {
            let mut placement = live.placement.clone();
            // only tasks in `awsvpc` mode have a network of their own
            placement.network = placement.network.filter(|_| awsvpc);
            Source { task_definition: task_definition.to_owned(), container: container.clone(), placement }
        };
        let follows = matches!(job.task_definition, JobTaskDefinition::Family(_));
        if follows && let Some(family) = family.as_ref().filter(|one| one.is_for(&wanted, &container, &launch.id, &arn))
        {
            return Ok(source(family.arn(), family.is_awsvpc()));
        }
        let revision = match revision {
            Some(revision) => revision,
            None => describe(launch, &arn).await?,
        };
        if !follows {
            return Ok(source(&wanted, revision.awsvpc));
        }
        let wanted = (wanted.as_str(), container.as_str());
        let family = family::follow(launch.env, wanted, &launch.id, &revision, family, launch.until).await?;
        Ok(source(family.arn(), family.is_awsvpc()))
    }
}

/// The family that the event names. That is a hint only: the plan says which one counts, and whether it must be there.
async fn named(launch: &Launch<'_>) -> Option<Family> {
    let Event::Fired(fired) = launch.event else { return None };
    Family::latest(launch.env, fired.task_definition.as_deref()?).await.ok()
}

async fn describe(launch: &Launch<'_>, arn: &str) -> Result<Revision, Error> {
    retry::until(launch.env, launch.until, async || revision::describe(launch.env, arn).await).await
}
