//! A shell for unit tests: it plays processes, health checks and functions on a virtual clock, without a wait.
//!
//! ```ignore
//! let mut shell = Shell::new(setup);
//! shell.play = Box::new(|process| match process.command { Some(_) => Play::exit(0), None => Play::Serve });
//! shell.call("ecs", "CreateCluster", json!({"clusterName": "shop"})).unwrap();
//! shell.advance(Duration::from_secs(60));
//! assert!(shell.told("task.started").count() == 2);
//! ```

use crate::value::Value;
use crate::{
    Access, AwsError, Call, CallId, ContainerFault, Effect, Fact, Input, InvocationOutcome, Invoke, Probe, ProbeKind,
    ProcessEvent, ProcessId, Route, Setup, StartProcess, Usage, World,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a process does.
#[derive(Debug, Clone)]
pub(crate) enum Play {
    /// Runs and passes its health checks until it is stopped (exit code 143).
    Serve,
    /// Runs and fails its health checks until it is stopped.
    Sick,
    /// Writes `lines` and exits with `code` after this (world) time.
    Exit { after: Duration, code: i32, lines: Vec<String> },
    /// Runs, ignores SIGTERM, and is killed (exit code 137).
    Hang,
    /// Cannot be started.
    FailToStart(String),
}

impl Play {
    /// Exits with `code` after two seconds.
    pub(crate) fn exit(code: i32) -> Self {
        Self::Exit { after: Duration::from_secs(2), code, lines: Vec::new() }
    }
}

type PlayProcess = Box<dyn Fn(&StartProcess) -> Play>;
type PlayFunction = Box<dyn FnMut(&Invoke) -> Option<(Duration, InvocationOutcome)>>;
type PlayUsage = Box<dyn Fn(&StartProcess) -> Option<Usage>>;
type PlayProbe = Box<dyn Fn(&Probe) -> Option<Result<(), String>>>;

/// The shell.
pub(crate) struct Shell {
    pub(crate) world: World,
    pub(crate) now: Timestamp,
    /// Says what a process does. At first: with an overridden or own command exit 0, without one serve.
    pub(crate) play: PlayProcess,
    /// Says how and when an invocation ends; `None` never. At first: returns null after 100 ms.
    pub(crate) function: PlayFunction,
    /// Overrules the outcome of a health check. At first: it does not.
    pub(crate) probe: PlayProbe,
    /// Says what a process uses. At first: nobody knows.
    pub(crate) usage: PlayUsage,
    /// Every fact so far.
    pub(crate) facts: Vec<Fact>,
    /// Every invocation so far.
    pub(crate) invocations: Vec<Invoke>,
    /// Every process so far that was asked for.
    pub(crate) started: Vec<StartProcess>,
    /// Every health check so far.
    pub(crate) probes: Vec<Probe>,
    /// The latest route of each listener.
    pub(crate) routes: BTreeMap<String, Route>,
    running: BTreeMap<ProcessId, (StartProcess, Play)>,
    answers: BTreeMap<CallId, Result<Value, AwsError>>,
    queue: BTreeMap<(Timestamp, u64), Input>,
    sequence: u64,
}

impl Shell {
    pub(crate) fn new(setup: Setup) -> Self {
        let now = Setup::EPOCH;
        let mut shell = Self {
            world: World::new(setup, now),
            now,
            play: Box::new(|process| if process.command.is_some() { Play::exit(0) } else { Play::Serve }),
            function: Box::new(|_| {
                Some((Duration::from_millis(100), InvocationOutcome::Returned(serde_json::Value::Null)))
            }),
            probe: Box::new(|_| None),
            usage: Box::new(|_| None),
            facts: Vec::new(),
            invocations: Vec::new(),
            started: Vec::new(),
            probes: Vec::new(),
            routes: BTreeMap::new(),
            running: BTreeMap::new(),
            answers: BTreeMap::new(),
            queue: BTreeMap::new(),
            sequence: 0,
        };
        shell.give(Input::Tick);
        shell
    }

    /// A listener answered a request.
    pub(crate) fn accessed(&mut self, access: Access) {
        self.give(Input::Access(access));
    }

    /// Calls as the operator.
    pub(crate) fn call(
        &mut self,
        service: &'static str,
        operation: &str,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, AwsError> {
        self.call_as("operator", service, operation, input)
    }

    /// Calls with an access key.
    #[expect(clippy::needless_pass_by_value, reason = "callers write `json!({…})`")]
    pub(crate) fn call_as(
        &mut self,
        access_key: &str,
        service: &'static str,
        operation: &str,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, AwsError> {
        self.sequence += 1;
        let id = CallId(self.sequence);
        self.give(Input::Call(Call {
            id,
            access_key: access_key.to_owned(),
            service,
            operation: operation.to_owned(),
            input: Value::serialized(&input).expect("JSON is a value"),
        }));
        let answer = self.answers.remove(&id).expect("calls are answered at once");
        answer.map(|value| json(&value))
    }

    /// Lets this much of the world's time pass.
    pub(crate) fn advance(&mut self, time: Duration) {
        let end = self.now + SignedDuration::try_from(time).expect("a duration");
        while self.step(end) {}
        self.now = end;
    }

    /// Lets time pass until `done`, at most `limit`; says whether it was done.
    pub(crate) fn until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + SignedDuration::try_from(limit).expect("a duration");
        while !done(self) {
            if !self.step(end) {
                self.now = end;
                return done(self);
            }
        }
        true
    }

    /// The facts with this name, as JSON.
    pub(crate) fn told<'a>(&'a self, event: &'a str) -> impl Iterator<Item = serde_json::Value> + 'a {
        self.facts
            .iter()
            .map(|fact| serde_json::to_value(fact).expect("a fact is JSON"))
            .filter(move |fact| fact["event"] == event)
    }

    /// How many processes of this image run.
    pub(crate) fn running(&self, image: &str) -> usize {
        self.running.values().filter(|(process, _)| process.image == image).count()
    }

    /// Ends every running process of this image that `choose` picks with this exit code.
    pub(crate) fn kill(&mut self, choose: impl Fn(&StartProcess) -> bool, code: i32) {
        let chosen: Vec<ProcessId> =
            self.running.iter().filter(|(_, (process, _))| choose(process)).map(|(id, _)| *id).collect();
        for id in chosen {
            self.running.remove(&id);
            self.give(Input::Process { id, event: ProcessEvent::Exited(code) });
        }
    }

    /// Goes to the next thing that is due until `end`; says whether there was one.
    fn step(&mut self, end: Timestamp) -> bool {
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let deadline = self.world.next_deadline();
        let Some(at) = [queued, deadline].into_iter().flatten().min().filter(|at| *at <= end) else { return false };
        self.now = self.now.max(at);
        if deadline.is_some_and(|deadline| queued.is_none_or(|queued| deadline <= queued)) {
            self.give(Input::Tick);
        } else if let Some((_, input)) = self.queue.pop_first() {
            if let Input::Process { id, event: ProcessEvent::Exited(_) } = &input
                && self.running.remove(id).is_none()
            {
                return true;
            }
            self.give(input);
        }
        true
    }

    fn give(&mut self, input: Input) {
        for effect in self.world.handle(self.now, input) {
            self.carry_out(effect);
        }
    }

    fn later(&mut self, after: Duration, input: Input) {
        self.sequence += 1;
        let at = self.now + SignedDuration::try_from(after).expect("a duration");
        self.queue.insert((at, self.sequence), input);
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Answer { call, answer } => {
                self.answers.insert(call, answer);
            }
            Effect::StartProcess(process) => self.start(process),
            Effect::StopProcess { id, grace } => {
                let hangs = matches!(self.running.get(&id), Some((_, Play::Hang)));
                let (after, code) =
                    if hangs { (self.world.setup.pace.real(grace), 137) } else { (Duration::from_millis(100), 143) };
                self.later(after, Input::Process { id, event: ProcessEvent::Exited(code) });
            }
            Effect::Probe(probe) => {
                let outcome = (self.probe)(&probe).unwrap_or_else(|| self.health(&probe));
                self.later(Duration::from_millis(10), Input::Probe { id: probe.id, outcome });
                self.probes.push(probe);
            }
            Effect::Invoke(invoke) => {
                if let Some((after, outcome)) = (self.function)(&invoke) {
                    self.later(after, Input::Invocation { id: invoke.id, outcome });
                }
                self.invocations.push(invoke);
            }
            Effect::Kill(_) => {}
            Effect::Measure(processes) => {
                let usages = processes.iter().filter_map(|id| (self.usage)(&self.running.get(id)?.0)).collect();
                self.later(Duration::from_millis(1), Input::Measured(usages));
            }
            Effect::Route(route) => {
                self.routes.insert(route.listener.clone(), route);
            }
            Effect::Fact(fact) => self.facts.push(fact),
        }
    }

    fn start(&mut self, process: StartProcess) {
        let id = process.id;
        let moment = Duration::from_millis(10);
        let play = match &process.fault {
            Some(ContainerFault::Exits { code, line }) => {
                Play::Exit { after: Duration::from_secs(1), code: *code, lines: vec![line.clone()] }
            }
            Some(ContainerFault::Hangs) => Play::Hang,
            Some(ContainerFault::Answers { .. }) => Play::Serve,
            None => (self.play)(&process),
        };
        self.started.push(process.clone());
        match &play {
            Play::FailToStart(reason) => {
                self.later(moment, Input::Process { id, event: ProcessEvent::FailedToStart(reason.clone()) });
                return;
            }
            Play::Exit { after, code, lines } => {
                self.later(moment, Input::Process { id, event: ProcessEvent::Started });
                for line in lines {
                    self.later(moment * 2, Input::Process { id, event: ProcessEvent::Line(line.clone()) });
                }
                self.later(*after, Input::Process { id, event: ProcessEvent::Exited(*code) });
            }
            Play::Serve | Play::Sick | Play::Hang => {
                self.later(moment, Input::Process { id, event: ProcessEvent::Started });
            }
        }
        self.running.insert(id, (process, play));
    }

    fn health(&self, probe: &Probe) -> Result<(), String> {
        let playing = match &probe.kind {
            ProbeKind::Command { process, .. } => self.running.get(process),
            ProbeKind::Http { target, .. } => self
                .running
                .values()
                .find(|(process, _)| process.ip == *target.ip() && process.port == Some(target.port())),
        };
        match playing {
            Some((_, Play::Serve)) => Ok(()),
            Some(_) => Err("unhealthy".to_owned()),
            None => Err("connection refused".to_owned()),
        }
    }
}

/// What a client would see of a value: a timestamp is its seconds.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Tag(_, inner) => json(inner),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.as_text().unwrap_or_default().to_owned(), json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(json).collect(),
        other => other.deserialized().expect("a plain value"),
    }
}
