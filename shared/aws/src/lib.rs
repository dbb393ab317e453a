//! The shell around a function: its clock, its settings, its clients, the contract of a hook, the life of a one-off task and that
//! of a job's run.
//!
//! A function's own code is `handle(invocation, &env)`. Only the clock, the HTTP connector and the process around it differ
//! between AWS, the stage and the simulation; all three come in through [`Env`].

pub mod address;
pub mod alarms;
mod aws_json;
mod clock;
mod comeback;
mod connector;
pub mod controller;
pub mod deployment;
pub mod deployment_group;
pub mod deployment_target;
mod env;
mod error;
pub mod execution;
mod fault;
pub mod fresh;
pub mod function;
pub mod green;
pub mod hook;
pub mod http;
pub mod job;
pub mod lambda;
pub mod log_search;
pub mod log_tail;
pub mod metrics;
pub mod notice;
pub mod one_off;
pub mod queue;
pub mod release;
pub mod retry;
pub mod revision;
pub mod rollback;
mod s3;
mod sdk;
pub mod secrets;
pub mod service;
pub mod service_course;
pub mod service_deployment;
pub mod service_deployments;
mod settings;
mod signed;
pub mod smoke;
pub mod stopped_tasks;
pub mod surroundings;
pub mod target_health;
pub mod task_definition;
pub mod telemetry;
pub mod test_traffic;
pub mod verdict;
pub mod worker_service;

pub use clock::Clock;
pub use env::{Env, Log};
pub use error::Error;
pub use fault::{Class, Fault, classify};
pub use hook::describe;
pub use sdk::{http_client, sdk_config, sdk_config_over};
pub use settings::{ReportOnly, Settings};

/// One invocation of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The event.
    pub payload: serde_json::Value,
    /// When Lambda ends the function, in the time of [`Env::clock`].
    pub deadline: jiff::Timestamp,
    /// Lambda's request id: the same in every attempt at one event.
    pub request_id: String,
    /// What the function's processes said when they panicked over this very invocation: it has begun anew that often.
    pub panics: Vec<String>,
}

impl Invocation {
    /// So often an invocation begins anew after a panic. A hook reports Failed then; another function's process that panics
    /// once more dies, and Lambda tries again.
    pub const MOST_PANICS: usize = 2;
}
