use super::{assert_refused, read};
use crate::plan::{Job, JobRetry, JobTaskDefinition, Overlap};
use std::time::Duration;

fn job(more: &str) -> Job {
    let mut jobs = read(&format!("[jobs.sync]\ncommand = [\"sync\"]\n{more}")).jobs;
    jobs.remove("sync").unwrap()
}

/// The next firings, in UTC.
fn firings(job: &Job, after: &str, count: usize) -> Vec<String> {
    let since = after.parse().unwrap();
    let next = |at: &jiff::Timestamp| job.next(*at, since);
    std::iter::successors(next(&since), next).take(count).map(|at| at.to_string()).collect()
}

#[test]
fn everything_but_schedule_and_command_has_a_default() {
    let job = job("schedule = \"rate(15 minutes)\"");
    assert_eq!(job.command, ["sync"]);
    assert_eq!((job.overlap, job.wait_for_deployment), (Overlap::Forbid, false));
    assert_eq!((&job.task_definition, &job.container), (&JobTaskDefinition::Live, &None));
    assert_eq!((job.timeout, job.start_deadline), (Duration::from_mins(10), Duration::from_mins(30)));
    assert_eq!((&job.retry, job.flexible_window, job.expected_by), (&None, None, None));
    assert_eq!((job.start, job.end, job.time_zone.iana_name()), (None, None, Some("UTC")));
    assert_eq!(job.in_words(), "every 15 minutes");
    assert!(read("").jobs.is_empty() && read("[jobs]").jobs.is_empty());
}

#[test]
fn what_is_written_is_read() {
    let job = job(
        "schedule = \"cron(30 2 ? * mon-fri *)\"\ntime-zone = \"Europe/Berlin\"\noverlap = \"replace\"\ntimeout = \"2h\"\n\
         flexible-window = \"15m\"\nstart = \"2026-03-27\"\nend = \"2026-03-31T02:30:00\"\nstart-deadline = \"20m\"\n\
         retry = { times = 3, wait = \"1m\" }\nwait-for-deployment = true\ntask-definition = \"django-app:42\"\nexpected-by = \"3h\"",
    );
    assert_eq!((job.overlap, job.timeout), (Overlap::Replace, Duration::from_hours(2)));
    assert_eq!(job.task_definition, JobTaskDefinition::Fixed("django-app:42".to_owned()));
    assert_eq!(job.retry, Some(JobRetry { times: 3, wait: Duration::from_mins(1) }));
    assert_eq!(
        job.in_words(),
        "at 02:30 on Mondays to Fridays (Europe/Berlin), from 2026-03-27 00:00, until 2026-03-31 02:30"
    );
    // neither before the start nor at the end
    assert_eq!(firings(&job, "2026-01-01T00:00:00Z", 9), ["2026-03-27T01:30:00Z", "2026-03-30T00:30:00Z"]);
}

#[test]
fn a_task_definition_is_a_family_or_a_revision() {
    let job_of =
        |name: &str| job(&format!("schedule = \"rate(1 day)\"\ntask-definition = \"{name}\"\ncontainer = \"worker\""));
    let family = job_of("django-scheduled-job");
    assert_eq!(family.task_definition, JobTaskDefinition::Family("django-scheduled-job".to_owned()));
    assert_eq!(family.container.as_deref(), Some("worker"));
    assert_eq!(job_of("a:1").task_definition, JobTaskDefinition::Fixed("a:1".to_owned()));
    for name in ["a:", ":1", "a:0", "a:b", "a:1:2", "scheduled-job.json", "a b", &"x".repeat(256)] {
        let plan = format!("[jobs.a]\ncommand = [\"a\"]\nschedule = \"rate(1 day)\"\ntask-definition = \"{name}\"");
        assert_refused(&[(&plan, "`jobs.a.task-definition`: expected the family of a task definition")]);
    }
}

#[test]
fn a_rate_begins_with_its_start() {
    let job = job("schedule = \"rate(2 days)\"\nstart = \"2026-01-10T06:00:00\"\ntime-zone = \"America/New_York\"");
    assert_eq!(firings(&job, "2026-01-01T00:00:00Z", 2), ["2026-01-10T11:00:00Z", "2026-01-12T11:00:00Z"]);
    assert_eq!(firings(&job, "2026-01-11T00:00:00Z", 1), ["2026-01-12T11:00:00Z"]);
}

