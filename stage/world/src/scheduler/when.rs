//! When a schedule fires.

use greenlight_schedule::Expression;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct When {
    pub(super) expression: Expression,
    pub(super) zone: TimeZone,
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    /// The flexible time window, in minutes.
    pub(super) window: u32,
}

const JUST: SignedDuration = SignedDuration::from_nanos(1);

impl When {
    /// Whether it fires once only.
    pub(super) fn is_once(&self) -> bool {
        matches!(self.expression, Expression::At(_))
    }

    /// The first firing of a schedule that is made or changed now. A rate without a start date begins at once; a time that is
    /// over is made up for.
    pub(super) fn first(&self, now: Timestamp) -> Option<Timestamp> {
        let after = match self.expression {
            Expression::At(_) => Timestamp::MIN,
            Expression::Rate(_) => now.saturating_sub(JUST).unwrap_or(now),
            Expression::Cron(_) => now,
        };
        self.next(after, now)
    }

    /// The first firing later than `after`. `since` is when the schedule was made or changed last.
    pub(super) fn next(&self, after: Timestamp, since: Timestamp) -> Option<Timestamp> {
        if self.is_once() {
            return self.expression.next(after, &self.zone, since);
        }
        // on the start date is not too early, on the end date it is too late
        let after = self.start.map_or(after, |start| after.max(start.saturating_sub(JUST).unwrap_or(start)));
        let next = self.expression.next(after, &self.zone, self.start.unwrap_or(since))?;
        self.end.is_none_or(|end| next < end).then_some(next)
    }
}
