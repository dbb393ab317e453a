use super::*;
use crate::plan::{OneOffCommands, Plan, Retry};
use proptest::prelude::*;

fn plan() -> Plan {
    let text = "application = \"a\"\ndeployment-group = \"g\"\ncluster = \"c\"\nservice = \"s\"\ncontainer = \"web\"\nport = 8000";
    Plan::parse(text, "greenlight.toml").unwrap()
}

fn web() -> Value {
    json!({
        "family": "django-webapp",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "1024",
        "memory": "2048",
        "containerDefinitions": [
            {"name": "log_router", "image": "fluent-bit", "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/log-router", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "firelens"}}},
            {"name": "web", "image": "app:1", "portMappings": [{"containerPort": 8000, "protocol": "tcp"}],
             "secrets": [{"name": "A", "valueFrom": "arn:a"}, {"name": "B", "valueFrom": "arn:a"}],
             "logConfiguration": {"logDriver": "awsfirelens"}, "x-unknown": [1, 2]},
        ],
    })
}

fn definition(value: Value) -> TaskDefinition {
    TaskDefinition::from_value(value, "taskdef.json").unwrap()
}

/// `web()` with one member changed.
fn changed(key: &str, value: Value) -> TaskDefinition {
    let mut whole = web();
    whole[key] = value;
    definition(whole)
}

fn refused(definition: &TaskDefinition) -> String {
    check(definition, &plan()).expect_err("must be refused").to_string()
}

#[test]
fn a_right_one_passes() {
    check(&definition(web()), &plan()).unwrap();
}

#[test]
fn the_image_and_the_plan_go_to_the_named_container_and_nothing_else_changes() {
    let mut changed = definition(web());
    changed.set_image("web", "app:2").unwrap();
    changed.embed_plan("web", "v1.abc").unwrap();
    let mut expected = web();
    expected["containerDefinitions"][1]["image"] = json!("app:2");
    expected["containerDefinitions"][1]["dockerLabels"] = json!({"dev.greenlight.plan": "v1.abc"});
    assert_eq!(changed.to_json(), expected);
    assert_eq!(changed.image("log_router").unwrap(), Some("fluent-bit"));
    assert_eq!(changed.plan_label("web").unwrap(), Some("v1.abc"));
    assert_eq!(changed.plan_label("log_router").unwrap(), None);
}

#[test]
fn a_container_that_is_not_there_is_refused_with_those_that_are() {
    let message = definition(web()).set_image("wbe", "x").unwrap_err().to_string();
    assert_eq!(message, "taskdef.json: there is no container `wbe`; did you mean `web`?");
    let message = definition(web()).image("nginx").unwrap_err().to_string();
    assert_eq!(message, "taskdef.json: there is no container `nginx`; there are `log_router`, `web`");
}

#[test]
fn what_describe_adds_is_taken_out() {
    let mut described = web();
    for key in OUTPUT_ONLY {
        described[key] = json!("x");
    }
    assert_eq!(definition(described.clone()).to_json(), web());
    assert_eq!(definition(json!({"taskDefinition": described, "tags": []})).to_json(), web());
}

#[test]
fn logs_are_found() {
    let definition = definition(web());
    let Some(LogConfiguration::AwsLogs(logs)) = definition.log_configuration("log_router") else { panic!("awslogs") };
    assert_eq!(logs.group, "/ecs/log-router");
    assert_eq!(logs.stream("log_router", "0123").unwrap(), "firelens/log_router/0123");
    assert_eq!(definition.log_configuration("web"), Some(LogConfiguration::FireLens));
    assert_eq!(definition.log_configuration("none"), None);
    assert_eq!(definition.secrets(), ["arn:a"]);
}

