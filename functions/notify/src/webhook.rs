//! Hands the topic's messages to webhooks. A webhook's URL is a secret: it is in no line and no error.

use crate::alarm;
use greenlight_aws::http::{Request, is_own_machine};
use greenlight_aws::queue::Queue;
use greenlight_aws::{Env, Error, secrets};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::notice::{self, Message};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// So long a webhook may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// So much of its answer is read: nobody looks at it.
const MAX_BODY: usize = 1024;

/// What a webhook takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Slack,
    Json,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Json => "json",
        }
    }
}

/// Posts each message to each webhook.
///
/// # Errors
/// If no webhook took the message, and one may later: Lambda tries again. What one took is not posted to it again: the others' go
/// to the queue of dead letters.
pub(crate) async fn post(env: &Env, messages: &[String], until: Timestamp) -> Result<(), Error> {
    for message in messages {
        let Some(document) = document(env, message) else {
            env.emit("webhook.skipped", json!({ "reason": "the message is no notice and no alarm" }));
            continue;
        };
        one(env, &document, until).await?;
    }
    Ok(())
}

async fn one(env: &Env, document: &Value, until: Timestamp) -> Result<(), Error> {
    let webhooks = [(Form::Slack, &env.settings.slack_webhook_arn), (Form::Json, &env.settings.webhook_arn)];
    let webhooks = webhooks.into_iter().filter_map(|(form, arn)| Some((form, arn.as_deref()?)));
    let (mut taken, mut refused) = (0_usize, Vec::new());
    for (form, arn) in webhooks {
        let fields =
            |reason: Option<&str>| json!({ "notice": document["id"], "webhook": form.name(), "reason": reason });
        match deliver(env, form, arn, document, until).await {
            Ok(()) => {
                taken += 1;
                env.emit("webhook.posted", fields(None));
            }
            Err((reason, may_pass)) => {
                env.emit("webhook.failed", fields(Some(&reason)));
                refused.push((form, reason, may_pass));
            }
        }
    }
    if taken == 0 && refused.iter().any(|(.., may_pass)| *may_pass) {
        let reasons: Vec<&str> = refused.iter().map(|(_, reason, _)| reason.as_str()).collect();
        return Err(Error::Refused(reasons.join("; ")));
    }
    for (form, reason, _) in refused {
        let letter = json!({ "webhook": form.name(), "reason": reason, "notice": document });
        let queue = env.settings.dead_letter_arn.as_deref().and_then(Queue::of);
        let queue = queue.ok_or_else(|| Error::Refused(reason.clone()))?;
        queue.send(env, &letter.to_string()).await.map_err(|error| Error::Refused(format!("{reason}; {error}")))?;
    }
    Ok(())
}

/// Why it was not taken, and whether it may be later.
async fn deliver(env: &Env, form: Form, arn: &str, document: &Value, until: Timestamp) -> Result<(), (String, bool)> {
    let name = form.name();
    let read = secrets::read(env, BTreeSet::from([arn]), until).await;
    let urls =
        read.map_err(|error| (format!("the URL of webhook {name} cannot be read: {error}"), error.is_temporary()))?;
    let url = urls.get(arn).map(|url| url.trim()).unwrap_or_default();
    let is_https = url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    if !is_https || is_own_machine(url) {
        let reason = format!("what {arn} holds is no URL of another machine that begins with https://");
        return Err((reason, false));
    }
    let body = match form {
        Form::Slack => notice::slack(document),
        Form::Json => document.clone(),
    };
    let request = Request {
        method: "POST".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
        timeout: TIMEOUT.min(env.clock.real_duration_until(until)),
        max_body: MAX_BODY,
        ..Request::get(url)
    };
    match env.http().send(request).await {
        // a redirect is not followed: nobody checked where it leads
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => {
            let may_pass = answer.status >= 500 || answer.status == 429;
            Err((format!("webhook {name} answered with status {}", answer.status), may_pass))
        }
        // what an error says may hold the host, which is none of the log's business either
        Err(_) => Err((format!("webhook {name} did not answer"), true)),
    }
}

/// The notice in a message, or that of an alarm that publishes by itself.
fn document(env: &Env, message: &str) -> Option<Value> {
    let document: Value = serde_json::from_str(message).ok()?;
    if document.get("schema").and_then(Value::as_str).is_some_and(|schema| schema == notice::SCHEMA) {
        return Some(document);
    }
    let alarms = Alarm::read(&json!({ "Records": [{ "Sns": { "Message": message } }] })).ok()?;
    let notice = Message::of(&alarm::of(env, alarms.first()?)).for_protocol("lambda")?;
    serde_json::from_str(&notice).ok()
}
