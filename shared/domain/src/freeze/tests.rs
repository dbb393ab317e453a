use super::frozen;
use crate::plan::{FreezeWindow, Plan};
use proptest::prelude::*;

/// The windows of a plan.
fn windows(text: &str) -> Vec<FreezeWindow> {
    let plan = format!(
        "application = \"a\"\ndeployment-group = \"b\"\ncluster = \"c\"\nservice = \"d\"\ncontainer = \"e\"\nport = 1\n\
         [freeze]\nwindows = [{text}]"
    );
    Plan::parse(&plan, "x").unwrap().freeze.unwrap().windows
}

const WEEKEND: &str = "{ days = \"fri-sun\", from = \"16:00\", to = \"08:00\", time-zone = \"Europe/Berlin\" }";
const EVENINGS: &str = "{ days = [\"mon\", \"wed\"], from = \"18:00\", to = \"20:00\", time-zone = \"UTC\" }";
const OFFICE: &str = "{ days = \"mon-fri\", from = \"09:00\", to = \"17:00\", time-zone = \"UTC\" }";
const NIGHT: &str = "{ days = \"sun\", from = \"23:00\", to = \"05:00\", time-zone = \"America/New_York\" }";
const OVER_THE_WEEK: &str = "{ days = \"sat-tue\", time-zone = \"UTC\" }";
const HOLIDAYS: &str = "{ dates = \"2026-12-24..2026-12-27\", time-zone = \"Europe/Berlin\" }";
const ALWAYS: &str = "{ days = \"mon-sun\", time-zone = \"UTC\" }";

/// When a window holds, and until when. 2026-08-07 is a Friday; Berlin is two hours ahead in summer and one in winter.
#[test]
fn windows_hold_from_their_first_day_to_their_last() {
    let table = [
        (WEEKEND, "2026-08-07T13:59:59Z", None),
        (WEEKEND, "2026-08-07T14:00:00Z", Some("2026-08-10T06:00:00Z")),
        (WEEKEND, "2026-08-08T10:00:00Z", Some("2026-08-10T06:00:00Z")),
        (WEEKEND, "2026-08-10T05:59:59Z", Some("2026-08-10T06:00:00Z")),
        (WEEKEND, "2026-08-10T06:00:00Z", None),
        // each day of a list is a window of its own
        (EVENINGS, "2026-08-03T18:00:00Z", Some("2026-08-03T20:00:00Z")),
        (EVENINGS, "2026-08-04T18:00:00Z", None),
        (EVENINGS, "2026-08-05T19:59:59Z", Some("2026-08-05T20:00:00Z")),
        // a range is one window, from the first day to the last
        (OFFICE, "2026-08-05T03:00:00Z", Some("2026-08-07T17:00:00Z")),
        (OFFICE, "2026-08-03T08:59:59Z", None),
        (OVER_THE_WEEK, "2026-08-07T23:59:59Z", None),
        (OVER_THE_WEEK, "2026-08-08T00:00:00Z", Some("2026-08-12T00:00:00Z")),
        (OVER_THE_WEEK, "2026-08-11T23:59:59Z", Some("2026-08-12T00:00:00Z")),
        (HOLIDAYS, "2026-12-23T22:59:59Z", None),
        (HOLIDAYS, "2026-12-23T23:00:00Z", Some("2026-12-27T23:00:00Z")),
        (HOLIDAYS, "2025-12-25T12:00:00Z", None),
    ];
    for (window, now, until) in table {
        let until = until.map(|until| until.parse().unwrap());
        let found = frozen(&windows(window), now.parse().unwrap()).map(|frozen| frozen.until);
        assert_eq!(found, until, "{window} at {now}");
    }
    assert_eq!(frozen(&[], "2026-08-07T13:59:59Z".parse().unwrap()), None);
}

#[test]
fn a_window_keeps_to_its_clock_when_that_is_turned() {
    // Berlin turns its clock forward on 2026-03-29 and back on 2026-10-25, both in the weekend.
    let table = [
        (WEEKEND, "2026-03-27T15:00:00Z", Some("2026-03-30T06:00:00Z")),
        (WEEKEND, "2026-10-23T14:00:00Z", Some("2026-10-26T07:00:00Z")),
        // 02:30 does not exist on 2026-03-29: the window begins at once behind the gap
        (
            "{ dates = \"2026-03-29\", from = \"02:30\", to = \"12:00\", time-zone = \"Europe/Berlin\" }",
            "2026-03-29T01:29:59Z",
            None,
        ),
        (
            "{ dates = \"2026-03-29\", from = \"02:30\", to = \"12:00\", time-zone = \"Europe/Berlin\" }",
            "2026-03-29T01:30:00Z",
            Some("2026-03-29T10:00:00Z"),
        ),
        // 02:30 comes twice on 2026-10-25: the window begins with the first
        (
            "{ dates = \"2026-10-25\", from = \"02:30\", to = \"12:00\", time-zone = \"Europe/Berlin\" }",
            "2026-10-25T00:30:00Z",
            Some("2026-10-25T11:00:00Z"),
        ),
        // New York, 2026-11-01: the night has an hour more
        (NIGHT, "2026-11-02T03:59:59Z", None),
        (NIGHT, "2026-11-02T04:00:00Z", Some("2026-11-02T10:00:00Z")),
    ];
    for (window, now, until) in table {
        let until = until.map(|until| until.parse().unwrap());
        let found = frozen(&windows(window), now.parse().unwrap()).map(|frozen| frozen.until);
        assert_eq!(found, until, "{window} at {now}");
    }
}

#[test]
fn windows_without_a_gap_between_them_are_one() {
    let now = "2026-12-25T12:00:00Z".parse().unwrap();
    let next = "{ dates = \"2026-12-28\", to = \"12:00\", time-zone = \"Europe/Berlin\" }";
    let frozen = frozen(&windows(&format!("{next}, {HOLIDAYS}")), now).unwrap();
    assert_eq!(frozen.until, "2026-12-28T11:00:00Z".parse().unwrap());
    assert_eq!(frozen.describe(), "frozen until 2026-12-28 12:00 CET (2026-12-24..2026-12-27 Europe/Berlin)");
}

#[test]
fn who_never_deploys_is_frozen_for_a_year_at_least() {
    let now = "2026-08-07T12:00:00Z".parse().unwrap();
    let until = frozen(&windows(ALWAYS), now).unwrap().until;
    assert!(until.duration_since(now).as_hours() > 24 * 365);
}

proptest! {
    #[test]
    fn a_freeze_has_an_end_and_never_a_panic(seconds in -377_705_023_201_i64..=253_402_207_200) {
        let now = jiff::Timestamp::from_second(seconds).unwrap();
        for window in [WEEKEND, EVENINGS, OFFICE, NIGHT, OVER_THE_WEEK, HOLIDAYS, ALWAYS] {
            if let Some(frozen) = frozen(&windows(window), now) {
                prop_assert!(frozen.until > now);
            }
        }
    }
}
