//! What can be made to go wrong.
//!
//! Where a fault only needs the world, both shells have it without knowing: calls, events, invocations and the lives of tasks.
//! What a container or a listener answers reaches the shells in their effects.

mod happen;
mod stale;

pub(crate) use happen::{
    State, Timer, fire, is_doubled, of_call, of_event, of_invocation, of_listener, of_task_set, reached, strike,
};
pub(crate) use stale::{is_read, remember, swap};

use std::time::Duration;

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Tasks have this wrong with them from their start.
    Tasks {
        /// Which tasks.
        which: Tasks,
        /// What is wrong.
        what: TaskFault,
    },
    /// The tasks that a deployment installed are struck when one of its lifecycle events begins. This happens once: the tasks of
    /// a deployment that brings an earlier revision back are spared.
    Green {
        /// The lifecycle event.
        lifecycle_event: String,
        /// What happens to them.
        what: GreenFault,
    },
    /// The next calls of a role to one operation go wrong.
    Call {
        /// The role's name.
        role: String,
        /// The operation as IAM writes it: `ecs:RunTask`.
        operation: String,
        /// How many calls.
        times: u32,
        /// What becomes of them.
        answer: CallFault,
    },
    /// The first calls of every role to every operation go wrong.
    EveryCall {
        /// How many of each.
        times: u32,
        /// What becomes of them.
        answer: CallFault,
    },
    /// What roles read of ECS's tasks and services, of the health of targets and of lifecycle events is as old as this.
    StaleReads {
        /// How old.
        by: Duration,
    },
    /// The next invocations of a function go wrong.
    Function {
        /// The function's name.
        function: String,
        /// How many.
        times: u32,
        /// What becomes of them.
        what: FunctionFault,
    },
    /// The next events of a kind that a rule has targets for, or that a schedule sends, do not come as they should.
    Event {
        /// `detail-type`; [`Fault::SCHEDULE`] for what a schedule sends.
        detail_type: String,
        /// How many.
        times: u32,
        /// What becomes of them.
        what: EventFault,
    },
    /// Alarms go off in the first deployment that comes so far.
    Alarms {
        /// Their names.
        names: Vec<String>,
        /// How far.
        when: Moment,
        /// So long after that.
        after: Duration,
        /// How often; in between, each is in `OK` for a second.
        times: u32,
    },
    /// A listener answers by itself, whatever stands behind it.
    Listener {
        /// Its ARN, or that of one of its rules: then nothing else of it is broken.
        listener: String,
        /// What it answers.
        answer: ListenerFault,
    },
}

impl Fault {
    /// Times that never end: more than anything happens.
    pub const ALWAYS: u32 = u32::MAX;
    /// The `detail-type` that stands for what schedules send.
    pub const SCHEDULE: &str = "Scheduled Event";
}

/// Tasks that something is wrong with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tasks {
    /// Those that `RunTask` started.
    OneOff {
        /// Their `startedBy` begins with the first and contains the second text.
        started_by: (String, String),
    },
    /// Those that a deployment brings to a service that has others already.
    Replacement {
        /// The service's name.
        service: String,
    },
    /// Those with a container of this image, whoever started them.
    WithImage(String),
}

/// What is wrong with a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskFault {
    /// Its container behaves like this: the one whose command is overridden, or the one that takes traffic.
    Container(ContainerFault),
    /// Its image cannot be pulled.
    NotPulled,
    /// There is no room for it: a service is unable to place it.
    NotPlaced,
    /// It works without an end, and is taken back by Fargate Spot this long after it began.
    Interrupted(Duration),
}

/// A point that a deployment comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A lifecycle event begins.
    LifecycleEvent(String),
    /// Green has all traffic, and blue waits for its end.
    TerminationWait,
    /// It has succeeded.
    Success,
}

/// What happens to the tasks that a deployment installed, and soon after their start to those that come in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GreenFault {
    /// The container that takes traffic crashes, in each of them.
    Crash,
    /// Fargate Spot takes them back.
    Interrupted,
    /// The oldest of them fails its target group's health checks from now on.
    Unhealthy,
    /// Whatever they answer comes out of their load balancer with status 500. Health checks, and requests that do not go through
    /// it, get what they always got.
    Errs,
}

/// What becomes of a call that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFault {
    /// It is refused with `ThrottlingException`.
    Throttled,
    /// `RunTask` only: it succeeds, starts nothing and says so in `failures`, with this reason.
    NothingStarted(String),
    /// It is carried out, but what the caller gets is an error of the server.
    AnswerLost,
    /// It never arrives, and nobody answers.
    NeverArrives,
    /// It is carried out, and nobody answers.
    NeverAnswered,
    /// It is carried out, and answered this much later.
    AnsweredLate(Duration),
    /// It is carried out, and the function that made it is killed before it hears of that.
    CallerKilled,
}

/// What becomes of an invocation of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionFault {
    /// Its process ends before it does anything.
    Crashes,
    /// It does nothing until its timeout.
    TimesOut,
    /// The same event is delivered twice at once.
    Doubled,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventFault {
    /// It never arrives.
    Lost,
    /// It arrives this much later.
    Late(Duration),
    /// It arrives, and again this much later.
    Doubled(Duration),
    /// For this long its targets cannot be reached: it is tried again, and given up in the end.
    Undeliverable(Duration),
}

/// What a broken listener answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerFault {
    /// This status code, at once.
    Status(u16),
    /// What the target answers, but this much later (in real time); a load balancer waits for a minute.
    Slow(Duration),
}

/// How a broken container behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerFault {
    /// Writes `line` and exits with `code`.
    Exits {
        /// The exit code.
        code: i32,
        /// The last line it writes.
        line: String,
    },
    /// Never ends by itself, and listens nowhere.
    Hangs,
    /// Listens on the container's port, answers requests for `paths` with `status` and all others with 200.
    Answers {
        /// Without their queries.
        paths: Vec<String>,
        /// The status code.
        status: u16,
    },
}
