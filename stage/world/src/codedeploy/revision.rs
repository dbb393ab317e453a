//! Revisions: where the AppSpec of a deployment comes from.

use super::appspec::AppSpec;
use crate::{AwsError, World};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// `RevisionLocation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RevisionLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revision_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) s3_location: Option<S3Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app_spec_content: Option<AppSpecContent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct S3Location {
    pub(super) bucket: Option<String>,
    pub(super) key: Option<String>,
    pub(super) bundle_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) e_tag: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AppSpecContent {
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default)]
    pub(super) sha256: Option<String>,
}

/// A revision that was found and understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Revision {
    pub(super) source: Source,
    pub(super) appspec: AppSpec,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Content { content: String, sha256: String },
    S3(S3Location),
}

impl Revision {
    /// As `GetDeployment` and its like tell it: without the content.
    pub(super) fn location(&self) -> RevisionLocation {
        match &self.source {
            Source::Content { sha256, .. } => RevisionLocation {
                revision_type: Some("AppSpecContent".to_owned()),
                s3_location: None,
                app_spec_content: Some(AppSpecContent { content: None, sha256: Some(sha256.clone()) }),
            },
            Source::S3(location) => RevisionLocation {
                revision_type: Some("S3".to_owned()),
                s3_location: Some(location.clone()),
                app_spec_content: None,
            },
        }
    }

    /// As `GetApplicationRevision` tells it: with the content, if `CodeDeploy` holds it.
    pub(super) fn location_with_content(&self) -> RevisionLocation {
        let mut location = self.location();
        if let (Source::Content { content, .. }, Some(shown)) = (&self.source, &mut location.app_spec_content) {
            shown.content = Some(content.clone());
        }
        location
    }

    /// Whether `location` names this revision.
    pub(super) fn is_at(&self, location: &RevisionLocation) -> bool {
        match &self.source {
            Source::Content { sha256, .. } => location.app_spec_content.as_ref().is_some_and(|given| {
                given.sha256.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(sha256))
                    || given.content.as_ref().is_some_and(|content| sha256_hex(content) == *sha256)
            }),
            Source::S3(known) => location.s3_location.as_ref() == Some(known),
        }
    }
}

pub(super) fn sha256_hex(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

pub(super) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::client("InvalidRevisionException", message)
}

/// Finds and reads the revision that a new deployment of `application` names.
pub(super) fn resolve(world: &World, application: &str, location: &RevisionLocation) -> Result<Revision, AwsError> {
    match (location.revision_type.as_deref(), &location.app_spec_content, &location.s3_location) {
        (Some("AppSpecContent"), Some(content), None) => from_content(world, application, location, content),
        (Some("S3"), None, Some(object)) => from_s3(world, object),
        (Some("AppSpecContent" | "S3"), _, _) => {
            Err(invalid("The revision has to have the one location that its revisionType names"))
        }
        (Some(other), _, _) => Err(invalid(format!(
            "For ECS deployments, the revision type has to be AppSpecContent or S3; this one is {other}"
        ))),
        (None, _, _) => Err(invalid("The revision has no revisionType; use AppSpecContent or S3")),
    }
}

fn from_content(
    world: &World,
    application: &str,
    location: &RevisionLocation,
    given: &AppSpecContent,
) -> Result<Revision, AwsError> {
    let Some(content) = &given.content else {
        // a revision that is registered already can be named by its hash alone
        return world
            .codedeploy
            .applications
            .get(application)
            .and_then(|application| application.revisions.iter().find(|known| known.revision.is_at(location)))
            .map(|known| known.revision.clone())
            .ok_or_else(|| invalid("The appSpecContent of the revision has no content"));
    };
    let sha256 = sha256_hex(content);
    if given.sha256.as_ref().is_some_and(|given| !given.eq_ignore_ascii_case(&sha256)) {
        return Err(invalid("The sha256 of the revision is not that of its content"));
    }
    let appspec = AppSpec::parse(content).map_err(invalid)?;
    Ok(Revision { source: Source::Content { content: content.clone(), sha256 }, appspec })
}

fn from_s3(world: &World, location: &S3Location) -> Result<Revision, AwsError> {
    let (Some(bucket), Some(key)) = (&location.bucket, &location.key) else {
        return Err(invalid("The s3Location of the revision needs a bucket and a key"));
    };
    match location.bundle_type.as_deref() {
        Some("YAML" | "JSON") => {}
        Some(other @ ("tar" | "tgz" | "zip")) => {
            return Err(invalid(format!("the stage reads revisions of the bundle types YAML and JSON, not {other}")));
        }
        _ => return Err(invalid("The s3Location of the revision needs a bundleType")),
    }
    let text = world.setup.infrastructure.objects.get(&(bucket.clone(), key.clone())).ok_or_else(|| {
        AwsError::client("RevisionDoesNotExistException", format!("There is no object {key} in the bucket {bucket}"))
    })?;
    let appspec = AppSpec::parse(text).map_err(invalid)?;
    Ok(Revision { source: Source::S3(location.clone()), appspec })
}
