//! Where what is watched is shown: lines, with what is going on at the foot of a terminal.

use super::Viewer;
use crate::arguments::Format;
use crate::why::span;
use greenlight_aws::Clock;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(100);

pub(super) struct Show {
    format: Format,
    clock: Clock,
    live: Option<ProgressBar>,
    /// When what goes on now ends at the latest.
    until: Arc<Mutex<Option<Timestamp>>>,
}

impl Show {
    pub(super) fn new(format: Format, clock: Clock) -> Self {
        let is_live = format == Format::Text && std::io::stdout().is_terminal();
        let until = Arc::new(Mutex::new(None::<Timestamp>));
        let live = is_live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            if let Ok(style) = ProgressStyle::with_template("  {spinner:.cyan} {msg} {left:.dim}") {
                let (until, clock) = (Arc::clone(&until), clock.clone());
                let left = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                    let until = until.lock().ok().and_then(|until| *until);
                    if let Some(until) = until {
                        let left = until.duration_since(clock.now()).max(SignedDuration::ZERO);
                        let _ = write!(out, "{} left at most", span(left));
                    }
                };
                bar.set_style(style.with_key("left", left));
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { format, clock, live, until }
    }

    /// The end, without a time.
    pub(super) fn end(&self, text: &str, outcome: &Value) {
        if let Some(live) = &self.live {
            live.finish_and_clear();
        }
        self.say(&if self.format == Format::Json { outcome.to_string() } else { text.to_owned() });
    }

    fn say(&self, line: &str) {
        match &self.live {
            Some(bar) if !bar.is_finished() => bar.println(line),
            // a reader that has gone away does not change what happens
            _ => {
                let mut out = std::io::stdout().lock();
                let _ = writeln!(out, "{line}");
                let _ = out.flush();
            }
        }
    }
}

impl Viewer for Show {
    fn changed(&mut self, event: &'static str, text: &str, fields: Value) {
        let now = self.clock.now();
        if self.format == Format::Json {
            let mut line = Map::new();
            line.insert("event".to_owned(), event.into());
            line.insert("at".to_owned(), now.to_string().into());
            if let Value::Object(fields) = fields {
                line.extend(fields.into_iter().filter(|(name, _)| name != "at"));
            }
            return self.say(&Value::Object(line).to_string());
        }
        self.say(&format!("{}  {text}", now.strftime("%H:%M:%SZ")));
    }

    fn now(&mut self, text: &str, until: Option<Timestamp>) {
        if let Ok(mut slot) = self.until.lock() {
            *slot = until;
        }
        if let Some(live) = &self.live {
            live.set_message(text.to_owned());
        }
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        if let Some(live) = &self.live {
            live.finish_and_clear();
        }
    }
}
