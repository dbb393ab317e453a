//! A notice as plain text: for mail, and short for telephones.

use super::{About, Notice, Revision};
use crate::plan::span;
use std::fmt::Write as _;
use std::time::Duration;

/// SNS sends at most 140 bytes as one SMS; what is longer becomes several.
pub(super) const LONGEST_SMS: usize = 140;

/// The whole notice, line by line.
pub(super) fn whole(notice: &Notice) -> String {
    let mut text = format!("{}\n", notice.title);
    if let Some(reason) = &notice.reason {
        let _ = writeln!(text, "\nWhy: {reason}");
    }
    if let Some(details) = &notice.details {
        let _ = writeln!(text, "\n{details}");
    }
    for step in &notice.next {
        let _ = writeln!(text, "\nTo {}:\n  {}", step.what, step.command);
    }
    text.push('\n');
    for (name, value) in names(notice) {
        let _ = writeln!(text, "{name}: {value}");
    }
    for link in &notice.links {
        let _ = writeln!(text, "{}: {}", link.what, link.url);
    }
    let _ = writeln!(text, "notice: {}", notice.id());
    text
}

/// One line: what happened, and why.
pub(super) fn short(notice: &Notice) -> String {
    let Some(reason) = &notice.reason else { return notice.title.clone() };
    format!("{}: {reason}", notice.title)
}

/// Names and values for people, in the order in which they ask.
pub(super) fn names(notice: &Notice) -> Vec<(&'static str, String)> {
    let About { application, deployment_group, deployment_id, other_deployment_id, .. } = &notice.about;
    let About { lifecycle_event, function, cluster, service, job, scheduled, alarm, .. } = &notice.about;
    let group = application.as_ref().map(|application| match deployment_group {
        Some(group) => format!("{application}/{group}"),
        None => application.clone(),
    });
    let service = service.as_ref().map(|service| match cluster {
        Some(cluster) => format!("{cluster}/{service}"),
        None => service.clone(),
    });
    let all = [
        ("deployment", deployment_id.clone()),
        ("other deployment", other_deployment_id.clone()),
        ("deployment group", group),
        ("service", service),
        ("lifecycle event", lifecycle_event.clone()),
        ("function", function.clone()),
        ("alarm", alarm.clone()),
        ("job", job.clone()),
        ("scheduled", scheduled.map(|time| time.to_string())),
        ("revision", notice.revision.as_ref().map(revision)),
        ("before", notice.previous.as_ref().map(revision)),
        ("started by", notice.by.clone()),
        ("took", notice.duration.map(|took| span(Duration::from_secs(took.as_secs())))),
        ("at", Some(notice.at.to_string())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// `shop:14, image 123….amazonaws.com/shop:v2, commit 1a2b3c4`.
fn revision(revision: &Revision) -> String {
    let image = revision.image.as_ref().map(|image| format!(", image {image}")).unwrap_or_default();
    let commit = revision.commit.as_ref().map(|commit| format!(", commit {commit}")).unwrap_or_default();
    format!("{}{image}{commit}", revision.task_definition)
}
