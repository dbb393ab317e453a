//! The samples about jobs.

use super::{TASK, answer, lose_events, sample};
use crate::jobs::family;
use crate::jobs::play::{self, Jobs, MINUTE};
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::Setup;
use std::time::Duration;

/// The job of the samples, which fires once, and the table of its plan.
fn with_job(more: &str, behaviours: Behaviours, edit: impl Fn(&mut Setup), story: impl AsyncFnOnce(Jobs)) {
    let name = "sync-external-data";
    play::with(&[(name, "at(2026-01-01T02:00:00)", &play::job(name, more))], behaviours, edit, story);
}

/// A job is due: once, however often it is said.
pub fn job_fired(path: &str) {
    with_job(
        "",
        Behaviours::new(),
        |_| {},
        async |jobs| {
            for _ in 0..2 {
                answer(&jobs.account.simulation, path, sample(path, &[])).await;
            }
            jobs.account.pass(MINUTE).await;
            assert_eq!(jobs.played().outcomes(), ["succeeded"]);
        },
    );
}

/// The same for a job with a task definition family of its own, which gets the image that serves.
pub fn job_of_a_family_fired(path: &str) {
    with_job(
        family::OWN,
        Behaviours::new(),
        |_| {},
        async |jobs| {
            jobs.account.register_definition(&family::definition("shop:old", "512")).await;
            answer(&jobs.account.simulation, path, sample(path, &[])).await;
            jobs.account.pass(MINUTE).await;
            let played = jobs.played();
            assert_eq!(played.outcomes(), ["succeeded"]);
            let registered = played.said("job.registered");
            assert!(matches!(&registered[..], [one] if one["image"] == "shop:v2"), "{registered:?}");
        },
    );
}

/// The wait before a second attempt is over.
pub fn job_retried(path: &str) {
    let behaviours = Behaviours::new().command_times("shop sync-external-data", 1, Behaviour::exits(75, &[]));
    with_job(
        "retry = { times = 1, wait = \"30m\" }",
        behaviours,
        |_| {},
        async |jobs| {
            jobs.hours(1).await;
            assert_eq!(jobs.played().outcomes(), ["retry"]);
            answer(&jobs.account.simulation, path, sample(path, &[])).await;
            jobs.account.pass(MINUTE).await;
            assert_eq!(jobs.played().outcomes(), ["retry", "succeeded"]);
        },
    );
}

/// The task of a job stopped, and the sample is the only word about it.
pub fn job_stopped(path: &str) {
    with_job("", Behaviours::new(), lose_events, async |jobs| {
        jobs.account.pass(jobs.until_hour(1) + MINUTE).await;
        let task = jobs.played().tasks().first().unwrap().rsplit('/').next().unwrap().to_owned();
        answer(&jobs.account.simulation, path, sample(path, &[(TASK, &task)])).await;
        jobs.account.pass(MINUTE).await;
        assert_eq!(jobs.played().outcomes(), ["succeeded"]);
        assert!(jobs.runs("sync-external-data").await.is_empty());
    });
}

/// The schedule of a run fires `after` the run began, and the team is told this.
pub fn job_signal(path: &str, behaviour: Behaviour, after: Duration, words: &str) {
    with_job(
        "",
        Behaviours::new().command("shop sync-external-data", behaviour),
        |_| {},
        async |jobs| {
            jobs.account.pass(jobs.until_hour(1) + after).await;
            answer(&jobs.account.simulation, path, sample(path, &[])).await;
            jobs.account.pass(MINUTE).await;
            let played = jobs.played();
            let notices = played.notices();
            assert!(matches!(&notices[..], [one] if one.contains(words)), "{notices:?}");
        },
    );
}

/// The next firing has not succeeded in time.
pub fn job_missed(path: &str) {
    with_job(
        "expected-by = \"30m\"",
        Behaviours::new(),
        |_| {},
        async |jobs| {
            jobs.hours(1).await;
            answer(&jobs.account.simulation, path, sample(path, &[])).await;
            let played = jobs.played();
            let notices = played.notices();
            assert!(
                matches!(&notices[..], [one] if one.contains("had succeeded by 2026-01-01T03:30:00Z")),
                "{notices:?}"
            );
        },
    );
}
