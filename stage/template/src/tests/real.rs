//! The template of this repository.

use super::deployment;
use crate::{Deployed, Deployment, Template};
use greenlight_world::{Setup, Stack};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

const TEXT: &str = include_str!("../../../../template.yaml");
const GROUP: &str = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:shop/production";
const APPLICATION: &str = "arn:aws:codedeploy:us-east-1:123456789012:application:shop";
const SERVICE: &str = "arn:aws:ecs:us-east-1:123456789012:service/production/web";
const REQUIRED: [(&str, &str); 2] = [
    ("ClusterArns", "arn:aws:ecs:us-east-1:123456789012:cluster/production"),
    ("PassableRoleArns", "arn:aws:iam::123456789012:role/task, arn:aws:iam::123456789012:role/execution"),
];

#[track_caller]
fn deploy(deployment: &Deployment) -> Deployed {
    let template = Template::parse(TEXT, "template.yaml").unwrap_or_else(|error| panic!("{error}"));
    template.deploy(deployment).unwrap_or_else(|error| panic!("{error}"))
}

/// For a team with `CodeDeploy`.
fn with(more: &[(&str, &str)]) -> Deployed {
    let own = [("ApplicationArns", APPLICATION), ("DeploymentGroupArns", GROUP)];
    deploy(&deployment(&[&REQUIRED, own.as_slice(), more].concat()))
}

#[track_caller]
fn check(deployed: &Deployed) {
    assert_eq!(Setup { stack: deployed.stack.clone(), ..Setup::empty() }.check(), Ok(()));
}

fn line(deployed: &Deployed, owner: &str, action: &str) -> usize {
    let statement = deployed.statements.iter().find(|statement| {
        statement.owner.starts_with(owner) && statement.actions.iter().any(|place| place.action == action)
    });
    let statement = statement.unwrap_or_else(|| panic!("{owner} has no {action}"));
    statement.actions.iter().find(|place| place.action == action).unwrap().place.line
}

#[test]
fn it_becomes_a_stack_that_the_world_takes() {
    let deployed = with(&[]);
    check(&deployed);
    let stack = &deployed.stack;
    let names: Vec<&str> = stack.functions.iter().map(|function| function.name.as_str()).collect();
    assert!(names.contains(&"CodeDeployHook_app-migrate") && names.contains(&"app-settle"), "{names:?}");
    let settle = stack.functions.iter().find(|function| function.name == "app-settle").unwrap();
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:app-settle";
    assert_eq!(settle.environment["GREENLIGHT_SETTLE_ARN"], arn);
    assert_eq!(settle.log_group, "/greenlight/app");
    assert_eq!(settle.reserved_concurrency, Some(5));
    assert_eq!(settle.on_failure.as_deref(), Some("arn:aws:sqs:us-east-1:123456789012:app-dead-letters"));
    let migrate = stack.functions.iter().find(|function| function.name.ends_with("-migrate")).unwrap();
    assert_eq!(migrate.on_failure.as_deref(), Some(arn));
    assert_eq!(migrate.maximum_event_age, Duration::from_mins(15));
    assert!(migrate.role.starts_with("app-MigrateRole-"), "{}", migrate.role);
    assert_eq!(stack.rules[0].targets[0].arn, arn);
    assert_eq!(stack.rules[0].targets[0].dead_letters, settle.on_failure);
    assert_eq!(stack.rules[0].pattern["detail"]["startedBy"][0]["prefix"], "app/");
    assert_eq!(stack.schedule_groups, ["app"]);
    assert_eq!(deployed.outputs["BeforeInstall"], "CodeDeployHook_app-migrate");
    let binaries: Vec<&str> = deployed.functions.iter().filter_map(|function| function.binary.as_deref()).collect();
    assert_eq!(binaries.len(), names.len());
}

#[test]
fn every_action_has_its_line() {
    let deployed = with(&[]);
    for statement in &deployed.statements {
        for action in &statement.actions {
            let written = TEXT.lines().nth(action.place.line - 1).unwrap();
            // those that SAM writes stand at what they are made of
            let generated = statement.owner.starts_with("arn:aws:lambda:");
            assert!(generated || written.contains(&action.action), "{}: {written}", action.action);
        }
    }
    let stop = line(&deployed, "app-SettleRole-", "ecs:StopTask");
    assert!(TEXT.lines().nth(stop - 1).unwrap().contains("ecs:StopTask"));
    for role in &deployed.stack.roles {
        for (policy, written) in role.policies.iter().enumerate() {
            for (statement, written) in written.statement.iter().enumerate() {
                let found = deployed.statements.iter().filter(|place| {
                    (place.owner.as_str(), place.policy, place.statement) == (&role.name, policy, statement)
                });
                assert_eq!(found.map(|place| &place.sid).collect::<Vec<_>>(), [&written.sid]);
            }
        }
    }
}

