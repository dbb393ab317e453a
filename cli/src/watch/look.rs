//! Looks at a deployment again and again, and says what has changed since the last look.

use super::told::{Told, bar};
use super::{Viewer, on_ecs};
use crate::Error;
use crate::aws::calmly;
use crate::rollback::POLL;
use crate::why::lines::{self, Said};
use crate::why::{Found, OnCodeDeploy, Wanted, span};
use greenlight_aws::Env;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::deployment_target::{self, DeploymentTarget, Event, TaskSet};
use greenlight_domain::lifecycle::LifecycleEvent;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// So long the deployment that takes a failed one back may take to appear.
const APPEARS: SignedDuration = SignedDuration::from_secs(30);

/// Up to where somebody watches.
pub type Until = Option<LifecycleEvent>;

/// How a deployment that was watched ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The deployment that was watched first.
    pub deployment_id: String,
    /// Whether it succeeded, or has come as far as was wanted.
    pub is_good: bool,
    /// Whether it has come as far as was wanted, so that nobody watches further.
    pub reached: bool,
}

/// Follows a deployment to its end, or until a lifecycle event has succeeded; of ECS's own the lifecycle stage at the same point.
///
/// # Errors
/// If it cannot be found or read.
pub async fn watch(env: &Env, wanted: &Wanted, until: Until, viewer: &mut dyn Viewer) -> Result<Ended, Error> {
    let (found, log_group) = tokio::join!(Box::pin(wanted.find(env)), lines::log_group(env, &wanted.install));
    // without the functions' log there is less to tell
    let log_group = log_group.ok().flatten();
    match found? {
        Found::OnCodeDeploy(found) => Box::pin(on_codedeploy(env, *found, log_group.as_deref(), until, viewer)).await,
        Found::OnEcs(found) => Box::pin(on_ecs::watch(env, *found, log_group.as_deref(), until, viewer)).await,
    }
}

async fn on_codedeploy(
    env: &Env,
    found: OnCodeDeploy,
    log_group: Option<&str>,
    until: Until,
    viewer: &mut dyn Viewer,
) -> Result<Ended, Error> {
    let first = found.deployment.id.clone();
    let mut watched = Watched::new(env, log_group, found.deployment, found.target_id);
    let ended = |is_good, reached| Ok(Ended { deployment_id: first.clone(), is_good, reached });
    if Box::pin(watched.follow(until, viewer)).await? {
        return ended(true, true);
    }
    if watched.deployment.status == "Succeeded" {
        let taken_back = found.newer.as_ref().and_then(|newer| newer.first());
        let Some(other) = taken_back else { return ended(true, false) };
        let mut other = Watched::new(env, log_group, other.clone(), watched.target_id.clone());
        other.announce(&first, viewer);
        Box::pin(other.follow(None, viewer)).await?;
        return ended(false, false);
    }
    if let Some(rollback) = Box::pin(watched.rollback()).await? {
        let mut other = Watched::new(env, log_group, rollback, watched.target_id.clone());
        other.announce(&first, viewer);
        Box::pin(other.follow(None, viewer)).await?;
    }
    ended(false, false)
}

/// A deployment that is looked at.
struct Watched<'a> {
    env: &'a Env,
    log_group: Option<&'a str>,
    deployment: Deployment,
    target_id: Option<String>,
    told: Told,
}

impl<'a> Watched<'a> {
    fn new(env: &'a Env, log_group: Option<&'a str>, deployment: Deployment, target_id: Option<String>) -> Self {
        let told = Told::about(&deployment.id);
        Self { env, log_group, deployment, target_id, told }
    }

