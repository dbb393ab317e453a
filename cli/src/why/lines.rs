//! What the functions wrote about a deployment.

use super::story::{Alarm, Command, Hook};
use crate::Error;
use crate::aws::calmly;
use greenlight_aws::{Env, function, log_search};
use greenlight_domain::service_deployment::Stage;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The clocks of functions and of `CodeDeploy` need not be the same.
const APART: SignedDuration = SignedDuration::from_mins(1);

/// What the functions said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) hooks: Vec<Hook>,
    pub(crate) commands: Vec<Command>,
    pub(crate) alarms: Vec<Alarm>,
    /// Whether a function may be asked more than once at one point.
    repeats: bool,
}

/// The log group of an install's functions; `None` if there is no such install.
pub(crate) async fn log_group(env: &Env, install: &str) -> Result<Option<String>, Error> {
    let name = format!("{install}-launch-job");
    let found = calmly(env, async || function::configuration(env, &name).await).await?;
    Ok(found.map(|found| found.log_group))
}

/// The lines about a deployment since then; pages of one query.
pub(crate) async fn about(
    env: &Env,
    log_group: &str,
    deployment_id: &str,
    since: Option<Timestamp>,
) -> Result<Vec<Value>, Error> {
    let since = since.and_then(|since| since.checked_sub(APART).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    let until = env.clock.now().checked_add(APART).unwrap_or(Timestamp::MAX);
    let lines = log_search::find(env, log_group, &pattern(deployment_id), since, until).await?;
    Ok(lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// What finds a deployment's lines.
pub(crate) fn pattern(deployment_id: &str) -> String {
    format!("{{ $.deployment_id = \"{deployment_id}\" }}")
}

impl Said {
    /// Puts lines together. They come in no order, and some come twice.
    pub(crate) fn read(lines: &[Value]) -> Self {
        Self::default().with(lines)
    }

    /// The same for a service deployment of ECS: functions are asked before every step, and the points are ECS's lifecycle stages.
    pub(crate) fn read_on_ecs(lines: &[Value]) -> Self {
        let mut said = Self { repeats: true, ..Self::default() }.with(lines);
        for command in &mut said.commands {
            if let Ok(event) = command.lifecycle_event.parse() {
                Stage::of(event).name().clone_into(&mut command.lifecycle_event);
            }
        }
        said
    }

    fn with(mut self, lines: &[Value]) -> Self {
        let mut lines: Vec<(Timestamp, &Value)> =
            lines.iter().filter_map(|line| Some((time(line, "at")?, line))).collect();
        lines.sort_by_key(|(at, _)| *at);
        for (at, line) in lines {
            self.take(at, line);
        }
        self
    }

    fn take(&mut self, at: Timestamp, line: &Value) {
        match line.get("event").and_then(Value::as_str).unwrap_or_default() {
            "hook.pending" => self.hook(at, line, "pending"),
            "hook.late" => self.hook(at, line, "late"),
            "hook.verdict" => self.hook(at, line, &text(line, "verdict")),
            "task.started" => self.command(at, line, "running"),
            "task.judged" => self.command(at, line, &text(line, "outcome")),
            "rollback.started" => self.alarm(at, line, &text(line, "how")),
            "rollback.proposed" => self.alarm(at, line, "proposed"),
            _ => {}
        }
    }

    fn hook(&mut self, at: Timestamp, line: &Value, verdict: &str) {
        let hook = Hook {
            at,
            lifecycle_event: text(line, "lifecycle_event"),
            function: text(line, "function"),
            verdict: verdict.to_owned(),
            reason: some(line, "reason"),
            duration_ms: line.get("duration_ms").and_then(Value::as_i64),
        };
        let repeats = self.repeats;
        let same = |other: &&mut Hook| {
            other.lifecycle_event == hook.lifecycle_event && (!repeats || other.function == hook.function)
        };
        match self.hooks.iter_mut().rfind(same) {
            // whoever reports first decides; a repeated event may say it again
            Some(other) if other.verdict == "pending" => *other = hook,
            Some(other) if repeats && other.at != hook.at => self.hooks.push(hook),
            Some(_) => {}
            None => self.hooks.push(hook),
        }
    }

    fn command(&mut self, at: Timestamp, line: &Value, outcome: &str) {
        let number = |name: &str| line.get(name).and_then(Value::as_u64).unwrap_or_default();
        let command = Command {
            at,
            lifecycle_event: text(line, "lifecycle_event"),
            step: number("step"),
            attempt: number("attempt"),
            task: text(line, "task"),
            stopped_at: time(line, "stopped_at"),
            outcome: outcome.to_owned(),
            exit_code: line.get("exit_code").and_then(Value::as_i64),
            reason: some(line, "reason"),
            deadline: time(line, "deadline"),
        };
        let key = |one: &Command| (one.lifecycle_event.clone(), one.step, one.attempt);
        match self.commands.iter_mut().find(|other| key(other) == key(&command)) {
            Some(other) if other.outcome == "running" => *other = command,
            Some(_) => {}
            None => self.commands.push(command),
        }
    }

    fn alarm(&mut self, at: Timestamp, line: &Value, answer: &str) {
        let Some(name) = some(line, "alarm") else { return };
        let since = time(line, "since");
        let alarm = Alarm { at, name, since, answer: answer.to_owned(), command: some(line, "command") };
        if !self.alarms.iter().any(|other| (&other.name, other.since) == (&alarm.name, alarm.since)) {
            self.alarms.push(alarm);
        }
    }
}

fn some(line: &Value, member: &str) -> Option<String> {
    line.get(member)?.as_str().map(str::to_owned)
}

fn text(line: &Value, member: &str) -> String {
    some(line, member).unwrap_or_default()
}

fn time(line: &Value, member: &str) -> Option<Timestamp> {
    line.get(member)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Said;
    use serde_json::{Value, json};

    fn line(second: u32, event: &str, more: &Value) -> Value {
        let mut line = json!({ "event": event, "at": format!("2026-01-01T00:00:{second:02}Z"), "lifecycle_event": "BeforeInstall" });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    }

    #[test]
    fn lines_in_any_order_are_one_verdict() {
        let said = Said::read(&[
            line(9, "hook.verdict", &json!({ "verdict": "failed", "reason": "exit code 1" })),
            line(1, "hook.pending", &json!({ "function": "f" })),
            line(1, "task.started", &json!({ "task": "t", "step": 0, "attempt": 0 })),
            line(
                8,
                "task.judged",
                &json!({ "task": "t", "step": 0, "attempt": 0, "outcome": "failed", "exit_code": 1 }),
            ),
            line(
                8,
                "task.judged",
                &json!({ "task": "t", "step": 0, "attempt": 0, "outcome": "failed", "exit_code": 1 }),
            ),
        ]);
        assert_eq!((said.hooks.len(), said.hooks[0].verdict.as_str()), (1, "failed"));
        assert_eq!((said.commands.len(), said.commands[0].exit_code), (1, Some(1)));
    }

    #[test]
    fn in_a_deployment_of_ecs_every_step_has_its_verdict() {
        let step = |second, verdict: &str| {
            line(
                second,
                "hook.verdict",
                &json!({ "lifecycle_event": "PRE_PRODUCTION_TRAFFIC_SHIFT", "function": "f", "verdict": verdict }),
            )
        };
        let task = line(1, "task.started", &json!({ "task": "t" }));
        let said = Said::read_on_ecs(&[step(9, "failed"), step(5, "succeeded"), step(5, "succeeded"), task]);
        let verdicts: Vec<&str> = said.hooks.iter().map(|hook| hook.verdict.as_str()).collect();
        assert_eq!(verdicts, ["succeeded", "failed"]);
        assert_eq!(said.commands[0].lifecycle_event, "PRE_SCALE_UP");
    }

    #[test]
    fn other_lines_say_nothing() {
        let said = Said::read(&[json!({}), json!(1), json!({ "event": "hook.verdict", "at": "never" })]);
        assert!(said.hooks.is_empty() && said.commands.is_empty() && said.alarms.is_empty());
    }
}
