//! An account whose shop ECS deploys by itself, blue/green, with the hooks of the template.

use crate::deployments::account::Account;
use crate::played::Played;
use crate::{shop, simulated};
use aws_sdk_ecs::types::builders::DeploymentConfigurationBuilder;
use aws_sdk_ecs::types::{
    AdvancedConfiguration, AwsVpcConfiguration, CanaryConfiguration, DeploymentConfiguration, DeploymentLifecycleHook,
    DeploymentLifecycleHookAction, DeploymentLifecycleHookDetail, DeploymentLifecycleHookStage,
    DeploymentLifecycleHookStatus, DeploymentLifecycleHookTargetType, DeploymentLifecycleHookTimeoutConfiguration,
    DeploymentStrategy, LaunchType, LinearConfiguration, LoadBalancer, NetworkConfiguration, ServiceDeployment,
};
use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_simulation::{Behaviours, Simulation};
use greenlight_world::{Listener, Policy, Role, Setup};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const BALANCER: &str = "balancer";
pub const SERVICE: &str = "arn:aws:ecs:us-east-1:123456789012:service/production-cluster/shop-web";

/// The hooks of the ready block, by their stages.
pub const HOOKS: [(&str, &str); 5] = [
    ("migrate", "PRE_SCALE_UP"),
    ("warm-up", "POST_SCALE_UP"),
    ("smoke-test", "POST_TEST_TRAFFIC_SHIFT"),
    ("validate", "PRE_PRODUCTION_TRAFFIC_SHIFT"),
    ("finish", "POST_PRODUCTION_TRAFFIC_SHIFT"),
];

/// How traffic shifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    AllAtOnce,
    /// A tenth, and the rest after ten minutes.
    Canary,
    /// A quarter every two minutes.
    Linear,
}

/// What is deployed, and how.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub tables: String,
    pub strategy: Strategy,
    /// Functions and their stages.
    pub hooks: Vec<(String, String)>,
    pub test_listener: bool,
    pub alarms: Vec<String>,
    /// Stages at which somebody is waited for, an hour long.
    pub pauses: Vec<String>,
}

impl Wanted {
    /// All five hooks for a revision with these tables in its plan, all at once.
    pub fn new(tables: &str) -> Self {
        let hooks = HOOKS.map(|(part, stage)| (part.to_owned(), stage.to_owned()));
        let (tables, hooks, alarms) = (tables.to_owned(), hooks.to_vec(), Vec::new());
        Self { tables, strategy: Strategy::AllAtOnce, hooks, test_listener: false, alarms, pauses: Vec::new() }
    }

    /// No function is asked; somebody is, at these stages.
    pub fn pausing(pauses: &[&str]) -> Self {
        let pauses = pauses.iter().map(|&stage| stage.to_owned()).collect();
        Self { hooks: Vec::new(), pauses, ..Self::new("") }
    }

    /// One hook only.
    pub fn only(part: &str, stage: &str, tables: &str) -> Self {
        Self { hooks: vec![(part.to_owned(), stage.to_owned())], ..Self::new(tables) }
    }
}

pub struct Native {
    pub account: Account,
    invoke_role: String,
    production_rule: String,
    test_rule: Option<String>,
}

/// Plays a story in an account whose service does not exist yet.
pub fn with(behaviours: Behaviours, edit: impl FnOnce(&mut Setup), story: impl AsyncFnOnce(Native)) {
    with_options(&Options::default(), behaviours, edit, story);
}

