//! What Lambda reports to CloudWatch of each function.

use super::Event;
use crate::{World, cloudwatch};

/// An invocation ended, with an error or without.
pub(super) fn invoked(world: &mut World, event: &Event) {
    // a function does not get slower when the stage's time is compressed
    let took = world.now.duration_since(event.begun).as_secs_f64() * 1000.0 / world.setup.pace.speed.max(1.0);
    report(world, &event.function, "Invocations", "Count", 1.0);
    report(world, &event.function, "Errors", "Count", if event.error.is_some() { 1.0 } else { 0.0 });
    report(world, &event.function, "Throttles", "Count", 0.0);
    report(world, &event.function, "Duration", "Milliseconds", took);
}

/// There was no room for an invocation.
pub(super) fn throttled(world: &mut World, function: &str) {
    report(world, function, "Throttles", "Count", 1.0);
}

/// An event was given up.
pub(super) fn dropped(world: &mut World, function: &str) {
    report(world, function, "AsyncEventsDropped", "Count", 1.0);
}

fn report(world: &mut World, function: &str, name: &str, unit: &str, value: f64) {
    cloudwatch::record(world, "AWS/Lambda", name, &[("FunctionName", function.to_owned())], unit, value);
}
