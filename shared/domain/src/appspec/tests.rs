use super::*;
use proptest::prelude::*;
use serde_json::json;

const ARN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/django-webapp:16";

const YAML: &str = r#"version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/django-webapp:16"
        LoadBalancerInfo:
          ContainerName: "web"
          ContainerPort: 8000
        PlatformVersion: "1.4.0"
        NetworkConfiguration:
          AwsvpcConfiguration:
            Subnets: ["subnet-1", "subnet-2"]
            SecurityGroups: ["sg-1"]
            AssignPublicIp: "DISABLED"
        CapacityProviderStrategy:
          - Base: 1
            CapacityProvider: "FARGATE"
            Weight: 2
Hooks:
  - BeforeInstall: "greenlight-migrate"
  - AfterAllowTraffic: "arn:aws:lambda:us-east-1:123456789012:function:finish"
"#;

fn whole() -> AppSpec {
    AppSpec {
        task_definition: ARN.to_owned(),
        container_name: "web".to_owned(),
        container_port: 8000,
        platform_version: Some("1.4.0".to_owned()),
        network_configuration: Some(NetworkConfiguration {
            subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            security_groups: vec!["sg-1".to_owned()],
            assign_public_ip: false,
        }),
        capacity_provider_strategy: vec![CapacityProviderStrategyItem {
            capacity_provider: "FARGATE".to_owned(),
            base: 1,
            weight: 2,
        }],
        hooks: vec![
            Hook { lifecycle_event: LifecycleEvent::BeforeInstall, function: "greenlight-migrate".to_owned() },
            Hook {
                lifecycle_event: LifecycleEvent::AfterAllowTraffic,
                function: "arn:aws:lambda:us-east-1:123456789012:function:finish".to_owned(),
            },
        ],
    }
}

fn refused(text: &str) -> String {
    AppSpec::parse(text).expect_err("must be refused").to_string()
}

#[test]
fn yaml_is_read() {
    assert_eq!(AppSpec::parse(YAML).unwrap(), whole());
    assert_eq!(whole().hook(LifecycleEvent::BeforeInstall), Some("greenlight-migrate"));
    assert_eq!(whole().hook(LifecycleEvent::AfterInstall), None);
}

#[test]
fn the_guides_json_is_read() {
    let text = format!(
        r#"
    {{
      "version": 1,
      "Resources": [{{
        "TargetService": {{
          "Type": "AWS::ECS::Service",
          "Properties": {{
            "TaskDefinition": "{ARN}",
            "LoadBalancerInfo": {{
              "ContainerName": "web",
              "ContainerPort": 8000
            }}
          }}
        }}
      }}]
    }}
"#
    );
    let appspec = AppSpec::parse(&text).unwrap();
    assert_eq!((appspec.container_name.as_str(), appspec.container_port), ("web", 8000));
    assert_eq!(appspec.hooks, []);
}

#[test]
fn json_may_be_indented_with_tabs() {
    let text = serde_json::to_string_pretty(&whole().to_json()).unwrap().replace("  ", "\t");
    assert_eq!(AppSpec::parse(&text).unwrap(), whole());
}

#[test]
fn keys_may_be_in_any_case() {
    let text =
        YAML.replace("Resources", "resources").replace("Hooks", "hooks").replace("TargetService", "targetService");
    let text = text.replace("ContainerName", "containerName").replace("BeforeInstall", "beforeInstall");
    assert_eq!(AppSpec::parse(&text).unwrap(), whole());
}

