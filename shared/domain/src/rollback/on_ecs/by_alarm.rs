//! What an alarm does to a service that ECS itself deploys.

use super::super::{Action, Measure, Why, act, is_over, went_off};
use super::{ServiceDeployment, comes_back, history};
use crate::alarm::Alarm;
use crate::plan::Rollback;
use jiff::Timestamp;
use std::time::Duration;

/// Decides. `deployments` are those of one service, the newest first; `plan` is that of the newest one's revision.
pub fn decide_on_ecs(
    alarm: &Alarm,
    deployments: &[ServiceDeployment],
    plan: Option<&Rollback>,
    switched_off: bool,
    now: Timestamp,
) -> Action {
    act(weigh(alarm, deployments, plan, now), plan, switched_off)
}

fn weigh(
    alarm: &Alarm,
    deployments: &[ServiceDeployment],
    plan: Option<&Rollback>,
    now: Timestamp,
) -> Result<Measure, Why> {
    if !went_off(alarm) {
        return Err(Why::NoAlarm);
    }
    let Some((newest, earlier)) = deployments.split_first() else { return Err(Why::NoDeployment) };
    let arn = || newest.arn.clone();
    let is_comeback = comes_back(deployments);
    if alarm.since <= newest.created {
        return Err(if is_comeback { Why::Answered(arn()) } else { Why::AlarmIsOlder(arn()) });
    }
    let course = Course::of(newest);
    match course {
        Course::GoesBack => return Err(Why::RollingBack(arn())),
        Course::Forward if is_comeback => return Err(Why::RollingBack(arn())),
        _ if is_comeback => return Err(Why::IsRollback(arn())),
        // one that went off while the release was deployed, or taken back, was answered by that
        Course::WentBack if newest.finished.is_some_and(|finished| alarm.since > finished) => {
            return Err(Why::TakenBack(arn()));
        }
        Course::WentBack => return Err(Why::Answered(arn())),
        Course::Forward | Course::Succeeded | Course::EndedBadly => {}
    }
    let Some(plan) = plan else { return Err(Why::NotWanted) };
    let over = |since: Timestamp, span: Duration| is_over(since, span, now);
    if newest.finished.is_some_and(|finished| over(finished, plan.window)) {
        return Err(Why::OutsideWindow(arn(), plan.window));
    }
    let rest = || (0..earlier.len()).filter_map(|from| earlier.get(from..));
    let recent =
        |deployments: &&[ServiceDeployment]| taken_back_at(deployments).is_some_and(|at| !over(at, plan.cooldown));
    if let Some(recent) = rest().find(recent).and_then(|deployments| deployments.first()) {
        return Err(Why::CoolingDown(recent.arn.clone(), plan.cooldown));
    }
    match course {
        Course::Forward => Ok(Measure::Stop { deployment: arn() }),
        Course::Succeeded => {
            let good = history(earlier).good;
            let to = good.into_iter().rev().find(|good| *good != newest.task_definition);
            let to = to.ok_or_else(|| Why::NoGoodRevision(arn()))?;
            Ok(Measure::RollBack { deployment: arn(), to: to.to_owned() })
        }
        Course::EndedBadly | Course::GoesBack | Course::WentBack => Err(Why::EndedBadly(arn(), newest.status.clone())),
    }
}

/// How a deployment goes, or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Forward,
    GoesBack,
    WentBack,
    Succeeded,
    EndedBadly,
}

impl Course {
    fn of(deployment: &ServiceDeployment) -> Self {
        match deployment.status.as_str() {
            "PENDING" | "IN_PROGRESS" => Self::Forward,
            "SUCCESSFUL" => Self::Succeeded,
            "ROLLBACK_SUCCESSFUL" => Self::WentBack,
            "STOPPED" | "ROLLBACK_FAILED" => Self::EndedBadly,
            _ => Self::GoesBack,
        }
    }
}

