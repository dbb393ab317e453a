//! `cron(…)`: minutes, hours, day of month, month, day of week, year.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html>

mod read;

use crate::ScheduleError;
use crate::set::Set;
use jiff::civil::{Date, Weekday};
use std::fmt;

/// The first year that an expression can name.
pub(crate) const FIRST_YEAR: i16 = 1970;
/// The last.
pub(crate) const LAST_YEAR: i16 = 2199;

/// What stands in the brackets of `cron(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// As it was written, names in capitals.
    text: String,
    pub(crate) minutes: Set,
    pub(crate) hours: Set,
    pub(crate) days: Days,
    /// From 1.
    pub(crate) months: Set,
    /// Counted from [`FIRST_YEAR`].
    pub(crate) years: Set,
}

/// The days of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Days {
    /// `*`.
    Every,
    /// `1,15`, `1-7`, `1/2`.
    OfMonth(Set),
    /// `L`: the last of the month.
    Last,
    /// `LW`: the last weekday of the month.
    LastWeekday,
    /// `15W`: the weekday nearest to a day, in the same month.
    Nearest(i8),
    /// `MON-FRI`: Sunday is 1.
    OfWeek(Set),
    /// `6L`: the last of its kind in the month.
    LastOf(Weekday),
    /// `3#2`: the second Tuesday.
    Nth(Weekday, i8),
}

impl Cron {
    /// Reads what stands in the brackets.
    pub(crate) fn read(text: &str) -> Result<Self, ScheduleError> {
        let cron = read::cron(text)?;
        if cron.dates(Date::constant(FIRST_YEAR, 1, 1)).next().is_some() {
            return Ok(cron);
        }
        let why = "none of its months has that day in any of its years";
        Err(ScheduleError::Never { why, expression: cron.text })
    }

    /// The days on which it fires, from `first` on.
    pub(crate) fn dates(&self, first: Date) -> impl Iterator<Item = Date> + '_ {
        let years = (first.year().max(FIRST_YEAR)..=LAST_YEAR).filter(|year| self.years.has(year_bit(*year)));
        let months = years.flat_map(|year| (1..=12_i8).map(move |month| (year, month)));
        let months = months.filter(|(_, month)| self.months.has(month.unsigned_abs()));
        let days = months
            .filter_map(|(year, month)| Date::new(year, month, 1).ok())
            .flat_map(|of| (1..=of.days_in_month()).filter_map(move |day| Date::new(of.year(), of.month(), day).ok()));
        days.filter(move |date| *date >= first && self.days.hold(*date))
    }
}

/// A year as a member of a set.
pub(crate) fn year_bit(year: i16) -> u8 {
    u8::try_from(year.saturating_sub(FIRST_YEAR)).unwrap_or(u8::MAX)
}

impl Days {
    fn hold(self, date: Date) -> bool {
        let (day, last) = (date.day(), date.days_in_month());
        match self {
            Self::Every => true,
            Self::OfMonth(days) => days.has(day.unsigned_abs()),
            Self::Last => day == last,
            Self::LastWeekday => date_of(date, last).is_some_and(|last| date == nearest_weekday(last)),
            // a month without the day has none
            Self::Nearest(wanted) => date_of(date, wanted).is_some_and(|wanted| date == nearest_weekday(wanted)),
            Self::OfWeek(days) => days.has(date.weekday().to_sunday_one_offset().unsigned_abs()),
            Self::LastOf(weekday) => date.weekday() == weekday && day > last - 7,
            Self::Nth(weekday, nth) => date.weekday() == weekday && (day - 1) / 7 + 1 == nth,
        }
    }
}

fn date_of(month: Date, day: i8) -> Option<Date> {
    Date::new(month.year(), month.month(), day).ok()
}

/// Monday to Friday, nearest to a date and in the same month.
fn nearest_weekday(date: Date) -> Date {
    let (day, last) = (date.day(), date.days_in_month());
    let nearest = match date.weekday() {
        Weekday::Saturday if day == 1 => 3,
        Weekday::Saturday => day - 1,
        Weekday::Sunday if day == last => day - 2,
        Weekday::Sunday => day + 1,
        _ => day,
    };
    date_of(date, nearest).unwrap_or(date)
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