#[test]
fn every_parameter_can_be_given() {
    let deployed = with(&[
        ("ServiceArns", SERVICE),
        ("WorkerServiceArns", "arn:aws:ecs:us-east-1:123456789012:service/production/worker"),
        ("ParameterArns", "arn:aws:ssm:us-east-1:123456789012:parameter/shop/key"),
        ("SecretArns", "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-abcdef"),
        ("KeyArns", "arn:aws:kms:us-east-1:123456789012:key/1"),
        ("RevisionObjectArns", "arn:aws:s3:::revisions/*"),
        ("NotificationEmail", "team@example.com"),
        ("SettleConcurrency", "0"),
        ("VpcSubnetIds", "subnet-1,subnet-2"),
        ("VpcSecurityGroupIds", "sg-1"),
    ]);
    check(&deployed);
    line(&deployed, "app-WarmUpRole-", "ssm:GetParameter");
    line(&deployed, "app-SmokeTestRole-", "ec2:CreateNetworkInterface");
    line(&deployed, "app-FinishRole-", "ecs:UpdateService");
    line(&deployed, "app-RollbackRole-", "ecs:UpdateService");
    let settle = deployed.stack.functions.iter().find(|function| function.name == "app-settle").unwrap();
    assert_eq!(settle.reserved_concurrency, None);
}

/// Every name that has to be unique in an account and region.
fn names(stack: &Stack) -> BTreeSet<String> {
    let functions = stack.functions.iter().flat_map(|function| [&function.name, &function.log_group]);
    let roles = stack.roles.iter().flat_map(|role| [&role.name, &role.access_key]);
    let alarms = stack.alarms.iter().map(|alarm| &alarm.name);
    let arns = stack.queues.iter().map(|queue| &queue.arn).chain(stack.topics.iter().map(|topic| &topic.arn));
    let of_rules = stack.rules.iter().map(|rule| &rule.name);
    functions.chain(roles).chain(alarms).chain(arns).chain(of_rules).chain(&stack.schedule_groups).cloned().collect()
}

#[test]
fn two_stacks_side_by_side_share_no_name() {
    let first = with(&[]);
    let second = deploy(&Deployment { stack_name: "other".to_owned(), ..deployment(&REQUIRED) });
    let shared: Vec<String> = names(&first.stack).intersection(&names(&second.stack)).cloned().collect();
    assert_eq!(shared, Vec::<String>::new());
    assert_eq!(names(&first.stack), names(&with(&[]).stack), "names are the same every time");
}

#[test]
fn a_stack_name_of_32_characters_will_do() {
    deploy(&Deployment { stack_name: "a".repeat(32), ..deployment(&REQUIRED) });
}

#[test]
fn parameters_without_a_default_are_asked_for() {
    let template = Template::parse(TEXT, "template.yaml").unwrap();
    let error = template.deploy(&deployment(&REQUIRED[1..])).unwrap_err().to_string();
    let line = TEXT.lines().position(|line| line == "  ClusterArns:").unwrap() + 1;
    assert!(error.starts_with(&format!("template.yaml:{line}: the parameter ClusterArns has no default")), "{error}");
    assert!(error.contains("give ClusterArns: ARNs of ECS clusters"), "{error}");
    let required = template.parameters().iter().filter(|parameter| parameter.default.is_none());
    assert_eq!(required.count(), REQUIRED.len());
}

/// Who deploys need not be `CodeDeploy`: what there is not, no statement names.
#[test]
fn a_team_may_have_services_or_deployment_groups_alone() {
    let groups = [("ApplicationArns", APPLICATION), ("DeploymentGroupArns", GROUP)];
    let services = [("ServiceArns", SERVICE)];
    for (parameters, service, has) in [
        (groups.as_slice(), "codedeploy", true),
        (groups.as_slice(), "ecs:StopServiceDeployment", false),
        (services.as_slice(), "codedeploy", false),
        (services.as_slice(), "ecs:StopServiceDeployment", true),
        (&[], "codedeploy", false),
        (&[], "ecs:StopServiceDeployment", false),
    ] {
        let deployed = deploy(&deployment(&[&REQUIRED, parameters].concat()));
        check(&deployed);
        let mut actions = deployed.statements.iter().flat_map(|statement| &statement.actions);
        assert_eq!(actions.any(|place| place.action.starts_with(service)), has, "{parameters:?} {service}");
        for statement in
            deployed.stack.roles.iter().flat_map(|role| &role.policies).flat_map(|policy| &policy.statement)
        {
            let resource = &statement.resource;
            assert!(*resource != "" && *resource != json!([]) && *resource != json!([""]), "{statement:?}");
        }
    }
}
