//! Many alarms over many deployment groups, all at once.

use super::account::{self, Shop, Watched};
use crate::{deployments, shop};
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, BlueGreenDeploymentConfiguration, BlueInstanceTerminationOption, DeploymentOption,
    DeploymentReadyAction, DeploymentReadyOption, DeploymentStyle, DeploymentType, EcsService, InstanceAction,
    LoadBalancerInfo, TargetGroupInfo, TargetGroupPairInfo, TrafficRoute,
};
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, DeploymentController, DeploymentControllerType, LaunchType, LoadBalancer, NetworkConfiguration,
};
use futures_util::future::join_all;
use greenlight_world::{AlarmState, Setup};
use std::time::Duration;

const GROUPS: usize = 50;
/// The alarms of these go off.
const AFFECTED: usize = 40;
/// Of each.
const EVENTS: usize = 25;

fn name(index: usize) -> String {
    format!("g{index:02}")
}

fn alarm(index: usize) -> String {
    format!("{}-errors", name(index))
}

fn listener(index: usize) -> String {
    format!(
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/{}/50dc6c495c0c9188/f2f7dc8efc522ab2",
        name(index)
    )
}

fn target_group(index: usize, colour: &str) -> String {
    format!("{}-{colour}", name(index))
}

/// A load balancer and an alarm for each group, like those of the shop.
fn infrastructure(setup: &mut Setup) {
    let balancer = setup.infrastructure.load_balancers[0].clone();
    for index in 0..GROUPS {
        let mut own = balancer.clone();
        own.name = name(index);
        own.listeners.truncate(1);
        own.listeners[0].arn = listener(index);
        own.listeners[0].target_group = target_group(index, "blue");
        for (group, colour) in own.target_groups.iter_mut().zip(["blue", "green"]) {
            group.name = target_group(index, colour);
            group.arn = greenlight::rehearse::Rehearsal::target_group_arn(&group.name);
        }
        setup.infrastructure.load_balancers.push(own);
        setup.infrastructure.alarms.push(greenlight_world::Alarm::new(alarm(index), AlarmState::Ok));
    }
}

async fn create(shop: &Shop, index: usize, task_definition: &str) {
    let network =
        AwsVpcConfiguration::builder().subnets("subnet-0a1b2c3d4e5f60718").security_groups("sg-0123456789abcdef0");
    let balancer = LoadBalancer::builder()
        .target_group_arn(greenlight::rehearse::Rehearsal::target_group_arn(&target_group(index, "blue")))
        .container_name("web")
        .container_port(8000);
    let controller = DeploymentController::builder().r#type(DeploymentControllerType::CodeDeploy).build().unwrap();
    shop.account
        .ecs
        .create_service()
        .cluster("production-cluster")
        .service_name(name(index))
        .task_definition(task_definition)
        .desired_count(1)
        .launch_type(LaunchType::Fargate)
        .load_balancers(balancer.build())
        .network_configuration(NetworkConfiguration::builder().awsvpc_configuration(network.build().unwrap()).build())
        .deployment_controller(controller)
        .send()
        .await
        .unwrap();
    let group = |colour| TargetGroupInfo::builder().name(target_group(index, colour)).build();
    let route = TrafficRoute::builder().listener_arns(listener(index)).build();
    let pair = TargetGroupPairInfo::builder().prod_traffic_route(route);
    let pair = pair.target_groups(group("blue")).target_groups(group("green")).build();
    let ready = DeploymentReadyOption::builder().action_on_timeout(DeploymentReadyAction::ContinueDeployment);
    let blue = BlueInstanceTerminationOption::builder().action(InstanceAction::Terminate);
    let blue_green = BlueGreenDeploymentConfiguration::builder()
        .deployment_ready_option(ready.wait_time_in_minutes(0).build())
        .terminate_blue_instances_on_deployment_success(blue.termination_wait_time_in_minutes(0).build());
    let style = DeploymentStyle::builder().deployment_type(DeploymentType::BlueGreen);
    let alarms = AlarmConfiguration::builder().enabled(true).alarms(Alarm::builder().name(alarm(index)).build());
    shop.account
        .codedeploy
        .create_deployment_group()
        .application_name("shop")
        .deployment_group_name(name(index))
        .deployment_config_name("CodeDeployDefault.ECSAllAtOnce")
        .service_role_arn("arn:aws:iam::123456789012:role/codedeploy")
        .ecs_services(EcsService::builder().cluster_name("production-cluster").service_name(name(index)).build())
        .deployment_style(style.deployment_option(DeploymentOption::WithTrafficControl).build())
        .load_balancer_info(LoadBalancerInfo::builder().target_group_pair_info_list(pair).build())
        .blue_green_deployment_configuration(blue_green.build())
        .alarm_configuration(alarms.build())
        .send()
        .await
        .unwrap();
}

