//! The stage with real processes and real HTTP, through the interfaces that everybody else uses.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod containers;
mod endpoint;
mod functions;
mod play;
mod watchdog;
