//! What each role may do: least privilege, as the stage evaluates it.

use super::Rehearsal;
use super::hooks::{HOOKS, Hook, smoke_tests_are_left};
use super::names::{arn, role_arn};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::{Alarms, Finish, Targets, WarmUp};
use greenlight_domain::task_definition::TaskDefinition;
use greenlight_world::{Policy, Role, Statement};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every role of the stack.
pub(crate) fn roles(rehearsal: &Rehearsal) -> Vec<Role> {
    let settle = Rehearsal::function_arn(&rehearsal.settle_function());
    let hook = |hook: Hook| {
        let key = format!("ASIA{}", hook.part.replace('-', "").to_uppercase());
        role(&hook_role(rehearsal, &hook), &key, hook_statements(rehearsal, &hook))
    };
    let mut roles: Vec<Role> = HOOKS.into_iter().map(hook).collect();
    roles.extend([
        role(&settle_role(rehearsal), "ASIASETTLE", settle_statements(rehearsal)),
        role(
            &rehearsal.scheduler_role(),
            "ASIASCHEDULER",
            vec![allow(&["lambda:InvokeFunction"], std::slice::from_ref(&settle))],
        ),
        role(&code_deploy_role(rehearsal), "ASIACODEDEPLOY", code_deploy_statements(rehearsal)),
    ]);
    roles
}

/// The role of a hook's function.
pub(crate) fn hook_role(rehearsal: &Rehearsal, hook: &Hook) -> String {
    format!("{}-{}", rehearsal.install, hook.part)
}

/// The role of `settle`.
pub(crate) fn settle_role(rehearsal: &Rehearsal) -> String {
    format!("{}-settle", rehearsal.install)
}

/// `CodeDeploy`'s service role.
pub(crate) fn code_deploy_role(rehearsal: &Rehearsal) -> String {
    format!("{}-codedeploy", rehearsal.install)
}

/// What the plan makes a hook do, and nothing else.
fn hook_statements(rehearsal: &Rehearsal, hook: &Hook) -> Vec<Statement> {
    let plan = &rehearsal.plan;
    let mut statements = release_statements(rehearsal);
    if plan.one_off(hook.lifecycle_event).is_some() {
        statements.extend(one_off_statements(rehearsal));
    }
    match hook.lifecycle_event {
        LifecycleEvent::AfterInstall => {
            if let Some(WarmUp::Requests(requests)) = &plan.warm_up {
                statements.extend(task_statements(rehearsal));
                statements.extend(secret_statements(requests.secrets()));
            }
        }
        LifecycleEvent::AfterAllowTestTraffic if !plan.smoke_tests.is_empty() => {
            statements.extend(test_listener_statements(rehearsal));
            statements.extend(secret_statements(plan.smoke_test_secrets()));
        }
        LifecycleEvent::BeforeAllowTraffic => {
            statements.extend(validate_statements(rehearsal));
            if smoke_tests_are_left(plan) {
                statements.extend(task_statements(rehearsal));
                statements.extend(secret_statements(plan.smoke_test_secrets()));
            }
        }
        LifecycleEvent::AfterAllowTraffic => {
            if let Some(finish) = &plan.finish {
                statements.extend(worker_statements(rehearsal, finish));
            }
        }
        _ => {}
    }
    statements
}

/// What every hook needs: it finds out what is deployed, and reports its verdict.
fn release_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let plan = &rehearsal.plan;
    let mut statements = deployment_statements(rehearsal);
    statements.extend([
        revision_statement(rehearsal),
        allow(&["ecs:DescribeServices"], &[service(rehearsal, &plan.service)]),
        // its failure destination
        allow(&["lambda:InvokeFunction"], &[Rehearsal::function_arn(&rehearsal.settle_function())]),
    ]);
    statements
}

