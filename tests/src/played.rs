//! What can be seen of a deployment that was played, in either shell.

use serde_json::Value;
use std::collections::BTreeSet;

/// The facts of a rehearsal in their order, and its outcome.
#[derive(Debug)]
pub struct Played {
    pub facts: Vec<Value>,
    pub outcome: Value,
}

impl Played {
    pub fn deployment_id(&self) -> &str {
        self.outcome["deployment_id"].as_str().unwrap()
    }

    pub fn facts(&self, event: &str) -> Vec<&Value> {
        self.facts.iter().filter(|fact| fact["event"] == event).collect()
    }

    /// `event` facts of one deployment.
    pub fn of<'a>(&'a self, deployment_id: &str, event: &str) -> Vec<&'a Value> {
        self.facts(event).into_iter().filter(|fact| fact["deployment_id"] == deployment_id).collect()
    }

    /// `Succeeded`, `Failed` or `Stopped`, and the error code.
    pub fn ending(&self, deployment_id: &str) -> (String, Option<String>) {
        let ended = self.of(deployment_id, "deployment.ended");
        assert_eq!(ended.len(), 1, "{deployment_id} ends once: {ended:?}");
        (ended[0]["status"].as_str().unwrap().to_owned(), ended[0]["error_code"].as_str().map(str::to_owned))
    }

    /// The status of each lifecycle event, in the order in which they ended.
    pub fn lifecycle(&self, deployment_id: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let ended = self.of(deployment_id, "lifecycle.ended");
        ended.iter().map(|fact| (text(&fact["lifecycle_event"]), text(&fact["status"]))).collect()
    }

    /// The tasks that a hook started, once each: those that run or ran, and those that never came so far.
    pub fn one_offs(&self) -> Vec<&str> {
        self.started_by(|by| by.starts_with("greenlight/"))
    }

    /// Those of them that migrate.
    pub fn migrations(&self) -> Vec<&str> {
        self.started_by(|by| by.starts_with("greenlight/") && by.contains("/BeforeInstall/"))
    }

    fn started_by(&self, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        let ours = |fact: &&Value| fact["started_by"].as_str().is_some_and(&wanted);
        let (started, stopped) = (self.facts("task.started"), self.facts("task.stopped"));
        let tasks = started.into_iter().chain(stopped).filter(ours).map(|fact| fact["task"].as_str().unwrap());
        tasks.collect::<BTreeSet<_>>().into_iter().collect()
    }

    pub fn rollbacks(&self) -> Vec<&Value> {
        self.facts("rollback.started")
    }

    /// What the functions told the team beside the course of deployments. The alarms on the functions themselves tell it too,
    /// where functions die.
    pub fn notices(&self) -> Vec<&str> {
        let of_course = |notice: &&str| {
            let id = notice.lines().last().and_then(|line| line.strip_prefix("notice: ")).unwrap_or_default();
            ["deployment.", "traffic.", "product."].iter().any(|kind| id.starts_with(kind))
        };
        self.news().into_iter().filter(|notice| !of_course(notice)).collect()
    }

    /// Everything that the functions told the team.
    pub fn news(&self) -> Vec<&str> {
        let by_an_alarm =
            |fact: &&&Value| fact["subject"].as_str().is_some_and(|subject| subject.starts_with("ALARM: "));
        let by_functions = self.facts("notice.sent").into_iter().filter(|fact| !by_an_alarm(&fact));
        by_functions.map(|fact| fact["message"].as_str().unwrap()).collect()
    }

    /// What a function wrote about its verdicts on this deployment: (verdict, reason).
    pub fn verdicts(&self, deployment_id: &str) -> Vec<(String, String)> {
        let lines = self.facts("log.line");
        let own = lines.iter().filter(|fact| fact["function"].is_string());
        own.filter_map(|fact| serde_json::from_str::<Value>(fact["message"].as_str()?).ok())
            .filter(|line| line["event"] == "hook.verdict" && line["deployment_id"] == deployment_id)
            .map(|line| {
                let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                (text("verdict"), text("reason"))
            })
            .collect()
    }

    /// The target groups that the production listener last forwarded to.
    pub fn production(&self) -> Vec<String> {
        let shifts = self.facts("traffic.shifted");
        let last = shifts.iter().rfind(|fact| fact["listener"] == "production");
        let weights = last.and_then(|fact| fact["weights"].as_object());
        weights.into_iter().flatten().filter(|(_, weight)| **weight != 0).map(|(name, _)| name.clone()).collect()
    }

    /// Every call that a role was not allowed to make.
    pub fn denied(&self) -> Vec<&Value> {
        self.facts("call.denied")
    }
}
