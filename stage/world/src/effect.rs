//! What the world asks of the shell.

use crate::input::{CallId, InvocationId, ProbeId, ProcessId};
use crate::value::Value;
use crate::{AwsError, Fact};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

/// One thing for the shell to do.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Answer an API call.
    Answer {
        /// The call.
        call: CallId,
        /// Its output, or the error of the service.
        answer: Result<Value, AwsError>,
    },
    /// Start the process of a container.
    StartProcess(StartProcess),
    /// Ask a process to end (SIGTERM), and end it (SIGKILL) after `grace` of real time.
    StopProcess {
        /// Which process.
        id: ProcessId,
        /// ECS's `stopTimeout`.
        grace: Duration,
    },
    /// Make one health check and report it as [`crate::Input::Probe`].
    Probe(Probe),
    /// Invoke a function and report the end as [`crate::Input::Invocation`].
    Invoke(Invoke),
    /// End the process that works on an invocation, at once; the invocation is not to be reported any more.
    Kill(InvocationId),
    /// Measure what these processes use and report it as [`crate::Input::Measured`].
    Measure(BTreeSet<ProcessId>),
    /// From now on, a listener forwards like this.
    Route(Route),
    /// Tell whoever watches.
    Fact(Fact),
}

/// A container that becomes a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartProcess {
    /// Names the process in everything that follows.
    pub id: ProcessId,
    /// The task's ARN.
    pub task: String,
    /// The container's name.
    pub container: String,
    /// The image as the task definition names it; the shell knows what it stands for.
    pub image: String,
    /// The address of the task's network interface: a loopback address of its own.
    pub ip: Ipv4Addr,
    /// The container's first port, if it has one.
    pub port: Option<u16>,
    /// Replaces the image's own command, if set.
    pub command: Option<Vec<String>>,
    /// Environment and secrets, resolved.
    pub environment: BTreeMap<String, String>,
    /// A fault that takes the place of the image's own behaviour.
    pub fault: Option<crate::ContainerFault>,
}

/// One health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Names the probe in its answer.
    pub id: ProbeId,
    /// What to do.
    pub kind: ProbeKind,
    /// No answer within this real time is a failure.
    pub timeout: Duration,
}

/// The two kinds of health checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeKind {
    /// A container's own health check (`CMD` or `CMD-SHELL`), run beside the container's process; exit code 0 is healthy.
    Command {
        /// The container's process.
        process: ProcessId,
        /// As the task definition has it: `["CMD-SHELL", "curl …"]`.
        command: Vec<String>,
    },
    /// A target group's health check.
    Http {
        /// The target.
        target: SocketAddrV4,
        /// The path to get.
        path: String,
        /// The status codes that count as healthy, as a target group's matcher writes them: `200`, `200-299`, `200,202`.
        matcher: String,
    },
}

/// One attempt to invoke a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoke {
    /// Names the attempt in its answer.
    pub id: InvocationId,
    /// Lambda's request id: the same in every attempt of one event.
    pub request_id: String,
    /// The function's name.
    pub function: String,
    /// The event.
    pub payload: serde_json::Value,
    /// The function's timeout, in real time.
    pub timeout: Duration,
}

/// How a listener forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The listener's ARN.
    pub listener: String,
    /// One entry per target group with a weight over zero.
    pub backends: Vec<Backend>,
    /// The rules that come before the default rule, in the order in which they are tried.
    pub rules: Vec<RuleRoute>,
    /// What the listener answers by itself, if it is broken.
    pub fault: Option<crate::ListenerFault>,
    /// Targets whose answers it hands out with status 500, whatever they say.
    pub erring: BTreeSet<SocketAddrV4>,
}

/// How a rule of a listener forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRoute {
    /// The rule's ARN.
    pub rule: String,
    /// All of them must be met.
    pub conditions: Vec<crate::Condition>,
    /// One entry per target group with a weight over zero.
    pub backends: Vec<Backend>,
    /// What is answered in the rule's place, if it is broken.
    pub fault: Option<crate::ListenerFault>,
}

/// One target group behind a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The target group's name.
    pub target_group: String,
    /// Its share of the requests, relative to the other weights.
    pub weight: u32,
    /// Healthy targets; if none is healthy, all registered ones (as a load balancer fails open).
    pub targets: Vec<SocketAddrV4>,
}
