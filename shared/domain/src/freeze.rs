//! Whether nothing may be deployed now.

use crate::plan::{FreezeDays, FreezeWindow};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

/// The answer if not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// When it is over. Windows that follow each other without a gap are one.
    pub until: Timestamp,
    /// The window that holds now, as the plan has it.
    pub window: String,
    /// `until` on the window's own clock: `2026-12-28 00:00 CET`.
    pub until_there: String,
}

impl Frozen {
    /// `frozen until 2026-12-28 00:00 CET (dates …)`.
    pub fn describe(&self) -> String {
        format!("frozen until {} ({})", self.until_there, self.window)
    }
}

/// Windows that follow each other are joined this often at most: a plan may freeze every day.
const JOINED: usize = 64;

/// The window that holds `now`, if there is one.
pub fn frozen(windows: &[FreezeWindow], now: Timestamp) -> Option<Frozen> {
    let (mut last, mut until) = longest(windows, now)?;
    let window = last.describe();
    for _ in 0..JOINED {
        let Some((next, later)) = longest(windows, until).filter(|(_, later)| *later > until) else { break };
        (last, until) = (next, later);
    }
    let until_there = until.to_zoned(last.time_zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    Some(Frozen { until, window, until_there })
}

/// Of the windows that hold `now`, the one that ends last.
fn longest(windows: &[FreezeWindow], now: Timestamp) -> Option<(&FreezeWindow, Timestamp)> {
    let holding = windows.iter().filter_map(|window| Some((window, end(window, now)?)));
    holding.max_by_key(|(_, until)| *until)
}

/// When the window ends, if it holds `now`.
fn end(window: &FreezeWindow, now: Timestamp) -> Option<Timestamp> {
    match &window.days {
        FreezeDays::Dates(first, last) => within(window, *first, *last, now),
        FreezeDays::Weekly(ranges) => {
            let today = now.to_zoned(window.time_zone.clone()).date();
            // The longest range has seven days and ends on the day after the last.
            let begins = (0..=8).filter_map(|back| today.checked_sub(back.days()).ok());
            let spans = begins.flat_map(|begin| {
                let ranges = ranges.iter().filter(move |(first, _)| begin.weekday() == *first);
                ranges.map(move |(first, last)| (begin, first.until(*last)))
            });
            let ends = spans.filter_map(|(begin, days)| {
                within(window, begin, begin.checked_add(i64::from(days).days()).ok()?, now)
            });
            ends.max()
        }
    }
}

/// When the window ends that begins on `first` and whose last day is `last`, if it holds `now`.
///
/// A time that the clock skips is read as the time after it, one that comes twice as the first: a window neither begins late
/// nor has a gap.
fn within(window: &FreezeWindow, first: Date, last: Date, now: Timestamp) -> Option<Timestamp> {
    let last = if window.to <= window.from { last.tomorrow().ok()? } else { last };
    let at = |date: Date, time: Time| Some(date.to_datetime(time).to_zoned(window.time_zone.clone()).ok()?.timestamp());
    let (begin, end) = (at(first, window.from)?, at(last, window.to)?);
    (begin <= now && now < end).then_some(end)
}

#[cfg(test)]
mod tests;
