//! Watches a service deployment, which ECS makes by itself: also its rollback is a part of it.

use super::Viewer;
use super::look::{Ended, Until};
use super::told::{Told, bar};
use crate::Error;
use crate::aws::calmly;
use crate::rollback::POLL;
use crate::why::lines::{self, Said};
use crate::why::{OnEcs, span};
use greenlight_aws::Env;
use greenlight_aws::service_course::{self, Course};
use greenlight_aws::service_deployments::{Pause, Seen};
use greenlight_domain::service_deployment::{ServiceDeploymentArn, Stage};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Follows it to its end, or until the stage at the point of a lifecycle event is over.
pub(super) async fn watch(
    env: &Env,
    found: OnEcs,
    log_group: Option<&str>,
    until: Until,
    viewer: &mut dyn Viewer,
) -> Result<Ended, Error> {
    let OnEcs { arn, course } = found;
    let told = Told::about(&arn.arn);
    let mut watched =
        Watched { env, log_group, arn, course, told, stage: None, began: 0, looked: false, shifted: false };
    watched.tell(viewer);
    loop {
        let (course, said) = tokio::join!(Box::pin(watched.again()), Box::pin(watched.said()));
        watched.course = course?;
        watched.told.said(env, &said, viewer);
        watched.tell(viewer);
        let (doing, left) = watched.doing(&said);
        viewer.now(&doing, left);
        let deployment_id = watched.arn.arn.clone();
        if until.is_some_and(|until| is_past(&watched.course.seen, Stage::of(until))) {
            return Ok(Ended { deployment_id, is_good: true, reached: true });
        }
        if watched.course.seen.is_over() {
            let is_good = watched.course.seen.status == "SUCCESSFUL";
            return Ok(Ended { deployment_id, is_good, reached: false });
        }
        env.clock.sleep(POLL).await;
    }
}

/// Whether a deployment that goes on has left a stage behind.
fn is_past(seen: &Seen, stage: Stage) -> bool {
    if seen.goes_back() || seen.is_over() {
        return seen.status == "SUCCESSFUL";
    }
    let Some(now) = seen.stage.as_ref().and_then(|now| now.parse::<Stage>().ok()) else { return false };
    // ECS calls what comes before the shift of production traffic the shift
    let shifts = now == Stage::ProductionTrafficShift && seen.percent.is_some_and(|percent| percent > 0.0);
    match stage {
        Stage::PreProductionTrafficShift => now > Stage::ProductionTrafficShift || shifts,
        stage => now > stage,
    }
}

/// The stage that was seen last.
struct InStage {
    name: String,
    /// Since when, if its beginning was seen.
    began: Option<Timestamp>,
    goes_back: bool,
}

/// A service deployment that is looked at.
struct Watched<'a> {
    env: &'a Env,
    log_group: Option<&'a str>,
    arn: ServiceDeploymentArn,
    course: Course,
    told: Told,
    stage: Option<InStage>,
    /// How many stages were seen to begin.
    began: u32,
    /// Whether it was looked at before.
    looked: bool,
    /// Whether the new revision had some traffic.
    shifted: bool,
}

