//! Worker services: they follow the revision.

use greenlight_aws::hook::Context;
use greenlight_aws::worker_service::{self, Update};
use greenlight_aws::{Env, Error, retry};
use greenlight_domain::plan::WorkerService;
use serde_json::json;

/// What became of all of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Updated {
    told: Vec<String>,
    same: Vec<String>,
    failed: Vec<String>,
}

impl Updated {
    /// What went wrong, a line per service.
    pub(crate) fn problem(&self) -> Option<String> {
        (!self.failed.is_empty()).then(|| self.failed.join("\n"))
    }

    /// What was done.
    pub(crate) fn note(&self) -> Option<String> {
        let part =
            |services: &[String], what: &str| (!services.is_empty()).then(|| format!("{} {what}", services.join(", ")));
        let parts = [part(&self.told, "got the new image"), part(&self.same, "had it already")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Gives every service the revision's image, one after another: a failure of one does not keep the others from following.
pub(crate) async fn update(env: &Env, context: &Context, services: &[WorkerService]) -> Updated {
    let mut updated = Updated::default();
    for worker in services {
        let (cluster, image) = (&context.release.cluster, &context.image);
        let set = async || worker_service::set_image(env, cluster, &worker.service, &worker.container, image).await;
        let update = retry::until(env, context.until, set).await;
        write(env, context, worker, &update);
        match update {
            Ok(Update::Told { .. }) => updated.told.push(worker.service.clone()),
            Ok(Update::Same) => updated.same.push(worker.service.clone()),
            Err(error) => updated.failed.push(format!("service {} did not get the new image: {error}", worker.service)),
        }
    }
    updated
}

fn write(env: &Env, context: &Context, worker: &WorkerService, update: &Result<Update, Error>) {
    let (outcome, task_definition, reason) = match update {
        Ok(Update::Told { task_definition }) => ("updated", Some(task_definition), None),
        Ok(Update::Same) => ("same", None, None),
        Err(error) => ("failed", None, Some(error.to_string())),
    };
    env.emit(
        "finish.service",
        json!({
            "deployment_id": context.release.deployment_id,
            "service": worker.service,
            "outcome": outcome,
            "task_definition": task_definition,
            "reason": reason,
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::Updated;

    #[test]
    fn what_was_done_is_said_in_one_line() {
        assert_eq!(Updated::default().note(), None);
        let updated = Updated {
            told: vec!["worker".to_owned(), "beat".to_owned()],
            same: vec!["mailer".to_owned()],
            failed: Vec::new(),
        };
        assert_eq!(updated.note().unwrap(), "worker, beat got the new image; mailer had it already");
        assert_eq!(updated.problem(), None);
        let failed = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(Updated { failed, ..updated }.problem().unwrap(), "a\nb");
    }
}
