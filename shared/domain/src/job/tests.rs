use super::{Decision, Firing, Outcome, Run, Situation, Skip, decide, judge, replaced_reason};
use crate::one_off::{OneOff, StoppedContainer, StoppedTask, stop_reason};
use crate::plan::{Job, JobTaskDefinition, Overlap, Plan};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn job(more: &str) -> Job {
    let plan = format!(
        "application = \"a\"\ndeployment-group = \"b\"\ncluster = \"c\"\nservice = \"d\"\ncontainer = \"e\"\nport = 1\n\
         [jobs.sync]\nschedule = \"rate(1 hour)\"\ncommand = [\"sync\"]\n{more}"
    );
    Plan::parse(&plan, "x").unwrap().jobs.remove("sync").unwrap()
}

fn at(time: &str) -> Timestamp {
    format!("2026-01-01T{time}Z").parse().unwrap()
}

fn firing() -> Firing {
    Firing::first("greenlight", "web", "sync", at("02:00:00"))
}

fn run(task: &str, scheduled: &str) -> Run {
    Run { task: task.to_owned(), scheduled: at(scheduled), stopping: false }
}

/// The decision in few words.
fn words(decision: &Decision) -> String {
    let clock = |at: &Timestamp| at.strftime("%H:%M:%S").to_string();
    match decision {
        Decision::Start(start) => format!("start {}", start.task_definition),
        Decision::Skip(skip) => skip.to_string(),
        Decision::Replace { tasks, until } => format!("replace {} until {}", tasks.join(" "), clock(until)),
        Decision::Wait { until } => format!("wait until {}", clock(until)),
    }
}

/// The job, the time, whether there is a deployment, the runs; the decision.
type Row<'a> = (&'a str, &'a str, bool, &'a [Run], &'a str);

#[test]
fn a_firing_starts_waits_or_is_skipped() {
    let none: &[Run] = &[];
    let early = &[run("one", "01:00:00")];
    let same = &[run("this", "02:00:00")];
    let later = &[run("one", "01:00:00"), run("two", "03:00:00")];
    let stopping = &[Run { stopping: true, ..run("one", "01:00:00") }];
    let both = &[run("one", "00:00:00"), Run { stopping: true, ..run("two", "01:00:00") }];
    let (forbid, allow, replace) = ("", "overlap = \"allow\"", "overlap = \"replace\"");
    let wait = "wait-for-deployment = true";
    let table: [Row; 22] = [
        (forbid, "02:00:01", false, none, "start app:7"),
        (forbid, "01:59:59", false, none, "start app:7"),
        (forbid, "02:30:00", false, none, "start app:7"),
        (forbid, "02:30:01", false, none, "it came 30m 1s after its time, and the start deadline is 30m"),
        (forbid, "02:00:01", true, none, "start app:7"),
        (forbid, "02:00:01", false, early, "an earlier run is still there, one, and overlap is \"forbid\""),
        (forbid, "02:00:01", false, stopping, "an earlier run is still there, one, and overlap is \"forbid\""),
        (forbid, "02:00:01", false, same, "it was delivered before and runs already as this"),
        // what it did is told before that it is late
        (forbid, "09:00:00", false, same, "it was delivered before and runs already as this"),
        (allow, "02:00:01", false, early, "start app:7"),
        (allow, "02:00:01", false, same, "it was delivered before and runs already as this"),
        (replace, "02:00:01", false, none, "start app:7"),
        (replace, "02:00:01", false, early, "replace one until 02:01:01"),
        (replace, "02:00:01", false, both, "replace one until 02:01:01"),
        (replace, "02:00:01", false, stopping, "wait until 02:01:01"),
        (replace, "02:29:30", false, stopping, "wait until 02:30:00"),
        (
            replace,
            "02:30:00",
            false,
            stopping,
            "the run to be replaced, one, did not end within the start deadline of 30m",
        ),
        (replace, "02:00:01", false, later, "a later firing runs already, two"),
        (wait, "02:00:01", true, none, "wait until 02:01:01"),
        (wait, "02:00:01", false, none, "start app:7"),
        (wait, "02:29:59", true, none, "wait until 02:30:00"),
        (wait, "02:30:00", true, none, "the deployment lasts longer than the start deadline of 30m"),
    ];
    for (more, now, deploying, runs, expected) in table {
        let situation = Situation { now: at(now), live: Some("app:7"), deploying, runs };
        assert_eq!(words(&decide(&firing(), &job(more), &situation)), expected, "{more} {now} {runs:?}");
    }
}

