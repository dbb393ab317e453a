//! The process host: containers that follow a script instead of running a program.

use crate::behaviour::{Answer, Behaviour, Behaviours};
use crate::message::Message;
use greenlight_world::{Input, Probe, ProbeKind, ProcessEvent, ProcessId, StartProcess, Usage};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// From the start of a process until it runs.
const START: Duration = Duration::from_millis(200);
/// From SIGTERM until a process has ended.
const STOP: Duration = Duration::from_millis(100);
/// What a health check takes.
const PROBE: Duration = Duration::from_millis(5);
/// 128 + SIGTERM.
const TERMINATED: i32 = 143;

/// A process that has not ended.
#[derive(Debug)]
struct Process {
    image: String,
    address: Option<SocketAddrV4>,
    /// If it is a server.
    server: Option<Server>,
    /// Sent or dropped, it asks the process to end.
    stop: Option<oneshot::Sender<()>>,
}

#[derive(Debug)]
struct Server {
    image: String,
    /// From when on it listens.
    from: Instant,
    healthy: bool,
    /// Answered by this server itself, whatever its image says: paths and their status.
    own: Option<(Vec<String>, u16)>,
}

impl Server {
    fn listens(&self) -> bool {
        self.from <= Instant::now()
    }
}

type Running = Rc<RefCell<BTreeMap<ProcessId, Process>>>;

/// All processes of the simulation. Its clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Processes {
    behaviours: Rc<RefCell<Behaviours>>,
    running: Running,
    inbox: mpsc::UnboundedSender<Message>,
}

impl Processes {
    pub(crate) fn new(behaviours: Rc<RefCell<Behaviours>>, inbox: mpsc::UnboundedSender<Message>) -> Self {
        Self { behaviours, running: Running::default(), inbox }
    }

    pub(crate) fn start(&self, process: &StartProcess) {
        let behaviour = self.behaviours.borrow_mut().of(process);
        let (stop, stopped) = oneshot::channel();
        let server = |after, healthy, own| {
            Some(Server { image: process.image.clone(), from: Instant::now() + START + after, healthy, own })
        };
        let server = match &behaviour {
            Behaviour::Serve { healthy_after, healthy } => server(*healthy_after, *healthy, None),
            Behaviour::Answer { paths, status } => server(Duration::ZERO, true, Some((paths.clone(), *status))),
            _ => None,
        };
        self.running.borrow_mut().insert(
            process.id,
            Process {
                image: process.image.clone(),
                address: process.port.map(|port| SocketAddrV4::new(process.ip, port)),
                server,
                stop: Some(stop),
            },
        );
        let stopping = match behaviour {
            Behaviour::HangOn(after) => after,
            _ => STOP,
        };
        let running = Rc::clone(&self.running);
        let inbox = self.inbox.clone();
        let id = process.id;
        tokio::task::spawn_local(async move {
            let tell = |event| {
                // the world may have ended
                let _ = inbox.send(Message::Input(Input::Process { id, event }));
            };
            tokio::time::sleep(START).await;
            let end = tokio::select! {
                biased;
                _ = stopped => {
                    tokio::time::sleep(stopping).await;
                    ProcessEvent::Exited(TERMINATED)
                }
                end = play(behaviour, &tell) => end,
            };
            running.borrow_mut().remove(&id);
            tell(end);
        });
    }

    pub(crate) fn stop(&self, id: ProcessId) {
        if let Some(process) = self.running.borrow_mut().get_mut(&id) {
            process.stop.take();
        }
    }

    pub(crate) fn probe(&self, probe: &Probe) {
        let outcome = self.check(&probe.kind);
        let inbox = self.inbox.clone();
        let id = probe.id;
        tokio::task::spawn_local(async move {
            tokio::time::sleep(PROBE).await;
            let _ = inbox.send(Message::Input(Input::Probe { id, outcome }));
        });
    }

    /// What scripts say that processes use; of the others nobody knows.
    pub(crate) fn measure(&self, processes: &BTreeSet<ProcessId>) {
        let (running, behaviours) = (self.running.borrow(), self.behaviours.borrow());
        let usage = |id: &ProcessId| {
            let (cpu, memory) = behaviours.usage_of(&running.get(id)?.image)?;
            Some(Usage { process: *id, cpu, memory })
        };
        let usages: Vec<Usage> = processes.iter().filter_map(usage).collect();
        if !usages.is_empty() {
            let _ = self.inbox.send(Message::Input(Input::Measured(usages)));
        }
    }

    fn check(&self, kind: &ProbeKind) -> Result<(), String> {
        let running = self.running.borrow();
        let process = match kind {
            ProbeKind::Command { process, .. } => running.get(process),
            ProbeKind::Http { target, .. } => running.values().find(|process| process.address == Some(*target)),
        };
        let server = process.and_then(|process| process.server.as_ref()).filter(|server| server.listens());
        match (kind, server) {
            (ProbeKind::Http { path, .. }, Some(Server { own: Some((paths, status)), .. })) if paths.contains(path) => {
                Err(format!("Health checks failed with these codes: [{status}]"))
            }
            (_, Some(server)) if server.healthy => Ok(()),
            (ProbeKind::Command { .. }, _) => Err("exit code 1".to_owned()),
            (ProbeKind::Http { .. }, Some(_)) => Err("Health checks failed with these codes: [503]".to_owned()),
            (ProbeKind::Http { target, .. }, None) => Err(format!("connection refused by {target}")),
        }
    }

