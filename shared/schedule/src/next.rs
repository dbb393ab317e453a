//! When an expression fires.

use crate::Expression;
use crate::cron::Cron;
use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

impl Expression {
    /// The first firing later than `after`, on the clocks of `zone`; `None` if there is none.
    ///
    /// `since` is when a rate begins: its first firing. That is the schedule's start date, or when it was made or changed. The
    /// two other kinds do not look at it.
    pub fn next(&self, after: Timestamp, zone: &TimeZone, since: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(rate) => {
                if after < since {
                    return Some(since);
                }
                let period = SignedDuration::try_from(rate.period()).ok()?;
                let past = after.duration_since(since).as_nanos().checked_div(period.as_nanos())?;
                let periods = i32::try_from(past.checked_add(1)?).ok()?;
                since.checked_add(period.checked_mul(periods)?).ok()
            }
            Self::Cron(cron) => cron.next(after, zone),
            Self::At(time) => first(*time, zone).filter(|at| *at > after),
        }
    }

    /// Whether there is a firing on the clocks of `zone`: the only one may fall into an hour that a clock skips.
    pub fn fires_in(&self, zone: &TimeZone) -> bool {
        self.next(Timestamp::MIN, zone, Timestamp::UNIX_EPOCH).is_some()
    }
}

impl Cron {
    fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // Times of day and the first moments at which clocks show them have the same order. So nothing before what the clock
        // shows at `after` can come later than `after`.
        let shown = zone.to_datetime(after);
        let times = self.dates(shown.date()).flat_map(|date| self.times().map(move |time| date.to_datetime(time)));
        times.filter_map(|time| first(time, zone)).find(|at| *at > after)
    }

    /// The times of a day, ascending.
    fn times(&self) -> impl Iterator<Item = Time> + '_ {
        let pairs = self.hours.numbers().flat_map(|hour| self.minutes.numbers().map(move |minute| (hour, minute)));
        pairs.filter_map(|(hour, minute)| Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok())
    }
}

/// The first moment at which a clock shows a time; `None` if it skips it.
fn first(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Gap { .. } => None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            zone.to_ambiguous_timestamp(time).earlier().ok()
        }
    }
}
