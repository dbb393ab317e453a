//! One process of a function: it waits for events, works on one at a time, and is used again.

use crate::clock::HostClock;
use crate::connections::{listen, serve};
use crate::group::Group;
use crate::lines;
use crate::message::{Inbox, Message};
use crate::options::Program;
use crate::process::Surroundings;
use crate::runtime_api::{self, Said, Work, error_of};
use crate::watchdog::Watchdog;
use greenlight_world::{Input, InvocationOutcome, Invoke};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// Lambda gives the init phase this long; what it takes beyond counts against the function's timeout.
const INIT: Duration = Duration::from_secs(10);
/// After the end of a process, this long for what it wrote last.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How one process is started.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// Names the process among those of the stage.
    pub(crate) number: u64,
    pub(crate) function: String,
    pub(crate) function_arn: String,
    pub(crate) log_stream: String,
    pub(crate) program: Program,
    pub(crate) surroundings: Surroundings,
    pub(crate) clock: HostClock,
}

/// One process and what it is doing.
struct Process {
    start: Start,
    inbox: Inbox,
    /// The event that it works on, or will as soon as it asks for one.
    invoke: Option<Invoke>,
    /// Whether it has been given the event.
    working: bool,
    /// It asks for an event and there is none yet.
    waiting: Option<oneshot::Sender<Work>>,
    /// When its time is over.
    due: Option<Instant>,
}

/// Why a process ends.
enum End {
    Exited(std::io::Result<ExitStatus>),
    TimedOut,
    InitFailed(String, String),
    StageStopped,
}

/// Starts a process for `first` and serves it for as long as it lives. Events come one at a time, and only while it is idle.
pub(crate) async fn run(
    start: Start,
    first: Invoke,
    mut events: mpsc::UnboundedReceiver<Invoke>,
    inbox: Inbox,
    watchdog: Watchdog,
) {
    let number = start.number;
    let due = Instant::now() + INIT + first.timeout;
    let mut process = Process { start, inbox, invoke: Some(first), working: false, waiting: None, due: Some(due) };
    process.live(&mut events, &watchdog).await;
    events.close();
    let inbox = process.inbox;
    let _ = inbox.send(Message::FunctionGone(number)).await;
    // it ended while an event was on its way to it: another process takes over
    while let Ok(invoke) = events.try_recv() {
        let _ = inbox.send(Message::InvokeAgain(invoke)).await;
    }
}

impl Process {
    async fn live(&mut self, events: &mut mpsc::UnboundedReceiver<Invoke>, watchdog: &Watchdog) {
        let (listener, address) = match listen("Runtime API", 0).await {
            Ok(bound) => bound,
            Err(error) => return self.cannot_start(error.to_string()).await,
        };
        let (said, mut sayings) = mpsc::channel(4);
        // ends with this function
        let mut servers = JoinSet::new();
        servers.spawn(serve(listener, move |request, _| runtime_api::handle(request, said.clone())));

        let Start { program, surroundings, .. } = &mut self.start;
        surroundings.environment.insert("AWS_LAMBDA_RUNTIME_API".to_owned(), address.to_string());
        let mut command = surroundings.command(&program.program);
        command.args(&program.arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = match Group::start(&mut command, watchdog) {
            Ok(group) => group,
            Err(error) => {
                let reason = surroundings.explain(&program.program, &error);
                return self.cannot_start(reason).await;
            }
        };
        let mut readers = JoinSet::new();
        if let Some(source) = group.child().stdout.take() {
            readers.spawn(report_lines(source, self.start.clone(), self.inbox.clone()));
        }
        if let Some(source) = group.child().stderr.take() {
            readers.spawn(report_lines(source, self.start.clone(), self.inbox.clone()));
        }
        let end = self.work(&mut group, &mut sayings, events).await;
        drop(group);
        let _ = timeout(LAST_WORDS, async { while readers.join_next().await.is_some() {} }).await;
        self.report_end(end).await;
    }

    /// Until the process ends, or has to.
    async fn work(
        &mut self,
        group: &mut Group,
        sayings: &mut mpsc::Receiver<Said>,
        events: &mut mpsc::UnboundedReceiver<Invoke>,
    ) -> End {
        loop {
            let due = self.due;
            let over = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                // what it said before it ended counts
                Some(said) = sayings.recv() => {
                    if let Some(end) = self.heard(said).await {
                        return end;
                    }
                }
                event = events.recv() => match event {
                    Some(invoke) => {
                        self.invoke = Some(invoke);
                        self.hand_out();
                    }
                    None => return End::StageStopped,
                },
                status = group.wait() => return End::Exited(status),
                () = over => return End::TimedOut,
            }
        }
    }

