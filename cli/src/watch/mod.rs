//! `greenlight watch`: a deployment as it goes, to its end, and the one that takes it back to its end too.

mod look;
mod show;
mod verb;

pub use look::{Ended, Until, watch};
pub(crate) use verb::run;

use serde_json::Value;

/// Hears of everything that changes: the event's name, a line for people, and the event's members.
pub type Tell<'a> = &'a mut dyn FnMut(&'static str, &str, Value);
