//! Shows which revisions were live, and when.

use super::choose::Seen;
use super::{Place, Tell};
use crate::Error;
use greenlight_aws::Env;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::revision::short;
use greenlight_aws::rollback::{FURTHER_BACK, read_further};
use greenlight_domain::rollback::{Live, live};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// How many are shown. Each costs two calls.
const SHOWN: usize = 20;

/// Shows the newest deployments of a group, the newest first.
pub(super) async fn show(env: &Env, place: &Place, tell: Tell<'_>) -> Result<(), Error> {
    let mut deployments = Seen::read(env, place, None).await?.deployments;
    let group = (place.application.as_str(), place.deployment_group.as_str());
    for days in FURTHER_BACK {
        if deployments.len() >= SHOWN {
            break;
        }
        let oldest = deployments.last().and_then(|oldest| oldest.created_at);
        read_further(env, group, days, oldest, &mut deployments).await?;
    }
    deployments.truncate(SHOWN);
    if deployments.is_empty() {
        tell(
            "revisions.none",
            &format!("nothing was ever deployed to {}", place.name()),
            json!({ "deployment_group": place.name() }),
        );
    }
    let mut shifts = Vec::new();
    for one in &deployments {
        shifts.push(deployment::progress(env, &one.id, &place.target()).await?.shifted_at);
    }
    let mut known = BTreeMap::new();
    for (one, live) in deployments.iter().zip(live(&shifts)) {
        let task_definition = task_definition(env, one, &mut known).await;
        let (from, until) = (live.map(|live| live.from), live.and_then(|live| live.until));
        let fields = json!({
            "deployment_id": one.id,
            "task_definition": task_definition,
            "from": from,
            "until": until,
            "status": one.status,
            "creator": one.creator,
            "description": one.description,
            "created_at": one.created_at,
        });
        tell("revision.listed", &line(one, task_definition.as_deref(), live), fields);
    }
    Ok(())
}

/// What a deployment deployed. `CodeDeploy`'s own rollbacks do not tell: they bring back what served before.
async fn task_definition(env: &Env, one: &Deployment, known: &mut BTreeMap<String, String>) -> Option<String> {
    if one.is_rollback {
        return None;
    }
    let key = one.revision_key();
    if !known.contains_key(&key) {
        // one whose AppSpec is gone from its bucket is shown without
        known.insert(key.clone(), deployment::appspec(env, one).await.ok()?.task_definition);
    }
    known.get(&key).cloned()
}

fn line(one: &Deployment, task_definition: Option<&str>, live: Option<Live>) -> String {
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let span = match live {
        None => "never had traffic".to_owned(),
        Some(Live { from, until: None }) => format!("{} to now", time(from)),
        Some(Live { from, until: Some(until) }) => format!("{} to {}", time(from), time(until)),
    };
    let revision = task_definition.map_or("(what served before)", short);
    format!("{}  {revision:<24} {span:<44} {:<10} {:<18} {}", one.id, one.status, one.creator, one.description)
        .trim_end()
        .to_owned()
}