    /// Looks until it is over; `true` if it has come as far as was wanted.
    async fn follow(&mut self, until: Until, viewer: &mut dyn Viewer) -> Result<bool, Error> {
        self.status(viewer);
        loop {
            if self.target_id.is_none() {
                let id = &self.deployment.id;
                self.target_id = calmly(self.env, async || deployment_target::id(self.env, id).await).await?;
            }
            let (deployment, target, said) =
                tokio::join!(Box::pin(self.again()), Box::pin(self.target()), Box::pin(self.said()));
            let (deployment, target) = (deployment?, target?);
            self.deployment = deployment;
            self.tell_all(&target, &said, viewer);
            self.status(viewer);
            let (doing, until_then) = self.doing(&target, &said);
            viewer.now(&doing, until_then);
            let reached =
                |event: &Event| until.is_some_and(|until| event.name == until.name() && event.status == "Succeeded");
            if target.lifecycle_events.iter().any(reached) {
                return Ok(true);
            }
            if deployment::is_over(&self.deployment.status) {
                return Ok(false);
            }
            self.env.clock.sleep(POLL).await;
        }
    }

    async fn again(&self) -> Result<Deployment, Error> {
        Ok(calmly(self.env, async || deployment::get(self.env, &self.deployment.id).await).await?)
    }

    async fn target(&self) -> Result<DeploymentTarget, Error> {
        let (env, id) = (self.env, &self.deployment.id);
        let Some(target_id) = &self.target_id else { return Ok(DeploymentTarget::default()) };
        Ok(calmly(env, async || deployment_target::read(env, id, target_id).await).await?.unwrap_or_default())
    }

    async fn said(&self) -> Said {
        let Some(log_group) = self.log_group else { return Said::default() };
        // what cannot be read now may be at the next look
        let lines = lines::about(self.env, log_group, &self.deployment.id, self.deployment.created_at).await;
        lines.map(|lines| Said::read(&lines)).unwrap_or_default()
    }

    /// The deployment with which `CodeDeploy` undoes this one, if it does.
    async fn rollback(&mut self) -> Result<Option<Deployment>, Error> {
        let ended = self.deployment.completed_at.unwrap_or_else(|| self.env.clock.now());
        let until = ended.checked_add(APPEARS).unwrap_or(Timestamp::MAX);
        loop {
            if let Some(id) = &self.deployment.undone_by {
                return Ok(Some(calmly(self.env, async || deployment::get(self.env, id).await).await?));
            }
            if self.env.clock.now() >= until {
                return Ok(None);
            }
            self.env.clock.sleep(POLL).await;
            self.deployment = self.again().await?;
        }
    }

    fn announce(&self, of: &str, viewer: &mut dyn Viewer) {
        let id = &self.deployment.id;
        let fields = json!({ "deployment_id": of, "rollback_deployment_id": id });
        viewer.changed("rollback.started", &format!("deployment {id} takes {of} back"), fields);
    }

    fn status(&mut self, viewer: &mut dyn Viewer) {
        let Deployment { id, status, error, .. } = &self.deployment;
        let why = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let (text, fields) = (format!("deployment {id}: {status}{why}"), json!({ "status": status, "error": error }));
        self.told.once(format!("status {status}"), viewer, "deployment.status", &text, fields);
        if self.deployment.status == "Ready" {
            let id = &self.deployment.id;
            let (approve, reject) = (format!("greenlight approve {id}"), format!("greenlight reject {id}"));
            let text =
                format!("it waits for somebody before traffic shifts. To go on:\n{approve}\nTo give it up:\n{reject}");
            let fields = json!({ "command": approve, "reject": reject });
            self.told.once("ready".to_owned(), viewer, "deployment.waiting", &text, fields);
        }
    }

    fn tell_all(&mut self, target: &DeploymentTarget, said: &Said, viewer: &mut dyn Viewer) {
        target.lifecycle_events.iter().for_each(|event| self.event(event, viewer));
        self.told.said(self.env, said, viewer);
        // what came of a deployment that has ended is not what the service does now
        if !deployment::is_over(&self.deployment.status) {
            target.task_sets.iter().for_each(|set| self.task_set(set, viewer));
            self.traffic(&target.task_sets, viewer);
            self.kept(target, viewer);
        }
    }

