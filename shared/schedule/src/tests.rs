use crate::{Expression, ScheduleError};
use jiff::civil::{DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn read(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error: ScheduleError| panic!("{error}"))
}

/// The next firings as the clock of the zone shows them.
fn firings(text: &str, zone_name: &str, after: &str, count: usize) -> Vec<String> {
    let (expression, zone) = (read(text), zone(zone_name));
    let since = after.parse().unwrap();
    let mut after: Timestamp = since;
    let mut found = Vec::new();
    while found.len() < count {
        let Some(next) = expression.next(after, &zone, since) else { break };
        assert!(next > after, "{text}");
        found.push(next.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string());
        after = next;
    }
    found
}

/// The examples of AWS's pages, and every form once.
#[test]
fn expressions_fire_when_aws_says() {
    let table = [
        ("cron(0 10 * * ? *)", "2026-01-01 10:00 UTC", "at 10:00 every day"),
        ("cron(15 12 * * ? *)", "2026-01-01 12:15 UTC", "at 12:15 every day"),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-01 18:00 UTC", "at 18:00 on Mondays to Fridays"),
        ("cron(0 8 1 * ? *)", "2026-01-01 08:00 UTC", "at 08:00 on the 1st of the month"),
        ("cron(0/15 * * * ? *)", "2026-01-01 00:15 UTC", "every 15 minutes"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-01-01 00:10 UTC", "every 10 minutes, on Mondays to Fridays"),
        (
            "cron(0/5 8-17 ? * MON-FRI *)",
            "2026-01-01 08:00 UTC",
            "every 5 minutes in the hours 8 to 17, on Mondays to Fridays",
        ),
        (
            "cron(15 10 ? * 6L 2026-2027)",
            "2026-01-30 10:15 UTC",
            "at 10:15 on the last Friday of the month, in 2026 and 2027",
        ),
        ("cron(0 9 ? * 2#1 *)", "2026-01-05 09:00 UTC", "at 09:00 on the first Monday of the month"),
        ("cron(0 9 ? * 3#2 *)", "2026-01-13 09:00 UTC", "at 09:00 on the second Tuesday of the month"),
        ("cron(0 9 ? * sat#5 *)", "2026-01-31 09:00 UTC", "at 09:00 on the fifth Saturday of the month"),
        ("cron(0 9 L * ? *)", "2026-01-31 09:00 UTC", "at 09:00 on the last day of the month"),
        ("cron(0 9 LW * ? *)", "2026-01-30 09:00 UTC", "at 09:00 on the last weekday of the month"),
        ("cron(0 9 3W * ? *)", "2026-01-02 09:00 UTC", "at 09:00 on the weekday nearest to the 3rd of the month"),
        (
            "cron(0 9 31W 5 ? *)",
            "2026-05-29 09:00 UTC",
            "at 09:00 on the weekday nearest to the 31st of the month, in May",
        ),
        (
            "cron(0 9 1W 8 ? *)",
            "2026-08-03 09:00 UTC",
            "at 09:00 on the weekday nearest to the 1st of the month, in August",
        ),
        ("cron(0 9 ? * L *)", "2026-01-03 09:00 UTC", "at 09:00 on Saturdays"),
        ("cron(0 9 ? * * *)", "2026-01-01 09:00 UTC", "at 09:00 every day"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00 UTC", "at 00:00 on the 29th of the month, in February"),
        (
            "cron(0 0 1 JAN,JUL-SEP ? *)",
            "2026-07-01 00:00 UTC",
            "at 00:00 on the 1st of the month, in January and July to September",
        ),
        ("cron(30 6/6 * * ? *)", "2026-01-01 06:30 UTC", "at 06:30, 12:30 and 18:30 every day"),
        ("cron(5,35 * * * ? *)", "2026-01-01 00:05 UTC", "at minutes 5 and 35, every hour"),
        (
            "cron(0 0/2 1,11,22,23 * ? 2027/2)",
            "2027-01-01 00:00 UTC",
            "on the hour, every 2 hours, on the 1st, 11th, 22nd and 23rd of the month",
        ),
        ("cron(* * * * ? *)", "2026-01-01 00:01 UTC", "every minute"),
        ("at(2026-12-24T18:00:05)", "2026-12-24 18:00 UTC", "once, on Thursday, 24 December 2026 at 18:00:05"),
        ("rate(1 minute)", "2026-01-01 00:01 UTC", "every minute"),
        ("rate(12 hours)", "2026-01-01 12:00 UTC", "every 12 hours"),
    ];
    for (text, expected, words) in table {
        assert_eq!(firings(text, "UTC", "2026-01-01T00:00:00Z", 1), [expected], "{text}");
        let found = read(text).in_words();
        let rest = found.strip_prefix(words).unwrap_or_else(|| panic!("{text}: {found}"));
        assert!(rest.is_empty() || text.contains("2027/2") && rest.starts_with(", in 2027, 2029, "), "{text}: {found}");
    }
}

#[test]
fn a_clock_that_is_turned_skips_and_does_not_repeat() {
    let berlin = |text, after, count| firings(text, "Europe/Berlin", after, count);
    // 02:00 to 03:00 does not exist on 2026-03-29
    assert_eq!(
        berlin("cron(30 2 * * ? *)", "2026-03-27T12:00:00Z", 2),
        ["2026-03-28 02:30 CET", "2026-03-30 02:30 CEST"]
    );
    // 02:00 to 03:00 comes twice on 2026-10-25
    assert_eq!(
        berlin("cron(30 2 * * ? *)", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25 02:30 CEST", "2026-10-26 02:30 CET"]
    );
    assert_eq!(
        berlin("cron(0/30 * * * ? *)", "2026-10-25T00:00:00Z", 2),
        ["2026-10-25 02:30 CEST", "2026-10-25 03:00 CET"]
    );
    // a day is 24 hours
    assert_eq!(berlin("rate(1 day)", "2026-03-28T11:00:00Z", 2), ["2026-03-29 13:00 CEST", "2026-03-30 13:00 CEST"]);
    assert_eq!(berlin("at(2026-10-25T02:30:00)", "2026-10-25T00:00:00Z", 2), ["2026-10-25 02:30 CEST"]);
    // midnight does not exist everywhere, and not every day
    assert_eq!(firings("cron(0 0 * * ? *)", "America/Santiago", "2026-09-05T12:00:00Z", 1), ["2026-09-07 00:00 -03"]);
    assert_eq!(firings("cron(0 12 30 12 ? *)", "Pacific/Apia", "2011-01-01T00:00:00Z", 1), ["2012-12-30 12:00 +14"]);
}

#[test]
fn what_a_clock_skips_never_fires_there() {
    for text in ["at(2026-03-29T02:30:00)", "cron(30 2 29 3 ? 2026)"] {
        assert!(!read(text).fires_in(&zone("Europe/Berlin")) && read(text).fires_in(&zone("UTC")), "{text}");
    }
    assert!(read("rate(1 day)").fires_in(&zone("UTC")));
}

#[test]
fn a_rate_begins_at_once_or_with_its_start() {
    let (zone, since) = (zone("UTC"), "2026-01-01T00:00:07Z".parse().unwrap());
    let next = |after: &str| read("rate(90 minutes)").next(after.parse().unwrap(), &zone, since).unwrap().to_string();
    assert_eq!(next("2025-01-01T00:00:00Z"), "2026-01-01T00:00:07Z");
    assert_eq!(next("2026-01-01T00:00:07Z"), "2026-01-01T01:30:07Z");
    assert_eq!(next("2026-01-01T01:30:06.9Z"), "2026-01-01T01:30:07Z");
    assert_eq!(next("2026-01-01T01:30:07Z"), "2026-01-01T03:00:07Z");
}

#[test]
fn what_is_over_fires_no_more() {
    for text in ["cron(0 0 1 1 ? 2025)", "at(2025-12-31T23:59:59)"] {
        assert_eq!(firings(text, "UTC", "2026-01-01T00:00:00Z", 1), [""; 0], "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_a_remedy() {
    let table = [
        ("", "write rate(15 minutes), cron("),
        ("0 2 * * *", "is no schedule; write"),
        ("Rate(1 day)", "in small letters"),
        ("cron(0 2 * * ? *", "with the brackets"),
        ("every(5 minutes)", "is no schedule"),
        ("rate(0 minutes)", "expected a whole number from 1 to 999999; write it as rate(15 minutes)"),
        ("rate(+5 minutes)", "expected a whole number"),
        ("rate(5)", "expected a number and a unit"),
        ("rate(5 weeks)", "`weeks` is no unit; use minutes, hours or days"),
        ("rate(1 minutes)", "with 1 the unit is `minute`"),
        ("rate(2 hour)", "with 2 the unit is `hours`"),
        ("rate(2 dayss)", "`dayss` is no unit"),
        ("at(2026-12-24)", "write it as at(2026-12-24T18:00:00)"),
        ("at(2026-12-24T18:00:00Z)", "without a zone"),
        ("at(2026-13-24T18:00:00)", "is no date and time"),
        ("at(9999-12-31T23:59:59)", "is no date and time of the years 1970 to 2199"),
        ("cron(0 2 * * *)", "has 5 fields and needs six"),
        ("cron(0 2 * * *)", "cron on Unix has no year"),
        ("cron()", "has 0 fields"),
        ("cron(0 2 * * ? * *)", "has 7 fields"),
        ("cron(60 2 * * ? *)", "`60` in the minutes (field 1, column 1) is not 0 to 59; write 0, 0,30, 0/15 or 10-20"),
        ("cron(0 8,24 * * ? *)", "`24` in the hours (field 2, column 5) is not 0 to 23"),
        ("cron(0 -1 * * ? *)", "`-1` in the hours"),
        ("cron(0 2 0 * ? *)", "`0` in the day of month (field 3, column 5) is not 1 to 31"),
        ("cron(0 2 L-3 * ? *)", "is more than the last day; write L alone, or LW"),
        ("cron(0 2 1,15W * ? *)", "has L, W or # in a list"),
        ("cron(0 2 32W * ? *)", "`32` in the day of month"),
        ("cron(0 2 W * ? *)", "`W` in the day of month"),
        ("cron(0 2 1 13 ? *)", "`13` in the month (field 4, column 7) is not 1 to 12 or JAN to DEC"),
        ("cron(0 2 1 MAI ? *)", "`MAI` in the month"),
        ("cron(0 2 ? * 0 *)", "`0` in the day of week (field 5, column 9) is not 1 to 7 or SUN to SAT"),
        (
            "cron(0 2 ? * FRI-MON *)",
            "`FRI-MON` in the day of week (field 5, column 9) goes backwards; write two ranges",
        ),
        ("cron(0 2 ? * MON/2 *)", "name the days: MON,WED,FRI"),
        ("cron(0 2 ? * MON#6 *)", "3#2 is the second Tuesday"),
        ("cron(0 2 ? * 3#1,6#3 *)", "make several schedules of it"),
        ("cron(0 2 * * ? 1969)", "`1969` in the year (field 6, column 11) is not 1970 to 2199"),
        ("cron(0/0 * * * ? *)", "has no step from 1 to 59"),
        ("cron(0/ * * * ? *)", "has no step"),
        ("cron(? * * * ? *)", "can stand alone only"),
        ("cron(0 2 * * * *)", "neither is; write cron(0 2 ? * * *)"),
        ("cron(0 2 1 * MON *)", "must be `?`, and here neither is; write cron(0 2 1 * ? *)"),
        ("cron(0 2 ? * ? *)", "both are; write cron(0 2 * * ? *)"),
        ("cron(0 2 30 2 ? *)", "never fires"),
        (
            "cron(0 2 29 2 ? 2100)",
            "never fires: none of its months has that day in any of its years; name a day that exists",
        ),
        ("cron(0 2 31W 2,4,6,9,11 ? *)", "never fires"),
    ];
    for (text, expected) in table {
        let error = text.parse::<Expression>().map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.ends_with('.'), "{error}");
    }
    let long = format!("cron({} 2 * * ? *)", "0,".repeat(200));
    assert!(long.parse::<Expression>().unwrap_err().to_string().contains("Scheduler takes 256"));
}

#[test]
fn an_expression_is_written_as_scheduler_takes_it() {
    for (text, written) in [
        ("cron( 0  2 ? jan Mon-fri * )", "cron(0 2 ? JAN MON-FRI *)"),
        ("rate( 5   minutes )", "rate(5 minutes)"),
        ("at(2026-01-02T03:04:05)", "at(2026-01-02T03:04:05)"),
    ] {
        assert_eq!(read(text).to_string(), written);
        assert_eq!(read(written), read(text));
    }
}

/// A form of a day field (day of month, day of week), and whether it holds a day: worked out in another way than ours.
type DayForm = (&'static str, &'static str, fn(DateTime) -> bool);

fn weekdays_left(time: DateTime) -> usize {
    let later = (1..=3).filter_map(|days| time.checked_add(days.days()).ok());
    later.filter(|later| later.month() == time.month() && !weekend(*later)).count()
}

fn weekend(time: DateTime) -> bool {
    matches!(time.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Whether the 15th or a day so many days from it is the weekday nearest to the 15th.
fn nearest_to_15th(time: DateTime) -> bool {
    let fifteenth = time.with().day(15).build().unwrap();
    match fifteenth.weekday() {
        Weekday::Saturday => time.day() == 14,
        Weekday::Sunday => time.day() == 16,
        _ => time.day() == 15,
    }
}

const DAY_FORMS: [DayForm; 9] = [
    ("*", "?", |_| true),
    ("?", "*", |_| true),
    ("1,29", "?", |time| time.day() == 1 || time.day() == 29),
    ("L", "?", |time| time.tomorrow().unwrap().day() == 1),
    ("LW", "?", |time| !weekend(time) && weekdays_left(time) == 0),
    ("15W", "?", nearest_to_15th),
    ("?", "SUN-MON", |time| matches!(time.weekday(), Weekday::Sunday | Weekday::Monday)),
    ("?", "7L", |time| {
        time.weekday() == Weekday::Saturday && time.checked_add(7.days()).unwrap().month() != time.month()
    }),
    ("?", "1#4", |time| time.weekday() == Weekday::Sunday && (22..=28).contains(&time.day())),
];

proptest! {
    /// Minute by minute, over days on which clocks are turned.
    #[test]
    fn the_next_firing_is_the_one_that_a_search_finds(
        (minute, minute_step) in (0..60_i8, 1..60_i8),
        (first_hour, more_hours) in (0..24_i8, 0..24_i8),
        form in 0..DAY_FORMS.len(),
        around in prop::sample::select(vec![
            ("Europe/Berlin", "2026-03-28T12:00:00Z"),
            ("Europe/Berlin", "2026-10-24T12:00:00Z"),
            ("America/New_York", "2026-11-01T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-03T20:00:00Z"),
            ("America/Santiago", "2026-09-05T12:00:00Z"),
            ("UTC", "2028-02-28T00:00:00Z"),
            ("Asia/Kathmandu", "2026-12-31T00:00:00Z"),
        ]),
        seconds in 0..86_400_i64,
    ) {
        let (of_month, of_week, holds) = DAY_FORMS[form];
        let last_hour = (first_hour + more_hours).min(23);
        let text = format!("cron({minute}/{minute_step} {first_hour}-{last_hour} {of_month} * {of_week} *)");
        let zone = zone(around.0);
        let after = around.1.parse::<Timestamp>().unwrap().checked_add(seconds.seconds()).unwrap();
        let found = read(&text).next(after, &zone, after);
        let start = after.as_second() / 60 + 1;
        let searched = (start..start + 3 * 24 * 60).find(|minutes| {
            let at = Timestamp::from_second(minutes * 60).unwrap();
            let shown = zone.to_datetime(at);
            let first_time = zone.to_ambiguous_timestamp(shown).earlier().unwrap() == at;
            first_time
                && shown.second() == 0
                && shown.minute() >= minute
                && (shown.minute() - minute) % minute_step == 0
                && (first_hour..=last_hour).contains(&shown.hour())
                && holds(shown)
        });
        let searched = searched.map(|minutes| Timestamp::from_second(minutes * 60).unwrap());
        let within = found.filter(|at| at.as_second() < (start + 3 * 24 * 60) * 60);
        prop_assert_eq!(within, searched, "{}", text);
    }

    /// Day by day, over years.
    #[test]
    fn the_days_are_those_that_a_search_finds(form in 0..DAY_FORMS.len(), day in 0..40_000_i64) {
        let (of_month, of_week, holds) = DAY_FORMS[form];
        let text = format!("cron(0 12 {of_month} * {of_week} *)");
        let utc = TimeZone::UTC;
        let after = Timestamp::from_second(day * 86_400).unwrap();
        let found = read(&text).next(after, &utc, after).unwrap();
        let noon = |days: i64| utc.to_datetime(Timestamp::from_second((day + days) * 86_400 + 43_200).unwrap());
        let searched = (0..100).map(noon).find(|time| holds(*time)).unwrap();
        prop_assert_eq!(utc.to_datetime(found), searched, "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(kind in "(rate|cron|at|)", body in "[0-9A-Z*?,/#LW \\-:T()é]{0,30}") {
        for text in [format!("{kind}({body})"), body] {
            match text.parse::<Expression>() {
                Ok(expression) => {
                    prop_assert_eq!(&read(&expression.to_string()), &expression);
                    prop_assert!(!expression.in_words().is_empty());
                    for after in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
                        if let Some(next) = expression.next(after, &zone("Europe/Berlin"), Timestamp::UNIX_EPOCH) {
                            prop_assert!(next > after);
                        }
                    }
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    /// Most texts of letters are no expression: fields of the right kind reach further.
    #[test]
    fn no_fields_make_it_panic(fields in prop::collection::vec("[0-9*?L]{1,2}([,/#W-][0-9A-Z]{1,3})?", 6)) {
        if let Ok(expression) = format!("cron({})", fields.join(" ")).parse::<Expression>() {
            prop_assert!(expression.next(Timestamp::UNIX_EPOCH, &zone("UTC"), Timestamp::UNIX_EPOCH).is_some());
            prop_assert!(!expression.in_words().is_empty());
        }
    }
}
