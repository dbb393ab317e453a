//! The one task that owns the world.

use crate::balancer::Listener;
use crate::clock::HostClock;
use crate::container::{self, Container};
use crate::functions::Functions;
use crate::message::{Inbox, Message};
use crate::options::Image;
use crate::probe;
use crate::usage::Meter;
use crate::watchdog::Watchdog;
use greenlight_world::value::Value;
use greenlight_world::{
    AwsError, Call, CallId, Effect, Fact, Input, Probe, ProbeKind, ProcessEvent, ProcessId, StartProcess, World,
};
use nix::unistd::Pid;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// When the stage stops, processes have this long to end by themselves.
const GRACE: Duration = Duration::from_secs(2);

/// The world, and what carries out its effects.
pub(crate) struct Driver {
    pub(crate) world: World,
    pub(crate) clock: HostClock,
    pub(crate) inbox: Inbox,
    pub(crate) messages: mpsc::Receiver<Message>,
    pub(crate) facts: UnboundedSender<Fact>,
    pub(crate) images: BTreeMap<String, Image>,
    pub(crate) scratch: PathBuf,
    pub(crate) listeners: BTreeMap<String, Listener>,
    pub(crate) functions: Functions,
    pub(crate) watchdog: Watchdog,
    /// Sockets: the AWS endpoint and the listeners.
    pub(crate) servers: JoinSet<()>,
    /// Tasks that own processes.
    pub(crate) children: JoinSet<()>,
    /// Health checks and measurements under way.
    pub(crate) probes: JoinSet<()>,
    pub(crate) meter: Arc<Mutex<Meter>>,
    pub(crate) containers: BTreeMap<ProcessId, Running>,
    pub(crate) calls: BTreeMap<CallId, oneshot::Sender<Result<Value, AwsError>>>,
    pub(crate) last_call: u64,
}

/// A container that runs.
pub(crate) struct Running {
    container: Container,
    /// The process that leads it, once it is started.
    leader: Arc<OnceLock<Pid>>,
    /// Taken when the container is told to stop.
    stop: Option<oneshot::Sender<Duration>>,
}

impl Driver {
    pub(crate) async fn run(mut self) {
        // what the setup does by itself, listeners' first routes among it
        self.turn(Input::Tick);
        loop {
            let deadline = self.world.next_deadline().map(|deadline| self.clock.until(deadline));
            let tick = async {
                match deadline {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                message = self.messages.recv() => match message {
                    Some(Message::Stop(stopped)) => {
                        self.stop().await;
                        let _ = stopped.send(());
                        return;
                    }
                    Some(message) => self.take(message),
                    None => return,
                },
                () = tick => self.turn(Input::Tick),
                Some(_) = self.children.join_next() => {}
                Some(_) = self.probes.join_next() => {}
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Input(input) => self.turn(input),
            Message::Call { access_key, service, operation, input, reply } => {
                self.last_call += 1;
                let id = CallId(self.last_call);
                self.calls.insert(id, reply);
                self.turn(Input::Call(Call { id, access_key, service, operation, input }));
            }
            Message::FunctionIdle(number) => self.functions.idle(number),
            Message::FunctionGone(number) => self.functions.gone(number),
            Message::InvokeAgain(invoke) => self.functions.invoke(invoke, &mut self.children),
            Message::Stop(_) => {}
        }
    }

    /// One input, and everything that follows from it.
    fn turn(&mut self, input: Input) {
        if let Input::Process { id, event: ProcessEvent::Exited(_) | ProcessEvent::FailedToStart(_) } = &input {
            self.containers.remove(id);
        }
        for effect in self.world.handle(self.clock.now(), input) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Answer { call, answer } => {
                // who asked may have hung up
                if let Some(reply) = self.calls.remove(&call) {
                    let _ = reply.send(answer);
                }
            }
            Effect::StartProcess(start) => self.start(start),
            Effect::StopProcess { id, grace } => {
                if let Some(stop) = self.containers.get_mut(&id).and_then(|running| running.stop.take()) {
                    let _ = stop.send(grace);
                }
            }
            Effect::Probe(probe) => self.probe(probe),
            Effect::Invoke(invoke) => self.functions.invoke(invoke, &mut self.children),
            Effect::Kill(id) => self.functions.kill(id),
            Effect::Measure(processes) => self.measure(&processes),
            Effect::Route(route) => {
                if let Some(listener) = self.listeners.get(&route.listener) {
                    listener.route(route);
                } else {
                    tracing::warn!(listener = route.listener, "a route for a listener that is not there");
                }
            }
            Effect::Fact(fact) => {
                let _ = self.facts.send(fact);
            }
        }
    }

    fn start(&mut self, start: StartProcess) {
        let id = start.id;
        match container::prepare(start, &self.images, &self.scratch) {
            Ok(container) => {
                let (stop, stopped) = oneshot::channel();
                let leader = Arc::<OnceLock<Pid>>::default();
                let (inbox, watchdog) = (self.inbox.clone(), self.watchdog.clone());
                self.children.spawn(container.clone().run(id, inbox, watchdog, Arc::clone(&leader), stopped));
                self.containers.insert(id, Running { container, leader, stop: Some(stop) });
            }
            Err(reason) => {
                let event = ProcessEvent::FailedToStart(reason);
                let inbox = self.inbox.clone();
                self.children.spawn(async move {
                    let _ = inbox.send(Message::Input(Input::Process { id, event })).await;
                });
            }
        }
    }

    fn probe(&mut self, probe: Probe) {
        let container = match &probe.kind {
            ProbeKind::Command { process, .. } => self.containers.get(process).map(|running| running.container.clone()),
            ProbeKind::Http { .. } => None,
        };
        let (inbox, watchdog) = (self.inbox.clone(), self.watchdog.clone());
        self.probes.spawn(async move {
            let id = probe.id;
            let outcome = probe::make(probe, container, watchdog).await;
            let _ = inbox.send(Message::Input(Input::Probe { id, outcome })).await;
        });
    }

    fn measure(&mut self, processes: &BTreeSet<ProcessId>) {
        let leader = |id: &ProcessId| Some((*id, *self.containers.get(id)?.leader.get()?));
        let groups: BTreeMap<ProcessId, Pid> = processes.iter().filter_map(leader).collect();
        let (inbox, meter) = (self.inbox.clone(), Arc::clone(&self.meter));
        self.probes.spawn(async move {
            let measure = move || meter.lock().map(|mut meter| meter.measure(&groups)).unwrap_or_default();
            let usages = tokio::task::spawn_blocking(measure).await.unwrap_or_default();
            let _ = inbox.send(Message::Input(Input::Measured(usages))).await;
        });
    }

    /// Ends everything that runs.
    async fn stop(&mut self) {
        // nobody is heard any more, so nobody waits to be
        self.messages.close();
        while self.messages.try_recv().is_ok() {}
        self.servers.shutdown().await;
        self.probes.shutdown().await;
        self.functions.stop();
        for running in self.containers.values_mut() {
            if let Some(stop) = running.stop.take() {
                let _ = stop.send(GRACE);
            }
        }
        // what was being stopped before may have a longer grace: it is cut short here
        let all = async { while self.children.join_next().await.is_some() {} };
        if timeout(GRACE + Duration::from_secs(1), all).await.is_err() {
            self.children.shutdown().await;
        }
    }
}
