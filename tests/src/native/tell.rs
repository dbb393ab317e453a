//! What `greenlight why` and `greenlight watch` say of ECS's own deployments. The pages are held in `tests/snapshots`. Virtual clock.

use super::account::{self, Native, Strategy, Wanted, id};
use super::{MIGRATE, MINUTE, TABLES};
use crate::shop;
use crate::snapshots::{held, without_ids};
use crate::why::Lines;
use greenlight::approve::{Decision, answer};
use greenlight::watch::{Ended, Until, watch};
use greenlight::which::Service;
use greenlight::which::Which;
use greenlight::why::{Outcome, Story, Wanted as Asked, html, page, read};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use greenlight_domain::task_definition::TaskDefinition;
use greenlight_simulation::{Behaviour, Behaviours, Simulation};
use greenlight_world::{Alarm, AlarmState};
use serde_json::json;
use std::time::Duration;

const MOST_CALLS: usize = 12;
const ALARM: &str = "errors";

fn asked(which: Which) -> Asked {
    Asked { which, install: "greenlight".to_owned() }
}

fn by_arn(arn: &str) -> Which {
    Which::ServiceDeployment(ServiceDeploymentArn::parse(arn).unwrap())
}

/// What a plan without application and deployment group names.
fn by_plan(native: &Native) -> Which {
    let plan = &native.account.rehearsal.plan;
    let service = Service { cluster: plan.cluster.clone(), name: plan.service.clone() };
    Which::Plan { service, application: String::new(), deployment_group: String::new() }
}

/// Ids are another's in another run.
fn without(arn: &str, text: &str) -> String {
    let text = text.replace(id(arn), "DEPLOYMENT");
    let mut parts = text.split("ecs-pause-");
    let first = parts.next().unwrap_or_default().to_owned();
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let text = parts.fold(first, |text, part| format!("{text}ecs-pause-ID{}", part.trim_start_matches(is_id)));
    without_ids(&text)
}

/// A story that was played, and what was told of it.
struct Told {
    story: Story,
    watched: String,
    ended: Ended,
    /// The sentence of `why` at every look.
    sentences: Vec<String>,
}

/// Deploys, watches that while somebody does something beside it, and reads the story when it has ended.
fn told(
    name: &str,
    wanted: &Wanted,
    behaviours: Behaviours,
    until: Until,
    beside: impl AsyncFnOnce(&Native, &str),
) -> Told {
    let mut told = None;
    account::with(
        behaviours,
        |setup| {
            setup.seed = 1;
            setup.infrastructure.alarms.push(Alarm::new(ALARM, AlarmState::Ok));
        },
        async |native| {
            let arn = native.deploy(wanted).await;
            let env = native.account.env();
            let mut lines = Lines { clock: env.clock.clone(), said: String::new() };
            let asked_for = asked(by_arn(&arn));
            let sentences = async {
                let mut sentences: Vec<String> = Vec::new();
                loop {
                    let story = read(&env, &asked_for).await.unwrap();
                    if story.outcome != Outcome::InProgress {
                        return sentences;
                    }
                    if sentences.last() != Some(&story.why) {
                        sentences.push(story.why);
                    }
                    native.account.pass(Duration::from_secs(5)).await;
                }
            };
            let (ended, (), sentences) =
                tokio::join!(watch(&env, &asked_for, until, &mut lines), beside(&native, &arn), sentences);
            native.end_of(&arn).await;
            native.account.pass(MINUTE).await;
            let before = native.account.simulation.calls().len();
            let mut story = read(&env, &asked(by_plan(&native))).await.unwrap();
            let own = native.account.simulation.calls().into_iter().skip(before);
            let mut calls: Vec<String> =
                own.filter(|(key, _)| key == Simulation::OPERATOR).map(|(_, call)| call).collect();
            calls.dedup_by(|one, other| one == other && one == "logs:FilterLogEvents");
            assert!(calls.len() <= MOST_CALLS, "{name}: {calls:?}");
            assert_eq!(read(&env, &asked_for).await.unwrap(), story, "by its ARN, and as the plan's newest");
            assert_eq!(story.unread, Vec::<String>::new(), "{name}");
            held(&format!("why/ecs-{name}"), &without(&arn, &page(&story))).unwrap_or_else(|wrong| panic!("{wrong}"));
            let watched = without(&arn, &lines.said);
            if until.is_none() {
                held(&format!("watch/ecs-{name}"), &watched).unwrap_or_else(|wrong| panic!("{wrong}"));
            }
            let browser = html(&env, &mut story).await.html();
            assert!(browser.contains(id(&arn)) && browser.contains("production-cluster/shop-web"), "{browser}");
            assert_eq!(story.unread, Vec::<String>::new(), "{name}");
            told = Some(Told { story, watched, ended: ended.unwrap(), sentences });
        },
    );
    told.unwrap()
}

async fn nobody(_: &Native, _: &str) {}

#[test]
fn one_that_goes_well_is_told_to_its_end() {
    let told = told("all-at-once", &Wanted::new(TABLES), Behaviours::new(), None, nobody);
    assert_eq!(told.story.outcome, Outcome::Succeeded, "{}", told.watched);
    assert!(told.ended.is_good && !told.ended.reached);
    for wait in ["waits for the verdict of CodeDeployHook_greenlight-migrate, until", "its tasks start", "is kept for"]
    {
        assert!(told.sentences.iter().any(|sentence| sentence.contains(wait)), "{wait}: {:#?}", told.sentences);
    }
}

