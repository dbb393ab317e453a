//! The schedule expressions of `EventBridge` Scheduler: `rate(…)`, `cron(…)` and `at(…)`.
//!
//! What AWS documents holds here: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>. What it
//! leaves open is read so that an expression which is taken here is one that AWS takes: what AWS does not describe is refused.
//!
//! **When clocks are turned**: a time of day that the clock skips in spring does not fire, and one that comes twice in autumn
//! fires the first time only. So `cron(0/15 * * * ? *)` rests for an hour in autumn. A rate knows no clocks: a day is 24 hours.

mod cron;
mod error;
mod next;
mod set;
#[cfg(test)]
mod tests;
mod words;

pub use cron::Cron;
pub use error::ScheduleError;

use jiff::civil::DateTime;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest expression that Scheduler takes.
const LONGEST: usize = 256;

/// A schedule expression. It fires at least once in some time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// `rate(15 minutes)`.
    Rate(Rate),
    /// `cron(0 2 * * ? *)`.
    Cron(Box<Cron>),
    /// `at(2026-12-24T18:00:00)`: once.
    At(DateTime),
}

/// How often a rate fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Minute,
    Hour,
    Day,
}

impl FromStr for Expression {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        if text.len() > LONGEST {
            return Err(ScheduleError::TooLong { length: text.len() });
        }
        let unknown = || ScheduleError::Unknown { found: text.to_owned() };
        let (kind, rest) = text.split_once('(').ok_or_else(unknown)?;
        let body = rest.strip_suffix(')').ok_or_else(unknown)?;
        match kind {
            "rate" => body.parse().map(Self::Rate),
            "cron" => Cron::read(body).map(|cron| Self::Cron(Box::new(cron))),
            "at" => at(body).map(Self::At),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Expression {
    /// As Scheduler takes it, names in capitals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => write!(f, "rate({rate})"),
            Self::Cron(cron) => write!(f, "cron({cron})"),
            Self::At(time) => write!(f, "at({})", time.strftime("%Y-%m-%dT%H:%M:%S")),
        }
    }
}

impl Rate {
    /// The time from one firing to the next.
    pub fn period(self) -> Duration {
        let minutes = match self.unit {
            Unit::Minute => 1,
            Unit::Hour => 60,
            Unit::Day => 24 * 60,
        };
        Duration::from_mins(u64::from(self.count).saturating_mul(minutes))
    }
}

impl FromStr for Rate {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let wrong = |message| ScheduleError::Rate { found: text.to_owned(), message };
        let mut words = text.split_ascii_whitespace();
        let (Some(count), Some(unit_text), None) = (words.next(), words.next(), words.next()) else {
            return Err(wrong("expected a number and a unit".to_owned()));
        };
        // the longest fits into the years that cron has
        let most = 999_999;
        let digits = count.bytes().all(|byte| byte.is_ascii_digit());
        let count = count.parse().ok().filter(|count| digits && (1..=most).contains(count));
        let count = count.ok_or_else(|| wrong(format!("expected a whole number from 1 to {most}")))?;
        let (unit, one) = match unit_text.strip_suffix('s').unwrap_or(unit_text) {
            "minute" => (Unit::Minute, "minute"),
            "hour" => (Unit::Hour, "hour"),
            "day" => (Unit::Day, "day"),
            _ => return Err(wrong(format!("`{unit_text}` is no unit; use minutes, hours or days"))),
        };
        let rate = Self { count, unit };
        if unit_text.ends_with('s') == (count == 1) {
            let plural = if count == 1 { "" } else { "s" };
            return Err(wrong(format!("with {count} the unit is `{one}{plural}`")));
        }
        Ok(rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

/// `2026-12-24T18:00:00` and nothing else: jiff would read more.
fn at(text: &str) -> Result<DateTime, ScheduleError> {
    let wrong = || ScheduleError::At { found: text.to_owned() };
    let shape = text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character });
    if !shape.eq("0000-00-00T00:00:00".chars()) {
        return Err(wrong());
    }
    let time: DateTime = text.parse().map_err(|_| wrong())?;
    if (cron::FIRST_YEAR..=cron::LAST_YEAR).contains(&time.year()) { Ok(time) } else { Err(wrong()) }
}
