//! `greenlight doctor --alarms`: which alarms come in time, and which when nobody listens any more.

use crate::{Error, aws, file};
use greenlight_aws::{Env, alarms, deployment_group};
use greenlight_domain::alarm_timing::{Allowed, Comes, Watched, needs};
use greenlight_domain::plan::Plan;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// What was found.
#[derive(Debug)]
pub(super) struct Report {
    deployment_group: String,
    deployment_config: String,
    allowed: Allowed,
    alarms: Vec<Judged>,
}

/// What is said of one alarm.
#[derive(Debug)]
struct Judged {
    name: String,
    /// Whether the deployment group lists it; else the plan does.
    by_codedeploy: bool,
    /// `None` if there is no such alarm.
    watched: Option<Watched>,
    needs: Option<Duration>,
    comes: Option<Comes>,
}

/// Asks AWS about the deployment group and the alarms of a plan.
pub(super) fn judge(path: &Path) -> Result<Report, Error> {
    let text = file::text(path)?;
    let source = path.display().to_string();
    let plan = Plan::parse(&text, &source).map_err(|source| Error::Plan { source, text: text.clone() })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Start { what: "start the runtime", source })?;
    runtime.block_on(async { ask(&aws::env().await?, &plan).await })
}

async fn ask(env: &Env, plan: &Plan) -> Result<Report, Error> {
    let group = aws::deployment_group(env, &plan.application, &plan.deployment_group).await?;
    let deployment_config = group.deployment_config.clone().unwrap_or_default();
    let window = plan.rollback.as_ref().map(|rollback| rollback.window).unwrap_or_default();
    let allowed = Allowed {
        shift: deployment_group::shift(env, &deployment_config).await?,
        termination_wait: group.termination_wait.unwrap_or_default(),
        window,
    };
    // the plan's own count where the group lists none
    let of_plan = plan.rollback.iter().flat_map(|rollback| &rollback.alarms).filter(|_| group.alarms.is_empty());
    let names: Vec<String> = group.alarms.iter().chain(of_plan).cloned().collect();
    let watched = alarms::watched(env, &names).await?;
    let judged = names.into_iter().map(|name| {
        let by_codedeploy = group.alarms.contains(&name);
        let needs = needs(&name, &watched);
        let comes = needs.map(|needs| allowed.comes(needs, by_codedeploy));
        Judged { watched: watched.get(&name).cloned(), by_codedeploy, needs, comes, name }
    });
    let deployment_group = format!("{}/{}", plan.application, plan.deployment_group);
    Ok(Report { deployment_group, deployment_config, allowed, alarms: judged.collect() })
}

impl Report {
    /// Whether every alarm comes in time, and there is one.
    pub(super) fn is_empty(&self) -> bool {
        !self.alarms.is_empty() && self.alarms.iter().all(|alarm| alarm.finding().is_none())
    }

    pub(super) fn text(&self) -> String {
        let Allowed { shift, termination_wait, window } = self.allowed;
        let mut text = format!("{} shifts traffic by {}\n", self.deployment_group, self.deployment_config);
        let spans = format!("{} + {} + {}", span(shift), span(termination_wait), span(window));
        let _ = writeln!(text, "  time for alarms: {spans} (shift, termination wait, the plan's rollback.window)");
        for alarm in &self.alarms {
            let needs = alarm.needs.map(|needs| format!("needs up to {}: ", span(needs))).unwrap_or_default();
            let said = alarm.finding().unwrap_or_else(|| alarm.when().to_owned());
            let mark = if alarm.finding().is_some() { "✗" } else { "✓" };
            let _ = writeln!(text, "{mark} {}  {needs}{said}", alarm.name);
        }
        if self.alarms.is_empty() {
            text.push_str("✗ no alarm watches: give the deployment group one, or name one in [rollback]\n");
        }
        text
    }

    pub(super) fn json(&self) -> String {
        let mut lines: Vec<Value> = self.alarms.iter().map(Judged::json).collect();
        let Allowed { shift, termination_wait, window } = self.allowed;
        lines.push(json!({
            "event": "outcome",
            "deployment_group": self.deployment_group,
            "deployment_config": self.deployment_config,
            "shift_s": shift.as_secs(),
            "termination_wait_s": termination_wait.as_secs(),
            "window_s": window.as_secs(),
            "alarms": self.alarms.len(),
            "findings": self.alarms.iter().filter(|alarm| alarm.finding().is_some()).count()
                + usize::from(self.alarms.is_empty()),
        }));
        lines.iter().flat_map(|line| [line.to_string(), "\n".to_owned()]).collect()
    }
}

impl Judged {
    fn when(&self) -> &'static str {
        match self.comes {
            Some(Comes::InShift) => "in time, before everybody has the new revision",
            Some(Comes::InTerminationWait) => "in the termination wait, when everybody has the new revision",
            Some(Comes::InWindow) => "only within rollback.window, when the deployment is over",
            Some(Comes::TooLate) | None => "too late",
        }
    }

    /// What is wrong, and what to do.
    fn finding(&self) -> Option<String> {
        match (&self.watched, self.comes) {
            (None, _) if self.by_codedeploy => Some(
                "does not exist, and CodeDeploy stops every deployment whose alarms it cannot ask; create it, or take it out of the \
                 deployment group"
                    .to_owned(),
            ),
            (None, _) => Some("does not exist; create it, or take it out of [rollback]".to_owned()),
            (Some(_), None) => Some(
                "nothing says how long it needs: it watches no metric, an alarm that does not exist, or itself; look at its definition"
                    .to_owned(),
            ),
            (Some(_), Some(Comes::TooLate)) => Some(
                "cannot come in time; give it a shorter period or fewer data points, or the deployment group a longer termination wait, \
                 or the plan a [rollback] with a longer window"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn json(&self) -> Value {
        let event = if self.finding().is_some() { "alarm.too-late" } else { "alarm.in-time" };
        let comes = match self.comes {
            Some(Comes::InShift) => "shift",
            Some(Comes::InTerminationWait) => "termination-wait",
            Some(Comes::InWindow) => "window",
            Some(Comes::TooLate) => "never",
            None => "unknown",
        };
        json!({
            "event": event,
            "alarm": self.name,
            "comes": comes,
            "needs_s": self.needs.map(|needs| needs.as_secs()),
            "by_codedeploy": self.by_codedeploy,
            "finding": self.finding(),
        })
    }
}

fn span(duration: Duration) -> String {
    if duration.is_zero() {
        return "0".to_owned();
    }
    jiff::SignedDuration::try_from(duration).map_or_else(|_| format!("{duration:?}"), |span| format!("{span:#}"))
}
