//! An alarm's change of state, in the three forms in which `CloudWatch` sends it.
//!
//! - `EventBridge`: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
//! - a Lambda function as an action: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
//! - an SNS topic as an action, and a function that subscribes to it.
//!
//! Metric alarms, metric math and composite alarms differ in what they watch, which nobody here has to know.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::fmt::strtime;
use serde_json::Value;

/// An alarm that changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its ARN, if the message has it.
    pub arn: Option<String>,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// The state before, if the message has it.
    pub previous: Option<String>,
    /// Since when it has its state.
    pub since: Timestamp,
    /// `CloudWatch`'s words about it.
    pub reason: String,
}

/// An event that is no alarm's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlarmError {
    /// It has another shape.
    #[error(
        "expected a \"CloudWatch Alarm State Change\" of EventBridge, an alarm's action with alarmData, or Records of SNS with \
         an alarm's message"
    )]
    Shape,
    /// A member of it is missing or no text.
    #[error("{0} is missing or is no text")]
    Member(&'static str),
    /// A time cannot be read.
    #[error("{member} is {text:?}, which is no time; expected one like 2026-01-31T12:00:00.000+0000")]
    Time {
        /// Where.
        member: &'static str,
        /// What stands there.
        text: String,
    },
    /// What SNS delivered is no JSON.
    #[error("the message of SNS record {0} is no JSON; subscribe the function to topics that only alarms publish to")]
    Message(usize),
}

impl Alarm {
    /// Reads the payload of a function's invocation. SNS may deliver several messages at once.
    ///
    /// # Errors
    /// [`AlarmError`] with what was expected.
    pub fn read(payload: &Value) -> Result<Vec<Self>, AlarmError> {
        if let Some(data) = payload.get("alarmData") {
            let arn = payload.get("alarmArn").and_then(Value::as_str);
            return Ok(vec![of_data(data, arn, payload.get("time"))?]);
        }
        if payload.get("detail-type").and_then(Value::as_str) == Some("CloudWatch Alarm State Change") {
            let detail = payload.get("detail").ok_or(AlarmError::Member("detail"))?;
            let arn = payload.pointer("/resources/0").and_then(Value::as_str);
            return Ok(vec![of_data(detail, arn, payload.get("time"))?]);
        }
        let records = payload.get("Records").and_then(Value::as_array).filter(|records| !records.is_empty());
        let records = records.ok_or(AlarmError::Shape)?;
        records.iter().enumerate().map(|(index, record)| of_record(index, record)).collect()
    }

    /// Whether it is one of this region and account, as far as its ARN tells: alarms elsewhere may have the same name.
    pub fn is_of(&self, region: &str, account: &str) -> bool {
        let Some(arn) = &self.arn else { return true };
        let mut parts = arn.split(':').skip(3);
        parts.next() == Some(region) && parts.next() == Some(account)
    }
}

/// What an event and an action have in common.
fn of_data(data: &Value, arn: Option<&str>, sent: Option<&Value>) -> Result<Alarm, AlarmError> {
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str);
    let since = text("/state/timestamp").or_else(|| sent.and_then(Value::as_str));
    Ok(Alarm {
        name: required(text("/alarmName"), "alarmName")?,
        arn: arn.map(str::to_owned),
        state: required(text("/state/value"), "state.value")?,
        previous: text("/previousState/value").map(str::to_owned),
        since: time(since, "state.timestamp")?,
        reason: text("/state/reason").unwrap_or_default().to_owned(),
    })
}

fn of_record(index: usize, record: &Value) -> Result<Alarm, AlarmError> {
    let message = record.pointer("/Sns/Message").and_then(Value::as_str).ok_or(AlarmError::Shape)?;
    let message: Value = serde_json::from_str(message).map_err(|_| AlarmError::Message(index))?;
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    Ok(Alarm {
        name: required(text("AlarmName"), "AlarmName")?,
        arn: text("AlarmArn").map(str::to_owned),
        state: required(text("NewStateValue"), "NewStateValue")?,
        previous: text("OldStateValue").map(str::to_owned),
        since: time(text("StateChangeTime"), "StateChangeTime")?,
        reason: text("NewStateReason").unwrap_or_default().to_owned(),
    })
}

fn required(text: Option<&str>, member: &'static str) -> Result<String, AlarmError> {
    text.filter(|text| !text.is_empty()).map(str::to_owned).ok_or(AlarmError::Member(member))
}

/// `CloudWatch` writes offsets without a colon, which RFC 3339 does not have.
fn time(text: Option<&str>, member: &'static str) -> Result<Timestamp, AlarmError> {
    let text = text.ok_or(AlarmError::Member(member))?;
    let read = text
        .parse()
        .or_else(|_| strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).and_then(|parsed| parsed.to_timestamp()));
    read.map_err(|_| AlarmError::Time { member, text: text.to_owned() })
}
