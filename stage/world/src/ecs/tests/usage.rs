//! What services use of their tasks' CPU and memory.

use super::{MINUTE, create_service, run, shell};
use crate::Usage;
use serde_json::json;

#[test]
fn each_task_of_a_service_is_a_value_of_its_metrics() {
    let mut shell = shell();
    // a task of 1024 units and 2048 MiB
    shell.usage = Box::new(|process| {
        let is_migration = process.command.is_some();
        let cpu = if is_migration { 9.0 } else { 0.25 };
        Some(Usage { process: process.id, cpu, memory: 512 * 1024 * 1024 })
    });
    create_service(&mut shell, 0);
    run(&mut shell);
    let from = shell.now.as_second();
    shell.advance(MINUTE * 3);
    let mut read = |name: &str, stat: &str| {
        let dimensions = json!([{"Name": "ServiceName", "Value": "web"}, {"Name": "ClusterName", "Value": "shop"}]);
        let metric = json!({"Namespace": "AWS/ECS", "MetricName": name, "Dimensions": dimensions});
        let queries = json!([{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}]);
        let input = json!({"MetricDataQueries": queries, "StartTime": from, "EndTime": from + 180});
        shell.call("cloudwatch", "GetMetricData", input).unwrap()["MetricDataResults"][0]["Values"].clone()
    };
    assert_eq!(read("CPUUtilization", "Average"), json!([25.0, 25.0]));
    assert_eq!(read("CPUUtilization", "SampleCount"), json!([2.0, 2.0]), "the one-off task is none of the service");
    assert_eq!(read("MemoryUtilization", "Maximum"), json!([25.0, 25.0]));
}
