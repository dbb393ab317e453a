//! The way for services that ECS itself deploys: what is in progress is stopped, and the service gets what was good.

mod choose;
mod follow;
mod list;

pub(super) use list::show;

use super::{Ending, First, Outcome, Service, Tell, Wish, tell_plan};
use crate::aws::calmly;
use crate::{Error, update};
use choose::{Course, Seen};
use follow::{Follow, is_conflict};
use greenlight_aws::revision::short;
use greenlight_aws::service_deployments::{self, Configuration, Deploy};
use greenlight_aws::{Env, service};
use serde_json::json;

/// How often a choice is made again because what is in progress ended meanwhile.
const MOST: usize = 5;

/// A rollback of a service that ECS deploys.
struct Work<'a> {
    env: &'a Env,
    wish: &'a Wish,
    of: &'a Service,
    course: Course,
    /// In an emergency: the service's own configuration, and the one it has meanwhile.
    in_between: Option<(Configuration, Configuration)>,
}

pub(super) async fn take_back(env: &Env, wish: &Wish, of: &Service, tell: Tell<'_>) -> Result<Outcome, Error> {
    for _ in 0..MOST {
        let seen = Seen::read(env, of).await?;
        let course = choose::course(env, wish, of, &seen).await?;
        let own = if wish.emergency { Configuration::of(env, &of.cluster, &of.name).await? } else { None };
        let in_between = own.and_then(|own| own.at_once().map(|at_once| (own, at_once)));
        let work = Work { env, wish, of, course, in_between };
        if let Some(outcome) = Box::pin(work.run(tell)).await? {
            return Ok(outcome);
        }
    }
    Err(Error::CannotRollBack(format!("the deployments of {of} change faster than they can be read; look at them")))
}