#[test]
fn every_step_of_a_shift_is_told() {
    let wanted = Wanted { strategy: Strategy::Linear, ..Wanted::new(TABLES) };
    let told = told("linear", &wanted, Behaviours::new(), None, nobody);
    let steps = told.watched.lines().filter(|line| line.contains("traffic: ")).count();
    assert!(steps >= 4, "{}", told.watched);
    assert!(told.sentences.iter().any(|sentence| sentence.contains("traffic shifts: 50 %")), "{:#?}", told.sentences);
}

#[test]
fn one_that_a_hook_fails_is_told_with_its_reason_and_its_way_back() {
    let behaviours = Behaviours::new().command("shop migrate", Behaviour::exits(1, &["no such table: products"]));
    let told = told("migration-fails", &Wanted::new(MIGRATE), behaviours, None, nobody);
    assert_eq!(told.story.outcome, Outcome::RolledBack, "{}", told.watched);
    assert!(!told.ended.is_good);
    for part in ["PRE_SCALE_UP failed", "no such table: products", "no user got"] {
        assert!(told.story.why.contains(part), "{part}: {}", told.story.why);
    }
}

#[test]
fn one_that_waits_for_somebody_says_who_can_do_what_until_when() {
    let wanted = Wanted::pausing(&["POST_SCALE_UP"]);
    let told = told("rejected", &wanted, Behaviours::new(), None, async |native: &Native, arn: &str| {
        native.until_paused(arn).await;
        native.account.pass(MINUTE).await;
        answer(&native.account.env(), by_arn(arn), None, Decision::Reject).await.unwrap();
    });
    assert!(told.story.why.contains("somebody rejected it"), "{}", told.story.why);
    assert!(told.story.why.contains("no user got"), "{}", told.story.why);
    for part in ["left, then ROLLBACK", "greenlight approve arn:aws:ecs:", "greenlight reject arn:aws:ecs:"] {
        assert!(told.watched.contains(part), "{part}: {}", told.watched);
    }
    assert!(told.sentences.iter().any(|sentence| sentence.contains("it waits for somebody at POST_SCALE_UP")));
}

#[test]
fn one_that_nobody_answers_says_so() {
    let wanted = Wanted::pausing(&["PRE_PRODUCTION_TRAFFIC_SHIFT"]);
    let told = told("unanswered", &wanted, Behaviours::new(), None, nobody);
    assert!(told.story.why.contains("nobody came"), "{}", told.story.why);
}

#[test]
fn one_that_an_alarm_ends_names_it() {
    let mut wanted = Wanted::new(TABLES);
    wanted.alarms = vec![ALARM.to_owned()];
    let told = told("alarm", &wanted, Behaviours::new(), None, async |native: &Native, arn: &str| {
        while native.describe(arn).await.lifecycle_stage().is_none_or(|stage| stage.as_str() != "BAKE_TIME") {
            native.account.pass(Duration::from_secs(1)).await;
        }
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&native.account.simulation.sdk_config());
        let request = cloudwatch.set_alarm_state().alarm_name(ALARM).state_reason("the test says so");
        request.state_value("ALARM".into()).send().await.unwrap();
    });
    assert!(told.story.why.contains("an alarm of the service went off: errors"), "{}", told.story.why);
    assert!(told.story.why.contains("users had the new revision by"), "{}", told.story.why);
    assert!(told.watched.contains("alarm errors went off"), "{}", told.watched);
}

#[test]
fn one_whose_tasks_crash_is_told_with_their_last_words() {
    let crashes = Behaviour::Exit { after: Duration::from_secs(5), code: 3, lines: vec!["no route to the db".into()] };
    account::with(
        Behaviours::new().command("shop serve --broken", crashes),
        |_| {},
        async |native| {
            let created = native.create(&Wanted::pausing(&[])).await;
            native.end_of(&created).await;
            let definition = TaskDefinition::parse(shop::TASK_DEFINITION, "taskdef.json").unwrap();
            let mut definition = definition.to_json().clone();
            definition["containerDefinitions"][1]["command"] = json!(["shop", "serve", "--broken"]);
            let green = native.account.register_definition(&definition).await;
            let plan = &native.account.rehearsal.plan;
            let request = native.account.ecs.update_service().cluster(&plan.cluster).service(&plan.service);
            request.task_definition(green).send().await.unwrap();
            native.account.pass(5 * MINUTE).await;
            let env = native.account.env();
            let going = read(&env, &asked(by_plan(&native))).await.unwrap();
            assert!(going.why.contains("its tasks start: "), "{}", going.why);
            native.stop(&going.deployment_id).await;
            native.end_of(&going.deployment_id).await;
            let story = read(&env, &asked(by_plan(&native))).await.unwrap();
            assert_eq!(story.outcome, Outcome::RolledBack);
            for part in ["tasks of the new revision stopped", "web exited with code 3", "somebody stopped it"] {
                assert!(story.why.contains(part), "{part}: {}", story.why);
            }
            assert!(page(&story).contains("no route to the db"), "{}", page(&story));
        },
    );
}

#[test]
fn watching_ends_at_the_stage_that_somebody_names() {
    let told = told("until", &Wanted::new(MIGRATE), Behaviours::new(), Some(LifecycleEvent::Install), nobody);
    assert!(told.ended.is_good && told.ended.reached);
    assert!(told.watched.contains("SCALE_UP: Succeeded") && !told.watched.contains("traffic:"), "{}", told.watched);
}
