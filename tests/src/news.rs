//! What the team hears of a deployment's course, by whichever way it is heard of. Virtual clock only.

mod faults;
mod webhooks;

use crate::deployments::account::{self, Account};
use crate::played::Played;
use crate::rollback::account::{self as watched, ALARM, Release, Shop, Watched};
use crate::shop;
use greenlight_aws::queue::Queue;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{CallFault, EventFault, Fault, Setup};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The ids of the news about a deployment, in their order.
fn ids(played: &Played, deployment: &str) -> Vec<String> {
    let id = |notice: &&str| notice.lines().last().and_then(|line| line.strip_prefix("notice: ")).map(str::to_owned);
    played.news().iter().filter_map(id).filter(|id| id.contains(deployment)).collect()
}

fn of(deployment: &str, kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| format!("{kind}/{deployment}")).collect()
}

/// What becomes of `CodeDeploy`'s events.
fn events(what: EventFault) -> impl FnOnce(&mut Setup) {
    move |setup| {
        let detail_type = "CodeDeploy Deployment State-change Notification".to_owned();
        setup.faults.push(Fault::Event { detail_type, times: Fault::ALWAYS, what });
    }
}

/// Deploys a revision whose migration fails; its id and that of the rollback.
async fn failed(account: &Account) -> (String, String) {
    let id = account.deploy_green(Some("[migrate]\ncommand = [\"shop\", \"migrate\"]")).await;
    let (rollback, _) = account.end_of_rollback(&id).await;
    (id, rollback)
}

fn failing() -> Behaviours {
    let setup = Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[]));
    setup.command("shop migrate", Behaviour::exits(1, &["no such table"]))
}

#[test]
fn a_deployment_is_told_from_its_start_to_its_end() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |account| {
            let id = account.deploy_green(Some("")).await;
            account.end_of(&id).await;
            account.pass(MINUTE).await;
            let played = account.played();
            assert_eq!(ids(&played, &id), of(&id, &["deployment.started", "deployment.succeeded"]));
            let told = played.news().last().copied().unwrap().to_owned();
            assert!(told.starts_with(&format!("shop/production: deployment {id} succeeded\n")), "{told}");
            for said in ["revision: shop:", "image shop:v2", "by: a user", "took: ", "console: https://"] {
                assert!(told.contains(said), "`{said}` in {told}");
            }
            account.pass(3 * HOUR).await;
            assert_eq!(ids(&account.played(), &id).len(), 2, "nobody asks how it ended when that was told");
            assert!(account.played().denied().is_empty());
        },
    );
}

#[test]
fn a_deployment_that_fails_is_told_with_its_reason_and_so_is_its_rollback() {
    account::with(
        failing(),
        |_| {},
        async |account| {
            let (id, rollback) = failed(&account).await;
            account.pass(MINUTE).await;
            let played = account.played();
            let told = ids(&played, &id);
            assert_eq!(told[0], format!("deployment.started/{id}"), "{told:?}");
            assert!(told.contains(&format!("deployment.failed/{id}")), "{told:?}");
            assert_eq!(ids(&played, &rollback), of(&rollback, &["deployment.started", "deployment.rolled-back"]));
            let news = played.news();
            let failed = news.iter().find(|notice| notice.ends_with(&format!("deployment.failed/{id}\n"))).unwrap();
            assert!(failed.contains("Why: HOOK_EXECUTION_FAILURE"), "{failed}");
            assert!(failed.contains(&format!("CodeDeploy rolls it back with deployment {rollback}.")), "{failed}");
            assert!(news.last().unwrap().starts_with(&format!("shop/production: {id} was taken back")), "{news:?}");
        },
    );
}

#[test]
fn an_outcome_whose_event_is_lost_is_told_once_by_the_schedule() {
    account::with(failing(), events(EventFault::Lost), async |account| {
        let (id, rollback) = failed(&account).await;
        account.pass(3 * HOUR).await;
        let played = account.played();
        let outcomes = |id: &str| ids(&played, id).into_iter().filter(|one| one.starts_with("deployment.")).collect();
        let (first, second): (Vec<String>, Vec<String>) = (outcomes(&id), outcomes(&rollback));
        assert_eq!(first, of(&id, &["deployment.failed"]));
        assert_eq!(second, of(&rollback, &["deployment.rolled-back"]));
    });
}

#[test]
fn an_event_that_comes_twice_has_one_id() {
    account::with(Behaviours::new(), events(EventFault::Doubled(MINUTE)), async |account| {
        let id = account.deploy_green(Some("")).await;
        account.end_of(&id).await;
        account.pass(3 * HOUR).await;
        let mut told = ids(&account.played(), &id);
        told.sort();
        told.dedup();
        assert_eq!(told, of(&id, &["deployment.started", "deployment.succeeded"]));
    });
}

