//! `Invoke` with the invocation type `RequestResponse`, as ECS does it for its lifecycle hooks: one attempt, whose answer somebody
//! waits for.

use super::{Event, attempt, find, no_function, take_in};
use crate::{AwsError, World, ecs};
use serde_json::Value;

/// Why a function is not invoked.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It does not exist.
    Missing(AwsError),
    /// As many invocations of it run as may (`TooManyRequestsException`).
    Throttled,
}

/// Invokes a function at once; [`ecs::hook_answered`] is called with what comes of it.
pub(crate) fn invoke_sync(
    world: &mut World,
    name_or_arn: &str,
    payload: Value,
    waiter: ecs::HookCall,
) -> Result<(), Refusal> {
    let Some(function) = find(world, name_or_arn) else {
        return Err(Refusal::Missing(no_function(world, name_or_arn)));
    };
    let name = function.name.clone();
    if function.reserved_concurrency.is_some_and(|most| world.lambda.running(&name) >= most) {
        super::metrics::throttled(world, &name);
        return Err(Refusal::Throttled);
    }
    let event = Event { waiter: Some(waiter), ..Event::new(world, name, payload) };
    let id = take_in(world, event);
    attempt(world, id);
    Ok(())
}

/// Tells whoever waits what the function returned, or the error that it ended with.
pub(super) fn answer(world: &mut World, event: Event, returned: Option<Value>) {
    let Some(waiter) = event.waiter else { return };
    let error = event.error.map_or_else(String::new, |(error_type, message)| format!("{error_type}: {message}"));
    ecs::hook_answered(world, &waiter, returned.ok_or(error));
}
