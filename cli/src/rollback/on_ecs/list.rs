//! Shows which revisions a service that ECS deploys had, and when.

use super::super::{Service, Tell};
use super::choose::Seen;
use crate::Error;
use greenlight_aws::Env;
use greenlight_aws::revision::short;
use greenlight_domain::rollback::{Live, live};
use jiff::Timestamp;
use serde_json::json;

/// How many are shown.
const SHOWN: usize = 20;

/// Shows the newest deployments of a service, the newest first.
pub(in crate::rollback) async fn show(env: &Env, of: &Service, tell: Tell<'_>) -> Result<(), Error> {
    let seen = Seen::read(env, of).await?;
    if seen.listed.is_empty() {
        let text = format!("ECS knows of no deployment of {of} in the last 90 days");
        tell("revisions.none", &text, json!({ "service": of.to_string() }));
    }
    // ECS tells when a deployment ended, not when its traffic shifted
    let ends: Vec<Option<Timestamp>> =
        seen.listed.iter().map(|one| one.finished_at.filter(|_| one.status == "SUCCESSFUL")).collect();
    for ((one, known), live) in seen.listed.iter().zip(&seen.known).zip(live(&ends)).take(SHOWN) {
        let id = one.arn.rsplit('/').next().unwrap_or(&one.arn);
        let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let span = match live {
            None => "never had all traffic for good".to_owned(),
            Some(Live { from, until: None }) => format!("{} to now", time(from)),
            Some(Live { from, until: Some(until) }) => format!("{} to {}", time(from), time(until)),
        };
        let task_definition = Some(known.task_definition.as_str()).filter(|name| !name.is_empty());
        let revision = task_definition.map_or("(forgotten)", short);
        let text = format!("{id}  {revision:<24} {span:<44} {:<20} {}", one.status, one.reason);
        let fields = json!({
            "deployment_id": one.arn,
            "task_definition": task_definition,
            "from": live.map(|live| live.from),
            "until": live.and_then(|live| live.until),
            "status": one.status,
            "description": one.reason,
            "created_at": one.created_at,
        });
        tell("revision.listed", text.trim_end(), fields);
    }
    Ok(())
}
