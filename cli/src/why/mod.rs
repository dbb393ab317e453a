//! `greenlight why`: what came of a deployment, and why.
//!
//! Everything is asked of AWS: `CodeDeploy`, ECS, and what the functions wrote into their log. Nothing is stored elsewhere, so it
//! answers for deployments too that this product had no part in, as far as AWS knows.

pub(crate) mod arguments;
mod cause;
mod delays;
mod gather;
mod html;
pub(crate) mod lines;
mod measured;
mod on_ecs;
pub mod story;
mod text;
mod verb;
pub(crate) mod wanted;

pub use gather::read;
pub use html::html;
pub use story::{Outcome, Story};
pub use text::page;
pub(crate) use text::span;
pub(crate) use verb::run;
pub use wanted::Wanted;
pub(crate) use wanted::{Found, OnCodeDeploy, OnEcs};
