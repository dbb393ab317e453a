//! Every sample in `events/` is handed to its function, and does there what it is for. Virtual clock only.
//!
//! A sample names a deployment, a hook execution and a task of its own. Here they are replaced by those that the account has:
//! everything else is what the file says. A file without a test fails.

mod jobs;
mod news;

use crate::deployments::account::{self, Account, MIGRATE_FUNCTION};
use crate::jobs::play::{FUNCTION as LAUNCH_JOB, MINUTE};
use crate::native::account::{self as native, Native, Wanted};
use crate::rollback::account::{self as rollback, Watched};
use crate::shop;
use aws_sdk_ecs::types::Task;
use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::one_off::OneOff;
use greenlight_simulation::{Behaviour, Behaviours, Code, InvocationOutcome, Simulation};
use greenlight_world::{EventFault, Fault, Setup, Statement};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SETTLE: &str = "greenlight-settle";
const ROLLBACK: &str = "greenlight-rollback";

/// A hook that says nothing: the sample is handed to the function that the test is about.
const SILENT: &str = "CodeDeployHook_silent";

/// What the samples name, to be replaced.
const DEPLOYMENT: &str = "d-SH0PWEB42";
const EXECUTION: &str = "eyJzYW1wbGUiOiJhbiBvcGFxdWUgaWQgb2YgQ29kZURlcGxveSJ9";
const TASK: &str = "4d2f6a0c9b1e4c7d8e5f3a2b1c0d9e8f";
/// When the alarm goes off.
const STAMP: &str = "2026-03-01T12:00:00.000+0000";
const TASK_DEFINITION: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:2";

/// Work for every hook but one. A migration that has to come again waits longer than any test of a sample.
const TABLES: &str = r#"
[migrate]
command = ["shop", "migrate"]
timeout = "5m"
retry = { times = 1, exit-codes = [75], wait = "10m" }
[warm-up]
paths = ["/"]
[validate]
[finish]
command = ["shop", "count"]
"#;

/// Where no other hook runs smoke tests, `validate` does.
const SMOKE_TEST: &str = r#"
[[smoke-test]]
name = "health"
get = "/health"
"#;

macro_rules! samples {
    ($($path:literal: $test:ident => $story:expr,)*) => {
        /// The samples that have a test.
        const PLAYED: &[&str] = &[$($path),*];
        $(
            #[test]
            fn $test() {
                $story($path);
            }
        )*
    };
}