    /// A request for `path` at `target`: the process there and its answer, or nothing if nobody listens.
    pub(crate) fn request(&self, target: SocketAddrV4, path: &str) -> Option<(ProcessId, Answer)> {
        let running = self.running.borrow();
        let listening = |process: &Process| process.server.as_ref().is_some_and(Server::listens);
        let (id, process) =
            running.iter().find(|(_, process)| process.address == Some(target) && listening(process))?;
        let server = process.server.as_ref()?;
        if let Some((paths, status)) = &server.own {
            let status = if paths.iter().any(|own| own == path) { *status } else { 200 };
            return Some((*id, Answer::text(status, "a rehearsed fault")));
        }
        Some((*id, self.behaviours.borrow_mut().answer_of(&server.image, path, server.healthy)))
    }

    /// Whether a process has not ended.
    pub(crate) fn runs(&self, id: ProcessId) -> bool {
        self.running.borrow().contains_key(&id)
    }
}

/// Plays a script from the moment the process runs, and says how it ends.
async fn play(behaviour: Behaviour, tell: &impl Fn(ProcessEvent)) -> ProcessEvent {
    match behaviour {
        Behaviour::FailToStart(reason) => ProcessEvent::FailedToStart(reason),
        Behaviour::Serve { .. } | Behaviour::Answer { .. } | Behaviour::Hang | Behaviour::HangOn(_) => {
            tell(ProcessEvent::Started);
            std::future::pending().await
        }
        Behaviour::Exit { after, code, lines } => {
            tell(ProcessEvent::Started);
            let steps = u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_add(1);
            for line in lines {
                tokio::time::sleep(after / steps).await;
                tell(ProcessEvent::Line(line));
            }
            tokio::time::sleep(after / steps).await;
            ProcessEvent::Exited(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenlight_world::{ContainerFault, ProbeId};
    use std::net::Ipv4Addr;

    const ADDRESS: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(127, 100, 0, 1), 8000);

    fn process(fault: Option<ContainerFault>) -> StartProcess {
        StartProcess {
            id: ProcessId(1),
            task: String::new(),
            container: "web".to_owned(),
            image: "shop:v1".to_owned(),
            ip: *ADDRESS.ip(),
            port: Some(ADDRESS.port()),
            command: None,
            environment: BTreeMap::new(),
            fault,
        }
    }

    /// Runs a story with processes; what they told comes out.
    fn told(behaviours: Behaviours, story: impl AsyncFnOnce(&Processes)) -> Vec<String> {
        crate::run(async {
            let (inbox, mut messages) = mpsc::unbounded_channel();
            let processes = Processes::new(Rc::new(RefCell::new(behaviours)), inbox);
            story(&processes).await;
            drop(processes);
            let mut told = Vec::new();
            while let Some(message) = messages.recv().await {
                match message {
                    Message::Input(Input::Process { event, .. }) => told.push(format!("{event:?}")),
                    Message::Input(Input::Probe { outcome, .. }) => told.push(format!("{outcome:?}")),
                    other => panic!("{other:?}"),
                }
            }
            told
        })
        .unwrap()
    }

    fn probe() -> Probe {
        let kind = ProbeKind::Http { target: ADDRESS, path: "/".to_owned(), matcher: "200".to_owned() };
        Probe { id: ProbeId(1), kind, timeout: Duration::from_secs(5) }
    }

    #[test]
    fn a_fault_is_played_to_its_exit_code() {
        let fault = ContainerFault::Exits { code: 3, line: "no such table".to_owned() };
        let told = told(Behaviours::new(), async |processes| processes.start(&process(Some(fault))));
        assert_eq!(told, ["Started", "Line(\"no such table\")", "Exited(3)"]);
    }

    #[test]
    fn a_process_that_hangs_is_ended_by_a_stop() {
        let told = told(Behaviours::new(), async |processes| {
            processes.start(&process(Some(ContainerFault::Hangs)));
            tokio::time::sleep(Duration::from_hours(1)).await;
            processes.stop(ProcessId(1));
        });
        assert_eq!(told, ["Started", "Exited(143)"]);
    }

    #[test]
    fn a_process_that_hangs_on_ends_long_after_it_was_stopped() {
        let behaviours = Behaviours::new().image("shop:v1", Behaviour::HangOn(Duration::from_hours(1)));
        let told = told(behaviours, async |processes| {
            processes.start(&process(None));
            tokio::time::sleep(Duration::from_mins(1)).await;
            processes.stop(ProcessId(1));
            tokio::time::sleep(Duration::from_mins(50)).await;
            assert!(processes.running.borrow().contains_key(&ProcessId(1)));
        });
        assert_eq!(told, ["Started", "Exited(143)"]);
    }

    #[test]
    fn a_server_is_healthy_when_its_script_says_so_and_gone_when_stopped() {
        let serves = Behaviour::Serve { healthy_after: Duration::from_secs(20), healthy: true };
        let told = told(Behaviours::new().image("shop:v1", serves), async |processes| {
            processes.start(&process(None));
            for seconds in [1, 30, 1] {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                processes.probe(&probe());
                tokio::time::sleep(Duration::from_secs(1)).await;
                if seconds == 30 {
                    processes.stop(ProcessId(1));
                }
            }
        });
        let refused = "Err(\"connection refused by 127.100.0.1:8000\")";
        assert_eq!(told, ["Started", refused, "Ok(())", "Exited(143)", refused]);
    }

    #[test]
    fn a_process_that_cannot_start_never_runs() {
        let broken = Behaviours::new().image("shop:v1", Behaviour::FailToStart("no such file".to_owned()));
        let told = told(broken, async |processes| processes.start(&process(None)));
        assert_eq!(told, ["FailedToStart(\"no such file\")"]);
    }
}
