//! Every fault of `rehearse`: what breaks a deployment breaks it with a reason and leaves users with the old revision, what
//! does not is survived with nothing done twice. A new fault is one row here.
//!
//! Every row is played under both controllers with every traffic configuration on the virtual clock. What is chosen is played
//! with real processes.

use crate::played::Played;
use crate::{processes, shop, simulated};
use aws_sdk_codedeploy::types::{ComputePlatform, TimeBasedCanary, TrafficRoutingConfig, TrafficRoutingType};
use greenlight::rehearse::faults::FAULTS;
use greenlight::rehearse::{Controller, Options, Rehearsal, setup};
use greenlight_domain::service_deployment::Stage;
use greenlight_world::Setup;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A plan that has work for every hook, and two commands that may not run twice.
const TABLES: &str = r#"
[migrate]
commands = [["shop", "migrate"], ["shop", "count"]]
timeout = "5m"
[warm-up]
paths = ["/", "/products"]
[[smoke-test]]
name = "products"
get = "/products"
expect = { status = 200, within = "2s" }
[validate]
[finish]
command = ["shop", "count"]
[rollback]
"#;

/// The plan, with alarms of the deployment group if one of them has to go off.
fn plan(faults: &[&str]) -> String {
    let plan = shop::plan(TABLES);
    let takes_back = |(fault, ends): &(&str, Ends)| faults.contains(fault) && matches!(ends, Ends::TakenBack { .. });
    if ROWS.iter().any(takes_back) {
        plan.replace("[rehearsal]\n", "[rehearsal]\nalarms = [\"shop-5xx\", \"shop-slow-response\"]\n")
    } else {
        plan
    }
}

/// The one-off tasks of a deployment that goes well: lifecycle event, step, attempt.
const ALL: &[&str] = &["BeforeInstall/0/0", "BeforeInstall/1/0", "AfterAllowTraffic/0/0"];
const MIGRATED: &[&str] = &["BeforeInstall/0/0", "BeforeInstall/1/0"];
const FIRST: &[&str] = &["BeforeInstall/0/0"];
const NONE: &[&str] = &[];

