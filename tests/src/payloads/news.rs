//! The samples about news.

use super::{DEPLOYMENT, SERVICE_DEPLOYMENT, account, answer, held, sample};
use crate::native::account::{self as native, Wanted};
use crate::shop::MIGRATE;
use greenlight_simulation::{Behaviour, Behaviours};

/// The pause hook that a sample names, to be replaced.
const HOOK: &str = "ecs-pause-Kd83hTzPq2LwXn5RvYb0sGm7JcUe4AfNi6To1Ox9ZlM";

/// A deployment's change, and a schedule's question: what is told has its id.
pub fn changed(path: &str, kind: &str) {
    account(
        Behaviours::new(),
        |_| {},
        async |account| {
            let first = account.played().facts("deployment.started")[0]["deployment_id"].as_str().unwrap().to_owned();
            let before = account.played().news().len();
            answer(&account.simulation, path, sample(path, &[(DEPLOYMENT, &first)])).await;
            let played = account.played();
            let told = played.news()[before..].concat();
            assert!(told.ends_with(&format!("notice: {kind}/{first}\n")), "{told}");
        },
    );
}

/// An alarm on the functions becomes news that a person can read.
pub fn alarmed(path: &str) {
    account(
        Behaviours::new(),
        |_| {},
        async |account| {
            let before = account.played().news().len();
            answer(&account.simulation, path, sample(path, &[])).await;
            let played = account.played();
            let told = played.news()[before..].concat();
            assert!(told.starts_with("greenlight: an invocation of a function failed"), "{told}");
            assert!(told.contains("aws logs tail /greenlight/greenlight"), "{told}");
        },
    );
}

/// Without a webhook there is nobody to post it to.
pub fn posted(path: &str) {
    account(
        Behaviours::new(),
        |_| {},
        async |account| {
            let before = account.played().news().len();
            answer(&account.simulation, path, sample(path, &[])).await;
            assert_eq!(account.played().news().len(), before, "what was published is not published again");
        },
    );
}

/// A change of a deployment that ECS makes by itself: the event names the service, and what is told the deployment.
pub fn service_changed(path: &str, kind: &str) {
    let is_bad = path.contains("failed");
    let code = if is_bad { Behaviour::exits(1, &["no such table"]) } else { Behaviour::succeeds(&[]) };
    let behaviours = Behaviours::new().command("shop migrate", code);
    native::with(
        behaviours,
        |_| {},
        async |native| {
            let arn = native.deploy(&Wanted::only("migrate", "PRE_SCALE_UP", MIGRATE)).await;
            if !path.contains("in-progress") {
                native.end_of(&arn).await;
            }
            let before = native.account.played().news().len();
            answer(&native.account.simulation, path, sample(path, &[])).await;
            let played = native.account.played();
            let told = played.news()[before..].concat();
            assert!(told.contains(&format!("notice: {kind}/{}\n", native::id(&arn))), "{told}");
        },
    );
}

/// Somebody is waited for: both answers are told.
pub fn waiting(path: &str) {
    native::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            let (arn, _) = held(&native).await;
            let deployment = native.describe(&arn).await;
            let hook = deployment.lifecycle_hook_details().iter().find_map(|hook| hook.hook_id()).unwrap();
            let before = native.account.played().news().len();
            let event = sample(path, &[(SERVICE_DEPLOYMENT, native::id(&arn)), (HOOK, hook)]);
            answer(&native.account.simulation, path, event).await;
            let played = native.account.played();
            let told = played.news()[before..].concat();
            for verb in ["approve", "reject"] {
                assert!(told.contains(&format!("greenlight {verb} {arn} --hook {hook}")), "{told}");
            }
        },
    );
}
