//! What a function writes down: one JSON object per line.

use crate::Env;
use serde_json::{Map, Value};
use std::io::Write;

impl Env {
    /// Writes one event to the function's log: `event` is its dotted name, `fields` an object with what it is about.
    pub fn emit(&self, event: &str, fields: Value) {
        let mut line = Map::new();
        line.insert("event".to_owned(), event.into());
        line.insert("at".to_owned(), self.clock.now().to_string().into());
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        self.write(Value::Object(line).to_string());
    }
}

/// Writes a line to standard output, where Lambda picks it up. If nobody listens there, nothing can be done about it.
pub(crate) fn to_standard_output(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
