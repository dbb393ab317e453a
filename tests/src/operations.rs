//! The table of the stage's operations in `docs/operations.md`, and who calls them.

use crate::shop;
use greenlight::rehearse::hooks::{HOOKS, LAUNCH_JOB, NOTIFY, ROLLBACK, SETTLE};
use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_world::{Setup, operations};
use serde_json::Value;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/operations.md");

/// Who calls, as the page says it.
fn told(callers: &[&str]) -> String {
    let hooks: Vec<&str> = HOOKS.iter().map(|hook| hook.part).collect();
    let mut rest: Vec<&str> = callers.to_vec();
    let mut told = Vec::new();
    let functions: Vec<&str> = hooks.iter().copied().chain([SETTLE, ROLLBACK]).collect();
    for (group, name) in [(functions, "every function"), (hooks, "every hook")] {
        if group.iter().all(|one| rest.contains(one)) {
            told.push(name.to_owned());
            rest.retain(|one| !group.contains(one));
        }
    }
    told.extend(rest.iter().map(|caller| match *caller {
        "tests" => "the tests only".to_owned(),
        caller => format!("`{}`", caller.strip_prefix("guide: ").unwrap_or(caller)),
    }));
    told.join(", ")
}

#[test]
fn the_page_has_every_operation_and_its_callers() {
    let rows: Vec<String> = PAGE
        .split("\n## Errors of CodeDeploy")
        .next()
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split(" | ").take(2).collect::<Vec<_>>().join(" | "))
        .collect();
    let expected: Vec<String> =
        operations().map(|(_, name, callers)| format!("| `{name}` | {}", told(callers))).collect();
    assert_eq!(rows, expected, "a row of docs/operations.md begins with an operation and its callers");
}

#[test]
fn every_operation_has_callers_and_each_is_named_once() {
    for (service, name, callers) in operations() {
        assert!(!callers.is_empty(), "{service}:{name}: an operation without a caller does not belong here");
        assert_eq!(callers.iter().collect::<BTreeSet<_>>().len(), callers.len(), "{service}:{name}");
    }
}

/// Plans that make the functions do all that they can do.
const EVERYTHING: [&str; 2] = [
    r#"
[migrate]
command = ["shop", "migrate"]
[warm-up]
command = ["shop", "count"]
[[smoke-test]]
name = "health"
get = "/health"
headers = { X-Key = { secret = "arn:aws:ssm:us-east-1:123456789012:parameter/key" }, X-Token = { secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" } }
[validate]
[[validate.metric]]
name = "errors"
namespace = "AWS/ApplicationELB"
metric = "HTTPCode_Target_5XX_Count"
dimensions = { TargetGroup = "{green-target-group}" }
statistic = "Sum"
below = 1
missing = "pass"
[finish]
command = ["shop", "count"]
"#,
    r#"
[warm-up]
paths = ["/"]
headers = { X-Key = { secret = "arn:aws:ssm:us-east-1:123456789012:parameter/key" }, X-Token = { secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" } }
[[smoke-test]]
name = "health"
get = "/health"
headers = { X-Key = { secret = "arn:aws:ssm:us-east-1:123456789012:parameter/key" }, X-Token = { secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" } }
"#,
];

const SECRETS: &str = r#"
[rehearsal.secrets]
"arn:aws:ssm:us-east-1:123456789012:parameter/key" = "k"
"arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" = "t"
"#;

fn rehearsals() -> Vec<Rehearsal> {
    let service = "arn:aws:ecs:us-east-1:123456789012:service/production-cluster/shop-web";
    let parameters = [("ServiceArns".to_owned(), service.to_owned())].into();
    let options = Options { parameters, ..Options::default() };
    let [first, second] = EVERYTHING.map(|plan| format!("{plan}{SECRETS}"));
    let mut rehearsals = vec![Rehearsal::built_in(&options).unwrap(), shop::rehearsal(&first, &options)];
    let mut without_listener = shop::rehearsal(&second, &options);
    without_listener.script.test_listener = false;
    without_listener.plan.rehearsal.as_mut().unwrap().test_listener = false;
    rehearsals.push(without_listener);
    rehearsals
}

/// Nobody calls these here: some are asked of callers of others, some Lambda needs for logs and for what it gives up,
/// and the stage has no keys.
const NO_OPERATIONS: [&str; 10] = [
    "codedeploy:GetDeploymentConfig",
    "codedeploy:RegisterApplicationRevision",
    "codedeploy:UpdateDeploymentGroup",
    "ecs:TagResource",
    "iam:PassRole",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "lambda:InvokeFunction",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// The actions that a function's role allows in any of the plans.
fn allowed(part: &str) -> BTreeSet<String> {
    let mut actions = BTreeSet::new();
    for rehearsal in rehearsals() {
        let roles = setup(&rehearsal, Setup::EPOCH, 1.0).stack.roles;
        let role = roles.into_iter().find(|role| role.name == rehearsal.function_role(part)).unwrap();
        for statement in role.policies.into_iter().flat_map(|policy| policy.statement) {
            match statement.action {
                Value::Array(several) => actions.extend(several.iter().map(|one| one.as_str().unwrap().to_owned())),
                one => actions.extend(one.as_str().map(str::to_owned)),
            }
        }
    }
    actions.retain(|action| !NO_OPERATIONS.contains(&action.as_str()));
    actions
}

#[test]
fn the_functions_that_call_are_those_that_may() {
    for part in HOOKS.iter().map(|hook| hook.part).chain([SETTLE, ROLLBACK, LAUNCH_JOB, NOTIFY]) {
        let calls: BTreeSet<String> = operations()
            .filter(|(_, _, callers)| callers.contains(&part))
            // no rehearsal has its AppSpec in a bucket
            .filter(|(service, ..)| *service != "s3")
            .map(|(service, name, _)| format!("{service}:{name}"))
            .collect();
        assert_eq!(calls, allowed(part), "CALLERS on the left, the policy of {part} on the right");
    }
}
