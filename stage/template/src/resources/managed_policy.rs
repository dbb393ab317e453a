//! `AWS::IAM::ManagedPolicy`, `AWS::IAM::Policy`, and the few policies that AWS manages and templates name.

use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::policy::{self, Of, Places, ReadPolicy};
use crate::problem::{Place, Problem};
use greenlight_world::{Policy, Statement};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) static KIND: Kind = Kind {
    name: "AWS::IAM::ManagedPolicy",
    properties: &["ManagedPolicyName", "PolicyDocument", "Path", "Description", "Roles"],
    naming: Naming::Property { key: "ManagedPolicyName", longest: 128, also: "_+=,.@-" },
    parent: None,
    reference: arn,
    attributes: &[("PolicyArn", arn)],
    create,
};

/// A policy that is put into roles.
pub(super) static INLINE: Kind = Kind {
    name: "AWS::IAM::Policy",
    properties: &["PolicyName", "PolicyDocument", "Roles"],
    naming: Naming::Made,
    parent: None,
    reference: |policy| policy.name.clone(),
    attributes: &[("Id", |policy| policy.name.clone())],
    create: create_inline,
};

fn arn(policy: &Identity) -> String {
    policy.iam_arn("policy")
}

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let read = read(creation)?;
    grant_to_roles(builder, creation, &read)?;
    builder.managed.insert(arn(creation.identity), (creation.resource.logical_id.clone(), read));
    Ok(())
}

fn create_inline(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    creation.properties.required_text("PolicyName")?;
    creation.properties.required("Roles")?;
    let read = read(creation)?;
    grant_to_roles(builder, creation, &read)
}

fn read(creation: &Creation<'_>) -> Result<ReadPolicy, Problem> {
    let properties = &creation.properties;
    policy::read(properties.required("PolicyDocument")?, &properties.join("PolicyDocument"), Of::Identity)
}

fn grant_to_roles(builder: &mut Builder, creation: &Creation<'_>, read: &ReadPolicy) -> Result<(), Problem> {
    for (role, place) in creation.properties.texts("Roles")? {
        builder.grant(role, read, &creation.resource.logical_id, None, place)?;
    }
    Ok(())
}

/// A policy that AWS manages: what it allows, on every resource.
pub(crate) struct AwsManaged {
    /// The last part of its ARN.
    pub(crate) name: &'static str,
    path: &'static str,
    actions: &'static [&'static str],
}

/// As the AWS managed policy reference has them.
pub(crate) const AWS_MANAGED: [AwsManaged; 4] = [
    AwsManaged {
        name: "AWSLambdaBasicExecutionRole",
        path: "service-role/",
        actions: &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    },
    AwsManaged {
        name: "AWSLambdaVPCAccessExecutionRole",
        path: "service-role/",
        actions: &[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
    },
    AwsManaged {
        name: "AWSXRayDaemonWriteAccess",
        path: "",
        actions: &[
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:GetSamplingStatisticSummaries",
        ],
    },
    AwsManaged {
        name: "AWSXrayWriteOnlyAccess",
        path: "",
        actions: &[
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:GetSamplingStatisticSummaries",
        ],
    },
];

impl AwsManaged {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy/{}{}", self.path, self.name)
    }
}

/// The policy of AWS with this ARN; it stands where it is named.
pub(super) fn aws_managed(arn: &str, place: Place) -> Option<(&'static str, ReadPolicy)> {
    let managed = AWS_MANAGED.iter().find(|policy| policy.arn() == arn)?;
    let statement = Statement {
        sid: None,
        principal: None,
        effect: "Allow".to_owned(),
        action: json!(managed.actions),
        resource: json!("*"),
        condition: BTreeMap::new(),
    };
    let actions = managed.actions.iter().map(|action| ((*action).to_owned(), place)).collect();
    let policy = Policy { version: Some("2012-10-17".to_owned()), statement: vec![statement] };
    Some((managed.name, ReadPolicy { policy, statements: vec![Places { statement: place, actions }] }))
}