samples! {
    "migrate/codedeploy-hook.json": migrate_takes_the_event_of_codedeploy => |path| hook(path, "BeforeInstall", "pending"),
    "warm-up/codedeploy-hook.json": warm_up_takes_the_event_of_codedeploy => |path| hook(path, "AfterInstall", "succeeded"),
    "smoke-test/codedeploy-hook.json": smoke_test_takes_the_event_of_codedeploy
        => |path| hook(path, "AfterAllowTestTraffic", "succeeded"),
    "validate/codedeploy-hook.json": validate_takes_the_event_of_codedeploy
        => |path| hook(path, "BeforeAllowTraffic", "succeeded"),
    "finish/codedeploy-hook.json": finish_takes_the_event_of_codedeploy => |path| hook(path, "AfterAllowTraffic", "pending"),
    "migrate/ecs-hook.json": migrate_takes_the_event_of_ecs => ecs_hook,
    "migrate/ecs-hook-flat.json": migrate_takes_the_older_event_of_ecs => ecs_hook,
    "warm-up/ecs-hook.json": warm_up_takes_the_event_of_ecs => ecs_hook,
    "warm-up/ecs-hook-flat.json": warm_up_takes_the_older_event_of_ecs => ecs_hook,
    "smoke-test/ecs-hook.json": smoke_test_takes_the_event_of_ecs => ecs_hook,
    "smoke-test/ecs-hook-flat.json": smoke_test_takes_the_older_event_of_ecs => ecs_hook,
    "validate/ecs-hook.json": validate_takes_the_event_of_ecs => ecs_hook,
    "validate/ecs-hook-flat.json": validate_takes_the_older_event_of_ecs => ecs_hook,
    "finish/ecs-hook.json": finish_takes_the_event_of_ecs => ecs_hook,
    "finish/ecs-hook-flat.json": finish_takes_the_older_event_of_ecs => ecs_hook,
    "migrate/ecs-hook-again.json": migrate_takes_the_event_of_ecs_again => ecs_again,
    "validate/ecs-hook-step.json": validate_takes_the_event_of_a_further_step => ecs_hook,
    "finish/ecs-hook-rollback.json": finish_takes_the_event_of_a_rollback => ecs_hook,
    "settle/task-succeeded.json": settle_takes_a_task_that_succeeded => |path| task(path, ("Succeeded", "succeeded", "code 0")),
    "settle/task-failed.json": settle_takes_a_task_that_failed => |path| task(path, ("Failed", "failed", "code 1")),
    "settle/task-foreign.json": settle_leaves_a_task_that_is_not_ours => foreign_task,
    "settle/deadline.json": settle_stops_a_task_at_its_deadline => |path| signal(path, Behaviour::Hang, "stopped"),
    "settle/grace.json": settle_fails_a_task_that_does_not_stop
        => |path| signal(path, Behaviour::HangOn(Duration::from_mins(30)), "it was told to stop and is still"),
    "settle/retry.json": settle_makes_another_attempt => retry,
    "settle/on-failure.json": settle_reports_for_a_hook_that_died => hook_died,
    "settle/job-succeeded.json": settle_takes_the_task_of_a_job => jobs::job_stopped,
    "settle/job-deadline.json": settle_stops_a_job_at_its_deadline
        => |path| jobs::job_signal(path, Behaviour::Hang, MINUTE, "did not finish within 10m; stopped"),
    "settle/job-grace.json": settle_gives_up_a_job_that_does_not_stop
        => |path| jobs::job_signal(path, Behaviour::HangOn(60 * MINUTE), 11 * MINUTE, "it was told to stop and is still"),
    "settle/job-expected.json": settle_tells_of_a_job_that_did_not_run => jobs::job_missed,
    "launch-job/scheduler.json": launch_job_takes_the_event_of_a_schedule => jobs::job_fired,
    "launch-job/own-family.json": launch_job_takes_the_event_of_a_job_with_a_family => jobs::job_of_a_family_fired,
    "launch-job/rule.json": launch_job_takes_the_event_of_a_rule => jobs::job_fired,
    "launch-job/again.json": launch_job_takes_an_event_that_waited => jobs::job_fired,
    "launch-job/redriven.json": launch_job_takes_a_firing_that_was_given_up => jobs::job_fired,
    "launch-job/retry.json": launch_job_makes_another_attempt => jobs::job_retried,
    "rollback/eventbridge-metric.json": rollback_takes_the_event_of_a_metric_alarm => |path| alarm(path, true),
    "rollback/eventbridge-math.json": rollback_takes_the_event_of_metric_math => |path| alarm(path, true),
    "rollback/eventbridge-composite.json": rollback_takes_the_event_of_a_composite_alarm => |path| alarm(path, true),
    "rollback/eventbridge-ok.json": rollback_leaves_an_alarm_that_is_over => |path| alarm(path, false),
    "rollback/action-metric.json": rollback_takes_the_action_of_a_metric_alarm => |path| alarm(path, true),
    "rollback/action-composite.json": rollback_takes_the_action_of_a_composite_alarm => |path| alarm(path, true),
    "rollback/sns-metric.json": rollback_takes_the_message_of_a_metric_alarm => |path| alarm(path, true),
    "rollback/sns-composite.json": rollback_takes_the_message_of_a_composite_alarm => |path| alarm(path, true),
    "notify/deployment-start.json": notify_tells_that_a_deployment_started => |path| news::changed(path, "deployment.started"),
    "notify/deployment-success.json": notify_tells_that_a_deployment_succeeded
        => |path| news::changed(path, "deployment.succeeded"),
    "notify/service-deployment-in-progress.json": notify_tells_that_a_service_deployment_started
        => |path| news::service_changed(path, "deployment.started"),
    "notify/service-deployment-completed.json": notify_tells_that_a_service_deployment_succeeded
        => |path| news::service_changed(path, "deployment.succeeded"),
    "notify/service-deployment-failed.json": notify_tells_that_a_service_deployment_failed
        => |path| news::service_changed(path, "deployment.failed"),
    "notify/hook-awaiting-action.json": notify_tells_that_somebody_is_waited_for => news::waiting,
    "notify/outcome.json": notify_is_asked_how_a_deployment_ended => |path| news::changed(path, "deployment.succeeded"),
    "notify/alarm.json": notify_tells_of_an_alarm_on_the_functions => news::alarmed,
    "notify/sns-notice.json": notify_takes_a_message_of_its_topic => news::posted,
}

#[test]
fn every_sample_has_a_test() {
    let mut found = Vec::new();
    for folder in entries(&events()).into_iter().filter(|entry| entry.is_dir()) {
        for file in entries(&folder) {
            found.push(file.strip_prefix(events()).unwrap().to_str().unwrap().to_owned());
        }
    }
    let mut played = PLAYED.to_vec();
    found.sort_unstable();
    played.sort_unstable();
    assert_eq!(found, played);
}

fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The sample with what it names replaced: (its word, the account's).
fn sample(path: &str, replaced: &[(&str, &str)]) -> Value {
    let mut text = std::fs::read_to_string(events().join(path)).unwrap();
    for (word, live) in replaced {
        assert!(text.contains(word), "{path} should name {word}");
        text = text.replace(word, live);
    }
    serde_json::from_str(&text).unwrap()
}

/// The function that a sample is for: its folder.
fn function(path: &str) -> String {
    let part = path.split('/').next().unwrap();
    if ["settle", "rollback", "launch-job", "notify"].contains(&part) {
        format!("greenlight-{part}")
    } else {
        format!("CodeDeployHook_greenlight-{part}")
    }
}

/// What the function answers; it must not fail.
async fn answer(simulation: &Simulation, path: &str, event: Value) -> Value {
    match simulation.deliver(&function(path), event).await {
        InvocationOutcome::Returned(answer) => answer,
        failed => panic!("{path}: {failed:?}"),
    }
}

/// An account where the shop has been deployed.
fn account(behaviours: Behaviours, edit: impl FnOnce(&mut Setup), story: impl AsyncFnOnce(Account)) {
    account::with(behaviours.function(SILENT, Code::Hangs), edit, story);
}

/// Migrations behave like this; that of the first deployment succeeds.
fn migrating(behaviour: Behaviour) -> Behaviours {
    Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[])).command("shop migrate", behaviour)
}

/// A function that `CodeDeploy` may invoke, and whose failure nobody hears of.
fn add_silent(setup: &mut Setup) {
    let mut silent = setup.stack.functions[0].clone();
    SILENT.clone_into(&mut silent.name);
    silent.on_failure = None;
    setup.stack.functions.push(silent);
    let invoke = Statement {
        sid: None,
        principal: None,
        effect: "Allow".to_owned(),
        action: json!("lambda:InvokeFunction"),
        resource: json!(Rehearsal::function_arn(SILENT)),
        condition: BTreeMap::new(),
    };
    let roles = setup.stack.roles.iter_mut().filter(|role| role.name == "codedeploy");
    roles.flat_map(|role| &mut role.policies).for_each(|policy| policy.statement.push(invoke.clone()));
}

/// Nobody hears of tasks that stop: the sample is the only word about them.
fn lose_events(setup: &mut Setup) {
    setup.faults.push(Fault::Event {
        detail_type: "ECS Task State Change".to_owned(),
        times: Fault::ALWAYS,
        what: EventFault::Lost,
    });
}

/// A deployment which waits for this hook at this lifecycle event.
struct Waiting {
    id: String,
    execution: String,
    task_definition: String,
}

async fn waiting(account: &Account, lifecycle_event: &str, hook: &str) -> Waiting {
    let smoke_test = if lifecycle_event == "AfterAllowTestTraffic" { SMOKE_TEST } else { "" };
    let task_definition = account.register_text(&shop::plan(&format!("{TABLES}{smoke_test}"))).await;
    let id = account.deploy_with(&task_definition, &[(lifecycle_event, hook)]).await;
    let event = account.hook_event(&id).await;
    let execution = event["LifecycleEventHookExecutionId"].as_str().unwrap().to_owned();
    Waiting { id, execution, task_definition }
}

/// The migration's task as soon as it is in this state.
async fn migration(account: &Account, status: &str) -> Task {
    loop {
        let tasks = account.one_offs().await;
        if let Some(task) = tasks.into_iter().find(|task| task.last_status() == Some(status)) {
            return task;
        }
        account.pass(Duration::from_secs(1)).await;
    }
}

/// `CodeDeploy` asks a hook.
fn hook(path: &str, lifecycle_event: &str, verdict: &str) {
    account(Behaviours::new(), add_silent, async |account| {
        let Waiting { id, execution, .. } = waiting(&account, lifecycle_event, SILENT).await;
        let event = sample(path, &[(DEPLOYMENT, &id), (EXECUTION, &execution)]);
        let answer = answer(&account.simulation, path, event).await;
        assert_eq!(answer["verdict"], verdict, "{answer}");
        let played = account.end_of(&id).await;
        assert_eq!(played.ending(&id).0, "Succeeded");
        assert_eq!(played.verdicts(&id).len(), 1, "{:?}", played.verdicts(&id));
        assert!(played.denied().is_empty(), "{:?}", played.denied());
    });
}

