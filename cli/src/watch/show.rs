//! Where what is watched is shown: lines, with what is going on at the foot of a terminal.

use crate::arguments::Format;
use greenlight_aws::Clock;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(100);

pub(super) struct Show {
    format: Format,
    clock: Clock,
    live: Option<ProgressBar>,
}

impl Show {
    pub(super) fn new(format: Format, clock: Clock) -> Self {
        let is_live = format == Format::Text && std::io::stdout().is_terminal();
        let live = is_live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            if let Ok(style) = ProgressStyle::with_template("  {spinner:.cyan} {msg} {elapsed:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { format, clock, live }
    }

    pub(super) fn tell(&self, event: &str, text: &str, fields: Value) {
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
        if let Some(live) = &self.live {
            live.reset_elapsed();
            live.set_message(text.lines().next().unwrap_or_default().to_owned());
        }
        self.say(&format!("{}  {text}", now.strftime("%H:%M:%SZ")));
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

impl Drop for Show {
    fn drop(&mut self) {
        if let Some(live) = &self.live {
            live.finish_and_clear();
        }
    }
}
