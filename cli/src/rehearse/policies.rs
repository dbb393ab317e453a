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

/// `migrate` finds out what is deployed, and starts the first command.
fn migrate_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let plan = &rehearsal.plan;
    let service = arn("ecs", &format!("service/{}/{}", plan.cluster, plan.service));
    let mut statements = one_off_statements(rehearsal);
    statements.extend([
        allow(
            &["codedeploy:GetApplicationRevision"],
            &[arn("codedeploy", &format!("application:{}", plan.application))],
        ),
        allow(&["ecs:DescribeServices"], &[service]),
        // its failure destination
        allow(&["lambda:InvokeFunction"], &[Rehearsal::function_arn(&rehearsal.settle_function())]),
    ]);
    statements
}

/// `settle` reads what is remembered of a task, stops it or reads its log, and starts the next command or attempt.
fn settle_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let mut statements = one_off_statements(rehearsal);
    statements.push(allow(&["scheduler:GetSchedule"], &[schedules(rehearsal)]));
    let cluster = rehearsal.cluster_arn();
    statements.push(when(allow(&["ecs:StopTask"], &[tasks(rehearsal)]), ("ArnEquals", "ecs:cluster", &cluster)));
    let groups: Vec<String> =
        rehearsal.log_groups().iter().map(|group| arn("logs", &format!("log-group:{group}:*"))).collect();
    if !groups.is_empty() {
        statements.push(allow(&["logs:GetLogEvents"], &groups));
    }
    statements
}

/// What both need: each starts tasks behind their deadlines, looks for them, and reports verdicts.
fn one_off_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let plan = &rehearsal.plan;
    let cluster = rehearsal.cluster_arn();
    let in_cluster = ("ArnEquals", "ecs:cluster", cluster.as_str());
    let family = arn("ecs", &format!("task-definition/{}:*", rehearsal.family()));
    let deployment_group =
        arn("codedeploy", &format!("deploymentgroup:{}/{}", plan.application, plan.deployment_group));
    let mut statements = vec![
        allow(
            &[
                "codedeploy:GetDeployment",
                "codedeploy:GetDeploymentTarget",
                "codedeploy:ListDeploymentTargets",
                "codedeploy:PutLifecycleEventHookExecutionStatus",
            ],
            &[deployment_group],
        ),
        // ECS knows no resource for reading a task definition
        allow(&["ecs:DescribeTaskDefinition"], &["*".to_owned()]),
        when(allow(&["ecs:RunTask"], &[family]), in_cluster),
        when(allow(&["ecs:DescribeTasks"], &[tasks(rehearsal)]), in_cluster),
        when(allow(&["ecs:ListTasks"], &["*".to_owned()]), in_cluster),
        allow(&["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], &[schedules(rehearsal)]),
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
    statements
}

fn tasks(rehearsal: &Rehearsal) -> String {
    arn("ecs", &format!("task/{}/*", rehearsal.plan.cluster))
}

fn schedules(rehearsal: &Rehearsal) -> String {
    arn("scheduler", &format!("schedule/{}/*", rehearsal.schedule_group()))
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
