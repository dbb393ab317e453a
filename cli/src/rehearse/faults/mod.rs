//! What a rehearsal can make go wrong. One fault is one file, and its name is what `--fault` takes.

mod alarm_after;
mod alarm_at_bake;
mod alarm_at_shift;
mod alarm_storm;
mod answers_lost;
mod calls_throttled;
mod calls_time_out;
mod events_doubled;
mod events_late;
mod events_lost;
mod events_out_of_order;
mod events_undeliverable;
mod finish_fails;
mod function_crashes_always;
mod function_crashes_once;
mod function_invoked_twice;
mod function_killed;
mod function_times_out_always;
mod green_500_under_load;
mod green_crashes_later;
mod green_never_healthy;
mod image_cannot_be_pulled;
mod migration_fails;
mod migration_hangs;
mod migration_interrupted;
mod no_capacity;
mod reads_stale;
mod settle_unreachable;
mod smoke_check_fails;
mod smoke_check_slow;
mod spot_interruption;
mod target_unhealthy;
mod task_stops_first;
mod warm_up_500;

use super::hooks::{HOOKS, SETTLE};
use super::{Controller, Rehearsal};
use crate::Error;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::Plan;
use greenlight_world::{CallFault, ContainerFault, EventFault, FunctionFault, GreenFault, Moment, TaskFault, Tasks};
use std::fmt;
use std::time::Duration;

/// A fault that a rehearsal can be given.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What `--fault` takes.
    pub name: &'static str,
    /// What a rehearsal with this fault must end in.
    pub outcome: Outcomes,
    /// What it does, in one line.
    pub about: &'static str,
    /// How fast the clock may go at most: a client that waits for an answer waits in real time, and a deadline on the stage's
    /// clock would be over before it gives up.
    pub(crate) fastest: Option<f64>,
    /// What the plan must have for it to happen.
    pub needs: &'static str,
    has: fn(&Plan) -> bool,
    /// What it means to the world.
    make: fn(&Rehearsal) -> Vec<greenlight_world::Fault>,
}

/// The outcomes that a rehearsal must end in under each controller: `succeeded`, `rolled-back` or `failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    codedeploy: &'static str,
    ecs: &'static str,
}

impl Outcomes {
    const fn both(outcome: &'static str) -> Self {
        Self { codedeploy: outcome, ecs: outcome }
    }

    /// The one under this controller.
    #[must_use]
    pub const fn under(self, controller: Controller) -> &'static str {
        match controller {
            Controller::CodeDeploy => self.codedeploy,
            Controller::Ecs => self.ecs,
        }
    }
}

impl fmt::Display for Outcomes {
    /// As documented: one for both, or each with its controller.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { codedeploy, ecs } = self;
        if codedeploy == ecs { f.write_str(codedeploy) } else { write!(f, "{codedeploy}; under ECS {ecs}") }
    }
}

/// Every fault there is: first those that break a deployment, then those that it survives.
pub const FAULTS: [Fault; 34] = [
    migration_fails::FAULT,
    migration_hangs::FAULT,
    migration_interrupted::FAULT,
    no_capacity::FAULT,
    image_cannot_be_pulled::FAULT,
    green_never_healthy::FAULT,
    warm_up_500::FAULT,
    smoke_check_fails::FAULT,
    smoke_check_slow::FAULT,
    green_crashes_later::FAULT,
    target_unhealthy::FAULT,
    spot_interruption::FAULT,
    function_crashes_always::FAULT,
    function_times_out_always::FAULT,
    settle_unreachable::FAULT,
    alarm_at_shift::FAULT,
    alarm_at_bake::FAULT,
    alarm_after::FAULT,
    alarm_storm::FAULT,
    green_500_under_load::FAULT,
    function_crashes_once::FAULT,
    function_invoked_twice::FAULT,
    function_killed::FAULT,
    task_stops_first::FAULT,
    calls_throttled::FAULT,
    calls_time_out::FAULT,
    answers_lost::FAULT,
    events_lost::FAULT,
    events_undeliverable::FAULT,
    events_late::FAULT,
    events_doubled::FAULT,
    events_out_of_order::FAULT,
    reads_stale::FAULT,
    finish_fails::FAULT,
];