/// The only news with this id.
fn one<'a>(played: &'a Played, id: &str) -> &'a str {
    let found: Vec<&str> =
        played.news().into_iter().filter(|notice| notice.ends_with(&format!("notice: {id}\n"))).collect();
    assert_eq!(found.len(), 1, "{id}: {:?}", played.news());
    found[0]
}

#[test]
fn an_outcome_that_event_and_schedule_tell_of_is_told_once() {
    // the event comes when the schedule has asked twice, and a first time when it has not
    for (late, times) in [(Duration::from_mins(20), 1), (Duration::from_mins(80), 2)] {
        account::with(failing(), events(EventFault::Late(late)), async |account| {
            let (id, _) = failed(&account).await;
            account.pass(4 * HOUR).await;
            let told = ids(&account.played(), &id);
            let outcome = format!("deployment.failed/{id}");
            assert_eq!(told.iter().filter(|one| **one == outcome).count(), times, "{late:?}: {told:?}");
        });
    }
}

#[test]
fn a_deployment_that_waits_says_for_what_and_until_when() {
    let watched = Watched { deployment: "ready-wait = \"30m\"\ncontinue-after = \"1m\"", ..Watched::default() };
    watched::with(
        watched,
        |_| {},
        async |shop: Shop| {
            let release = shop.release().await;
            shop.account.end_of(&release.id).await;
            shop.account.pass(MINUTE).await;
            let played = shop.account.played();
            let waits = one(&played, &format!("deployment.waiting/{}", release.id));
            for said in [
                "waits for somebody to let traffic shift",
                "within 30m",
                &format!("greenlight approve {}", release.id),
                &format!("greenlight reject {}", release.id),
            ] {
                assert!(waits.contains(said), "`{said}` in {waits}");
            }
            let stopped = one(&played, &format!("deployment.stopped/{}", release.id));
            assert!(stopped.contains("was stopped\n\nWhy: "), "{stopped}");
        },
    );
}

/// The id of the one deployment that takes a release back.
async fn rollback_of(shop: &Shop, release: &Release) -> String {
    let mut others = shop.deployments_since(release).await;
    others.retain(|one| one.id != release.id);
    assert_eq!(others.len(), 1, "{others:?}");
    others.remove(0).id
}

#[test]
fn what_an_alarm_takes_back_is_told_by_what_and_to_what() {
    for after in [false, true] {
        watched::with(
            Watched { termination_wait: "10m", ..Watched::default() },
            |_| {},
            async |shop: Shop| {
                let release = if after {
                    shop.released().await
                } else {
                    let release = shop.release().await;
                    shop.until(&release, "deployment.waiting", "termination").await;
                    release
                };
                shop.alarm(ALARM, "ALARM").await;
                shop.until_quiet().await;
                shop.account.pass(2 * HOUR).await;
                let played = shop.account.played();
                let before = release.before.rsplit('/').next().unwrap();
                let after_it = release.task_definition.rsplit('/').next().unwrap();
                let begun: Vec<&str> =
                    played.news().into_iter().filter(|notice| notice.contains("\nnotice: rollback.started/")).collect();
                assert_eq!(begun.len(), 1, "{begun:?}");
                for said in
                    [&format!("alarm {ALARM} is in ALARM since"), before, &format!("deployment: {}\n", release.id)]
                {
                    assert!(begun[0].contains(said), "`{said}` in {}", begun[0]);
                }
                let rollback = rollback_of(&shop, &release).await;
                let done = one(&played, &format!("deployment.rolled-back/{rollback}"));
                let title = format!("{} was taken back, {before} serves again\n", release.id);
                for said in [title.as_str(), &format!("revision: {before}"), &format!("before: {after_it}")] {
                    assert!(done.contains(said), "`{said}` in {done}");
                }
                assert!(!done.contains("[greenlight"), "{done}");
            },
        );
    }
}

#[test]
fn what_a_rollback_came_to_is_told_although_every_event_of_it_is_lost() {
    watched::with(Watched::default(), events(EventFault::Lost), async |shop: Shop| {
        let release = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        shop.until_quiet().await;
        shop.account.pass(2 * HOUR).await;
        let rollback = rollback_of(&shop, &release).await;
        one(&shop.account.played(), &format!("deployment.rolled-back/{rollback}"));
    });
}

