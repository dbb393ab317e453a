//! What each role may do: least privilege, as the stage evaluates it.

use super::Rehearsal;
use super::names::{arn, role_arn};
use greenlight_world::{Policy, Role, Statement};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Every role of the stack.
pub(crate) fn roles(rehearsal: &Rehearsal) -> Vec<Role> {
    let settle = Rehearsal::function_arn(&rehearsal.settle_function());
    let migrate = Rehearsal::function_arn(&rehearsal.migrate_function());
    vec![
        role(&migrate_role(rehearsal), "ASIAMIGRATE", migrate_statements(rehearsal)),
        role(&settle_role(rehearsal), "ASIASETTLE", settle_statements(rehearsal)),
        role(
            &rehearsal.scheduler_role(),
            "ASIASCHEDULER",
            vec![allow(&["lambda:InvokeFunction"], std::slice::from_ref(&settle))],
        ),
        role(&code_deploy_role(rehearsal), "ASIACODEDEPLOY", code_deploy_statements(&migrate)),
    ]
}

/// The role of `migrate`.
pub(crate) fn migrate_role(rehearsal: &Rehearsal) -> String {
    format!("{}-migrate", rehearsal.install)
}

/// The role of `settle`.
pub(crate) fn settle_role(rehearsal: &Rehearsal) -> String {
    format!("{}-settle", rehearsal.install)
}

/// `CodeDeploy`'s service role.
pub(crate) fn code_deploy_role(rehearsal: &Rehearsal) -> String {
    format!("{}-codedeploy", rehearsal.install)
}

fn migrate_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let mut statements = one_off_statements(rehearsal);
    statements.push(allow(&["lambda:InvokeFunction"], &[Rehearsal::function_arn(&rehearsal.settle_function())]));
    statements
}

fn settle_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    one_off_statements(rehearsal)
}

/// What both need who start, watch and end one-off tasks of a deployment: `settle` starts the next command and the next attempt.
fn one_off_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let plan = &rehearsal.plan;
    let cluster = rehearsal.cluster_arn();
    let in_cluster = ("ArnEquals", "ecs:cluster", cluster.as_str());
    let tasks = arn("ecs", &format!("task/{}/*", plan.cluster));
    let family = arn("ecs", &format!("task-definition/{}:*", rehearsal.family()));
    let deployment_group =
        arn("codedeploy", &format!("deploymentgroup:{}/{}", plan.application, plan.deployment_group));
    let mut statements = vec![
        allow(
            &[
                "codedeploy:GetDeployment",
                "codedeploy:GetDeploymentGroup",
                "codedeploy:GetDeploymentTarget",
                "codedeploy:ListDeploymentTargets",
                "codedeploy:PutLifecycleEventHookExecutionStatus",
            ],
            &[deployment_group],
        ),
        allow(
            &["codedeploy:GetApplicationRevision"],
            &[arn("codedeploy", &format!("application:{}", plan.application))],
        ),
        // ECS knows no resource for reading a task definition
        allow(&["ecs:DescribeTaskDefinition"], &["*".to_owned()]),
        allow(&["ecs:DescribeServices"], &[arn("ecs", &format!("service/{}/{}", plan.cluster, plan.service))]),
        when(allow(&["ecs:RunTask"], &[family]), in_cluster),
        when(allow(&["ecs:DescribeTasks", "ecs:StopTask"], std::slice::from_ref(&tasks)), in_cluster),
        when(allow(&["ecs:ListTasks"], &["*".to_owned()]), in_cluster),
        when(allow(&["ecs:TagResource"], &[tasks]), ("StringEquals", "ecs:CreateAction", "RunTask")),
        allow(
            &["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule"],
            &[arn("scheduler", &format!("schedule/{}/*", rehearsal.schedule_group()))],
        ),
        when(
            allow(&["iam:PassRole"], &[role_arn(&rehearsal.scheduler_role())]),
            ("StringEquals", "iam:PassedToService", "scheduler.amazonaws.com"),
        ),
        allow(&["sns:Publish"], &[rehearsal.topic_arn()]),
    ];
    let passed = rehearsal.task_roles();
    if !passed.is_empty() {
        statements.push(when(
            allow(&["iam:PassRole"], &passed),
            ("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"),
        ));
    }
    let groups: Vec<String> =
        rehearsal.log_groups().iter().map(|group| arn("logs", &format!("log-group:{group}:*"))).collect();
    if !groups.is_empty() {
        statements.push(allow(&["logs:GetLogEvents"], &groups));
    }
    statements
}

/// The managed policy `AWSCodeDeployRoleForECSLimited`, with the hooks' own functions in place of its wildcard.
fn code_deploy_statements(hook: &str) -> Vec<Statement> {
    vec![
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
        allow(&["lambda:InvokeFunction"], &[hook.to_owned()]),
        when(
            allow(&["iam:PassRole"], &["*".to_owned()]),
            ("StringLike", "iam:PassedToService", "ecs-tasks.amazonaws.com"),
        ),
    ]
}

fn role(name: &str, access_key: &str, statement: Vec<Statement>) -> Role {
    Role {
        name: name.to_owned(),
        access_key: access_key.to_owned(),
        policies: vec![Policy { version: Some("2012-10-17".to_owned()), statement }],
    }
}

fn allow(actions: &[&str], resources: &[String]) -> Statement {
    Statement {
        sid: None,
        effect: "Allow".to_owned(),
        action: json!(actions),
        resource: json!(resources),
        condition: BTreeMap::new(),
    }
}

fn when(mut statement: Statement, (operator, key, value): (&str, &str, &str)) -> Statement {
    statement.condition.entry(operator.to_owned()).or_default().insert(key.to_owned(), Value::String(value.to_owned()));
    statement
}
