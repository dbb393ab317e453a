//! Does what was chosen under `CodeDeploy`, and chooses again if somebody else was faster.

use super::choose::{self, Course, Redeploy, Seen};
use super::follow::{Follow, POLL};
use super::{Ending, First, Outcome, Place, Tell, Wish, serving, tell_plan};
use crate::Error;
use crate::aws::calmly;
use greenlight_aws::Env;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::revision::short;
use greenlight_aws::rollback::{Redeployment, stop, stop_command};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// How often a choice is made again because what is in progress ended meanwhile; and how often a throttled call is made.
const MOST: usize = 5;
/// Until then the rollback of a stopped deployment has mostly appeared.
const SOON: SignedDuration = SignedDuration::from_secs(20);
/// How long it may take to appear.
const APPEARS: SignedDuration = SignedDuration::from_mins(2);

/// A rollback under `CodeDeploy`.
struct Work<'a> {
    env: &'a Env,
    wish: &'a Wish,
    place: &'a Place,
    course: Course,
}

pub(super) async fn take_back(env: &Env, wish: &Wish, place: &Place, tell: Tell<'_>) -> Result<Outcome, Error> {
    for _ in 0..MOST {
        let seen = Seen::read(env, place, Some(wish)).await?;
        let course = choose::course(env, wish, place, &seen).await?;
        let work = Work { env, wish, place, course };
        if let Some(outcome) = Box::pin(work.run(tell)).await? {
            return Ok(outcome);
        }
    }
    Err(Error::CannotRollBack(format!(
        "the deployments of {} change faster than they can be read; look at them",
        place.name()
    )))
}