/// What must come of a fault.
enum Ends {
    /// The new revision serves; the team hears this often of something.
    Well { notices: usize },
    /// The old revision goes on serving.
    Badly {
        /// `CodeDeploy`'s error code.
        error_code: &'static str,
        /// The hook that says no, and what its reason says; none if no hook is asked.
        verdict: Option<(&'static str, &'static [&'static str])>,
        /// The one-off tasks that were started, once each.
        tasks: &'static [&'static str],
    },
    /// An alarm takes the release back, in time or after its success.
    TakenBack {
        /// Whether users get errors before.
        errors: bool,
    },
}

const fn says_no(hook: &'static str, reasons: &'static [&'static str], tasks: &'static [&'static str]) -> Ends {
    Ends::Badly { error_code: "HOOK_EXECUTION_FAILURE", verdict: Some((hook, reasons)), tasks }
}

const WELL: Ends = Ends::Well { notices: 0 };

const ROWS: &[(&str, Ends)] = &[
    ("migration-fails", says_no("BeforeInstall", &["exited with code 1", "duplicate key"], FIRST)),
    ("migration-hangs", says_no("BeforeInstall", &["did not finish within 5m"], FIRST)),
    ("migration-interrupted", says_no("BeforeInstall", &["SpotInterruption", "Spot Task was interrupted"], FIRST)),
    ("no-capacity", says_no("BeforeInstall", &["ecs:RunTask", "Capacity is unavailable"], NONE)),
    (
        "image-cannot-be-pulled",
        says_no("BeforeInstall", &["CannotPullContainerError", "shop:v2"], &["BeforeInstall/0/0", "BeforeInstall/0/1"]),
    ),
    ("green-never-healthy", Ends::Badly { error_code: "TIMEOUT", verdict: None, tasks: MIGRATED }),
    ("warm-up-500", says_no("AfterInstall", &["/: expected status", "got 500"], MIGRATED)),
    ("smoke-check-fails", says_no("AfterAllowTestTraffic", &["products: ", "500"], MIGRATED)),
    ("smoke-check-slow", says_no("AfterAllowTestTraffic", &["products: ", "no whole answer within"], MIGRATED)),
    ("green-crashes-later", says_no("BeforeAllowTraffic", &["task set is in STABILIZING"], MIGRATED)),
    ("target-unhealthy", says_no("BeforeAllowTraffic", &["is unhealthy"], MIGRATED)),
    ("spot-interruption", says_no("BeforeAllowTraffic", &["task set is in STABILIZING"], MIGRATED)),
    ("function-crashes-always", says_no("BeforeInstall", &["died (RetriesExhausted)", "signal: killed"], NONE)),
    ("function-times-out-always", says_no("BeforeInstall", &["died (RetriesExhausted)", "timed out"], NONE)),
    // nobody reports: the hook's hour passes
    ("settle-unreachable", Ends::Badly { error_code: "HOOK_EXECUTION_FAILURE", verdict: None, tasks: FIRST }),
    ("alarm@shift", Ends::TakenBack { errors: false }),
    ("alarm@bake", Ends::TakenBack { errors: false }),
    ("alarm@after", Ends::TakenBack { errors: false }),
    ("alarm-storm", Ends::TakenBack { errors: false }),
    ("green-500-under-load", Ends::TakenBack { errors: true }),
    ("function-crashes-once", WELL),
    ("function-invoked-twice", WELL),
    ("function-killed", WELL),
    ("task-stops-first", WELL),
    ("calls-throttled", WELL),
    ("calls-time-out", WELL),
    ("answers-lost", WELL),
    ("events-lost", WELL),
    ("events-undeliverable", WELL),
    ("events-late", WELL),
    ("events-doubled", WELL),
    ("events-out-of-order", WELL),
    ("reads-stale", WELL),
    ("finish-fails", Ends::Well { notices: 1 }),
];

/// What comes of some of them where ECS deploys by itself: a function that dies has said no, and nobody needs `settle`.
const ROWS_ON_ECS: &[(&str, Ends)] = &[
    ("function-crashes-always", NO_ANSWER),
    ("function-times-out-always", NO_ANSWER),
    ("function-crashes-once", NO_ANSWER),
    // its task has not begun when all is over
    ("function-killed", NO_ANSWER),
    ("settle-unreachable", WELL),
];

const NO_ANSWER: Ends = Ends::Badly { error_code: "", verdict: None, tasks: NONE };

/// What must come of a fault under a controller.
fn ends(fault: &str, controller: Controller) -> &'static Ends {
    let own = ROWS_ON_ECS.iter().filter(|_| controller == Controller::Ecs);
    own.chain(ROWS).find(|(name, _)| *name == fault).map(|(_, ends)| ends).unwrap()
}

/// What the controller calls the point of a deployment at which a hook is asked.
fn point(controller: Controller, lifecycle_event: &str) -> &str {
    match controller {
        Controller::CodeDeploy => lifecycle_event,
        Controller::Ecs => Stage::of(lifecycle_event.parse().unwrap()).name(),
    }
}

impl Ends {
    fn check(&self, played: &Played, controller: Controller) {
        let outcome = &played.outcome;
        let id = played.deployment_id();
        let (wanted, serving, tasks) = match self {
            Self::Well { .. } => ("succeeded", "green", ALL),
            Self::Badly { tasks, .. } => ("rolled-back", "blue", *tasks),
            Self::TakenBack { errors } => return taken_back(played, *errors, controller),
        };
        assert_eq!(outcome["outcome"], wanted, "{outcome}");
        assert_eq!(outcome["serving"], serving, "{outcome}");
        let production = played.production();
        assert!(production.is_empty() && serving == "blue" || production == [format!("shop-web-{serving}")]);
        nothing_twice(played, tasks);
        one_verdict_each(played);
        assert_eq!(outcome["traffic"]["failed"], 0, "{outcome}");
        assert!(outcome["traffic"]["requests"].as_u64().unwrap() > 0, "{outcome}");
        assert!(played.denied().is_empty(), "a role lacks a permission: {:?}", played.denied());
        let hooks = outcome["hooks"].as_array().unwrap();
        let failed: Vec<_> = hooks.iter().filter(|hook| hook["verdict"] == "failed").collect();
        match self {
            Self::Well { notices } => {
                assert_eq!(played.ending(id), ("Succeeded".to_owned(), None));
                assert_eq!(hooks.len(), 5, "{outcome}");
                assert!(failed.is_empty(), "{outcome}");
                assert_eq!(played.notices().len(), *notices, "{:?}", played.notices());
            }
            Self::TakenBack { .. } => {}
            Self::Badly { error_code, verdict, .. } => {
                let code = if controller == Controller::Ecs { "ROLLBACK_SUCCESSFUL" } else { error_code };
                assert_eq!(played.ending(id), ("Failed".to_owned(), Some(code.to_owned())));
                assert_eq!(failed.len(), usize::from(verdict.is_some()), "{outcome}");
                if let Some((event, reasons)) = verdict {
                    assert_eq!(failed[0]["lifecycle_event"], point(controller, event), "{outcome}");
                    let (why, notices) = (failed[0]["reason"].as_str().unwrap(), played.notices());
                    // better told twice than not at all, where an event came twice
                    let told: BTreeSet<_> = notices.iter().map(|notice| notice.lines().next()).collect();
                    assert_eq!(told.len(), 1, "{notices:?}");
                    for reason in *reasons {
                        assert!(why.contains(reason), "the reason should contain `{reason}`: {why}");
                        assert!(notices[0].contains(reason), "the team should hear `{reason}`: {}", notices[0]);
                    }
                }
            }
        }
    }
}

/// There is one rollback, whether the deployment was stopped or had succeeded. What it came to meanwhile depends on the
/// configuration.
fn taken_back(played: &Played, errors: bool, controller: Controller) {
    let outcome = &played.outcome;
    assert_eq!((&outcome["outcome"], &outcome["serving"]), (&"rolled-back".into(), &"blue".into()), "{outcome}");
    match controller {
        Controller::CodeDeploy => by_another_deployment(played),
        Controller::Ecs => by_ecs(played),
    }
    // a revision that comes back by a deployment with hooks finishes too
    let by = outcome["rollback_deployment_id"].as_str().filter(|_| controller == Controller::Ecs);
    let finish = by.map(|by| format!("greenlight/{by}/AfterAllowTraffic/0/0"));
    let own = if played.one_offs().len() < ALL.len() { MIGRATED } else { ALL };
    nothing_twice(played, &own.iter().copied().chain(finish.as_deref()).collect::<Vec<_>>());
    one_verdict_each(played);
    assert!(played.denied().is_empty(), "a role lacks a permission: {:?}", played.denied());
    assert!(!played.news().is_empty());
    let failed = outcome["traffic"]["failed"].as_u64().unwrap();
    if errors {
        let first = outcome["traffic"]["first_failure"].as_str().unwrap();
        assert!(failed > 0 && first.contains("500"), "{outcome}");
        // one request a second, shared out by weight
        let exposed = exposed(played, controller);
        assert!(failed <= exposed + 3, "only what green answers fails: {failed}, and {exposed} requests went to green");
    } else {
        assert_eq!(failed, 0, "{outcome}");
    }
}

/// A release in progress is stopped; of one that has succeeded the last good one is deployed again.
fn by_another_deployment(played: &Played) {
    let (outcome, id) = (&played.outcome, played.deployment_id());
    let started: Vec<&str> =
        played.facts("deployment.started").iter().map(|fact| fact["deployment_id"].as_str().unwrap()).collect();
    let by = outcome["rollback_deployment_id"].as_str().unwrap();
    assert_eq!(started[1..], [id, by], "blue's own, the release, and one rollback");
    assert_eq!(played.ending(by).0, "Succeeded");
    let (status, error_code) = played.ending(id);
    let how = &outcome["rollback"]["how"];
    match status.as_str() {
        "Stopped" => assert_eq!((how, error_code.as_deref()), (&"stopped".into(), Some("MANUAL_STOP"))),
        _ => assert_eq!((how, status.as_str()), (&"redeployed".into(), "Succeeded")),
    }
    // blue came to the second target group with its own deployment
    assert_eq!(played.production(), ["shop-web-green"]);
}

/// ECS takes back what is in progress by itself; of a release that has succeeded the last good revision is deployed again.
fn by_ecs(played: &Played) {
    let (outcome, id) = (&played.outcome, played.deployment_id());
    let started: Vec<&str> =
        played.facts("deployment.started").iter().map(|fact| fact["deployment_id"].as_str().unwrap()).collect();
    let how = &outcome["rollback"]["how"];
    let (status, error_code) = played.ending(id);
    if status == "Succeeded" {
        let by = outcome["rollback_deployment_id"].as_str().unwrap();
        assert_eq!((started, how), (vec![id, by], &"redeployed".into()), "the release, and one rollback");
        assert_eq!(played.ending(by).0, "Succeeded");
        let migration = played.verdicts(by).into_iter().next().unwrap();
        assert!(migration.0 == "skipped" && migration.1.contains("comes back"), "{migration:?}");
    } else {
        assert_eq!((status.as_str(), error_code.as_deref()), ("Failed", Some("ROLLBACK_SUCCESSFUL")));
        assert_eq!(started, [id], "the release alone");
        assert!(how.is_null() || how == "stopped", "{outcome}");
    }
    // each deployment turns traffic to the other target group
    assert_eq!(played.production(), ["shop-web-blue"]);
}

/// How many seconds users had with the new revision, each weighed by its share of the traffic.
fn exposed(played: &Played, controller: Controller) -> u64 {
    let (id, mut share, mut since, mut exposed) = (played.deployment_id(), 0, None, 0);
    let shifts = played.facts("traffic.shifted").into_iter().filter(|fact| fact["listener"] == "production");
    for shift in shifts.skip_while(|fact| fact["deployment_id"] != id) {
        let at: jiff::Timestamp = shift["at"].as_str().unwrap().parse().unwrap();
        let milliseconds = since.map_or(0, |since| at.duration_since(since).as_millis());
        exposed += u64::try_from(milliseconds).unwrap() * share;
        let percent = shift["green_percent"].as_u64().unwrap();
        share = match controller {
            _ if shift["deployment_id"] == id => percent,
            Controller::CodeDeploy => 0,
            // what comes back does so as the service says, a share at a time
            Controller::Ecs => 100 - percent,
        };
        since = Some(at);
    }
    exposed / 100_000
}

/// One task per command and attempt, and no others.
fn nothing_twice(played: &Played, wanted: &[&str]) {
    let mut tasks: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for fact in played.facts("task.started").into_iter().chain(played.facts("task.stopped")) {
        let text = |name: &str| fact[name].as_str();
        if let (Some(by), Some(task)) = (text("started_by").filter(|by| by.starts_with("greenlight/")), text("task")) {
            tasks.entry(by).or_default().insert(task);
        }
    }
    let prefix = format!("greenlight/{}/", played.deployment_id());
    let started: BTreeSet<&str> = tasks.keys().map(|by| by.strip_prefix(&prefix).unwrap_or(by)).collect();
    assert_eq!(started, wanted.iter().copied().collect(), "{:?}", played.verdicts(played.deployment_id()));
    assert!(tasks.values().all(|tasks| tasks.len() == 1), "nothing is done twice: {tasks:?}");
}

/// Nets lie behind each other, but whatever comes of them, a hook has one verdict.
fn one_verdict_each(played: &Played) {
    let mut verdicts: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for hook in played.outcome["hooks"].as_array().unwrap() {
        let [id, event, verdict] =
            ["deployment_id", "lifecycle_event", "verdict"].map(|name| hook[name].as_str().unwrap());
        verdicts.entry((id, event)).or_default().insert(verdict);
    }
    assert!(verdicts.values().all(|verdicts| verdicts.len() == 1), "{verdicts:?}");
}

/// A deployment configuration of the team's own.
const OWN: &str = "shop-canary-25-percent-2-minutes";

/// The rehearsal of these faults.
pub fn rehearsal(faults: &[&str], controller: Controller) -> Rehearsal {
    let names = faults.iter().map(|fault| (*fault).to_owned()).collect();
    let options = Options { controller, faults: names, ..Options::default() };
    let text = |_: &Path| Ok(shop::TASK_DEFINITION.to_owned());
    Rehearsal::parse(&plan(faults), Path::new("greenlight.toml"), &text, &options).unwrap()
}

fn simulated(faults: &[&str], controller: Controller, deployment_config: &str, seed: u64) -> Played {
    let mut rehearsal = rehearsal(faults, controller);
    deployment_config.clone_into(&mut rehearsal.deployment_config);
    let world = Setup { seed, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
    simulated::play_with_users(world, &rehearsal, async |simulation| {
        if deployment_config == OWN {
            let canary = TimeBasedCanary::builder().canary_percentage(25).canary_interval(2).build();
            let routing = TrafficRoutingConfig::builder().r#type(TrafficRoutingType::TimeBasedCanary);
            let create = aws_sdk_codedeploy::Client::new(&simulation.sdk_config()).create_deployment_config();
            let create = create.deployment_config_name(OWN).compute_platform(ComputePlatform::Ecs);
            create.traffic_routing_config(routing.time_based_canary(canary).build()).send().await.unwrap();
        }
    })
}

/// A container without a health check of its own is ready as soon as its target is healthy: the tasks of green have hardly
/// begun when they are read.
#[test]
fn stale_reads_of_tasks_that_have_just_begun_are_survived() {
    let options = Options { faults: vec!["reads-stale".to_owned()], ..Options::default() };
    let mut definition: Value = serde_json::from_str(shop::TASK_DEFINITION).unwrap();
    for container in definition["containerDefinitions"].as_array_mut().unwrap() {
        container.as_object_mut().unwrap().remove("healthCheck");
    }
    let text = |_: &Path| Ok(definition.to_string());
    let rehearsal = Rehearsal::parse(&shop::plan(TABLES), Path::new("greenlight.toml"), &text, &options).unwrap();
    for seed in 0..5 {
        let world = Setup { seed, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
        WELL.check(&simulated::play_with_users(world, &rehearsal, async |_| {}), Controller::CodeDeploy);
    }
}

/// Plays every row with a configuration, and says which of them did not end as they must.
fn every_fault_with(controller: Controller, deployment_config: &str) {
    let mut wrong = Vec::new();
    for (seed, (fault, _)) in (1..).zip(ROWS) {
        let ends = ends(fault, controller);
        let story = std::panic::AssertUnwindSafe(|| {
            let played = simulated(&[fault], controller, deployment_config, seed);
            ends.check(&played, controller);
            if matches!(ends, Ends::TakenBack { .. }) && played.outcome["rollback"].is_object() {
                // alone, without a fault that holds its calls up
                assert!(played.outcome["rollback"]["own_ms"].as_i64().unwrap() < 1000, "{}", played.outcome);
            }
        });
        if std::panic::catch_unwind(story).is_err() {
            wrong.push(*fault);
        }
    }
    assert!(wrong.is_empty(), "with {deployment_config} under {controller:?}: {wrong:?}");
}

const CANARY_5: &str = "CodeDeployDefault.ECSCanary10Percent5Minutes";
const CANARY_15: &str = "CodeDeployDefault.ECSCanary10Percent15Minutes";
const LINEAR_1: &str = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes";
const LINEAR_3: &str = "CodeDeployDefault.ECSLinear10PercentEvery3Minutes";

#[test]
fn every_fault_all_at_once() {
    every_fault_with(Controller::CodeDeploy, ALL_AT_ONCE);
}

#[test]
fn every_fault_in_a_canary_of_5_minutes() {
    every_fault_with(Controller::CodeDeploy, CANARY_5);
}

#[test]
fn every_fault_in_a_canary_of_15_minutes() {
    every_fault_with(Controller::CodeDeploy, CANARY_15);
}

#[test]
fn every_fault_in_steps_of_1_minute() {
    every_fault_with(Controller::CodeDeploy, LINEAR_1);
}

#[test]
fn every_fault_in_steps_of_3_minutes() {
    every_fault_with(Controller::CodeDeploy, LINEAR_3);
}

#[test]
fn every_fault_in_a_canary_of_its_own() {
    every_fault_with(Controller::CodeDeploy, OWN);
}

#[test]
fn every_fault_where_ecs_deploys_all_at_once() {
    every_fault_with(Controller::Ecs, ALL_AT_ONCE);
}

#[test]
fn every_fault_where_ecs_deploys_a_canary() {
    every_fault_with(Controller::Ecs, CANARY_5);
    every_fault_with(Controller::Ecs, CANARY_15);
}

#[test]
fn every_fault_where_ecs_deploys_in_steps() {
    every_fault_with(Controller::Ecs, LINEAR_1);
    every_fault_with(Controller::Ecs, LINEAR_3);
}

/// The names of those that are survived.
fn survived(controller: Controller) -> impl Iterator<Item = &'static str> {
    let names = ROWS.iter().map(|(fault, _)| *fault);
    names.filter(move |fault| matches!(ends(fault, controller), Ends::Well { notices: 0 }))
}

const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

fn together(faults: &[&str], controller: Controller, ends: &Ends) {
    let story = || ends.check(&simulated(faults, controller, ALL_AT_ONCE, 1), controller);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(story)).is_ok(), "{faults:?} under {controller:?}");
}

#[test]
fn any_two_faults_that_are_survived_are_survived_together() {
    for controller in [Controller::CodeDeploy, Controller::Ecs] {
        let faults: Vec<&str> = survived(controller).collect();
        for (index, one) in faults.iter().enumerate() {
            faults.iter().skip(index + 1).for_each(|other| together(&[one, other], controller, &WELL));
        }
    }
}

#[test]
fn a_fault_that_breaks_the_deployment_breaks_it_beside_any_that_is_survived() {
    for (broken, ends) in ROWS.iter().filter(|(_, ends)| !matches!(ends, Ends::Well { .. })) {
        survived(Controller::CodeDeploy).for_each(|other| together(&[broken, other], Controller::CodeDeploy, ends));
    }
}

#[test]
fn every_fault_has_its_row() {
    let outcome = |ends: &Ends| if matches!(ends, Ends::Well { .. }) { "succeeded" } else { "rolled-back" };
    for controller in [Controller::CodeDeploy, Controller::Ecs] {
        let row = |(fault, _): &(&'static str, _)| (*fault, outcome(ends(fault, controller)));
        let rows: BTreeMap<&str, &str> = ROWS.iter().map(row).collect();
        let faults: BTreeMap<&str, &str> =
            FAULTS.iter().map(|fault| (fault.name, fault.outcome.under(controller))).collect();
        assert_eq!(rows, faults);
    }
    assert_eq!(ROWS.len(), FAULTS.len());
}

/// Those that have a part in the shell with real processes: what a container or a listener answers, who is killed, and what
/// compressed time could change.
const WITH_PROCESSES: [&str; 9] = [
    "warm-up-500",
    "smoke-check-fails",
    "no-capacity",
    "green-crashes-later",
    "green-never-healthy",
    "spot-interruption",
    "function-killed",
    "function-invoked-twice",
    "events-doubled",
];

#[test]
fn chosen_faults_with_processes() {
    for fault in WITH_PROCESSES {
        let (played, code) = processes::play(TABLES, &["--fault", fault]);
        let (_, ends) = ROWS.iter().find(|(name, _)| *name == fault).unwrap();
        let story = std::panic::AssertUnwindSafe(|| ends.check(&played, Controller::CodeDeploy));
        assert!(std::panic::catch_unwind(story).is_ok(), "{fault}");
        assert_eq!(code, i32::from(!matches!(ends, Ends::Well { .. })), "{fault}");
    }
}
