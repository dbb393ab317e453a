//! What an expression says, in plain English.

use crate::Expression;
use crate::cron::{Cron, Days, FIRST_YEAR, LAST_YEAR};
use crate::set::Set;
use jiff::civil::Weekday;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Expression {
    /// `every 15 minutes`, `at 10:15 on the last Friday of the month, in 2026 and 2027`.
    pub fn in_words(&self) -> String {
        match self {
            Self::Rate(rate) => {
                let text = rate.to_string();
                format!("every {}", text.strip_prefix("1 ").unwrap_or(&text))
            }
            Self::At(time) => format!("once, on {}", time.strftime("%A, %-d %B %Y at %H:%M:%S")),
            Self::Cron(cron) => cron.in_words(),
        }
    }
}

impl Cron {
    fn in_words(&self) -> String {
        let times = times(&self.minutes, &self.hours);
        let mut words = match days(self.days) {
            days if times.starts_with("at ") && !times.contains("every") => format!("{times} {days}"),
            // nobody takes "every 15 minutes" for one day only
            _ if self.days == Days::Every && self.hours.count() == 24 => times,
            days => format!("{times}, {days}"),
        };
        if self.months.count() < 12 {
            let months =
                list(&self.months, |month| MONTHS.get(usize::from(month) - 1).copied().unwrap_or("").to_owned());
            words = format!("{words}, in {months}");
        }
        if i64::from(self.years.count()) <= i64::from(LAST_YEAR - FIRST_YEAR) {
            let years = list(&self.years, |year| (i32::from(FIRST_YEAR) + i32::from(year)).to_string());
            words = format!("{words}, in {years}");
        }
        words
    }
}

fn times(minutes: &Set, hours: &Set) -> String {
    /// More times of day than these are told as minutes and hours.
    const MOST: usize = 6;
    let clock: Vec<String> = hours
        .numbers()
        .flat_map(|hour| minutes.numbers().map(move |minute| format!("{hour:02}:{minute:02}")))
        .take(MOST + 1)
        .collect();
    if clock.len() <= MOST {
        return format!("at {}", and(&clock));
    }
    let minute = every(minutes, 60, "minute");
    let on_the_hour = minutes.count() == 1 && minutes.has(0);
    let one_of = |set: &Set| if set.count() == 1 { "minute" } else { "minutes" };
    match (minute, hours.count()) {
        (Some(every), 24) => every,
        (Some(every), _) => format!("{every} in the hours {}", list(hours, |hour| hour.to_string())),
        (None, _) => {
            let of = match every(hours, 24, "hour") {
                Some(every) => every,
                None => format!("in the hours {}", list(hours, |hour| hour.to_string())),
            };
            if on_the_hour {
                return format!("on the hour, {of}");
            }
            format!("at {} {}, {of}", one_of(minutes), list(minutes, |minute| minute.to_string()))
        }
    }
}

/// `every 15 minutes`, if the numbers below `end` begin with 0 and have one distance, round the clock.
fn every(set: &Set, end: u8, unit: &str) -> Option<String> {
    let distance = end.checked_div(u8::try_from(set.count()).ok()?)?;
    let even = set.has(0) && u32::from(distance) * set.count() == u32::from(end);
    let all = even && set.numbers().all(|number| number % distance == 0) && distance < end;
    all.then(|| if distance == 1 { format!("every {unit}") } else { format!("every {distance} {unit}s") })
}

fn days(days: Days) -> String {
    match days {
        Days::Every => "every day".to_owned(),
        Days::OfMonth(days) => format!("on the {} of the month", list(&days, ordinal)),
        Days::Last => "on the last day of the month".to_owned(),
        Days::LastWeekday => "on the last weekday of the month".to_owned(),
        Days::Nearest(day) => format!("on the weekday nearest to the {} of the month", ordinal(day.unsigned_abs())),
        Days::OfWeek(days) if days.count() == 7 => "every day".to_owned(),
        Days::OfWeek(days) => format!("on {}", list(&days, |day| format!("{}s", weekday(day)))),
        Days::LastOf(day) => format!("on the last {} of the month", name(day)),
        Days::Nth(day, nth) => format!("on the {} {} of the month", nth_word(nth), name(day)),
    }
}

fn weekday(number: u8) -> &'static str {
    let found = i8::try_from(number).ok().and_then(|number| Weekday::from_sunday_one_offset(number).ok());
    found.map_or("", name)
}

fn name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn nth_word(nth: i8) -> &'static str {
    match nth {
        1 => "first",
        2 => "second",
        3 => "third",
        4 => "fourth",
        _ => "fifth",
    }
}

/// `1st`, `22nd`.
fn ordinal(number: u8) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `1, 3 and 5 to 9`.
fn list(set: &Set, word: impl Fn(u8) -> String) -> String {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for number in set.numbers() {
        match runs.last_mut() {
            Some((_, last)) if last.saturating_add(1) == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let words: Vec<String> = runs
        .into_iter()
        .flat_map(|(first, last)| match last - first {
            0 => vec![word(first)],
            1 => vec![word(first), word(last)],
            _ => vec![format!("{} to {}", word(first), word(last))],
        })
        .collect();
    and(&words)
}

fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