    fn event(&mut self, event: &Event, viewer: &mut dyn Viewer) {
        let Event { name, status, started_at, ended_at, message } = event;
        let Some(started) = started_at.filter(|_| status != "Pending") else { return };
        let took = ended_at.map(|ended| ended.duration_since(started));
        let after = took.map(|took| format!(" after {}", span(took))).unwrap_or_default();
        let why = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
        let ms = took.map(|took| i64::try_from(took.as_millis()).unwrap_or(i64::MAX));
        let fields = json!({ "lifecycle_event": name, "status": status, "started_at": started, "ended_at": ended_at,
            "duration_ms": ms, "message": message });
        self.told.once(
            format!("{name} {status}"),
            viewer,
            "lifecycle.event",
            &format!("{name}: {status}{after}{why}"),
            fields,
        );
    }

    fn task_set(&mut self, set: &TaskSet, viewer: &mut dyn Viewer) {
        let TaskSet { id, label, status, running, desired, .. } = set;
        let name = label.as_deref().unwrap_or(id);
        let text = format!("{name} task set: {status}, {running} of {desired} tasks run");
        let fields =
            json!({ "task_set": id, "label": label, "status": status, "running": running, "desired": desired });
        let key = format!("set {id} {status} {running} {desired}");
        self.told.once(key, viewer, "task-set", &text, fields);
    }

    fn traffic(&mut self, sets: &[TaskSet], viewer: &mut dyn Viewer) {
        let weight =
            |label: &str| sets.iter().find(|set| set.label.as_deref() == Some(label)).map(|set| set.traffic_weight);
        let Some(green) = weight("Green") else { return };
        let fields = json!({ "green_percent": green, "blue_percent": weight("Blue") });
        self.told.once(format!("traffic {green}"), viewer, "traffic", &format!("traffic: {}", bar(green)), fields);
    }

    /// What goes on now, and how long that may last.
    fn doing(&self, target: &DeploymentTarget, said: &Said) -> (String, Option<Timestamp>) {
        let Some(event) = target.lifecycle_events.iter().find(|event| event.status == "InProgress") else {
            return match self.kept_until(target) {
                Some(end) => ("the old revision is kept".to_owned(), Some(end)),
                None => (self.deployment.status.clone(), None),
            };
        };
        let set = |label: &str| target.task_sets.iter().find(|set| set.label.as_deref() == Some(label));
        let command = said.commands.iter().find(|one| one.lifecycle_event == event.name && one.outcome == "running");
        match (event.name.as_str(), set("Green"), command) {
            ("Install", Some(green), _) => (format!("Install: {} of {} tasks run", green.running, green.desired), None),
            ("AllowTraffic", Some(green), _) => (format!("AllowTraffic: {}", bar(green.traffic_weight)), None),
            (name, _, Some(command)) => (format!("{name}: command {} runs", command.step + 1), command.deadline),
            // CodeDeploy waits an hour for a hook
            (name, _, None) => {
                let hour = SignedDuration::from_hours(1);
                (name.to_owned(), event.started_at.and_then(|started| started.checked_add(hour).ok()))
            }
        }
    }

    /// Until when the old revision is kept, if it is kept for a while now.
    fn kept_until(&self, target: &DeploymentTarget) -> Option<Timestamp> {
        let wait = self.deployment.termination_wait.filter(|_| self.deployment.waits_for_termination)?;
        let shifted = target.lifecycle_events.last()?.ended_at?;
        shifted.checked_add(SignedDuration::try_from(wait).ok()?).ok()
    }

    /// The old revision is kept for a while.
    fn kept(&mut self, target: &DeploymentTarget, viewer: &mut dyn Viewer) {
        let Some(end) = self.kept_until(target) else { return };
        let left = span(end.duration_since(self.env.clock.now()).max(SignedDuration::ZERO));
        let text = format!("the new revision has all traffic; the old one is kept for {left} more");
        self.told.once("kept".to_owned(), viewer, "deployment.waiting", &text, json!({ "until": end }));
    }
}