/// The same with a template that was given other parameters.
pub fn with_options(
    options: &Options,
    behaviours: Behaviours,
    edit: impl FnOnce(&mut Setup),
    story: impl AsyncFnOnce(Native),
) {
    let mut options = options.clone();
    options.parameters.entry("ServiceArns".to_owned()).or_insert_with(|| SERVICE.to_owned());
    let mut rehearsal = shop::rehearsal("", &options);
    rehearsal.script.test_listener = true;
    let mut world = setup(&rehearsal, Setup::EPOCH, 1.0);
    let statement = json!({ "Effect": "Allow", "Action": "elasticloadbalancing:*", "Resource": "*" });
    world.stack.roles.push(Role {
        name: BALANCER.to_owned(),
        access_key: "BALANCER".to_owned(),
        policies: vec![serde_json::from_value::<Policy>(json!({ "Statement": [statement] })).unwrap()],
        trusted: vec!["ecs.amazonaws.com".to_owned()],
    });
    edit(&mut world);
    let invoke = world.stack.roles.iter().find(|role| role.name.contains("InvokeHooks"));
    let invoke_role = format!("arn:aws:iam::123456789012:role/{}", invoke.expect("the template has it").name);
    let listeners = &world.infrastructure.load_balancers[0].listeners;
    let rules: Vec<String> = listeners.iter().map(Listener::default_rule).collect();
    greenlight_simulation::run(async move {
        let simulation = Simulation::start(world, behaviours);
        let sdk = simulation.sdk_config();
        let (ecs, codedeploy) = (aws_sdk_ecs::Client::new(&sdk), aws_sdk_codedeploy::Client::new(&sdk));
        ecs.create_cluster().cluster_name(&rehearsal.plan.cluster).send().await.unwrap();
        let account = Account { simulation, rehearsal, ecs, codedeploy };
        let (production_rule, test_rule) = (rules[0].clone(), rules.get(1).cloned());
        let native = Native { account, invoke_role, production_rule, test_rule };
        tokio::time::timeout(simulated::DAY * 3, story(native))
            .await
            .expect("the story ends within three virtual days");
    })
    .unwrap();
}

/// A plan with these tables that names nothing of `CodeDeploy`.
pub fn plan(tables: &str) -> String {
    let own = |line: &&str| !line.starts_with("application") && !line.starts_with("deployment-group");
    shop::plan(tables).lines().filter(own).collect::<Vec<_>>().join("\n")
}

fn pause(stage: &str) -> DeploymentLifecycleHook {
    let timeout = DeploymentLifecycleHookTimeoutConfiguration::builder().timeout_in_minutes(60);
    let timeout = timeout.action(DeploymentLifecycleHookAction::Rollback).build();
    DeploymentLifecycleHook::builder()
        .target_type(DeploymentLifecycleHookTargetType::Pause)
        .lifecycle_stages(DeploymentLifecycleHookStage::from(stage))
        .timeout_configuration(timeout)
        .build()
}

impl Native {
    fn hook(&self, part: &str, stage: &str) -> DeploymentLifecycleHook {
        let function = Rehearsal::function_arn(&self.account.rehearsal.function_name(part));
        DeploymentLifecycleHook::builder()
            .hook_target_arn(function)
            .role_arn(&self.invoke_role)
            .lifecycle_stages(DeploymentLifecycleHookStage::from(stage))
            .build()
    }

    fn configuration(&self, wanted: &Wanted) -> DeploymentConfiguration {
        let strategy = |builder: DeploymentConfigurationBuilder| match wanted.strategy {
            Strategy::AllAtOnce => builder.strategy(DeploymentStrategy::BlueGreen),
            Strategy::Canary => builder.strategy(DeploymentStrategy::Canary).canary_configuration(
                CanaryConfiguration::builder().canary_percent(10.0).canary_bake_time_in_minutes(10).build(),
            ),
            Strategy::Linear => builder.strategy(DeploymentStrategy::Linear).linear_configuration(
                LinearConfiguration::builder().step_percent(25.0).step_bake_time_in_minutes(2).build(),
            ),
        };
        let pauses = wanted.pauses.iter().map(|stage| pause(stage));
        let hooks = wanted.hooks.iter().map(|(part, stage)| self.hook(part, stage)).chain(pauses).collect();
        let alarms = (!wanted.alarms.is_empty()).then(|| {
            let alarms = aws_sdk_ecs::types::DeploymentAlarms::builder().enable(true).rollback(true);
            alarms.set_alarm_names(Some(wanted.alarms.clone())).build().unwrap()
        });
        strategy(DeploymentConfiguration::builder())
            .bake_time_in_minutes(1)
            .set_alarms(alarms)
            .set_lifecycle_hooks(Some(hooks))
            .build()
    }

    fn load_balancer(&self, wanted: &Wanted) -> LoadBalancer {
        let groups = self.account.rehearsal.target_groups().map(|name| Rehearsal::target_group_arn(&name));
        let advanced = AdvancedConfiguration::builder()
            .alternate_target_group_arn(&groups[1])
            .production_listener_rule(&self.production_rule)
            .set_test_listener_rule(self.test_rule.clone().filter(|_| wanted.test_listener))
            .role_arn(format!("arn:aws:iam::123456789012:role/{BALANCER}"))
            .build();
        LoadBalancer::builder()
            .target_group_arn(&groups[0])
            .container_name("web")
            .container_port(8000)
            .advanced_configuration(advanced)
            .build()
    }