impl Work<'_> {
    /// `None` if what was in progress ended before it could be stopped.
    async fn run(&self, tell: Tell<'_>) -> Result<Option<Outcome>, Error> {
        let course = &self.course;
        let newest = course.newest.as_deref();
        let anyway = course.redeploy.as_ref().is_some_and(|redeploy| redeploy.anyway);
        if course.first.is_none() && !anyway && self.serves(newest).await? {
            let reason = format!("{} serves everybody already", short(&course.wanted));
            return Ok(Some(self.outcome(Ending::NothingToDo, newest, reason)));
        }
        if course.first.is_none() && course.redeploy.is_none() {
            return Ok(Some(self.outcome(Ending::Failed, newest, self.unexpected(newest).await?)));
        }
        self.tell_plan(tell);
        if self.wish.dry_run {
            return Ok(Some(self.outcome(Ending::Planned, None, "nothing was done".to_owned())));
        }
        let mut last = None;
        match &course.first {
            Some(First::Stop(id)) => {
                match calmly(self.env, async || stop(self.env, id).await).await {
                    Err(error) if error.is_already_done() => return Ok(None),
                    done => done?,
                }
                let fields = json!({ "deployment_id": id, "how": "stopped", "task_definition": course.wanted });
                tell("rollback.started", &format!("deployment {id} is stopped"), fields);
                last = Some(self.rollback_of(id, tell).await?);
            }
            Some(First::Follow(id)) => last = Some(self.follow(id, tell).await?),
            None => {}
        }
        let before = last.as_ref().map(|last| last.id.as_str()).or(newest);
        if let Some(redeploy) = &course.redeploy
            && (redeploy.anyway || !self.serves(before).await?)
        {
            let id = self.create(redeploy, before, tell).await?;
            last = Some(self.follow(&id, tell).await?);
        }
        self.end(last, tell).await.map(Some)
    }

    /// Whether the wanted revision serves everybody now, with the eyes of a deployment.
    async fn serves(&self, deployment: Option<&str>) -> Result<bool, Error> {
        Ok(serving::look(self.env, self.place, deployment).await?.is_all(&self.course.wanted))
    }

    /// Follows a deployment that was stopped, and the one with which `CodeDeploy` undoes it, if there is one: a deployment that had
    /// changed nothing yet needs none.
    async fn rollback_of(&self, id: &str, tell: Tell<'_>) -> Result<Deployment, Error> {
        let mut stopped = self.follow(id, tell).await?;
        let now = self.env.clock.now();
        let [soon, late] = [SOON, APPEARS].map(|span| now.checked_add(span).unwrap_or(Timestamp::MAX));
        while stopped.undone_by.is_none() && self.env.clock.now() < late {
            if self.env.clock.now() >= soon && self.serves(Some(id)).await? {
                break;
            }
            self.env.clock.sleep(POLL).await;
            stopped = calmly(self.env, async || deployment::get(self.env, id).await).await?;
        }
        match stopped.undone_by.clone() {
            Some(rollback) => self.follow(&rollback, tell).await,
            None => Ok(stopped),
        }
    }

    async fn follow(&self, id: &str, tell: Tell<'_>) -> Result<Deployment, Error> {
        let follow =
            Follow { env: self.env, place: self.place, wanted: &self.course.wanted, goes_on: self.wish.emergency };
        Box::pin(follow.to_the_end(id, tell)).await
    }

    /// Creates the deployment, unless somebody else has begun one meanwhile.
    async fn create(&self, redeploy: &Redeploy, expected: Option<&str>, tell: Tell<'_>) -> Result<String, Error> {
        let redeployment = &redeploy.redeployment;
        if let Some(newest) = self.newest().await?
            && expected.is_some_and(|expected| expected != newest.id)
        {
            return Err(self.overtaken(&newest.id));
        }
        let mut attempts = 0;
        let id = loop {
            attempts += 1;
            match redeployment.create(self.env).await {
                Ok(id) => break id,
                Err(error) if error.is_overtaken() => {
                    let newest = self.newest().await?;
                    return Err(self.overtaken(newest.as_ref().map_or("another deployment", |newest| &newest.id)));
                }
                // throttled, or its answer was lost
                Err(error) if error.is_temporary() && attempts < MOST => {
                    self.env.clock.sleep(POLL).await;
                    if let Some(id) = self.made(redeployment, expected).await? {
                        break id;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        };
        tell(
            "rollback.started",
            &format!("deployment {id} brings {} back", short(&self.course.wanted)),
            json!({
                "deployment_id": self.course.release,
                "how": "redeployed",
                "rollback_deployment_id": id,
                "task_definition": self.course.wanted,
            }),
        );
        Ok(id)
    }

    async fn newest(&self) -> Result<Option<Deployment>, Error> {
        let seen = Seen::read(self.env, self.place, None).await?;
        Ok(seen.deployments.into_iter().next())
    }

    async fn made(&self, redeployment: &Redeployment, expected: Option<&str>) -> Result<Option<String>, Error> {
        let newest = self.newest().await?;
        let ours = |one: &Deployment| Some(one.id.as_str()) != expected && one.description == redeployment.description;
        Ok(newest.filter(ours).map(|newest| newest.id))
    }

    fn overtaken(&self, by: &str) -> Error {
        Error::CannotRollBack(format!(
            "{by} began meanwhile in {}, and a group has one deployment at a time; nothing was deployed: look at it, and repeat the \
             command if it is not the cure",
            self.place.name()
        ))
    }

    /// What serves in the end decides, not what was meant to.
    async fn end(&self, last: Option<Deployment>, tell: Tell<'_>) -> Result<Outcome, Error> {
        let id = last.as_ref().map(|last| last.id.as_str());
        let wanted = &self.course.wanted;
        let seen = serving::settled(self.env, self.place, id, wanted).await?;
        let status = last.as_ref().map_or("", |last| last.status.as_str());
        // a deployment that was stopped before it changed anything needs no rollback
        let was_stopped = matches!(&self.course.first, Some(First::Stop(stopped)) if Some(stopped.as_str()) == id);
        let good = seen.is_all(wanted) && (status == "Succeeded" || was_stopped);
        let (ending, reason) = if good {
            (Ending::RolledBack, format!("{} serves everybody", short(wanted)))
        } else {
            let why = last.as_ref().and_then(|last| last.error.clone()).unwrap_or_default();
            let ended = id.map(|id| format!("deployment {id} ended as {status} {why}; ")).unwrap_or_default();
            (Ending::Failed, format!("{ended}{}", self.unexpected(id).await?))
        };
        let fields = json!({ "rollback_deployment_id": id, "status": status, "serving": seen.task_definition, "percent": seen.percent });
        tell("rollback.ended", "", fields);
        Ok(self.outcome(ending, id, reason))
    }

    /// What serves in place of what was wanted, and what to do.
    async fn unexpected(&self, deployment: Option<&str>) -> Result<String, Error> {
        let seen = serving::look(self.env, self.place, deployment).await?;
        let wanted = short(&self.course.wanted);
        let percent = seen.percent.map(|percent| format!(" with {percent} % of the traffic")).unwrap_or_default();
        let serves = seen.task_definition.as_deref().map_or("no task set", short);
        let remedy = if self.wish.emergency {
            "look at the deployment's lifecycle events and the service's events"
        } else {
            "if a check stands in the way, `--emergency` leaves them out"
        };
        Ok(format!("{wanted} should serve everybody, and {serves} is primary{percent}; {remedy}"))
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
        let course = &self.course;
        let wanted = short(&course.wanted);
        let (mut will, mut skips, mut commands) = (Vec::new(), Vec::new(), Vec::new());
        match &course.first {
            Some(First::Stop(id)) => {
                will.push(format!(
                    "stop deployment {id}; CodeDeploy rolls it back, with all traffic at once and without hooks"
                ));
                commands.push(stop_command(id));
            }
            Some(First::Follow(id)) => will.push(format!("wait for {id}, a rollback that is in progress")),
            None => {}
        }
        if let Some(redeploy) = &course.redeploy {
            let unless = if course.first.is_some() { ", unless it serves by then" } else { "" };
            will.push(format!("deploy {wanted} again, all traffic at once{unless}"));
            if !redeploy.asks.is_empty() {
                will.push(format!("ask its hooks: {}", redeploy.asks.join(", ")));
            }
            skips.extend(redeploy.leaves_out.iter().map(|hook| format!("the hook {hook}")));
            skips.push(
                "the deployment group's alarms, and automatic rollback: a rollback is not rolled back".to_owned(),
            );
            if !redeploy.asks.is_empty() {
                skips.push("freeze windows, and the alarms of [validate]".to_owned());
            }
            if self.place.group.waits_when_ready && self.wish.emergency {
                skips.push("the wait for somebody before traffic shifts".to_owned());
            }
            commands.push(redeploy.redeployment.command());
        }
        let more = json!({
            "deployment_group": self.place.name(),
            "service": self.place.service.to_string(),
            "deployment_id": course.release,
            "task_definition": course.wanted,
            "commands": commands,
        });
        let what = format!("{}, service {}", self.place.name(), self.place.service);
        tell_plan(tell, &what, &will, &skips, more);
    }
}