    async fn heard(&mut self, said: Said) -> Option<End> {
        match said {
            Said::Next(reply) => {
                self.waiting = Some(reply);
                if self.invoke.is_some() {
                    self.hand_out();
                } else {
                    let _ = self.inbox.send(Message::FunctionIdle(self.start.number)).await;
                }
            }
            Said::Response { request_id, body, heard } => {
                let outcome = match serde_json::from_slice(&body) {
                    Ok(value) => InvocationOutcome::Returned(value),
                    Err(error) => InvocationOutcome::Failed {
                        error_type: "Runtime.InvalidResponse".to_owned(),
                        error_message: format!("the function returned something that is not JSON: {error}"),
                    },
                };
                let _ = heard.send(self.finish(&request_id, outcome).await);
            }
            Said::Error { request_id, body, heard } => {
                let (error_type, error_message) = error_of(&body);
                let outcome = InvocationOutcome::Failed { error_type, error_message };
                let _ = heard.send(self.finish(&request_id, outcome).await);
            }
            Said::InitError { body, heard } => {
                let _ = heard.send(true);
                let (error_type, error_message) = error_of(&body);
                return Some(End::InitFailed(error_type, error_message));
            }
        }
        None
    }

    /// Gives the event to the process, if it has asked; its time runs from now.
    fn hand_out(&mut self) {
        let (Some(invoke), Some(waiting)) = (&self.invoke, self.waiting.take()) else { return };
        let work = Work {
            invoke: invoke.clone(),
            deadline: self.start.clock.after(invoke.timeout),
            function_arn: self.start.function_arn.clone(),
        };
        self.due = Some(Instant::now() + invoke.timeout);
        // a process that hung up asks again
        self.working = waiting.send(work).is_ok();
    }

    /// The event is done with. False if it is not the one that the process works on.
    async fn finish(&mut self, request_id: &str, outcome: InvocationOutcome) -> bool {
        let works_on = self.invoke.as_ref().is_some_and(|invoke| invoke.request_id == request_id);
        if !(self.working && works_on) {
            return false;
        }
        self.report(outcome).await;
        true
    }

    async fn report(&mut self, outcome: InvocationOutcome) {
        self.working = false;
        self.due = None;
        if let Some(invoke) = self.invoke.take() {
            let _ = self.inbox.send(Message::Input(Input::Invocation { id: invoke.id, outcome })).await;
        }
    }

    async fn report_end(&mut self, end: End) {
        let outcome = match end {
            End::Exited(status) => InvocationOutcome::Crashed(format!("Runtime exited {}", exit(status))),
            End::TimedOut => InvocationOutcome::TimedOut,
            End::InitFailed(error_type, error_message) => InvocationOutcome::Failed { error_type, error_message },
            End::StageStopped => return,
        };
        self.report(outcome).await;
    }

    async fn cannot_start(&mut self, error_message: String) {
        let error_type = "Runtime.InvalidEntrypoint".to_owned();
        self.report(InvocationOutcome::Failed { error_type, error_message }).await;
    }
}

/// How a process ended, in Lambda's words.
fn exit(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) if status.success() => "without providing a reason".to_owned(),
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("with error: exit status {code}"),
            (None, Some(signal)) => format!("with error: signal {signal}"),
            (None, None) => "with error".to_owned(),
        },
        Err(error) => format!("with error: {error}"),
    }
}

async fn report_lines(source: impl AsyncRead + Unpin, start: Start, inbox: Inbox) {
    lines::read(source, async |line| {
        let input = Input::FunctionLine { function: start.function.clone(), stream: start.log_stream.clone(), line };
        let _ = inbox.send(Message::Input(input)).await;
    })
    .await;
}