/// What the samples of ECS name, to be replaced.
const SERVICE_DEPLOYMENT: &str = "Hq3Zt7Lx0bVnK2pRw9sYd";
const SERVICE_REVISION: &str = "4180372956614820933";

/// A service that ECS deploys by itself, with one hook that holds the deployment: the service deployment's ARN and that of its
/// revision.
async fn held(native: &Native) -> (String, String) {
    let stage = "PRE_PRODUCTION_TRAFFIC_SHIFT";
    let tables = format!("{TABLES}{SMOKE_TEST}[rollback]\n");
    let hold = Wanted { tables, ..Wanted::pausing(&[stage]) };
    let arn = native.deploy(&hold).await;
    native.until_paused(&arn).await;
    let deployment = native.describe(&arn).await;
    (arn, deployment.target_service_revision().unwrap().arn().unwrap().to_owned())
}

/// The sample as the service's own.
fn own(path: &str, (deployment, revision): &(String, String), more: &[(&str, &str)]) -> Value {
    let id = |arn: &str| arn.rsplit('/').next().unwrap().to_owned();
    let (deployment, revision) = (id(deployment), id(revision));
    let mut named = vec![(SERVICE_DEPLOYMENT, deployment.as_str()), (SERVICE_REVISION, revision.as_str())];
    named.extend_from_slice(more);
    sample(path, &named)
}

/// ECS asks a hook: commands go on, requests are done, and in a rollback there is nothing to do.
fn ecs_hook(path: &str) {
    native::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            let event = own(path, &held(&native).await, &[]);
            let answer = answer(&native.account.simulation, path, event).await;
            let goes_on =
                ["migrate/", "finish/"].iter().any(|part| path.starts_with(part)) && !path.contains("rollback");
            let expected = if goes_on { "IN_PROGRESS" } else { "SUCCEEDED" };
            assert_eq!(answer["hookStatus"], expected, "{answer} {}", native::lines(&native.account.played()));
            assert!(native.account.played().denied().is_empty());
        },
    );
}

/// ECS asks a hook that is not done, with what it returned before.
fn ecs_again(path: &str) {
    native::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            let held = held(&native).await;
            let first = own("migrate/ecs-hook.json", &held, &[]);
            let begun = answer(&native.account.simulation, path, first).await;
            let place = &begun["hookDetails"]["greenlight"];
            let task = place["task"].as_str().unwrap().rsplit('/').next().unwrap();
            native.account.pass(Duration::from_mins(1)).await;
            let again = own(path, &held, &[(TASK, task)]);
            let told = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(told(&again["hookDetails"]["greenlight"]), told(place), "the sample is of this version");
            assert_eq!(answer(&native.account.simulation, path, again).await, json!({ "hookStatus": "SUCCEEDED" }));
        },
    );
}

/// A migration's task stopped: how the deployment ends, the verdict, and what its reason says.
fn task(path: &str, expected: (&str, &str, &str)) {
    let (status, verdict, reason) = expected;
    account(Behaviours::new(), lose_events, async |account| {
        let Waiting { id, task_definition, .. } = waiting(&account, "BeforeInstall", MIGRATE_FUNCTION).await;
        let task = migration(&account, "STOPPED").await;
        let task_id = task.task_arn().unwrap().rsplit('/').next().unwrap();
        let event = sample(path, &[(DEPLOYMENT, &id), (TASK, task_id), (TASK_DEFINITION, &task_definition)]);
        answer(&account.simulation, path, event).await;
        let played = account.end_of(&id).await;
        assert_eq!(played.ending(&id).0, status);
        let verdicts = played.verdicts(&id);
        assert!(matches!(&verdicts[..], [(said, why)] if said == verdict && why.contains(reason)), "{verdicts:?}");
    });
}

/// Another team's task stopped while a migration of ours waits for its verdict.
fn foreign_task(path: &str) {
    account(Behaviours::new(), lose_events, async |account| {
        let Waiting { id, .. } = waiting(&account, "BeforeInstall", MIGRATE_FUNCTION).await;
        migration(&account, "STOPPED").await;
        answer(&account.simulation, path, sample(path, &[])).await;
        let first = OneOff::first("greenlight", &id, LifecycleEvent::BeforeInstall);
        assert!(account.has_schedule(&first).await, "the migration still waits");
        let played = account.played();
        assert!(played.verdicts(&id).is_empty() && played.of(&id, "deployment.ended").is_empty());
    });
}

