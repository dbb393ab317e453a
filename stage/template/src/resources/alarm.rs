//! `AWS::CloudWatch::Alarm`.

use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::problem::Problem;
use crate::table::Table;
use greenlight_world::{Alarm, AlarmState};

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

/// Nothing evaluates it on the stage: it begins, and stays, in the state that a quiet system brings it to.
fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let properties = &creation.properties;
    let missing = ["breaching", "notBreaching", "ignore", "missing"];
    let state = match properties.word("TreatMissingData", &missing)? {
        Some("notBreaching") => AlarmState::Ok,
        Some("breaching") => AlarmState::Alarm,
        _ => AlarmState::InsufficientData,
    };
    properties.required("ComparisonOperator")?;
    properties.required("EvaluationPeriods")?;
    let metric = ["Id", "Label", "Expression", "MetricStat", "Period", "ReturnData", "AccountId"];
    for metric in properties.tables("Metrics", &metric)? {
        metric.required("Id")?;
        if let Some(stat) = metric.table("MetricStat", &["Metric", "Period", "Stat", "Unit"])?
            && let Some(metric) = stat.table("Metric", &["Namespace", "MetricName", "Dimensions"])?
        {
            dimensions(&metric)?;
        }
    }
    dimensions(properties)?;
    let name = creation.identity.name.clone();
    builder.stack.alarms.push(Alarm { arn: Some(arn(creation.identity)), ..Alarm::new(name, state) });
    Ok(())
}

fn dimensions(table: &Table<'_>) -> Result<(), Problem> {
    for dimension in table.tables("Dimensions", &["Name", "Value"])? {
        dimension.required_text("Name")?;
        dimension.required_text("Value")?;
    }
    Ok(())
}