/// Deploys a revision to every group, and waits for the ends.
async fn deploy(shop: &Shop, task_definition: &str) {
    let text = deployments::account::yaml(task_definition);
    let (head, _) = text.split_once("Hooks:").unwrap();
    for index in 0..GROUPS {
        let request = shop.account.codedeploy.create_deployment().application_name("shop");
        let request = request.deployment_group_name(name(index));
        request.revision(deployments::account::content(head.to_owned())).send().await.unwrap();
    }
    shop.account.pass(Duration::from_mins(10)).await;
    for index in 0..GROUPS {
        assert_eq!(serving(shop, index).await, task_definition, "{index}");
    }
}

async fn serving(shop: &Shop, index: usize) -> String {
    let request = shop.account.ecs.describe_services().cluster("production-cluster").services(name(index));
    let answer = request.send().await.unwrap();
    let sets = answer.services()[0].task_sets();
    sets.iter().find(|set| set.status() == Some("PRIMARY")).unwrap().task_definition().unwrap().to_owned()
}

/// How many deployments a group has had.
async fn deployments(shop: &Shop, index: usize) -> usize {
    let request = shop.account.codedeploy.list_deployments().application_name("shop");
    request.deployment_group_name(name(index)).send().await.unwrap().deployments().len()
}

#[test]
fn a_thousand_events_over_fifty_groups_take_every_bad_release_back_once() {
    let arn = |index| format!("arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:shop/{}", name(index));
    let arns: Vec<String> = (0..GROUPS).map(arn).collect();
    let arns: &'static str = arns.join(",").leak();
    let parameters: &'static [(&str, &str)] = vec![("DeploymentGroupArns", arns)].leak();
    account::with(Watched { parameters, group: &[], ..Watched::default() }, infrastructure, async |shop| {
        let first = shop.serving().await;
        join_all((0..GROUPS).map(|index| create(&shop, index, &first))).await;
        shop.account.pass(Duration::from_mins(5)).await;
        let good = shop.account.register_text(&shop::plan("")).await;
        deploy(&shop, &good).await;
        let bad = shop.account.register_text(&shop::plan("[rollback]")).await;
        deploy(&shop, &bad).await;
        let events: Vec<_> = (0..AFFECTED * EVENTS).map(|number| shop.event_of(&alarm(number % AFFECTED))).collect();
        assert_eq!(events.len(), 1000);
        join_all(events.into_iter().map(|event| shop.deliver(event))).await;
        shop.account.pass(Duration::from_mins(10)).await;
        for index in 0..GROUPS {
            let (expected, made) = if index < AFFECTED { (&good, 3) } else { (&bad, 2) };
            assert_eq!(serving(&shop, index).await, *expected, "{index}");
            assert_eq!(deployments(&shop, index).await, made, "{index}");
        }
        let played = shop.account.played();
        assert!(played.denied().is_empty(), "{:?}", played.denied());
        let told = played.notices().iter().filter(|notice| notice.contains("brings back")).count();
        assert_eq!(told, AFFECTED, "one notice for each group");
        assert!(shop.longest_answer() < 60_000, "{}", shop.longest_answer());
    });
}