impl Work<'_> {
    /// `None` if what was in progress ended before it could be stopped.
    async fn run(&self, tell: Tell<'_>) -> Result<Option<Outcome>, Error> {
        let (course, newest) = (&self.course, self.course.newest.as_deref());
        if course.first.is_none() && !course.anyway && self.serves().await? {
            let reason = format!("{} serves everybody already", short(&course.wanted));
            return Ok(Some(self.outcome(Ending::NothingToDo, newest, reason)));
        }
        self.tell_plan(tell);
        if self.wish.dry_run {
            return Ok(Some(self.outcome(Ending::Planned, None, "nothing was done".to_owned())));
        }
        let follow = Follow { env: self.env, goes_on: self.wish.emergency };
        let mut last = None;
        match &course.first {
            Some(First::Stop(arn)) => {
                match calmly(self.env, async || service_deployments::stop(self.env, arn).await).await {
                    Err(error) if is_conflict(&error) => return Ok(None),
                    done => done?,
                }
                let fields = json!({ "deployment_id": arn, "how": "stopped", "task_definition": course.wanted });
                tell("rollback.started", &format!("service deployment {arn} is stopped"), fields);
                last = Some(follow.to_the_end(arn, false, tell).await?);
            }
            Some(First::Follow(arn)) => last = Some(follow.to_the_end(arn, false, tell).await?),
            None => {}
        }
        let ended_well =
            last.as_ref().is_some_and(|last| last.status == "ROLLBACK_SUCCESSFUL" || last.status == "SUCCESSFUL");
        if course.first.is_none() || course.deploys && !(ended_well && self.serves().await?) {
            last = Some(self.deploy(&follow, tell).await?);
        }
        let Some(last) = last else { return Ok(None) };
        let outcome = self.end(&last).await?;
        let fields =
            json!({ "rollback_deployment_id": last.arn, "status": last.status, "service": self.of.to_string() });
        tell("rollback.ended", "", fields);
        Ok(Some(outcome))
    }

    /// Whether the wanted revision's tasks are the service's, and no others.
    async fn serves(&self) -> Result<bool, Error> {
        let read = async || service::read(self.env, &self.of.cluster, &self.of.name).await;
        let seen = calmly(self.env, read).await?;
        let primary = seen.deployments.iter().find(|one| one.status == "PRIMARY");
        Ok(seen.deployments.len() == 1 && primary.is_some_and(|one| one.task_definition == self.course.wanted))
    }

    /// Deploys the wanted revision, unless somebody else has begun another deployment meanwhile, and follows that to its end.
    async fn deploy(&self, follow: &Follow<'_>, tell: Tell<'_>) -> Result<service_deployments::Seen, Error> {
        let (env, of) = (self.env, self.of);
        let before = service_deployments::list(env, &of.cluster, &of.name).await?;
        if let Some(newest) = before.first().filter(|newest| self.course.newest.as_ref() != Some(&newest.arn)) {
            return Err(Error::CannotRollBack(format!(
                "{} began meanwhile in {of}; nothing was deployed: look at it, and repeat the command if it is not the cure",
                newest.arn
            )));
        }
        let followed = match self.begin(&before, tell).await {
            Ok(arn) => Box::pin(follow.to_the_end(&arn, true, tell)).await,
            Err(error) => Err(error),
        };
        // whatever came of it: an update whose answer was lost may have taken the hooks too
        self.give_back(tell).await?;
        followed
    }

    async fn begin(&self, before: &[service_deployments::Listed], tell: Tell<'_>) -> Result<String, Error> {
        let (env, of, wanted) = (self.env, self.of, &self.course.wanted);
        let now = service::read(env, &of.cluster, &of.name).await?.task_definition;
        let again = now.as_ref() == Some(wanted);
        let configuration = self.in_between.as_ref().map(|(_, at_once)| at_once);
        let deploy = Deploy { cluster: &of.cluster, service: &of.name, task_definition: wanted, again, configuration };
        let arn = update::begin(env, deploy, before).await?.ok_or_else(|| {
            Error::CannotRollBack(format!(
                "service {of} was updated, and no service deployment has appeared in two minutes; look at the service's events"
            ))
        })?;
        let how = if self.in_between.is_some() { "at once" } else { "as the service says" };
        tell(
            "rollback.started",
            &format!("service deployment {arn} brings {} back, {how}", short(wanted)),
            json!({
                "deployment_id": self.course.release,
                "how": "updated",
                "rollback_deployment_id": arn,
                "service": of.to_string(),
                "task_definition": wanted,
            }),
        );
        Ok(arn)
    }

    /// Gives the service its own configuration again.
    async fn give_back(&self, tell: Tell<'_>) -> Result<(), Error> {
        let Some((own, _)) = &self.in_between else { return Ok(()) };
        let give = async || own.give(self.env, &self.of.cluster, &self.of.name).await;
        calmly(self.env, give).await.map_err(|error| {
            Error::CannotRollBack(format!(
                "service {} could not be given its own strategy and {} hooks again: {error}; do it with aws ecs update-service \
                 --deployment-configuration",
                self.of,
                own.hooks()
            ))
        })?;
        let text = format!("service {} has its own strategy and {} hooks again", self.of, own.hooks());
        tell("service.restored", &text, json!({ "service": self.of.to_string(), "hooks": own.hooks() }));
        Ok(())
    }

    /// What serves in the end decides, not what was meant to.
    async fn end(&self, last: &service_deployments::Seen) -> Result<Outcome, Error> {
        let wanted = short(&self.course.wanted);
        let arn = Some(last.arn.as_str());
        if matches!(last.status.as_str(), "SUCCESSFUL" | "ROLLBACK_SUCCESSFUL") && self.serves().await? {
            return Ok(self.outcome(Ending::RolledBack, arn, format!("{wanted} serves everybody")));
        }
        let seen = service::read(self.env, &self.of.cluster, &self.of.name).await?;
        let primary = seen.deployments.iter().find(|one| one.status == "PRIMARY");
        let serves = primary.map_or("nothing", |primary| short(&primary.task_definition));
        let why = last.reason.trim_end_matches('.');
        let remedy = if self.wish.emergency {
            "look at the service's events"
        } else {
            "if a hook stands in the way, `--emergency` leaves them out"
        };
        let reason = format!(
            "service deployment {} ended as {}: {why}; {wanted} should serve everybody, and ECS has {serves}; {remedy}",
            last.arn, last.status
        );
        Ok(self.outcome(Ending::Failed, arn, reason))
    }

    fn outcome(&self, outcome: Ending, rollback: Option<&str>, reason: String) -> Outcome {
        Outcome {
            outcome,
            deployment_id: self.course.release.clone(),
            rollback_deployment_id: rollback.map(str::to_owned),
            task_definition: Some(self.course.wanted.clone()),
            reason,
        }
    }

    fn tell_plan(&self, tell: Tell<'_>) {
        let (course, of, wanted) = (&self.course, self.of, short(&self.course.wanted));
        let (mut will, mut skips, mut commands) = (Vec::new(), Vec::new(), Vec::new());
        match &course.first {
            Some(First::Stop(arn)) => {
                will.push(format!(
                    "stop service deployment {arn}; ECS rolls it back, and asks the hooks of its traffic shifts again"
                ));
                commands.push(service_deployments::stop_command(arn));
            }
            Some(First::Follow(arn)) => will.push(format!("wait for {arn}, a rollback that is in progress")),
            None => {}
        }
        if course.deploys {
            let unless = if course.first.is_some() { ", unless it serves by then" } else { "" };
            let how = if self.in_between.is_some() {
                "all traffic at once"
            } else {
                "with the service's own strategy and hooks"
            };
            will.push(format!("deploy {wanted} to service {of} again, {how}{unless}"));
            let (cluster, name) = (&of.cluster, &of.name);
            let update = service_deployments::bring_back_command(cluster, name, wanted);
            commands.push(format!("{update} --force-new-deployment"));
        }
        if let (true, Some((own, _))) = (course.deploys, &self.in_between) {
            will.push("give the service its own strategy and hooks again at the end; let it come to that".to_owned());
            skips.push(format!(
                "all {} hooks, the bake time, and the alarms: a rollback is not rolled back",
                own.hooks()
            ));
        }
        let more = json!({
            "service": of.to_string(),
            "deployment_id": course.release,
            "task_definition": course.wanted,
            "commands": commands,
        });
        tell_plan(tell, &format!("service {of}"), &will, &skips, more);
    }
}