#[test]
fn a_job_follows_the_live_revision_or_has_its_own() {
    let situation = |live| Situation { now: at("02:00:00"), live, deploying: false, runs: &[] };
    let fixed = job("task-definition = \"app:3\"");
    assert_eq!(words(&decide(&firing(), &fixed, &situation(Some("app:7")))), "start app:3");
    assert_eq!(words(&decide(&firing(), &fixed, &situation(None))), "start app:3");
    let family = job("task-definition = \"app-job\"");
    assert_eq!(words(&decide(&firing(), &family, &situation(Some("app:7")))), "start app-job");
    for job in [job(""), family] {
        assert_eq!(decide(&firing(), &job, &situation(None)), Decision::Skip(Skip::NothingLive));
    }
}

#[test]
fn a_retry_is_late_after_its_own_time() {
    let situation = |now| Situation { now: at(now), live: Some("app:7"), deploying: false, runs: &[] };
    let retry = Firing { attempt: 1, due: at("04:00:00"), ..firing() };
    let Decision::Start(start) = decide(&retry, &job(""), &situation("04:10:00")) else { panic!() };
    assert_eq!(start.client_token, retry.client_token());
    assert_ne!(start.client_token, firing().client_token());
    assert!(words(&decide(&retry, &job(""), &situation("04:31:00"))).contains("31m after its time"));
}

#[test]
fn names_follow_from_the_firing() {
    let firing = firing();
    assert_eq!(firing.started_by(), "greenlight/web/sync/job/1767232800/0");
    let token = firing.client_token();
    assert!(token.starts_with("sync-") && token.ends_with("-1767232800-0"), "{token}");
    // nobody takes it for a one-off task of a deployment
    assert_eq!(OneOff::parse(&firing.started_by()), None);
    let numbers = Firing { service: "1".to_owned(), job: "BeforeInstall".to_owned(), ..firing };
    assert_eq!(OneOff::parse(&numbers.started_by()), None);
}

/// Stop code, reason, exit code, attempt; what follows of a job without and with `retry`.
type Ending<'a> = (&'a str, &'a str, Option<i32>, u32, [&'a str; 2]);