    /// Creates the service; the ARN of the service deployment that does it.
    pub async fn create(&self, wanted: &Wanted) -> String {
        let task_definition = self.account.register_text(&plan(&wanted.tables)).await;
        let awsvpc = AwsVpcConfiguration::builder().subnets("subnet-0a1b2c3d4e5f60718").security_groups("sg-1");
        let network = NetworkConfiguration::builder().awsvpc_configuration(awsvpc.build().unwrap()).build();
        let plan = &self.account.rehearsal.plan;
        let request = self.account.ecs.create_service().cluster(&plan.cluster).service_name(&plan.service);
        let request = request.task_definition(task_definition).desired_count(2).launch_type(LaunchType::Fargate);
        let request = request.network_configuration(network).load_balancers(self.load_balancer(wanted));
        let answer = request.deployment_configuration(self.configuration(wanted)).send().await.unwrap();
        answer.service().unwrap().current_service_deployment().unwrap().to_owned()
    }

    /// Deploys another revision; the ARN of the service deployment.
    pub async fn update(&self, wanted: &Wanted) -> String {
        let task_definition = self.account.register_text(&plan(&wanted.tables)).await;
        let plan = &self.account.rehearsal.plan;
        let request = self.account.ecs.update_service().cluster(&plan.cluster).service(&plan.service);
        let request = request.task_definition(task_definition).load_balancers(self.load_balancer(wanted));
        let answer = request.deployment_configuration(self.configuration(wanted)).send().await.unwrap();
        answer.service().unwrap().current_service_deployment().unwrap().to_owned()
    }

    /// Creates the service without hooks, and then deploys another revision.
    pub async fn deploy(&self, wanted: &Wanted) -> String {
        let bare = Wanted { hooks: Vec::new(), pauses: Vec::new(), tables: String::new(), ..wanted.clone() };
        let created = self.create(&bare).await;
        assert_eq!(self.end_of(&created).await, "SUCCESSFUL");
        self.update(wanted).await
    }

    pub async fn describe(&self, arn: &str) -> ServiceDeployment {
        let answer = self.account.ecs.describe_service_deployments().service_deployment_arns(arn).send().await;
        answer.unwrap().service_deployments()[0].clone()
    }

    /// Waits until it is over; its status.
    pub async fn end_of(&self, arn: &str) -> String {
        loop {
            let status = self.describe(arn).await.status().unwrap().as_str().to_owned();
            if !["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"]
                .contains(&status.as_str())
            {
                return status;
            }
            self.account.pass(Duration::from_secs(1)).await;
        }
    }

    /// Waits until it waits for somebody.
    pub async fn until_paused(&self, arn: &str) {
        let waits = |hook: &DeploymentLifecycleHookDetail| {
            hook.status() == Some(&DeploymentLifecycleHookStatus::AwaitingAction)
        };
        while !self.describe(arn).await.lifecycle_hook_details().iter().any(waits) {
            self.account.pass(Duration::from_secs(1)).await;
        }
    }

    /// Stops it, unless it is over.
    pub async fn stop(&self, arn: &str) {
        let _ = self.account.ecs.stop_service_deployment().service_deployment_arn(arn).send().await;
    }

    /// The payloads that a hook was invoked with at a stage.
    pub fn events(&self, stage: &str) -> Vec<Value> {
        let invocations = self.account.simulation.invocations();
        let events = invocations.iter().map(|invoke| invoke.payload.clone());
        events.filter(|event| event["lifecycleStage"] == stage).collect()
    }

    pub fn function(&self, part: &str) -> String {
        self.account.rehearsal.function_name(part)
    }
}

/// The last part of the ARN.
pub fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

/// What a function's invocations took in all.
pub fn billed(played: &Played, function: &str) -> Duration {
    let at = |fact: &Value| fact["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let mut began = BTreeMap::new();
    let mut billed = Duration::ZERO;
    for fact in played.facts.iter().filter(|fact| fact["function"] == function) {
        let invocation = (fact["request_id"].to_string(), fact["attempt"].to_string());
        match fact["event"].as_str().unwrap() {
            "function.invoked" => drop(began.insert(invocation, at(fact))),
            "function.ended" => {
                let took = at(fact).duration_since(began.remove(&invocation).unwrap());
                billed += Duration::try_from(took).unwrap();
            }
            _ => {}
        }
    }
    billed
}

/// What is wrong with a play, for a test that failed: what the functions wrote.
pub fn lines(played: &Played) -> String {
    let lines = played.facts("log.line").into_iter().filter(|fact| fact["function"].is_string());
    lines.map(|fact| fact["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("\n")
}
