//! What a verb says while it works: a line for people, or an object for programs.

use crate::arguments::Format;
use greenlight_aws::Clock;
use serde_json::{Map, Value};
use std::io::Write as _;

/// Hears of everything that is done: the event's name, a line for people, and the event's members.
pub type Tell<'a> = &'a mut dyn FnMut(&'static str, &str, Value);

/// One line of JSON, or the text, if there is any; for people with the time, if it tells of something that happened.
pub(crate) fn show(format: Format, clock: &Clock, event: &str, text: &str, fields: Value, is_timed: bool) {
    let shown = match format {
        Format::Text if text.is_empty() => return,
        Format::Text if !is_timed => text.to_owned(),
        Format::Text => format!("{}  {text}", clock.now().strftime("%H:%M:%SZ")),
        Format::Json => {
            let mut line = Map::new();
            line.insert("event".to_owned(), event.into());
            line.insert("at".to_owned(), clock.now().to_string().into());
            if let Value::Object(fields) = fields {
                line.extend(fields);
            }
            Value::Object(line).to_string()
        }
    };
    // a reader that has gone away does not change what is done
    let _ = writeln!(std::io::stdout().lock(), "{shown}");
}
