//! `AWS::IAM::Role`.

use super::managed_policy::{AWS_MANAGED, aws_managed};
use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::names;
use crate::policy::{self, Of};
use crate::problem::Problem;
use crate::suggest;
use greenlight_world::Role;

pub(super) static KIND: Kind = Kind {
    name: "AWS::IAM::Role",
    properties: &[
        "RoleName",
        "AssumeRolePolicyDocument",
        "Policies",
        "ManagedPolicyArns",
        "Path",
        "Description",
        "MaxSessionDuration",
        "Tags",
    ],
    naming: Naming::Property { key: "RoleName", longest: 64, also: "_+=,.@-" },
    parent: None,
    reference: |role| role.name.clone(),
    attributes: &[("Arn", arn), ("RoleId", role_id)],
    create,
};

fn arn(role: &Identity) -> String {
    role.iam_arn("role")
}

fn role_id(role: &Identity) -> String {
    names::access_key(&role.account, &role.region, &role.id).replacen("ASIA", "AROA", 1)
}

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let Creation { resource, identity, properties } = creation;
    let (name, id) = (&identity.name, &resource.logical_id);
    let trust = properties.required("AssumeRolePolicyDocument")?;
    let trusted = policy::trusted(trust, &properties.join("AssumeRolePolicyDocument"))?;
    let access_key = names::access_key(&identity.account, &identity.region, name);
    builder.stack.roles.push(Role { name: name.clone(), access_key, policies: Vec::new(), trusted: trusted.clone() });
    builder.trusted.insert(name.clone(), trusted);
    for inline in properties.tables("Policies", &["PolicyName", "PolicyDocument"])? {
        inline.required_text("PolicyName")?;
        let read = policy::read(inline.required("PolicyDocument")?, &inline.join("PolicyDocument"), Of::Identity)?;
        builder.grant(name, &read, id, None, inline.place)?;
    }
    for (arn, place) in properties.texts("ManagedPolicyArns")? {
        if let Some((owner, read)) = builder.managed.get(arn).cloned() {
            builder.grant(name, &read, &owner, None, place)?;
        } else if let Some((policy, read)) = aws_managed(arn, place) {
            builder.grant(name, &read, id, Some(policy), place)?;
        } else {
            let what = format!("{id}: the stage does not know the managed policy `{arn}`");
            let short = arn.rsplit('/').next().unwrap_or(arn);
            let hint = suggest::hint(short, AWS_MANAGED.iter().map(|policy| policy.name));
            return Err(Problem::new(
                place,
                what,
                format!("write its statements under Policies, or use one that it knows: {hint}"),
            ));
        }
    }
    Ok(())
}
