//! An account with jobs.

use crate::deployments::account::{self, Account};
use crate::played::Played;
use crate::shop;
use greenlight::rehearse::Options;
use greenlight_aws::job::schedule;
use greenlight_domain::job::JobId;
use greenlight_domain::plan::{Job, JobTaskDefinition};
use greenlight_simulation::{Behaviour, Behaviours, InvocationOutcome};
use greenlight_world::{RetryPolicy, Schedule, Setup};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

pub const MINUTE: Duration = Duration::from_mins(1);
pub const FUNCTION: &str = "greenlight-launch-job";
const CLUSTER: &str = "production-cluster";
const SERVICE: &str = "shop-web";

/// What a rate begins with: the account is ready long before.
const FIRST: SignedDuration = SignedDuration::from_hours(2);

/// `[jobs.NAME]`, with a command that has the job's name.
pub fn job(name: &str, more: &str) -> String {
    format!("[jobs.{name}]\nschedule = \"rate(1 hour)\"\ncommand = [\"shop\", \"{name}\"]\n{more}\n")
}

/// Every container with this command takes so long.
pub fn slow(command: &str, after: Duration) -> Behaviours {
    Behaviours::new().command(command, Behaviour::Exit { after, code: 0, lines: vec!["done".to_owned()] })
}

pub struct Jobs {
    pub account: Account,
    /// What `launch-job` signs with.
    key: String,
    /// How many calls there were before.
    before: usize,
}

/// Plays a story in an account whose live revision has these jobs: name, expression, table of the plan. They begin to fire two
/// hours after the world's beginning.
pub fn with(
    jobs: &[(&str, &str, &str)],
    behaviours: Behaviours,
    edit: impl Fn(&mut Setup),
    story: impl AsyncFnOnce(Jobs),
) {
    with_options(&Options::default(), jobs, behaviours, edit, story);
}

/// The same with a template that was given other parameters.
pub fn with_options(
    options: &Options,
    jobs: &[(&str, &str, &str)],
    behaviours: Behaviours,
    edit: impl Fn(&mut Setup),
    story: impl AsyncFnOnce(Jobs),
) {
    let tables: String = jobs.iter().map(|(_, _, table)| *table).collect();
    let rehearsal = shop::rehearsal(&tables, options);
    let key = RefCell::new(String::new());
    let scheduled = |setup: &mut Setup| {
        for (name, expression, _) in jobs {
            let schedule = schedule_of(setup, rehearsal.plan.jobs.get(*name), name, expression);
            setup.stack.schedules.push(schedule);
        }
        let role = setup.stack.roles.iter().find(|role| role.name == shop::role("launch-job")).unwrap();
        key.replace(role.access_key.clone());
        edit(setup);
    };
    let story = async |account: Account| {
        assert!(account.now() < Setup::EPOCH + FIRST, "the account is ready before the first job fires");
        let before = account.simulation.calls().len();
        story(Jobs { account, key: key.take(), before }).await;
    };
    account::with_rehearsal(rehearsal.clone(), behaviours, scheduled, story);
}

/// A job's schedule, as `greenlight jobs` makes it.
fn schedule_of(setup: &Setup, planned: Option<&Job>, job: &str, expression: &str) -> Schedule {
    let settle = setup.stack.functions.iter().find(|function| function.name.ends_with("settle")).unwrap();
    let mut input = json!({
        "job": job,
        "cluster": CLUSTER,
        "service": SERVICE,
        "schedule": "<aws.scheduler.schedule-arn>",
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        "attempt": "<aws.scheduler.attempt-number>",
    });
    if let Some(JobTaskDefinition::Family(family)) = planned.map(|job| &job.task_definition) {
        input["task_definition"] = json!(family);
    }
    Schedule {
        name: JobId::new(CLUSTER, SERVICE, job).schedule(),
        group: Some("greenlight".to_owned()),
        expression: expression.to_owned(),
        time_zone: None,
        start: Some(Setup::EPOCH + FIRST),
        end: None,
        flexible_window: None,
        enabled: true,
        target: settle.environment["GREENLIGHT_LAUNCH_JOB_ARN"].clone(),
        role_arn: settle.environment["GREENLIGHT_SCHEDULE_ROLE_ARN"].clone(),
        input: Some(input.to_string()),
        retry: RetryPolicy { maximum_attempts: 20, maximum_age: 30 * MINUTE },
        dead_letters: settle.environment.get("GREENLIGHT_DEAD_LETTER_ARN").cloned(),
    }
}

impl Jobs {
    /// How long it is until the `n`th full hour, the first being that of the first firing.
    pub fn until_hour(&self, n: i64) -> Duration {
        let then = Setup::EPOCH + FIRST + SignedDuration::from_hours(n - 1);
        Duration::try_from(then.duration_since(self.account.now())).unwrap()
    }

    /// Lets time pass until some minutes after the `n`th full hour.
    pub async fn hours(&self, n: i64) {
        self.account.pass(self.until_hour(n) + 5 * MINUTE).await;
    }

    pub fn played(&self) -> Played {
        self.account.played()
    }

    /// What `launch-job` called since the account was ready.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.account.simulation.calls().into_iter().skip(self.before);
        calls.filter(|(key, _)| *key == self.key).map(|(_, call)| call).collect()
    }

    /// The scheduled times of the job's runs that have one name, and are not settled.
    pub async fn runs(&self, job: &str) -> Vec<Timestamp> {
        let (id, env) = (JobId::new(CLUSTER, SERVICE, job), self.account.env());
        let until = self.account.now() + SignedDuration::from_mins(1);
        let run = schedule::read(&env, &id.run(None), until).await.unwrap();
        run.into_iter().map(|record| record.scheduled).collect()
    }

    /// Hands an event to the function, which must not fail.
    pub async fn deliver(&self, event: Value) {
        let outcome = self.account.simulation.deliver(FUNCTION, event).await;
        assert!(matches!(outcome, InvocationOutcome::Returned(_)), "{outcome:?}");
    }
}

impl Played {
    /// What the functions wrote about jobs under this name.
    pub fn said(&self, event: &str) -> Vec<Value> {
        let lines = self.facts("log.line");
        let own = lines.iter().filter(|fact| fact["function"].is_string());
        let read = own.filter_map(|fact| serde_json::from_str::<Value>(fact["message"].as_str()?).ok());
        read.filter(|line| line["event"] == event).collect()
    }

    /// The tasks of jobs, once each.
    pub fn tasks(&self) -> BTreeSet<&str> {
        let is_of_a_job = |fact: &&Value| fact["started_by"].as_str().is_some_and(|by| by.contains("/job/"));
        let (started, stopped) = (self.facts("task.started"), self.facts("task.stopped"));
        let tasks = started.into_iter().chain(stopped).filter(is_of_a_job);
        tasks.map(|fact| fact["task"].as_str().unwrap()).collect()
    }

    /// How the attempts of jobs ended, each once.
    pub fn outcomes(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut ended = self.said("job.ended");
        ended.retain(|line| seen.insert(line["task"].to_string()));
        ended.iter().map(|line| line["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// How many tasks of jobs ran at once, at most.
    pub fn most_at_once(&self) -> usize {
        let mut running = BTreeSet::new();
        let mut most = 0;
        for fact in &self.facts {
            let task = fact["task"].as_str().unwrap_or_default();
            if !fact["started_by"].as_str().is_some_and(|by| by.contains("/job/")) {
                continue;
            }
            match fact["event"].as_str() {
                Some("task.started") => drop(running.insert(task)),
                Some("task.stopped") => drop(running.remove(task)),
                _ => {}
            }
            most = most.max(running.len());
        }
        most
    }
}