/// Reading a deployment's `AppSpec`.
fn revision_statement(rehearsal: &Rehearsal) -> Statement {
    let application = arn("codedeploy", &format!("application:{}", rehearsal.plan.application));
    allow(&["codedeploy:GetApplicationRevision"], &[application])
}

/// Looking for green's tasks.
fn task_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let cluster = rehearsal.cluster_arn();
    let in_cluster = ("ArnEquals", "ecs:cluster", cluster.as_str());
    vec![
        when(allow(&["ecs:DescribeTasks"], &[tasks(rehearsal)]), in_cluster),
        when(allow(&["ecs:ListTasks"], &["*".to_owned()]), in_cluster),
    ]
}

/// Finding out where the test listener is, unless the plan says.
fn test_listener_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    if rehearsal.plan.smoke_test_defaults.base_url.is_some() {
        return Vec::new();
    }
    vec![
        allow(&["codedeploy:GetDeploymentGroup"], &[deployment_group(rehearsal)]),
        // Elastic Load Balancing knows no resource for describing
        allow(
            &["elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers"],
            &["*".to_owned()],
        ),
    ]
}

/// Looking at alarms, targets and metrics, as far as the plan wants it.
fn validate_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let Some(validate) = &rehearsal.plan.validate else { return Vec::new() };
    let mut statements = Vec::new();
    let mut describing = Vec::new();
    if validate.alarms == Alarms::NoneInAlarm {
        statements.push(allow(&["codedeploy:GetDeploymentGroup"], &[deployment_group(rehearsal)]));
        if !rehearsal.script.alarms.is_empty() {
            statements.push(allow(&["cloudwatch:DescribeAlarms"], &[arn("cloudwatch", "alarm:*")]));
        }
    }
    if validate.targets == Targets::AllHealthy {
        describing.push("elasticloadbalancing:DescribeTargetHealth");
    }
    if !validate.metrics.is_empty() {
        describing.extend(["elasticloadbalancing:DescribeTargetGroups", "cloudwatch:GetMetricData"]);
        if validate.alarms == Alarms::Ignore {
            statements.push(allow(&["codedeploy:GetDeploymentGroup"], &[deployment_group(rehearsal)]));
        }
    }
    if !describing.is_empty() {
        statements.push(allow(&describing, &["*".to_owned()]));
    }
    statements
}

/// Giving worker services the new image: a new revision of their task definitions, with the roles that these name.
fn worker_statements(rehearsal: &Rehearsal, finish: &Finish) -> Vec<Statement> {
    let services: Vec<String> = finish.services.iter().map(|worker| service(rehearsal, &worker.service)).collect();
    if services.is_empty() {
        return Vec::new();
    }
    let mut statements = vec![
        allow(&["ecs:DescribeServices", "ecs:UpdateService"], &services),
        allow(&["ecs:RegisterTaskDefinition"], &["*".to_owned()]),
    ];
    statements.extend(pass_roles(rehearsal.workers.iter().map(|worker| &worker.task_definition)));
    statements
}

/// Reading the secrets that the plan refers to.
fn secret_statements<'a>(arns: impl IntoIterator<Item = &'a str>) -> Vec<Statement> {
    let (parameters, secrets): (Vec<&str>, Vec<&str>) =
        arns.into_iter().partition(|arn| arn.split(':').nth(2) == Some("ssm"));
    // behind the seventh part stand the key and the version that are read
    let whole = |arn: &&str| arn.split(':').take(7).collect::<Vec<_>>().join(":");
    let groups = [
        ("ssm:GetParameter", parameters.iter().map(|arn| (*arn).to_owned()).collect::<Vec<_>>()),
        ("secretsmanager:GetSecretValue", secrets.iter().map(whole).collect()),
    ];
    let there = groups.into_iter().filter(|(_, arns)| !arns.is_empty());
    there.map(|(action, arns)| allow(&[action], &arns)).collect()
}

