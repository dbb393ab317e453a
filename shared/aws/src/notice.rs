//! Telling the team.

use crate::{Env, classify, retry};
use greenlight_domain::notice::Notice;
use jiff::Timestamp;
use serde_json::json;

/// Publishes a notice, if that can be done before `until`. News never decide anything: if it cannot be sent, that is written down
/// and nothing else happens.
pub async fn publish(env: &Env, notice: &Notice, until: Timestamp) {
    let Some(topic) = &env.settings.topic_arn else {
        env.emit("notice.dropped", json!({ "subject": notice.subject(), "reason": "GREENLIGHT_TOPIC_ARN is not set" }));
        return;
    };
    let request = env.sns().publish().topic_arn(topic).subject(notice.subject()).message(notice.text());
    let sent = retry::until(env, until, async || {
        let answer = request.clone().send().await;
        answer.map(|_| ()).map_err(|error| classify("sns:Publish", topic, &error).into())
    });
    match sent.await {
        Ok(()) => env.emit("notice.sent", json!({ "subject": notice.subject() })),
        Err(error) => {
            env.emit("notice.failed", json!({ "subject": notice.subject(), "reason": error.to_string() }));
        }
    }
}
