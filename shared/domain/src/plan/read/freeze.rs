//! `[freeze]`.

use super::value::time_zone;
use crate::document::{Data, Node, Reader, Table, join};
use crate::plan::freeze::WEEKDAYS;
use crate::plan::{Freeze, FreezeDays, FreezeWindow};
use crate::suggest;
use jiff::civil::{Date, Time, Weekday};

const WINDOW: &[&str] = &["days", "dates", "from", "to", "time-zone"];

pub(super) fn freeze(reader: &mut Reader, node: &Node) -> Option<Freeze> {
    let table = reader.table(node, "freeze", &["windows"], &[])?;
    let example = "windows = [{ days = \"fri-sun\", from = \"16:00\", to = \"08:00\", time-zone = \"Europe/Berlin\" }]";
    let list = reader.required(table, "freeze", "windows", example)?;
    let items = reader.as_list(list, "freeze.windows", "windows").iter().enumerate();
    let windows = items.filter_map(|(index, item)| window(reader, item, &format!("freeze.windows[{index}]"))).collect();
    Some(Freeze { windows })
}

fn window(reader: &mut Reader, node: &Node, path: &str) -> Option<FreezeWindow> {
    let table = reader.table(node, path, WINDOW, &[])?;
    let days = match (table.get("days"), table.get("dates")) {
        (Some(node), None) => weekly(reader, node, &join(path, "days")),
        (None, Some(node)) => dates(reader, node, &join(path, "dates")),
        (Some(node), Some(_)) => {
            reader.wrong(node.place, &join(path, "days"), "stands beside `dates`; make two windows of it");
            None
        }
        (None, None) => {
            let example = "is missing; add days = \"fri-sun\" or dates = \"2026-12-24..2026-12-27\"";
            reader.wrong(node.place, &join(path, "days"), example);
            None
        }
    };
    let from = time(reader, table, path, "from");
    let to = time(reader, table, path, "to");
    let zone = reader.required(table, path, "time-zone", "where the clock is: time-zone = \"Europe/Berlin\"");
    let time_zone = zone.and_then(|node| time_zone(reader, node, &join(path, "time-zone")));
    Some(FreezeWindow { days: days?, from, to, time_zone: time_zone? })
}

fn weekly(reader: &mut Reader, node: &Node, path: &str) -> Option<FreezeDays> {
    let items = match &node.data {
        Data::List(items) if items.is_empty() => {
            reader.wrong(node.place, path, "is empty; write \"fri-sun\" or [\"sat\", \"sun\"]");
            return None;
        }
        Data::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut ranges = Vec::new();
    for item in items {
        let Some(text) = reader.as_text(item, path) else { continue };
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let first = weekday(reader, item, path, first.trim());
        let last = weekday(reader, item, path, last.trim());
        ranges.extend(first.zip(last));
    }
    (!ranges.is_empty()).then_some(FreezeDays::Weekly(ranges))
}

fn weekday(reader: &mut Reader, node: &Node, path: &str, text: &str) -> Option<Weekday> {
    let found = WEEKDAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, weekday)| *weekday);
    if found.is_none() {
        let hint = suggest::hint(text, WEEKDAYS.iter().map(|(name, _)| *name));
        reader.wrong(node.place, path, format!("{text:?} is no day of the week; {hint}"));
    }
    found
}

fn dates(reader: &mut Reader, node: &Node, path: &str) -> Option<FreezeDays> {
    let text = reader.as_text(node, path)?;
    let (first, last) = text.split_once("..").unwrap_or((&text, &text));
    let date = |text: &str| text.trim().parse::<Date>().ok().filter(|date| date.year() > 1970 && date.year() < 9000);
    match (date(first), date(last)) {
        (Some(first), Some(last)) if first <= last => Some(FreezeDays::Dates(first, last)),
        (Some(_), Some(_)) => {
            reader.wrong(node.place, path, "ends before it begins; write the earlier date first");
            None
        }
        _ => {
            let message = "expected one date or two: \"2026-12-24\" or \"2026-12-24..2026-12-27\"";
            reader.wrong(node.place, path, message);
            None
        }
    }
}

/// A time of day; `24:00` is the end of the day.
fn time(reader: &mut Reader, table: Table<'_>, path: &str, key: &str) -> Time {
    let midnight = Time::midnight();
    let Some(node) = table.get(key) else { return midnight };
    let path = join(path, key);
    let Some(text) = reader.as_text(node, &path) else { return midnight };
    if key == "to" && text == "24:00" {
        return midnight;
    }
    let number =
        |text: &str| text.parse::<i8>().ok().filter(|_| text.len() == 2 && text.chars().all(|c| c.is_ascii_digit()));
    let parts = text.split_once(':').and_then(|(hour, minute)| number(hour).zip(number(minute)));
    let found = parts.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    if found.is_none() {
        reader.wrong(node.place, &path, "expected a time of day with two digits each: \"08:00\", \"16:30\"");
    }
    found.unwrap_or(midnight)
}
