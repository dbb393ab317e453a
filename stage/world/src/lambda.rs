//! AWS Lambda: asynchronous invocation with retries, event age and destinations.

use crate::World;

#[derive(Debug, Default)]
pub(crate) struct Lambda {}

#[derive(Debug, Clone)]
pub(crate) enum Timer {}

pub(crate) fn fire(_world: &mut World, timer: Timer) {
    match timer {}
}

use crate::input::{InvocationId, InvocationOutcome};

/// An invocation that the shell made came to its end.
pub(crate) fn invocation_ended(_world: &mut World, _id: InvocationId, _outcome: InvocationOutcome) {}

/// A function wrote a line: it goes to the function's log group.
pub(crate) fn line(_world: &mut World, _function: &str, _stream: &str, _line: &str) {}
