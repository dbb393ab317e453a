//! A notice for programs.

use super::{Notice, Revision};
use serde::Serialize;
use serde_json::{Value, json};

/// What the JSON of a notice is called. Its members are a contract: a new version gets a new name.
pub const SCHEMA: &str = "dev.greenlight.notice/1";

/// The notice as a document. What it does not have is null.
pub(super) fn document(notice: &Notice, details: Option<&str>) -> Value {
    let about = &notice.about;
    json!({
        "schema": SCHEMA,
        "id": notice.id(),
        "kind": notice.kind.name(),
        "level": notice.kind.level().name(),
        "at": notice.at.to_string(),
        "title": notice.title,
        "reason": notice.reason,
        "details": details,
        "install": about.install,
        "application": about.application,
        "deployment_group": about.deployment_group,
        "deployment_id": about.deployment_id,
        "other_deployment_id": about.other_deployment_id,
        "lifecycle_event": about.lifecycle_event,
        "function": about.function,
        "cluster": about.cluster,
        "service": about.service,
        "job": about.job,
        "scheduled": about.scheduled.map(|time| time.to_string()),
        "alarm": about.alarm,
        "revision": notice.revision.as_ref().map(revision),
        "previous": notice.previous.as_ref().map(revision),
        "by": notice.by,
        "duration_seconds": notice.duration.map(|took| took.as_secs()),
        "next": notice.next.iter().map(|step| pair("what", &step.what, "command", &step.command)).collect::<Vec<_>>(),
        "links": notice.links.iter().map(|link| pair("what", &link.what, "url", &link.url)).collect::<Vec<_>>(),
    })
}

fn revision(revision: &Revision) -> Value {
    json!({ "task_definition": revision.task_definition, "image": revision.image, "commit": revision.commit })
}

fn pair(first: &str, one: impl Serialize, second: &str, two: impl Serialize) -> Value {
    json!({ first: one, second: two })
}
