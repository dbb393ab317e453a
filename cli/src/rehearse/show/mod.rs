//! Showing what happens: live in a terminal, as lines for people, or as JSON for programs.

mod jobs;
mod json;
mod live;
mod text;
mod told;

use super::outcome::Outcome;
use super::traffic::Counts;
use super::{Progress, Rehearsal, Step};
use crate::arguments::Format;
use greenlight_domain::mask::Mask;
use jiff::Timestamp;
use live::Live;
use std::io::{IsTerminal as _, Write as _};
use text::Lines;

/// Where a rehearsal is shown.
pub(super) struct Show {
    counts: Counts,
    mask: Mask,
    how: How,
}

enum How {
    Json,
    Plain(Lines),
    Live(Lines, Live),
}

impl Show {
    /// Begins at once, before anything is started: whoever looks should see something.
    pub(super) fn new(format: Format, rehearsal: &Rehearsal, speed: f64) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let colours = terminal && std::env::var_os("NO_COLOR").is_none();
        let how = match format {
            Format::Json => How::Json,
            Format::Text if terminal => How::Live(Lines::new(colours), Live::new()),
            Format::Text => How::Plain(Lines::new(false)),
        };
        let mut show = Self { counts: Counts::default(), mask: rehearsal.mask(), how };
        let step = Step::Started {
            service: rehearsal.plan.service.clone(),
            blue: rehearsal.script.blue.clone(),
            green: rehearsal.script.green.clone(),
            deployment_config: rehearsal.shift_in_words(),
            speed,
            faults: rehearsal.faults.iter().map(|fault| fault.name).collect(),
            skipped: rehearsal
                .directives
                .iter()
                .map(|directive| format!("{} ({})", directive.skip, directive.reason))
                .collect(),
        };
        show.on(greenlight_aws::Clock::real().now(), Progress::Step(&step));
        show
    }

    /// The requests, counted by whoever sends them.
    pub(super) fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// Shows one thing; `at` is the stage's time.
    pub(super) fn on(&mut self, at: Timestamp, progress: Progress<'_>) {
        match &mut self.how {
            How::Json => json::lines(at, progress).iter().for_each(|line| say(&self.mask.mask(line))),
            How::Plain(lines) => lines.on(progress).iter().for_each(|line| say(&self.mask.mask(line))),
            How::Live(lines, live) => {
                lines.on(progress).iter().for_each(|line| live.say(&self.mask.mask(line)));
                live.on(progress, &self.counts);
            }
        }
    }

    /// Shows how it ended.
    pub(super) fn end(&mut self, outcome: &Outcome) {
        match &mut self.how {
            How::Json => {
                if let Ok(line) = serde_json::to_string(outcome) {
                    say(&self.mask.mask(&line));
                }
            }
            How::Plain(lines) => lines.end(outcome).iter().for_each(|line| say(&self.mask.mask(line))),
            How::Live(lines, live) => {
                live.clear();
                lines.end(outcome).iter().for_each(|line| say(&self.mask.mask(line)));
            }
        }
    }

    /// There is no outcome; an error follows.
    pub(super) fn abandon(&mut self) {
        if let How::Live(_, live) = &mut self.how {
            live.clear();
        }
    }
}

/// Writes a line. A reader that has gone away does not stop the rehearsal.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
