//! `[freeze]`: when nothing is deployed.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// `[freeze]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Freeze {
    /// The windows.
    pub windows: Vec<FreezeWindow>,
}

/// One of `freeze.windows`.
#[derive(Debug, Clone, PartialEq)]
pub struct FreezeWindow {
    /// The days it is about.
    pub days: FreezeDays,
    /// When it begins on the first day.
    pub from: Time,
    /// When it ends on the last day, or on the day after the last if this is not after `from`.
    pub to: Time,
    /// Where the clock is that days and times are read from.
    pub time_zone: TimeZone,
}

/// The days of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FreezeDays {
    /// Every week; from each first day to the last day that follows. `fri-sun` is one, `["sat", "sun"]` are two.
    Weekly(Vec<(Weekday, Weekday)>),
    /// Once; from the first date to the last.
    Dates(Date, Date),
}

/// Days of the week as plans write them.
pub(crate) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn short(weekday: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, candidate)| *candidate == weekday).map_or("mon", |(name, _)| name)
}

impl FreezeWindow {
    /// The window as the plan has it: `fri-sun 16:00 to 08:00 Europe/Berlin`.
    pub fn describe(&self) -> String {
        let (_, days) = self.days.written();
        let zone = self.time_zone.iana_name().unwrap_or("UTC");
        if self.from == Time::midnight() && self.to == Time::midnight() {
            return format!("{} {zone}", days.join(", "));
        }
        format!("{} {} to {} {zone}", days.join(", "), clock(self.from), clock(self.to))
    }
}

impl FreezeDays {
    /// The key, and what stands behind it.
    fn written(&self) -> (&'static str, Vec<String>) {
        match self {
            Self::Weekly(ranges) => {
                let text = |(first, last): &(Weekday, Weekday)| {
                    if first == last { short(*first).to_owned() } else { format!("{}-{}", short(*first), short(*last)) }
                };
                ("days", ranges.iter().map(text).collect())
            }
            Self::Dates(first, last) if first == last => ("dates", vec![first.to_string()]),
            Self::Dates(first, last) => ("dates", vec![format!("{first}..{last}")]),
        }
    }
}

/// `16:00`.
fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

impl Serialize for FreezeWindow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        let (key, days) = self.days.written();
        match days.as_slice() {
            [one] => map.serialize_entry(key, one)?,
            many => map.serialize_entry(key, many)?,
        }
        map.serialize_entry("from", &clock(self.from))?;
        map.serialize_entry("to", &clock(self.to))?;
        map.serialize_entry("time-zone", self.time_zone.iana_name().unwrap_or("UTC"))?;
        map.end()
    }
}