/// A schedule fires while the migration runs, and its reason says this.
fn signal(path: &str, behaviour: Behaviour, reason: &str) {
    account(
        migrating(behaviour),
        |_| {},
        async |account| {
            let Waiting { id, execution, task_definition } = waiting(&account, "BeforeInstall", MIGRATE_FUNCTION).await;
            migration(&account, "RUNNING").await;
            let named = [(DEPLOYMENT, id.as_str()), (EXECUTION, &execution), (TASK_DEFINITION, &task_definition)];
            answer(&account.simulation, path, sample(path, &named)).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id), ("Failed".to_owned(), Some("HOOK_EXECUTION_FAILURE".to_owned())));
            let verdicts = played.verdicts(&id);
            assert!(matches!(&verdicts[..], [(said, why)] if said == "failed" && why.contains(reason)), "{verdicts:?}");
            let waited = played.of(&id, "lifecycle.ended")[0]["duration_ms"].as_u64().unwrap();
            assert!(waited < 4 * 60 * 1000, "the account's own deadline comes after five minutes: {waited} ms");
        },
    );
}

/// The wait before a second attempt is over.
fn retry(path: &str) {
    let behaviours = Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[])).command_times(
        "shop migrate",
        1,
        Behaviour::exits(75, &["the database is locked"]),
    );
    account(
        behaviours,
        |_| {},
        async |account| {
            let Waiting { id, execution, task_definition } = waiting(&account, "BeforeInstall", MIGRATE_FUNCTION).await;
            let second = OneOff::first("greenlight", &id, LifecycleEvent::BeforeInstall).next_attempt();
            while !account.has_schedule(&second).await {
                account.pass(Duration::from_secs(1)).await;
            }
            let named = [(DEPLOYMENT, id.as_str()), (EXECUTION, &execution), (TASK_DEFINITION, &task_definition)];
            answer(&account.simulation, path, sample(path, &named)).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Succeeded");
            assert_eq!(played.migrations().len(), 2, "{:?}", played.migrations());
            let waited = played.of(&id, "lifecycle.ended")[0]["duration_ms"].as_u64().unwrap();
            assert!(waited < 5 * 60 * 1000, "the account's own wait is ten minutes: {waited} ms");
        },
    );
}

/// Lambda gave up on a hook.
fn hook_died(path: &str) {
    account(Behaviours::new(), add_silent, async |account| {
        let Waiting { id, execution, .. } = waiting(&account, "BeforeInstall", SILENT).await;
        let event = sample(path, &[(DEPLOYMENT, &id), (EXECUTION, &execution)]);
        answer(&account.simulation, path, event).await;
        let played = account.end_of(&id).await;
        assert_eq!(played.ending(&id).0, "Failed");
        let verdicts = played.verdicts(&id);
        let reason = format!("function {MIGRATE_FUNCTION} died (RetriesExhausted): Runtime.ExitError");
        assert!(matches!(&verdicts[..], [(said, why)] if said == "failed" && why.contains(&reason)), "{verdicts:?}");
    });
}

/// An alarm changes its state after a release has succeeded: whether the release is taken back.
fn alarm(path: &str, takes_back: bool) {
    rollback::with(
        Watched::default(),
        |_| {},
        async |shop| {
            let release = shop.released().await;
            shop.account.pass(Duration::from_mins(1)).await;
            let now = shop.account.now().strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
            answer(&shop.account.simulation, path, sample(path, &[(STAMP, &now)])).await;
            shop.until_quiet().await;
            assert_eq!(shop.serving().await, if takes_back { release.before } else { release.task_definition });
            assert_eq!(shop.account.played().notices().len(), usize::from(takes_back));
        },
    );
}

#[test]
fn an_event_of_no_known_shape_is_said_to_be_one() {
    greenlight_simulation::run(async {
        let world = setup(&shop::rehearsal(shop::MIGRATE, &Options::default()), Setup::EPOCH, 1.0);
        let simulation = Simulation::start(world, Behaviours::new());
        for function in [SETTLE, ROLLBACK, LAUNCH_JOB] {
            let outcome = simulation.deliver(function, json!({ "hello": "world" })).await;
            let InvocationOutcome::Failed { error_message, .. } = outcome else { panic!("{function}: {outcome:?}") };
            assert!(error_message.contains("cannot read its event"), "{function}: {error_message}");
        }
        // whoever calls a hook and waits reads its answer
        let outcome = simulation.deliver(MIGRATE_FUNCTION, json!({ "hello": "world" })).await;
        let InvocationOutcome::Returned(answer) = outcome else { panic!("{outcome:?}") };
        assert_eq!(answer, json!({ "hookStatus": "FAILED" }));
    })
    .unwrap();
}
