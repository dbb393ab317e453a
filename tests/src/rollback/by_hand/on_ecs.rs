//! Services that ECS itself deploys.

use super::{MINUTE, SECOND, Shop, Watched, events, in_shop, name, rolled_back, tried, wish};
use greenlight::rollback::{Ending, Wish};

/// A service that ECS itself deploys, with this revision.
async fn on_ecs(shop: &Shop, task_definition: &str) -> Wish {
    let plan = &shop.account.rehearsal.plan;
    let own = shop.account.service().await;
    let request = shop.account.ecs.create_service().cluster(&plan.cluster).service_name("worker");
    let request = request.task_definition(task_definition).desired_count(2);
    let request = request.launch_type(aws_sdk_ecs::types::LaunchType::Fargate);
    request.set_network_configuration(own.network_configuration().cloned()).send().await.unwrap();
    shop.account.pass(2 * MINUTE).await;
    let service = greenlight::which::Service { cluster: plan.cluster.clone(), name: "worker".to_owned() };
    Wish { service: Some(service), ..wish(shop) }
}

#[test]
fn a_service_that_ecs_deploys_is_updated_directly() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let old = shop.account.register(None).await;
        let new = shop.account.register(None).await;
        let wish = on_ecs(&shop, &new).await;
        let (outcome, told) = rolled_back(&shop, &wish).await;
        assert_eq!((outcome.outcome, told.len()), (Ending::Failed, 0), "it never had another: {outcome:?}");
        assert!(outcome.reason.contains("--to FAMILY:REVISION"), "{outcome:?}");
        let wish = Wish { emergency: true, to: Some(name(&old).to_owned()), ..wish };
        let (planned, told) = rolled_back(&shop, &Wish { dry_run: true, ..wish.clone() }).await;
        assert_eq!((planned.outcome, told.len()), (Ending::Planned, 1));
        assert!(told[0]["commands"][0].as_str().unwrap().starts_with("aws ecs update-service"), "{told:?}");
        let (outcome, told) = rolled_back(&shop, &wish).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(outcome.task_definition.as_deref(), Some(old.as_str()));
        assert!(events(&told, "deployment.status").len() > 1, "{told:?}");
        let cluster = &shop.account.rehearsal.plan.cluster;
        let answer = shop.account.ecs.describe_services().cluster(cluster).services("worker").send().await.unwrap();
        let deployments = answer.services()[0].deployments();
        assert_eq!((deployments.len(), deployments[0].task_definition()), (1, Some(old.as_str())));

        shop.deregister(&new).await;
        let (outcome, _) = rolled_back(&shop, &Wish { to: Some(new.clone()), ..wish.clone() }).await;
        assert!(outcome.reason.contains("was deregistered"), "{outcome:?}");
    });
}

#[test]
fn a_service_that_is_updated_again_meanwhile_is_no_success() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let old = shop.account.register(None).await;
        let new = shop.account.register(None).await;
        let wish = on_ecs(&shop, &new).await;
        let wish = Wish { emergency: true, to: Some(old.clone()), ..wish };
        let env = shop.account.env();
        let cluster = shop.account.rehearsal.plan.cluster.clone();
        let somebody = async {
            shop.account.pass(2 * SECOND).await;
            let request = shop.account.ecs.update_service().cluster(cluster).service("worker");
            request.task_definition(&new).send().await.unwrap();
        };
        let ((outcome, _), ()) = tokio::join!(tried(&env, &wish), somebody);
        let outcome = outcome.unwrap();
        assert_eq!(outcome.outcome, Ending::Failed, "{outcome:?}");
        assert!(outcome.reason.contains(name(&new)), "{outcome:?}");
    });
}
