//! What is told of a deployment, whoever deploys: everything once.

use super::Viewer;
use crate::why::lines::Said;
use crate::why::span;
use crate::why::story::{Alarm, Command, Hook};
use greenlight_aws::Env;
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeSet;

/// Cells of the bar.
const CELLS: usize = 20;

/// What was told of a deployment before.
pub(super) struct Told {
    deployment_id: String,
    keys: BTreeSet<String>,
}

impl Told {
    pub(super) fn about(deployment_id: &str) -> Self {
        Self { deployment_id: deployment_id.to_owned(), keys: BTreeSet::new() }
    }

    /// What the functions said.
    pub(super) fn said(&mut self, env: &Env, said: &Said, viewer: &mut dyn Viewer) {
        said.commands.iter().for_each(|command| self.command(env, command, viewer));
        said.hooks.iter().for_each(|hook| self.hook(hook, viewer));
        said.alarms.iter().for_each(|alarm| self.alarm(alarm, viewer));
    }

    /// Tells something, once.
    pub(super) fn once(
        &mut self,
        key: String,
        viewer: &mut dyn Viewer,
        event: &'static str,
        text: &str,
        mut fields: serde_json::Value,
    ) {
        if self.keys.insert(key) {
            fields["deployment_id"] = json!(self.deployment_id);
            viewer.changed(event, text, fields);
        }
    }

    fn command(&mut self, env: &Env, command: &Command, viewer: &mut dyn Viewer) {
        let Command { lifecycle_event, step, attempt, outcome, .. } = command;
        let left = command.deadline.filter(|_| outcome == "running").map(|deadline| {
            let left = deadline.duration_since(env.clock.now()).max(SignedDuration::ZERO);
            format!(", {} left", span(left))
        });
        let reason = command.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let what = format!("command {} of {lifecycle_event}, attempt {}", step + 1, attempt + 1);
        let key = format!("command {lifecycle_event} {step} {attempt} {outcome}");
        let text = format!("{what}: {outcome}{}{reason}", left.unwrap_or_default());
        self.once(key, viewer, "command", &text, serde_json::to_value(command).unwrap_or_default());
    }

    fn hook(&mut self, hook: &Hook, viewer: &mut dyn Viewer) {
        let Hook { at, lifecycle_event, function, verdict, reason, .. } = hook;
        let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let text = match verdict.as_str() {
            "pending" => format!("{function} waits for its task, for {lifecycle_event}"),
            _ => format!("{function} said {verdict} for {lifecycle_event}{reason}"),
        };
        let fields = serde_json::to_value(hook).unwrap_or_default();
        self.once(format!("hook {lifecycle_event} {verdict} {at}"), viewer, "hook.verdict", &text, fields);
    }

    fn alarm(&mut self, alarm: &Alarm, viewer: &mut dyn Viewer) {
        let Alarm { name, answer, since, .. } = alarm;
        let text = format!("alarm {name} went off; the function rollback answered: {answer}");
        let fields = serde_json::to_value(alarm).unwrap_or_default();
        self.once(format!("alarm {name} {since:?}"), viewer, "alarm.answered", &text, fields);
    }
}

/// `blue ████░░░░ green 10 %`: how much of the traffic is green's.
pub(super) fn bar(green: f64) -> String {
    let filled =
        (1..=CELLS).filter(|cell| green * 20.0 >= f64::from(u8::try_from(*cell).unwrap_or(u8::MAX)) * 100.0).count();
    let filled = if green > 0.0 { filled.max(1) } else { 0 };
    format!("blue {}{} green {green:.0} %", "▇".repeat(CELLS - filled), "░".repeat(filled))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn the_bar_shows_each_share() {
        for (green, cells) in [(0.0, 0), (1.0, 1), (10.0, 2), (50.0, 10), (100.0, 20)] {
            let bar = bar(green);
            assert_eq!(bar.chars().filter(|c| *c == '░').count(), cells, "{bar}");
            assert_eq!(bar.chars().filter(|c| *c == '▇').count(), 20 - cells, "{bar}");
        }
    }
}
