//! Migrations that do not end when they are told to.

use super::MINUTE;
use super::account::{self, Account};
use super::migrating;
use crate::played::Played;
use crate::shop;
use greenlight_simulation::Behaviour;
use std::time::Duration;

/// Deploys a migration with five minutes' time that goes on for `after` when it is told to stop; an hour later.
fn hanging_on(after: Duration, check: impl FnOnce(&str, Played)) {
    account::with(
        migrating(Behaviour::HangOn(after)),
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some(shop::MIGRATE)).await;
            account.end_of(&id).await;
            account.pass(60 * MINUTE).await;
            check(&id, account.played());
        },
    );
}

/// How long `CodeDeploy` waited for the hook, and the reason it was given.
fn verdict(id: &str, played: &Played) -> (Duration, String) {
    assert_eq!(played.ending(id), ("Failed".to_owned(), Some("HOOK_EXECUTION_FAILURE".to_owned())));
    let verdicts = played.verdicts(id);
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    assert_eq!(played.notices().len(), 1, "{:?}", played.notices());
    assert_eq!(played.migrations().len(), 1);
    let waited = played.of(id, "lifecycle.ended")[0]["duration_ms"].as_u64().unwrap();
    (Duration::from_millis(waited), verdicts[0].1.clone())
}

#[test]
fn a_migration_that_stops_within_its_grace_is_judged_by_its_end() {
    hanging_on(MINUTE, |id, played| {
        let (waited, reason) = verdict(id, &played);
        assert!(reason.contains("did not finish within 5m") && reason.contains("stopped"), "{reason}");
        assert!(waited < 7 * MINUTE, "{waited:?}");
    });
}

#[test]
fn a_migration_that_does_not_stop_is_failed_three_minutes_later() {
    hanging_on(30 * MINUTE, |id, played| {
        let (waited, reason) = verdict(id, &played);
        assert!(reason.contains("did not finish within 5m"), "{reason}");
        assert!(reason.contains("it was told to stop and is still") && reason.contains("3 minutes"), "{reason}");
        // five minutes, three minutes, and what the calls around them take
        assert!((8 * MINUTE..8 * MINUTE + Duration::from_secs(30)).contains(&waited), "{waited:?}");
        assert_eq!(
            played.facts("task.stopped").iter().filter(|fact| fact["task"] == played.migrations()[0]).count(),
            1
        );
    });
}
