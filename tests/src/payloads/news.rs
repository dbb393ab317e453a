//! The samples about news.

use super::{DEPLOYMENT, account, answer, sample};
use greenlight_simulation::Behaviours;

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
