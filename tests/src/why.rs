//! What `greenlight why` says of every fault: a page from which a person who was not there can name the cause and the next step.
//!
//! The pages are held in `tests/snapshots/why`, what `greenlight watch` says in `tests/snapshots/watch`. `GREENLIGHT_WRITE_SNAPSHOTS=1` writes them anew; read them then.

use crate::deployments::account::{self, Account};
use crate::snapshots::{held, without_ids};
use crate::{faults, shop, simulated};
use greenlight::rehearse::faults::FAULTS;
use greenlight::rehearse::{Controller, setup};
use greenlight::report::Step;
use greenlight::watch::{Ended, Until, Viewer, watch};
use greenlight::which::Which;
use greenlight::why::{Outcome, Story, Wanted, html, page, read};
use greenlight_aws::{Clock, Env, Settings};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::task_definition::TaskDefinition;
use greenlight_simulation::{Behaviour, Behaviours, Simulation};
use greenlight_world::Setup;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

const MOST_CALLS: usize = 12;

fn env(simulation: &Simulation) -> Env {
    let variables = BTreeMap::from([("AWS_REGION".to_owned(), "us-east-1".to_owned())]);
    let settings = Settings::from_map(&variables).unwrap();
    Env::new(simulation.sdk_config(), simulation.clock(), settings).with_log(Arc::new(|_| {}))
}

/// The story as it is read now, and how many calls that took; pages of one log query count as one.
async fn story(simulation: &Simulation, which: Which, install: &str) -> (Story, usize) {
    let before = simulation.calls().len();
    let wanted = Wanted { which, install: install.to_owned() };
    let story = read(&env(simulation), &wanted).await.unwrap();
    // the functions may still be at work
    let own = simulation.calls().into_iter().skip(before).filter(|(key, _)| key == Simulation::OPERATOR);
    let mut calls: Vec<String> = own.map(|(_, call)| call).collect();
    calls.dedup_by(|one, other| one == other && one == "logs:FilterLogEvents");
    assert!(calls.len() <= MOST_CALLS, "{}: {calls:?}", story.deployment_id);
    (story, calls.len())
}

fn latest() -> Which {
    Which::Group { application: "shop".to_owned(), deployment_group: "production".to_owned() }
}

/// Plays a fault, and reads its story twice: by id, and as the latest of its group.
fn played(faults: &[&str]) -> Story {
    let rehearsal = faults::rehearsal(faults, Controller::CodeDeploy);
    let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
    let found = RefCell::new(None);
    simulated::play_with_users_then(
        world,
        &rehearsal,
        async |_| {},
        async |simulation, outcome| {
            let id = outcome["deployment_id"].as_str().unwrap().to_owned();
            let (by_id, _) = story(simulation, Which::CodeDeploy(id), "greenlight").await;
            let (by_group, _) = story(simulation, latest(), "greenlight").await;
            assert_eq!(by_id, by_group);
            found.replace(Some(by_id));
        },
    );
    found.take().unwrap()
}

