//! Telling the team.

use crate::{Env, classify};
use greenlight_domain::notice::Notice;
use serde_json::json;

/// Publishes a notice. News never decide anything: if it cannot be sent, that is written down and nothing else happens.
pub async fn publish(env: &Env, notice: &Notice) {
    let Some(topic) = &env.settings.topic_arn else {
        env.emit("notice.dropped", json!({ "subject": notice.subject(), "reason": "GREENLIGHT_TOPIC_ARN is not set" }));
        return;
    };
    let request = env.sns().publish().topic_arn(topic).subject(notice.subject()).message(notice.text());
    match request.send().await {
        Ok(_) => env.emit("notice.sent", json!({ "subject": notice.subject() })),
        Err(error) => {
            let reason = classify("sns:Publish", topic, &error).to_string();
            env.emit("notice.failed", json!({ "subject": notice.subject(), "reason": reason }));
        }
    }
}