#[test]
fn wrong_sizes_are_refused_with_the_valid_ones() {
    let cases = [
        (
            changed("memory", json!("1024")),
            "`memory`: Fargate has no task with 1024 CPU units and 1024 MiB; valid with 1024: 2048, 3072, 4096, 5120, 6144, 7168, 8192",
        ),
        (
            changed("cpu", json!("1000")),
            "`cpu`: Fargate has no task with 1000 CPU units; it has 256, 512, 1024, 2048, 4096, 8192, 16384",
        ),
        (changed("cpu", json!(1024)), "`cpu`: expected a text in quotes like \"1024\", not 1024"),
        (changed("cpu", json!("much")), "`cpu`: expected a text like \"1024\", not \"much\""),
        (changed("memory", Value::Null), "`memory`: is missing; Fargate needs it"),
        (changed("networkMode", json!("bridge")), "`networkMode`: expected \"awsvpc\""),
    ];
    for (definition, expected) in cases {
        let message = refused(&definition);
        assert!(message.starts_with("taskdef.json: ") && message.contains(expected), "{message}");
    }
}

#[test]
fn sizes_may_have_units() {
    let mut whole = web();
    whole["cpu"] = json!(".5 vCPU");
    whole["memory"] = json!("3 GB");
    check(&definition(whole), &plan()).unwrap();
    assert!(refused(&changed("cpu", json!(".3 vCPU"))).contains("`cpu`: expected"));
}

#[test]
fn a_task_outside_fargate_may_have_any_size() {
    let mut whole = web();
    whole["requiresCompatibilities"] = json!(["EC2"]);
    whole["cpu"] = json!("700");
    check(&definition(whole), &plan()).unwrap();
}

#[test]
fn the_port_must_be_mapped() {
    let mut whole = web();
    whole["containerDefinitions"][1]["portMappings"] = json!([{"containerPort": 80}]);
    let message = refused(&definition(whole));
    assert!(
        message.contains(
            "`containerDefinitions.web.portMappings`: expected containerPort 8000, the plan's `port`; it has 80"
        ),
        "{message}"
    );
}

#[test]
fn log_lines_that_nobody_can_read_are_refused() {
    let mut plan = plan();
    plan.migrate = Some(OneOffCommands {
        commands: vec![vec!["migrate".to_owned()]],
        timeout: OneOffCommands::TIMEOUT,
        retry: Some(Retry {
            times: 1,
            exit_codes: vec![],
            log_lines: vec!["lock timeout".to_owned()],
            wait: Retry::WAIT,
        }),
    });
    let message = check(&definition(web()), &plan).unwrap_err().to_string();
    assert!(
        message.contains("`containerDefinitions.web.logConfiguration`: the plan's `migrate.retry.log-lines` needs")
    );
    let mut whole = web();
    whole["containerDefinitions"][1]["logConfiguration"] = whole["containerDefinitions"][0]["logConfiguration"].clone();
    check(&definition(whole), &plan).unwrap();
}

#[test]
fn wrong_texts_are_refused_with_their_place() {
    let message = TaskDefinition::parse("{\n  \"family\": \"x\",\n}", "taskdef.json").unwrap_err().to_string();
    assert_eq!(message, "taskdef.json:3:1: not valid JSON: trailing comma");
    for text in [
        "[]",
        "{}",
        "{\"family\": \"x\", \"containerDefinitions\": []}",
        "{\"family\": \"x\", \"containerDefinitions\": [{}]}",
    ] {
        let message = TaskDefinition::parse(text, "taskdef.json").unwrap_err().to_string();
        assert!(message.starts_with("taskdef.json: "), "{message}");
    }
}

#[test]
fn fargate_has_as_many_pairs_as_aws_prints() {
    assert_eq!(Fargate::all().map(|size| size.memory().len()).collect::<Vec<_>>(), [3, 4, 7, 13, 23, 12, 12]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,100}", cpu in "\\PC{0,12}") {
        let _ = TaskDefinition::parse(&text, "x");
        let _ = check(&changed("cpu", json!(cpu)), &plan());
        let _ = check(&changed("containerDefinitions", json!([{"name": "web", "portMappings": cpu}])), &plan());
    }
}