#[test]
fn every_fault_has_its_page() {
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let story = played(&[fault.name]);
        let wanted = if fault.outcome.under(Controller::CodeDeploy) == "succeeded" {
            Outcome::Succeeded
        } else {
            Outcome::RolledBack
        };
        assert_eq!(story.outcome, wanted, "{}: {}", fault.name, page(&story));
        assert_eq!(story.unread, Vec::<String>::new(), "{}", fault.name);
        wrong.extend(held(&format!("why/{}", fault.name), &without_ids(&page(&story))).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_for_a_browser_has_what_the_load_balancer_measured() {
    let rehearsal = faults::rehearsal(&["green-500-under-load"], Controller::CodeDeploy);
    let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
    let page = RefCell::new(String::new());
    simulated::play_with_users_then(
        world,
        &rehearsal,
        async |_| {},
        async |simulation, _| {
            let (mut story, calls) = story(simulation, latest(), "greenlight").await;
            let report = html(&env(simulation), &mut story).await;
            assert_eq!(story.unread, Vec::<String>::new());
            assert!(simulation.calls().len() > calls);
            let sum = |of: fn(&Step) -> u64| report.traffic.iter().map(of).sum::<u64>();
            let (blue, green, failed) = (sum(|step| step.blue), sum(|step| step.green), sum(|step| step.failed));
            assert!(blue > 0 && green > 0 && failed > 0 && failed <= green, "{blue} {green} {failed}");
            page.replace(report.html());
        },
    );
    let page = page.take();
    for what in [
        "rolled back",
        "alarm shop-5xx went off",
        "What to do now",
        "describe-alarm-history",
        "BeforeInstall",
        "takes it back",
        "<svg",
    ] {
        assert!(page.contains(what), "{what}: {page}");
    }
}

#[test]
fn the_last_words_of_a_task_that_crashed_are_there_without_its_secrets() {
    const TOKEN: &str = "token-of-the-shop-1234";
    let lines = [format!("token {TOKEN}"), "no route to postgres://shop:pa55-w0rd@db/shop".to_owned()];
    let crashes = Behaviour::Exit { after: Duration::from_secs(5), code: 3, lines: lines.to_vec() };
    account::with(
        Behaviours::new().command("shop serve --broken", crashes),
        |_| {},
        async |account: Account| {
            let mut definition =
                TaskDefinition::parse(shop::TASK_DEFINITION, "taskdef.json").unwrap().to_json().clone();
            let web = &mut definition["containerDefinitions"][1];
            web["command"] = json!(["shop", "serve", "--broken"]);
            web["environment"] = json!([{ "name": "SHOP_TOKEN", "value": TOKEN }]);
            let green = account.register_definition(&definition).await;
            let deployment = account.deploy_with(&green, &[]).await;
            account.end_of(&deployment).await;
            let (mut story, _) = story(&account.simulation, Which::CodeDeploy(deployment), "greenlight").await;
            let browser = html(&env(&account.simulation), &mut story).await.html();
            for page in [page(&story), browser] {
                assert!(page.contains("web exited with code 3") && page.contains("token •••"), "{page}");
                assert!(page.contains("no route to postgres://shop:•••@db/shop"), "{page}");
                assert!(!page.contains(TOKEN) && !page.contains("pa55-w0rd"), "{page}");
            }
        },
    );
}

#[test]
fn without_an_install_it_says_what_aws_knows() {
    let rehearsal = faults::rehearsal(&["migration-fails"], Controller::CodeDeploy);
    let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
    simulated::play_with_users_then(
        world,
        &rehearsal,
        async |_| {},
        async |simulation, _| {
            let (story, _) = story(simulation, latest(), "nobody").await;
            assert_eq!(story.outcome, Outcome::RolledBack);
            assert!(story.why.contains("BeforeInstall"), "{}", story.why);
            assert!(story.unread[0].contains("--install"), "{:?}", story.unread);
        },
    );
}

/// What a terminal would show that is none.
pub struct Lines {
    pub clock: Clock,
    pub said: String,
}

impl Viewer for Lines {
    fn changed(&mut self, _: &'static str, text: &str, _: Value) {
        let _ = writeln!(self.said, "{}  {text}", self.clock.now().strftime("%H:%M:%SZ"));
    }

    fn now(&mut self, _: &str, _: Option<Timestamp>) {}
}

/// Watches a deployment from its beginning: what was said, how it ended, and the sentence of `why` at every look.
fn watched(faults: &[&str], deployment_config: &str, until: Until) -> (String, Ended, Vec<String>) {
    let mut rehearsal = faults::rehearsal(faults, Controller::CodeDeploy);
    deployment_config.clone_into(&mut rehearsal.deployment_config);
    let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
    let found = RefCell::new(None);
    simulated::play_beside(world, &rehearsal, Behaviours::new(), async |simulation| {
        let env = env(simulation);
        let wanted = Wanted { which: latest(), install: "greenlight".to_owned() };
        // a release that an alarm takes back comes after the old revision's own deployment
        let begun = |story: &Story| story.revision.as_ref().is_some_and(|found| found.task_definition == "shop:2");
        while !read(&env, &wanted).await.is_ok_and(|story| begun(&story)) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let mut lines = Lines { clock: env.clock.clone(), said: String::new() };
        let sentences = async {
            let mut sentences = Vec::new();
            loop {
                let story = read(&env, &wanted).await.unwrap();
                if story.outcome != Outcome::InProgress {
                    return sentences;
                }
                if sentences.last() != Some(&story.why) {
                    sentences.push(story.why);
                }
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        };
        let (ended, sentences) = tokio::join!(watch(&env, &wanted, until, &mut lines), sentences);
        found.replace(Some((without_ids(&lines.said), ended.unwrap(), sentences)));
    });
    found.take().unwrap()
}

const CANARY: &str = "CodeDeployDefault.ECSCanary10Percent5Minutes";

#[test]
fn a_deployment_that_goes_well_is_watched_to_its_end() {
    let (said, ended, sentences) = watched(&[], CANARY, None);
    assert!(ended.is_good && !ended.reached, "{said}");
    held("watch/canary", &said).unwrap_or_else(|wrong| panic!("{wrong}"));
    let waits = [
        "waits for the verdict of CodeDeployHook_greenlight-migrate, until",
        "its tasks start",
        "traffic shifts: 10 %",
        "is kept until",
    ];
    for wait in waits {
        assert!(sentences.iter().any(|sentence| sentence.contains(wait)), "{wait}: {sentences:#?}");
    }
}

#[test]
fn a_deployment_that_fails_is_watched_until_it_is_taken_back() {
    for fault in ["migration-fails", "alarm@bake"] {
        let (said, ended, _) = watched(&[fault], CANARY, None);
        assert!(!ended.is_good, "{said}");
        held(&format!("watch/{fault}"), &said).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

#[test]
fn watching_ends_where_somebody_wants_it_to() {
    let (said, ended, _) = watched(&[], CANARY, Some(LifecycleEvent::Install));
    assert!(ended.is_good && ended.reached, "{said}");
    assert!(said.contains("Install: Succeeded") && !said.contains("AllowTraffic"), "{said}");
    let (said, ended, _) = watched(&["migration-fails"], CANARY, Some(LifecycleEvent::Install));
    assert!(!ended.is_good && !ended.reached, "{said}");
}
