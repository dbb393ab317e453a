//! What services report by themselves.

use crate::testing::Shell;
use crate::{Function, InvocationOutcome, Queue, Role, Setup, lambda, sqs};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The statistic of a metric over the hour that began at the start.
fn read(shell: &mut Shell, namespace: &str, name: &str, dimensions: &[(&str, &str)], stat: &str) -> Option<f64> {
    let dimensions: Json = dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    let metric = json!({"Namespace": namespace, "MetricName": name, "Dimensions": dimensions});
    let from = Setup::EPOCH.as_second();
    let input = json!({
        "MetricDataQueries": [{"Id": "m", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": stat}}],
        "StartTime": from, "EndTime": from + 3600,
    });
    let output = shell.call("cloudwatch", "GetMetricData", input).unwrap();
    output["MetricDataResults"][0]["Values"][0].as_f64()
}

#[test]
fn lambda_counts_invocations_errors_throttles_and_events_given_up() {
    let mut setup = Setup::empty();
    setup.stack.roles.push(Role {
        name: "role".to_owned(),
        access_key: "R".to_owned(),
        policies: Vec::new(),
        ..Role::default()
    });
    let mut function = Function::new("job", "role");
    (function.maximum_retry_attempts, function.reserved_concurrency) = (0, Some(1));
    setup.stack.functions.push(function);
    let mut shell = Shell::new(setup);
    let mut number = 0;
    shell.function = Box::new(move |_| {
        number += 1;
        let error_type = "E".to_owned();
        let failed = InvocationOutcome::Failed { error_type, error_message: String::new() };
        let outcome = if number == 1 { failed } else { InvocationOutcome::Returned(Json::Null) };
        Some((Duration::from_millis(200), outcome))
    });
    for _ in 0..2 {
        lambda::invoke_async(&mut shell.world, "job", json!({})).unwrap();
        // any call, so that the shell sees what there is to do
        shell.call("cloudwatch", "DescribeAlarms", json!({})).unwrap();
    }
    shell.advance(Duration::from_mins(5));
    let mut of = |name: &str, stat: &str| read(&mut shell, "AWS/Lambda", name, &[("FunctionName", "job")], stat);
    assert_eq!(of("Invocations", "Sum"), Some(2.0));
    assert_eq!(of("Errors", "Sum"), Some(1.0));
    assert_eq!(of("Errors", "SampleCount"), Some(2.0), "success is a data point too");
    assert_eq!(of("Throttles", "Sum"), Some(1.0));
    assert_eq!(of("AsyncEventsDropped", "Sum"), Some(1.0));
    assert_eq!(of("Duration", "Maximum"), Some(200.0));
}

#[test]
fn queues_report_what_lies_in_them() {
    let mut setup = Setup::empty();
    let arn = "arn:aws:sqs:us-east-1:123456789012:dead";
    setup.stack.queues.push(Queue::new(arn));
    let mut shell = Shell::new(setup);
    let name = "ApproximateNumberOfMessagesVisible";
    assert_eq!(read(&mut shell, "AWS/SQS", name, &[("QueueName", "dead")], "Maximum"), None);
    sqs::dead_letter(&mut shell.world, arn, "somebody", "because", "{}".to_owned());
    assert_eq!(read(&mut shell, "AWS/SQS", name, &[("QueueName", "dead")], "Maximum"), Some(1.0));
}
