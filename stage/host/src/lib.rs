//! The shell around the world with real processes, real HTTP and real (or compressed) time.
//!
//! One task owns the [`greenlight_world::World`] and is the only one to touch it: everything that happens outside
//! reaches it as an input, and it carries out the effects that come back. Around it stand
//!
//! - the **AWS endpoint**, which speaks the services' own protocols to any SDK or CLI,
//! - the **tasks' containers**, each a process group with a loopback address of its own,
//! - the **functions**, processes too, behind Lambda's Runtime API,
//! - the **load balancer**, one socket per listener, which forwards real requests by weight.
//!
//! Everything listens on loopback addresses only, and everything that was started ends with the [`Stage`].

mod api;
mod balancer;
mod clock;
mod connections;
mod container;
mod driver;
mod error;
mod function;
mod functions;
mod group;
mod lines;
mod message;
mod network;
mod options;
mod probe;
mod process;
mod runtime_api;
mod stage;
mod stand_in;
mod usage;
mod watchdog;

pub use clock::HostClock;
pub use error::HostError;
pub use options::{Image, Options, Program};
pub use stage::Stage;