impl Fault {
    /// Finds a fault by its name.
    pub fn named(name: &str) -> Result<Self, Error> {
        FAULTS.into_iter().find(|fault| fault.name == name).ok_or_else(|| Error::UnknownFault {
            name: name.to_owned(),
            known: FAULTS.map(|fault| fault.name).join(", "),
        })
    }

    /// Whether the plan has what it needs.
    pub(crate) fn can_happen(&self, plan: &Plan) -> bool {
        (self.has)(plan)
    }

    /// The same for the world.
    pub(crate) fn in_world(self, rehearsal: &Rehearsal) -> Vec<greenlight_world::Fault> {
        (self.make)(rehearsal)
    }
}

/// One line per fault: name, the outcome it must end in under this controller, what it does.
#[must_use]
pub fn list(controller: Controller) -> String {
    let line = |fault: Fault| format!("{:<27}{:<13}{}\n", fault.name, fault.outcome.under(controller), fault.about);
    let lines = FAULTS.map(line);
    lines.concat()
}

/// "ECS Task State Change": of those, the stack has a rule for one-off tasks that have stopped.
const TASK_STOPPED: &str = "ECS Task State Change";

/// The one-off tasks of a hook.
fn one_off_tasks(rehearsal: &Rehearsal, lifecycle_event: LifecycleEvent) -> Tasks {
    Tasks::OneOff { started_by: (format!("{}/", rehearsal.install), format!("/{lifecycle_event}/")) }
}

/// The one-off tasks of a hook behave like this.
fn one_off(
    rehearsal: &Rehearsal,
    lifecycle_event: LifecycleEvent,
    behaviour: ContainerFault,
) -> Vec<greenlight_world::Fault> {
    let which = one_off_tasks(rehearsal, lifecycle_event);
    vec![greenlight_world::Fault::Tasks { which, what: TaskFault::Container(behaviour) }]
}

/// The tasks of the new revision's service.
fn green(rehearsal: &Rehearsal) -> Tasks {
    Tasks::Replacement { service: rehearsal.plan.service.clone() }
}

/// Something happens to the tasks of the new revision, which has passed everything so far, before it gets traffic.
fn before_traffic(rehearsal: &Rehearsal, what: GreenFault) -> Vec<greenlight_world::Fault> {
    let lifecycle_event = rehearsal.controller.point(LifecycleEvent::BeforeAllowTraffic).to_owned();
    vec![greenlight_world::Fault::Green { lifecycle_event, what }]
}

/// What a plan needs for an alarm that takes its release back.
const AN_ALARM: &str =
    "a [rollback] table with mode = \"auto\", and an alarm: in alarms of [rehearsal], or else of [rollback]";

fn has_an_alarm(plan: &Plan) -> bool {
    super::alarms::act(plan)
}

/// So long after a moment its alarm goes off: some of the shift, and of the wait, is over then, and most is not.
const A_MOMENT: Duration = Duration::from_secs(10);

/// The plan's first alarm goes off.
fn alarm(rehearsal: &Rehearsal, when: Moment) -> Vec<greenlight_world::Fault> {
    alarms(rehearsal.alarms().into_iter().take(1), when, A_MOMENT, 1)
}

/// These alarms go off.
fn alarms<'a>(
    names: impl Iterator<Item = &'a str>,
    when: Moment,
    after: Duration,
    times: u32,
) -> Vec<greenlight_world::Fault> {
    vec![greenlight_world::Fault::Alarms { names: names.map(str::to_owned).collect(), when, after, times }]
}

