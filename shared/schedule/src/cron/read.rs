//! Reading the six fields.

use super::{Cron, Days, FIRST_YEAR, LAST_YEAR, year_bit};
use crate::ScheduleError;
use crate::set::Set;
use jiff::civil::Weekday;

/// A field: its name, its numbers, and names for them.
struct Field {
    name: &'static str,
    position: usize,
    least: i16,
    most: i16,
    names: &'static [&'static str],
    example: &'static str,
}

const MINUTES: Field =
    Field { name: "minutes", position: 1, least: 0, most: 59, names: &[], example: "0, 0,30, 0/15 or 10-20" };
const HOURS: Field =
    Field { name: "hours", position: 2, least: 0, most: 23, names: &[], example: "2, 8,20, 8-18 or *" };
const DAY_OF_MONTH: Field =
    Field { name: "day of month", position: 3, least: 1, most: 31, names: &[], example: "1, 1,15, L, 15W, * or ?" };
const MONTH: Field =
    Field { name: "month", position: 4, least: 1, most: 12, names: MONTHS, example: "1, JAN, JAN-MAR or *" };
const DAY_OF_WEEK: Field = Field {
    name: "day of week",
    position: 5,
    least: 1,
    most: 7,
    names: WEEKDAYS,
    example: "MON, MON-FRI, 6L, 3#2, * or ?; Sunday is 1",
};
const YEAR: Field = Field {
    name: "year",
    position: 6,
    least: FIRST_YEAR,
    most: LAST_YEAR,
    names: &[],
    example: "*, 2026 or 2026-2028",
};

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A field's text, and how to speak of what is wrong in it.
#[derive(Clone, Copy)]
struct Part<'a> {
    field: &'static Field,
    text: &'a str,
    expression: &'a str,
}

pub(super) fn cron(written: &str) -> Result<Cron, ScheduleError> {
    let text = written.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
    let fields: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
    let [minutes, hours, day_of_month, month, day_of_week, year] = fields[..] else {
        let hint = if fields.len() == 5 {
            "; cron on Unix has no year: add ` *`, and `?` for one of the two days"
        } else {
            ""
        };
        return Err(ScheduleError::Fields { found: written.to_owned(), count: fields.len(), hint });
    };
    let part = |field, part_text| Part { field, text: part_text, expression: &text };
    let minutes = part(&MINUTES, minutes).numbers()?;
    let hours = part(&HOURS, hours).numbers()?;
    let days = days(part(&DAY_OF_MONTH, day_of_month), part(&DAY_OF_WEEK, day_of_week))?;
    let months = part(&MONTH, month).numbers()?;
    let years = part(&YEAR, year).numbers()?;
    Ok(Cron { text, minutes, hours, days, months, years })
}

fn days(of_month: Part<'_>, of_week: Part<'_>) -> Result<Days, ScheduleError> {
    let wrong = |found, month, week| {
        let mut fields: Vec<&str> = of_month.expression.split(' ').collect();
        (fields[2], fields[4]) = (month, week);
        let expression = of_month.expression.to_owned();
        ScheduleError::Days { expression, found, remedy: format!("cron({})", fields.join(" ")) }
    };
    match (of_month.text, of_week.text) {
        ("?", "?") => Err(wrong("both are", "*", "?")),
        ("?", _) => of_week.days_of_week(),
        (_, "?") => of_month.days_of_month(),
        ("*", week) => Err(wrong("neither is", "?", week)),
        (month, _) => Err(wrong("neither is", month, "?")),
    }
}

