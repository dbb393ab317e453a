use super::{assert_refused, read};

fn described(windows: &str) -> Vec<String> {
    let freeze = read(&format!("[freeze]\nwindows = [{windows}]")).freeze.unwrap();
    freeze.windows.iter().map(crate::plan::FreezeWindow::describe).collect()
}

#[test]
fn windows_are_weekly_or_dates() {
    let table = [
        (
            "{ days = \"fri-sun\", from = \"16:00\", to = \"08:00\", time-zone = \"Europe/Berlin\" }",
            "fri-sun 16:00 to 08:00 Europe/Berlin",
        ),
        ("{ days = [\"sat\", \"Sun\"], time-zone = \"UTC\" }", "sat, sun UTC"),
        ("{ days = \"mon\", from = \"09:00\", to = \"24:00\", time-zone = \"utc\" }", "mon 09:00 to 00:00 UTC"),
        (
            "{ dates = \"2026-12-24..2026-12-27\", time-zone = \"america/new_york\" }",
            "2026-12-24..2026-12-27 America/New_York",
        ),
        ("{ dates = \"2026-11-27\", time-zone = \"UTC\" }", "2026-11-27 UTC"),
    ];
    for (window, expected) in table {
        assert_eq!(described(window), [expected]);
    }
    assert!(described("").is_empty());
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    let cases = [
        ("days = \"fri\"", "`freeze.windows[0].time-zone`: is missing; add where the clock is"),
        (
            "days = \"fri\", time-zone = \"Europe/Berln\"",
            "there is no time zone \"Europe/Berln\"; did you mean `Europe/Berlin`?",
        ),
        ("days = \"fri\", time-zone = \"nowhere at all\"", "write a name of the IANA database"),
        ("days = \"friday\", time-zone = \"UTC\"", "\"friday\" is no day of the week; did you mean `fri`?"),
        ("days = \"fri-\", time-zone = \"UTC\"", "\"\" is no day of the week"),
        ("days = [], time-zone = \"UTC\"", "`freeze.windows[0].days`: is empty"),
        ("days = \"fri\", from = \"9:00\", time-zone = \"UTC\"", "expected a time of day with two digits each"),
        ("days = \"fri\", from = \"24:00\", time-zone = \"UTC\"", "expected a time of day with two digits each"),
        ("days = \"fri\", to = \"+8:00\", time-zone = \"UTC\"", "expected a time of day with two digits each"),
        ("dates = \"2026-12-27..2026-12-24\", time-zone = \"UTC\"", "ends before it begins"),
        ("dates = \"24.12.2026\", time-zone = \"UTC\"", "expected one date or two"),
        ("dates = 2026-12-24, time-zone = \"UTC\"", "expected a text in quotes, not a date"),
        ("dates = \"2026-12-24\", days = \"fri\", time-zone = \"UTC\"", "stands beside `dates`"),
        ("time-zone = \"UTC\"", "`freeze.windows[0].days`: is missing"),
    ];
    for (window, expected) in cases {
        assert_refused(&[(&format!("[freeze]\nwindows = [{{ {window} }}]"), expected)]);
    }
    assert_refused(&[("[freeze]", "`freeze.windows`: is missing; add windows = [")]);
}