impl Watched<'_> {
    async fn again(&self) -> Result<Course, Error> {
        let found = calmly(self.env, async || service_course::read(self.env, &self.arn.arn).await).await?;
        // one that ECS has forgotten is as it was
        Ok(found.unwrap_or_else(|| self.course.clone()))
    }

    async fn said(&self) -> Said {
        let Some(log_group) = self.log_group else { return Said::default() };
        // what cannot be read now may be at the next look
        let lines = lines::about(self.env, log_group, &self.arn.id, self.course.created_at).await;
        lines.map(|lines| Said::read_on_ecs(&lines)).unwrap_or_default()
    }

    fn tell(&mut self, viewer: &mut dyn Viewer) {
        self.status(viewer);
        self.stages(viewer);
        self.ends(viewer);
        if !self.course.seen.is_over() {
            self.tasks(viewer);
            self.traffic(viewer);
            for pause in self.course.seen.pauses.clone() {
                self.pause(&pause, viewer);
            }
        }
    }

    fn status(&mut self, viewer: &mut dyn Viewer) {
        let Seen { status, reason, .. } = &self.course.seen;
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let text = format!("service deployment {}: {status}{why}", self.arn.id);
        let fields = json!({ "status": status, "error": Some(reason).filter(|reason| !reason.is_empty()) });
        self.told.once(format!("status {status}"), viewer, "deployment.status", &text, fields);
    }

    /// The stage that it is in, and the end of the one before. ECS says no times.
    fn stages(&mut self, viewer: &mut dyn Viewer) {
        let (now, goes_back) = (self.course.seen.stage.clone(), self.course.seen.goes_back());
        let had_looked = std::mem::replace(&mut self.looked, true);
        if self.stage.as_ref().map(|stage| &stage.name) == now.as_ref() {
            return;
        }
        let at = self.env.clock.now();
        if let Some(InStage { name, began, goes_back: went_back }) = self.stage.take() {
            let is_cut = goes_back != went_back || self.course.seen.status == "ROLLBACK_FAILED";
            let status = if is_cut { "Failed" } else { "Succeeded" };
            let took = began.map(|began| at.duration_since(began));
            let after = took.map(|took| format!(" after {}", span(took))).unwrap_or_default();
            let ms = took.map(|took| i64::try_from(took.as_millis()).unwrap_or(i64::MAX));
            let fields = json!({ "lifecycle_event": name, "status": status, "duration_ms": ms });
            let key = format!("stage {} ended", self.began);
            self.told.once(key, viewer, "lifecycle.event", &format!("{name}: {status}{after}"), fields);
        }
        let Some(name) = now else { return };
        self.began += 1;
        let back = if goes_back { ", on the way back" } else { "" };
        let text = format!("{name}: InProgress{back}");
        let fields = json!({ "lifecycle_event": name, "status": "InProgress", "goes_back": goes_back });
        self.told.once(format!("stage {} began", self.began), viewer, "lifecycle.event", &text, fields);
        self.stage = Some(InStage { name, began: had_looked.then_some(at), goes_back });
    }

    /// What ends it, before its time.
    fn ends(&mut self, viewer: &mut dyn Viewer) {
        for alarm in self.course.triggered.clone() {
            let text = format!("alarm {alarm} went off");
            self.told.once(format!("alarm {alarm}"), viewer, "alarm.triggered", &text, json!({ "alarm": alarm }));
        }
        if self.course.breaker {
            let text = "the deployment circuit breaker has ended it: its tasks failed again and again";
            self.told.once("breaker".to_owned(), viewer, "circuit-breaker.triggered", text, json!({}));
        }
        if let Some(rollback) = &self.course.rollback {
            let text = format!("ECS takes it back: {}", rollback.reason);
            let fields = json!({ "reason": rollback.reason, "service_revision": rollback.to });
            self.told.once("rollback".to_owned(), viewer, "rollback.started", &text, fields);
        }
    }

    fn tasks(&mut self, viewer: &mut dyn Viewer) {
        let Some(green) = self.course.target.as_ref().filter(|green| green.desired > 0) else { return };
        let (running, desired) = (green.running, green.desired);
        let text = format!("new revision: {running} of {desired} tasks run");
        let fields = json!({ "task_set": green.arn, "label": "Green", "running": running, "desired": desired });
        self.told.once(format!("tasks {running} {desired}"), viewer, "task-set", &text, fields);
    }

    fn traffic(&mut self, viewer: &mut dyn Viewer) {
        let Some(green) = self.course.seen.percent else { return };
        self.shifted |= green > 0.0;
        if !self.shifted {
            return;
        }
        let back = self.course.seen.goes_back();
        let fields = json!({ "green_percent": green, "blue_percent": 100.0 - green });
        let key = format!("traffic {green} {back}");
        self.told.once(key, viewer, "traffic", &format!("traffic: {}", bar(green)), fields);
    }

    fn pause(&mut self, pause: &Pause, viewer: &mut dyn Viewer) {
        let Pause { id, status, expires_at, timeout_action } = pause;
        if !pause.waits() {
            let text = match status.as_str() {
                "SUCCEEDED" => format!("somebody let it go on ({id})"),
                "FAILED" => format!("somebody rejected it ({id})"),
                _ => format!("nobody answered in time ({id}): {timeout_action}"),
            };
            let fields = json!({ "hook": id, "status": status });
            return self.told.once(format!("pause {id} {status}"), viewer, "deployment.answered", &text, fields);
        }
        let stage = self.course.seen.stage.as_ref().map(|stage| format!(" at {stage}")).unwrap_or_default();
        let left = expires_at.map(|until| until.duration_since(self.env.clock.now()).max(SignedDuration::ZERO));
        let left = left.map(|left| format!(", {} left, then {timeout_action}", span(left))).unwrap_or_default();
        let arn = &self.arn.arn;
        let approve = format!("greenlight approve {arn} --hook {id}");
        let reject = format!("greenlight reject {arn} --hook {id}");
        let text =
            format!("it waits for somebody{stage}{left}. To let it go on:\n{approve}\nTo take it back:\n{reject}");
        let fields = json!({ "hook": id, "until": expires_at, "otherwise": timeout_action, "command": approve, "reject": reject });
        self.told.once(format!("pause {id} {status}"), viewer, "deployment.waiting", &text, fields);
    }

    /// What goes on now, and how long that may last.
    fn doing(&self, said: &Said) -> (String, Option<Timestamp>) {
        let Seen { status, stage, pauses, running: (running, desired), percent, is_rolling, .. } = &self.course.seen;
        if let Some(pause) = pauses.iter().find(|pause| pause.waits()) {
            return ("it waits for somebody".to_owned(), pause.expires_at);
        }
        let tasks = format!("{running} of {desired} tasks run");
        let Some(stage) = stage else {
            return (if *is_rolling { tasks } else { status.clone() }, None);
        };
        if let Some(command) = said.commands.iter().find(|one| one.outcome == "running") {
            return (format!("{}: command {} runs", command.lifecycle_event, command.step + 1), command.deadline);
        }
        match stage.parse() {
            Ok(Stage::ScaleUp) => (format!("{stage}: {tasks}"), None),
            Ok(Stage::ProductionTrafficShift) => (format!("{stage}: {}", bar(percent.unwrap_or_default())), None),
            Ok(Stage::BakeTime) => (format!("{stage}: the old revision is kept"), None),
            _ => {
                let asked = self.course.functions.iter().find(|asked| asked.status == "IN_PROGRESS");
                (stage.clone(), asked.and_then(|asked| asked.expires_at))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Seen, Stage, is_past};

    #[test]
    fn a_stage_is_past_when_a_later_one_has_begun() {
        use Stage::{PostScaleUp, PreProductionTrafficShift as Before, ProductionTrafficShift as Shift, ScaleUp};
        let table = [
            ("IN_PROGRESS", Some("SCALE_UP"), None, ScaleUp, false),
            ("IN_PROGRESS", Some("POST_SCALE_UP"), None, ScaleUp, true),
            ("IN_PROGRESS", Some("PRODUCTION_TRAFFIC_SHIFT"), Some(0.0), Before, false),
            ("IN_PROGRESS", Some("PRODUCTION_TRAFFIC_SHIFT"), Some(10.0), Before, true),
            ("IN_PROGRESS", Some("PRODUCTION_TRAFFIC_SHIFT"), Some(10.0), Shift, false),
            ("IN_PROGRESS", Some("BAKE_TIME"), Some(100.0), Shift, true),
            ("ROLLBACK_IN_PROGRESS", Some("CLEAN_UP"), None, PostScaleUp, false),
            ("PENDING", None, None, ScaleUp, false),
            ("SUCCESSFUL", None, None, Shift, true),
            ("ROLLBACK_SUCCESSFUL", None, None, ScaleUp, false),
        ];
        for (status, stage, percent, wanted, expected) in table {
            let seen = Seen {
                arn: String::new(),
                status: status.to_owned(),
                reason: String::new(),
                stage: stage.map(str::to_owned),
                running: (0, 0),
                percent,
                pauses: Vec::new(),
                is_rolling: false,
            };
            assert_eq!(is_past(&seen, wanted), expected, "{status} {stage:?} {wanted}");
        }
    }
}
