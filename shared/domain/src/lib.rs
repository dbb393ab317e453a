//! Decisions and vocabulary of Greenlight, as pure functions over plain values.
//!
//! No SDK, no runtime and no clock: whoever needs the time hands it in. What is read from files (the plan, an `AppSpec`,
//! a task definition) is checked here once, so that nothing behind it has to check again.

pub mod alarm;
pub mod alarm_timing;
pub mod appspec;
mod cut;
pub mod directive;
mod document;
pub mod freeze;
pub mod job;
pub mod lifecycle;
pub mod mask;
pub mod notice;
pub mod one_off;
pub mod plan;
mod problem;
pub mod release;
pub mod rollback;
pub mod service_deployment;
pub mod smoke;
mod suggest;
pub mod task_definition;
pub mod validate;
pub mod verdict;
pub mod warm_up;

/// The schedule expressions of `EventBridge` Scheduler.
pub use greenlight_schedule as schedule;
pub use problem::{Place, Problem, Problems};
pub use suggest::nearest;