#[test]
fn every_way_to_write_the_version_is_known() {
    for version in ["0.0", "0", "1", "\"0.0\"", "'1'", "1.0"] {
        assert!(AppSpec::parse(&YAML.replace("version: 0.0", &format!("version: {version}"))).is_ok(), "{version}");
    }
    assert!(refused(&YAML.replace("0.0", "2")).contains("AppSpec:1:10: `version`: expected 0.0"));
    assert!(refused(&YAML.replace("version: 0.0\n", "")).contains("`version`: is missing"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        (
            "ContainerPort: 8000",
            "ContainerPort: \"8000\"",
            ":9:26: `Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort`: expected a whole number from 1 to 65535, not a text",
        ),
        ("ContainerPort: 8000", "ContainerPort: 0", "expected a number from 1 to 65535, not 0"),
        (
            "ContainerName",
            "ContainrName",
            ":8:11: `Resources[0].TargetService.Properties.LoadBalancerInfo.ContainrName`: unknown key; did you mean `ContainerName`?",
        ),
        ("AWS::ECS::Service", "AWS::Lambda::Function", ".Type`: expected AWS::ECS::Service, not AWS::Lambda::Function"),
        (ARN, "django-webapp:16", ".TaskDefinition`: expected the ARN that register-task-definition printed"),
        (ARN, "<TASK_DEFINITION>", ".TaskDefinition`: expected the ARN"),
        (
            "            SecurityGroups: [\"sg-1\"]\n",
            "",
            ".SecurityGroups`: is missing; add CodeDeploy takes Subnets, SecurityGroups and AssignPublicIp together",
        ),
        ("DISABLED", "false", "expected ENABLED or DISABLED, not \"false\""),
        (
            "BeforeInstall",
            "BeforeInstal",
            ":21:5: `Hooks[0].BeforeInstal`: unknown lifecycle event; did you mean `BeforeInstall`?",
        ),
        ("BeforeInstall", "Install", "`Hooks[0].Install`: is CodeDeploy's own work and takes no function"),
        ("  - AfterAllowTraffic", "    AfterAllowTraffic", "`Hooks[0]`: expected one lifecycle event, not 2"),
        ("AfterAllowTraffic", "BeforeInstall", "`Hooks[1].BeforeInstall`: stands here for the second time"),
        ("\"greenlight-migrate\"", "", "`Hooks[0].BeforeInstall`: expected a text in quotes, not nothing"),
        ("Resources:", "Ressources:", ":2:1: `Ressources`: unknown key; did you mean `Resources`?"),
        ("Resources:", "Resources: {", "not valid YAML or JSON"),
    ];
    for (from, to, expected) in cases {
        let text = YAML.replacen(from, to, 1);
        assert_ne!(text, YAML, "{from}");
        let message = refused(&text);
        assert!(message.contains(expected), "{to}\nwas refused with\n{message}\nwhich lacks\n{expected}");
    }
}

#[test]
fn texts_that_are_no_appspec_are_refused() {
    for text in [
        "",
        "[]",
        "3",
        "version: 0.0",
        "version: 0.0\nResources: []",
        "{\"version\": 0.0",
        "version: 0.0\nResources: 7",
    ] {
        let message = refused(text);
        assert!(message.starts_with("AppSpec"), "{message}");
    }
    let two = YAML.replace("Hooks:", "  - TargetService: {}\nHooks:");
    assert!(refused(&two).contains("`Resources[1]`: there are 2 resources; a deployment to ECS has one TargetService"));
    let two = YAML.replace("Hooks:", "    targetservice: {}\nHooks:");
    assert!(refused(&two).contains("stands here for the second time"));
}

#[test]
fn json_is_written_as_aws_prints_it() {
    let small = AppSpec {
        platform_version: None,
        network_configuration: None,
        capacity_provider_strategy: Vec::new(),
        hooks: Vec::new(),
        ..whole()
    };
    let expected = json!({"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {
        "TaskDefinition": ARN, "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 8000}}}}]});
    assert_eq!(small.to_json(), expected);
    assert_eq!(AppSpec::parse(&whole().to_json().to_string()).unwrap(), whole());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = AppSpec::parse(&text);
    }

    #[test]
    fn no_change_makes_the_reader_panic(at in 0..YAML.len(), insert in "[\\[\\]{}:,&*!|>\"'#%@` \n\t0-9a-z-]{1,6}") {
        let mut text = YAML.to_owned();
        text.insert_str(at, &insert);
        let _ = AppSpec::parse(&text);
    }
}

#[test]
fn a_hook_is_known_by_its_function_however_that_is_written() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:check";
    for (written, is) in [
        ("check", true),
        ("check:live", true),
        (arn, true),
        (&format!("{arn}:7"), true),
        ("check-more", false),
        ("arn:aws:lambda:us-east-1:123456789012:function:other", false),
    ] {
        let mut appspec = AppSpec::parse(YAML).unwrap();
        appspec.hooks = vec![Hook { lifecycle_event: LifecycleEvent::AfterInstall, function: written.to_owned() }];
        assert_eq!(appspec.is_hook(LifecycleEvent::AfterInstall, "check"), is, "{written}");
        assert!(!appspec.is_hook(LifecycleEvent::BeforeInstall, "check"), "{written}");
    }
}
