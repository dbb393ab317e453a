//! What the shell tells the world.

use crate::value::Value;
use std::net::SocketAddrV4;
use std::time::Duration;

/// One thing that happened outside the world.
#[derive(Debug, Clone)]
pub enum Input {
    /// The time of [`crate::World::next_deadline`] has come.
    Tick,
    /// An AWS API call arrived; it is answered by [`crate::Effect::Answer`], not necessarily at once.
    Call(Call),
    /// Something happened to a process that the world had started.
    Process {
        /// Which process.
        id: ProcessId,
        /// What happened to it.
        event: ProcessEvent,
    },
    /// A health check came back.
    Probe {
        /// Which probe.
        id: ProbeId,
        /// `Ok` is healthy; `Err` says why not.
        outcome: Result<(), String>,
    },
    /// What processes use, as [`crate::Effect::Measure`] asked; one that has ended is left out.
    Measured(Vec<Usage>),
    /// A listener answered a request.
    Access(Access),
    /// A function's process wrote a line to standard output or standard error.
    FunctionLine {
        /// The function's name.
        function: String,
        /// The log stream: one per process.
        stream: String,
        /// The line, without its end.
        line: String,
    },
    /// A function's invocation ended.
    Invocation {
        /// Which invocation.
        id: InvocationId,
        /// How it ended.
        outcome: InvocationOutcome,
    },
}

/// What a process uses, with everything that it started.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Which process.
    pub process: ProcessId,
    /// How many processors it kept busy on average since it was asked last, in real time.
    pub cpu: f64,
    /// Bytes of memory.
    pub memory: u64,
}

/// One request that came to a listener, as an access log entry of an Application Load Balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The listener's ARN.
    pub listener: String,
    /// The ARN of the rule that forwarded it; none for the default rule.
    pub rule: Option<String>,
    /// The name of the target group that was chosen.
    pub target_group: Option<String>,
    /// The target that was chosen.
    pub target: Option<SocketAddrV4>,
    /// The status the client got.
    pub status: u16,
    /// The status that the target answered with, if it did.
    pub target_status: Option<u16>,
    /// From the request's head to the response's head, in real time.
    pub duration: Duration,
}

/// One AWS API call, free of its protocol.
#[derive(Debug, Clone)]
pub struct Call {
    /// Chosen by the shell; comes back in the answer.
    pub id: CallId,
    /// The access key id that signed the request: it says whose policies apply.
    pub access_key: String,
    /// The service's name as IAM writes it: `ecs`, `codedeploy`, `elasticloadbalancing`.
    pub service: &'static str,
    /// The operation's name as the service model writes it: `RunTask`.
    pub operation: String,
    /// The input, with the member names of the service model.
    pub input: Value,
}

/// Names a call until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Names a process for as long as the world exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId(pub u64);

/// Names a health check for as long as the world exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeId(pub u64);

/// Names a function's invocation attempt for as long as the world exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvocationId(pub u64);

/// What can happen to a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessEvent {
    /// It runs.
    Started,
    /// It could not be started; nothing runs.
    FailedToStart(String),
    /// It wrote a line to standard output or standard error.
    Line(String),
    /// It ended with this exit code (128 + signal number, if a signal ended it).
    Exited(i32),
}

/// How an invocation of a function ended.
#[derive(Debug, Clone, PartialEq)]
pub enum InvocationOutcome {
    /// It returned this JSON.
    Returned(serde_json::Value),
    /// It reported an error (`errorType`, `errorMessage`).
    Failed {
        /// Lambda's `errorType`.
        error_type: String,
        /// Lambda's `errorMessage`.
        error_message: String,
    },
    /// Its process ended before it answered.
    Crashed(String),
    /// It ran into the function's timeout and was killed.
    TimedOut,
}