impl Part<'_> {
    fn days_of_month(self) -> Result<Days, ScheduleError> {
        match self.text {
            "*" => return Ok(Days::Every),
            "L" => return Ok(Days::Last),
            "LW" => return Ok(Days::LastWeekday),
            _ => {}
        }
        if let Some(day) = self.text.strip_suffix('W') {
            self.alone()?;
            return self.number(day).map(|day| Days::Nearest(small(day)));
        }
        if self.text.contains('L') {
            return Err(self.wrong(self.text, "is more than the last day; write L alone, or LW for the last weekday"));
        }
        self.numbers().map(Days::OfMonth)
    }

    fn days_of_week(self) -> Result<Days, ScheduleError> {
        if self.text == "*" {
            return Ok(Days::Every);
        }
        if let Some((day, nth)) = self.text.split_once('#') {
            self.alone()?;
            let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth));
            let message = "names no day of the month; write the day, # and 1 to 5: 3#2 is the second Tuesday";
            let nth = nth.ok_or_else(|| self.wrong(self.text, message))?;
            return Ok(Days::Nth(weekday(self.number(day)?), nth));
        }
        // the last day of the week is Saturday
        let last = if self.text == "L" { Some("7") } else { self.text.strip_suffix('L') };
        if let Some(day) = last {
            self.alone()?;
            let day = self.number(day)?;
            if self.text == "L" {
                let mut days = Set::default();
                days.add(7);
                return Ok(Days::OfWeek(days));
            }
            return Ok(Days::LastOf(weekday(day)));
        }
        if self.text.contains('/') {
            return Err(
                self.wrong(self.text, "has a step, which days of the week have not; name the days: MON,WED,FRI")
            );
        }
        self.numbers().map(Days::OfWeek)
    }

    /// `L`, `W` and `#` stand for one day and in no list.
    fn alone(self) -> Result<(), ScheduleError> {
        if self.text.contains([',', '/']) || (self.text.contains('-') && self.text.contains(['L', 'W', '#'])) {
            let message =
                "has L, W or # in a list, a range or a step, which AWS does not take; make several schedules of it";
            return Err(self.wrong(self.text, message));
        }
        Ok(())
    }

    /// `*`, or a list of numbers, ranges and steps.
    fn numbers(self) -> Result<Set, ScheduleError> {
        let mut set = Set::default();
        for item in self.text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(self.step(item, step)?)),
                None => (item, None),
            };
            let (first, last) = match range.split_once('-') {
                Some((first, last)) => (self.number(first)?, self.number(last)?),
                None if range == "*" => (self.field.least, self.field.most),
                // `5/15` goes on to the end
                None if step.is_some() => (self.number(range)?, self.field.most),
                None => (self.number(range)?, self.number(range)?),
            };
            if first > last {
                let message = "goes backwards; write two ranges: FRI-SAT,SUN-MON, or 22-23,0-6";
                return Err(self.wrong(item, message));
            }
            let step = step.unwrap_or(1);
            (first..=last).step_by(step).for_each(|number| set.add(self.bit(number)));
        }
        Ok(set)
    }

    fn step(self, item: &str, step: &str) -> Result<usize, ScheduleError> {
        let digits = step.bytes().all(|byte| byte.is_ascii_digit());
        let span = self.field.most - self.field.least;
        let step = step.parse().ok().filter(|step| digits && (1..=span).contains(step));
        let message = format!("has no step from 1 to {span} behind its /; write {}", self.field.example);
        step.and_then(|step| usize::try_from(step).ok()).ok_or_else(|| self.wrong(item, message))
    }

    fn number(self, text: &str) -> Result<i16, ScheduleError> {
        let Field { least, most, names, .. } = *self.field;
        if let Some(index) = names.iter().position(|name| *name == text) {
            return Ok(i16::try_from(index).unwrap_or_default() + least);
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && (least..=most).contains(&number) => Ok(number),
            _ if text == "?" => Err(self.wrong(text, "can stand alone only, in day of month or day of week; write *")),
            _ => {
                let names = match (names.first(), names.last()) {
                    (Some(first), Some(last)) => format!(" or {first} to {last}"),
                    _ => String::new(),
                };
                let found = if text.is_empty() { self.text } else { text };
                let message = format!("is not {least} to {most}{names}; write {}", self.field.example);
                Err(self.wrong(found, message))
            }
        }
    }

    /// The number as a member of the field's set.
    fn bit(self, number: i16) -> u8 {
        if self.field.least == FIRST_YEAR { year_bit(number) } else { u8::try_from(number).unwrap_or_default() }
    }

    fn wrong(self, found: &str, message: impl Into<String>) -> ScheduleError {
        let before: usize =
            self.expression.split(' ').take(self.field.position - 1).map(|field| field.chars().count() + 1).sum();
        let within = self.text.find(found).map_or(0, |at| self.text[..at].chars().count());
        ScheduleError::Field {
            expression: self.expression.to_owned(),
            found: found.to_owned(),
            field: self.field.name,
            position: self.field.position,
            column: before + within + 1,
            message: message.into(),
        }
    }
}

fn weekday(number: i16) -> Weekday {
    Weekday::from_sunday_one_offset(small(number)).unwrap_or(Weekday::Sunday)
}

fn small(number: i16) -> i8 {
    i8::try_from(number).unwrap_or_default()
}
