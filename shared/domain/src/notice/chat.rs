//! A notice as the custom notification that Amazon Q Developer in chat applications shows in Slack and Teams:
//! <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>.

use super::{Level, Notice, text};
use crate::cut::cut;
use serde_json::{Value, json};

const LONGEST_TITLE: usize = 250;
const LONGEST_DESCRIPTION: usize = 6000;

/// The notification. What belongs to one deployment, or to one job, becomes one thread.
pub(super) fn notification(notice: &Notice) -> Value {
    let about = &notice.about;
    let thread = about.deployment_id.as_ref().or(about.job.as_ref()).unwrap_or(&notice.key);
    let next: Vec<String> = notice.next.iter().map(|step| format!("To {}: `{}`", step.what, step.command)).collect();
    let resources: Vec<&String> = [&about.deployment_id, &about.service, &about.alarm].into_iter().flatten().collect();
    let context: serde_json::Map<String, Value> =
        text::names(notice).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "version": "1.0",
        "source": "custom",
        "id": notice.id(),
        "content": {
            "textType": "client-markdown",
            "title": cut(&format!("{} {}", mark(notice.kind.level()), notice.title), LONGEST_TITLE),
            "description": cut(&description(notice), LONGEST_DESCRIPTION),
            "nextSteps": next,
            "keywords": [notice.kind.name(), notice.kind.level().name()],
        },
        "metadata": {
            "threadId": thread,
            "summary": text::short(notice),
            "eventType": notice.kind.name(),
            "relatedResources": resources,
            "additionalContext": context,
        },
    })
}

fn mark(level: Level) -> &'static str {
    match level {
        Level::Info => ":information_source:",
        Level::Success => ":white_check_mark:",
        Level::Warning => ":warning:",
        Level::Error => ":x:",
    }
}

fn description(notice: &Notice) -> String {
    let mut parts = vec![notice.reason.clone().unwrap_or_else(|| notice.title.clone())];
    // a fence in the text would end the block
    parts.extend(notice.details.as_ref().map(|details| format!("```\n{}\n```", details.replace("```", "'''"))));
    parts.extend(notice.links.iter().map(|link| format!("<{}|{}>", link.url, link.what)));
    parts.join("\n")
}
