//! `AWS::KMS::Key`, `AWS::KMS::Alias`: the stage encrypts nothing.

use super::{Creation, Identity, Kind, Naming, no_effect};
use crate::builder::Builder;
use crate::problem::Problem;
use crate::table::Table;

pub(super) static KIND: Kind = Kind {
    name: "AWS::KMS::Key",
    properties: &[
        "Description",
        "EnableKeyRotation",
        "RotationPeriodInDays",
        "Enabled",
        "KeyPolicy",
        "KeySpec",
        "KeyUsage",
        "MultiRegion",
        "PendingWindowInDays",
        "Tags",
    ],
    naming: Naming::Uuid,
    parent: None,
    reference: |key| key.name.clone(),
    attributes: &[("Arn", arn), ("KeyId", |key| key.name.clone())],
    create,
};

/// A second name of a key.
pub(super) static ALIAS: Kind = Kind {
    name: "AWS::KMS::Alias",
    properties: &["AliasName", "TargetKeyId"],
    naming: Naming::Property { key: "AliasName", longest: 256, also: "/_-" },
    parent: None,
    reference: |alias| alias.name.clone(),
    attributes: &[],
    create: no_effect,
};

fn arn(key: &Identity) -> String {
    key.arn("kms", &format!("key/{}", key.name))
}

/// Its policy is read for its form and never evaluated.
fn create(_: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let Some(policy) = creation.properties.table("KeyPolicy", &["Version", "Id", "Statement"])? else { return Ok(()) };
    let known = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
    for statement in policy.tables("Statement", &known)? {
        for key in ["Effect", "Principal", "Action", "Resource"] {
            Table::required(&statement, key)?;
        }
    }
    Ok(())
}
