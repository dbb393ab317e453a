//! A notice as the message that an incoming webhook of Slack takes:
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.

use crate::cut::cut;
use serde_json::{Value, json};

/// Slack shows 40 000 characters; nobody reads them.
const LONGEST: usize = 6000;

/// The message for a notice's document.
pub fn slack(document: &Value) -> Value {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(escaped);
    let list = |name: &str| document.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mark = match document.get("level").and_then(Value::as_str) {
        Some("success") => ":white_check_mark:",
        Some("warning") => ":warning:",
        Some("error") => ":x:",
        _ => ":information_source:",
    };
    let mut lines = vec![format!("{mark} *{}*", text(document, "title").unwrap_or_default())];
    lines.extend(text(document, "reason"));
    lines.extend(text(document, "details").map(|details| format!("```\n{}\n```", details.replace("```", "'''"))));
    for step in list("next") {
        if let (Some(what), Some(command)) = (text(&step, "what"), text(&step, "command")) {
            lines.push(format!("To {what}: `{command}`"));
        }
    }
    for link in list("links") {
        if let (Some(what), Some(url)) = (text(&link, "what"), text(&link, "url")) {
            lines.push(format!("<{url}|{what}>"));
        }
    }
    json!({ "text": cut(&lines.join("\n"), LONGEST) })
}

/// What would be markup otherwise: nobody is called by what stands in a log.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