/// The role of the function that starts the migration.
fn one_off_role(rehearsal: &Rehearsal) -> Option<String> {
    rehearsal.plan.migrate.as_ref().map(|_| rehearsal.function_role("migrate"))
}

/// The first call of `migrate` that starts its task goes wrong.
fn run_task_of_migrate(rehearsal: &Rehearsal, answer: CallFault) -> Vec<greenlight_world::Fault> {
    let operation = "ecs:RunTask".to_owned();
    let call = |role| greenlight_world::Fault::Call { role, operation, times: 1, answer };
    one_off_role(rehearsal).map(call).into_iter().collect()
}

/// The first call of every function to every operation that changes something goes wrong.
fn calls_with_effects(rehearsal: &Rehearsal, answer: &CallFault) -> Vec<greenlight_world::Fault> {
    const OPERATIONS: [&str; 4] = [
        "scheduler:CreateSchedule",
        "ecs:RunTask",
        "codedeploy:PutLifecycleEventHookExecutionStatus",
        "scheduler:DeleteSchedule",
    ];
    let parts = rehearsal.hooks().map(|hook| hook.part).chain([SETTLE]);
    let roles = parts.map(|part| rehearsal.function_role(part));
    let of_role = |role: String| {
        OPERATIONS.map(|operation| greenlight_world::Fault::Call {
            role: role.clone(),
            operation: operation.to_owned(),
            times: 1,
            answer: answer.clone(),
        })
    };
    roles.flat_map(of_role).collect()
}

/// The next invocations of every function go wrong.
fn functions(rehearsal: &Rehearsal, times: u32, what: FunctionFault) -> Vec<greenlight_world::Fault> {
    let parts = rehearsal.hooks().map(|hook| hook.part).chain([SETTLE]);
    let of = |part| greenlight_world::Fault::Function { function: rehearsal.function_name(part), times, what };
    parts.map(of).collect()
}

/// The function of the first hook goes wrong whenever it is invoked.
fn first_function(rehearsal: &Rehearsal, what: FunctionFault) -> Vec<greenlight_world::Fault> {
    let first = rehearsal.hooks().next().map(|hook| rehearsal.function_name(hook.part));
    let of = |function| greenlight_world::Fault::Function { function, times: greenlight_world::Fault::ALWAYS, what };
    first.map(of).into_iter().collect()
}

/// The events that the functions wait for do not come as they should.
fn events(what: EventFault) -> Vec<greenlight_world::Fault> {
    vec![always(TASK_STOPPED, what), always(greenlight_world::Fault::SCHEDULE, what)]
}

/// No event of this kind comes as it should.
fn always(detail_type: &str, what: EventFault) -> greenlight_world::Fault {
    greenlight_world::Fault::Event { detail_type: detail_type.to_owned(), times: greenlight_world::Fault::ALWAYS, what }
}

fn has_a_hook(plan: &Plan) -> bool {
    HOOKS.iter().any(|hook| hook.is_wanted(plan))
}

fn has_a_hook_before_traffic(plan: &Plan) -> bool {
    HOOKS.iter().any(|hook| hook.lifecycle_event != LifecycleEvent::AfterAllowTraffic && hook.is_wanted(plan))
}

fn has_a_command(plan: &Plan) -> bool {
    HOOKS.iter().any(|hook| plan.one_off(hook.lifecycle_event).is_some())
}

fn has_smoke_tests_through_the_listener(plan: &Plan) -> bool {
    !plan.smoke_tests.is_empty() && plan.rehearsal.as_ref().is_some_and(|script| script.test_listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_fault_is_answered_with_the_known_ones() {
        let message = Fault::named("migration-fail").unwrap_err().to_string();
        assert!(message.contains("migration-fails, migration-hangs"), "{message}");
    }

    #[test]
    fn the_list_has_a_line_per_fault_that_begins_with_its_name() {
        let list = list(Controller::CodeDeploy);
        let names: Vec<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names, FAULTS.map(|fault| fault.name));
    }
}
