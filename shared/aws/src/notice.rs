//! Telling the team.

mod background;

pub use background::{Background, console};

use crate::{Env, Error, classify, retry};
use aws_sdk_sns::types::MessageAttributeValue;
use greenlight_domain::notice::{Message, Notice};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Publishes a notice, if that can be done before `until`. News never decide anything: if it cannot be published, that is written
/// down and nothing else happens.
pub async fn publish(env: &Env, notice: &Notice, until: Timestamp) {
    let (id, message) = (notice.id(), Message::of(notice));
    let Some(topic) = &env.settings.topic_arn else {
        return env.emit("notice.dropped", json!({ "notice": id, "reason": "GREENLIGHT_TOPIC_ARN is not set" }));
    };
    match retry::until(env, until, async || send(env, topic, &message).await).await {
        Ok(()) => env.emit("notice.sent", about(notice, json!({ "notice": id, "subject": message.subject() }))),
        Err(error) => {
            let fields = json!({ "notice": id, "subject": message.subject(), "reason": error.to_string() });
            env.emit("notice.failed", about(notice, fields));
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
