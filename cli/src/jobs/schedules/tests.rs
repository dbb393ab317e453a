use super::diff::compare;
use super::{Change, Diff, Expectation, Found, Schedule, id, job_of, wanted};
use greenlight_aws::Settings;
use greenlight_domain::job::JobId;
use greenlight_domain::plan::Plan;
use jiff::Timestamp;
use std::collections::BTreeMap;

fn plan(jobs: &str) -> Plan {
    let text = format!(
        "application = \"a\"\ndeployment-group = \"b\"\ncluster = \"c\"\nservice = \"web\"\ncontainer = \"e\"\nport = 1\n{jobs}"
    );
    Plan::parse(&text, "greenlight.toml").unwrap()
}

fn job(schedule: &str, more: &str) -> String {
    format!("[jobs.sync]\nschedule = \"{schedule}\"\ncommand = [\"sync\"]\n{more}\n")
}

fn settings() -> Settings {
    let arn = |what: &str| format!("arn:aws:{what}");
    let variables = [
        ("GREENLIGHT_SCHEDULE_GROUP", "greenlight".to_owned()),
        ("GREENLIGHT_LAUNCH_JOB_ARN", arn("lambda:us-east-1:123456789012:function:greenlight-launch-job")),
        ("GREENLIGHT_SCHEDULE_ROLE_ARN", arn("iam::123456789012:role/schedules")),
        ("GREENLIGHT_DEAD_LETTER_ARN", arn("sqs:us-east-1:123456789012:greenlight-dead-letters")),
    ];
    let variables: BTreeMap<String, String> =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Settings::from_map(&variables).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-03-01T00:00:30Z";

fn want(plan: &Plan) -> Schedule {
    wanted(&settings(), plan, "sync", &plan.jobs["sync"], at(NOW)).unwrap().unwrap()
}

/// What differs if these are there.
fn against(plan: &Plan, schedules: &[(&str, Schedule)]) -> Diff {
    let schedules = schedules.iter().map(|(job, schedule)| ((*job).to_owned(), schedule.clone())).collect();
    let expected = [id(plan, "sync").expected()].into();
    compare(&settings(), plan, &Found { schedules, expected, ..Found::default() }, at(NOW)).unwrap()
}

#[test]
fn a_job_becomes_a_schedule() {
    let more =
        "time-zone = \"Europe/Berlin\"\nflexible-window = \"5m\"\nstart-deadline = \"20m\"\nend = \"2026-12-24\"";
    let schedule = want(&plan(&job("cron(30 3 * * ? *)", more)));
    assert_eq!(schedule.name, JobId::new("c", "web", "sync").schedule());
    assert_eq!((schedule.expression.as_str(), schedule.time_zone.as_str()), ("cron(30 3 * * ? *)", "Europe/Berlin"));
    assert_eq!((schedule.flexible_window, schedule.maximum_age), (Some(5), Some(15 * 60)));
    assert_eq!((schedule.start, schedule.end), (None, Some(at("2026-12-23T23:00:00Z"))));
    assert!(schedule.enabled && schedule.dead_letters.is_some());
    assert_eq!(schedule.input["scheduled_time"], "<aws.scheduler.scheduled-time>");
    assert_eq!(schedule.input["service"], "web");
    assert!(schedule.input.get("task_definition").is_none());
    let family = want(&plan(&job("rate(1 hour)", "task-definition = \"night\"")));
    assert_eq!(family.input["task_definition"], "night");
}

#[test]
fn the_age_is_never_shorter_than_scheduler_takes() {
    let schedule = want(&plan(&job("rate(1 hour)", "start-deadline = \"90s\"\nflexible-window = \"1m\"")));
    assert_eq!(schedule.maximum_age, Some(60));
}

#[test]
fn a_start_that_is_over_is_none_that_scheduler_refuses() {
    for (schedule, start, expected) in [
        ("cron(0 2 * * ? *)", "2026-02-01", None),
        ("cron(0 2 * * ? *)", "2026-04-01", Some("2026-04-01T00:00:00Z")),
        ("rate(12 hours)", "2026-02-01T09:00:00", Some("2026-03-01T09:00:00Z")),
    ] {
        let schedule = want(&plan(&job(schedule, &format!("start = \"{start}\""))));
        assert_eq!(schedule.start, expected.map(at), "{start}");
    }
}

#[test]
fn what_is_as_it_should_be_stays() {
    for job in [job("rate(1 hour)", ""), job("rate(1 hour)", "expected-by = \"1h\""), String::new()] {
        let plan = plan(&job);
        let there: Vec<_> = plan.jobs.keys().map(|name| (name.as_str(), want(&plan))).collect();
        let diff = against(&plan, &there);
        // without `expected-by` nothing is expected
        assert_eq!(diff.is_empty(), !job.ends_with("\"]\n\n"), "{diff:?}");
    }
}

#[test]
fn a_change_says_from_and_to() {
    let before = want(&plan(&job("rate(1 hour)", "")));
    let plan = plan(&job(
        "cron(0 2 * * ? *)",
        "time-zone = \"Europe/Berlin\"\nstart-deadline = \"10m\"\nexpected-by = \"1h\"",
    ));
    let paused = Schedule { enabled: false, ..before.clone() };
    for (there, is_paused) in [(before, false), (paused, true)] {
        let diff = against(&plan, &[("sync", there)]);
        let [entry] = &diff.entries[..] else { panic!("{diff:?}") };
        let Change::Changed(to, properties) = &entry.change else { panic!("{entry:?}") };
        let told: Vec<_> = properties.iter().map(|property| (property.property, property.to.as_str())).collect();
        let expected =
            [("schedule", "cron(0 2 * * ? *)"), ("time-zone", "Europe/Berlin"), ("maximum-event-age", "600s")];
        assert_eq!(told, expected);
        assert_eq!((entry.paused, to.enabled), (is_paused, !is_paused), "who paused it resumes it");
        let armed = Expectation::Armed { scheduled: at("2026-03-01T01:00:00Z"), by: at("2026-03-01T02:00:00Z") };
        assert_eq!(entry.expectation, if is_paused { Expectation::Dropped } else { armed });
    }
}

#[test]
fn a_job_that_is_gone_or_over_goes() {
    let before = want(&plan(&job("rate(1 hour)", "")));
    let without = against(&plan(""), &[("sync", before.clone())]);
    assert_eq!(without.removed().collect::<Vec<_>>(), ["sync"]);
    let over = plan(&job("at(2026-02-01T00:00:00)", ""));
    assert_eq!(against(&over, &[("sync", before.clone())]).removed().collect::<Vec<_>>(), ["sync"]);
    let fired = Schedule { expression: "at(2026-02-01T00:00:00)".to_owned(), ..before };
    assert_eq!(against(&over, &[("sync", fired)]).entries[0].change, Change::Same);
    assert_eq!(against(&over, &[]).entries[0].change, Change::Over);
}

#[test]
fn a_new_job_is_expected_before_it_ever_ran() {
    let plan = plan(&job("cron(0 2 * * ? *)", "expected-by = \"1h\""));
    let diff = against(&plan, &[]);
    let armed = Expectation::Armed { scheduled: at("2026-03-01T02:00:00Z"), by: at("2026-03-01T03:00:00Z") };
    assert!(matches!(diff.entries[0].change, Change::Added(_)) && diff.entries[0].expectation == armed, "{diff:?}");
}

#[test]
fn only_schedules_of_this_service_are_its_own() {
    let plan = plan("");
    let own = JobId::new("c", "web", "sync");
    assert_eq!(job_of(&plan, &own.schedule()).as_deref(), Some("sync"));
    let others = [JobId::new("c", "api", "sync").schedule(), JobId::new("d", "web", "sync").schedule()];
    let words = [own.run(None), own.failed(), own.expected(), own.wait(at(NOW), 1)];
    let foreign = ["job.", "job.sync", "job.sync.0", "greenlight-example-job", ""].map(str::to_owned);
    for name in others.into_iter().chain(words).chain(foreign) {
        assert_eq!(job_of(&plan, &name), None, "{name}");
    }
}
