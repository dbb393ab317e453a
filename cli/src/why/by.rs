//! Who made a deployment, in words.

use greenlight_aws::deployment::Deployment;

/// `CodeDeploy` knows what kind of caller it was, and not who.
pub(crate) fn whom(deployment: &Deployment) -> String {
    match (deployment.creator.as_str(), &deployment.undoes) {
        ("codeDeployRollback", Some(of)) => format!("CodeDeploy, to roll back {of}"),
        ("codeDeployRollback", None) => "CodeDeploy, to roll back".to_owned(),
        ("user", _) => "a user, or a program with the credentials of a user or a role".to_owned(),
        (other, _) => other.to_owned(),
    }
}