#[test]
fn a_run_that_failed_is_tried_again_as_the_job_says() {
    let late = stop_reason(Duration::from_mins(10));
    let replaced = replaced_reason(at("03:00:00"));
    let (exited, spot, start) = ("EssentialContainerExited", "SpotInterruption", "TaskFailedToStart");
    let table: [Ending; 14] = [
        (exited, "words", Some(0), 0, ["succeeded", "succeeded"]),
        (exited, "words", Some(0), 7, ["succeeded", "succeeded"]),
        (exited, "words", Some(3), 0, ["failed", "in 60"]),
        (exited, "words", Some(3), 1, ["failed", "in 120"]),
        (exited, "words", Some(3), 2, ["failed", "failed"]),
        // nothing was done, or nobody knows how much: once more in any case
        (start, "words", None, 0, ["in 30", "in 60"]),
        (start, "words", None, 1, ["failed", "in 120"]),
        (spot, "words", Some(0), 0, ["in 30", "in 60"]),
        (spot, "words", Some(143), 1, ["failed", "in 120"]),
        (spot, "words", None, 2, ["failed", "failed"]),
        ("UserInitiated", late.as_str(), Some(143), 0, ["failed", "in 60"]),
        ("UserInitiated", replaced.as_str(), Some(0), 0, ["replaced", "replaced"]),
        ("UserInitiated", "Task stopped by user", Some(0), 0, ["failed", "failed"]),
        ("UserInitiated", "replaced by the firing of noon", Some(0), 0, ["failed", "failed"]),
    ];
    for (stop_code, reason, exit_code, attempt, expected) in table {
        let container = |name: &str, exit_code| StoppedContainer { name: name.to_owned(), exit_code, reason: None };
        let task = StoppedTask {
            stop_code: Some(stop_code.to_owned()),
            stopped_reason: Some(reason.to_owned()),
            containers: vec![container("log_router", Some(1)), container("web", exit_code)],
            stopped_at: None,
        };
        let found = ["", "retry = { times = 2, wait = \"1m\" }"].map(|more| {
            match judge(&task, "web", attempt, job(more).retry.as_ref()) {
                Outcome::Succeeded => "succeeded".to_owned(),
                Outcome::Replaced => "replaced".to_owned(),
                Outcome::Retry { wait, .. } => format!("in {}", wait.as_secs()),
                Outcome::Failed { reason } => {
                    assert_eq!(reason.ends_with(&format!("(attempt {})", attempt + 1)), attempt > 0, "{reason}");
                    "failed".to_owned()
                }
            }
        });
        assert_eq!(found, expected, "{stop_code} {reason} {exit_code:?} {attempt}");
    }
}

prop_compose! {
    fn a_firing()(
        install in "[a-zA-Z0-9_-]{1,32}",
        service in "[a-zA-Z0-9_-]{1,255}",
        job in "[a-zA-Z0-9_-]{1,40}",
        seconds in 0_i64..7_258_118_400,
        attempt in 0_u32..=20,
    ) -> Firing {
        let scheduled = Timestamp::from_second(seconds).unwrap();
        Firing { attempt, ..Firing::first(&install, &service, &job, scheduled) }
    }
}

/// A model of ECS: tasks by client token, forgotten an hour after they stopped or a day after they started.
#[derive(Default)]
struct Ecs {
    tasks: Vec<ModelTask>,
}

struct ModelTask {
    token: String,
    scheduled: Timestamp,
    started: Timestamp,
    stops: Timestamp,
    stopping: bool,
}

impl Ecs {
    fn runs(&self, now: Timestamp) -> Vec<Run> {
        let there = self.tasks.iter().enumerate().filter(|(_, task)| task.stops > now);
        let run = |(index, task): (usize, &ModelTask)| Run {
            task: index.to_string(),
            scheduled: task.scheduled,
            stopping: task.stopping,
        };
        there.map(run).collect()
    }

    fn run_task(&mut self, token: String, scheduled: Timestamp, now: Timestamp, lasts: SignedDuration) {
        let hour = SignedDuration::from_hours(1);
        let remembered = |task: &ModelTask| now < (task.stops + hour).min(task.started + hour * 24);
        if !self.tasks.iter().any(|task| task.token == token && remembered(task)) {
            self.tasks.push(ModelTask { token, scheduled, started: now, stops: now + lasts, stopping: false });
        }
    }

    fn stop(&mut self, tasks: &[String], now: Timestamp) {
        for task in tasks {
            let task = &mut self.tasks[task.parse::<usize>().unwrap()];
            task.stopping = true;
            task.stops = task.stops.min(now + SignedDuration::from_secs(30));
        }
    }
}

