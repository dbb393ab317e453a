//! AWS as a value: the services that a blue/green deployment on Amazon ECS touches, as one pure state machine.
//!
//! The world has no clock, no socket, no file and no thread. A shell gives it the time and an [`Input`], and
//! carries out the [`Effect`]s that come back: it answers calls, starts processes, probes targets and invokes
//! functions, and reports what came of it as the next input. Two shells exist: one with real processes and HTTP,
//! one on a virtual clock. Both see the same world.
//!
//! ```text
//!   Input::Call, Process, Probe, Access, Invocation, Tick  ──▶  World::handle(now, …)  ──▶  Vec<Effect>
//! ```
//!
//! The world knows AWS only. It knows functions by their names and their settings, never what they do.

mod check;
mod cloudwatch;
mod codedeploy;
mod delivery;
mod ecs;
mod effect;
mod elb;
mod error;
mod events;
mod fact;
mod fault;
mod forwarding;
mod glob;
mod iam;
mod input;
mod lambda;
mod logs;
mod operation;
mod random;
mod rotation;
mod s3;
mod scheduler;
mod secretsmanager;
mod setup;
mod sns;
mod sqs;
mod ssm;
#[cfg(test)]
mod testing;
mod throttle;
mod timers;
pub mod value;

pub use check::SetupError;
pub use cloudwatch::{
    AlarmDefinition, AlarmKind, AlarmState, ComparisonOperator, Metric, MetricAlarm, MetricDataQuery, MetricStat,
    TreatMissingData, Watched,
};
pub use effect::{Backend, Effect, Invoke, Probe, ProbeKind, Route, RuleRoute, StartProcess};
pub use elb::{default_rule, rule_arn};
pub use error::AwsError;
pub use events::pattern::{Pattern, PatternError};
pub use fact::{Fact, FactKind, Side};
pub use fault::{
    CallFault, ContainerFault, EventFault, Fault, FunctionFault, GreenFault, ListenerFault, Moment, TaskFault, Tasks,
};
pub use forwarding::{Asked, Condition, Forwarding, Way};
pub use iam::{Caller, Permission, Policy, PolicyError, Statement};
pub use input::{
    Access, Call, CallId, Input, InvocationId, InvocationOutcome, ProbeId, ProcessEvent, ProcessId, Usage,
};
pub use operation::operations;
pub use rotation::Choice;
pub use setup::{
    Alarm, Function, Infrastructure, Listener, ListenerRule, LoadBalancer, Pace, Queue, RetryPolicy, Role, Rule,
    RuleTarget, Schedule, Setup, Stack, Subscription, TargetGroup, Topic,
};
pub use sns::Publication;

use jiff::Timestamp;

/// AWS, as far as a deployment sees it.
#[derive(Debug)]
pub struct World {
    /// The time of the input being handled.
    pub(crate) now: Timestamp,
    pub(crate) setup: Setup,
    pub(crate) rng: fastrand::Rng,
    pub(crate) timers: timers::Timers,
    pub(crate) effects: Vec<Effect>,
    pub(crate) cloudwatch: cloudwatch::CloudWatch,
    pub(crate) codedeploy: codedeploy::CodeDeploy,
    pub(crate) ecs: ecs::Ecs,
    pub(crate) elb: elb::Elb,
    pub(crate) events: events::Events,
    pub(crate) faults: fault::State,
    pub(crate) iam: iam::Iam,
    pub(crate) lambda: lambda::Lambda,
    pub(crate) logs: logs::Logs,
    pub(crate) scheduler: scheduler::Scheduler,
    pub(crate) sns: sns::Sns,
    pub(crate) sqs: sqs::Sqs,
    pub(crate) throttle: throttle::Throttle,
}

impl World {
    /// A world as `setup` describes it, at the time `now`.
    pub fn new(setup: Setup, now: Timestamp) -> Self {
        let mut world = Self {
            now,
            rng: fastrand::Rng::with_seed(setup.seed),
            timers: timers::Timers::default(),
            effects: Vec::new(),
            cloudwatch: cloudwatch::CloudWatch::default(),
            codedeploy: codedeploy::CodeDeploy::default(),
            ecs: ecs::Ecs::default(),
            elb: elb::Elb::default(),
            events: events::Events::default(),
            faults: fault::State::default(),
            iam: iam::Iam::default(),
            lambda: lambda::Lambda::default(),
            logs: logs::Logs::default(),
            scheduler: scheduler::Scheduler::default(),
            sns: sns::Sns::default(),
            sqs: sqs::Sqs::default(),
            throttle: throttle::Throttle::default(),
            setup,
        };
        cloudwatch::install(&mut world);
        elb::install(&mut world);
        events::install(&mut world);
        scheduler::install(&mut world);
        world
    }

    /// Takes one input at the time `now` and says what the shell has to do.
    ///
    /// Timers that are due are fired first, in the order of their times, so a shell that comes late changes nothing
    /// about the order of events. A `now` that lies before an earlier one is taken as the earlier one.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        let now = now.max(self.now);
        while let Some((at, timer)) = self.timers.pop_due(now) {
            self.now = at.max(self.now);
            fault::remember(self, self.now);
            self.fire(timer);
        }
        self.now = now;
        fault::remember(self, now);
        match input {
            Input::Tick => {}
            Input::Call(call) => operation::dispatch(self, &call),
            Input::Process { id, event } => ecs::process_event(self, id, event),
            Input::Probe { id, outcome } => ecs::probe_result(self, id, &outcome),
            Input::Measured(usages) => ecs::measured(self, &usages),
            Input::Access(access) => elb::accessed(self, &access),
            Input::FunctionLine { function, stream, line } => lambda::line(self, &function, &stream, &line),
            Input::Invocation { id, outcome } => lambda::invocation_ended(self, id, outcome),
        }
        std::mem::take(&mut self.effects)
    }

    /// When the world next wants to be handed an [`Input::Tick`], if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    fn fire(&mut self, timer: timers::Timer) {
        match timer {
            timers::Timer::CloudWatch(timer) => cloudwatch::fire(self, timer),
            timers::Timer::CodeDeploy(timer) => codedeploy::fire(self, &timer),
            timers::Timer::Delivery(delivery) => delivery::again(self, *delivery),
            timers::Timer::Ecs(timer) => ecs::fire(self, timer),
            timers::Timer::Elb(timer) => elb::fire(self, timer),
            timers::Timer::Fault(timer) => fault::fire(self, timer),
            timers::Timer::Lambda(timer) => lambda::fire(self, timer),
            timers::Timer::Scheduler(timer) => scheduler::fire(self, timer),
        }
    }

    /// Asks to be woken `after` this long, in the world's own time.
    pub(crate) fn after(&mut self, after: std::time::Duration, timer: timers::Timer) {
        // whatever somebody asks for: the end of time is late enough
        let after = jiff::SignedDuration::try_from(after).unwrap_or(jiff::SignedDuration::MAX);
        let at = self.now.saturating_add(after).unwrap_or(Timestamp::MAX);
        self.timers.push(at, timer);
    }

    /// Tells observers what happened.
    pub(crate) fn tell(&mut self, kind: FactKind) {
        let at = self.now;
        self.effects.push(Effect::Fact(Fact { at, kind }));
    }

    /// `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.setup.region, self.setup.account)
    }
}
