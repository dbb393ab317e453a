//! Smoke tests: from a check of the plan to a request, and from an answer to what is wrong with it.
//!
//! Who runs them asks [`Queue::pick`] what to do next, makes a [`Request`] of a check with [`resolve`], sends it, and hands the
//! [`Response`] to [`evaluate`] and [`capture`]. Nothing here sends, waits or reads a clock.

mod capture;
mod evaluate;
mod junit;
mod queue;
mod report;
mod request;
pub(crate) mod template;
#[cfg(test)]
mod tests;
pub(crate) mod url;
mod values;

pub use capture::capture;
pub use evaluate::{Failure, Response, evaluate};
pub use queue::{Next, Queue};
pub use report::{CheckResult, Counts, Outcome, Report};
pub use request::{Request, redirect, resolve};
pub use url::check_base as check_base_url;
pub use values::Values;