/// When somebody, or an alarm, took a release back with the first of these deployments. ECS takes back deployments that fail too:
/// what is deployed next, perhaps right away, is then no less watched.
fn taken_back_at(deployments: &[ServiceDeployment]) -> Option<Timestamp> {
    let newest = deployments.first()?;
    if comes_back(deployments) {
        return Some(newest.created);
    }
    let is_back = matches!(Course::of(newest), Course::GoesBack | Course::WentBack);
    let on_request = newest.reason.contains("StopServiceDeployment") || newest.reason.contains("alarm");
    (is_back && on_request).then(|| newest.finished.unwrap_or(newest.created))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::RollbackMode;
    use crate::rollback::Hold;
    use jiff::SignedDuration;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn alarm(since: i64) -> Alarm {
        Alarm {
            name: "shop-errors".to_owned(),
            arn: None,
            state: "ALARM".to_owned(),
            previous: Some("OK".to_owned()),
            since: at(since),
            reason: "too many".to_owned(),
        }
    }

    fn plan() -> Rollback {
        let (window, cooldown) = (Rollback::WINDOW, Rollback::COOLDOWN);
        Rollback { mode: RollbackMode::Auto, window, cooldown, alarms: Vec::new() }
    }

    /// `a+@-10` succeeded: `a` was deployed ten minutes before minute 0, in two minutes; `s` was stopped and went back, `f` failed and
    /// went back. The oldest first.
    fn deployments(text: &str) -> Vec<ServiceDeployment> {
        let one = |(number, word): (usize, &str)| {
            let (what, minutes) = word.split_once('@').unwrap();
            let (task_definition, sign) = what.split_at(1);
            let (status, reason) = match sign {
                "+" => ("SUCCESSFUL", ""),
                "?" => ("IN_PROGRESS", ""),
                "." => ("PENDING", ""),
                "<" => ("ROLLBACK_IN_PROGRESS", "alarm detected: shop-errors"),
                "r" => ("ROLLBACK_REQUESTED", "rolled back because of StopServiceDeployment"),
                "q" => ("STOP_REQUESTED", ""),
                "s" => ("ROLLBACK_SUCCESSFUL", "rolled back because of StopServiceDeployment"),
                "f" => ("ROLLBACK_SUCCESSFUL", "a hook said no"),
                "x" => ("STOPPED", ""),
                "!" => ("ROLLBACK_FAILED", ""),
                other => panic!("{other}"),
            };
            let minutes: i64 = minutes.parse().unwrap();
            ServiceDeployment {
                arn: number.to_string(),
                status: status.to_owned(),
                reason: reason.to_owned(),
                created: at(minutes),
                finished: (!["?", ".", "<", "r", "q"].contains(&sign)).then(|| at(minutes + 2)),
                task_definition: task_definition.to_owned(),
            }
        };
        let mut all: Vec<_> = text.split_whitespace().enumerate().map(one).collect();
        all.reverse();
        all
    }

    fn said(action: Action) -> String {
        match action {
            Action::Take(Measure::Stop { deployment }) => format!("stop {deployment}"),
            Action::Take(Measure::RollBack { deployment, to }) => format!("take {deployment} back to {to}"),
            Action::Propose { hold, .. } => format!("propose, {hold:?}"),
            Action::Nothing(why) => format!("{why:?}"),
        }
    }

    #[test]
    fn a_table_of_cases() {
        let table = [
            ("", "NoDeployment"),
            ("a+@-600 b.@-1", "stop 1"),
            ("a+@-600 b?@-1", "stop 1"),
            ("a+@-600 b?@-300", "stop 1"),
            ("a?@-1", "stop 0"),
            ("a+@-600 b+@-10", "take 1 back to a"),
            ("a+@-600 b+@-300 b+@-10", "take 2 back to a"),
            ("a+@-600 b+@-300 c+@-10", "take 2 back to b"),
            ("a+@-600 bf@-20 c+@-10", "take 2 back to a"),
            // it began with the alarm, or after it
            ("a+@-600 b?@0", "AlarmIsOlder(\"1\")"),
            ("a+@-600 b+@-10 c?@1", "AlarmIsOlder(\"2\")"),
            ("a+@-600 b+@-10 a?@1", "Answered(\"2\")"),
            // too late
            ("a+@-600 b+@-32", "take 1 back to a"),
            ("a+@-600 b+@-33", "OutsideWindow(\"1\", 1800s)"),
            ("a+@-600 bx@-33", "OutsideWindow(\"1\", 1800s)"),
            // nothing to go back to
            ("a+@-10", "NoGoodRevision(\"0\")"),
            ("a+@-600 a+@-10", "NoGoodRevision(\"1\")"),
            ("af@-600 b+@-10", "NoGoodRevision(\"1\")"),
            // it goes back already
            ("a+@-600 b<@-1", "RollingBack(\"1\")"),
            ("a+@-600 br@-1", "RollingBack(\"1\")"),
            ("a+@-600 bq@-1", "RollingBack(\"1\")"),
            ("a+@-600 b+@-10 a?@-1", "RollingBack(\"2\")"),
            ("a+@-600 b+@-10 a<@-1", "RollingBack(\"2\")"),
            // it went back
            ("a+@-600 bs@-1", "Answered(\"1\")"),
            ("a+@-600 bs@-5", "TakenBack(\"1\")"),
            ("a+@-600 bf@-5", "TakenBack(\"1\")"),
            ("a+@-600 b+@-20 a+@-10", "IsRollback(\"2\")"),
            ("a+@-600 b+@-20 af@-10", "IsRollback(\"2\")"),
            ("a+@-600 b+@-20 a!@-10", "IsRollback(\"2\")"),
            // another one was taken back a short while ago
            ("a+@-600 bs@-12 c+@-9", "CoolingDown(\"1\", 600s)"),
            ("a+@-600 bs@-12 c?@-9", "CoolingDown(\"1\", 600s)"),
            ("a+@-600 bs@-13 c+@-9", "take 2 back to a"),
            ("a+@-600 bf@-12 c?@-9", "stop 2"),
            ("a+@-600 b+@-30 a+@-10 c?@-5", "CoolingDown(\"2\", 600s)"),
            ("a+@-600 b+@-30 a+@-11 c?@-5", "stop 3"),
            // nobody knows what serves
            ("a+@-600 bx@-5", "EndedBadly(\"1\", \"STOPPED\")"),
            ("a+@-600 b!@-5", "EndedBadly(\"1\", \"ROLLBACK_FAILED\")"),
        ];
        for (text, expected) in table {
            let action = decide_on_ecs(&alarm(0), &deployments(text), Some(&plan()), false, at(0));
            assert_eq!(said(action), expected, "{text}");
        }
    }

    #[test]
    fn only_an_alarm_that_goes_into_alarm_counts() {
        for (state, previous, expected) in [
            ("ALARM", Some("OK"), "stop 1"),
            ("ALARM", None, "stop 1"),
            ("ALARM", Some("ALARM"), "NoAlarm"),
            ("OK", Some("ALARM"), "NoAlarm"),
            ("INSUFFICIENT_DATA", Some("OK"), "NoAlarm"),
        ] {
            let alarm = Alarm { state: state.to_owned(), previous: previous.map(str::to_owned), ..alarm(0) };
            let action = decide_on_ecs(&alarm, &deployments("a+@-600 b?@-1"), Some(&plan()), false, at(0));
            assert_eq!(said(action), expected, "{state} after {previous:?}");
        }
    }

    #[test]
    fn the_plan_and_the_stack_may_want_it_to_be_said_only() {
        let (auto, notify) = (plan(), Rollback { mode: RollbackMode::Notify, ..plan() });
        for (plan, off, expected) in [
            (Some(&notify), false, format!("propose, {:?}", Hold::Plan)),
            (Some(&notify), true, format!("propose, {:?}", Hold::SwitchedOff)),
            (Some(&auto), true, format!("propose, {:?}", Hold::SwitchedOff)),
            (None, false, "NotWanted".to_owned()),
            (None, true, "NotWanted".to_owned()),
        ] {
            for text in ["a+@-600 b?@-1", "a+@-600 b+@-10"] {
                let action = decide_on_ecs(&alarm(0), &deployments(text), plan, off, at(0));
                assert_eq!(said(action), expected, "{text}");
            }
        }
    }
}
