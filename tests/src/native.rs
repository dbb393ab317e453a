//! The hooks in ECS's own blue/green deployments, on the virtual clock.

pub mod account;

mod alarms;
mod approve;
mod hours;
mod moving;
mod news;
mod odd;
mod rollback;
mod steps;
mod tell;

use account::{Native, Wanted, id, lines};
use greenlight_simulation::{Behaviour, Behaviours};
use std::time::Duration;

pub const MINUTE: Duration = Duration::from_mins(1);

/// Work for every hook.
pub const TABLES: &str = r#"
[migrate]
commands = [["shop", "migrate"], ["shop", "check"]]
timeout = "5m"
[warm-up]
paths = ["/"]
[[smoke-test]]
name = "health"
get = "/health"
[validate]
[finish]
command = ["shop", "count"]
on-failure = "fail"
"#;

pub const MIGRATE: &str = "[migrate]\ncommand = [\"shop\", \"migrate\"]\ntimeout = \"5m\"\n";

/// The verdicts of a deployment: (verdict, reason).
fn verdicts(native: &Native, arn: &str) -> Vec<(String, String)> {
    native.account.played().verdicts(id(arn))
}

fn words(verdicts: &[(String, String)]) -> Vec<&str> {
    verdicts.iter().map(|(word, _)| word.as_str()).collect()
}

fn nothing_denied(native: &Native) {
    let played = native.account.played();
    assert!(played.denied().is_empty(), "{:?}", played.denied());
}

#[test]
fn all_five_hooks_do_their_work() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            let arn = native.deploy(&Wanted::new(TABLES)).await;
            let status = native.end_of(&arn).await;
            let played = native.account.played();
            assert_eq!(status, "SUCCESSFUL", "{}", lines(&played));
            let verdicts = verdicts(&native, &arn);
            let expected = ["succeeded", "succeeded", "skipped", "succeeded", "succeeded"];
            assert_eq!(words(&verdicts), expected, "{verdicts:?}");
            assert!(verdicts[2].1.contains("no test listener rule"), "{verdicts:?}");
            assert!(verdicts[3].1.contains("1 smoke tests passed"), "validate runs them: {verdicts:?}");
            assert_eq!(played.migrations().len(), 2);
            assert_eq!(played.one_offs().len(), 3);
            nothing_denied(&native);
            assert!(played.notices().is_empty(), "{:?}", played.notices());
        },
    );
}

/// How the deployment of these tables ends: its status, its verdicts and what the team was told.
fn deployed(wanted: &Wanted, behaviours: Behaviours) -> (String, Vec<(String, String)>, Vec<String>) {
    let mut ended = None;
    account::with(
        behaviours,
        |_| {},
        async |native| {
            let arn = native.deploy(wanted).await;
            let status = native.end_of(&arn).await;
            native.account.pass(10 * MINUTE).await;
            let played = native.account.played();
            let notices = played.notices().into_iter().map(str::to_owned).collect();
            let group = native.account.rehearsal.target_groups();
            let expected = usize::from(status == "SUCCESSFUL");
            assert_eq!(played.production(), [group[expected].clone()], "{status}: who serves");
            nothing_denied(&native);
            ended = Some((status, verdicts(&native, &arn), notices));
        },
    );
    ended.unwrap()
}