/// `settle` reads what is remembered of a task, stops it or reads its log, and starts the next command or attempt.
fn settle_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let mut statements = deployment_statements(rehearsal);
    statements.extend(one_off_statements(rehearsal));
    statements.push(allow(&["scheduler:GetSchedule"], &[schedules(rehearsal)]));
    if rehearsal.plan.finish.is_some() {
        // what the failure of a `finish` that died means, is in the plan
        statements.push(revision_statement(rehearsal));
    }
    let cluster = rehearsal.cluster_arn();
    statements.push(when(allow(&["ecs:StopTask"], &[tasks(rehearsal)]), ("ArnEquals", "ecs:cluster", &cluster)));
    let groups: Vec<String> =
        rehearsal.log_groups().iter().map(|group| arn("logs", &format!("log-group:{group}:*"))).collect();
    if !groups.is_empty() {
        statements.push(allow(&["logs:GetLogEvents"], &groups));
    }
    statements
}

/// What every function needs that reports verdicts.
fn deployment_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    vec![
        allow(
            &[
                "codedeploy:GetDeployment",
                "codedeploy:GetDeploymentTarget",
                "codedeploy:ListDeploymentTargets",
                "codedeploy:PutLifecycleEventHookExecutionStatus",
            ],
            &[deployment_group(rehearsal)],
        ),
        // ECS knows no resource for reading a task definition
        allow(&["ecs:DescribeTaskDefinition"], &["*".to_owned()]),
        allow(&["sns:Publish"], &[rehearsal.topic_arn()]),
    ]
}

/// Starting one-off tasks behind their deadlines, and looking for them.
fn one_off_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let cluster = rehearsal.cluster_arn();
    let family = arn("ecs", &format!("task-definition/{}:*", rehearsal.family()));
    let mut statements = task_statements(rehearsal);
    statements.extend([
        when(allow(&["ecs:RunTask"], &[family]), ("ArnEquals", "ecs:cluster", &cluster)),
        allow(&["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], &[schedules(rehearsal)]),
        when(
            allow(&["iam:PassRole"], &[role_arn(&rehearsal.scheduler_role())]),
            ("StringEquals", "iam:PassedToService", "scheduler.amazonaws.com"),
        ),
    ]);
    statements.extend(pass_roles([&rehearsal.task_definition]));
    statements
}

/// Handing a task the roles that its definition names.
fn pass_roles<'a>(definitions: impl IntoIterator<Item = &'a TaskDefinition>) -> Option<Statement> {
    let passed: BTreeSet<&str> = definitions.into_iter().flat_map(TaskDefinition::roles).collect();
    let passed: Vec<String> = passed.into_iter().map(str::to_owned).collect();
    let condition = ("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com");
    (!passed.is_empty()).then(|| when(allow(&["iam:PassRole"], &passed), condition))
}

fn deployment_group(rehearsal: &Rehearsal) -> String {
    let plan = &rehearsal.plan;
    arn("codedeploy", &format!("deploymentgroup:{}/{}", plan.application, plan.deployment_group))
}

fn service(rehearsal: &Rehearsal, name: &str) -> String {
    arn("ecs", &format!("service/{}/{name}", rehearsal.plan.cluster))
}

fn tasks(rehearsal: &Rehearsal) -> String {
    arn("ecs", &format!("task/{}/*", rehearsal.plan.cluster))
}

fn schedules(rehearsal: &Rehearsal) -> String {
    arn("scheduler", &format!("schedule/{}/*", rehearsal.schedule_group()))
}

/// The managed policy `AWSCodeDeployRoleForECSLimited`, with the hooks' own functions in place of its wildcard.
fn code_deploy_statements(rehearsal: &Rehearsal) -> Vec<Statement> {
    let hooks: Vec<String> = HOOKS.iter().map(|hook| Rehearsal::function_arn(&rehearsal.hook_function(hook))).collect();
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
        allow(&["lambda:InvokeFunction"], &hooks),
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
        principal: None,
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
