//! The service role of `CodeDeploy`, which is not the template's: a team has it before.

use super::Rehearsal;
use super::hooks::HOOKS;
use super::names::arn;
use greenlight_world::{Policy, Role, Statement};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Its name.
pub(super) const NAME: &str = "codedeploy";

/// The role, with the managed policy `AWSCodeDeployRoleForECSLimited`: the hooks' own functions stand in place of its wildcard.
pub(super) fn role(rehearsal: &Rehearsal) -> Role {
    let hooks: Vec<String> =
        HOOKS.iter().map(|hook| arn("lambda", &format!("function:{}", rehearsal.hook_function(hook)))).collect();
    let mut pass = allow(&["iam:PassRole"], &["*".to_owned()]);
    let to_tasks = ("iam:PassedToService".to_owned(), Value::from("ecs-tasks.amazonaws.com"));
    pass.condition = BTreeMap::from([("StringLike".to_owned(), BTreeMap::from([to_tasks]))]);
    let statement = vec![
        allow(
            &[
                "ecs:DescribeServices",
                "ecs:CreateTaskSet",
                "ecs:UpdateServicePrimaryTaskSet",
                "ecs:DeleteTaskSet",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:ModifyRule",
                "cloudwatch:DescribeAlarms",
            ],
            &["*".to_owned()],
        ),
        allow(&["lambda:InvokeFunction"], &hooks),
        pass,
    ];
    role_of(NAME, "ASIACODEDEPLOY", "codedeploy.amazonaws.com", statement)
}

/// A role that a service takes on.
pub(super) fn role_of(name: &str, access_key: &str, service: &str, statement: Vec<Statement>) -> Role {
    Role {
        name: name.to_owned(),
        access_key: access_key.to_owned(),
        policies: vec![Policy { version: Some("2012-10-17".to_owned()), statement }],
        trusted: vec![service.to_owned()],
    }
}

pub(super) fn allow(actions: &[&str], resources: &[String]) -> Statement {
    Statement {
        sid: None,
        principal: None,
        effect: "Allow".to_owned(),
        action: json!(actions),
        resource: json!(resources),
        condition: BTreeMap::new(),
    }
}