#[test]
fn each_hook_that_fails_takes_the_deployment_back() {
    let exits = |command: &str| Behaviours::new().command(command, Behaviour::exits(1, &["no such table: products"]));
    let answers = |paths: &[&str]| {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        // the first rule that fits counts
        let commands = ["shop migrate", "shop check", "shop count"].into_iter();
        let behaviours = commands
            .fold(Behaviours::new(), |behaviours, command| behaviours.command(command, Behaviour::succeeds(&[])));
        behaviours.image("shop:v2", Behaviour::Answer { paths, status: 500 })
    };
    let table = [
        ("PRE_SCALE_UP", exits("shop migrate"), 0, "container web exited with code 1"),
        ("PRE_SCALE_UP", exits("shop check"), 0, "step 2 of 2: container web exited with code 1"),
        ("POST_SCALE_UP", answers(&["/"]), 1, "500"),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", answers(&["/tested"]), 3, "health"),
        ("POST_PRODUCTION_TRAFFIC_SHIFT", exits("shop count"), 4, "container web exited with code 1"),
    ];
    for (stage, behaviours, before, reason) in table {
        let tables = TABLES.replace("\"/health\"", "\"/tested\"");
        let (status, verdicts, notices) = deployed(&Wanted::new(&tables), behaviours);
        assert_eq!(status, "ROLLBACK_SUCCESSFUL", "{stage}: {verdicts:?}");
        let failed: Vec<usize> =
            verdicts.iter().enumerate().filter(|(_, (word, _))| word == "failed").map(|(index, _)| index).collect();
        assert_eq!(failed, [before], "{stage}: {verdicts:?}");
        assert!(verdicts[before].1.contains(reason), "{stage}: {verdicts:?}");
        let told = notices.iter().filter(|notice| notice.contains(&format!("{stage} failed"))).count();
        assert_eq!((told, notices.len()), (1, 1), "{stage}: {notices:?}");
        assert!(notices[0].contains("production-cluster/shop-web"), "{}", notices[0]);
        assert!(notices[0].contains("greenlight why arn:aws:ecs:"), "{}", notices[0]);
        assert!(notices[0].contains("shop:v2"), "{}", notices[0]);
    }
}

#[test]
fn the_last_lines_of_a_migration_are_in_its_reason() {
    let behaviours = Behaviours::new().command("shop migrate", Behaviour::exits(1, &["no such table: products"]));
    let (_, verdicts, notices) = deployed(&Wanted::new(MIGRATE), behaviours);
    assert!(verdicts[0].1.ends_with("no such table: products"), "{verdicts:?}");
    assert!(notices[0].contains("no such table: products"), "{notices:?}");
}

#[test]
fn finish_takes_nothing_back_unless_the_plan_says_so() {
    let tables = TABLES.replace("on-failure = \"fail\"", "");
    let behaviours = Behaviours::new().command("shop count", Behaviour::exits(1, &[]));
    let (status, verdicts, notices) = deployed(&Wanted::new(&tables), behaviours);
    assert_eq!(status, "SUCCESSFUL");
    assert!(verdicts[4].0 == "succeeded" && verdicts[4].1.contains("does not undo"), "{verdicts:?}");
    assert_eq!(notices.len(), 1, "{notices:?}");
}

#[test]
fn a_freeze_stops_what_began_in_it() {
    let freeze =
        "[freeze]\nwindows = [{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", time-zone = \"UTC\" }]\n";
    let (status, verdicts, _) = deployed(&Wanted::new(&format!("{freeze}{MIGRATE}")), Behaviours::new());
    assert_eq!(status, "ROLLBACK_SUCCESSFUL");
    assert!(verdicts[0].1.contains("take the window out of the plan"), "{verdicts:?}");
}

#[test]
fn a_hook_that_panics_answers_too() {
    let function = "CodeDeployHook_greenlight-migrate";
    for (times, expected) in [(1, "SUCCESSFUL"), (2, "ROLLBACK_SUCCESSFUL")] {
        let behaviours = Behaviours::new().panicking(function, "index out of bounds", times);
        let (status, verdicts, notices) = deployed(&Wanted::only("migrate", "PRE_SCALE_UP", MIGRATE), behaviours);
        assert_eq!(status, expected, "{verdicts:?}");
        assert_eq!(notices.len(), usize::from(times == 2), "{notices:?}");
        assert!(times == 1 || verdicts[0].1.contains("panicked twice: index out of bounds"), "{verdicts:?}");
    }
}