/// Takes an action from every statement of a function's role.
fn deny(part: &str, action: &'static str) -> impl FnOnce(&mut Setup) {
    let role = shop::role(part);
    move |setup| {
        let role = setup.stack.roles.iter_mut().find(|one| one.name == role).unwrap();
        for statement in role.policies.iter_mut().flat_map(|policy| &mut policy.statement) {
            let left: Vec<String> = statement.actions().filter(|one| *one != action).map(str::to_owned).collect();
            statement.action = json!(left);
        }
    }
}

/// The news that something of the product does not work.
fn product(played: &Played) -> Vec<&str> {
    played.news().into_iter().filter(|notice| notice.contains("\nnotice: product.failed/")).collect()
}

#[test]
fn a_call_that_is_denied_is_told_with_what_to_allow() {
    let role = shop::role("migrate");
    let first = || Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[]));
    account::with(first(), deny("migrate", "ecs:RunTask"), async |account| {
        let (id, _) = failed(&account).await;
        account.pass(MINUTE).await;
        let played = account.played();
        assert_eq!(played.ending(&id).0, "Failed");
        let told = product(&played);
        assert_eq!(told.len(), 1, "{told:?}");
        for said in [
            format!("{} may not call ecs:RunTask\n", account::MIGRATE_FUNCTION),
            format!(
                "Why: allow ecs:RunTask on arn:aws:ecs:us-east-1:123456789012:task-definition/shop:3 in role {role} of function"
            ),
            format!("--policy-source-arn arn:aws:iam::123456789012:role/{role} --action-names ecs:RunTask"),
            format!("function: {}\n", account::MIGRATE_FUNCTION),
        ] {
            assert!(told[0].contains(&said), "`{said}` in {}", told[0]);
        }
    });
}

#[test]
fn news_that_may_not_be_read_are_told_bare_and_so_is_the_denial() {
    account::with(Behaviours::new(), deny("notify", "codedeploy:GetDeployment"), async |account| {
        let id = account.deploy_green(Some("")).await;
        account.end_of(&id).await;
        account.pass(3 * HOUR).await;
        let played = account.played();
        assert_eq!(ids(&played, &id), of(&id, &["deployment.started", "deployment.succeeded"]));
        let told = product(&played);
        assert!(!told.is_empty());
        let role = shop::role("notify");
        let said = format!("allow codedeploy:GetDeployment on {id} in role {role} of function greenlight-notify");
        assert!(told.iter().any(|notice| notice.contains(&said)), "{told:?}");
    });
}

/// What lies in the queue of dead letters.
async fn letters(account: &Account) -> Vec<Value> {
    let queue = Queue::of("arn:aws:sqs:us-east-1:123456789012:greenlight-dead-letters").unwrap();
    let mut kept = Vec::new();
    loop {
        let letters = queue.receive(&account.env()).await.unwrap();
        if letters.is_empty() {
            return kept;
        }
        kept.extend(letters.iter().map(|letter| serde_json::from_str(&letter.body).unwrap()));
    }
}

#[test]
fn what_sns_does_not_take_lies_in_the_queue_and_harms_no_verdict() {
    let verdict = |refuse: bool| {
        let edit = |setup: &mut Setup| {
            for part in ["notify", "migrate", "settle"].into_iter().filter(|_| refuse) {
                let (role, operation) = (shop::role(part), "sns:Publish".to_owned());
                setup.faults.push(Fault::Call { role, operation, times: 100_000, answer: CallFault::Throttled });
            }
        };
        let mut found = None;
        account::with(failing(), edit, async |account| {
            let (id, _) = failed(&account).await;
            account.pass(5 * MINUTE).await;
            let kept: BTreeSet<String> = letters(&account)
                .await
                .iter()
                .map(|letter| {
                    assert_eq!(letter["MessageStructure"], "json", "it can be published as it is: {letter}");
                    letter["MessageAttributes"]["id"]["StringValue"].as_str().unwrap().to_owned()
                })
                .collect();
            let played = account.played();
            for kind in ["deployment.started", "hook.failed", "deployment.failed"] {
                let is_kept = kept.iter().any(|one| one.starts_with(&format!("{kind}/{id}")));
                assert_eq!(is_kept, refuse, "{kind}: {kept:?}");
            }
            let at = |event: &str| played.of(&id, event)[0]["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
            let took = at("deployment.ended").duration_since(at("deployment.started"));
            found = Some((played.ending(&id), played.verdicts(&id), took.as_secs()));
        });
        found.unwrap()
    };
    assert_eq!(verdict(true), verdict(false), "the same verdict, as soon");
}