#[test]
fn waits_grow_and_have_an_end() {
    let retry = JobRetry { times: 20, wait: Duration::from_mins(10) };
    let minutes = [1, 2, 3, 4, 20, u32::MAX].map(|attempt| retry.wait_before(attempt).as_secs() / 60);
    assert_eq!(minutes, [10, 20, 40, 60, 60, 60]);
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    let cases = [
        ("schedule = \"rate(1 day)\"\ncomand = [\"a\"]", "`jobs.a.comand`: unknown key; did you mean `command`?"),
        ("schedule = \"rate(1 day)\"", "`jobs.a.command`: is missing; add what it runs: command = ["),
        ("schedule = \"rate(1 day)\"\ncommand = []", "`jobs.a.command`: a command needs a program"),
        ("command = [\"a\"]", "`jobs.a.schedule`: is missing; add when it runs: schedule = \"rate(15 minutes)\""),
        ("schedule = 5", "greenlight.toml:9:12: `jobs.a.schedule`: expected a text in quotes, not a number"),
        ("schedule = \"cron(0 2 * * *)\"", "greenlight.toml:9:12: `jobs.a.schedule`: cron(0 2 * * *) has 5 fields"),
        ("schedule = \"cron(0 2 30 2 ? *)\"", "`jobs.a.schedule`: cron(0 2 30 2 ? *) never fires"),
        (
            "schedule = \"rate(1 day)\"\ntime-zone = \"Europe/Berln\"",
            "`jobs.a.time-zone`: there is no time zone \"Europe/Berln\"; did you mean `Europe/Berlin`?",
        ),
        ("schedule = \"rate(1 day)\"\noverlap = \"forbidden\"", "`jobs.a.overlap`"),
        (
            "schedule = \"rate(1 day)\"\ntimeout = \"0s\"",
            "`jobs.a.timeout`: must be longer than nothing: write \"10m\"",
        ),
        ("schedule = \"rate(1 day)\"\nflexible-window = \"90s\"", "Scheduler counts whole minutes"),
        ("schedule = \"rate(1 day)\"\nstart = 2026-12-24", "`jobs.a.start`: expected a date, or a date and a time"),
        ("schedule = \"rate(1 day)\"\nend = \"2026-12-24T18:00:00Z\"", "on the clock of the job's time zone"),
        ("schedule = \"rate(1 day)\"\nretry = { wait = \"1m\" }", "`jobs.a.retry.times`: is missing; add how often"),
        ("schedule = \"rate(1 day)\"\nretry = { times = 1, wait = \"2h\" }", "`jobs.a.retry.wait`: is more than 1h"),
        (
            "schedule = \"rate(1 day)\"\ncontainer = \"worker\"",
            "`jobs.a.container`: is for a task definition of the job's own",
        ),
        (
            "schedule = \"rate(1 day)\"\ntask-definition = \"a\"\ncontainer = \"\"",
            "`jobs.a.container`: must not be empty",
        ),
        ("schedule = \"rate(1 day)\"\nwait-for-deployment = \"yes\"", "`jobs.a.wait-for-deployment`: expected"),
    ];
    for (more, expected) in cases {
        assert_refused(&[(&format!("[jobs.a]\n{more}"), expected)]);
    }
    let cases = [
        ("at(2026-03-29T02:30:00)\"\ntime-zone = \"Europe/Berlin", "the clocks of Europe/Berlin are turned forward"),
        ("at(2026-03-29T02:30:00)\"\nend = \"2027-01-01", "`jobs.a.end`: is about schedules that come again"),
        ("rate(1 day)\"\nstart = \"2026-01-02\"\nend = \"2026-01-02", "`jobs.a.end`: is not after `start`"),
        ("cron(0 0 1 1 ? 2026)\"\nend = \"2026-01-01", "`jobs.a.end`: leaves no time at which the schedule fires"),
        ("cron(0 0 1 1 ? 2026)\"\nstart = \"2026-01-02", "`jobs.a.start`: leaves no time at which the schedule fires"),
        ("rate(1 day)\"\nstart-deadline = \"1h", "`jobs.a.start-deadline`: is more than 55m"),
        (
            "rate(1 day)\"\nflexible-window = \"30m",
            "`jobs.a.flexible-window`: is not shorter than the start deadline of 30m",
        ),
        ("rate(1 day)\"\nflexible-window = \"5m\"\nexpected-by = \"5m", "`jobs.a.expected-by`: is not longer than"),
    ];
    for (more, expected) in cases {
        assert_refused(&[(&format!("[jobs.a]\ncommand = [\"a\"]\nschedule = \"{more}\""), expected)]);
    }
    let long = "x".repeat(41);
    for (name, expected) in [
        ("\"a.b\"", "`jobs.a.b`: has '.' in its name; use letters, digits, hyphens and underscores"),
        ("\"sync data\"", "has ' ' in its name"),
        ("\"\"", "has 0 characters, and the names of schedules have room for 1 to 40"),
        (long.as_str(), "has 41 characters"),
    ] {
        assert_refused(&[(&format!("[jobs.{name}]\ncommand = [\"a\"]\nschedule = \"rate(1 day)\""), expected)]);
    }
}
