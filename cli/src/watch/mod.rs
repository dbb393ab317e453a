//! `greenlight watch`: a deployment as it goes, to its end, and the one that takes it back to its end too.

mod look;
mod on_ecs;
mod show;
mod told;
mod verb;

pub use look::{Ended, Until, watch};
pub(crate) use verb::{follow, run};

use jiff::Timestamp;
use serde_json::Value;

/// Where what is watched is shown.
pub trait Viewer {
    /// Something has changed: the event's name, a line for people, and the event's members.
    fn changed(&mut self, event: &'static str, text: &str, fields: Value);

    /// What goes on now, and how long that may last: said at every look.
    fn now(&mut self, text: &str, until: Option<Timestamp>);
}
