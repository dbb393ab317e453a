//! Telling the team.

mod background;
pub mod denied;
pub mod outcome;

pub use background::{Background, console};

use crate::clock::later;
use crate::queue::Queue;
use crate::{Env, Error, classify, retry};
use aws_sdk_sns::types::MessageAttributeValue;
use greenlight_domain::notice::{Message, Notice};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// So long SNS is asked to take a notice, in real time.
const PATIENCE: Duration = Duration::from_secs(15);

/// Publishes a notice, if that can be done before `until`. News never decide anything: if it cannot be published, that is written
/// down and nothing else happens.
pub async fn publish(env: &Env, notice: &Notice, until: Timestamp) {
    let (id, message) = (notice.id(), Message::of(notice));
    let Some(topic) = &env.settings.topic_arn else {
        return env.emit("notice.dropped", json!({ "notice": id, "reason": "GREENLIGHT_TOPIC_ARN is not set" }));
    };
    // what SNS does not take must be kept by then
    let left = env.clock.real_duration_until(until);
    let patience = PATIENCE.min(left.mul_f64(0.6)).mul_f64(env.clock.speed());
    let until = later(env.clock.now(), patience);
    match retry::until(env, until, async || send(env, topic, &message).await).await {
        Ok(()) => env.emit("notice.sent", about(notice, json!({ "notice": id, "subject": message.subject() }))),
        Err(error) => {
            let fields = json!({ "notice": id, "subject": message.subject(), "reason": error.to_string() });
            env.emit("notice.failed", about(notice, fields));
            keep(env, topic, &id, &message).await;
        }
    }
}

/// A line about a notice belongs to the story that the notice is about.
fn about(notice: &Notice, mut fields: Value) -> Value {
    let about = &notice.about;
    if let Some(deployment) = &about.deployment_id {
        fields["deployment_id"] = json!(deployment);
    }
    if let (Some(service), Some(job), Some(scheduled)) = (&about.service, &about.job, &about.scheduled) {
        fields["service"] = json!(service);
        fields["job"] = json!(job);
        fields["scheduled"] = json!(scheduled.to_string());
    }
    fields
}

/// Puts what could not be published into the queue of dead letters, as the call that publishes it.
async fn keep(env: &Env, topic: &str, id: &str, message: &Message) {
    let lost = |reason: String| env.emit("notice.lost", json!({ "notice": id, "reason": reason }));
    let Some(queue) = env.settings.dead_letter_arn.as_deref().and_then(Queue::of) else {
        return lost("GREENLIGHT_DEAD_LETTER_ARN names no queue".to_owned());
    };
    let attribute =
        |(name, value): (&str, &str)| (name.to_owned(), json!({ "DataType": "String", "StringValue": value }));
    let attributes: serde_json::Map<String, Value> = message.attributes().map(attribute).collect();
    let letter = json!({
        "TopicArn": topic,
        "Subject": message.subject(),
        "Message": message.body(),
        "MessageStructure": "json",
        "MessageAttributes": attributes,
    });
    match queue.send(env, &letter.to_string()).await {
        Ok(()) => env.emit("notice.kept", json!({ "notice": id, "queue": queue.name() })),
        Err(error) => lost(error.to_string()),
    }
}

async fn send(env: &Env, topic: &str, message: &Message) -> Result<(), Error> {
    let request = env.sns().publish().topic_arn(topic).subject(message.subject()).message(message.body());
    let mut request = request.message_structure("json");
    for (name, value) in message.attributes() {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
        request = request.message_attributes(name, value.map_err(|error| Error::Unfit(error.to_string()))?);
    }
    let answer = request.send().await;
    answer.map(|_| ()).map_err(|error| classify("sns:Publish", topic, &error).into())
}
