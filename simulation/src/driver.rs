//! The task that owns the world: hands it inputs and the time, and carries out its effects.

use crate::functions::Functions;
use crate::message::Message;
use crate::network::Network;
use crate::processes::Processes;
use greenlight_aws::Clock;
use greenlight_world::value::Value;
use greenlight_world::{AwsError, Call, CallId, Effect, Fact, Input, Invoke, Route, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What can be read from outside while the driver runs.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// Every call to AWS: who signed it, and what it was.
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) routes: BTreeMap<String, Route>,
    pub(crate) invocations: Vec<Invoke>,
}

pub(crate) struct Driver {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) rng: fastrand::Rng,
    pub(crate) inbox: mpsc::UnboundedReceiver<Message>,
    pub(crate) facts: mpsc::UnboundedSender<Fact>,
    pub(crate) observed: Rc<RefCell<Observed>>,
    pub(crate) processes: Processes,
    pub(crate) network: Network,
    pub(crate) functions: Functions,
    pub(crate) calls: BTreeMap<CallId, oneshot::Sender<Result<Value, AwsError>>>,
    pub(crate) next_call: u64,
}

impl Driver {
    /// Runs until every sender of messages is gone, which is when the simulation is dropped with its runtime.
    pub(crate) async fn run(mut self) {
        loop {
            let deadline = self.world.next_deadline();
            let message = tokio::select! {
                biased;
                message = self.inbox.recv() => message,
                () = until(&self.clock, deadline) => Some(Message::Input(Input::Tick)),
            };
            let Some(message) = message else { return };
            let Some(input) = self.input(message) else { continue };
            let effects = self.world.handle(self.clock.now(), input);
            for effect in effects {
                self.carry_out(effect);
            }
        }
    }

    /// What the world hears of it, if anything: requests to the application are none of its business.
    fn input(&mut self, message: Message) -> Option<Input> {
        match message {
            Message::Input(input) => Some(input),
            Message::Request { request, reply } => {
                let latency = self.latency();
                self.network.request(&request, reply, latency);
                None
            }
            Message::Call { access_key, service, operation, input, reply } => {
                self.next_call += 1;
                self.observed.borrow_mut().calls.push((access_key.clone(), format!("{service}:{operation}")));
                let id = CallId(self.next_call);
                self.calls.insert(id, reply);
                Some(Input::Call(Call { id, access_key, service, operation, input }))
            }
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Answer { call, answer } => self.answer(call, answer),
            Effect::StartProcess(process) => self.processes.start(&process),
            Effect::StopProcess { id, .. } => self.processes.stop(id),
            Effect::Probe(probe) => self.processes.probe(&probe),
            Effect::Invoke(invoke) => {
                self.observed.borrow_mut().invocations.push(invoke.clone());
                self.functions.invoke(invoke);
            }
            Effect::Kill(id) => self.functions.kill(id),
            Effect::Measure(processes) => self.processes.measure(&processes),
            Effect::Route(route) => {
                self.network.route(route.clone());
                self.observed.borrow_mut().routes.insert(route.listener.clone(), route);
            }
            Effect::Fact(fact) => {
                self.observed.borrow_mut().facts.push(fact.clone());
                // nobody needs to listen
                let _ = self.facts.send(fact);
            }
        }
    }

    fn answer(&mut self, call: CallId, answer: Result<Value, AwsError>) {
        let Some(reply) = self.calls.remove(&call) else { return };
        let latency = self.latency();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(latency).await;
            // the caller may have given up meanwhile
            let _ = reply.send(answer);
        });
    }

    /// Answers travel for a few milliseconds, so that the order of concurrent calls differs from seed to seed.
    fn latency(&mut self) -> Duration {
        Duration::from_millis(self.rng.u64(2..=20))
    }
}

async fn until(clock: &Clock, deadline: Option<jiff::Timestamp>) {
    match deadline {
        Some(deadline) => tokio::time::sleep(clock.real_duration_until(deadline)).await,
        None => std::future::pending().await,
    }
}
