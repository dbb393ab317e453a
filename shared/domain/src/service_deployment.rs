//! ECS's own blue/green deployments (service deployments), as a hook meets them: the event, what to do at which stage, the place
//! that long work keeps between two calls, and the answer.
//!
//! See <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html>.

mod answer;
mod arn;
mod call_back;
mod event;
mod place;
mod stage;

pub use answer::Answer;
pub use arn::ServiceDeploymentArn;
pub use call_back::call_back;
pub use event::{Event, UnreadableEvent};
pub use place::Place;
pub use stage::{Part, Stage, UnknownStage, part};
