//! `AWS::CloudWatch::Alarm`.

use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::problem::Problem;
use greenlight_world::{Alarm, AlarmDefinition, AlarmState};
use serde_json::Value;

pub(super) static KIND: Kind = Kind {
    name: "AWS::CloudWatch::Alarm",
    properties: &[
        "AlarmName",
        "AlarmDescription",
        "ActionsEnabled",
        "AlarmActions",
        "OKActions",
        "InsufficientDataActions",
        "ComparisonOperator",
        "DatapointsToAlarm",
        "Dimensions",
        "EvaluateLowSampleCountPercentile",
        "EvaluationPeriods",
        "ExtendedStatistic",
        "MetricName",
        "Metrics",
        "Namespace",
        "Period",
        "Statistic",
        "Threshold",
        "ThresholdMetricId",
        "TreatMissingData",
        "Unit",
        "Tags",
    ],
    naming: Naming::Property { key: "AlarmName", longest: 255, also: " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" },
    parent: None,
    reference: |alarm| alarm.name.clone(),
    attributes: &[("Arn", arn)],
    create,
};

fn arn(alarm: &Identity) -> String {
    alarm.arn("cloudwatch", &format!("alarm:{}", alarm.name))
}

/// Its properties are the members of `PutMetricAlarm`, which the world reads itself.
fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let properties = &creation.properties;
    let name = creation.identity.name.clone();
    let entries = properties.entries().iter().map(|entry| (entry.key.clone(), entry.value.json()));
    let mut members: serde_json::Map<String, Value> = entries.collect();
    members.insert("AlarmName".to_owned(), Value::from(name.clone()));
    let definition = AlarmDefinition::of_metric(&Value::Object(members)).map_err(|reason| {
        let what = format!("{} is no alarm that the stage can evaluate: {reason}", properties.path);
        Problem::new(properties.place, what, "write it as PutMetricAlarm takes it")
    })?;
    let alarm = Alarm::new(name, AlarmState::InsufficientData);
    builder.stack.alarms.push(Alarm { arn: Some(arn(creation.identity)), definition: Some(definition), ..alarm });
    Ok(())
}