proptest! {
    #[test]
    fn names_fit_and_tell_firings_apart(one in a_firing(), other in a_firing()) {
        for firing in [&one, &other] {
            let (token, started_by) = (firing.client_token(), firing.started_by());
            prop_assert!(token.len() <= 64 && token.bytes().all(|byte| (33..=126).contains(&byte)), "{}", token);
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
            prop_assert!(started_by.len() <= 128 && started_by.chars().all(allowed), "{}", started_by);
            prop_assert_eq!(OneOff::parse(&started_by), None);
        }
        prop_assert_eq!(one == other, one.client_token() == other.client_token());
        for changed in [
            Firing { scheduled: one.scheduled + SignedDuration::from_secs(1), ..one.clone() },
            Firing { attempt: one.attempt + 1, ..one.clone() },
            Firing { job: format!("{}x", one.job), ..one.clone() },
            Firing { service: format!("{}x", one.service), ..one.clone() },
        ] {
            prop_assert_ne!(changed.client_token(), one.client_token());
        }
        // nothing but the identity counts
        let later = Firing { due: one.due + SignedDuration::from_secs(9), ..one.clone() };
        prop_assert_eq!(later.client_token(), one.client_token());
    }

    /// However often, late and mixed up firings are delivered: each starts one task at most, and two runs are there at once only
    /// where they may be.
    #[test]
    fn nothing_happens_twice(
        overlap in prop::sample::select(vec![Overlap::Allow, Overlap::Forbid, Overlap::Replace]),
        start_deadline in 1_u64..=55,
        wait_for_deployment: bool,
        deployment in (0_i64..300, 0_i64..120),
        lasts in prop::collection::vec(0_i64..120, 12),
        // which firing, and how many seconds after its time
        deliveries in prop::collection::vec((0_usize..12, 0_i64..7200), 1..60),
    ) {
        let job = Job {
            overlap,
            start_deadline: Duration::from_mins(start_deadline),
            wait_for_deployment,
            task_definition: JobTaskDefinition::Live,
            ..job("")
        };
        let scheduled = |index: usize| at("00:00:00") + SignedDuration::from_mins(15 * i64::try_from(index).unwrap());
        let mut queue: BTreeMap<(Timestamp, usize), usize> = BTreeMap::new();
        for (number, (index, late)) in deliveries.iter().enumerate() {
            queue.insert((scheduled(*index) + SignedDuration::from_secs(*late), number), *index);
        }
        let mut ecs = Ecs::default();
        let mut answered = BTreeMap::<usize, u32>::new();
        while let Some(((now, number), index)) = queue.pop_first() {
            let firing = Firing::first("greenlight", "web", "sync", scheduled(index));
            let deploying = (deployment.0..deployment.0 + deployment.1).contains(&(now.duration_since(at("00:00:00")).as_mins()));
            let runs = ecs.runs(now);
            let decision = decide(&firing, &job, &Situation { now, live: Some("app:7"), deploying, runs: &runs });
            let last = firing.due + SignedDuration::from_mins(i64::try_from(start_deadline).unwrap());
            match decision {
                Decision::Start(start) => {
                    prop_assert!(now <= last && !(deploying && wait_for_deployment));
                    prop_assert!(overlap == Overlap::Allow || runs.is_empty());
                    ecs.run_task(start.client_token, firing.scheduled, now, SignedDuration::from_mins(lasts[index]));
                    *answered.entry(index).or_default() += 1;
                }
                Decision::Skip(_) => *answered.entry(index).or_default() += 1,
                Decision::Replace { tasks, until } => {
                    prop_assert!(overlap == Overlap::Replace && !tasks.is_empty() && now < until && until <= last);
                    ecs.stop(&tasks, now);
                    queue.insert((until, number), index);
                }
                Decision::Wait { until } => {
                    prop_assert!(now < until && until <= last);
                    queue.insert((until, number), index);
                }
            }
        }
        // each delivery was answered, and no firing has two tasks
        prop_assert_eq!(answered.values().sum::<u32>() as usize, deliveries.len());
        let mut started: Vec<Timestamp> = ecs.tasks.iter().map(|task| task.scheduled).collect();
        let tasks = started.len();
        started.sort();
        started.dedup();
        prop_assert_eq!(started.len(), tasks);
    }
}
