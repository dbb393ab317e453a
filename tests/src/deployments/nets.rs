//! The shell around a hook's own code: whatever that code does, `CodeDeploy` gets its verdict in time.

use super::account::{self, Account, MIGRATE_FUNCTION};
use greenlight_aws::hook::{self, Context, Told};
use greenlight_aws::{Env, Error, Invocation, Settings};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::verdict::Verdict;
use greenlight_simulation::{Behaviours, Code};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a hook with this code answers, what it writes down, and after how many seconds the deployment ends.
fn played(story: impl AsyncFn(&Context) -> Result<Told, Error>, check: impl FnOnce(Value, String, f64)) {
    // the deployed function never answers: the story is told in its place
    let behaviours = Behaviours::new().function(MIGRATE_FUNCTION, Code::Hangs);
    account::with(
        behaviours,
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some("")).await;
            let payload = account.hook_event(&id).await;
            let lines = Arc::new(Mutex::new(Vec::new()));
            let told = Arc::clone(&lines);
            let settings = Settings::from_map(&BTreeMap::new()).unwrap();
            let env = Env::new(account.simulation.sdk_config(), account.simulation.clock(), settings)
                .with_log(Arc::new(move |line| told.lock().unwrap().push(line)));
            let begun = account.now();
            let invocation = Invocation {
                payload,
                deadline: begun.checked_add(SignedDuration::from_secs(30)).unwrap(),
                request_id: "1".to_owned(),
                panics: Vec::new(),
            };
            let answer = hook::run(invocation, &env, LifecycleEvent::BeforeInstall, story).await.unwrap();
            let took = account.now().duration_since(begun).as_secs_f64();
            assert_eq!(
                account.end_of(&id).await.ending(&id).0,
                if answer["verdict"] == "failed" { "Failed" } else { "Succeeded" }
            );
            let lines = lines.lock().unwrap().join("\n");
            check(answer, lines, took);
        },
    );
}

/// A deployment whose migration is started by a function that panics so often: its hook's verdicts, how it ended, and how often
/// the hook wrote about a panic.
fn panicking(times: u32, check: impl FnOnce(Vec<(String, String)>, String, usize)) {
    let behaviours = Behaviours::new().panicking(MIGRATE_FUNCTION, "an index too far", times);
    account::with(
        behaviours,
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some("")).await;
            account.end_of(&id).await;
            // what the hook writes down after its verdict
            account.pass(Duration::from_secs(5)).await;
            let played = account.played();
            let lines = played.facts("log.line");
            let told = lines.iter().filter(|line| line["message"].as_str().unwrap().contains("hook.panicked"));
            check(played.verdicts(&id), played.ending(&id).0, told.count());
        },
    );
}

#[test]
fn a_panic_is_answered_by_another_try() {
    panicking(1, |verdicts, ending, told| {
        assert_eq!(ending, "Succeeded", "{verdicts:?}");
        assert_eq!(told, 1);
    });
}

#[test]
fn a_second_panic_is_a_failure_with_its_reason() {
    panicking(2, |verdicts, ending, _| {
        assert_eq!(ending, "Failed");
        let (verdict, reason) = verdicts.last().unwrap();
        assert!(verdict == "failed" && reason.contains("panicked twice: an index too far"), "{verdicts:?}");
    });
}

#[test]
fn a_function_that_goes_on_panicking_dies_and_is_invoked_again() {
    panicking(3, |verdicts, ending, _| assert_eq!(ending, "Succeeded", "{verdicts:?}"));
}

#[test]
fn a_hook_that_hangs_is_reported_before_its_own_deadline() {
    played(
        async |_| {
            tokio::time::sleep(Duration::from_hours(2)).await;
            Ok(Verdict::Succeeded.into())
        },
        |answer, lines, took| {
            assert_eq!(answer["verdict"], "failed");
            assert!(lines.contains("its own deadline"), "{lines}");
            assert!((24.0..27.0).contains(&took), "{took}");
        },
    );
}
